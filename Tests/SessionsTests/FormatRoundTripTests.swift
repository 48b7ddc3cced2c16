import Foundation
import JSONReader
import Testing

@testable import Sessions

/// Random chains, as unkind as data can be.
struct RandomChains {
  var random: RandomEvents
  init(seed: UInt64) { random = RandomEvents(seed: seed) }

  private mutating func words() -> String {
    let text =
      random.string() + random.pick(["x", "17 + 18 = 35", "ножки", "$\\frac{1}{2}$", "+ -"])
    return random.chance() ? text + random.string() : text
  }

  mutating func chain() -> AnnotatedChain {
    var steps =
      random.number(0..<3) == 0
      ? AnnotatedChain.lines(
        (0...random.number(0..<5)).map { _ in words() }.joined(
          separator: random.pick(["\n", "\n\n", "\r\n"])))
      : AnnotatedChain.steps((0...random.number(0..<6)).map { _ in words() })
    for index in steps.indices { rate(&steps[index], isLast: index == steps.count - 1) }
    let isRated = steps.contains { $0.rating != nil || !$0.candidates.isEmpty }
    return AnnotatedChain(
      problem: Problem(
        id: "p1", text: "How many? " + words(), answer: random.maybe { _ in "35" },
        source: "set", kind: random.maybe { _ in "arithmetic" }),
      steps: steps, answer: random.maybe { _ in "36" }, isCorrect: random.maybe { $0.chance() },
      model: random.maybe { _ in "qwen" }, annotator: isRated ? "ada" : nil,
      origin: ChainOrigin(
        format: "elsewhere", file: "chains.jsonl", id: random.maybe { "c\($0.number(0..<99))" },
        metadata: random.chance() ? [:] : ["level": "[1,{\"a\":\"\\n\"}]"]))
  }

  private mutating func rate(_ step: inout ChainStep, isLast: Bool) {
    // Half of the chains' steps are right, so that some chains are right as a whole.
    let verdict = random.pick(
      [.correct, .correct, .correct, .incorrect, .neutral, .unsure, nil] as [Verdict?])
    var rating = StepRating(verdict, source: .person)
    if random.number(0..<4) == 0 { rating.reason = "because " + random.string() + "." }
    if random.number(0..<6) == 0 { rating.errorType = "arithmetic" }
    if random.number(0..<6) == 0 { rating.correction = "instead " + random.string() + "." }
    if random.number(0..<6) == 0 { rating.isFlagged = random.chance() }
    step.rating = rating.verdict == nil && !rating.hasDetail ? nil : rating
    guard random.number(0..<4) == 0, verdict != .unsure else { return }
    let own = StepCandidate(step.text, verdict: verdict, isFlagged: rating.isFlagged)
    var all = [own]
    for _ in 0...random.number(0..<3) {
      all.append(
        StepCandidate(
          "other " + random.string(), verdict: random.pick([.correct, .incorrect, nil])))
    }
    step.candidates = all
    step.chosen = isLast && random.chance() ? nil : 0
  }
}

/// A chain through a session's events, as import and export see it.
private func throughSession(_ chain: AnnotatedChain) -> (Session, AnnotatedChain?) {
  let header = Header(program: "1.0.0", session: "s", created: 0, problem: chain.problem)
  let encoder = JournalEncoder()
  let decoder = JournalDecoder()
  func again(_ event: Event, _ n: Int) -> Record? {
    decoder.line(Array(encoder.line(Record(n: n, t: 0, event: event)).dropLast())).record
  }
  let events = SessionChains.events(
    of: chain, named: SessionChains.attemptID(of: chain), firstSerial: 0)
  let session = Session(
    header: header, replaying: events.enumerated().compactMap { again($1, $0) })
  var book = LabelBook(annotator: "ada")
  for event in SessionChains.labels(
    of: chain, named: SessionChains.attemptID(of: chain), annotator: "ada", wall: 1)
  {
    if let record = again(event, 0) { book.apply(record.event) }
  }
  return (session, SessionChains.chains(of: session, labels: SessionChains.Labels(book)).first)
}

