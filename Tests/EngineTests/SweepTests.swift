import Sessions
import Testing

@testable import Engine

@Suite struct SweepTests {
  private static let id = AttemptID("a1")

  /// One token a letter, a step every four tokens, in the answer.
  private func session(
    _ entropies: [EntropyBounds?], events: [Event] = []
  ) -> Session {
    var table = TokenTable()
    for entropy in entropies {
      table.append(Token(bytes: [0x61], logProbability: -0.1, entropy: entropy))
    }
    let model = ModelDescription(
      model: "m", dialect: "scripted", capabilities: Capabilities(logProbabilities: true))
    var all: [Event] = [
      .attemptStarted(
        AttemptStarted(
          attempt: Self.id, segmenter: 1,
          call: Call(model: model, messages: [], parameters: SamplingParameters(temperature: 1)))),
      .tokens(TokensArrived(attempt: Self.id, channel: .answer, firstSerial: 0, table: table)),
    ]
    for start in stride(from: 0, to: entropies.count, by: 4) {
      all.append(
        .stepClosed(
          StepClosed(
            attempt: Self.id, index: start / 4, channel: .answer, start: start,
            end: min(start + 4, entropies.count), segmenter: 1, measures: StepMeasures())))
    }
    let header = Header(
      program: "test", session: "s", created: 0, problem: Problem(id: "p", text: "?"))
    return Session(
      header: header,
      replaying: (all + events).enumerated().map { Record(n: $0, t: 0, event: $1) })
  }

  private func exact(_ values: [Float]) -> [EntropyBounds?] {
    values.map { EntropyBounds(lower: $0, upper: $0) }
  }

