/// Krippendorff's coincidence matrix: how often values met within a step, over all its raters.
///
/// Computing Krippendorff's Alpha-Reliability (2011). A step rated by m people brings m values,
/// each pair of them counted 1/(m - 1); a step that one person rated brings nothing, so missing
/// ratings need no treatment.
package struct Coincidences: Sums, Equatable {
  package let categories: Int
  /// Categories x categories, symmetric.
  package var cells: [Double]

  package init(categories: Int) {
    self.categories = categories
    cells = [Double](repeating: 0, count: categories * categories)
  }

  /// - Parameter counts: how many people put the step in each category.
  package mutating func add(_ counts: [Int]) {
    let raters = counts.reduce(0, +)
    guard raters > 1 else { return }
    for first in counts.indices where counts[first] > 0 {
      for second in counts.indices {
        let meetings = counts[first] * (counts[second] - (first == second ? 1 : 0))
        cells[first * categories + second] += Double(meetings) / Double(raters - 1)
      }
    }
  }

  private var totals: [Double] {
    (0..<categories).map { row in
      (0..<categories).reduce(0) { $0 + cells[row * categories + $1] }
    }
  }

  /// For categories without an order.
  package var alpha: Measured {
    alpha { _, _, _ in 1 }
  }

  /// For categories in their order: far apart is worse, by the ratings that lie between.
  package var ordinalAlpha: Measured {
    alpha { first, second, totals in
      let between = totals[first...second].reduce(0, +) - (totals[first] + totals[second]) / 2
      return between * between
    }
  }

  private func alpha(difference: (Int, Int, [Double]) -> Double) -> Measured {
    let totals = totals
    let count = totals.reduce(0, +)
    guard count > 0 else { return .undefined(.noOverlap) }
    guard totals.count(where: { $0 > 0 }) > 1 else { return .undefined(.oneCategory) }
    var (observed, expected) = (0.0, 0.0)
    for first in 0..<categories {
      for second in (first + 1)..<max(categories, first + 1) {
        let difference = difference(first, second, totals)
        observed += cells[first * categories + second] * difference
        expected += totals[first] * totals[second] * difference
      }
    }
    return .value(1 - (count - 1) * observed / expected)
  }
}

/// Coincidences of very many categories, each against all others.
struct TypeCoincidences: Sums, Equatable {
  let categories: Int
  /// Values, coincidences within each category, values of each category.
  var cells: [Double]

  init(categories: Int) {
    self.categories = categories
    cells = [Double](repeating: 0, count: 1 + 2 * categories)
  }

  /// - Parameter values: one for each rater, in any order.
  mutating func add(_ values: [Int]) {
    guard values.count > 1 else { return }
    cells[0] += Double(values.count)
    for (category, count) in values.reduce(into: [Int: Int](), { $0[$1, default: 0] += 1 }) {
      cells[1 + category] += Double(count * (count - 1)) / Double(values.count - 1)
      cells[1 + categories + category] += Double(count)
    }
  }

  func values(of category: Int) -> Double { cells[1 + categories + category] }
  func share(of category: Int) -> Measured {
    .share(values(of: category), of: cells[0], else: .noTypes)
  }

  /// Where one person gives this category, how likely another does.
  func specificAgreement(on category: Int) -> Measured {
    .share(cells[1 + category], of: values(of: category), else: .noTypes)
  }

  /// Krippendorff's alpha of this category against all others.
  func alpha(of category: Int) -> Measured {
    let (count, inside) = (cells[0], values(of: category))
    guard count > 0 else { return .undefined(.noTypes) }
    let expected = inside * (count - inside)
    guard expected > 0 else { return .undefined(.oneCategory) }
    return .value(1 - (count - 1) * (inside - cells[1 + category]) / expected)
  }
}
