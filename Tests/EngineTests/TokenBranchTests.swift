import Foundation
import Sessions
import Synchronization
import Testing

@testable import Engine

/// Says what it is told to, with ids, and keeps what it was asked.
private final class NumberedModel: LanguageModel {
  let description: ModelDescription
  let tokens: [Token]
  let requests = Mutex<[GenerationRequest]>([])

  init(_ tokens: [Token], name: String = "numbered") {
    self.tokens = tokens
    description = ModelDescription(
      model: name, dialect: "scripted",
      capabilities: Capabilities(
        logProbabilities: true, alternatives: 2, continuation: .exact, tokenIDs: true,
        vocabularySize: 100))
  }

  func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> {
    requests.withLock { $0.append(request) }
    return AsyncThrowingStream { continuation in
      continuation.yield(.tokens(tokens))
      continuation.yield(.finished(.stop, nil))
      continuation.finish()
    }
  }
}

private func token(_ text: String, _ id: Int32, other: (String, Int32) = ("x", 99)) -> Token {
  Token(
    bytes: Array(text.utf8), id: id, logProbability: -0.25,
    alternatives: [
      Alternative(bytes: Array(text.utf8), id: id, logProbability: -0.25),
      Alternative(bytes: Array(other.0.utf8), id: other.1, logProbability: -1.5),
    ])
}

private let wrong = [
  token("Step 1: 18\n", 1), token("Step 2:", 2), token(" 36", 3, other: (" 35", 4)),
  token("\nAnswer: 36\n", 5),
]

@Suite struct TokenBranchTests {
  private let planner = RoundPlanner(
    prompts: PromptSet(named: "plain"), parameters: SamplingParameters(temperature: 0))
  private let recorder = Recorder()
  private let serials = SerialCounter(next: 0)

  /// The session after one attempt, with ids all along.
  private func solved(_ tokens: [Token] = wrong) async -> Session {
    await run(
      planner.solve(marbles, attempt: AttemptID("a1")), on: NumberedModel(tokens),
      serials: serials, record: recorder.record)
    return recorder.session(marbles)
  }

  private func request(_ taken: TokenRequest.Taken, byte: Int = 18) -> TokenRequest {
    TokenRequest(parent: AttemptID("a1"), byte: byte, taken: taken)
  }

  private func plan(_ request: TokenRequest, _ session: Session) throws -> AttemptPlan {
    try planner.take(request, in: session, attempt: session.freshAttempts(1)[0])
  }

