import Engine
import Sessions
import Testing

@testable import Workbench

/// Labelling by key, with a disk that answers at once.
@Suite struct LabelKeysTests {
  let attempt = AttemptID("a1")
  private let sentences = ["Tom has 17.\n", "Bags hold 18.\n", "17 + 18 = 36.\n", "Answer: 27"]

  /// A desk: the state, and everything that was written.
  struct Desk {
    var state: State
    var written: [Event] = []

    mutating func press(_ keys: String) {
      for key in keys { press(.character(key)) }
    }

    mutating func press(_ key: Key) {
      for effect in state.press([key]) { carryOut(effect) }
    }

    mutating func type(_ text: String) {
      press(text)
      press(.enter)
    }

    mutating func carryOut(_ effect: Effect) {
      guard case .annotate(let acts) = effect, let session = state.reading?.session else { return }
      let events = LabelAct.events(
        acts, in: session, by: "ada", wall: Double(written.count + 1))
      written += events
      _ = reduce(&state, .recorded(events.map { Record(n: 0, t: 0, event: $0) }))
    }

    var labels: [Int: Label] { state.reading?.labels(by: "ada") ?? [:] }
    var verdicts: [Int: Verdict] { labels.compactMapValues(\.verdict) }
    var item: Int? { state.reading?.item }
  }

  func desk(
    blind: LabelTask.Blindness = .open, _ change: (inout Scene) -> Void = { _ in },
    steps: Int = 4
  ) -> Desk {
    var scene = Scene()
    scene.start("a1")
    for text in sentences.prefix(steps) { scene.step("a1", [(text, 0.9)]) }
    scene.finish("a1", answer: "27")
    change(&scene)
    var state = scene.state(120, 36)
    state.settings.annotator = "ada"
    state.beginLabelling(attempt, pass: 0, blindness: blind)
    return Desk(state: state)
  }

  @Test func `one key a step, and on to the next without a verdict`() {
    var desk = desk()
    desk.press("32")
    #expect(desk.verdicts == [0: .correct, 1: .neutral])
    #expect(desk.item == 2)
    desk.press("k")
    desk.press("k")
    desk.press("1")
    #expect(desk.verdicts == [0: .incorrect, 1: .neutral])
    #expect(desk.item == 2)
    desk.press("0")
    #expect(desk.verdicts[2] == .unsure)
    #expect(desk.item == 3)
  }

  @Test func `the first error fills what came before, and leaves what follows unrated`() {
    var desk = desk()
    desk.press("2jf")
    #expect(desk.verdicts == [0: .neutral, 1: .correct, 2: .incorrect])
    #expect(desk.labels[1]?.isFilled == true)
    #expect(desk.labels[0]?.isFilled == nil)
    #expect(desk.labels[2]?.isFirstError == true)
    #expect(desk.item == 2)
    desk.press(.enter)
    #expect(desk.state.panel == .judging(.answer))
  }

  @Test func `the first error moves, and comes off again`() {
    var desk = desk()
    desk.press("jjf")
    desk.press("kf")
    #expect(desk.verdicts == [0: .correct, 1: .incorrect])
    desk.press("f")
    #expect(desk.verdicts.isEmpty)
    desk.press("jf3")
    #expect(desk.verdicts == [2: .correct])
    #expect(desk.labels[2]?.isFirstError == nil)
  }

  @Test func `undo and redo go as far as there is something`() {
    var desk = desk()
    desk.press("3jf")
    let all = desk.labels
    desk.press("z")
    #expect(desk.verdicts == [0: .correct])
    desk.press("z")
    #expect(desk.verdicts.isEmpty)
    desk.press("z")
    #expect(desk.state.notice?.text == "nothing to undo in this chain")
    desk.press("ZZ")
    #expect(desk.labels == all)
    desk.press("Z")
    #expect(desk.state.notice?.text == "nothing to redo")
    // Every undoing was written as well: the file tells all of it.
    #expect(desk.written.filter { if case .labelled = $0 { true } else { false } }.count > 6)
  }

  @Test func `what was done before the session was opened can be undone too`() {
    var desk = desk()
    desk.press("31")
    desk.state.endLabelling()
    desk.state.beginLabelling(attempt, pass: 0, blindness: .open)
    desk.press("z")
    #expect(desk.verdicts == [0: .correct])
  }

