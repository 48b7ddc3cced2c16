import Engine
import Sessions
import Testing

@testable import Workbench

/// What must not happen while labelling: a peek, a label in the wrong place, a label lost.
extension LabelKeysTests {
  private func queued(_ blind: LabelTask.Blindness = .chain) -> Desk {
    var desk = desk(blind: blind)
    desk.state.reading?.path = "/s1"
    desk.state.work = LabelQueue(
      items: [
        LabelItem(session: "/s1", attempt: attempt), LabelItem(session: "/s2", attempt: attempt),
      ], position: 0, title: "two")
    return desk
  }

  @Test func `Esc out of a zoomed pane goes on labelling blind`() {
    var desk = queued()
    desk.press("+")
    #expect(desk.state.reading?.zoomed != nil)
    desk.press(.escape)
    #expect(desk.state.reading?.zoomed == nil)
    #expect(desk.state.mode == .label)
    #expect(!desk.state.hidden.isNothing)
  }

  @Test func `a critic is neither asked nor heard of before its time`() {
    var desk = queued()
    desk.state.settings.critic = "critic"
    var effects: [Effect] = []
    for key in ":critique-now" { effects += desk.state.press([.character(key)]) }
    effects += desk.state.press([.enter])
    #expect(effects.isEmpty)
    let finished = CritiqueFinished(
      critique: CritiqueID("c1"), reason: .stop, firstError: .step(1), format: "text")
    let answer = AnswerExtracted(attempt: attempt, answer: "27", method: .boxed, isCorrect: false)
    for event in [Event.critiqueFinished(finished), .answerExtracted(answer)] {
      _ = reduce(&desk.state, .recorded([Record(n: 99, t: 99, event: event)]))
      let text = desk.state.notice?.text ?? ""
      #expect(!text.isEmpty && !text.contains("error in") && !text.contains("wrong"))
    }
  }

  @Test func `what could not be recorded is taken back from the screen`() {
    var desk = queued()
    desk.press("3")
    // The disk refuses from here on.
    for key in "333" + "33" { _ = desk.state.press([.character(key)]) }
    #expect(desk.state.work?.doneCount == 1)
    _ = reduce(&desk.state, .labelsRefused(Notice("somebody else writes it", .error)))
    #expect(desk.verdicts == [0: .correct])
    #expect(desk.item == 1)
    #expect(desk.state.panel == nil)
    #expect(desk.state.work?.doneCount == 0)
    #expect(desk.state.notice?.text == "somebody else writes it")
    desk.press("z")
    #expect(desk.verdicts.isEmpty)
  }

  @Test func `keys between two chains land in neither`() throws {
    var desk = queued()
    desk.press("3333")
    desk.press("33")
    let written = desk.written
    let opening = Effect.openItem(LabelItem(session: "/s2", attempt: attempt))
    #expect(desk.state.press([.enter]) == [opening])
    desk.press(.enter)
    desk.press("1ft")
    desk.press("}")
    #expect(desk.written == written)
    #expect(desk.state.prompt == nil)
    #expect(desk.state.work?.position == 0)
    // It cannot be opened: the old one is still there.
    _ = reduce(&desk.state, .itemRefused(Notice("gone", .error)))
    desk.press("x")
    #expect(desk.written.count == written.count + 1)
    #expect(desk.state.press([.character("}")]) == [opening])
    let session = try #require(desk.state.reading?.session)
    _ = reduce(
      &desk.state,
      .sessionOpened(
        SessionShown(session: session, isReadOnly: false, isWhole: true, path: "/s2")))
    #expect(desk.state.work?.position == 1)
    #expect(desk.verdicts.isEmpty)
    #expect(!desk.state.hidden.isNothing)
    desk.press("1")
    #expect(desk.verdicts == [0: .incorrect])
  }

  @Test func `seconds on a step go on where an earlier sitting left them`() {
    var desk = desk()
    desk.state.now = 10
    desk.press("x")
    desk.state.endLabelling()
    desk.state.now = 1000
    desk.state.beginLabelling(attempt, pass: 0, blindness: .open)
    desk.state.now = 1005
    desk.press("3")
    guard case .labelled(let labelled) = desk.written.last else {
      Issue.record("nothing was written")
      return
    }
    #expect(labelled.seconds == 15)
  }

  @Test func `undo leaves labels of other bytes where they are`() {
    var desk = desk()
    for (wall, verdict) in [(1.0, Verdict.correct), (2, .incorrect)] {
      let old = Labelled(
        step: StepID(attempt: attempt, index: 0), digest: "other bytes", annotator: "ada",
        wall: wall, label: Label(verdict))
      desk.state.reading?.take(label: .labelled(old), by: "ada", isOwn: true)
    }
    desk.state.beginLabelling(attempt, pass: 0, blindness: .open)
    desk.press("z")
    #expect(desk.written.isEmpty)
    #expect(screenText(desk.state).contains("1 label on"))
  }

  @Test func `a session that is opened anew while it is labelled keeps its labels`() throws {
    var desk = desk()
    desk.press("3")
    let reading = try #require(desk.state.reading)
    _ = reduce(
      &desk.state,
      .sessionOpened(
        SessionShown(
          session: reading.session, isReadOnly: false, isWhole: true, books: reading.books)))
    #expect(desk.verdicts == [0: .correct])
    desk.state.reading?.labelling?.digests.value = []
    #expect(desk.verdicts == [0: .correct])
  }

  @Test func `steps after the first error are not counted as missing`() {
    var desk = desk()
    desk.press("jf")
    #expect(screenText(desk.state).contains("2 of 2 steps rated"))
  }

  @Test func `leaving waits for the disk`() {
    var desk = queued()
    _ = reduce(&desk.state, .savingChanged(.notSaved(reason: "no space left on device")))
    #expect(desk.state.press([.character("q")]) == [.annotate([])])
    #expect(desk.state.notice?.weight == .warning)
    _ = reduce(&desk.state, .savingChanged(.saved))
    #expect(desk.state.press([.character("q")]) == [.stop, .quit])
  }

  @Test func `the step's own text rated among others is the step rated`() {
    var desk = desk()
    desk.state.settings.solver = nil
    desk.press("jjf")
    desk.press("k")
    #expect(desk.labels[1]?.isFilled == true)
    desk.press("a3")
    #expect(desk.labels[1]?.isFilled == nil)
    desk.press(.escape)
    desk.press("j")
    desk.press("a3")
    #expect(desk.labels[2]?.verdict == .correct)
    #expect(desk.labels[2]?.isFirstError == nil)
    // What followed from it is gone, and what was rated by itself stays.
    #expect(desk.verdicts == [1: .correct, 2: .correct])
  }

  @Test func `a chain that a model is at work on is not left`() {
    var desk = queued()
    desk.state.isCalling = true
    #expect(desk.state.press([.character("}")]).isEmpty)
    #expect(desk.state.notice?.weight == .warning)
    desk.state.isCalling = false
    #expect(desk.state.press([.character("}")]).count == 1)
  }
}
