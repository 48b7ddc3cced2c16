/// Fleiss' kappa: Psychological Bulletin 76 (1971).
///
/// It is defined for steps that all have the same number of ratings, whoever gave them. Steps with
/// another number are left out, rather than the formula stretched.
package struct FleissSums: Sums, Equatable {
  /// Ratings a step has.
  package let raters: Int
  package let categories: Int
  /// Steps, agreeing pairs of ratings, ratings of each category.
  package var cells: [Double]

  package init(raters: Int, categories: Int) {
    self.raters = raters
    self.categories = categories
    cells = [Double](repeating: 0, count: 2 + categories)
  }

  package mutating func add(_ counts: [Int]) {
    guard raters > 1, counts.reduce(0, +) == raters else { return }
    cells[0] += 1
    cells[1] += Double(counts.reduce(0) { $0 + $1 * ($1 - 1) })
    for (category, count) in counts.enumerated() { cells[2 + category] += Double(count) }
  }

  package var units: Int { Int(cells[0]) }

  package var kappa: Measured {
    let ratings = cells[0] * Double(raters)
    guard ratings > 0 else { return .undefined(.noOverlap) }
    let squares = cells[2...].reduce(0) { $0 + $1 * $1 }
    guard squares < ratings * ratings else { return .undefined(.oneCategory) }
    let agreeing = cells[1] / (ratings * Double(raters - 1))
    let chance = squares / (ratings * ratings)
    return .value((agreeing - chance) / (1 - chance))
  }

  /// The number of ratings that most steps have; of two as frequent, the larger.
  ///
  /// - Parameter units: how many people put each step in each category.
  static func usualRaters(_ units: some Sequence<[Int]>) -> Int? {
    var steps: [Int: Int] = [:]
    for counts in units { steps[counts.reduce(0, +), default: 0] += 1 }
    return steps.filter { $0.key > 1 }.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }
}

/// Gwet's AC1 of two or more people with ratings missing; and the plain share of agreement.
///
/// Gwet, Handbook of Inter-Rater Reliability, 4th edition (2014), section 2.5: agreement is
/// averaged over the steps with two ratings or more, shares of categories over all rated steps.
package struct GwetSums: Sums, Equatable {
  package let categories: Int
  /// Steps rated, steps rated twice or more, their agreement, shares of each category.
  package var cells: [Double]

  package init(categories: Int) {
    self.categories = categories
    cells = [Double](repeating: 0, count: 3 + categories)
  }

  package mutating func add(_ counts: [Int]) {
    let raters = counts.reduce(0, +)
    guard raters > 0 else { return }
    cells[0] += 1
    for (category, count) in counts.enumerated() {
      cells[3 + category] += Double(count) / Double(raters)
    }
    guard raters > 1 else { return }
    cells[1] += 1
    let pairs = counts.reduce(0) { $0 + $1 * ($1 - 1) }
    cells[2] += Double(pairs) / Double(raters * (raters - 1))
  }

  package var units: Int { Int(cells[1]) }
  var used: Int { cells[3...].count { $0 > 0 } }

  /// The share of pairs of ratings that are the same, averaged over steps.
  package var percent: Measured { .share(cells[2], of: cells[1], else: .noOverlap) }

  /// - Parameter categories: how many there are to choose from; those used when left out.
  package func ac1(among categories: Int? = nil) -> Measured {
    guard cells[1] > 0 else { return .undefined(.noOverlap) }
    return .ac1(
      agreeing: cells[2] / cells[1], shares: cells[3...].map { $0 / cells[0] },
      categories: categories ?? used)
  }
}
