import Foundation

/// What is known of an entropy: it lies between the two ends, which are equal when it is exact.
package struct EntropyInterval: Equatable, Sendable {
  package var lower: Nats
  package var upper: Nats
  package init(lower: Nats, upper: Nats) {
    self.lower = lower
    self.upper = upper
  }
}

package enum Entropy {
  /// Stands in for a vocabulary whose size a server does not tell.
  ///
  /// As large as the largest in common use (Gemma's), because a larger vocabulary only raises the
  /// upper bound: with too small a one it would not be a bound at all.
  package static let generousVocabulary = 262_144

  /// Residual mass this small is the rounding of single-precision log-probabilities, not a tail.
  static let rounding = 2e-6

  /// A sum of probabilities this far above 1 cannot be rounding: the numbers are no distribution.
  static let largestSum = 1.01

  /// Entropy in nats of a distribution known in full.
  package static func exact(ofProbabilities probabilities: some Sequence<Double>) -> Nats {
    Nats(probabilities.reduce(0) { $0 + term($1) })
  }

  /// Bounds of the entropy of a distribution of which only the likeliest tokens are known.
  ///
  /// The rest of the mass `r` may be spread evenly over all tokens left out, which gives the upper
  /// bound, or lumped into as few as the least reported probability allows, which gives the lower
  /// one. Floors (`-infinity`, `-9999`) count as left out. The caller drops a sampled token that a
  /// server adds to its top k: below it the lumps would be too small.
  ///
  /// `nil` when nothing finite was reported, or the numbers sum to well over 1.
  package static func bounds(
    topLogProbabilities: some Sequence<Float>, vocabularySize: Int?
  ) -> EntropyInterval? {
    var sum = 0.0
    var top = 0.0
    var least = 1.0
    var count = 0
    for logProbability in topLogProbabilities where isMeasured(logProbability) {
      let p = min(exp(Double(logProbability)), 1)
      sum += p
      top += term(p)
      least = min(least, p)
      count += 1
    }
    guard count > 0, sum <= largestSum else { return nil }
    let rest = max(0, 1 - sum)
    let leftOut = max(vocabularySize ?? generousVocabulary, count) - count
    guard rest > rounding, leftOut > 0, least > 0 else {
      return EntropyInterval(lower: Nats(top), upper: Nats(top))
    }
    let lumps = (rest / least).rounded(.down)
    let crumb = max(0, rest - lumps * least)
    let lower = top + lumps * term(least) + term(crumb)
    let upper = top - rest * log(rest / Double(leftOut))
    return EntropyInterval(lower: Nats(lower), upper: Nats(max(lower, upper)))
  }

  /// Whether a log-probability is a number a model gave, rather than a floor or a slip.
  package static func isMeasured(_ logProbability: Float) -> Bool {
    logProbability.isFinite && logProbability > -9_999 && logProbability <= 0.01
  }

  private static func term(_ p: Double) -> Double { p > 0 ? -p * log(p) : 0 }
}