  private func response(_ session: Session) throws -> JudgedResponse {
    JudgedResponse(try #require(session.attempt(Self.id)), in: session)
  }

  private let adaptive = ReflectionSettings(
    method: .srgen,
    rule: .adaptive(
      AdaptiveThreshold(window: 3, k: 1, minimumDeviation: 0.1, floor: 0.5, coldStart: 1)))

  @Test func `a sweep counts what is gained and lost against the settings in force`() throws {
    // Never tested: the first token. In force, a fixed threshold of 0.5: places 2 and 5.
    let session = session(exact([9, 0.1, 0.6, 0.2, 0.25, 0.9, 0.4, 0.45]))
    let base = ReflectionSettings(
      method: .srgen, rule: .fixed(FixedThreshold(entropy: 0.5)))
    let rows = ThresholdSweep.rows(
      over: [try response(session)], base: base, parameter: .entropy, values: [0.3, 0.5, 0.7])
    #expect(rows.map(\.triggers) == [4, 2, 1])
    #expect(rows.map(\.gained) == [2, 0, 0])
    #expect(rows.map(\.lost) == [0, 0, 1])
    #expect(rows.map(\.beforeFirstError) == [nil, nil, nil])
    #expect(rows[0].share == 0.5)
  }

  @Test func `a wrong step is caught by a trigger inside it and by no other`() throws {
    // Steps of four tokens; the second and third are wrong.
    let entropies = exact([0, 1, 0, 0, 0, 0, 0.4, 0, 2, 0, 0, 0])
    let critique = CritiqueID("c1")
    let call = Call(
      model: ModelDescription(model: "c", dialect: "scripted", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters())
    let session = session(
      entropies,
      events: [
        .critiqueStarted(
          CritiqueStarted(critique: critique, attempt: Self.id, steps: [0, 1, 2], call: call)),
        .verdict(VerdictGiven(critique: critique, step: 2, verdict: .incorrect, reason: "")),
        .critiqueFinished(
          CritiqueFinished(critique: critique, reason: .stop, firstError: .step(1), format: "json")),
      ])
    let judged = try response(session)
    #expect(judged.wrongSteps == [1, 2])
    let rows = ThresholdSweep.rows(
      over: [judged], base: adaptive, parameter: .entropy, values: [0.3, 0.5, 1.5, 3])
    #expect(rows.map(\.wrongStepsCaught) == [2, 1, 1, 0])
    #expect(rows.map(\.beforeFirstError) == [1, 1, 0, 0])
    #expect(rows.allSatisfy { $0.wrongSteps == 2 && $0.attempts == 1 })
  }

  @Test func `a person's marks stand in where no critic judged`() throws {
    let mark = Marked(
      step: StepID(attempt: Self.id, index: 1), verdict: .incorrect, annotator: "me", wall: 0,
      channel: .answer, start: 4, end: 8)
    let judged = try response(
      session(exact([0, 0, 0, 0, 1, 0, 0, 0]), events: [.marked(mark)]))
    #expect(judged.wrongSteps == [1])
    #expect(judged.isJudged)
    #expect(try !response(session(exact([0, 1]))).isJudged)
  }

  @Test func `a response without entropies counts nowhere`() throws {
    let judged = try response(session([nil, nil, nil]))
    #expect(!judged.isMeasured)
    let rows = ThresholdSweep.rows(
      over: [judged], base: adaptive, parameter: .k, values: [0, 1])
    #expect(rows == [0, 1].map { ThresholdSweep.Row(value: $0) })
    #expect(rows[0].share == nil)
  }

  @Test func `the present value is among those that are looked at`() {
    for parameter in ThresholdSweep.Parameter.allCases {
      for present in [0.58, 25, 1.8, .nan, -.infinity] {
        let values = ThresholdSweep.values(of: parameter, around: present)
        #expect(!present.isFinite || values.contains(present))
        #expect(values == values.sorted())
      }
    }
  }

  @Test func `hostile numbers are swept over without a trap`() throws {
    let judged = try response(
      session([
        EntropyBounds(lower: .nan, upper: .nan), EntropyBounds(lower: -.infinity, upper: .infinity),
        EntropyBounds(lower: 0, upper: .infinity), EntropyBounds(lower: 5, upper: 1), nil,
        EntropyBounds(lower: .greatestFiniteMagnitude, upper: .greatestFiniteMagnitude),
      ]))
    for parameter in ThresholdSweep.Parameter.allCases {
      let rows = ThresholdSweep.rows(
        over: [judged], base: adaptive, parameter: parameter,
        values: [.nan, -.infinity, .infinity, 1e300, -1, 0, 1])
      #expect(rows.count == 7)
    }
  }

  /// The short way round the loop must come to just what the loop itself says.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func `places are those of the trace`(seed: UInt64) throws {
    var random = Seeded(seed)
    let entropies: [EntropyBounds?] = (0..<Int.random(in: 0...120, using: &random)).map { _ in
      switch Int.random(in: 0..<10, using: &random) {
      case 0: return nil
      case 1: return EntropyBounds(lower: 0, upper: 0)
      case 2:
        let lower = Float.random(in: 0...3, using: &random)
        return EntropyBounds(
          lower: lower,
          upper: Bool.random(using: &random)
            ? .infinity : lower + .random(in: 0...2, using: &random))
      default:
        let value = Float.random(in: 0...3, using: &random)
        return EntropyBounds(lower: value, upper: value)
      }
    }
    let attempt = try #require(session(entropies).attempt(Self.id))
    let judged = JudgedResponse(attempt, wrongSteps: [], isJudged: false)
    for parameter in ThresholdSweep.Parameter.allCases {
      var base = adaptive
      base.ambiguity = AmbiguityPolicy.allCases.randomElement(using: &random) ?? .fire
      base.maximum = [0, 1, 5, 1000].randomElement(using: &random) ?? 20
      let value =
        parameter == .window
        ? Double(Int.random(in: 0...40, using: &random)) : .random(in: 0...3, using: &random)
      let settings = base.with(parameter, value, thresholds: base.thresholds ?? .published)
      #expect(
        judged.fired(settings) == MeasuredResponse(attempt).trace(settings).fired,
        "seed \(seed) \(parameter) \(value)")
    }
  }

  /// Prints how long it takes; says nothing of how long it may.
  @Test func `hundreds of responses are swept over in one go`() throws {
    var random = Seeded(7)
    let entropies = exact((0..<200).map { _ in Float.random(in: 0...1, using: &random) })
    let judged = try response(session(entropies))
    let responses = [JudgedResponse](repeating: judged, count: 200)
    for parameter in ThresholdSweep.Parameter.allCases {
      let values = ThresholdSweep.values(of: parameter, around: 0.58)
      let time = ContinuousClock().measure {
        let rows = ThresholdSweep.rows(
          over: responses, base: adaptive, parameter: parameter, values: values)
        #expect(rows.allSatisfy { $0.attempts == 200 })
      }
      print("\(values.count) values of \(parameter) over 200 responses of 200 tokens: \(time)")
    }
  }
}
