/// A number, or why there is none.
///
/// A measure of agreement that has nothing to go by is neither 0 nor 1: those say something.
package enum Measured: Equatable, Sendable {
  case value(Double)
  case undefined(Undefined)

  package var value: Double? {
    if case .value(let value) = self { return value }
    return nil
  }

  package var undefined: Undefined? {
    if case .undefined(let reason) = self { return reason }
    return nil
  }

  /// A share of a whole, undefined for the reason given where there is no whole.
  static func share(_ part: Double, of whole: Double, else reason: Undefined) -> Measured {
    whole > 0 ? .value(part / whole) : .undefined(reason)
  }
}

/// Why a measure has no value.
package enum Undefined: String, Codable, Sendable, CaseIterable {
  case oneAnnotator, noOverlap, oneCategory, noFirstErrors, noErrors, noCorrectChains
  case noErroneousChains, neverIncorrect, noneIncorrect, noTypes, tooFew, noTimes

  /// As the end of a sentence that begins with the measure.
  package var reason: String {
    switch self {
    case .oneAnnotator: "only one person labelled"
    case .noOverlap: "no step has labels of both, or of at least two"
    case .oneCategory: "every label is the same, so chance alone would agree as often"
    case .noFirstErrors: "no chain was labelled by both far enough to know its first error"
    case .noErrors: "both say \u{201C}no error\u{201D} of every chain"
    case .noCorrectChains: "no chain is correct by the gold labels"
    case .noErroneousChains: "no chain is erroneous by the gold labels"
    case .neverIncorrect: "no step was called incorrect"
    case .noneIncorrect: "no step is incorrect by the gold labels"
    case .noTypes: "no step was given an error type by both"
    case .tooFew: "fewer than \(Drift.least) labels can be compared"
    case .noTimes: "all labels were made at the same moment"
    }
  }
}

/// A measure with its 95% interval.
package struct AgreementEstimate: Equatable, Sendable {
  package var measured: Measured
  /// `nil` where resampling shows no spread: fewer than two problems, or a measure that is
  /// undefined on more of the draws than the interval leaves out.
  package var interval: Interval?
  package init(_ measured: Measured, interval: Interval? = nil) {
    self.measured = measured
    self.interval = interval
  }

  package var value: Double? { measured.value }
}

extension AgreementEstimate: Encodable {
  private enum Keys: String, CodingKey { case value, lower, upper, undefined }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    switch measured {
    case .value(let value): try container.encode(value, forKey: .value)
    case .undefined(let reason): try container.encode(reason, forKey: .undefined)
    }
    try container.encodeIfPresent(interval?.lower, forKey: .lower)
    try container.encodeIfPresent(interval?.upper, forKey: .upper)
  }
}
