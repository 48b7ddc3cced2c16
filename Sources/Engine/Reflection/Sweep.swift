import Sessions

/// A response whose steps were judged, ready to be held against many thresholds.
///
/// Measured once: what is made of it afterwards costs a few operations a token, so thousands of
/// responses can be swept over.
package struct JudgedResponse: Sendable {
  package let attempt: AttemptID
  /// Attempt-wide indices of the steps that were judged incorrect, rising.
  package let wrongSteps: [Int]
  /// Whether anybody judged the steps at all.
  package let isJudged: Bool
  /// Any token has an entropy.
  package let isMeasured: Bool
  /// The step each token begins in; `nil` past the last closed step.
  private let steps: [Int?]
  /// Bounds by place; NaN where nothing was measured.
  private let lowers: [Float]
  private let uppers: [Float]
  /// What the window is made of, and by place how much of it came before.
  private let recorded: [Double]
  private let recordedBefore: [Int]
  private let response: MeasuredResponse

  /// Places are tokens, thinking first, as in ``TriggerTrace``.
  package init(_ attempt: Attempt, wrongSteps: Set<Int>, isJudged: Bool) {
    self.attempt = attempt.id
    self.wrongSteps = wrongSteps.filter(attempt.steps.indices.contains).sorted()
    self.isJudged = isJudged
    response = MeasuredResponse(attempt)
    steps = Self.steps(of: attempt)
    // Any setting will do: the entropies are the same under all.
    let rule = TriggerRule.fixed(FixedThreshold(entropy: 0))
    let places = response.trace(ReflectionSettings(method: .srgen, rule: rule)).places
    lowers = places.map { $0.entropy?.lower ?? .nan }
    uppers = places.map { $0.entropy?.upper ?? .nan }
    isMeasured = places.contains { $0.entropy.map { !$0.lower.isNaN } == true }
    var recorded: [Double] = []
    var before: [Int] = []
    for (place, entropy) in places.map(\.entropy).enumerated() {
      before.append(recorded.count)
      guard place > 0, let entropy else { continue }
      let middle = (Double(entropy.lower) + Double(entropy.upper)) / 2
      if middle.isFinite { recorded.append(middle) }
    }
    self.recorded = recorded
    recordedBefore = before
  }

  /// Judged by `critique`, or the newest one that says anything; else by a person's marks.
  package init(_ attempt: Attempt, in session: Session, critique: Critique? = nil) {
    let critiques = critique.map { [$0] } ?? session.critiques(of: attempt.id)
    if let critique = critiques.last(where: { $0.hasVerdict }) {
      let wrong = critique.verdicts.filter { $0.value.verdict == .incorrect }.map(\.key)
      self.init(
        attempt, wrongSteps: Set(wrong + [critique.firstError].compactMap(\.self)), isJudged: true)
      return
    }
    let marks = session.marks.filter { $0.key.attempt == attempt.id }
    self.init(
      attempt, wrongSteps: Set(marks.filter { $0.value == .incorrect }.map(\.key.index)),
      isJudged: !marks.isEmpty)
  }

  package var tokenCount: Int { lowers.count }

  private static func steps(of attempt: Attempt) -> [Int?] {
    let thinking = attempt.thinking.count
    var steps = [Int?](repeating: nil, count: attempt.tokenCount)
    for step in attempt.steps {
      let start = step.channel == .thinking ? 0 : thinking
      for index in attempt.tokens(step.channel).indices(startingIn: step.range) {
        steps[start + index] = step.index
      }
    }
    return steps
  }
}

extension Critique {
  /// It judged a step, or named the first error or that there is none.
  fileprivate var hasVerdict: Bool {
    !verdicts.isEmpty || finished.map { $0.firstError != .notSaid } == true
  }
}

// MARK: - Judging

extension JudgedResponse {
  /// Places the loop would reflect at, rising: those of ``TriggerTrace/fired``, without the rest.
  package func fired(_ settings: ReflectionSettings) -> [Int] {
    switch settings.rule {
    case .adaptive(let rule): fired(settings, rule, moments(window: rule.window))
    case .fixed(let rule): fired(settings) { _ in rule.entropy }
    default: response.trace(settings).fired
    }
  }

  fileprivate func fired(
    _ settings: ReflectionSettings, _ rule: AdaptiveThreshold, _ moments: [Moments]
  ) -> [Int] {
    fired(settings) { moments[$0].threshold(rule) }
  }

  private func fired(_ settings: ReflectionSettings, threshold: (Int) -> Double) -> [Int] {
    var fired: [Int] = []
    for place in lowers.indices.dropFirst() where fired.count < settings.maximum {
      let (lower, upper) = (Double(lowers[place]), Double(uppers[place]))
      guard !lower.isNaN, !upper.isNaN else { continue }
      let threshold = threshold(place)
      if lower > threshold {
        fired.append(place)
      } else if upper > threshold {
        let fires =
          switch settings.ambiguity {
          case .fire: true
          case .hold: false
          case .midpoint: (lower + upper) / 2 > threshold
          }
        if fires { fired.append(place) }
      }
    }
    return fired
  }

  /// What a window of entropies comes to, whatever K and floor are.
  fileprivate struct Moments {
    /// NaN until the window is full.
    var mean = Double.nan
    var deviation = 0.0

    /// As ``AdaptiveThreshold/threshold(over:)``.
    func threshold(_ rule: AdaptiveThreshold) -> Double {
      guard !mean.isNaN else { return rule.coldStart }
      return max(mean + rule.k * max(deviation, rule.minimumDeviation), rule.floor)
    }
  }

