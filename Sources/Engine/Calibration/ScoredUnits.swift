import Sessions

/// One labelled step with what was said of it beforehand.
package struct ScoredUnit: Equatable, Sendable {
  /// In the signal's own unit, turned so that higher is surer.
  package var value: Double
  /// The length of the bar, 0 (unsure) to 1 (sure).
  package var confidence: Double
  /// As it was labelled.
  package var isRight: Bool
  /// Units of one problem are alike: folds and resamples keep them together.
  package var problem: String

  package init(value: Double, confidence: Double, isRight: Bool, problem: String) {
    self.value = value
    self.confidence = confidence
    self.isRight = isRight
    self.problem = problem
  }

  /// A unit that is known by its confidence only.
  package init(confidence: Double, isRight: Bool, problem: String) {
    self.init(value: confidence, confidence: confidence, isRight: isRight, problem: problem)
  }
}

/// Why labelled steps say nothing of how far a number can be trusted.
package enum CalibrationRefusal: Error, Equatable, Sendable {
  case tooFew(labels: Int, least: Int)
  case oneClass(labels: Int, isRight: Bool)
  /// Cross-validation and resampling leave whole problems out.
  case oneProblem(labels: Int)
  /// The fitted share of right steps falls while the signal rises.
  case wrongWay(signal: String)

  package var sentence: String {
    switch self {
    case .tooFew(let labels, let least):
      "\(labels) labelled \(labels == 1 ? "step is" : "steps are") too few to measure: at least "
        + "\(least) are needed; label more."
    case .oneClass(let labels, let isRight):
      "All \(labels) labelled steps are \(isRight ? "right" : "wrong"), and telling right from wrong "
        + "cannot be measured on one kind; label chains with \(isRight ? "wrong" : "right") steps too."
    case .oneProblem(let labels):
      "All \(labels) labelled steps are of one problem, and nothing can be held out; label chains of "
        + "other problems too."
    case .wrongWay(let signal):
      "The higher the \(signal), the fewer of the labelled steps are right, which no bar can show; "
        + "choose another signal."
    }
  }
}

/// Labelled steps in the order of one signal.
package struct ScoredSet: Equatable, Sendable {
  /// Fewer labelled steps are not measured: an interval from them spans everything.
  package static let least = 10

  /// From least to most sure; equal values in the order given.
  package let units: [ScoredUnit]
  /// Units without a number: NaN or infinite.
  package let unusable: Int
  /// Names of the problems, sorted, so that the same units give the same draws.
  package let problems: [String]
  /// Place in ``problems`` of each unit.
  let problemOf: [Int]
  /// Places of ``units`` by rising confidence.
  let byConfidence: [Int]
  /// Places of units of equal value, least sure first.
  let ties: [Range<Int>]

  package init(_ given: some Sequence<ScoredUnit>) {
    var unusable = 0
    var kept: [ScoredUnit] = []
    for var unit in given {
      guard unit.value.isFinite, unit.confidence.isFinite else {
        unusable += 1
        continue
      }
      unit.confidence = min(max(unit.confidence, 0), 1)
      kept.append(unit)
    }
    let order = kept.indices.sorted { (kept[$0].value, $0) < (kept[$1].value, $1) }
    let units = order.map { kept[$0] }
    self.units = units
    self.unusable = unusable
    problems = Set(units.map(\.problem)).sorted()
    let places = Dictionary(uniqueKeysWithValues: zip(problems, problems.indices))
    problemOf = units.map { places[$0.problem] ?? 0 }
    byConfidence = units.indices.sorted {
      (units[$0].confidence, $0) < (units[$1].confidence, $1)
    }
    ties = units.indices.runs { units[$0].value == units[$1].value }
  }

  package var right: Int { units.count(where: \.isRight) }
  package var wrong: Int { units.count - right }

  /// Why nothing can be said of these, if so.
  package var refusal: CalibrationRefusal? {
    if units.count < Self.least { return .tooFew(labels: units.count, least: Self.least) }
    if right == 0 || wrong == 0 { return .oneClass(labels: units.count, isRight: wrong == 0) }
    return nil
  }

  /// Why nothing can be fitted to these, if so.
  package var fitRefusal: CalibrationRefusal? {
    refusal ?? (problems.count < 2 ? .oneProblem(labels: units.count) : nil)
  }
}

extension Collection where Index == Int {
  /// Ranges of neighbours that are alike.
  func runs(_ isAlike: (Element, Element) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = startIndex
    for place in indices.dropFirst() where !isAlike(self[start], self[place]) {
      runs.append(start..<place)
      start = place
    }
    if start < endIndex { runs.append(start..<endIndex) }
    return runs
  }
}

/// A measured number with its 95% interval over resampled problems.
package struct Estimate: Codable, Equatable, Sendable {
  package var value: Double
  /// `nil` where the units are of one problem, or hardly any resample defines the number.
  package var interval: Interval?
  package init(value: Double, interval: Interval? = nil) {
    self.value = value
    self.interval = interval
  }
}
