/// A fact worth keeping for years: one line of the journal.
///
/// Written before it is shown; a saved session and a live one are the same events through the
/// same ``Session/apply(_:)``. The JSON of every kind is specified in `docs/journal.md`.
package enum Event: Equatable, Sendable {
  /// The journal was opened for writing; wall clock and program go on record each time.
  case opened(Opened)
  case settingChanged(SettingChanged)
  case modelConnected(ModelConnected)
  case attemptStarted(AttemptStarted)
  /// What was really sent for an attempt or critique, once the server's template was applied.
  case prompted(Prompted)
  case tokens(TokensArrived)
  case stepClosed(StepClosed)
  /// Withdraws every token of the attempt from `serial` on, and the steps that held them.
  case rewound(attempt: AttemptID, toSerial: Int)
  case noted(Noted)
  case retryScheduled(RetryScheduled)
  case attemptFinished(AttemptFinished)
  case answerExtracted(AnswerExtracted)
  case critiqueStarted(CritiqueStarted)
  case critiqueText(critique: CritiqueID, bytes: [UInt8])
  case verdict(VerdictGiven)
  case critiqueFinished(CritiqueFinished)
  case roundStarted(RoundStarted)
  /// A person's mark on a step; kept in the annotator's own file, never in the journal.
  case marked(Marked)
  /// A model call came to nothing; the sentence is the one that was shown.
  case failed(Failed)
  /// A kind of a newer minor version: kept byte for byte, and skipped.
  case unknown(kind: String, line: [UInt8])
}

/// An event with its place in the journal.
package struct Record: Equatable, Sendable {
  /// Counts from 0, no gaps.
  package var n: Int
  /// Seconds of session time; goes on from the last event when a session is opened again.
  package var t: Double
  package var event: Event
  package init(n: Int, t: Double, event: Event) {
    self.n = n
    self.t = t
    self.event = event
  }
}

/// A question to reason about.
package struct Problem: Codable, Equatable, Sendable {
  package var id: String
  package var text: String
  /// The reference answer, when there is one.
  package var answer: String?
  /// Where it came from: a problem set's name, a file, `typed`.
  package var source: String?
  package var kind: String?
  package init(
    id: String, text: String, answer: String? = nil, source: String? = nil, kind: String? = nil
  ) {
    self.id = id
    self.text = text
    self.answer = answer
    self.source = source
    self.kind = kind
  }
}

/// The first line of a journal.
package struct Header: Codable, Equatable, Sendable {
  package struct Version: Codable, Equatable, Sendable {
    package var major: Int
    package var minor: Int
    package init(major: Int, minor: Int) {
      self.major = major
      self.minor = minor
    }
  }
  package var format: Version
  /// The version of the program that began the session.
  package var program: String
  /// The session's id: also the name of its folder.
  package var session: String
  /// Seconds since 1970.
  package var created: Double
  package var problem: Problem
  /// The session and record this one branched from.
  package var branchedFrom: Branch?

  package struct Branch: Codable, Equatable, Sendable {
    package var session: String
    package var n: Int
    package init(session: String, n: Int) {
      self.session = session
      self.n = n
    }
  }

  package static let currentFormat = Version(major: 1, minor: 0)

  package init(
    format: Version = Header.currentFormat, program: String, session: String, created: Double,
    problem: Problem, branchedFrom: Branch? = nil
  ) {
    self.format = format
    self.program = program
    self.session = session
    self.created = created
    self.problem = problem
    self.branchedFrom = branchedFrom
  }
}

package struct Opened: Codable, Equatable, Sendable {
  /// Seconds since 1970.
  package var wall: Double
  package var program: String
  package init(wall: Double, program: String) {
    self.wall = wall
    self.program = program
  }
}

