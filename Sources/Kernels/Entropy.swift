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
    guard rest > rounding, leftOut > 0 else {
      return EntropyInterval(lower: Nats(top), upper: Nats(top))
    }
    let tail = Lumps(rest, least: least, among: leftOut)
    let lower = top + tail.count * term(tail.size) + term(tail.crumb)
    let upper = top - rest * log(rest / Double(leftOut))
    return EntropyInterval(lower: Nats(lower), upper: Nats(max(lower, upper)))
  }

  /// Bounds of the entropy at another temperature, from log-probabilities at temperature 1.
  ///
  /// With q proportional to p^(1/T) the ratios within the top k are exact. The tail enters through
  /// its sum of p^(1/T), which lies between that of an even spread and that of lumps as likely as
  /// the least reported token. Lower: the entropy of the top k alone, renormalised, which majorises
  /// the whole. Upper: the top k, and a tail of the largest possible share spread evenly. Both hold
  /// at any temperature, for which ``bounds(topLogProbabilities:vocabularySize:)``, tighter at 1,
  /// does not. At a temperature of 0 or 1 these are the bounds at 1: greedy decoding is watched at
  /// temperature 1.
  package static func bounds(
    topLogProbabilities: some Sequence<Float>, vocabularySize: Int?, temperature: Double
  ) -> EntropyInterval? {
    let known = topLogProbabilities.filter(isMeasured)
    let atOne = bounds(topLogProbabilities: known, vocabularySize: vocabularySize)
    guard atOne != nil, temperature > 0, temperature != 1 else { return atOne }
    let probabilities = known.map { min(exp(Double($0)), 1) }
    // Powers of ratios to the likeliest: no temperature is too low for them.
    let largest = probabilities.max() ?? 0
    guard largest > 0 else { return atOne }
    let power = 1 / temperature
    let weights = probabilities.map { pow($0 / largest, power) }
    let sum = weights.reduce(0, +)
    let top = weights.reduce(0) { $0 + term($1 / sum) }
    // Heat makes much of a tail that is lost in the rounding of the numbers before it.
    let rest = max(temperature > 1 ? rounding : 0, 1 - probabilities.reduce(0, +))
    let leftOut = max(vocabularySize ?? generousVocabulary, known.count) - known.count
    let least = probabilities.min() ?? 0
    guard rest > rounding || temperature > 1, leftOut > 0 else {
      return EntropyInterval(lower: Nats(top), upper: Nats(top))
    }
    let spread = Double(leftOut) * pow(rest / Double(leftOut) / largest, power)
    let lumps = Lumps(rest, least: least, among: leftOut)
    let lumped = lumps.count * pow(lumps.size / largest, power) + pow(lumps.crumb / largest, power)
    let tail = max(spread, lumped)
    // The bound grows with the tail's share up to that of a flat distribution, and falls again: hot
    // enough, the largest possible tail is not the one of the highest entropy.
    let flat = Double(leftOut) / (Double(leftOut) + exp(top))
    let share = min(tail / (sum + tail), flat)
    let upper =
      term(share) + term(1 - share) + (1 - share) * top + share * log(Double(leftOut))
    return EntropyInterval(lower: Nats(top), upper: Nats(max(top, upper)))
  }

  /// What the varentropy, E[log² p] - H², is for the two shapes a tail may have, least first.
  ///
  /// Not proven to be bounds, but no distribution was found between or outside that mattered:
  /// the tail is either spread evenly or lumped, as for the entropy. In squared nats.
  package static func varentropy(
    topLogProbabilities: some Sequence<Float>, vocabularySize: Int?
  ) -> EntropyInterval? {
    let known = topLogProbabilities.filter(isMeasured)
    guard bounds(topLogProbabilities: known, vocabularySize: vocabularySize) != nil else {
      return nil
    }
    let probabilities = known.map { min(exp(Double($0)), 1) }
    func varentropy(with tail: [(count: Double, p: Double)]) -> Double {
      var (entropy, square) = (0.0, 0.0)
      for (count, p) in probabilities.map({ (1.0, $0) }) + tail where p > 0 {
        entropy -= count * p * log(p)
        square += count * p * log(p) * log(p)
      }
      return max(0, square - entropy * entropy)
    }
    let rest = max(0, 1 - probabilities.reduce(0, +))
    let leftOut = max(vocabularySize ?? generousVocabulary, known.count) - known.count
    let least = probabilities.min() ?? 0
    guard rest > rounding, leftOut > 0 else {
      let exact = Nats(varentropy(with: []))
      return EntropyInterval(lower: exact, upper: exact)
    }
    let lumps = Lumps(rest, least: least, among: leftOut)
    let shapes = [
      varentropy(with: [(Double(leftOut), rest / Double(leftOut))]),
      varentropy(with: [(lumps.count, lumps.size), (1, lumps.crumb)]),
    ]
    return EntropyInterval(
      lower: Nats(min(shapes[0], shapes[1])), upper: Nats(max(shapes[0], shapes[1])))
  }

  /// Whether a log-probability is a number a model gave, rather than a floor or a slip.
  package static func isMeasured(_ logProbability: Float) -> Bool {
    logProbability.isFinite && logProbability > -9_999 && logProbability <= 0.01
  }

  /// The rest of the mass in as few tokens as may be: as likely as the least reported, and a crumb.
  ///
  /// Where those left out could not hold it, as what a server clips or makes up, nothing is known of
  /// it: it is a crumb as a whole.
  private struct Lumps {
    var count = 0.0
    var size: Double
    var crumb: Double

    init(_ rest: Double, least: Double, among leftOut: Int) {
      size = least
      crumb = rest
      // A server rounds to a few digits; that much more is a flat tail, and not made up.
      guard least > 0, rest / least <= Double(leftOut) * 1.001 else { return }
      count = (rest / least).rounded(.down)
      crumb = max(0, rest - count * least)
    }
  }

  private static func term(_ p: Double) -> Double { p > 0 ? -p * log(p) : 0 }
}
