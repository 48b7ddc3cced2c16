import Sessions

/// How far a number can be trusted to tell right steps from wrong ones.
package struct CalibrationMeasures: Codable, Equatable, Sendable {
  package var count: Int
  package var right: Int
  package var wrong: Int
  package var problems: Int
  /// Units left out because their number is none.
  package var unusable: Int
  /// Share of wrong units: what AUPRC is without any skill.
  package var baseRate: Double
  package var auroc: Estimate?
  package var auprc: Estimate?
  package var equalWidthError: Estimate?
  package var equalMassError: Estimate?
  package var brier: Estimate?
  /// Brier of saying the share of right units every time.
  package var brierOfBaseRate: Double
  package var riskCoverageArea: Estimate?
  /// The area where every wrong unit is less sure than every right one.
  package var bestRiskCoverageArea: Double
  package var equalWidthBins: [ReliabilityBin]
  package var equalMassBins: [ReliabilityBin]
  package var riskCoverage: [ScoredSet.RiskPoint]

  /// - Throws: ``CalibrationRefusal`` for too few units or one kind only.
  package init(
    _ set: ScoredSet, bootstrap: Bootstrap = Bootstrap()
  ) throws(CalibrationRefusal) {
    if let refusal = set.refusal { throw refusal }
    count = set.units.count
    right = set.right
    wrong = set.wrong
    problems = set.problems.count
    unusable = set.unusable
    let share = Double(set.right) / Double(set.units.count)
    baseRate = 1 - share
    brierOfBaseRate = share * (1 - share)
    let estimates = set.estimates(of: ScoredSet.all, bootstrap: bootstrap)
    auroc = estimates[0]
    auprc = estimates[1]
    equalWidthError = estimates[2]
    equalMassError = estimates[3]
    brier = estimates[4]
    riskCoverageArea = estimates[5]
    bestRiskCoverageArea =
      (1...set.units.count).reduce(0.0) { sum, kept in
        sum + Double(max(0, kept - set.right)) / Double(kept)
      } / Double(set.units.count)
    equalWidthBins = set.bins(.equalWidth)
    equalMassBins = set.bins(.equalMass)
    riskCoverage = set.riskCoverage()
  }
}

extension ScoredSet {
  typealias Measure = @Sendable (ScoredSet, [Int]) -> Double?

  static let all: [Measure] = [
    { $0.auroc(weights: $1) }, { $0.auprc(weights: $1) },
    { $0.expectedCalibrationError(.equalWidth, weights: $1) },
    { $0.expectedCalibrationError(.equalMass, weights: $1) },
    { $0.brier(weights: $1) }, { $0.riskCoverageArea(weights: $1) },
  ]

  /// Each measure with its percentile interval, all on the same draws of problems.
  ///
  /// A draw on which a measure is not defined (one kind only) is left out of its interval; where
  /// that is more than one in ten, there is none.
  func estimates(of measures: [Measure], bootstrap: Bootstrap) -> [Estimate?] {
    var random = SplitMix(seed: bootstrap.seed)
    var drawn = measures.map { _ in [Double]() }
    if problems.count > 1 {
      for _ in 0..<bootstrap.resamples {
        var times = [Int](repeating: 0, count: problems.count)
        for _ in problems { times[random.index(below: problems.count)] += 1 }
        let weights = problemOf.map { times[$0] }
        for (index, measure) in measures.enumerated() {
          if let value = measure(self, weights) { drawn[index].append(value) }
        }
      }
    }
    return zip(measures, drawn).map { measure, values in
      guard let value = measure(self, ones) else { return nil }
      let sorted = values.sorted()
      guard sorted.count * 10 >= bootstrap.resamples * 9,
        let lower = Statistics.quantile(0.025, of: sorted),
        let upper = Statistics.quantile(0.975, of: sorted)
      else { return Estimate(value: value) }
      return Estimate(value: value, interval: Interval(lower: lower, upper: upper))
    }
  }
}
