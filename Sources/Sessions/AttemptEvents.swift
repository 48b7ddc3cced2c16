package struct AttemptStarted: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// The attempt this one revises or goes on from.
  package var parent: AttemptID?
  package var round: RoundID?
  /// Place among the samples of one `--samples K`, from 0; `nil` for a single attempt.
  package var sample: Int?
  /// Answer bytes taken over from the parent; the first tokens event carries those tokens.
  package var keptBytes: Int
  /// Set where another token was put in the place of one of the parent's.
  package var branch: TokenBranch?
  package var segmenter: Int
  package var call: Call
  /// `nil` where nothing is reflected on.
  package var reflection: ReflectionSettings?
  package init(
    attempt: AttemptID, parent: AttemptID? = nil, round: RoundID? = nil, sample: Int? = nil,
    keptBytes: Int = 0, branch: TokenBranch? = nil, segmenter: Int, call: Call,
    reflection: ReflectionSettings? = nil
  ) {
    self.attempt = attempt
    self.parent = parent
    self.round = round
    self.sample = sample
    self.keptBytes = keptBytes
    self.branch = branch
    self.segmenter = segmenter
    self.call = call
    self.reflection = reflection
  }
}

/// Where an attempt left its parent: at a token, for another one.
///
/// What was taken in its place is the attempt's first token after the kept bytes.
package struct TokenBranch: Codable, Equatable, Sendable {
  package enum Taken: String, Codable, Sendable {
    /// One that the model itself had considered there.
    case alternative
    /// A person's own text.
    case typed
  }
  /// Serial of the parent's token.
  package var replaced: Int
  package var taken: Taken
  package init(replaced: Int, taken: Taken) {
    self.replaced = replaced
    self.taken = taken
  }
}

/// Tokens of one attempt and channel, in columns.
package struct TokensArrived: Equatable, Sendable {
  package var attempt: AttemptID
  package var channel: Channel
  /// Serial of the first; the others follow without gaps.
  ///
  /// Never reused in a session.
  package var firstSerial: Int
  package var table: TokenTable
  package init(attempt: AttemptID, channel: Channel, firstSerial: Int, table: TokenTable) {
    self.attempt = attempt
    self.channel = channel
    self.firstSerial = firstSerial
    self.table = table
  }
}

/// What was measured over the tokens of one step; logarithms natural, entropies in nats.
///
/// `nil` where the server sent nothing to measure. Formulas: `Engine/Measures.swift`.
package struct StepMeasures: Codable, Equatable, Sendable {
  /// Tokens that start in the step, and how many of them had a log-probability.
  package var tokens: Int
  package var measured: Int
  package var meanLogProbability: Float?
  package var minLogProbability: Float?
  package var meanEntropy: EntropyBounds?
  package var maxEntropy: EntropyBounds?
  /// The lowest mean log-probability of any window of tokens inside the step.
  package var lowestWindow: Float?
  /// Mean of p1 - p2 over the tokens with two alternatives or more.
  package var meanMargin: Float?
  package init(
    tokens: Int = 0, measured: Int = 0, meanLogProbability: Float? = nil,
    minLogProbability: Float? = nil, meanEntropy: EntropyBounds? = nil,
    maxEntropy: EntropyBounds? = nil, lowestWindow: Float? = nil, meanMargin: Float? = nil
  ) {
    self.tokens = tokens
    self.measured = measured
    self.meanLogProbability = meanLogProbability
    self.minLogProbability = minLogProbability
    self.meanEntropy = meanEntropy
    self.maxEntropy = maxEntropy
    self.lowestWindow = lowestWindow
    self.meanMargin = meanMargin
  }
}

package struct StepClosed: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// From 0, over both channels of the attempt.
  package var index: Int
  package var channel: Channel
  /// Offsets into the channel's bytes; steps of a channel join without gaps.
  package var start: Int
  package var end: Int
  package var segmenter: Int
  package var measures: StepMeasures
  package init(
    attempt: AttemptID, index: Int, channel: Channel, start: Int, end: Int, segmenter: Int,
    measures: StepMeasures
  ) {
    self.attempt = attempt
    self.index = index
    self.channel = channel
    self.start = start
    self.end = end
    self.segmenter = segmenter
    self.measures = measures
  }
}

/// Other texts for one step, each written after the same text before it.
package struct AlternativesWritten: Codable, Equatable, Sendable {
  package var step: StepID
  package var call: Call
  package var texts: [String]
  package init(step: StepID, call: Call, texts: [String]) {
    self.step = step
    self.call = call
    self.texts = texts
  }
}

package struct AttemptFinished: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  package var reason: StopReason
  package var usage: Usage?
  /// What went wrong, when the reason is `error` or `truncated`.
  package var message: String?
  package var reflection: ReflectionTally?
  package init(
    attempt: AttemptID, reason: StopReason, usage: Usage? = nil, message: String? = nil,
    reflection: ReflectionTally? = nil
  ) {
    self.attempt = attempt
    self.reason = reason
    self.usage = usage
    self.message = message
    self.reflection = reflection
  }
}

package struct AnswerExtracted: Codable, Equatable, Sendable {
  package enum Method: String, Codable, Sendable {
    case answerLine, hashes, boxed, choice, lastNumber
  }
  package var attempt: AttemptID
  package var answer: String
  package var method: Method
  /// Against the reference answer; `nil` when there is none.
  package var isCorrect: Bool?
  package init(attempt: AttemptID, answer: String, method: Method, isCorrect: Bool?) {
    self.attempt = attempt
    self.answer = answer
    self.method = method
    self.isCorrect = isCorrect
  }
}

package struct RoundStarted: Codable, Equatable, Sendable {
  package enum Strategy: String, Codable, Sendable {
    /// A new attempt that sees the draft and what was said of it.
    case fromScratch
    /// The steps before `fromStep` are kept and the model goes on from there.
    case fromStep
  }
  package enum Trigger: String, Codable, Sendable { case critique, marks, hint, asked }
  package var round: RoundID
  package var parent: AttemptID
  package var strategy: Strategy
  package var trigger: Trigger
  package var critique: CritiqueID?
  /// Attempt-wide index of the first step written anew.
  package var fromStep: Int?
  package var hint: String?
  /// A person's own text for `fromStep`, which the model goes on from.
  package var editedStep: String?
  package init(
    round: RoundID, parent: AttemptID, strategy: Strategy, trigger: Trigger,
    critique: CritiqueID? = nil, fromStep: Int? = nil, hint: String? = nil,
    editedStep: String? = nil
  ) {
    self.round = round
    self.parent = parent
    self.strategy = strategy
    self.trigger = trigger
    self.critique = critique
    self.fromStep = fromStep
    self.hint = hint
    self.editedStep = editedStep
  }
}
