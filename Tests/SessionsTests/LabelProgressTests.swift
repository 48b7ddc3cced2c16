import Testing

@testable import Sessions

@Suite struct LabelProgressTests {
  /// Four steps: one in the thinking, three in the answer.
  private let attempt: Attempt

  init() throws {
    let id = AttemptID("x")
    func text(_ channel: Channel, _ serial: Int, _ text: String) -> Event {
      var table = TokenTable()
      table.append(bytes: Array(text.utf8), id: nil, logProbability: nil, entropy: nil)
      return .tokens(
        TokensArrived(attempt: id, channel: channel, firstSerial: serial, table: table))
    }
    func closed(_ index: Int, _ channel: Channel, _ start: Int, _ end: Int) -> Event {
      .stepClosed(
        StepClosed(
          attempt: id, index: index, channel: channel, start: start, end: end, segmenter: 0,
          measures: StepMeasures()))
    }
    let events: [Event] = [
      .attemptStarted(AttemptStarted(attempt: id, segmenter: 0, call: .sample)),
      text(.thinking, 0, "Hm."), text(.answer, 1, "a.b.c."),
      closed(0, .thinking, 0, 3), closed(1, .answer, 0, 2), closed(2, .answer, 2, 4),
      closed(3, .answer, 4, 6),
    ]
    let session = Session(
      header: .sample, replaying: events.enumerated().map { Record(n: $0, t: 0, event: $1) })
    attempt = try #require(session.attempts.first)
  }

  private func label(
    _ verdict: Verdict?, step: Int, wall: Double = 1, pass: Int? = nil, isFirstError: Bool? = nil,
    digest: String? = nil, seconds: Double? = nil
  ) -> Event {
    var label = Label(verdict)
    label.isFirstError = isFirstError
    return .labelled(
      Labelled(
        step: StepID(attempt: attempt.id, index: step),
        digest: digest ?? attempt.stepDigests[step], annotator: "ada", wall: wall, pass: pass,
        seconds: seconds, label: label))
  }

  private func judged(
    answer: Verdict? = nil, reach: ChainJudged.Reach? = nil, exit: ChainJudged.Exit? = nil,
    wall: Double = 9
  ) -> Event {
    .chainJudged(
      ChainJudged(
        attempt: attempt.id, annotator: "ada", wall: wall, answer: answer, reach: reach, exit: exit
      ))
  }

  private func isComplete(_ events: [Event], asks: Bool = false, pass: Int = 0) -> Bool {
    var book = LabelBook(annotator: "ada")
    events.forEach { book.apply($0) }
    return book.isComplete(attempt, pass: pass, asksAboutChain: asks)
  }

  private var all: [Event] { (0..<4).map { label($0 == 2 ? .unsure : .correct, step: $0) } }

  @Test func `a chain is complete when every step of both channels has a verdict`() {
    #expect(isComplete(all))
    for missing in 0..<4 {
      var some = all
      some.remove(at: missing)
      #expect(!isComplete(some), "without step \(missing)")
    }
    #expect(!isComplete([]))
  }

  @Test func `a verdict taken back leaves the step to be rated`() {
    #expect(!isComplete(all + [label(nil, step: 3, wall: 2)]))
    #expect(isComplete(all + [label(nil, step: 3, wall: 2), label(.neutral, step: 3, wall: 3)]))
  }

  @Test func `after a first error nothing need be rated, before it everything`() {
    let error = label(.incorrect, step: 2, isFirstError: true)
    #expect(isComplete([label(.correct, step: 0), label(.correct, step: 1), error]))
    #expect(!isComplete([label(.correct, step: 1), error]))
    #expect(!isComplete([label(.correct, step: 0), error]))
    #expect(isComplete([label(nil, step: 0, isFirstError: true)]))
    #expect(!isComplete([label(.incorrect, step: 0)]), "wrong, and not said to be the first error")
  }

  @Test func `a first error taken back asks for the rest again`() {
    let taken = [
      label(.correct, step: 0), label(.incorrect, step: 1, isFirstError: true),
      label(.incorrect, step: 1, wall: 2),
    ]
    #expect(!isComplete(taken))
  }

  @Test func `a chain that was left is complete, until that is taken back`() {
    #expect(isComplete([judged(exit: .badProblem)], asks: true))
    #expect(!isComplete([judged(exit: .giveUp), judged(wall: 10)], asks: true))
  }

  @Test func `where the whole is asked about it must be said whether its answer is right`() {
    #expect(!isComplete(all, asks: true))
    #expect(isComplete(all + [judged(answer: .correct)], asks: true))
    #expect(!isComplete(all + [judged(reach: .finished)], asks: true))
    #expect(isComplete(all + [judged(answer: .unsure, reach: .partly)], asks: true))
    #expect(!isComplete([judged(answer: .correct, reach: .finished)], asks: true))
  }

  @Test func `labels on bytes that changed do not count`() {
    #expect(!isComplete(all + [label(.correct, step: 1, wall: 2, digest: "other")]))
  }

  @Test func `a later pass is complete by its own labels`() {
    #expect(!isComplete(all, pass: 1))
    #expect(isComplete((0..<4).map { label(.correct, step: $0, pass: 1) }, pass: 1))
  }

  @Test func `progress counts what is to be rated, its time, and when it was last worked on`() {
    var book = LabelBook(annotator: "ada")
    #expect(
      book.progress(in: attempt)
        == {
          var none = ChainProgress(); none.steps = 4; return none
        }())
    book.apply(label(.correct, step: 0, wall: 3, seconds: 2))
    book.apply(label(.correct, step: 0, wall: 5, seconds: 4))
    book.apply(label(.incorrect, step: 2, wall: 4, isFirstError: true, seconds: .infinity))
    let progress = book.progress(in: attempt)
    #expect(progress.steps == 3 && progress.rated == 2)
    #expect(progress.seconds == 4 && progress.timedSteps == 1)
    #expect(progress.isBegun && progress.wall == 5)
  }
}
