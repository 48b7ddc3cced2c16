import Sessions
import Testing

@testable import Engine

private let model = ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities())

/// An attempt whose steps have these texts, as events would have made it.
private func attempt(
  _ name: String, _ steps: [String], isCorrect: Bool? = nil
) throws -> Attempt {
  let id = AttemptID(name)
  let call = Call(model: model, messages: [], parameters: SamplingParameters())
  var events: [Event] = [
    .attemptStarted(AttemptStarted(attempt: id, segmenter: 1, call: call))
  ]
  var end = 0
  for (index, step) in steps.enumerated() {
    var table = TokenTable()
    table.append(Token(bytes: Array(step.utf8)))
    events.append(
      .tokens(TokensArrived(attempt: id, channel: .answer, firstSerial: index, table: table)))
    let closed = StepClosed(
      attempt: id, index: index, channel: .answer, start: end, end: end + step.utf8.count,
      segmenter: 1, measures: StepMeasures())
    events.append(.stepClosed(closed))
    end = closed.end
  }
  events.append(
    .answerExtracted(
      AnswerExtracted(attempt: id, answer: "1", method: .answerLine, isCorrect: isCorrect)))
  let header = Header(
    program: "test", session: "s", created: 0, problem: Problem(id: "p", text: "p"))
  let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
  return try #require(Session(header: header, replaying: records).attempts.first)
}

@Suite struct LedgerTests {
  private let old = ["Step 1: 4 * 15 = 60.\n", "Step 2: 12 * 6 = 72.\n", "Answer: 72"]
  private let new = ["Step 1: 4 * 15 = 60.\n", "Answer: 60"]

  @Test func `a wrong step that is gone is not fixed until somebody has judged what is there`()
    throws
  {
    let before = try attempt("a1", old, isCorrect: false)
    let after = try attempt("a2", new, isCorrect: false)
    let unjudged = Ledger(from: before, [1: .incorrect], to: after, [:])
    #expect(unjudged.stepsFixed == [])
    #expect(unjudged.stepsUnjudged == [1])
    let judged = Ledger(from: before, [1: .incorrect], to: after, [0: .correct])
    #expect(judged.stepsFixed == [1])
  }

  @Test func `a right answer vouches for a wrong step that is gone`() throws {
    let before = try attempt("a1", old, isCorrect: false)
    let after = try attempt("a2", new, isCorrect: true)
    let ledger = Ledger(from: before, [1: .incorrect], to: after, [:])
    #expect(ledger.stepsFixed == [1])
    #expect(ledger.answer == .fixed)
  }

  @Test func `a step judged wrong that was not before is broken`() throws {
    let before = try attempt("a1", old, isCorrect: true)
    let after = try attempt("a2", new, isCorrect: false)
    let ledger = Ledger(from: before, [:], to: after, [0: .incorrect])
    #expect(ledger.stepsBroken == [0])
    #expect(ledger.answer == .broken)
  }
}
