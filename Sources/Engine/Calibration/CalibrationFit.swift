import Foundation
import Sessions

/// A curve from a signal's value to the share of right steps.
package enum CalibrationCurve: Equatable, Sendable {
  case isotonic([Knot])
  case platt(Platt)

  /// A point of the curve; linear in between, level beyond the ends.
  package struct Knot: Codable, Equatable, Sendable {
    package var value: Double
    package var share: Double
    package init(value: Double, share: Double) {
      self.value = value
      self.share = share
    }
  }

  package enum Kind: String, Codable, CaseIterable, Sendable { case isotonic, platt }

  package static func fit(_ kind: Kind, to units: [ScoredUnit]) -> CalibrationCurve {
    switch kind {
    case .isotonic: .isotonic(Isotonic.fit(units))
    case .platt: .platt(Platt(fittedTo: units))
    }
  }

  package func share(at value: Double) -> Double {
    switch self {
    case .isotonic(let knots):
      Calibration(signal: "", steps: 0, problems: 0, knots: knots.map { [$0.value, $0.share] })
        .probability(at: value) ?? 0.5
    case .platt(let curve): curve.share(at: value)
    }
  }
}

/// Isotonic regression: the non-decreasing shares nearest to those seen.
package enum Isotonic {
  /// Pools adjacent violators until none is left, weighing squares by count.
  ///
  /// Ayer, Brunk, Ewing, Reid and Silverman, Annals of Mathematical Statistics 26 (1955).
  /// - Parameter points: by rising value; each a value, a sum of shares and a count.
  package static func pool(
    _ points: [(value: Double, right: Double, count: Double)]
  ) -> [(value: Double, right: Double, count: Double)] {
    var blocks: [(value: Double, right: Double, count: Double)] = []
    for point in points {
      blocks.append(point)
      while blocks.count > 1, let last = blocks.last {
        let before = blocks[blocks.count - 2]
        guard before.right * last.count >= last.right * before.count else { break }
        let count = before.count + last.count
        blocks.removeLast(2)
        blocks.append(
          (
            value: (before.value * before.count + last.value * last.count) / count,
            right: before.right + last.right, count: count
          ))
      }
    }
    return blocks
  }

  /// Knots at the mean values of the pooled blocks.
  ///
  /// The units are taken in groups first, of at least a twentieth of them and 5 to 50, equal values
  /// together; half a right and half a wrong one count with each group, for nothing is certain after
  /// a few. That is what `models/training/fit_profile.py` does for the profile that ships.
  static func fit(_ units: [ScoredUnit]) -> [CalibrationCurve.Knot] {
    let least = min(max(units.count / 20, 5), 50)
    var groups: [(value: Double, right: Double, count: Double)] = []
    var (sum, right, count, seen) = (0.0, 0.0, 0.0, 0)
    for tie in units.runs({ $0.value == $1.value }) {
      for unit in units[tie] {
        sum += unit.value
        right += unit.isRight ? 1 : 0
        count += 1
      }
      seen += tie.count
      let left = units.count - seen
      if left == 0 || (Int(count) >= least && left >= least) {
        groups.append((sum / count, (right + 0.5) * count / (count + 1), count))
        (sum, right, count) = (0, 0, 0)
      }
    }
    var knots: [CalibrationCurve.Knot] = []
    for block in pool(groups) {
      // Signals are of single precision; so many digits and no more are worth writing down.
      let value = Double("\(Float(block.value))") ?? block.value
      let share = (block.right / block.count * 1e4).rounded() / 1e4
      if let last = knots.last, value <= last.value { continue }
      knots.append(CalibrationCurve.Knot(value: value, share: max(share, knots.last?.share ?? 0)))
    }
    return knots
  }
}

/// A logistic curve through a signal: share right = 1 / (1 + exp(-(slope * value + offset))).
///
/// Platt, "Probabilistic Outputs for Support Vector Machines" (1999), with his targets, and the
/// safeguarded Newton steps of Lin, Lin and Weng, Machine Learning 68 (2007).
package struct Platt: Codable, Equatable, Sendable {
  package var slope: Double
  package var offset: Double

  package init(slope: Double, offset: Double) {
    self.slope = slope
    self.offset = offset
  }

  package func share(at value: Double) -> Double {
    Self.logistic(slope * value + offset)
  }

  init(fittedTo units: [ScoredUnit]) {
    let right = Double(units.count(where: \.isRight))
    let wrong = Double(units.count) - right
    // Not 1 and 0: what a Bayesian would believe after so many and a flat prior.
    let (high, low) = ((right + 1) / (right + 2), 1 / (wrong + 2))
    let count = Double(max(units.count, 1))
    // Newton's steps are well scaled where values have mean 0 and deviation 1.
    let mean = units.reduce(0) { $0 + $1.value } / count
    let variance = units.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / count
    let deviation = variance > 0 ? variance.squareRoot() : 1
    let points = units.map { (x: ($0.value - mean) / deviation, target: $0.isRight ? high : low) }
    var fit = (a: 0.0, b: log((right + 1) / (wrong + 1)))
    var loss = Self.loss(points, fit.a, fit.b)
    for _ in 0..<100 {
      var (h11, h22, h21, g1, g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0)
      for (x, target) in points {
        let p = Self.logistic(fit.a * x + fit.b)
        let curvature = p * (1 - p)
        h11 += x * x * curvature
        h22 += curvature
        h21 += x * curvature
        g1 += x * (p - target)
        g2 += p - target
      }
      if abs(g1) < 1e-9 * count, abs(g2) < 1e-9 * count { break }
      let determinant = h11 * h22 - h21 * h21
      let da = -(h22 * g1 - h21 * g2) / determinant
      let db = -(h11 * g2 - h21 * g1) / determinant
      let falling = g1 * da + g2 * db
      var step = 1.0
      while step >= 1e-10 {
        let next = Self.loss(points, fit.a + step * da, fit.b + step * db)
        if next < loss + 1e-4 * step * falling {
          fit = (fit.a + step * da, fit.b + step * db)
          loss = next
          break
        }
        step /= 2
      }
      if step < 1e-10 { break }
    }
    slope = fit.a / deviation
    offset = fit.b - fit.a * mean / deviation
  }

  private static func loss(_ points: [(x: Double, target: Double)], _ a: Double, _ b: Double)
    -> Double
  {
    points.reduce(0) { sum, point in
      let z = a * point.x + b
      // log(1 + exp(-|z|)) never overflows.
      return sum + max(z, 0) - point.target * z + log1p(exp(-abs(z)))
    }
  }

  private static func logistic(_ z: Double) -> Double {
    z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z))
  }
}
