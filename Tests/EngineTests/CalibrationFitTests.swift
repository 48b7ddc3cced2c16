import Foundation
import Sessions
import Testing

@testable import Engine

private func units(_ values: [Double], _ labels: String) -> [ScoredUnit] {
  zip(values, labels).enumerated().map { place, unit in
    ScoredUnit(
      value: unit.0, confidence: exp(min(unit.0, 0)), isRight: unit.1 == "+",
      problem: "p\(place)")
  }
}

/// Steps whose share of right ones rises with the value, five to a problem.
private func noisy(_ count: Int, seed: UInt64) -> ScoredSet {
  var random = Seeded(seed)
  return ScoredSet(
    (0..<count).map { place in
      let value = Double.random(in: -3...0, using: &random)
      let share = 1 / (1 + exp(-(2 * value + 2)))
      return ScoredUnit(
        value: value, confidence: exp(value),
        isRight: Double.random(in: 0...1, using: &random) < share, problem: "p\(place / 5)")
    })
}

@Suite struct IsotonicTests {
  @Test func `violators are pooled, as by hand`() {
    // Shares 1, 0, 1, 0, 0, 1, 1: the first two pool to 1/2; 1, 0, 0 to 1/3, below 1/2, so all
    // five to 2/5.
    let points = [1.0, 0, 1, 0, 0, 1, 1].enumerated().map {
      (value: Double($0), right: $1, count: 1.0)
    }
    let blocks = Isotonic.pool(points)
    #expect(blocks.map(\.count) == [5, 2])
    #expect(blocks.map { $0.right / $0.count } == [0.4, 1])
    #expect(blocks.map(\.value) == [2, 5.5])
  }

  @Test func `a fit rises, is never certain, and passes near the shares`() {
    let some = noisy(400, seed: 3)
    guard case .isotonic(let knots) = CalibrationCurve.fit(.isotonic, to: some.units) else {
      Issue.record("no isotonic curve")
      return
    }
    #expect(knots.count > 3)
    for (left, right) in zip(knots, knots.dropFirst()) {
      #expect(left.value < right.value && left.share <= right.share)
    }
    #expect(knots.allSatisfy { $0.share > 0 && $0.share < 1 })
    let curve = CalibrationCurve.isotonic(knots)
    #expect(abs(curve.share(at: -1) - 0.5) < 0.15)
    #expect(curve.share(at: -100) == knots.first?.share)
    #expect(curve.share(at: 100) == knots.last?.share)
  }

  @Test func `equal values are one knot`() {
    let alike = units([Double](repeating: -1, count: 20), String(repeating: "+-", count: 10))
    #expect(CalibrationCurve.fit(.isotonic, to: alike) == .isotonic([.init(value: -1, share: 0.5)]))
  }
}

@Suite struct PlattTests {
  @Test func `two values have a curve that can be worked out`() {
    // 10 units at 0, 2 right; 10 at 1, 8 right. Ten right, ten wrong: targets 11/12 and 1/12.
    // With a free level at each of two values the loss is least where the curve is the mean target:
    // (2 * 11 + 8) / 120 = 0.25 at 0 and (8 * 11 + 2) / 120 = 0.75 at 1.
    let values = [Double](repeating: 0, count: 10) + [Double](repeating: 1, count: 10)
    let fit = Platt(fittedTo: units(values, "++--------++++++++--"))
    #expect(abs(fit.share(at: 0) - 0.25) < 1e-6)
    #expect(abs(fit.share(at: 1) - 0.75) < 1e-6)
    #expect(abs(fit.slope - 2 * log(3)) < 1e-5)
    #expect(abs(fit.offset + log(3)) < 1e-5)
  }

  @Test func `labels that a threshold parts have a finite curve`() {
    let values = (0..<20).map { Double($0) }
    let fit = Platt(fittedTo: units(values, "----------++++++++++"))
    #expect(fit.slope.isFinite && fit.offset.isFinite)
    #expect(fit.share(at: 0) < 0.2 && fit.share(at: 19) > 0.8)
    #expect(fit.share(at: 1e300) == 1)
    #expect(fit.share(at: -1e300) == 0)
  }