  @Test func `a type is found by typing, and a kind of error is an error`() {
    var desk = desk()
    desk.press("jt")
    #expect(desk.state.prompt?.completions.count == Taxonomy.standard.kinds.count)
    desk.press("unit")
    #expect(desk.state.prompt?.completions.first == "units")
    desk.press(.enter)
    #expect(desk.labels[1]?.errorType == "units")
    #expect(desk.labels[1]?.verdict == .incorrect)
    desk.press("t")
    desk.press(.down)
    desk.press(.enter)
    #expect(desk.labels[1]?.errorType == Taxonomy.standard.kinds[1].id)
    desk.press("t")
    desk.type("nothing like it")
    #expect(desk.labels[1]?.errorType == Taxonomy.standard.kinds[1].id)
    #expect(desk.state.notice?.weight == .warning)
  }

  @Test func `reason, correction and flag stand beside the verdict`() {
    var desk = desk()
    desk.press("n")
    desk.type("he has 18")
    desk.press("E")
    #expect(desk.state.prompt?.editor.text == "Tom has 17.")
    desk.type(" Really.")
    desk.press("x")
    let label = desk.labels[0]
    #expect(label?.reason == "he has 18")
    #expect(label?.correction == "Tom has 17. Really.")
    #expect(label?.isFlagged == true)
    desk.press("x")
    #expect(desk.labels[0]?.isFlagged == nil)
    desk.press("3")
    #expect(desk.labels[0]?.correction == nil)
    #expect(desk.labels[0]?.reason == "he has 18")
  }

  @Test func `a span is words of the step, by their bytes`() {
    var desk = desk()
    desk.press("jv")
    desk.press("lvlv")
    #expect(desk.labels[1]?.span == LabelSpan(start: 5, end: 12))
    desk.press("v")
    #expect(desk.labels[1]?.span == nil)
    desk.press("v")
    desk.press(.escape)
    #expect(desk.state.reading?.labelling?.span == nil)
    #expect(desk.state.mode == .label)
  }

  @Test func `words, numbers and signs are chosen one by one`() {
    let text = "so 960+1,200=2.5."
    let words = SpanChoice.words(Array(text.utf8)[...]).map { range in
      String(decoding: Array(text.utf8)[range], as: UTF8.self)
    }
    #expect(words == ["so", "960", "+", "1,200", "=", "2.5", "."])
  }

  @Test func `nothing more is wrong, with one key`() {
    var desk = desk()
    desk.press("2F")
    #expect(desk.verdicts == [0: .neutral, 1: .correct, 2: .correct, 3: .correct])
    #expect(desk.labels[1]?.isFilled == true)
    #expect(desk.state.panel == .judging(.answer))
  }

  @Test func `what follows a first error can be rated, and nothing is asked meanwhile`() {
    var desk = desk()
    desk.press("jfj31")
    #expect(desk.verdicts == [0: .correct, 1: .incorrect, 2: .correct, 3: .incorrect])
    #expect(desk.state.panel == nil)
    desk.press(.enter)
    #expect(desk.state.panel == .judging(.answer))
    desk.press(.enter)
    #expect(desk.state.panel == .judging(.answer))
    desk.press("1")
    desk.press(.enter)
    #expect(desk.state.panel == nil)
    #expect(desk.state.notice?.text.hasPrefix("chain done") == true)
  }

  @Test func `an error on the last step waits for its type`() {
    var desk = desk()
    desk.press("3331")
    #expect(desk.state.panel == nil)
    #expect(desk.item == 3)
  }

  @Test func `what was said of the chain is undone before its steps`() {
    var desk = desk()
    desk.press("3333")
    desk.press("13z")
    #expect(desk.state.judgement?.answer == nil)
    #expect(desk.verdicts.count == 4)
    desk.press("z")
    #expect(desk.verdicts.count == 3)
  }

  @Test func `what could not be put on record is not shown as if it were`() {
    var desk = desk()
    desk.press("3")
    for key in "11" { _ = desk.state.press([.character(key)]) }
    #expect(desk.verdicts.count == 3)
    _ = reduce(&desk.state, .labelsRefused(Notice("not saved: written by another program", .error)))
    #expect(desk.verdicts == [0: .correct])
    #expect(screenText(desk.state).contains("NOT SAVED"))
    desk.press("2")
    #expect(!screenText(desk.state).contains("NOT SAVED"))
  }

  @Test func `the chain is asked about after its last step`() {
    var desk = desk()
    desk.press("3333")
    #expect(desk.state.panel == .judging(.answer))
    desk.press("2")
    #expect(desk.state.panel == .judging(.answer))
    desk.press("1")
    #expect(desk.state.panel == .judging(.reach))
    desk.press("2")
    #expect(desk.state.panel == nil)
    #expect(desk.state.judgement?.answer == .incorrect)
    #expect(desk.state.judgement?.reach == .partly)
    #expect(desk.state.notice?.text.hasPrefix("chain done") == true)
  }

