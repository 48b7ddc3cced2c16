import Foundation
import Sessions

/// One number about a step or a token, with what is known of its exactness.
package struct SignalValue: Equatable, Sendable {
  package var value: Float
  /// The upper bound, when `value` is only a lower one.
  package var upper: Float?
  package init(value: Float, upper: Float? = nil) {
    self.value = value
    self.upper = upper
  }
  package var isExact: Bool { upper == nil }
}

/// A way of telling how sure the model was of a step.
package enum Signal: String, CaseIterable, Codable, Sendable {
  case meanLogProbability, minProbability, meanEntropy, maxEntropy, lowestWindow, margin

  package static let standard = Signal.meanLogProbability

  package var name: String {
    switch self {
    case .meanLogProbability: "mean log-probability"
    case .minProbability: "min probability"
    case .meanEntropy: "mean entropy"
    case .maxEntropy: "max entropy"
    case .lowestWindow: "lowest window of \(StepMeasures.window)"
    case .margin: "mean margin p1 - p2"
    }
  }

  package var unit: String {
    switch self {
    case .meanLogProbability, .meanEntropy, .maxEntropy, .lowestWindow: "nats"
    case .minProbability, .margin: "probability"
    }
  }

  /// What the number was made from.
  package var source: String {
    switch self {
    case .meanLogProbability, .minProbability, .lowestWindow: "log-probabilities of the tokens"
    case .meanEntropy, .maxEntropy, .margin: "alternatives of the tokens"
    }
  }

  /// `nil` where the server sent nothing to make it from.
  package func value(in measures: StepMeasures) -> SignalValue? {
    switch self {
    case .meanLogProbability: measures.meanLogProbability.map { SignalValue(value: $0) }
    case .minProbability: measures.minLogProbability.map { SignalValue(value: exp($0)) }
    case .lowestWindow: measures.lowestWindow.map { SignalValue(value: $0) }
    case .margin: measures.meanMargin.map { SignalValue(value: $0) }
    case .meanEntropy: measures.meanEntropy.map(SignalValue.init)
    case .maxEntropy: measures.maxEntropy.map(SignalValue.init)
    }
  }

  /// The signal as a length of bar, 0 (unsure) to 1 (sure).
  ///
  /// exp(mean log-probability) is the geometric mean probability of a token; the window alike.
  /// exp(-entropy) is one over the effective number of choices. Probability and margin stand for
  /// themselves. An entropy known by bounds counts with its lower one: the bar is the most
  /// confidence that the numbers allow, and the screen says so. Calibrated is none of these but
  /// the one signal that the model's profile has labelled steps for: there the bar is the share of
  /// such steps that were right.
  package func confidence(in measures: StepMeasures, by profile: ModelProfile?) -> Float? {
    if let calibration = calibration(in: profile), let value = value(in: measures)?.value,
      let probability = calibration.probability(at: Double(value))
    {
      return Float(min(max(probability, 0), 1))
    }
    return confidence(in: measures)
  }

  /// What the profile knows of this very signal.
  package func calibration(in profile: ModelProfile?) -> Calibration? {
    profile?.calibration.flatMap { $0.signal == rawValue ? $0 : nil }
  }

  /// `calibrated on 412 steps`; `nil` for a model that nothing is calibrated for.
  package func standing(in profile: ModelProfile?) -> String? {
    if let calibration = calibration(in: profile) {
      return "calibrated on \(calibration.steps) steps"
    }
    return profile?.calibration == nil ? nil : "uncalibrated"
  }

  /// A higher value is a surer model, as a calibration's knots need it.
  package static let calibratable: [Signal] = [
    .meanLogProbability, .minProbability, .lowestWindow, .margin,
  ]

  private func confidence(in measures: StepMeasures) -> Float? {
    guard let value = value(in: measures)?.value else { return nil }
    let mapped =
      switch self {
      case .meanLogProbability, .lowestWindow: exp(value)
      case .meanEntropy, .maxEntropy: exp(-value)
      case .minProbability, .margin: value
      }
    return min(max(mapped, 0), 1)
  }
}

extension SignalValue {
  init(_ bounds: EntropyBounds) {
    self.init(value: bounds.lower, upper: bounds.isExact ? nil : bounds.upper)
  }
}

/// What an overlay shows of one token.
package enum TokenSignal: String, CaseIterable, Codable, Sendable {
  case probability, entropy

  package var unit: String { self == .probability ? "probability" : "nats" }

  package func value(at index: Int, in table: TokenTable) -> SignalValue? {
    switch self {
    // A floor is a probability too small to tell: 0 is what it shows.
    case .probability: table.logProbability(of: index).map { SignalValue(value: exp(min($0, 0))) }
    case .entropy: table.entropy(of: index).map(SignalValue.init)
    }
  }
}