package struct SettingChanged: Codable, Equatable, Sendable {
  package var name: String
  package var value: String
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// What a model is used for.
package enum ModelRole: String, Codable, Sendable, CaseIterable { case solver, critic }

/// What a server was found to be able to do.
///
/// Unknown is `nil`, never a guess.
package struct Capabilities: Codable, Equatable, Sendable {
  package enum Continuation: String, Codable, Sendable {
    /// The partial text goes into the prompt byte for byte.
    case exact
    /// The server's chat template is trusted to leave the last turn open.
    case template
    /// The partial text is quoted in a user turn and the model asked to go on.
    case quoted
  }
  package var streaming: Bool
  package var logProbabilities: Bool
  /// Alternatives a token, at most; 0 when none are sent.
  package var alternatives: Int
  package var continuation: Continuation
  package var thinking: Bool
  /// Token bytes are the model's own, not re-encoded text.
  package var trueBytes: Bool
  package var tokenIDs: Bool
  package var vocabularySize: Int?
  /// Log-probabilities of a given text can be had.
  package var scoring: Bool
  /// Useful concurrent calls; `nil` when the server does not say.
  package var slots: Int?

  package init(
    streaming: Bool = true, logProbabilities: Bool = false, alternatives: Int = 0,
    continuation: Continuation = .quoted, thinking: Bool = false, trueBytes: Bool = false,
    tokenIDs: Bool = false, vocabularySize: Int? = nil, scoring: Bool = false, slots: Int? = nil
  ) {
    self.streaming = streaming
    self.logProbabilities = logProbabilities
    self.alternatives = alternatives
    self.continuation = continuation
    self.thinking = thinking
    self.trueBytes = trueBytes
    self.tokenIDs = tokenIDs
    self.vocabularySize = vocabularySize
    self.scoring = scoring
    self.slots = slots
  }
}

/// A model as it presented itself; holds no secret.
package struct ModelDescription: Codable, Equatable, Sendable {
  /// The model's name at its server.
  package var model: String
  /// `llama.cpp`, `vllm`, `ollama`, `openai`, `anthropic`, `scripted`, `recorded`.
  package var dialect: String
  /// Scheme, host, port and path; no user, query or key.
  ///
  /// `nil` for models without a server.
  package var endpoint: String?
  package var capabilities: Capabilities
  /// What is missing and what is done instead, in a few words each.
  package var fallbacks: [String]
  package init(
    model: String, dialect: String, endpoint: String? = nil, capabilities: Capabilities,
    fallbacks: [String] = []
  ) {
    self.model = model
    self.dialect = dialect
    self.endpoint = endpoint
    self.capabilities = capabilities
    self.fallbacks = fallbacks
  }
}

package struct ModelConnected: Codable, Equatable, Sendable {
  package var role: ModelRole
  package var description: ModelDescription
  package init(role: ModelRole, description: ModelDescription) {
    self.role = role
    self.description = description
  }
}

package struct ChatMessage: Codable, Equatable, Sendable {
  package enum Author: String, Codable, Sendable { case system, user, assistant }
  package var author: Author
  package var text: String
  package init(_ author: Author, _ text: String) {
    self.author = author
    self.text = text
  }
}

package struct SamplingParameters: Codable, Equatable, Sendable {
  /// 0 asks for the likeliest token each time.
  package var temperature: Double
  package var topP: Double?
  package var maxTokens: Int
  package var seed: Int?
  package var stop: [String]
  /// Alternatives wanted a token.
  package var alternatives: Int
  package init(
    temperature: Double = 0.7, topP: Double? = nil, maxTokens: Int = 1024, seed: Int? = nil,
    stop: [String] = [], alternatives: Int = 5
  ) {
    self.temperature = temperature
    self.topP = topP
    self.maxTokens = maxTokens
    self.seed = seed
    self.stop = stop
    self.alternatives = alternatives
  }
}

/// Everything needed to make a call again, and nothing secret.
package struct Call: Codable, Equatable, Sendable {
  package var model: ModelDescription
  package var messages: [ChatMessage]
  /// Text of the answer so far, which the model is to go on from.
  package var prefix: String?
  /// How the prefix is handed over, when there is one.
  package var continuation: Capabilities.Continuation?
  package var parameters: SamplingParameters
  package init(
    model: ModelDescription, messages: [ChatMessage], prefix: String? = nil,
    continuation: Capabilities.Continuation? = nil, parameters: SamplingParameters
  ) {
    self.model = model
    self.messages = messages
    self.prefix = prefix
    self.continuation = continuation
    self.parameters = parameters
  }
}

package struct AttemptStarted: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// The attempt this one revises or goes on from.
  package var parent: AttemptID?
  package var round: RoundID?
  /// Place among the samples of one `--samples K`, from 0; `nil` for a single attempt.
  package var sample: Int?
  /// Answer bytes taken over from the parent; the first tokens event carries those tokens.
  package var keptBytes: Int
  package var segmenter: Int
  package var call: Call
  package init(
    attempt: AttemptID, parent: AttemptID? = nil, round: RoundID? = nil, sample: Int? = nil,
    keptBytes: Int = 0, segmenter: Int, call: Call
  ) {
    self.attempt = attempt
    self.parent = parent
    self.round = round
    self.sample = sample
    self.keptBytes = keptBytes
    self.segmenter = segmenter
    self.call = call
  }
}

/// An attempt or a critique: whatever a model call was made for.
package enum CallTarget: Hashable, Sendable, Codable {
  case attempt(AttemptID)
  case critique(CritiqueID)
}

