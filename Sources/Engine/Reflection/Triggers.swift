import Foundation
import Sessions

/// A rule for when to reflect.
///
/// A value without memory of its own: what came before is the history's, so that a rule can be
/// swapped for another in the middle of a response.
package protocol Trigger: Sendable {
  /// Judges the place that comes next, by what is known of it and of those before.
  func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement
}

/// What a rule makes of a place.
package struct Judgement: Equatable, Sendable {
  package enum Answer: Equatable, Sendable {
    case fires, holds
    /// What was looked at is known within bounds only, and the threshold lies between them.
    case ambiguous
    /// There is no number to look at.
    case unmeasured
  }
  package var answer: Answer
  package var value: EntropyBounds?
  package var threshold: Double?
  /// What the threshold was made of, oldest first.
  package var window: [Double] = []
  /// Whether the middle of the bounds is above the threshold; of all bounds a rule looks at.
  var isMiddleAbove = false

  package init(
    _ answer: Answer, value: EntropyBounds? = nil, threshold: Double? = nil, window: [Double] = []
  ) {
    self.answer = answer
    self.value = value
    self.threshold = threshold
    self.window = window
  }

  /// Fires strictly above the threshold.
  init(_ value: EntropyBounds?, above threshold: Double, window: [Double] = []) {
    self.init(.unmeasured, value: value, threshold: threshold, window: window)
    guard let value, !value.lower.isNaN, !value.upper.isNaN else { return }
    isMiddleAbove = (Double(value.lower) + Double(value.upper)) / 2 > threshold
    if Double(value.lower) > threshold {
      answer = .fires
    } else if Double(value.upper) <= threshold {
      answer = .holds
    } else {
      answer = .ambiguous
    }
  }
}

extension TriggerRule {
  package var trigger: any Trigger {
    switch self {
    case .adaptive(let rule): rule
    case .fixed(let rule): rule
    case .quadrant(let rule): rule
    case .lowestWindow(let rule): rule
    case .momentum(let rule): rule
    case .places(let rule): rule
    case .growing(let rule): rule
    case .period(let rule): rule
    }
  }
}

extension AdaptiveThreshold: Trigger {
  /// SRGen's threshold (`SRGen/tnot_decorator.py` 331-364): strict, and static until the window
  /// is full.
  ///
  /// The deviation is that of a sample, divided by n - 1; of one value it is 0.
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    let values = history.lastEntropies(max(window, 1))
    return Judgement(doubt.entropy, above: threshold(over: values), window: values)
  }

  /// The threshold after these entropies, of which the last ``window`` count.
  package func threshold(over values: [Double]) -> Double {
    guard values.count >= max(window, 1) else { return coldStart }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
    return max(mean + k * max(deviation, minimumDeviation), floor)
  }
}

extension FixedThreshold: Trigger {
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    Judgement(doubt.entropy, above: entropy)
  }
}

extension VarentropyQuadrant: Trigger {
  /// Told by its entropy; ambiguous also where only the varentropy is.
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    var judgement = Judgement(doubt.entropyAtOne, above: entropy)
    let other = Judgement(doubt.varentropy, above: varentropy)
    if judgement.answer == .holds || other.answer == .holds {
      judgement.answer = .holds
    } else if judgement.answer == .fires {
      judgement.answer = other.answer
    }
    judgement.isMiddleAbove = judgement.isMiddleAbove && other.isMiddleAbove
    return judgement
  }
}

extension LowestWindow: Trigger {
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    let start = history.position - max(length, 1)
    guard start >= 0, history.fired.last.map({ $0 <= start }) ?? true else {
      return Judgement(.holds, threshold: logProbability)
    }
    let values = history.logProbabilities[start...]
    // A floor would make the mean minus infinity, which says nothing of the window.
    guard values.allSatisfy(\.isFinite) else {
      return Judgement(.unmeasured, threshold: logProbability)
    }
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    let value = EntropyBounds(lower: Float(mean), upper: Float(mean))
    return Judgement(
      mean < logProbability ? .fires : .holds, value: value, threshold: logProbability)
  }
}

extension StepMomentum: Trigger {
  /// MUR (`scale_discriminator.py` 28-48), started from the first step rather than from 0, which
  /// would have the first few steps nearly always fire.
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    guard history.hasJustClosedStep else { return Judgement(.holds) }
    let known = history.steps.compactMap(\.surprisal)
    guard let last = history.steps.last?.surprisal, last.isFinite else {
      return Judgement(.unmeasured)
    }
    guard known.count > 1 else { return Judgement(.holds) }
    let momentum = known.dropLast().dropFirst().reduce(known[0]) {
      decay * $0 + (1 - decay) * $1
    }
    return Judgement(
      EntropyBounds(lower: Float(last), upper: Float(last)), above: momentum - log(ratio),
      window: Array(known.dropLast().suffix(25)))
  }
}

extension RandomPlaces: Trigger {
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    if let positions { return Judgement(positions.contains(history.position) ? .fires : .holds) }
    let chance = Mixer.fraction(UInt64(bitPattern: Int64(seed)), UInt64(history.position))
    return Judgement(chance < share ? .fires : .holds)
  }
}

extension GrowingBudgets: Trigger {
  /// At the first end of a step past the budget.
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    let budget = Double(max(first, 1)) * pow(max(factor, 1), Double(history.fired.count))
    return Judgement(
      history.hasJustClosedStep && Double(history.position) >= budget ? .fires : .holds)
  }
}

extension StepPeriod: Trigger {
  package func judge(_ doubt: Doubt, after history: DoubtHistory) -> Judgement {
    guard history.hasJustClosedStep else { return Judgement(.holds) }
    let since = history.fired.last ?? -1
    let closed = history.steps.count { $0.seenAt > since }
    return Judgement(closed >= max(steps, 1) ? .fires : .holds)
  }
}

/// Numbers as good as random from a seed and a place; the same everywhere.
package enum Mixer {
  /// Steele, Lea and Flood's mixing function (OOPSLA 2014) over the words in turn.
  package static func mix(_ words: UInt64...) -> UInt64 { mix(words) }

  private static func mix(_ words: [UInt64]) -> UInt64 {
    words.reduce(0x9E37_79B9_7F4A_7C15) { state, word in
      var z = (state ^ word) &+ 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// At least 0, below 1.
  package static func fraction(_ words: UInt64...) -> Double { Double(mix(words) >> 11) * 0x1p-53 }

  /// A seed for a further call of one with a seed; within what every server takes.
  package static func seed(_ seed: Int, _ words: UInt64...) -> Int {
    Int(mix([UInt64(bitPattern: Int64(seed))] + words) >> 33)
  }
}
