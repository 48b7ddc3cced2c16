/// Where a number may lie; at 95% unless it is said otherwise.
package struct Interval: Codable, Equatable, Sendable {
  package var lower: Double
  package var upper: Double
  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}

/// Right answers out of those of one problem.
package struct Score: Equatable, Sendable {
  package var right: Int
  package var count: Int
  package init(right: Int = 0, count: Int = 0) {
    self.right = right
    self.count = count
  }
}

package enum Statistics {
  /// The normal distribution's 97.5% point.
  static let usualZ = 1.959963984540054

  /// Wilson's score interval for a share.
  ///
  /// Journal of the American Statistical Association 22 (1927). It stays within 0 and 1, and has
  /// some width also where all or none were right. `nil` for no trials; counts need not be whole.
  package static func wilson(
    right: Double, of count: Double, z: Double = usualZ
  ) -> Interval? {
    guard count > 0 else { return nil }
    let share = min(max(right / count, 0), 1)
    let square = z * z
    let centre = (share + square / (2 * count)) / (1 + square / count)
    let spread = share * (1 - share) / count + square / (4 * count * count)
    let half = z * spread.squareRoot() / (1 + square / count)
    return Interval(lower: max(0, centre - half), upper: min(1, centre + half))
  }

  /// The same for answers that come in groups: several samples of each problem.
  ///
  /// Samples of one problem are alike, so that five hundred problems with five samples each are
  /// worth less than 2,500 answers. Wilson's interval is taken at the number of independent answers
  /// that would have the variance found between the problems: at least the problems, at most all
  /// answers (Kish's effective sample size). With one sample each it is Wilson's own.
  package static func interval(ofShareIn problems: [Score]) -> Interval? {
    let problems = problems.filter { $0.count > 0 }
    let count = Double(problems.reduce(0) { $0 + $1.count })
    guard count > 0 else { return nil }
    let share = Double(problems.reduce(0) { $0 + $1.right }) / count
    let squares = problems.reduce(0.0) { sum, problem in
      let off = Double(problem.right) - share * Double(problem.count)
      return sum + off * off
    }
    let variance = squares / (count * count)
    // Without any variance: problems that are all alike halfway say most, all right or all wrong
    // are no proof of what the next problem will be.
    let independent =
      variance > 0 ? share * (1 - share) / variance : share * (1 - share) > 0 ? .infinity : 0
    let effective = min(max(independent, Double(problems.count)), count)
    return wilson(right: share * effective, of: effective)
  }

  /// Quantile of sorted values, linear between them (R's type 7, NumPy's default).
  package static func quantile(_ share: Double, of sorted: [Double]) -> Double? {
    guard let last = sorted.last else { return nil }
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}
