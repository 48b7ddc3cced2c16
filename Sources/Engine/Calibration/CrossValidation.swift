import Sessions

/// What a fit does on problems it has not seen, and the curve fitted to all of them.
package struct CalibrationFit: Equatable, Sendable {
  /// Errors on the units of the folds that were left out.
  package struct Outcome: Codable, Equatable, Sendable {
    /// `raw` for the bar as it is without a calibration, `profile` for it with the model's own.
    package var name: String
    package var equalWidthError: Estimate?
    package var equalMassError: Estimate?
    package var brier: Estimate?
    package var equalMassBins: [ReliabilityBin]
  }

  package var folds: Int
  package var seed: UInt64
  /// The bar as it is, then each kind of curve.
  package var outcomes: [Outcome]
  package var curves: [CalibrationCurve.Kind: CalibrationCurve]
  package let set: ScoredSet

  /// - Parameter folds: at most; of a few problems each is a fold.
  package init(
    _ set: ScoredSet, folds: Int = 5, bootstrap: Bootstrap = Bootstrap()
  ) throws(CalibrationRefusal) {
    if let refusal = set.fitRefusal { throw refusal }
    self.set = set
    seed = bootstrap.seed
    let places = Folds(problems: set.problems.count, folds: folds, seed: bootstrap.seed)
    self.folds = places.count
    var outcomes = [set.outcome("raw", bootstrap)]
    var curves: [CalibrationCurve.Kind: CalibrationCurve] = [:]
    for kind in CalibrationCurve.Kind.allCases {
      outcomes.append(set.outOfFold(kind, places).outcome(kind.rawValue, bootstrap))
      curves[kind] = .fit(kind, to: set.units)
    }
    self.outcomes = outcomes
    self.curves = curves
  }

  /// The curve as a profile keeps it, and how far lines between its knots are from it at most.
  ///
  /// - Parameter signal: the name the profile knows the signal by.
  package func calibration(
    _ kind: CalibrationCurve.Kind, signal: String
  ) throws(CalibrationRefusal) -> (calibration: Calibration, largestError: Double) {
    let (knots, error) = knots(kind)
    guard zip(knots, knots.dropFirst()).allSatisfy({ $0.share <= $1.share }) else {
      throw .wrongWay(signal: signal)
    }
    let calibration = Calibration(
      signal: signal, steps: set.units.count, problems: set.problems.count,
      knots: knots.map { [$0.value, $0.share] })
    return (calibration, error)
  }

  private func knots(
    _ kind: CalibrationCurve.Kind
  ) -> (knots: [CalibrationCurve.Knot], largestError: Double) {
    switch curves[kind] {
    case .isotonic(let knots)?: return (knots, 0)
    case .platt(let curve)?:
      guard let first = set.units.first?.value, let last = set.units.last?.value else {
        return ([], 0)
      }
      return curve.knots(from: first, to: last)
    case nil: return ([], 0)
    }
  }
}

extension Platt {
  /// Lines near the curve between two values, finer until none is more than a thousandth off.
  package func knots(
    from first: Double, to last: Double
  ) -> (knots: [CalibrationCurve.Knot], largestError: Double) {
    guard first < last else {
      return ([CalibrationCurve.Knot(value: first, share: share(at: first))], 0)
    }
    var values = [first, last]
    var largest = 0.0
    while true {
      var refined = [first]
      largest = 0
      for (left, right) in zip(values, values.dropFirst()) {
        let middle = left + (right - left) / 2
        let error =
          (1...7).map { eighth in
            let part = Double(eighth) / 8
            let line = share(at: left) + part * (share(at: right) - share(at: left))
            return abs(share(at: left + part * (right - left)) - line)
          }.max() ?? 0
        if error > 0.001, middle > left, middle < right { refined.append(middle) }
        largest = max(largest, error)
        refined.append(right)
      }
      if refined.count == values.count || refined.count > 256 { break }
      values = refined
    }
    return (
      values.map { value in
        CalibrationCurve.Knot(value: value, share: (share(at: value) * 1e6).rounded() / 1e6)
      }, largest
    )
  }
}

/// Which problems are left out together; the same for the same number of them and seed.
struct Folds {
  let count: Int
  /// By place of the problem.
  private let foldOf: [Int]

  init(problems: Int, folds: Int, seed: UInt64) {
    count = max(1, min(folds, problems))
    var random = SplitMix(seed: seed)
    var order = Array(0..<problems)
    for place in order.indices.reversed() {
      order.swapAt(place, random.index(below: place + 1))
    }
    var foldOf = [Int](repeating: 0, count: problems)
    for (place, problem) in order.enumerated() { foldOf[problem] = place % count }
    self.foldOf = foldOf
  }

  func fold(ofProblem place: Int) -> Int { foldOf[place] }
}

extension ScoredSet {
  func outcome(_ name: String, _ bootstrap: Bootstrap) -> CalibrationFit.Outcome {
    let measures: [Measure] = [
      { $0.expectedCalibrationError(.equalWidth, weights: $1) },
      { $0.expectedCalibrationError(.equalMass, weights: $1) }, { $0.brier(weights: $1) },
    ]
    let found = estimates(of: measures, bootstrap: bootstrap)
    return CalibrationFit.Outcome(
      name: name, equalWidthError: found[0], equalMassError: found[1], brier: found[2],
      equalMassBins: bins(.equalMass))
  }

  /// Units with the confidence that a curve fitted to the other folds gives them.
  func outOfFold(_ kind: CalibrationCurve.Kind, _ folds: Folds) -> ScoredSet {
    let fold = problemOf.map(folds.fold)
    var out: [ScoredUnit] = []
    for held in 0..<folds.count {
      let seen = units.indices.filter { fold[$0] != held }.map { units[$0] }
      let curve = CalibrationCurve.fit(kind, to: seen)
      for place in units.indices where fold[place] == held {
        var unit = units[place]
        unit.confidence = curve.share(at: unit.value)
        unit.value = unit.confidence
        out.append(unit)
      }
    }
    return ScoredSet(out)
  }
}
