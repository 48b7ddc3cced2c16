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
  /// Draws among the likeliest so many.
  package var topK: Int?
  /// Leaves out tokens less likely than this share of the likeliest one's probability.
  package var minP: Double?
  /// Divides the positive logits of recent tokens; 1 does nothing.
  package var repetitionPenalty: Double?
  package var maxTokens: Int
  package var seed: Int?
  package var stop: [String]
  /// Alternatives wanted a token.
  package var alternatives: Int
  package init(
    temperature: Double = 0.7, topP: Double? = nil, topK: Int? = nil, minP: Double? = nil,
    repetitionPenalty: Double? = nil, maxTokens: Int = 1024, seed: Int? = nil,
    stop: [String] = [], alternatives: Int = 5
  ) {
    self.temperature = temperature
    self.topP = topP
    self.topK = topK
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
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
