import Engine
import Sessions
import Testing

@testable import erratum

@Suite struct ConclusionTests {
  private func session(_ answers: [String?], rounds: Int = 0) -> Session {
    let problem = Problem(id: "p", text: "How many?")
    var events: [Event] = []
    for (index, answer) in answers.enumerated() {
      let attempt = AttemptID("a\(index + 1)")
      let model = ModelDescription(
        model: "m", dialect: "scripted", capabilities: Capabilities())
      events.append(
        .attemptStarted(
          AttemptStarted(
            attempt: attempt, segmenter: 1,
            call: Call(model: model, messages: [], parameters: SamplingParameters()))))
      events.append(.attemptFinished(AttemptFinished(attempt: attempt, reason: .stop)))
      guard let answer else { continue }
      events.append(
        .answerExtracted(
          AnswerExtracted(
            attempt: attempt, answer: answer, method: .answerLine, isCorrect: nil)))
    }
    for round in 0..<rounds {
      events.append(
        .roundStarted(
          RoundStarted(
            round: RoundID("r\(round)"), parent: AttemptID("a1"), strategy: .fromScratch,
            trigger: .asked)))
    }
    let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
    let header = Header(program: "test", session: "s", created: 0, problem: problem)
    return Session(header: header, replaying: records)
  }

  @Test func `one attempt concludes with its answer alone`() {
    #expect(Conclusion(session(["26"])).lines == ["answer: 26"])
  }

  @Test func `several conclude with the votes and the answer of the most`() {
    let lines = Conclusion(session(["27", "26", "26.0", nil])).lines
    #expect(lines == ["vote by majority, attempts: 26 2, 27 1", "answer: 26"])
  }

  @Test func `after a round the corrected answer stands`() {
    #expect(Conclusion(session(["27", "26"], rounds: 1)).lines == ["answer: 26"])
  }

  @Test func `without an answer there is nothing to say`() {
    #expect(Conclusion(session([nil])).lines == [])
    #expect(Conclusion(session([nil, nil])).lines == [])
  }
}
