import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct JudgedAttemptTests {
  private static let rules: [TriggerRule] = [
    .adaptive(AdaptiveThreshold(window: 6, k: 1, minimumDeviation: 0.1, floor: 0.4, coldStart: 1)),
    .fixed(FixedThreshold(entropy: 0.8)),
    .quadrant(VarentropyQuadrant(entropy: 0.5, varentropy: 0.2)),
    .lowestWindow(LowestWindow(length: 4, logProbability: -0.8)),
    .momentum(StepMomentum(decay: 0.9, ratio: 0.9)), .places(RandomPlaces(share: 0.2, seed: 3)),
    .growing(GrowingBudgets(first: 4, factor: 1.5)), .period(StepPeriod(steps: 2)),
  ]

  private static func tokens(_ random: inout Seeded) -> [(String, Double?)] {
    (0..<(1 + random.below(7))).map { index in
      (" w\(index)", random.below(9) == 0 ? nil : Double(random.below(99) + 1) / 100)
    }
  }

  /// Places and what they come to must not depend on the pieces the tokens came in.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func `places are those of the engine's trace, however the tokens came`(seed: UInt64) throws {
    var random = Seeded(seed)
    let rule = Self.rules[random.below(Self.rules.count)]
    // The trace never sees the last step of the thinking close; the loop does.
    let thinking = [.adaptive, .fixed, .lowestWindow].contains(rule.name) ? 2 : 0
    var scene = Scene()
    scene.begin("a1")
    for step in 0..<8 {
      let channel: Channel = step < thinking ? .thinking : .answer
      scene.step("a1", Self.tokens(&random), channel: channel, closing: false)
      scene.step("a1", Self.tokens(&random), channel: channel)
    }
    let header = scene.session.header
    var settings = ReflectionSettings(method: .srgen, rule: rule)
    settings.maximum = [0, 2, 100][random.below(3)]
    settings.ambiguity = AmbiguityPolicy.allCases[random.below(3)]
    let periods = [JudgedPlaces.Period(from: 0, settings: settings)]
    var session = Session(header: header)
    var watch = JudgedAttempt()
    for record in scene.allRecords {
      session.apply(record)
      guard let attempt = session.attempts.first, random.below(3) > 0 else { continue }
      watch.update(attempt, drawn: periods, present: .profile)
    }
    let attempt = try #require(session.attempts.first)
    watch.update(attempt, drawn: periods, present: .profile)
    for (judged, settings) in [(watch.drawn, settings), (watch.present, .profile)] {
      let trace = MeasuredResponse(attempt).trace(settings)
      let fired = judged.places.indices.filter { judged.places[$0].fires }
      #expect(fired == trace.fired, "seed \(seed) \(settings.rule.name)")
      #expect(judged.places.count == attempt.tokenCount)
      #expect(
        judged.places.map(\.isAmbiguous)
          == trace.places.map { $0.answer == .ambiguous && !$0.fires }, "seed \(seed)")
    }
  }

  @Test func `withdrawn tokens are forgotten`() throws {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", [("a", 0.1), ("b", 2), ("c", 2)], closing: false)
    var session = scene.session
    var watch = JudgedAttempt()
    let periods = [JudgedPlaces.Period(from: 0, settings: ReflectionSettings.profile)]
    watch.update(try #require(session.attempts.first), drawn: periods, present: .profile)
    #expect(watch.drawn.places.map(\.fires) == [false, true, true])
    session.apply(Record(n: 50, t: 1, event: .rewound(attempt: AttemptID("a1"), toSerial: 1)))
    var table = TokenTable()
    for value in [0, 0.1, 3] as [Float] {
      table.append(
        Token(
          bytes: [0x62], logProbability: -1, entropy: EntropyBounds(lower: value, upper: value),
          temperedEntropy: value))
    }
    session.apply(
      Record(
        n: 51, t: 1,
        event: .tokens(
          TokensArrived(
            attempt: AttemptID("a1"), channel: .answer, firstSerial: 3, table: table))))
    watch.update(try #require(session.attempts.first), drawn: periods, present: .profile)
    #expect(watch.drawn.places.map(\.fires) == [false, false, false, true])
  }

  @Test func `a change counts from the place it was made at`() throws {
    var scene = Scene()
    scene.begin("a1")
    scene.thought("a1", [("a", 0.1), ("b", 0.95), ("c", 0.95), ("d", 0.95)])
    var tuned = ReflectionSettings.profile
    tuned.rule = .fixed(FixedThreshold(entropy: 2))
    scene.add(
      .reflectionTuned(
        ReflectionTuned(attempt: AttemptID("a1"), position: 2, settings: tuned)))
    let state = scene.state(120, 36)
    let watch = state.watch(of: try #require(state.reading?.attempt))
    #expect(watch.drawn.places.map(\.fires) == [false, true, false, false])
    #expect(watch.drawn.standing?.threshold == 2)
  }

  @Test func `what would fire is shown at once when the setting changes`() throws {
    var state = Scene.reflected.state(120, 36)
    func ghosts(_ state: State) -> Int {
      view(state).rows[3].count { $0.base == "○" }
    }
    #expect(ghosts(state) == 1 - 1)
    _ = state.press([.character(":")])
    state.type("set floor 0.1")
    _ = state.press([.enter])
    _ = state.press([.character(":")])
    state.type("set k 0")
    _ = state.press([.enter])
    #expect(ghosts(state) > 2)
  }
}
