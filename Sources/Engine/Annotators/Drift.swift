import Sessions

/// How one person's agreement changed while they labelled.
package struct Drift: Equatable, Sendable, Encodable {
  /// Fewest labels of which it is told.
  package static let least = 20
  static let blocks = 5

  /// Consecutive labels, as many in each block as can be.
  package struct Block: Equatable, Sendable, Encodable {
    package var labels: Int
    /// Of the first and the last label, in seconds since 1970.
    package var from: Double
    package var to: Double
    /// Mean agreement with those it is held against, and the share called incorrect.
    package var agreement: Double
    package var incorrect: Double
  }

  package var annotator: String
  /// The gold's name; `nil` for all others, each label counted by the share that says the same.
  package var against: String?
  package var labels: Int
  package var blocks: [Block]
  /// What a straight line through all labels, in their order, rises from the first to the last.
  package var trend: AgreementEstimate

  /// One label that can be compared.
  struct Point: Sendable {
    var problem: Int
    var wall: Double
    var agreement: Double
    var isIncorrect: Bool
  }

  init(_ annotator: String, against gold: String?, points: [Point], draws: Draws) {
    self.annotator = annotator
    against = gold
    labels = points.count
    // Stable for equal times: the order of chains, then of steps.
    let points = points.enumerated().sorted { left, right in
      (left.element.wall, left.offset) < (right.element.wall, right.offset)
    }.map(\.element)
    guard points.count >= Self.least, let first = points.first, let last = points.last else {
      blocks = []
      trend = AgreementEstimate(.undefined(points.isEmpty ? .noOverlap : .tooFew))
      return
    }
    guard first.wall < last.wall else {
      blocks = []
      trend = AgreementEstimate(.undefined(.noTimes))
      return
    }
    let count = min(Self.blocks, points.count / (Self.least / 2))
    blocks = (0..<count).map { block in
      let range = (points.count * block / count)..<(points.count * (block + 1) / count)
      return Block(points[range])
    }
    var byProblem: [Int: [(place: Double, agreement: Double)]] = [:]
    for (place, point) in points.enumerated() {
      byProblem[point.problem, default: []].append(
        (Double(place) / Double(points.count - 1), point.agreement))
    }
    trend = Resampled(TrendSums(), draws) { problem, sums in
      for (place, agreement) in byProblem[problem] ?? [] { sums.add(place, agreement) }
    }.estimate(\.slope)
  }
}

extension Drift.Block {
  fileprivate init(_ points: ArraySlice<Drift.Point>) {
    let count = Double(max(points.count, 1))
    labels = points.count
    from = points.first?.wall ?? 0
    to = points.last?.wall ?? 0
    agreement = points.reduce(0) { $0 + $1.agreement } / count
    incorrect = Double(points.count { $0.isIncorrect }) / count
  }
}

/// What a straight line by least squares needs.
private struct TrendSums: Sums {
  /// Points, x, x², y, xy.
  var cells = [Double](repeating: 0, count: 5)

  mutating func add(_ x: Double, _ y: Double) {
    for (cell, amount) in [1, x, x * x, y, x * y].enumerated() { cells[cell] += amount }
  }

  var slope: Measured {
    let spread = cells[0] * cells[2] - cells[1] * cells[1]
    guard spread > 1e-12 else { return .undefined(.tooFew) }
    return .value((cells[0] * cells[4] - cells[1] * cells[3]) / spread)
  }
}
