import Sessions
import Testing

@testable import Engine

@Suite struct ArithmeticTests {
  @Test(arguments: [
    ("Step 1: 3 * 6 = 18.", true), ("3 * 6 = 20", false), ("so 3 * 6 + 2 = 20 left", true),
    ("(3 + 4) * 2 = 14", true), ("3 + 4 * 2 = 14", false), ("10 / 4 = 2.5", true),
    ("10 / 3 = 3.33", true), ("10 / 3 = 3.3", true), ("10 / 3 = 3.4", false),
    ("3 * 6 = 18 = 9 * 2", true), ("1,200 + 1 = 1,201", true), ("$5 + $6 = $11", true),
    ("-4 + 6 = 2", true), ("7 × 8 = 56", true), ("2 · 3 = 6, then 4 - 1 = 2", false),
  ])
  func `an equation holds or does not`(text: String, holds: Bool) {
    #expect(Arithmetic.holds(in: text) == holds, "\(text)")
  }

  @Test(arguments: [
    "no sum here", "x = 4", "50% = 1/2", "1 / 0 = 3", "(3 + 4 = 7", "3 ++ 4 = 7", "= 7", "",
    "3 = ", "1 2 = 3 (",
  ])
  func `what is no plain sum is not judged`(text: String) {
    #expect(Arithmetic.holds(in: text) == nil || text == "1 2 = 3 (", "\(text)")
  }

  @Test func `brackets and signs without end are no reason to fall over`() {
    for text in [String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000)] {
      #expect(Arithmetic.value(of: text[...]) == nil)
      #expect(Arithmetic.holds(in: text + "1 = 1") == nil)
    }
  }
}

@Suite struct EntropySurveyTests {
  /// A response of steps of four tokens, whose entropies are given.
  private func attempt(
    _ entropies: [Float?], name: String = "a1", bounds: Float = 0, steps: [String] = []
  ) -> Attempt {
    let id = AttemptID(name)
    var table = TokenTable()
    var events: [Event] = []
    var end = 0
    let model = ModelDescription(
      model: "m", dialect: "scripted", capabilities: Capabilities(logProbabilities: true))
    events.append(
      .attemptStarted(
        AttemptStarted(
          attempt: id, segmenter: 1,
          call: Call(
            model: model, messages: [],
            parameters: SamplingParameters(temperature: bounds == 0 ? 0.7 : 1)))))
    let texts = steps.isEmpty ? entropies.map { _ in "t" } : steps
    for (entropy, text) in zip(entropies, texts) {
      table.append(
        Token(
          bytes: Array(text.utf8), logProbability: -0.1,
          entropy: entropy.map { EntropyBounds(lower: $0, upper: $0 + bounds) },
          temperedEntropy: bounds == 0 ? entropy : nil))
    }
    events.append(
      .tokens(TokensArrived(attempt: id, channel: .answer, firstSerial: 0, table: table)))
    for (index, text) in steps.enumerated() {
      events.append(
        .stepClosed(
          StepClosed(
            attempt: id, index: index, channel: .answer, start: end,
            end: end + text.utf8.count, segmenter: 1, measures: StepMeasures())))
      end += text.utf8.count
    }
    let header = Header(
      program: "t", session: "s", created: 0, problem: Problem(id: "p", text: "?"))
    let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
    return Session(header: header, replaying: records).attempts[0]
  }

  @Test func `what is proposed fires as often as was wanted`() throws {
    var random = SplitMix(seed: 4)
    let attempts = (0..<20).map { _ in
      attempt(
        (0..<100).map { _ in
          let draw = Double(random.next() >> 11) * 0x1p-53
          return Float(draw < 0.9 ? draw * 0.1 : (draw - 0.9) * 30)
        })
    }
    for wanted in [0.01, 0.02, 0.03] {
      let survey = try #require(
        EntropySurvey(attempts.map { ($0, nil) }, wanted: wanted))
      #expect(abs(survey.proposed.fires - wanted) < 0.003, "\(survey.proposed)")
      #expect(survey.isExact && survey.measured == 2000 && survey.proposed.ambiguous == 0)
      #expect(survey.proposed.thresholds.k == 4 && survey.proposed.thresholds.window == 25)
      #expect(survey.proposed.thresholds.coldStart == survey.proposed.thresholds.floor)
      #expect(survey.thresholds.threshold == survey.proposed.thresholds)
      #expect(survey.published.fires > 0 && survey.published.thresholds == .published)
      #expect(survey.quantiles.map(\.share) == EntropySurvey.shares)
      #expect(survey.quantiles.allSatisfy { $0.lower == $0.upper })
    }
  }

  @Test func `bounds are told as what fires and what may`() throws {
    let survey = try #require(
      EntropySurvey(
        [(attempt([0, 0.1, 5, 0.1, 2, 0.1], bounds: 2), nil)], wanted: 0.2))
    #expect(!survey.isExact)
    // Cold start 3: one is above for certain, one may be.
    #expect(survey.published.fires == 1.0 / 6)
    #expect(abs(survey.published.ambiguous - 1.0 / 6) < 1e-12)
    #expect(abs(survey.quantiles[0].upper - survey.quantiles[0].lower - 2) < 1e-6)
  }

  @Test func `triggers are counted up to the first sum that does not hold`() throws {
    let steps = ["1 + 1 = 2\n", "2 + 2 = 5\n", "5 + 1 = 6\n", "Answer: 6"]
    let survey = try #require(
      EntropySurvey(
        [
          (attempt([0, 4, 4, 4], steps: steps), false),
          (attempt([0, 0, 4, 0], steps: steps), false),
          (attempt([0, 4, 0, 0], steps: ["1 + 1 = 2\n", "x", "y", "z"]), true),
          (attempt([0, 4, 0, 0]), nil),
        ], wanted: 0.1))
    let wrong = survey.published.wrong
    #expect(wrong.responses == 2 && wrong.triggers == 4 && wrong.withWrongSum == 2)
    #expect(wrong.triggersThere == 4 && wrong.triggersUpToIt == 1 && wrong.caught == 1)
    #expect(survey.published.right.responses == 1 && survey.published.right.triggers == 1)
    #expect(survey.published.right.withWrongSum == 0)
  }

  @Test func `without entropies there is no survey`() {
    #expect(EntropySurvey([], wanted: 0.02) == nil)
    #expect(EntropySurvey([(attempt([nil, nil]), true)], wanted: 0.02) == nil)
    #expect(EntropySurvey([(attempt([.nan, .nan]), true)], wanted: 0.02) == nil)
  }

  @Test func `a model that is always certain gets thresholds that never fire`() throws {
    let survey = try #require(
      EntropySurvey([(attempt([Float?](repeating: 0, count: 50)), nil)], wanted: 0.02))
    #expect(survey.proposed.fires == 0 && survey.proposed.thresholds.floor == 0)
  }
}
