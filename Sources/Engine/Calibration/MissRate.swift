import Sessions

/// From how many wrong steps may go by unnoticed to where a threshold belongs.
package struct MissRateProposal: Codable, Equatable, Sendable {
  /// Out of so many units, so many on one side of a threshold.
  package struct Count: Codable, Equatable, Sendable {
    package var count: Int
    package var of: Int
    /// At the effective number of units: those of one problem are alike.
    package var interval: Interval?
  }

  package var wanted: Double
  /// In the signal's own unit.
  package var threshold: Double
  /// Whether a step fires above the threshold, as for an entropy, or below it.
  package var firesAbove: Bool
  /// Wrong steps that do not fire.
  package var missed: Count
  /// Right steps that fire for nothing.
  package var falseAlarms: Count
  /// The same with each threshold set on the other folds: what to expect of new problems.
  ///
  /// `nil` where the steps are of one problem.
  package var heldOutMissed: Count?
  package var heldOutFalseAlarms: Count?

  /// - Returns: `nil` where only firing at every step would miss as few.
  package init?(
    _ set: ScoredSet, missRate wanted: Double, firesAbove: Bool, folds: Int = 5, seed: UInt64 = 1
  ) throws(CalibrationRefusal) {
    if let refusal = set.refusal { throw refusal }
    guard let cut = Self.cut(set.units, wanted), cut.isFinite,
      set.units.contains(where: { $0.value >= cut })
    else { return nil }
    self.wanted = wanted
    self.firesAbove = firesAbove
    threshold = firesAbove ? -cut : cut
    let places = Array(set.units.indices)
    missed = Self.count(set, places, right: false) { set.units[$0].value >= cut }
    falseAlarms = Self.count(set, places, right: true) { set.units[$0].value < cut }
    guard set.problems.count > 1 else { return }
    let folds = Folds(problems: set.problems.count, folds: folds, seed: seed)
    let cuts = (0..<folds.count).map { fold in
      Self.cut(
        places.filter { folds.fold(ofProblem: set.problemOf[$0]) != fold }.map { set.units[$0] },
        wanted)
    }
    // Without a cut of its own (no wrong step in the other folds) a fold fires at everything.
    let fires = places.map { place in
      let cut = cuts[folds.fold(ofProblem: set.problemOf[place])] ?? .infinity
      return set.units[place].value < cut
    }
    heldOutMissed = Self.count(set, places, right: false) { !fires[$0] }
    heldOutFalseAlarms = Self.count(set, places, right: true) { fires[$0] }
  }

  /// The least value from which on a step is left alone; below it, it fires.
  ///
  /// Half-way between the surest wrong unit that is to fire and what lies above it.
  private static func cut(_ units: [ScoredUnit], _ wanted: Double) -> Double? {
    let wrong = units.filter { !$0.isRight }.map(\.value).sorted(by: >)
    // A rounding error must not cost a unit: 0.3 of 10 is 3.
    let allowed = Int(wanted * Double(wrong.count) + 1e-9)
    guard !wrong.isEmpty else { return nil }
    guard allowed < wrong.count else { return units.map(\.value).min() }
    let toFire = wrong[allowed]
    guard let above = units.lazy.map(\.value).filter({ $0 > toFire }).min() else {
      return .infinity
    }
    let middle = toFire + (above - toFire) / 2
    let rounded = (middle * 1e4).rounded() / 1e4
    return toFire < rounded && rounded <= above ? rounded : above
  }

  private static func count(
    _ set: ScoredSet, _ places: [Int], right: Bool, _ isCounted: (Int) -> Bool
  ) -> Count {
    var scores: [Int: Score] = [:]
    for place in places where set.units[place].isRight == right {
      scores[set.problemOf[place], default: Score()].count += 1
      scores[set.problemOf[place], default: Score()].right += isCounted(place) ? 1 : 0
    }
    return Count(
      count: scores.values.reduce(0) { $0 + $1.right },
      of: scores.values.reduce(0) { $0 + $1.count },
      interval: Statistics.interval(ofShareIn: scores.sorted { $0.key < $1.key }.map(\.value)))
  }
}
