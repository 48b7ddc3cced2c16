import Sessions
import Testing

@testable import Engine

private func isClose(_ measured: Measured, _ expected: Double, by tolerance: Double) -> Bool {
  measured.value.map { abs($0 - expected) <= tolerance } ?? false
}

private func pair(_ rows: [[Double]]) -> PairTable {
  var table = PairTable(categories: rows.count)
  for (first, row) in rows.enumerated() {
    for (second, count) in row.enumerated() { table.add(first, second, times: count) }
  }
  return table
}

/// Four observers, twelve units, five categories, some missing.
///
/// Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C; Gwet's
/// `cac.raw4raters` in R's irrCAC is the same data.
private let observers: [[Int?]] = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, nil, nil, nil],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nil, 3],
  [nil, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nil],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nil],
]

private let units: [[Int]] = (0..<12).map { unit in
  (1...5).map { category in observers.count { $0[unit] == category } }
}

@Suite struct AgreementCoefficientTests {
  /// Cohen, Educational and Psychological Measurement 20 (1960), table 2b, page 45: 0.492.
  @Test func `Cohen's kappa is that of his own example`() {
    let table = pair([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    #expect(isClose(table.percent, 0.70, by: 1e-12))
    #expect(isClose(table.kappa, 0.492, by: 5e-4))
  }

  /// The table of 100 abstracts in R's irrCAC 1.0 (`cont3x3abstractors`), by AC1's author.
  @Test func `kappa and AC1 of two are those of Gwet's own program`() {
    let table = pair([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    #expect(isClose(table.kappa, 0.7964094, by: 5e-8))
    #expect(isClose(table.ac1(), 0.8493305, by: 5e-8))
  }

  /// Psychological Bulletin 76 (1971), table 1: thirty patients, six psychiatrists; 0.430.
  @Test func `Fleiss' kappa is that of his own example`() {
    let patients = """
      00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
      00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
      """
    var sums = FleissSums(raters: 6, categories: 5)
    for patient in patients.split(whereSeparator: \.isWhitespace) {
      sums.add(patient.compactMap(\.wholeNumberValue))
    }
    #expect(sums.units == 30)
    #expect(isClose(sums.kappa, 0.430, by: 5e-4))
  }

  /// The worked example in Wikipedia's article on Fleiss' kappa: fourteen raters, ten subjects.
  @Test func `Fleiss' kappa of fourteen raters is 0.210`() {
    let subjects = [
      [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
    var sums = FleissSums(raters: 14, categories: 5)
    for subject in subjects { sums.add(subject) }
    #expect(isClose(sums.kappa, 0.210, by: 5e-4))
    // A subject with another number of raters is no part of it.
    sums.add([13, 0, 0, 0, 0])
    #expect(isClose(sums.kappa, 0.210, by: 5e-4))
  }

  @Test func `Krippendorff's alpha is that of his own example, nominal and ordinal`() {
    var sums = Coincidences(categories: 5)
    for unit in units { sums.add(unit) }
    #expect(isClose(sums.alpha, 0.743, by: 5e-4))
    #expect(isClose(sums.ordinalAlpha, 0.815, by: 5e-4))
  }

  /// Krippendorff (2011), section A: two observers, ten units, two categories; 0.095.
  @Test func `alpha of two observers is that of his first example`() {
    let first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    let second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    var table = PairTable(categories: 2)
    for (left, right) in zip(first, second) { table.add(left, right) }
    #expect(isClose(table.alpha, 0.095, by: 5e-4))
    // Two categories have no order to speak of.
    #expect(table.alpha == table.ordinalAlpha)
  }

  /// Gwet, Handbook of Inter-Rater Reliability, 4th edition (2014): 0.8182 and 0.7754.
  @Test func `Gwet's AC1 of many raters with ratings missing is that of his own example`() {
    var sums = GwetSums(categories: 5)
    for unit in units { sums.add(unit) }
    #expect(isClose(sums.percent, 0.81818, by: 5e-6))
    #expect(isClose(sums.ac1(), 0.77544, by: 5e-6))
  }

  @Test func `one type against all others is alpha of two categories`() {
    var all = TypeCoincidences(categories: 5)
    for unit in 0..<12 { all.add(observers.compactMap { $0[unit] }.map { $0 - 1 }) }
    for type in 0..<5 {
      var two = Coincidences(categories: 2)
      for unit in units { two.add([unit[type], unit.reduce(0, +) - unit[type]]) }
      let expected = two.alpha.value ?? .nan
      #expect(isClose(all.alpha(of: type), expected, by: 1e-12), "type \(type)")
    }
  }

  @Test func `margins alone give the kappa of the whole table`() {
    var table = PairTable(categories: 4)
    var margins = NominalPair(categories: 4)
    var random = Seeded(7)
    for _ in 0..<200 {
      let first = Int.random(in: 0..<4, using: &random)
      let second = Bool.random(using: &random) ? first : Int.random(in: 0..<4, using: &random)
      table.add(first, second)
      margins.add(first, second)
    }
    #expect(margins.percent == table.percent)
    #expect(margins.kappa == table.kappa)
  }

  @Test func `without a step in common nothing is said`() {
    let table = PairTable(categories: 3)
    for measured in [
      table.percent, table.kappa, table.alpha, table.ordinalAlpha, table.ac1(),
      Coincidences(categories: 3).alpha, FleissSums(raters: 3, categories: 3).kappa,
      GwetSums(categories: 3).percent, GwetSums(categories: 3).ac1(),
    ] {
      #expect(measured == .undefined(.noOverlap))
    }
  }

  @Test func `with one category only percent is said and what corrects for chance is not`() {
    let table = pair([[0, 0, 0], [0, 0, 0], [0, 0, 9]])
    #expect(table.percent == .value(1))
    for measured in [table.kappa, table.alpha, table.ordinalAlpha, table.ac1()] {
      #expect(measured == .undefined(.oneCategory))
    }
    var (fleiss, gwet) = (FleissSums(raters: 3, categories: 3), GwetSums(categories: 3))
    fleiss.add([0, 0, 3])
    gwet.add([0, 0, 3])
    #expect(fleiss.kappa == .undefined(.oneCategory))
    #expect(gwet.ac1() == .undefined(.oneCategory))
    #expect(gwet.percent == .value(1))
  }

  @Test func `one who never varies agrees with another by chance alone`() {
    let table = pair([[0, 0, 0], [0, 0, 0], [3, 0, 7]])
    #expect(table.kappa == .value(0))
  }

  @Test func `steps with the usual number of ratings are those Fleiss' kappa is of`() {
    #expect(FleissSums.usualRaters([[1, 1], [2, 0], [3, 0], [1, 0]]) == 2)
    #expect(FleissSums.usualRaters([[1, 1], [3, 0]]) == 3)
    #expect(FleissSums.usualRaters([[1, 0], [0, 0]]) == nil)
  }
}
