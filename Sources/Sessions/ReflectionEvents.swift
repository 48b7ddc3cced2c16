/// One reflection of a session: `f1`, `f2` ...
package typealias ReflectionID = Name<AttemptReflection>

/// The loop stopped before a token was written.
package struct ReflectionTriggered: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  package var reflection: ReflectionID
  package var channel: Channel
  /// Tokens of the channel before it, and the byte that comes next.
  package var position: Int
  package var byte: Int
  package var method: ReflectionMethod
  package var rule: TriggerRule
  /// What the rule looked at, in the rule's unit: mostly an entropy in nats at ``temperature``.
  ///
  /// `nil` for rules that look at no number.
  package var value: EntropyBounds?
  /// What it was held against.
  package var threshold: Double?
  /// The temperature that ``value`` is meant at.
  package var temperature: Double
  /// The values that made the threshold, oldest first.
  package var window: [Float]
  /// The threshold lay between the bounds, and a policy decided.
  package var isAmbiguous: Bool
  /// What could have been written, likeliest first, ten at most.
  package var alternatives: AlternativeList

  package init(
    attempt: AttemptID, reflection: ReflectionID, channel: Channel, position: Int, byte: Int,
    method: ReflectionMethod, rule: TriggerRule, value: EntropyBounds?, threshold: Double?,
    temperature: Double, window: [Float] = [], isAmbiguous: Bool = false,
    alternatives: [Alternative] = []
  ) {
    self.attempt = attempt
    self.reflection = reflection
    self.channel = channel
    self.position = position
    self.byte = byte
    self.method = method
    self.rule = rule
    self.value = value
    self.threshold = threshold
    self.temperature = temperature
    self.window = window
    self.isAmbiguous = isAmbiguous
    self.alternatives = AlternativeList(alternatives)
  }
}

/// A way the text might have gone on, tried by a reflection.
///
/// The tokens of the one that was chosen come again, as the attempt's own.
package struct TrialWritten: Equatable, Sendable {
  package var attempt: AttemptID
  package var reflection: ReflectionID
  /// From 0.
  package var trial: Int
  package var table: TokenTable
  /// What trials were compared by, more being better: mostly the mean log-probability.
  package var score: Double?
  package init(
    attempt: AttemptID, reflection: ReflectionID, trial: Int, table: TokenTable, score: Double?
  ) {
    self.attempt = attempt
    self.reflection = reflection
    self.trial = trial
    self.table = table
    self.score = score
  }
}

package struct TrialChosen: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  package var reflection: ReflectionID
  package var trial: Int
  package init(attempt: AttemptID, reflection: ReflectionID, trial: Int) {
    self.attempt = attempt
    self.reflection = reflection
    self.trial = trial
  }
}

/// What came of a reflection, and what it cost.
package struct ReflectionFinished: Codable, Equatable, Sendable {
  package enum Outcome: String, Codable, Sendable {
    /// A token, or a stretch of them, was decided again.
    case decided
    /// Nothing better was found: the text goes on as it would have.
    case kept
    case cancelled
    /// It could not be carried out; ``ReflectionFinished/message`` says why.
    case failed
  }
  package var attempt: AttemptID
  package var reflection: ReflectionID
  package var outcome: Outcome
  /// The token that now stands at the place.
  package var chosen: AlternativeList
  /// As the distribution was after the change, likeliest first, ten at most.
  package var alternatives: AlternativeList
  /// Entropy at the sampling temperature after the change.
  package var entropy: EntropyBounds?
  /// The loss before each step of the optimisation.
  package var losses: [Float]?
  /// Length of the vector.
  package var norm: Float?
  /// Positions whose distributions the loss went over, and those left out for want of memory.
  package var positions: Int?
  package var positionsLeftOut: Int?
  package var milliseconds: Double
  /// Tokens computed for it that do not stand in the text, and runs of the model over a token.
  package var discardedTokens: Int
  package var forwards: Int
  package var message: String?

  package init(
    attempt: AttemptID, reflection: ReflectionID, outcome: Outcome, chosen: [Alternative] = [],
    alternatives: [Alternative] = [], entropy: EntropyBounds? = nil, losses: [Float]? = nil,
    norm: Float? = nil, positions: Int? = nil, positionsLeftOut: Int? = nil,
    milliseconds: Double = 0, discardedTokens: Int = 0, forwards: Int = 0, message: String? = nil
  ) {
    self.attempt = attempt
    self.reflection = reflection
    self.outcome = outcome
    self.chosen = AlternativeList(chosen)
    self.alternatives = AlternativeList(alternatives)
    self.entropy = entropy
    self.losses = losses
    self.norm = norm
    self.positions = positions
    self.positionsLeftOut = positionsLeftOut
    self.milliseconds = milliseconds
    self.discardedTokens = discardedTokens
    self.forwards = forwards
    self.message = message
  }
}

/// The settings were changed while the attempt was being written; tokens from `position` on (of
/// both channels, those taken over included) were judged by the new ones.
package struct ReflectionTuned: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  package var position: Int
  package var settings: ReflectionSettings
  package init(attempt: AttemptID, position: Int, settings: ReflectionSettings) {
    self.attempt = attempt
    self.position = position
    self.settings = settings
  }
}

/// What other ways of deciding would have chosen at the place of a reflection.
package struct ControlsCompared: Codable, Equatable, Sendable {
  package struct Choice: Codable, Equatable, Sendable {
    /// `nil` for the plain draw, without any reflection.
    package var method: ReflectionMethod?
    package var chosen: AlternativeList
    package var alternatives: AlternativeList
    /// At the sampling temperature.
    package var entropy: EntropyBounds?
    package init(
      method: ReflectionMethod?, chosen: [Alternative], alternatives: [Alternative],
      entropy: EntropyBounds?
    ) {
      self.method = method
      self.chosen = AlternativeList(chosen)
      self.alternatives = AlternativeList(alternatives)
      self.entropy = entropy
    }
  }
  package var attempt: AttemptID
  package var reflection: ReflectionID
  package var choices: [Choice]
  package init(attempt: AttemptID, reflection: ReflectionID, choices: [Choice]) {
    self.attempt = attempt
    self.reflection = reflection
    self.choices = choices
  }
}

/// What reflecting came to over an attempt; counts of tokens, unless said otherwise.
package struct ReflectionTally: Codable, Equatable, Sendable {
  package var tested = 0
  package var reflections = 0
  /// Tests in which the threshold lay between the bounds.
  package var ambiguous = 0
  /// Places without a number to test.
  package var unmeasured = 0
  /// Computed or received, and not in the text.
  package var discardedTokens = 0
  package var forwards = 0
  package var milliseconds = 0.0
  /// The maximum was reached, and no place tested after it.
  package var isExhausted = false
  package init() {}
}

/// Alternatives as they stand in a journal: `[text, lp]` or `[text, lp, id]` each.
package struct AlternativeList: Equatable, Sendable {
  package var all: [Alternative]
  package init(_ all: [Alternative]) { self.all = all }
}
