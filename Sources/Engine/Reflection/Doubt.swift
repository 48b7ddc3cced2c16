import Kernels
import Sessions

/// What is known of a distribution before a token is drawn from it.
package struct Doubt: Equatable, Sendable {
  /// At the sampling temperature; at 1 where tokens are chosen greedily.
  package var entropy: EntropyBounds?
  /// At temperature 1, as ``varentropy`` is.
  package var entropyAtOne: EntropyBounds?
  package var varentropy: EntropyBounds?

  package init(
    entropy: EntropyBounds? = nil, entropyAtOne: EntropyBounds? = nil,
    varentropy: EntropyBounds? = nil
  ) {
    self.entropy = entropy
    self.entropyAtOne = entropyAtOne
    self.varentropy = varentropy
  }

  /// What the numbers beside a token say of the distribution it was drawn from.
  ///
  /// `limit` is how many alternatives were asked for; see ``EntropyBounds``.
  package init(
    of token: Token, temperature: Double, limit: Int?, vocabularySize: Int?,
    needsVarentropy: Bool = false
  ) {
    let known = EntropyBounds.known(token.alternatives, limit: limit)
    entropyAtOne =
      token.entropy
      ?? Entropy.bounds(topLogProbabilities: known, vocabularySize: vocabularySize)
      .map(EntropyBounds.init)
    if let exact = token.temperedEntropy {
      entropy = EntropyBounds(lower: exact, upper: exact)
    } else if temperature == 0 || temperature == 1 {
      entropy = entropyAtOne
    } else {
      entropy = Entropy.bounds(
        topLogProbabilities: known, vocabularySize: vocabularySize, temperature: temperature
      ).map(EntropyBounds.init)
    }
    if needsVarentropy {
      varentropy = Entropy.varentropy(topLogProbabilities: known, vocabularySize: vocabularySize)
        .map(EntropyBounds.init)
    }
  }
}

/// What the triggers remember of the response so far.
package struct DoubtHistory: Equatable, Sendable {
  /// By position in the response; NaN where nothing was measured or recorded.
  ///
  /// An entropy known within bounds counts as their middle.
  package private(set) var entropies: [Double] = []
  /// Those of ``entropies`` that are numbers.
  private var measured: [Double] = []
  /// Of the tokens written; NaN where there is none.
  package private(set) var logProbabilities: [Float] = []
  /// Mean surprisals of the steps closed, and the position each was seen to be closed at.
  package private(set) var steps: [ClosedStep] = []
  /// Positions the loop reflected at.
  package private(set) var fired: [Int] = []

  package struct ClosedStep: Equatable, Sendable {
    package var surprisal: Double?
    package var seenAt: Int
  }

  package init() {}

  /// Tokens of the response so far.
  package var position: Int { logProbabilities.count }

  /// A step was closed since the last token was written.
  package var hasJustClosedStep: Bool { steps.last?.seenAt == position }

  mutating func record(_ entropy: EntropyBounds?) {
    while entropies.count < position { entropies.append(.nan) }
    let value = entropy.map { (Double($0.lower) + Double($0.upper)) / 2 } ?? .nan
    entropies.append(value.isFinite ? value : .nan)
    if value.isFinite { measured.append(value) }
  }

  mutating func write(_ logProbability: Float?) {
    logProbabilities.append(logProbability ?? .nan)
  }

  mutating func close(surprisal: Double?) {
    steps.append(ClosedStep(surprisal: surprisal, seenAt: position))
  }

  mutating func fire() { fired.append(position) }

  /// Forgets what was withdrawn, all but the first steps closed; how often the loop reflected stays.
  ///
  /// What a rule waits for after a reflection is counted from where the text goes on.
  mutating func rewind(to position: Int, steps kept: Int) {
    let withdrawn = entropies.suffix(max(0, entropies.count - position))
    measured.removeLast(withdrawn.count { !$0.isNaN })
    entropies.removeLast(withdrawn.count)
    logProbabilities.removeLast(max(0, logProbabilities.count - position))
    fired = fired.map { min($0, position) }
    steps.removeLast(max(0, steps.count - kept))
    // A step may have been seen to be closed by what followed it; it was judged then.
    for index in steps.indices where steps[index].seenAt >= position {
      steps[index].seenAt = position - 1
    }
  }

  /// The last `count` entropies that were recorded, oldest first; fewer where there are fewer.
  package func lastEntropies(_ count: Int) -> [Double] { Array(measured.suffix(max(0, count))) }
}

extension EntropyBounds {
  init(_ interval: EntropyInterval) {
    self.init(lower: Float(interval.lower.value), upper: Float(interval.upper.value))
  }

  /// The log-probabilities that say something of a distribution: the first `limit` alternatives,
  /// each counted once.
  static func known(_ alternatives: [Alternative], limit: Int?) -> [Float] {
    distinct(alternatives).prefix(max(limit ?? .max, 1)).map(\.logProbability)
  }
}
