/// What was found out about a model beforehand, and recorded with it so that a replay shows the
/// same.
package struct ModelProfile: Codable, Equatable, Sendable {
  package var name: String
  /// The prompt set the model was made for: a known one, or a folder of a person's own.
  package var prompts: String?
  package var calibration: Calibration?
  package var reflection: ReflectionThresholds?
  /// What its verdicts were found to be worth; unknown to journals before 1.4.
  package var critic: CriticStanding?

  package init(
    name: String, prompts: String? = nil, calibration: Calibration? = nil,
    reflection: ReflectionThresholds? = nil, critic: CriticStanding? = nil
  ) {
    self.name = name
    self.prompts = prompts
    self.calibration = calibration
    self.reflection = reflection
    self.critic = critic
  }
}

/// How a critic did on chains that a person had labelled.
package struct CriticStanding: Codable, Equatable, Sendable {
  /// ProcessBench's: the harmonic mean of the accuracies on wrong and on right chains, 0 to 1.
  package var f1: Double
  /// Chains with a wrong step, and without one.
  package var wrongChains: Int
  package var rightChains: Int
  /// Cohen's, over single steps; `nil` where it is not defined.
  package var kappa: Double?

  package init(f1: Double, wrongChains: Int, rightChains: Int, kappa: Double? = nil) {
    self.f1 = f1
    self.wrongChains = wrongChains
    self.rightChains = rightChains
    self.kappa = kappa
  }

  /// All of them; a journal made by others may say anything.
  package var chains: Int {
    let (sum, isTooMany) = max(0, wrongChains).addingReportingOverflow(max(0, rightChains))
    return isTooMany ? .max : sum
  }
}

/// How often steps with such a value of one signal were right, fitted to labelled steps.
package struct Calibration: Codable, Equatable, Sendable {
  /// The signal's name, such as `meanLogProbability`; the others stay uncalibrated.
  package var signal: String
  /// Labelled steps it was fitted to, and the problems they come from.
  package var steps: Int
  package var problems: Int
  /// Pairs of signal value and share of right steps, both non-decreasing.
  package var knots: [[Double]]

  package init(signal: String, steps: Int, problems: Int, knots: [[Double]]) {
    self.signal = signal
    self.steps = steps
    self.problems = problems
    self.knots = knots
  }

  /// The probability that a step with this value is right.
  ///
  /// Linear between knots, and that of the nearest knot beyond them: nothing was seen there.
  /// `nil` when there is no knot, or one is no pair.
  package func probability(at value: Double) -> Double? {
    guard knots.allSatisfy({ $0.count == 2 }), let first = knots.first, let last = knots.last,
      !value.isNaN
    else { return nil }
    if value <= first[0] { return first[1] }
    if value >= last[0] { return last[1] }
    guard let above = knots.firstIndex(where: { $0[0] > value }), above > 0 else { return last[1] }
    let (left, right) = (knots[above - 1], knots[above])
    let share = (value - left[0]) / (right[0] - left[0])
    return left[1] + share * (right[1] - left[1])
  }
}

/// When a token counts as uncertain enough to decide it again; entropies in nats.
///
/// A token triggers where its entropy is above `floor` and above the mean of the last `window`
/// tokens by more than `k` of their standard deviations, which count as `minimumDeviation` at
/// least. Until the window is full `coldStart` alone is the threshold.
package struct ReflectionThresholds: Codable, Equatable, Sendable {
  package var window: Int
  package var k: Double
  package var minimumDeviation: Double
  package var floor: Double
  package var coldStart: Double
  /// Share of tokens that trigger, as it was measured.
  package var share: Double

  package init(
    window: Int, k: Double, minimumDeviation: Double, floor: Double, coldStart: Double,
    share: Double
  ) {
    self.window = window
    self.k = k
    self.minimumDeviation = minimumDeviation
    self.floor = floor
    self.coldStart = coldStart
    self.share = share
  }
}
