import Foundation
import Sessions
import Testing

@testable import Engine

/// Units of one signal; `+` right, `-` wrong, one problem each unless they are given.
private func set(
  _ values: [Double], _ labels: String, problems: [String]? = nil
) -> ScoredSet {
  ScoredSet(
    zip(values, labels).enumerated().map { place, unit in
      ScoredUnit(
        confidence: unit.0, isRight: unit.1 == "+", problem: problems?[place] ?? "p\(place)")
    })
}

private func isNear(_ value: Double?, _ expected: Double, within error: Double = 1e-12) -> Bool {
  guard let value else { return false }
  return abs(value - expected) <= error
}

private func bootstrap(_ resamples: Int) -> Bootstrap {
  var bootstrap = Bootstrap()
  bootstrap.resamples = resamples
  return bootstrap
}

@Suite struct DiscriminationTests {
  // Worked by hand. Wrong: 0.2, 0.5, 0.7. Right: 0.5, 0.6, 0.9.
  // Pairs won by 0.2: 3 of 3; by 0.5: a tie and 2; by 0.7: 1 (0.9). 6.5 of 9.
  private let tied = set([0.2, 0.5, 0.5, 0.6, 0.7, 0.9], "--++-+")

  @Test func `AUROC counts pairs, ties as halves`() {
    #expect(isNear(tied.auroc, 6.5 / 9))
    #expect(isNear(set([0.1, 0.2, 0.8, 0.9], "--++").auroc, 1))
    #expect(isNear(set([0.1, 0.2, 0.8, 0.9], "++--").auroc, 0))
    #expect(isNear(set([0.5, 0.5, 0.5], "-+-").auroc, 0.5))
  }

  @Test func `AUPRC is average precision, the least sure first and ties together`() {
    // Found at 0.2: 1 of 1. At 0.5 (one wrong, one right): 2 of 3. At 0.7: 3 of 5.
    let precisions: [Double] = [1, 2.0 / 3, 3.0 / 5]
    #expect(isNear(tied.auprc, precisions.reduce(0, +) / 3))
    // All alike: precision is the base rate.
    #expect(isNear(set([0.5, 0.5, 0.5, 0.5], "-+++").auprc, 0.25))
  }

  @Test func `risk-coverage keeps the surest, and ties in any order`() {
    // From the top: 0.9 right, 0.7 wrong, 0.6 right, then one of two, then both, then 0.2 wrong.
    let risks: [Double] = [0, 1.0 / 2, 1.0 / 3, 1.5 / 4, 2.0 / 5, 3.0 / 6]
    #expect(isNear(tied.riskCoverageArea, risks.reduce(0, +) / 6))
    let curve = tied.riskCoverage()
    #expect(curve.map(\.coverage).map { ($0 * 6).rounded() } == [1, 2, 3, 5, 6])
    #expect(isNear(curve.last?.risk, 0.5))
  }

  @Test func `what one kind of label cannot say is not said`() {
    #expect(set([0.1, 0.2], "++").auroc == nil)
    #expect(set([0.1, 0.2], "--").auroc == nil)
    #expect(set([0.1, 0.2], "++").auprc == nil)
    #expect(set([], "").auroc == nil)
    #expect(set([], "").auprc == nil)
    #expect(set([], "").riskCoverageArea == nil)
    #expect(set([], "").brier == nil)
    #expect(set([], "").expectedCalibrationError(.equalMass) == nil)
  }

