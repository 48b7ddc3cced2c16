import Sessions

/// What a model's entropies say of where its thresholds belong.
package struct EntropySurvey: Codable, Equatable, Sendable {
  /// A value that so large a share of the tokens does not exceed.
  package struct Quantile: Codable, Equatable, Sendable {
    package var share: Double
    package var lower: Double
    package var upper: Double
  }

  /// Share of the tokens at which a rule fires; `upper` counts those where it might.
  package struct Triggers: Codable, Equatable, Sendable {
    package var thresholds: AdaptiveThreshold
    package var fires: Double
    /// The threshold lies between the bounds of the entropy.
    package var ambiguous: Double
    package var right: Outcome
    package var wrong: Outcome
  }

  /// Triggers in the responses whose answer was right, or in those where it was wrong.
  package struct Outcome: Codable, Equatable, Sendable {
    package var responses = 0
    package var triggers = 0
    /// Of responses with a sum that does not hold: triggers in or before the step of the first.
    package var withWrongSum = 0
    package var triggersThere = 0
    package var triggersUpToIt = 0
    /// Responses of these with a trigger in or before that step.
    package var caught = 0
  }

  package var responses: Int
  package var tokens: Int
  package var measured: Int
  /// Whether every entropy is known exactly, rather than within bounds.
  package var isExact: Bool
  package var temperature: Double
  package var quantiles: [Quantile]
  package var published: Triggers
  package var proposed: Triggers

  /// The shares of tokens whose entropies are told.
  package static let shares = [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]

  /// - Parameters:
  ///   - attempts: `isCorrect` is `nil` where there is no reference answer.
  ///   - wanted: share of tokens that are to trigger.
  ///   - base: gives K and the window, which are kept.
  /// - Returns: `nil` where no token has an entropy.
  package init?(
    _ attempts: [(attempt: Attempt, isCorrect: Bool?)], wanted: Double,
    base: AdaptiveThreshold = .published
  ) {
    let surveyed = attempts.map { SurveyedResponse($0.attempt, isCorrect: $0.isCorrect) }
    let bounds = surveyed.flatMap(\.entropies)
    guard !bounds.isEmpty else { return nil }
    responses = surveyed.count
    tokens = surveyed.reduce(0) { $0 + $1.judged.tokenCount }
    measured = bounds.count
    isExact = bounds.allSatisfy(\.isExact)
    temperature = attempts.first?.attempt.started.call.parameters.temperature ?? 1
    let lowers = bounds.map { Double($0.lower) }.sorted()
    let uppers = bounds.map { Double($0.upper) }.sorted()
    quantiles = Self.shares.map { share in
      Quantile(
        share: share, lower: Statistics.quantile(share, of: lowers) ?? .nan,
        upper: Statistics.quantile(share, of: uppers) ?? .nan)
    }
    let middles = bounds.map { (Double($0.lower) + Double($0.upper)) / 2 }.sorted()
    let found = Self.propose(wanted, base, middles, surveyed)
    published = Self.triggers(of: .published, in: surveyed)
    proposed = Self.triggers(of: found, in: surveyed)
  }

  /// The profile's table of it.
  package var thresholds: ReflectionThresholds {
    let rule = proposed.thresholds
    return ReflectionThresholds(
      window: rule.window, k: rule.k, minimumDeviation: rule.minimumDeviation, floor: rule.floor,
      coldStart: rule.coldStart, share: proposed.fires + proposed.ambiguous / 2)
  }

  /// The highest floor at which at least the wanted share of tokens triggers.
  ///
  /// The deviation counts as so much at least that in a calm stretch, where it is next to nothing,
  /// the moving threshold meets the floor; in a restless stretch it rises above it. Until the window
  /// is full the floor is the threshold.
  private static func propose(
    _ wanted: Double, _ base: AdaptiveThreshold, _ sorted: [Double],
    _ responses: [SurveyedResponse]
  ) -> AdaptiveThreshold {
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    func rule(above share: Double) -> AdaptiveThreshold {
      let floor = rounded(Statistics.quantile(1 - share, of: sorted) ?? 0, 3)
      var rule = base
      rule.floor = floor
      rule.coldStart = floor
      rule.minimumDeviation = base.k > 0 ? rounded(max(floor - mean, 0) / base.k, 4) : 0
      return rule
    }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<24 {
      let middle = (low + high) / 2
      if share(of: rule(above: middle), .midpoint, in: responses) < wanted {
        low = middle
      } else {
        high = middle
      }
    }
    return rule(above: high)
  }

  private static func rounded(_ value: Double, _ places: Int) -> Double {
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    return (value * scale).rounded() / scale
  }

  private static func settings(
    _ rule: AdaptiveThreshold, _ policy: AmbiguityPolicy
  ) -> ReflectionSettings {
    var settings = ReflectionSettings(method: .srgen, rule: .adaptive(rule))
    settings.ambiguity = policy
    // What is counted is where the rule fires, not where a response has had enough.
    settings.maximum = .max
    return settings
  }

  private static func share(
    of rule: AdaptiveThreshold, _ policy: AmbiguityPolicy, in responses: [SurveyedResponse]
  ) -> Double {
    let settings = settings(rule, policy)
    let tokens = responses.reduce(0) { $0 + $1.judged.tokenCount }
    let fired = responses.reduce(0) { $0 + $1.judged.fired(settings).count }
    return tokens > 0 ? Double(fired) / Double(tokens) : 0
  }

  private static func triggers(
    of rule: AdaptiveThreshold, in responses: [SurveyedResponse]
  ) -> Triggers {
    let fires = share(of: rule, .hold, in: responses)
    var (right, wrong) = (Outcome(), Outcome())
    for response in responses {
      let fired = response.judged.fired(settings(rule, .midpoint))
      switch response.isCorrect {
      case true?: right.take(fired, in: response)
      case false?: wrong.take(fired, in: response)
      case nil: break
      }
    }
    return Triggers(
      thresholds: rule, fires: fires,
      ambiguous: share(of: rule, .fire, in: responses) - fires, right: right, wrong: wrong)
  }
}

extension EntropySurvey.Outcome {
  fileprivate mutating func take(_ fired: [Int], in response: SurveyedResponse) {
    responses += 1
    triggers += fired.count
    guard let end = response.endOfFirstWrongSum else { return }
    withWrongSum += 1
    triggersThere += fired.count
    let before = fired.count { $0 < end }
    triggersUpToIt += before
    caught += before > 0 ? 1 : 0
  }
}

/// A response with what is asked of it again and again.
private struct SurveyedResponse {
  let judged: JudgedResponse
  let entropies: [EntropyBounds]
  let isCorrect: Bool?
  /// The place after the first step with a wrong sum.
  let endOfFirstWrongSum: Int?

  init(_ attempt: Attempt, isCorrect: Bool?) {
    self.isCorrect = isCorrect
    let wrong = attempt.wrongSums
    judged = JudgedResponse(attempt, wrongSteps: Set(wrong), isJudged: false)
    let rule = TriggerRule.fixed(FixedThreshold(entropy: 0))
    entropies = MeasuredResponse(attempt).trace(ReflectionSettings(method: .srgen, rule: rule))
      .places.compactMap(\.entropy).filter { !$0.lower.isNaN && !$0.upper.isNaN }
    endOfFirstWrongSum = wrong.first.flatMap { index in
      attempt.steps.first { $0.index == index }.map { step in
        attempt.thinking.count + attempt.written.indices(startingIn: step.range).upperBound
      }
    }
  }
}