@Suite struct FormatRoundTripTests {
  private static let twins: [(ExportFormat, ImportFormat, String?)] = [
    (.prm800k, .prm800k, nil), (.processbench, .processbench, nil),
    (.mathShepherd, .mathShepherd, nil), (.trlStepwise, .trlStepwise, nil),
    (.trlUnpaired, .trlUnpaired, nil), (.trlPromptCompletion, .trlPromptCompletion, nil),
    (
      .critiques, .jsonl,
      "problem=question,steps=steps,ratings=verdicts,reasons=reasons,corrections=corrections"
    ),
  ]

  @Test func `a chain comes out of a session as it went in`() throws {
    for seed in UInt64(0)..<400 {
      var random = RandomChains(seed: seed)
      let chain = random.chain()
      let (_, back) = throughSession(chain)
      #expect(back == chain, "seed \(seed)")
    }
  }

  @Test func `what comes back is what went out, or the loss was told`() throws {
    let json = JSONReader()
    var written: [ExportFormat: Int] = [:]
    for (out, back, map) in Self.twins {
      let reader = try ChainReader(back, fields: map.map { try FieldMap($0) })
      for seed in UInt64(0)..<300 {
        var random = RandomChains(seed: seed)
        let chain = random.chain()
        let (session, _) = throughSession(chain)
        let policy = out.needsNeutralPolicy ? random.random.pick(NeutralPolicy.allCases) : nil
        var writer = ChainWriter(out, neutral: policy, program: "1.0.0")
        let lines = try writer.lines(of: [chain], attempts: [AttemptID("a")], in: session)
        let lost = Set(writer.counts.lost.keys)
        let words: Comment = "seed \(seed), \(out.rawValue)"
        guard !lines.isEmpty else {
          #expect(lost == [.chains], words)
          continue
        }
        written[out, default: 0] += 1
        #expect(lines.count { $0 == 0x0A } == 1, words)
        let again = try json.read(lines.dropLast()) { try reader.chains($0) }
        let twin = try #require(again.first, words)
        #expect(again.count == 1, words)
        #expect(twin.problem.text == chain.problem.text, words)
        var told = chain
        if let policy, policy != .drop, out != .trlUnpaired {
          for index in told.steps.indices where told.steps[index].rating?.verdict == .neutral {
            told.steps[index].rating?.verdict = policy == .good ? .correct : .incorrect
          }
        }
        let differences = told.differences(from: twin)
        if differences.contains(.chains) {
          #expect(!lost.isDisjoint(with: [.neutralSteps, .stepsWithoutRating]), words)
        } else {
          #expect(differences.subtracting(lost) == [], words)
        }
      }
    }
    for (out, _, _) in Self.twins { #expect(written[out, default: 0] > 20, "\(out)") }
  }

  @Test func `pairs come back as the two chains they were`() throws {
    let reader = try ChainReader(.trlPreference)
    let json = JSONReader()
    let source = Array(#"{"prompt":"2 + 2?","chosen":"It is\n4.","rejected":"5.","level":3}"#.utf8)
    let chains = try json.read(source) { try reader.chains($0) }
    #expect(chains.map(\.text) == ["It is\n4.", "5."])
    let session = Session(
      header: Header(program: "1", session: "s", created: 0, problem: chains[0].problem))
    var writer = ChainWriter(.trlPreference, neutral: nil, program: "1")
    let lines = try writer.lines(
      of: chains, attempts: [AttemptID("a"), AttemptID("b")], in: session)
    #expect(try json.read(lines.dropLast()) { try reader.chains($0) } == chains)
    #expect(writer.counts.lost == [:])
  }

  @Test func `rounds become two-turn traces`() throws {
    var session = Session(header: .sample)
    let call = Call(
      model: ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters())
    var n = 0
    func tell(_ event: Event) {
      session.apply(Record(n: n, t: 0, event: event))
      n += 1
    }
    for (id, text, round) in [("a1", "17 + 18 = 36", nil), ("a2", "17 + 18 = 35", RoundID("r1"))] {
      let attempt = AttemptID(id)
      tell(
        .attemptStarted(
          AttemptStarted(
            attempt: attempt, parent: round == nil ? nil : AttemptID("a1"), round: round,
            segmenter: 1, call: call)))
      var table = TokenTable()
      table.append(bytes: Array(text.utf8), id: nil, logProbability: nil, entropy: nil)
      tell(.tokens(TokensArrived(attempt: attempt, channel: .answer, firstSerial: n, table: table)))
      tell(
        .stepClosed(
          StepClosed(
            attempt: attempt, index: 0, channel: .answer, start: 0, end: text.utf8.count,
            segmenter: 1,
            measures: StepMeasures())))
      tell(.attemptFinished(AttemptFinished(attempt: attempt, reason: .stop)))
      guard id == "a1" else { continue }
      let critique = CritiqueID("c1")
      tell(
        .critiqueStarted(
          CritiqueStarted(
            critique: critique, attempt: attempt, steps: [0], call: call)))
      tell(
        .verdict(
          VerdictGiven(
            critique: critique, step: 0, verdict: .incorrect, reason: "It is 35.", repair: "35")))
      tell(
        .critiqueFinished(
          CritiqueFinished(
            critique: critique, reason: .stop, firstError: .step(0), format: "json")))
      tell(
        .roundStarted(
          RoundStarted(
            round: RoundID("r1"), parent: attempt, strategy: .fromScratch, trigger: .critique,
            critique: critique)))
    }
    let chains = SessionChains.chains(of: session, labels: nil)
    #expect(
      chains.first?.steps.first?.rating
        == StepRating(
          .incorrect, source: .critic, reason: "It is 35.", correction: "35"))
    func lines(_ format: ExportFormat) throws -> String {
      var writer = ChainWriter(format, neutral: .bad, program: "1")
      return String(
        decoding: try writer.lines(
          of: chains, attempts: session.attempts.map(\.id), in: session), as: UTF8.self)
    }
    let corrections = try lines(.corrections)
    #expect(
      corrections.hasPrefix(
        #"{"prompt":"Tom has 17 marbles. He buys 3 bags with 6 marbles each.","attempt":"17 + 18 = 36","#
          + #""feedback":"Step 1 is wrong: It is 35.","correction":"17 + 18 = 35","#))
    #expect(
      try lines(.stepPreferences).contains(#""chosen":"35","rejected":"17 + 18 = 36","step":0"#))
    #expect(try lines(.critiques).contains(#""explanation":"Step 1: It is 35.","correction":"35""#))
    #expect(
      try lines(.deltabench).contains(
        #""sections_content":"section1:\n17 + 18 = 36","reason_error_section_numbers":[1]"#))
  }

  @Test func `a neutral rating needs a policy only where there is one`() throws {
    var chain = AnnotatedChain(
      problem: .marbles, steps: AnnotatedChain.steps(["a", "b"]),
      origin: ChainOrigin(format: "jsonl"))
    chain.steps[0].rating = StepRating(.correct)
    chain.steps[1].rating = StepRating(.neutral)
    let session = Session(header: .sample)
    func labels(_ policy: NeutralPolicy?) throws -> String {
      var writer = ChainWriter(.trlStepwise, neutral: policy, program: "1")
      let line = try writer.lines(of: [chain], attempts: [AttemptID("a")], in: session)
      return try JSONReader().read(line.dropLast()) { $0["labels"]?.source ?? "" }
    }
    #expect(throws: FormatError.neutralNeeded(format: "trl-stepwise")) { try labels(nil) }
    #expect(try labels(.good) == "[true,true]")
    #expect(try labels(.bad) == "[true,false]")
    #expect(try labels(.drop) == "[true]")
    chain.steps[1].rating = StepRating(.correct)
    #expect(try labels(nil) == "[true,true]")
  }
}