  @Test func `weights are repetitions`() {
    for seed in UInt64(0)..<20 {
      var random = Seeded(seed)
      let values = (0..<30).map { _ in Double(Int.random(in: 0...9, using: &random)) / 10 }
      let labels = String((0..<30).map { _ in Bool.random(using: &random) ? "+" : "-" })
      let one = set(values, labels)
      let weights = one.units.map { _ in Int.random(in: 0...3, using: &random) }
      let repeated = ScoredSet(
        zip(one.units, weights).flatMap { Array(repeating: $0, count: $1) })
      for (index, measure) in ScoredSet.all.enumerated() {
        let (weighed, written) = (measure(one, weights), measure(repeated, repeated.ones))
        #expect(
          (weighed == nil && written == nil) || isNear(weighed, written ?? .nan, within: 1e-9),
          "measure \(index), seed \(seed)")
      }
    }
  }

  @Test func `AUROC agrees with counting all pairs`() {
    for seed in UInt64(0)..<20 {
      var random = Seeded(seed)
      let values = (0..<40).map { _ in Double(Int.random(in: 0...15, using: &random)) }
      let labels = String((0..<40).map { _ in Bool.random(using: &random) ? "+" : "-" })
      let some = ScoredSet(
        zip(values, labels).map {
          ScoredUnit(value: $0, confidence: 0.5, isRight: $1 == "+", problem: "p")
        })
      var (won, pairs) = (0.0, 0.0)
      for wrong in some.units where !wrong.isRight {
        for right in some.units where right.isRight {
          pairs += 1
          won += wrong.value < right.value ? 1 : wrong.value == right.value ? 0.5 : 0
        }
      }
      #expect(isNear(some.auroc, won / pairs, within: 1e-9), "seed \(seed)")
    }
  }
}

@Suite struct ReliabilityTests {
  @Test func `Brier is the mean square`() {
    // (0.1² + 0.4² + 0.3² + 0.2²) / 4
    #expect(isNear(set([0.1, 0.6, 0.7, 0.8], "-+++").brier, 0.3 / 4))
  }

  @Test func `ECE by width is the distance in each bin, weighed by units`() {
    // 0.12 and 0.18 in the second bin, one right: |0.5 - 0.15| * 2. 0.95 and 1.0 in the last, both
    // right: |1 - 0.975| * 2. Four units.
    let some = set([0.12, 0.18, 0.95, 1.0], "-+++")
    #expect(isNear(some.expectedCalibrationError(.equalWidth), 0.75 / 4))
    let bins = some.bins(.equalWidth)
    #expect(bins.map(\.count) == [2, 2])
    #expect(bins.map(\.lower) == [0.1, 0.9])
    #expect(bins.map(\.right) == [1, 2])
    #expect(isNear(bins[0].confidence, 0.15))
    #expect(bins[0].interval == Statistics.wilson(right: 1, of: 2))
  }

  @Test func `ECE by mass has as many units in each bin, and parts no ties`() {
    let some = set([0.1, 0.2, 0.3, 0.4], "-+-+")
    // Two bins: |1/2 - 0.15| and |1/2 - 0.35|, two units each.
    #expect(isNear(some.expectedCalibrationError(.equalMass, count: 2), 0.25))
    let alike = set([0.4, 0.4, 0.4, 0.9], "-++-")
    #expect(alike.bins(.equalMass, count: 4).map(\.count) == [3, 1])
    #expect(alike.bins(.equalMass, count: 2).map(\.upper) == [0.4, 0.9])
  }

  @Test func `bins hold every unit once`() {
    for seed in UInt64(0)..<20 {
      var random = Seeded(seed)
      let values = (0..<57).map { _ in Double(Int.random(in: 0...20, using: &random)) / 20 }
      let labels = String((0..<57).map { _ in Bool.random(using: &random) ? "+" : "-" })
      let some = set(values, labels)
      for binning in ScoredSet.Binning.allCases {
        let bins = some.bins(binning)
        #expect(bins.reduce(0) { $0 + $1.count } == 57, "\(binning), seed \(seed)")
        #expect(bins.reduce(0) { $0 + $1.right } == some.right, "\(binning), seed \(seed)")
        let error = bins.reduce(0) {
          $0 + abs($1.share - $1.confidence) * Double($1.count) / 57
        }
        #expect(
          isNear(some.expectedCalibrationError(binning), error, within: 1e-9),
          "\(binning), seed \(seed)")
      }
    }
  }

  @Test func `steps of one problem widen a bin's interval`() {
    let values = [Double](repeating: 0.85, count: 40)
    let labels = String(repeating: "+", count: 20) + String(repeating: "-", count: 20)
    let apart = set(values, labels).bins(.equalWidth)[0].interval
    let alike = set(
      values, labels, problems: (0..<40).map { "p\($0 / 10)" }
    ).bins(.equalWidth)[0].interval
    let wide = (alike?.upper ?? 0) - (alike?.lower ?? 1)
    let narrow = (apart?.upper ?? 1) - (apart?.lower ?? 0)
    #expect(wide > narrow)
  }
}