  @Test func `what stands before the token is kept with ids and numbers, and the other one taken`()
    async throws
  {
    let session = await solved()
    let parent = session.attempts[0]
    let chosen = parent.written.alternatives(of: 2)[1]
    let model = NumberedModel([token("\nAnswer: 35\n", 6)])
    await run(
      try plan(request(.alternative(chosen), byte: 19), session), on: model, serials: serials,
      record: recorder.record)
    let whole = recorder.session(marbles)
    let child = try #require(whole.attempt(AttemptID("a2")))
    #expect(child.started.parent == AttemptID("a1"))
    #expect(child.started.branch == TokenBranch(replaced: 2, taken: .alternative))
    #expect(child.started.keptBytes == 18)
    #expect(
      String(decoding: child.written.bytes, as: UTF8.self)
        == "Step 1: 18\nStep 2: 35\nAnswer: 35\n")
    #expect((0..<4).map { child.written.id(of: $0) } == [1, 2, 4, 6])
    for index in 0..<2 {
      #expect(
        child.written.token(index, channel: .answer)
          == parent.written.token(index, channel: .answer))
    }
    #expect(child.written.logProbability(of: 2) == -1.5)
    #expect(child.written.entropy(of: 2) == parent.written.entropy(of: 2))
    #expect(child.written.alternatives(of: 2) == parent.written.alternatives(of: 2))
    #expect(child.steps.count == 3)
    #expect(child.answer?.isCorrect == true)
    let asked = model.requests.withLock { $0 }
    #expect(asked.map(\.prefixTokens) == [[1, 2, 4]])
    #expect(asked.map(\.prefix) == ["Step 1: 18\nStep 2: 35"])
    #expect(asked[0].messages == parent.started.call.messages)
  }

  @Test func `one's own text has no numbers, and ids only for what stands before it`() async throws
  {
    let session = await solved()
    let plan = try plan(request(.typed(" 35, I think")), session)
    #expect(plan.branch == TokenBranch(replaced: 2, taken: .typed))
    #expect(plan.added.count == 1 && plan.added.logProbability(of: 0) == nil)
    let asked = plan.request(on: session.attempts[0].started.call.model)
    #expect(asked.prefixTokens == [1, 2])
    #expect(asked.prefix == "Step 1: 18\nStep 2: 35, I think")
  }

  @Test func `another model is given the text alone`() async throws {
    let session = await solved()
    let plan = try plan(request(.typed(" 35")), session)
    #expect(plan.request(on: NumberedModel([], name: "other").description).prefixTokens == nil)
    #expect(plan.request(on: ScriptedModel.standardDescription).prefixTokens == nil)
  }

  @Test func `rounds and going on hand over ids as well`() async throws {
    let session = await solved()
    let model = session.attempts[0].started.call.model
    let round = try planner.plan(
      RoundRequest(parent: AttemptID("a1"), strategy: .fromStep, fromStep: 1), in: session,
      round: session.freshRound, attempt: AttemptID("a2"))
    #expect(round.1.request(on: model).prefixTokens == [1])
    let more = try planner.goOn(from: AttemptID("a1"), in: session, attempt: AttemptID("a2"))
    #expect(more.request(on: model).prefixTokens == [1, 2, 3, 5])
    #expect(planner.solve(marbles, attempt: AttemptID("a2")).request(on: model).prefixTokens == nil)
  }

  @Test func `what cannot be gone on from is refused with a sentence`() async throws {
    let euro = [token("1 €", 1), Token(bytes: [0xE2, 0x82]), Token(bytes: [0xAC]), token("!", 2)]
    let session = await solved(euro)
    let half = Alternative(bytes: [0xE2], logProbability: -1)
    for (request, error) in [
      (request(.alternative(half), byte: 0), RoundError.partOfCharacter),
      (request(.typed("x"), byte: 7), .partOfCharacter),
      (request(.alternative(Alternative(bytes: [], logProbability: -1)), byte: 0), .endsHere),
      (request(.typed(""), byte: 0), .endsHere), (request(.typed("x"), byte: 99), .noSuchToken),
    ] {
      #expect(throws: error) { try plan(request, session) }
    }
    // The rest of the character makes it whole.
    let rest = Alternative(bytes: [0xAC], logProbability: -1)
    #expect(try plan(request(.alternative(rest), byte: 7), session).prefix == "1 €€")
    #expect(throws: RoundError.noSuchAttempt) {
      try plan(TokenRequest(parent: AttemptID("z"), byte: 0, taken: .typed("x")), session)
    }
  }

  @Test func `ids are nobody's where ancestors go round in circles or are of several models`()
    async throws
  {
    var session = await solved()
    func start(_ id: String, parent: String, by model: ModelDescription) {
      session.apply(
        Record(
          n: session.eventCount, t: 9,
          event: .attemptStarted(
            AttemptStarted(
              attempt: AttemptID(id), parent: AttemptID(parent), keptBytes: 3, segmenter: 1,
              call: Call(model: model, messages: [], parameters: SamplingParameters())))))
    }
    let model = session.attempts[0].started.call.model
    start("a2", parent: "a3", by: model)
    start("a3", parent: "a2", by: model)
    start("a4", parent: "a1", by: model)
    start("a5", parent: "a1", by: NumberedModel([], name: "other").description)
    let known = session.attempts.map { session.author(of: $0)?.model }
    #expect(known == ["numbered", nil, nil, "numbered", nil])
  }

  @Test func `a recorded branch is played back`() async throws {
    let session = await solved()
    let chosen = session.attempts[0].written.alternatives(of: 2)[1]
    let plan = try plan(request(.alternative(chosen)), session)
    await run(
      plan, on: NumberedModel([token("!", 7)]), serials: serials, record: recorder.record)
    let whole = recorder.session(marbles)
    let again = Recorder()
    await run(
      plan, on: RecordedModel(replaying: whole), serials: SerialCounter(next: 0),
      record: again.record)
    #expect(
      again.session(marbles).attempts[0].written.bytes
        == whole.attempts[1].written.bytes)
  }
}

@Suite struct CalibratedSignalTests {
  private let profile = ModelProfile(
    name: "p",
    calibration: Calibration(
      signal: "meanLogProbability", steps: 412, problems: 60, knots: [[-1, 0.2], [0, 0.9]]))
  private let measures = StepMeasures(
    tokens: 2, measured: 2, meanLogProbability: -0.5, minLogProbability: -1)

  @Test func `the signal that was fitted is the share of right steps, the others stay`() throws {
    let calibrated = try #require(
      Signal.meanLogProbability.confidence(in: measures, by: profile))
    #expect(abs(calibrated - 0.55) < 1e-6)
    #expect(
      Signal.minProbability.confidence(in: measures, by: profile)
        == Signal.minProbability.confidence(in: measures, by: nil))
    #expect(Signal.meanLogProbability.standing(in: profile) == "calibrated on 412 steps")
    #expect(Signal.minProbability.standing(in: profile) == "uncalibrated")
    #expect(Signal.minProbability.standing(in: nil) == nil)
    #expect(Signal.meanLogProbability.confidence(in: StepMeasures(), by: profile) == nil)
  }
}
