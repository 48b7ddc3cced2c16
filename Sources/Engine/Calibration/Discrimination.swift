/// How well a number tells wrong units from right ones, and what it would be worth to act on it.
///
/// The positive class is the wrong step. `weights` has a whole number for each unit: 1 for the units
/// as they are, how often its problem was drawn in a resample.
extension ScoredSet {
  /// The chance that a wrong unit is less sure than a right one; ties count half.
  ///
  /// Hanley and McNeil, Radiology 143 (1982): the Mann-Whitney statistic over the pairs.
  package var auroc: Double? { auroc(weights: ones) }

  /// Average precision at finding wrong units, the least sure first.
  ///
  /// The step-wise sum, without the optimism of straight lines between points (Davis and Goadrich,
  /// ICML 2006); units of equal value are found together. Chance gives the share of wrong units.
  package var auprc: Double? { auprc(weights: ones) }

  /// Mean risk over all coverages.
  ///
  /// Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks" (2017). Among units
  /// of equal value any order is as likely, and the mean over all of them is taken.
  package var riskCoverageArea: Double? { riskCoverageArea(weights: ones) }

  var ones: [Int] { [Int](repeating: 1, count: units.count) }

  func auroc(weights: [Int]) -> Double? {
    var (won, wrongAll, rightAll) = (0.0, 0.0, 0.0)
    for tie in ties {
      let (right, wrong) = counts(tie, weights)
      // Every wrong unit below is less sure than these right ones; beside them it is a tie.
      won += right * (wrongAll + wrong / 2)
      wrongAll += wrong
      rightAll += right
    }
    guard wrongAll > 0, rightAll > 0 else { return nil }
    return won / (wrongAll * rightAll)
  }

  func auprc(weights: [Int]) -> Double? {
    var (taken, found, sum) = (0.0, 0.0, 0.0)
    for tie in ties {
      let (right, wrong) = counts(tie, weights)
      taken += right + wrong
      found += wrong
      if wrong > 0 { sum += wrong * found / taken }
    }
    return found > 0 ? sum / found : nil
  }

  func riskCoverageArea(weights: [Int]) -> Double? {
    var (taken, wrongs, sum) = (0, 0.0, 0.0)
    for tie in ties.reversed() {
      let (right, wrong) = counts(tie, weights)
      let count = Int(right + wrong)
      for place in 0..<count {
        let expected = wrongs + wrong * Double(place + 1) / Double(count)
        sum += expected / Double(taken + place + 1)
      }
      taken += count
      wrongs += wrong
    }
    return taken > 0 ? sum / Double(taken) : nil
  }

  /// A point of the risk-coverage curve: keeping so large a share of the units, the surest, so many
  /// of those kept are wrong.
  package struct RiskPoint: Codable, Equatable, Sendable {
    package var coverage: Double
    package var risk: Double
    /// The least sure value that is kept.
    package var value: Double
  }

  /// The curve, surest first, at the ends of ties; thinned out evenly beyond `limit` points.
  package func riskCoverage(limit: Int = 200) -> [RiskPoint] {
    var points: [RiskPoint] = []
    var (taken, wrongs) = (0.0, 0.0)
    for tie in ties.reversed() {
      let (right, wrong) = counts(tie, ones)
      taken += right + wrong
      wrongs += wrong
      points.append(
        RiskPoint(
          coverage: taken / Double(units.count), risk: wrongs / taken,
          value: units[tie.lowerBound].value))
    }
    guard points.count > limit, limit > 1 else { return points }
    return (0..<limit).map { points[$0 * (points.count - 1) / (limit - 1)] }
  }

  private func counts(_ tie: Range<Int>, _ weights: [Int]) -> (right: Double, wrong: Double) {
    var (right, wrong) = (0, 0)
    for place in tie {
      if units[place].isRight { right += weights[place] } else { wrong += weights[place] }
    }
    return (Double(right), Double(wrong))
  }
}
