import Sessions

/// A number a step is judged by.
package enum Signal: String, CaseIterable, Codable, Sendable {
  case meanLogProbability, minProbability, meanEntropy, maxEntropy, lowestWindow, margin
}

/// A signal's value for one step or token, with the far bound where only a range is known.
package struct SignalValue: Equatable, Sendable {
  package var value: Double
  package var upper: Double
  package var isExact: Bool { value == upper }
  /// The value as 0...1 for a bar; not calibrated.
  package var confidence: Double
}

extension Signal {
  package var name: String { rawValue }
  package var unit: String { "nats" }

  package func value(in measures: StepMeasures) -> SignalValue? {
    guard let mean = measures.meanLogProbability.map(Double.init) else { return nil }
    return SignalValue(value: mean, upper: mean, confidence: 1)
  }
}