  /// By place; summed from the oldest on, so that they agree with the loop to the last digit.
  fileprivate func moments(window: Int) -> [Moments] {
    let length = max(window, 1)
    var last = Moments()
    var known = 0
    return recordedBefore.map { end in
      guard end >= length else { return Moments() }
      if end == known { return last }
      known = end
      let values = recorded[(end - length)..<end]
      let count = Double(length)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      last = Moments(mean: mean, deviation: length > 1 ? (squares / (count - 1)).squareRoot() : 0)
      return last
    }
  }

  /// Triggers in tokens before the first wrong step; `nil` where no step is wrong.
  fileprivate func countBeforeFirstError(_ fired: [Int]) -> Int? {
    guard let first = wrongSteps.first, let start = steps.firstIndex(of: first) else { return nil }
    return fired.count { $0 < start }
  }

  /// Wrong steps with a trigger inside.
  fileprivate func caught(_ fired: [Int]) -> Int {
    let seen = Set(fired.compactMap { steps[$0] })
    return wrongSteps.count { seen.contains($0) }
  }
}

// MARK: - Sweeping

/// What one number of a rule would do to triggers, judged over responses as they stand.
///
/// No model is called: what would have been written after another decision is not known.
package enum ThresholdSweep {
  package enum Parameter: String, CaseIterable, Codable, Sendable {
    /// Of the adaptive rule.
    case k, window, floor
    /// Of the fixed rule, or of the quadrant rule where that is in force.
    case entropy

    package var isWhole: Bool { self == .window }
  }

  /// What a value comes to over all responses.
  package struct Row: Equatable, Codable, Sendable {
    package var value: Double
    package var triggers = 0
    /// Against the base: places that fire now and did not, and the other way round.
    package var gained = 0
    package var lost = 0
    /// In responses with a wrong step; `nil` where there is none such.
    package var beforeFirstError: Int?
    /// Wrong steps with a trigger inside, and all of them.
    package var wrongStepsCaught = 0
    package var wrongSteps = 0
    /// Responses with a trigger, those with entropies at all, and their tokens.
    package var triggered = 0
    package var attempts = 0
    package var tokens = 0

    package init(value: Double) { self.value = value }

    /// Of the tokens that were looked at.
    package var share: Double? { tokens > 0 ? Double(triggers) / Double(tokens) : nil }
  }

  /// A row for each value, in their order; a response without entropies counts nowhere.
  ///
  /// `thresholds` gives the other numbers of the adaptive rule where the base has another rule.
  package static func rows(
    over responses: [JudgedResponse], base: ReflectionSettings, parameter: Parameter,
    values: [Double], thresholds: AdaptiveThreshold = .published
  ) -> [Row] {
    let settings = values.map {
      base.with(parameter, $0, thresholds: base.thresholds ?? thresholds)
    }
    var rows = values.map { Row(value: $0) }
    for response in responses where response.isMeasured {
      let before = Set(response.fired(base))
      var moments: (window: Int, all: [JudgedResponse.Moments])?
      for index in rows.indices {
        let fired: [Int]
        if let rule = settings[index].thresholds {
          if moments?.window != rule.window {
            moments = (rule.window, response.moments(window: rule.window))
          }
          fired = response.fired(settings[index], rule, moments?.all ?? [])
        } else {
          fired = response.fired(settings[index])
        }
        rows[index].add(fired, before: before, in: response)
      }
    }
    return rows
  }

  /// Values worth looking at, rising, with `present` among them.
  package static func values(of parameter: Parameter, around present: Double) -> [Double] {
    let usual: [Double] =
      switch parameter {
      case .k: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8]
      case .window: [5, 10, 15, 20, 25, 30, 40, 50, 75, 100]
      case .floor, .entropy:
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 1.8, 2, 2.5, 3]
      }
    guard present.isFinite, !usual.contains(present) else { return usual }
    return (usual + [present]).sorted()
  }
}

extension ThresholdSweep.Row {
  fileprivate mutating func add(_ fired: [Int], before: Set<Int>, in response: JudgedResponse) {
    attempts += 1
    tokens += response.tokenCount
    triggers += fired.count
    triggered += fired.isEmpty ? 0 : 1
    let kept = fired.count(where: before.contains)
    gained += fired.count - kept
    lost += before.count - kept
    wrongSteps += response.wrongSteps.count
    wrongStepsCaught += response.caught(fired)
    if let count = response.countBeforeFirstError(fired) {
      beforeFirstError = (beforeFirstError ?? 0) + count
    }
  }
}

extension ReflectionSettings {
  /// Those of the adaptive rule, where that is in force.
  package var thresholds: AdaptiveThreshold? {
    if case .adaptive(let rule) = rule { rule } else { nil }
  }

  /// The same with one number moved, and the rule that has that number.
  package func with(
    _ parameter: ThresholdSweep.Parameter, _ value: Double, thresholds: AdaptiveThreshold
  ) -> ReflectionSettings {
    var settings = self
    var moved = thresholds
    switch parameter {
    case .k: moved.k = value
    case .window: moved.window = Int(min(max(value.isNaN ? 1 : value, 1), 1_000_000))
    case .floor: moved.floor = value
    case .entropy:
      if case .quadrant(var quadrant) = rule {
        quadrant.entropy = value
        settings.rule = .quadrant(quadrant)
      } else {
        settings.rule = .fixed(FixedThreshold(entropy: value))
      }
      return settings
    }
    settings.rule = .adaptive(moved)
    return settings
  }
}