  @Test func `values far apart, all alike or huge break nothing`() {
    let spread: [Double] = [-1e6] + (1..<20).map { Double($0) / 1e6 }
    let huge: [Double] = (0..<20).map { Double($0) * 1e150 }
    for values in [spread, [Double](repeating: 3, count: 20), huge] {
      let fit = Platt(fittedTo: units(values, String(repeating: "+-", count: 10)))
      for value in values { #expect((0...1).contains(fit.share(at: value)), "\(values.prefix(2))") }
    }
  }

  @Test func `its knots are within a thousandth of it`() {
    let curve = Platt(slope: 7, offset: 4)
    let (knots, error) = curve.knots(from: -4, to: 0)
    #expect(error <= 0.001)
    #expect(knots.count < 100)
    let kept = Calibration(
      signal: "margin", steps: 1, problems: 1, knots: knots.map { [$0.value, $0.share] })
    for place in 0...1000 {
      let value = -4 + Double(place) / 250
      let share = kept.probability(at: value) ?? 9
      let off = abs(share - curve.share(at: value))
      #expect(off <= 0.0011, "\(value)")
    }
    #expect(curve.knots(from: 1, to: 1).knots.count == 1)
  }
}

@Suite struct CalibrationFitTests {
  private var bootstrap: Bootstrap {
    var bootstrap = Bootstrap()
    bootstrap.resamples = 100
    return bootstrap
  }

  @Test func `out of fold a fit is nearer to the shares than the bar as it is`() throws {
    let fit = try CalibrationFit(noisy(600, seed: 8), bootstrap: bootstrap)
    #expect(fit.folds == 5)
    #expect(fit.outcomes.map(\.name) == ["raw", "isotonic", "platt"])
    let brier = fit.outcomes.map { $0.brier?.value ?? 9 }
    #expect(brier[1] < brier[0] && brier[2] < brier[0])
    let errors = fit.outcomes.map { $0.equalMassError?.value ?? 9 }
    #expect(errors[1] < errors[0] && errors[2] < errors[0])
    let again = try CalibrationFit(noisy(600, seed: 8), bootstrap: bootstrap)
    #expect(again == fit)
  }

  @Test func `a problem is in one fold, and each fold is about as large`() {
    let folds = Folds(problems: 23, folds: 5, seed: 4)
    let sizes = (0..<5).map { fold in (0..<23).count { folds.fold(ofProblem: $0) == fold } }
    #expect(sizes.sorted() == [4, 4, 5, 5, 5])
    #expect(Folds(problems: 3, folds: 5, seed: 1).count == 3)
    let other = Folds(problems: 23, folds: 5, seed: 5)
    #expect((0..<23).contains { folds.fold(ofProblem: $0) != other.fold(ofProblem: $0) })
  }

  @Test func `what a unit is given does not come from its own problem`() {
    // The odd problem has the only wrong steps: left out, nothing speaks against its values.
    let some = ScoredSet(
      (0..<40).map { place in
        ScoredUnit(
          value: Double(place), confidence: 0.5, isRight: place >= 10,
          problem: place < 10 ? "odd" : "p\(place)")
      })
    let held = some.outOfFold(.isotonic, Folds(problems: some.problems.count, folds: 31, seed: 1))
    let odd = held.units.filter { $0.problem == "odd" }
    #expect(odd.count == 10)
    #expect(odd.allSatisfy { $0.confidence > 0.8 })
  }

  @Test func `both curves are kept as knots that a profile takes`() throws {
    let fit = try CalibrationFit(noisy(300, seed: 2), bootstrap: bootstrap)
    for kind in CalibrationCurve.Kind.allCases {
      let (calibration, error) = try fit.calibration(kind, signal: "meanLogProbability")
      #expect(calibration.steps == 300)
      #expect(calibration.problems == 60)
      #expect(error <= 0.001)
      for (left, right) in zip(calibration.knots, calibration.knots.dropFirst()) {
        #expect(left[0] < right[0] && left[1] <= right[1], "\(kind)")
      }
      let curve = try #require(fit.curves[kind])
      for place in 0...30 {
        let value = -3 + Double(place) / 10
        guard let first = calibration.knots.first?[0], let last = calibration.knots.last?[0],
          (first...last).contains(value)
        else { continue }
        let kept = try #require(calibration.probability(at: value))
        #expect(abs(kept - curve.share(at: value)) <= 0.0011, "\(kind) at \(value)")
      }
    }
  }