@Suite struct CalibrationMeasuresTests {
  private func refusal(_ set: ScoredSet) -> CalibrationRefusal? {
    do throws(CalibrationRefusal) {
      _ = try CalibrationMeasures(set, bootstrap: bootstrap(10))
      return nil
    } catch {
      return error
    }
  }

  @Test func `three labels, or labels of one kind, are refused with the reason`() {
    #expect(refusal(set([0.1, 0.5, 0.9], "-++")) == .tooFew(labels: 3, least: 10))
    #expect(refusal(set([], "")) == .tooFew(labels: 0, least: 10))
    let values = (1...20).map { Double($0) / 20 }
    #expect(
      refusal(set(values, String(repeating: "+", count: 20)))
        == .oneClass(labels: 20, isRight: true))
    #expect(
      refusal(set(values, String(repeating: "-", count: 20)))
        == .oneClass(labels: 20, isRight: false))
    #expect(
      CalibrationRefusal.tooFew(labels: 3, least: 10).sentence
        == "3 labelled steps are too few to measure: at least 10 are needed; label more.")
    #expect(refusal(set(values, "-" + String(repeating: "+", count: 19))) == nil)
  }

  @Test func `numbers that are none are left out and counted`() throws {
    let odd: [Double] = [.nan, .infinity, -.infinity, 1e300, -1e300]
    let values = (1...12).map { Double($0) / 12 }
    var units = values.enumerated().map { place, value in
      ScoredUnit(confidence: value, isRight: place % 3 > 0, problem: "p\(place)")
    }
    units += odd.map { ScoredUnit(confidence: $0, isRight: true, problem: "odd") }
    units.append(ScoredUnit(value: .nan, confidence: 0.5, isRight: false, problem: "odd"))
    let some = ScoredSet(units)
    #expect(some.unusable == 4)
    #expect(some.units.count == 14)
    // What is beyond the bar is the bar's end.
    #expect(some.units.allSatisfy { (0...1).contains($0.confidence) })
    let measures = try CalibrationMeasures(some, bootstrap: bootstrap(50))
    for estimate in [
      measures.auroc, measures.auprc, measures.brier, measures.equalMassError,
      measures.equalWidthError, measures.riskCoverageArea,
    ] {
      let value = try #require(estimate).value
      #expect((0...1).contains(value))
    }
    // It is JSON, so without NaN and infinities.
    _ = try JSONEncoder().encode(measures)
  }

  @Test func `intervals hold the value and are the same every time`() throws {
    var random = Seeded(5)
    let units = (0..<200).map { place in
      let value = Double.random(in: 0...1, using: &random)
      return ScoredUnit(
        confidence: value, isRight: Double.random(in: 0...1, using: &random) < value,
        problem: "p\(place / 5)")
    }
    let measures = try CalibrationMeasures(ScoredSet(units), bootstrap: bootstrap(300))
    let again = try CalibrationMeasures(
      ScoredSet(units.shuffled(using: &random)), bootstrap: bootstrap(300))
    #expect(measures.auroc == again.auroc)
    #expect(measures.problems == 40)
    let auroc = try #require(measures.auroc)
    let interval = try #require(auroc.interval)
    #expect(interval.lower < auroc.value && auroc.value < interval.upper)
    #expect(interval.upper - interval.lower < 0.25)
    #expect(isNear(measures.baseRate, Double(measures.wrong) / 200))
    let best = measures.bestRiskCoverageArea
    #expect(best < (measures.riskCoverageArea?.value ?? 0))
  }

  @Test func `one problem has no interval`() throws {
    let values = (1...12).map { Double($0) / 12 }
    let one = set(
      values, "-+-+-+++++++", problems: Array(repeating: "only", count: 12))
    let measures = try CalibrationMeasures(one, bootstrap: bootstrap(50))
    #expect(measures.auroc != nil)
    #expect(measures.auroc?.interval == nil)
  }
}
