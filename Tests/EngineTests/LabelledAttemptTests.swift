import Foundation
import Sessions
import Testing

@testable import Engine

@Suite struct LabelledAttemptTests {
  /// Steps of two tokens each; entropies at the sampling temperature 0.5.
  private func session(_ entropies: [[Float]]) -> Session {
    let id = AttemptID("a1")
    let call = Call(
      model: ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters(temperature: 0.5))
    var events: [Event] = [
      .attemptStarted(AttemptStarted(attempt: id, segmenter: 1, call: call))
    ]
    var serial = 0
    for (place, pair) in entropies.enumerated() {
      var table = TokenTable()
      for entropy in pair {
        table.append(
          Token(
            bytes: [0x61], logProbability: -0.1,
            entropy: EntropyBounds(lower: 2 * entropy, upper: 2 * entropy),
            temperedEntropy: entropy))
      }
      events.append(
        .tokens(
          TokensArrived(attempt: id, channel: .answer, firstSerial: serial, table: table)))
      serial += pair.count
      events.append(
        .stepClosed(
          StepClosed(
            attempt: id, index: place, channel: .answer, start: serial - pair.count, end: serial,
            segmenter: 1, measures: StepMeasures(of: table, in: 0..<pair.count))))
    }
    return Session(
      header: Header(
        program: "test", session: "s", created: 0, problem: Problem(id: "p", text: "p")),
      replaying: events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) })
  }

  private func labelled(_ labels: [Int: StepLabel]) throws -> LabelledAttempt {
    let session = session([[0.1, 0.7], [0.4, 0.2], [0.3, 0.3]])
    let attempt = try #require(session.attempts.first)
    return LabelledAttempt(attempt, in: session, labels: labels)
  }

  @Test func `a reflection watches entropies at the sampling temperature, a bar at 1`() throws {
    let some = try labelled([
      0: StepLabel(.incorrect), 1: StepLabel(.correct), 2: StepLabel(.unsure),
    ])
    let watched = ScoreSource.watched.units([some], neutral: .drop)
    #expect(watched.map(\.value) == [-Double(Float(0.7)), -Double(Float(0.4))])
    #expect(watched.map(\.isRight) == [false, true])
    let shown = ScoreSource.signal(.maxEntropy).units([some], neutral: .drop)
    #expect(shown.map(\.value) == [-Double(Float(1.4)), -Double(Float(0.8))])
  }

  @Test func `neutral labels count as they are told to`() throws {
    let some = try labelled([0: StepLabel(.neutral), 1: StepLabel(.correct)])
    let counts = NeutralLabels.allCases.map { neutral in
      ScoreSource.watched.units([some], neutral: neutral).map(\.isRight)
    }
    #expect(counts == [[true, true], [false, true], [true]])
  }

  @Test func `a chain has a first error, none, or nobody knows`() throws {
    let right = StepLabel(.correct)
    let all = try labelled([0: right, 1: StepLabel(.neutral), 2: right])
    #expect(all.firstError == TriedChain.FirstError.none)
    #expect(try labelled([0: right, 1: StepLabel(.incorrect)]).firstError == .step(1))
    #expect(try labelled([0: right, 1: right]).firstError == nil)
    #expect(try labelled([1: StepLabel(.incorrect)]).firstError == nil)
    #expect(try labelled([0: StepLabel(.unsure), 1: StepLabel(.incorrect)]).firstError == nil)
    let marked = StepLabel(.incorrect, isFirstError: true)
    #expect(try labelled([0: right, 1: marked]).firstError == .step(1))
  }

  @Test func `what a book says blind counts, and bad problems do not`() throws {
    let session = session([[0.1], [0.2], [0.3]])
    let attempt = try #require(session.attempts.first)
    var book = LabelBook(annotator: "ada")
    func label(_ step: Int, _ verdict: Verdict) {
      book.apply(
        .labelled(
          Labelled(
            step: StepID(attempt: attempt.id, index: step),
            digest: attempt.digest(upTo: attempt.steps[step]), annotator: "ada", wall: 1,
            label: Label(verdict))))
    }
    label(0, .correct)
    book.apply(.revealed(Revealed(attempt: attempt.id, step: 0, annotator: "ada", wall: 2)))
    label(0, .incorrect)
    label(1, .incorrect)
    let found = try #require(LabelledAttempt(attempt, in: session, book: book))
    #expect(found.labels[0]?.verdict == .correct)
    #expect(found.labels[1]?.verdict == .incorrect)
    #expect(found.labels[2] == nil)
    book.apply(
      .chainJudged(
        ChainJudged(attempt: attempt.id, annotator: "ada", wall: 3, exit: .badProblem)))
    #expect(LabelledAttempt(attempt, in: session, book: book) == nil)
  }
}