  @Test func `a signal that ranks the wrong way, or one problem alone, is refused`() throws {
    let turned = ScoredSet(
      noisy(300, seed: 2).units.map { unit in
        var unit = unit
        unit.isRight.toggle()
        return unit
      })
    let fit = try CalibrationFit(turned, bootstrap: bootstrap)
    #expect(throws: CalibrationRefusal.wrongWay(signal: "margin")) {
      try fit.calibration(.platt, signal: "margin")
    }
    let alone = ScoredSet(
      noisy(50, seed: 2).units.map { unit in
        var unit = unit
        unit.problem = "only"
        return unit
      })
    #expect(throws: CalibrationRefusal.oneProblem(labels: 50)) {
      try CalibrationFit(alone, bootstrap: bootstrap)
    }
  }
}

@Suite struct MissRateTests {
  /// Wrong steps with entropies 1, 2, 3, 4; right ones with 0.5, 1.5, 2.5 and nine of 0.1.
  private func some() -> ScoredSet {
    let entropies = [1.0, 2, 3, 4, 0.5, 1.5, 2.5] + [Double](repeating: 0.1, count: 9)
    return ScoredSet(
      entropies.enumerated().map { place, entropy in
        ScoredUnit(
          value: -entropy, confidence: exp(-entropy), isRight: place >= 4, problem: "p\(place)")
      })
  }

  @Test(arguments: [
    // Half may be missed: 1 and 2. The threshold lies between 2.5 and 3.
    (0.5, 2.75, 2, 0), (0.25, 1.75, 1, 1), (0.49, 1.75, 1, 1), (0, 0.75, 0, 2), (0.75, 3.5, 3, 0),
  ])
  func `the threshold is the highest that misses no more`(
    rate: Double, threshold: Double, missed: Int, alarms: Int
  ) throws {
    let proposal = try #require(
      try MissRateProposal(some(), missRate: rate, firesAbove: true))
    #expect(isClose(proposal.threshold, threshold))
    #expect(proposal.missed.count == missed)
    #expect(proposal.missed.of == 4)
    #expect(proposal.falseAlarms.count == alarms)
    #expect(proposal.falseAlarms.of == 12)
    #expect(proposal.heldOutMissed?.of == 4)
  }

  @Test func `a signal that is low where a model doubts fires below`() throws {
    let turned = ScoredSet(some().units)
    let proposal = try #require(
      try MissRateProposal(turned, missRate: 0.5, firesAbove: false))
    #expect(isClose(proposal.threshold, -2.75))
  }

  @Test func `three in ten is three, whatever the rounding`() throws {
    let entropies = (1...20).map { Double($0) }
    let ten = ScoredSet(
      entropies.enumerated().map { place, entropy in
        ScoredUnit(
          value: -entropy, confidence: exp(-entropy), isRight: place % 2 == 0, problem: "p\(place)")
      })
    let proposal = try #require(
      try MissRateProposal(ten, missRate: 0.3, firesAbove: true))
    #expect(proposal.missed.count == 3)
  }

  @Test func `where only firing everywhere would do there is no threshold`() throws {
    let same = ScoredSet(
      (0..<20).map {
        ScoredUnit(value: -0.0, confidence: 1, isRight: $0 > 4, problem: "p\($0)")
      })
    #expect(try MissRateProposal(same, missRate: 0.1, firesAbove: true) == nil)
    #expect(throws: CalibrationRefusal.tooFew(labels: 3, least: 10)) {
      try MissRateProposal(
        ScoredSet(same.units.prefix(3)), missRate: 0.1, firesAbove: true)
    }
  }

  private func isClose(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) < 1e-9
  }
}
