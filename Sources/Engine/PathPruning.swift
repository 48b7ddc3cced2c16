import Foundation

/// The reasoning pruning of RPC (arXiv 2510.15444): which sampled paths are too improbable to vote.
///
/// Path confidences are fitted by a mixture of two Weibull distributions; a path is dropped when it
/// more likely belongs to the one with the lower mean and is itself below the mean of all. Start
/// and limits of the fit are those of the authors' code; its L-BFGS-B is a bounded simplex here.
enum PathPruning {
  /// With fewer paths a five-parameter fit says nothing, and all are kept.
  static let fewest = 4

  static func keeps(_ confidences: [Double]) -> [Bool] {
    let values = confidences.map { max($0, 1e-12) }
    guard values.count >= fewest, let low = values.min(), let high = values.max(), low < high else {
      return confidences.map { _ in true }
    }
    let mixture = WeibullMixture(fitting: values)
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 >= mean || mixture.isHigh($0) }
  }
}

struct Weibull: Equatable {
  var shape: Double
  var scale: Double

  var mean: Double { scale * exp(lgamma(1 + 1 / shape)) }

  func density(_ x: Double) -> Double {
    let ratio = x / scale
    return shape / scale * pow(ratio, shape - 1) * exp(-pow(ratio, shape))
  }
}

/// Two Weibull distributions; `high` is the one with the larger mean.
struct WeibullMixture: Equatable {
  private(set) var weight: Double
  private(set) var high: Weibull
  private(set) var low: Weibull

  /// Maximum likelihood from the authors' start (0.5, 1, 1, 1.5, 2), within their limits.
  init(fitting values: [Double]) {
    let found = Simplex.minimum(
      from: [0.5, 1, 1, 1.5, 2], lower: [0.2, 0.01, 0.01, 0.01, 0.01],
      upper: [0.8, 100, 100, 100, 100]
    ) { point in
      let mixture = WeibullMixture(point)
      return -values.reduce(0) { $0 + log(max(mixture.density($1), 1e-300)) }
    }
    self.init(found)
    if high.mean < low.mean {
      (high, low) = (low, high)
      weight = 1 - weight
    }
  }

  private init(_ point: [Double]) {
    weight = point[0]
    high = Weibull(shape: point[1], scale: point[2])
    low = Weibull(shape: point[3], scale: point[4])
  }

  func density(_ x: Double) -> Double {
    weight * high.density(x) + (1 - weight) * low.density(x)
  }

  /// Whether the upper component explains `x` at least as well.
  func isHigh(_ x: Double) -> Bool {
    weight * high.density(x) >= (1 - weight) * low.density(x)
  }
}

/// Nelder and Mead's downhill simplex, every point clamped into a box.
enum Simplex {
  static func minimum(
    from start: [Double], lower: [Double], upper: [Double], steps: Int = 1_000,
    of cost: ([Double]) -> Double
  ) -> [Double] {
    func clamped(_ point: [Double]) -> [Double] {
      point.indices.map { min(max(point[$0], lower[$0]), upper[$0]) }
    }
    func value(_ point: [Double]) -> Double {
      let cost = cost(point)
      return cost.isFinite ? cost : .greatestFiniteMagnitude
    }
    var points = [clamped(start)]
    for index in start.indices {
      var point = start
      point[index] += max(abs(point[index]) * 0.25, 0.05)
      points.append(clamped(point))
    }
    var corners = points.map { (point: $0, cost: value($0)) }
    for _ in 0..<steps {
      corners.sort { $0.cost < $1.cost }
      let worst = corners[corners.count - 1]
      if worst.cost - corners[0].cost < 1e-10 { break }
      let centre = start.indices.map { axis in
        corners.dropLast().reduce(0) { $0 + $1.point[axis] } / Double(start.count)
      }
      func along(_ factor: Double) -> (point: [Double], cost: Double) {
        let point = clamped(
          centre.indices.map { centre[$0] + factor * (worst.point[$0] - centre[$0]) })
        return (point, value(point))
      }
      let reflected = along(-1)
      if reflected.cost < corners[0].cost {
        let expanded = along(-2)
        corners[corners.count - 1] = expanded.cost < reflected.cost ? expanded : reflected
      } else if reflected.cost < corners[corners.count - 2].cost {
        corners[corners.count - 1] = reflected
      } else {
        let contracted = along(reflected.cost < worst.cost ? -0.5 : 0.5)
        if contracted.cost < min(worst.cost, reflected.cost) {
          corners[corners.count - 1] = contracted
        } else {
          for index in 1..<corners.count {
            let best = corners[0].point
            let point = clamped(best.indices.map { (best[$0] + corners[index].point[$0]) / 2 })
            corners[index] = (point, value(point))
          }
        }
      }
    }
    return corners.min { $0.cost < $1.cost }?.point ?? start
  }
}