  @Test func `a chain is left with a reason, and not without`() {
    var desk = desk()
    desk.press("U")
    desk.press(.down)
    desk.press(.enter)
    desk.press(.enter)
    #expect(desk.state.judgement == nil)
    desk.press("U")
    desk.press(.enter)
    desk.type("no question in it")
    #expect(desk.state.judgement?.exit == .badProblem)
    #expect(desk.state.judgement?.reason == "no question in it")
  }

  @Test func `blind, nothing of what others say is on the screen`() throws {
    var desk = desk(blind: .chain) { scene in
      scene.critique(
        "c1", of: "a1", steps: [0, 1, 2, 3],
        [
          VerdictGiven(
            critique: CritiqueID("c1"), step: 0, verdict: .incorrect, reason: "WRONG AS CAN BE")
        ], finished: .step(0))
    }
    var bob = LabelBook(annotator: "bob")
    let act = LabelAct.label(
      StepID(attempt: attempt, index: 0), Label(.neutral), pass: 0, seconds: nil)
    let session = try #require(desk.state.reading?.session)
    LabelAct.events([act], in: session, by: "bob", wall: 1).forEach { bob.apply($0) }
    desk.state.reading?.books.append(bob)
    func text() -> String { screenText(desk.state) }
    for secret in ["WRONG AS", "bob", "0.90", "[26]", "incorrect\n", "✗", "█"] {
      #expect(!text().contains(secret), "\(secret)")
    }
    #expect(text().contains("answer 27"))
    // Asking for what is hidden by name is refused.
    for name in ["votes", "rounds", "overlay", "token", "what-if", "replay"] {
      desk.press(":")
      desk.type(name)
      #expect(desk.state.panel == nil && desk.state.reading?.replay == nil, "\(name)")
    }
    desk.press("o")
    #expect(!text().contains("bob"))
    desk.press("3333")
    desk.press("33")
    #expect(!text().contains("bob"))
    desk.press("ogg")
    #expect(text().contains("bob"))
    #expect(text().contains("WRONG AS"))
    #expect(text().contains("[26]"))
    #expect(desk.written.contains { if case .revealed = $0 { true } else { false } })
  }

  @Test func `a change of mind after the reveal is kept beside the blind label`() {
    var desk = desk(blind: .chain)
    desk.press("3333")
    desk.press("33")
    desk.press("og1")
    let entry = desk.state.reading?.book(of: "ada")?.entries[StepID(attempt: attempt, index: 0)]
    #expect(entry?.blind.verdict == .correct)
    #expect(entry?.current.label.verdict == .incorrect)
    #expect(screenText(desk.state).contains("at first"))
  }

  @Test func `step by step, a step is shown when it is rated`() {
    var desk = desk(blind: .step)
    desk.press("3")
    #expect(desk.state.hidden.hides(0) == false)
    #expect(desk.state.hidden.hides(1))
    #expect(desk.state.hidden.isWholeHidden)
  }

  @Test func `who saw everything beforehand has said nothing blind`() {
    var desk = desk(blind: .open)
    desk.press("3")
    let entry = desk.state.reading?.book(of: "ada")?.entries[StepID(attempt: attempt, index: 0)]
    #expect(entry != nil && entry?.first == nil)
  }

  @Test func `seconds on a step leave long pauses out`() {
    var desk = desk()
    desk.state.settings.labelling.idle = 60
    desk.state.now = 10
    desk.press("x")
    desk.state.now = 500
    desk.press("3")
    guard case .labelled(let labelled) = desk.written.last else {
      Issue.record("nothing was written")
      return
    }
    #expect(labelled.seconds == 70)
  }

  @Test func `keys faster than the disk build on each other`() {
    var desk = desk()
    // Nothing comes back from the disk here.
    for key in "x3k" { #expect(desk.state.press([.character(key)]).count == (key == "k" ? 0 : 1)) }
    #expect(desk.labels[0]?.isFlagged == true)
    #expect(desk.labels[0]?.verdict == .correct)
  }

  @Test func `texts for a step are rated, chosen and written`() {
    var desk = desk()
    desk.press("j")
    let id = StepID(attempt: attempt, index: 1)
    let written = AlternativesWritten(
      step: id, call: Call(model: .local, messages: [], parameters: SamplingParameters()),
      texts: ["Bags hold 18 marbles.", "3 * 6 = 19."])
    _ = reduce(&desk.state, .recorded([Record(n: 99, t: 99, event: .alternativesWritten(written))]))
    desk.press("a")
    #expect(desk.state.panel == .rating(.candidates, selection: 0))
    desk.press("331")
    #expect(desk.labels[1]?.candidates?.map(\.verdict) == [.correct, .correct, .incorrect])
    #expect(desk.labels[1]?.verdict == .correct)
    desk.press("k")
    desk.press(.enter)
    #expect(desk.labels[1]?.chosen == 1)
    desk.press("w")
    desk.type("My own.")
    #expect(
      desk.labels[1]?.candidates?.last == StepCandidate("My own.", verdict: .correct, isHuman: true)
    )
  }

