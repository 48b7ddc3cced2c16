/// What one pass over all the logits of a token tells.
package struct LogitMeasures: Sendable {
  /// At temperature 1: a logit less this is its log-probability.
  package var logSumExp: Float
  /// At temperature 1.
  package var entropy: Nats
  package var entropyAtTemperature: Nats
  /// The likeliest, with their log-probabilities at temperature 1; of equals the lower id first.
  package var top: [(id: Int32, logProbability: Float)]
  /// False when a logit is NaN or positive infinity, or none is above negative infinity.
  ///
  /// Everything else is then NaN, and `top` is empty.
  package var isFinite: Bool

  static var undefined: LogitMeasures {
    LogitMeasures(
      logSumExp: .nan, entropy: Nats(.nan), entropyAtTemperature: Nats(.nan), top: [],
      isFinite: false)
  }
}