package struct Prompted: Codable, Equatable, Sendable {
  package var target: CallTarget
  /// The body of the request as sent, without headers.
  package var request: String
  package init(target: CallTarget, request: String) {
    self.target = target
    self.request = request
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

/// Something about a stream that the reader of its numbers must know.
package struct Noted: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// Token bytes did not rebuild the text; from `byte` on the tokens carry no numbers.
    case bytesMismatch
    /// The server counted more tokens than it reported.
    case tokensMissing
    /// Every log-probability is 0 with no alternatives: speculative decoding.
    case speculative
    /// The server went on, but repeated or did not honour the given prefix.
    case prefixNotHonoured
    /// The server refused log-probabilities (or so many alternatives); asked again without.
    case logProbabilitiesRefused
    case other
  }
  package var target: CallTarget
  package var kind: Kind
  /// Offset into the answer's bytes, when the note is about a place.
  package var byte: Int?
  package var text: String
  package init(target: CallTarget, kind: Kind, byte: Int? = nil, text: String) {
    self.target = target
    self.kind = kind
    self.byte = byte
    self.text = text
  }
}

/// The server asked us to wait, or an error before the first byte is worth another try.
package struct RetryScheduled: Codable, Equatable, Sendable {
  package var target: CallTarget
  /// Seconds until the next try.
  package var delay: Double
  /// 1 for the first retry.
  package var number: Int
  package var reason: String
  package init(target: CallTarget, delay: Double, number: Int, reason: String) {
    self.target = target
    self.delay = delay
    self.number = number
    self.reason = reason
  }
}

/// Why a stream of tokens ended.
package enum StopReason: String, Codable, Sendable {
  case stop, length, tool, filtered, error
  /// The connection ended without a word; the partial is kept.
  case truncated
  /// The user stopped it; the partial is kept.
  case cancelled
}

package struct Usage: Codable, Equatable, Sendable {
  package var promptTokens: Int?
  package var completionTokens: Int?
  package init(promptTokens: Int? = nil, completionTokens: Int? = nil) {
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
  }
}

package struct AttemptFinished: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  package var reason: StopReason
  package var usage: Usage?
  /// What went wrong, when the reason is `error` or `truncated`.
  package var message: String?
  package init(
    attempt: AttemptID, reason: StopReason, usage: Usage? = nil, message: String? = nil
  ) {
    self.attempt = attempt
    self.reason = reason
    self.usage = usage
    self.message = message
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

package struct CritiqueStarted: Codable, Equatable, Sendable {
  package var critique: CritiqueID
  package var attempt: AttemptID
  /// The steps judged, as attempt-wide indices, in the order the critic numbers them from 1.
  package var steps: [Int]
  package var call: Call
  package init(critique: CritiqueID, attempt: AttemptID, steps: [Int], call: Call) {
    self.critique = critique
    self.attempt = attempt
    self.steps = steps
    self.call = call
  }
}

package enum Verdict: String, Codable, Sendable, CaseIterable {
  case correct, incorrect, neutral, unsure
}

package struct VerdictGiven: Codable, Equatable, Sendable {
  package var critique: CritiqueID
  /// Attempt-wide step index.
  package var step: Int
  package var verdict: Verdict
  package var errorType: String?
  package var reason: String?
  package var repair: String?
  package init(
    critique: CritiqueID, step: Int, verdict: Verdict, errorType: String? = nil,
    reason: String? = nil, repair: String? = nil
  ) {
    self.critique = critique
    self.step = step
    self.verdict = verdict
    self.errorType = errorType
    self.reason = reason
    self.repair = repair
  }
}

package struct CritiqueFinished: Codable, Equatable, Sendable {
  /// What the critic said about the first wrong step.
  package enum FirstError: Codable, Equatable, Sendable {
    case step(Int)
    case none
    case notSaid
  }
  package var critique: CritiqueID
  package var reason: StopReason
  package var firstError: FirstError
  /// `json`, `lines`, `boxed`, or `text` when nothing could be read from it.
  package var format: String
  package var message: String?
  package init(
    critique: CritiqueID, reason: StopReason, firstError: FirstError, format: String,
    message: String? = nil
  ) {
    self.critique = critique
    self.reason = reason
    self.firstError = firstError
    self.format = format
    self.message = message
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

package struct Failed: Codable, Equatable, Sendable {
  package var target: CallTarget?
  /// One sentence that ends with what to do next.
  package var message: String
  package init(target: CallTarget?, message: String) {
    self.target = target
    self.message = message
  }
}

package struct Marked: Codable, Equatable, Sendable {
  package var step: StepID
  /// `nil` withdraws the mark.
  package var verdict: Verdict?
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  /// The channel and bytes the mark was made on: a step of other bytes is another step.
  package var channel: Channel
  package var start: Int
  package var end: Int
  package init(
    step: StepID, verdict: Verdict?, annotator: String, wall: Double, channel: Channel, start: Int,
    end: Int
  ) {
    self.step = step
    self.verdict = verdict
    self.annotator = annotator
    self.wall = wall
    self.channel = channel
    self.start = start
    self.end = end
  }
}