  @Test func `explanations of an error are rated, and one is written`() {
    var desk = desk(blind: .chain) { scene in
      scene.critique(
        "c1", of: "a1", steps: [0, 1, 2, 3],
        [
          VerdictGiven(
            critique: CritiqueID("c1"), step: 2, verdict: .incorrect, reason: "17 + 18 is 35")
        ], finished: .step(2))
    }
    desk.press("e")
    #expect(desk.state.panel == nil)
    desk.press("jjfe")
    desk.press("3w")
    desk.type("It should be 35.")
    #expect(desk.labels[2]?.explanations?.map(\.text) == ["17 + 18 is 35", "It should be 35."])
    #expect(desk.labels[2]?.explanations?.first?.verdict == .correct)
  }

  @Test func `a session opened for writing leaves the panel that asked for it`() throws {
    var desk = desk()
    desk.press("w")
    desk.state.settings.solver = "local"
    desk.press("a")
    #expect(desk.state.panel == .rating(.candidates, selection: 0))
    let session = try #require(desk.state.reading?.session)
    desk.state.work = LabelQueue(
      items: [LabelItem(session: "/s1", attempt: attempt)], position: 0, title: "one")
    let opened = SessionShown(session: session, isReadOnly: false, isWhole: true, path: "/s1")
    _ = reduce(&desk.state, .sessionOpened(opened))
    #expect(desk.state.panel == .rating(.candidates, selection: 0))
    let written = AlternativesWritten(
      step: StepID(attempt: attempt, index: 0),
      call: Call(model: .local, messages: [], parameters: SamplingParameters()),
      texts: ["Tom owns 17."])
    _ = reduce(&desk.state, .recorded([Record(n: 99, t: 99, event: .alternativesWritten(written))]))
    #expect(desk.state.reading?.labelling?.texts.map(\.text) == ["Tom has 17.", "Tom owns 17."])
  }

  @Test func `in the whole task the explanations come with the first error`() {
    var desk = desk()
    desk.state.settings.labelling.isFull = true
    desk.press("jjf")
    #expect(desk.state.panel == .rating(.explanations, selection: 0))
    desk.press("w")
    desk.type("It should be 35.")
    #expect(desk.labels[2]?.explanations?.map(\.isHuman) == [true])
  }

  @Test func `a queue goes on at Enter, and its pace is counted`() {
    var desk = desk(blind: .chain)
    desk.state.reading?.path = "/s1"
    desk.state.work = LabelQueue(
      items: [
        LabelItem(session: "/s1", attempt: attempt), LabelItem(session: "/s2", attempt: attempt),
      ], position: 0, title: "two")
    desk.press("3333")
    desk.press("33")
    #expect(desk.state.work?.doneCount == 1)
    let effects = desk.state.press([.enter])
    #expect(effects == [.openItem(LabelItem(session: "/s2", attempt: attempt))])
    #expect(desk.state.work?.steps == 4)
    #expect(desk.state.press([.escape]) == [])
    #expect(desk.state.mode == .label)
    #expect(desk.state.press([.character("q")]) == [.stop, .quit])
  }

  @Test func `an attempt without steps, and one of a single step`() {
    var empty = desk(steps: 0)
    empty.press("1ftnEvxzU")
    #expect(empty.verdicts.isEmpty)
    var single = desk(steps: 1)
    single.press("f")
    #expect(single.verdicts == [0: .incorrect])
  }

  @Test func `five thousand steps are labelled without a long wait`() {
    var scene = Scene()
    scene.start("a1")
    for number in 0..<5000 { scene.step("a1", [("step \(number)\n", nil)]) }
    scene.finish("a1")
    var state = scene.state(120, 36)
    state.settings.annotator = "ada"
    state.beginLabelling(attempt, pass: 0, blindness: .chain)
    var desk = Desk(state: state)
    desk.press(String(repeating: "3", count: 8))
    #expect(desk.verdicts.count == 8)
    desk.press("Gf")
    #expect(desk.verdicts.count == 5000)
    #expect(screenText(desk.state).contains("5000 of 5000 steps rated"))
  }
}

/// Everything on the screen, a line for each row.
func screenText(_ state: State) -> String {
  view(state).rows.map { GoldenPicture.text($0) }.joined(separator: "\n")
}
