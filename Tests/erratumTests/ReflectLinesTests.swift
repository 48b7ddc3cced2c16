import Engine
import Sessions
import Testing

@testable import erratum

/// A session in which one attempt stopped twice.
private let session: Session = {
  let id = AttemptID("a1")
  let rule = TriggerRule.adaptive(.published)
  let model = ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities())
  func alternatives(_ text: String) -> [Alternative] {
    [Alternative(bytes: Array(text.utf8), logProbability: -0.5)]
  }
  func triggered(_ name: String, _ value: EntropyBounds?, _ text: String) -> Event {
    .reflectionTriggered(
      ReflectionTriggered(
        attempt: id, reflection: ReflectionID(name), channel: .answer, position: 4, byte: 9,
        method: .cntp, rule: rule, value: value, threshold: value == nil ? nil : 1.8,
        temperature: 0.7, alternatives: alternatives(text)))
  }
  let events: [Event] = [
    .attemptStarted(
      AttemptStarted(
        attempt: id, segmenter: 1,
        call: Call(model: model, messages: [], parameters: SamplingParameters()),
        reflection: ReflectionSettings(method: .cntp, rule: rule))),
    triggered("f1", EntropyBounds(lower: 2, upper: 2), " 18"),
    .reflectionFinished(
      ReflectionFinished(
        attempt: id, reflection: ReflectionID("f1"), outcome: .decided,
        chosen: alternatives("a\nlong token with \u{1B}[2J in it"), milliseconds: 12.34,
        discardedTokens: 31)),
    triggered("f2", EntropyBounds(lower: 1.5, upper: 2.5), "so"),
    triggered("f3", nil, "so"),
  ]
  let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
  return Session(
    header: Header(program: "t", session: "s1", created: 0, problem: Problem(id: "p", text: "?")),
    replaying: records)
}()

@Suite struct ReflectLinesTests {
  @Test func `each reflection is a line, with what is not known as a dash`() {
    let lines = ReflectionLines(session).lines
    #expect(lines.prefix(3) == ["s1", "", "a1, CNTP:"])
    let rows = lines.dropFirst(4).map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(rows.count == 3)
    #expect(rows[0].hasPrefix("f1 5 2.000 1.800 \u{201C} 18\u{201D} \u{201C}a\\nlong token"))
    #expect(rows[0].hasSuffix("decided 31 12.3") && !rows[0].contains("\u{1B}"))
    #expect(
      rows[1] == "f2 5 1.500 to 2.500 1.800 \u{201C}so\u{201D} - unfinished - -", "\(rows)")
    #expect(rows[2] == "f3 5 - - \u{201C}so\u{201D} - unfinished - -")
  }

  @Test func `a session that reflected on nothing says so`() {
    #expect(
      ReflectionLines(Session(header: session.header)).lines == ["s1: nothing was reflected on"])
  }

  @Test func `a sweep is a table with a curve`() {
    var rows = [ThresholdSweep.Row(value: 1), ThresholdSweep.Row(value: 1.5)]
    rows[0].triggers = 40
    rows[0].gained = 20
    rows[0].beforeFirstError = 3
    (rows[0].wrongSteps, rows[0].wrongStepsCaught) = (4, 2)
    (rows[0].attempts, rows[0].tokens) = (2, 400)
    (rows[1].triggers, rows[1].tokens, rows[1].wrongSteps) = (1, 400, 4)
    let base = ReflectionSettings(method: .srgen, rule: .adaptive(.published))
    let lines = SweepLines(rows, .k, base: base, isJudged: true).lines
    #expect(
      lines[0]
        == "2 attempts, 400 tokens; gained and lost against the adaptive rule with K 4, window 25, "
        + "floor 1.8, least deviation 0.5, cold start 3")
    let cells = lines.dropFirst(3).map { $0.split(separator: " ").map(String.init) }
    let bar = String(repeating: "#", count: 40)
    #expect(cells[0] == ["1", "40", "10.00", "20", "0", "3", "2", "of", "4", bar])
    #expect(cells[1] == ["1.5", "1", "0.25", "0", "0", "-", "0", "of", "4", "#"])
    let unjudged = SweepLines(rows, .k, base: base, isJudged: false).lines
    #expect(unjudged.last?.hasPrefix("Nobody judged the steps") == true)
    #expect(SweepLines([], .k, base: base, isJudged: false).lines.count == 5)
  }
}

@Suite struct ModelFleetTests {
  private let fleet = ModelFleet(
    models: Array(repeating: ScriptedModel(scripts: []), count: 3))

  @Test func `results come in the order of the items, whoever made them`() async {
    let squares = await fleet.map(Array(0..<50)) { number, _ in number * number }
    #expect(squares == (0..<50).map { $0 * $0 })
    #expect(await fleet.map([Int]()) { number, _ in number } == [])
  }

  @Test func `a nil ends it, and a cancelled task begins no more`() async {
    let some = await fleet.map(Array(0..<1000)) { number, _ in number == 20 ? nil : number }
    #expect(some.count < 1000 && !some.contains(20) && some == some.sorted())
    let fleet = fleet
    let task = Task {
      await fleet.map(Array(0..<1000)) { number, _ -> Int? in
        try? await Task.sleep(for: .milliseconds(5))
        return number
      }
    }
    try? await Task.sleep(for: .milliseconds(30))
    task.cancel()
    #expect(await task.value.count < 1000)
  }
}
