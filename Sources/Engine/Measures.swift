import Foundation
import Kernels
import Sessions

extension EntropyBounds {
  /// Bounds from the alternatives a server sent at one token; `nil` when it sent none.
  ///
  /// `limit` is how many were asked for: a server that adds the sampled token beyond its top k
  /// sends one more, last, which is left out (``Entropy/bounds(topLogProbabilities:vocabularySize:)``
  /// says why). The same token sent twice counts once. Without `vocabularySize` the upper bound is
  /// that of ``Entropy/generousVocabulary``.
  package init?(alternatives: [Alternative], limit: Int?, vocabularySize: Int?) {
    let known = Self.known(alternatives, limit: limit)
    guard
      let interval = Entropy.bounds(topLogProbabilities: known, vocabularySize: vocabularySize)
    else { return nil }
    self.init(interval)
  }

  static func distinct(_ alternatives: [Alternative]) -> [Alternative] {
    var kept: [Alternative] = []
    for alternative in alternatives {
      let isRepeat = kept.contains { other in
        if let a = other.id, let b = alternative.id { return a == b }
        return other.bytes == alternative.bytes
          && other.logProbability == alternative.logProbability
      }
      if !isRepeat { kept.append(alternative) }
    }
    return kept
  }
}

extension StepMeasures {
  /// Tokens in the window of ``StepMeasures/lowestWindow``; a shorter step is one window.
  ///
  /// DeepConf slides 2,048 tokens over traces of tens of thousands; a step is tens of tokens, and
  /// 16 is about one equation. Ours, not the paper's.
  package static let window = 16

  /// Measures the tokens of `table` in `range`.
  ///
  /// A token without a number is in ``tokens`` only; a floor (`-infinity`) likewise, since one
  /// such value would make every mean infinite.
  package init(of table: TokenTable, in range: Range<Int>) {
    self.init(tokens: range.count)
    var logProbabilities: [Float] = []
    var entropies: [EntropyBounds] = []
    var margins: [Float] = []
    for index in range.clamped(to: 0..<table.count) {
      if let value = table.logProbability(of: index), Entropy.isMeasured(value) {
        logProbabilities.append(min(value, 0))
      }
      if let entropy = table.entropy(of: index) { entropies.append(entropy) }
      if let margin = Self.margin(table.alternatives(of: index)) { margins.append(margin) }
    }
    measured = logProbabilities.count
    meanLogProbability = Self.mean(logProbabilities)
    minLogProbability = logProbabilities.min()
    lowestWindow = Self.lowestWindow(logProbabilities)
    meanMargin = Self.mean(margins)
    if let lower = Self.mean(entropies.map(\.lower)), let upper = Self.mean(entropies.map(\.upper))
    {
      meanEntropy = EntropyBounds(lower: lower, upper: upper)
    }
    if let lower = entropies.map(\.lower).max(), let upper = entropies.map(\.upper).max() {
      maxEntropy = EntropyBounds(lower: lower, upper: upper)
    }
  }

  static func mean(_ values: [Float]) -> Float? {
    guard !values.isEmpty else { return nil }
    return Float(values.reduce(0.0) { $0 + Double($1) } / Double(values.count))
  }

  private static func lowestWindow(_ values: [Float]) -> Float? {
    guard values.count > window else { return mean(values) }
    var sum = values.prefix(window).reduce(0.0) { $0 + Double($1) }
    var lowest = sum
    for index in window..<values.count {
      sum += Double(values[index]) - Double(values[index - window])
      lowest = min(lowest, sum)
    }
    return Float(min(lowest / Double(window), 0))
  }

  /// p1 - p2 over the likeliest two, whichever order they were sent in.
  private static func margin(_ alternatives: [Alternative]) -> Float? {
    guard alternatives.count >= 2 else { return nil }
    let sorted = alternatives.map(\.logProbability).sorted(by: >)
    guard Entropy.isMeasured(sorted[0]) else { return nil }
    return exp(min(sorted[0], 0)) - (sorted[1].isFinite ? exp(sorted[1]) : 0)
  }
}
