/// Two people's ratings of the same steps, counted: rows are the first's, columns the second's.
package struct PairTable: Sums, Equatable {
  package let categories: Int
  /// Categories x categories, row by row.
  package var cells: [Double]

  package init(categories: Int) {
    self.categories = categories
    cells = [Double](repeating: 0, count: categories * categories)
  }

  package mutating func add(_ first: Int, _ second: Int, times count: Double = 1) {
    cells[first * categories + second] += count
  }

  package subscript(first: Int, second: Int) -> Double { cells[first * categories + second] }

  package var count: Double { cells.reduce(0, +) }
  var agreeing: Double { (0..<categories).reduce(0) { $0 + self[$1, $1] } }
  package var rows: [Double] {
    (0..<categories).map { row in (0..<categories).reduce(0) { $0 + self[row, $1] } }
  }
  package var columns: [Double] {
    (0..<categories).map { column in (0..<categories).reduce(0) { $0 + self[$1, column] } }
  }
  /// Categories that either person used.
  var used: Int { zip(rows, columns).count { $0 + $1 > 0 } }

  /// Share of the steps on which both say the same.
  package var percent: Measured { .share(agreeing, of: count, else: .noOverlap) }

  /// Cohen's kappa: Educational and Psychological Measurement 20 (1960).
  package var kappa: Measured {
    .kappa(agreeing: agreeing, of: count, rows: rows, columns: columns)
  }

  /// Krippendorff's alpha of these two.
  package var alpha: Measured { coincidences.alpha }
  package var ordinalAlpha: Measured { coincidences.ordinalAlpha }

  private var coincidences: Coincidences {
    var both = Coincidences(categories: categories)
    for first in 0..<categories {
      for second in 0..<categories {
        both.cells[first * categories + second] += self[first, second]
        both.cells[second * categories + first] += self[first, second]
      }
    }
    return both
  }

  /// Gwet's AC1 of these two, over the steps that both rated.
  ///
  /// - Parameter categories: how many there are to choose from; those used when left out.
  package func ac1(among categories: Int? = nil) -> Measured {
    let count = count
    guard count > 0 else { return .undefined(.noOverlap) }
    return .ac1(
      agreeing: agreeing / count, shares: zip(rows, columns).map { ($0 + $1) / (2 * count) },
      categories: categories ?? used)
  }

  /// Of the steps the first put in `category`, the share the second put there too.
  func precision(on category: Int) -> Measured {
    guard count > 0 else { return .undefined(.noOverlap) }
    return .share(self[category, category], of: rows[category], else: .neverIncorrect)
  }

  /// Of the steps the second put in `category`, the share the first put there too.
  func recall(on category: Int) -> Measured {
    guard count > 0 else { return .undefined(.noOverlap) }
    return .share(self[category, category], of: columns[category], else: .noneIncorrect)
  }
}

/// The same for very many categories, of which only the margins and the agreements are kept.
struct NominalPair: Sums, Equatable {
  let categories: Int
  /// Steps, agreements, the first's categories, the second's.
  var cells: [Double]

  init(categories: Int) {
    self.categories = categories
    cells = [Double](repeating: 0, count: 2 + 2 * categories)
  }

  mutating func add(_ first: Int, _ second: Int) {
    cells[0] += 1
    if first == second { cells[1] += 1 }
    cells[2 + first] += 1
    cells[2 + categories + second] += 1
  }

  var percent: Measured { .share(cells[1], of: cells[0], else: .noTypes) }
  var kappa: Measured {
    guard cells[0] > 0 else { return .undefined(.noTypes) }
    return .kappa(
      agreeing: cells[1], of: cells[0], rows: cells[2..<(2 + categories)],
      columns: cells[(2 + categories)...])
  }
}

extension Measured {
  /// Cohen's kappa from counts; whole numbers up to the division, so that a table with one
  /// category is known for what it is.
  static func kappa(
    agreeing: Double, of count: Double, rows: some Collection<Double>,
    columns: some Collection<Double>
  ) -> Measured {
    guard count > 0 else { return .undefined(.noOverlap) }
    let chance = zip(rows, columns).reduce(0) { $0 + $1.0 * $1.1 }
    let room = count * count - chance
    return room > 0 ? .value((count * agreeing - chance) / room) : .undefined(.oneCategory)
  }

  /// Gwet's AC1: British Journal of Mathematical and Statistical Psychology 61 (2008).
  ///
  /// Chance is the probability that ratings given at random agree, which is rare where nearly
  /// all steps are of one kind; so it does not fall for high agreement there as kappa does.
  static func ac1(agreeing: Double, shares: [Double], categories: Int) -> Measured {
    guard categories > 1 else { return .undefined(.oneCategory) }
    let chance = shares.reduce(0) { $0 + $1 * (1 - $1) } / Double(categories - 1)
    return .value((agreeing - chance) / (1 - chance))
  }
}
