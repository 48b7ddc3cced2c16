import Sessions

/// A thing that continues text: over HTTP, from a script, or from a recorded session.
package protocol LanguageModel: Sendable {
  var description: ModelDescription { get }

  /// Streams one completion.
  ///
  /// Ends with `.finished`, or throws ``ModelError``; what was yielded before stands either way.
  /// Cancelling the task that iterates ends the call within 100 ms.
  func generate(_ request: GenerationRequest) -> AsyncThrowingStream<ModelOutput, any Error>

  /// Log-probabilities of the tokens of `text` after `request`'s messages and prefix.
  ///
  /// Throws ``ModelError/unsupported(_:)`` where the server cannot.
  func score(_ text: String, after request: GenerationRequest) async throws -> [Token]
}

extension LanguageModel {
  package func score(_ text: String, after request: GenerationRequest) async throws -> [Token] {
    throw ModelError.unsupported("scoring a given text")
  }
}

package struct GenerationRequest: Equatable, Sendable {
  package var messages: [ChatMessage]
  /// The answer so far; the model goes on from its last byte, in the way its description says.
  package var prefix: String?
  /// Ids of the tokens that ``prefix`` begins with, where the model called gave them out itself.
  ///
  /// A model that knows its tokens goes on from these, and makes tokens of only what text follows
  /// them; one that finds they do not spell how the prefix begins, or takes no ids, leaves them.
  package var prefixTokens: [Int32]?
  package var parameters: SamplingParameters
  package init(
    messages: [ChatMessage], prefix: String? = nil, prefixTokens: [Int32]? = nil,
    parameters: SamplingParameters
  ) {
    self.messages = messages
    self.prefix = prefix
    self.prefixTokens = prefixTokens
    self.parameters = parameters
  }
}

/// What comes out of a model call, in order.
package enum ModelOutput: Equatable, Sendable {
  /// The body of the request as it went out; again for each retry that changed it.
  case sent(String)
  /// Tokens of the completion, without the given prefix. Entropies are not filled in yet.
  case tokens([Token])
  /// Text the server gave without any token account: bytes only, no numbers.
  case note(Noted.Kind, byte: Int?, text: String)
  case retrying(after: Duration, number: Int, reason: String)
  /// A token was decided in place; it is the first of the tokens that come next.
  case decided(InPlaceOutcome)
  /// A watch stopped the call before a token that was likely to be one of these.
  case paused([Alternative])
  case finished(StopReason, Usage?)
}

/// Why a model call came to nothing, or to less than was asked.
///
/// Cases carry values and never keys, prompts or model text; `Sentences.swift` words them.
package enum ModelError: Error, Equatable {
  case unreachable(endpoint: String, reason: String)
  case notFound(endpoint: String, model: String?)
  case unauthorized(endpoint: String, status: Int)
  case rateLimited(endpoint: String)
  case loading(endpoint: String)
  /// Any other refusal, with the server's own sentence, cleaned and cut.
  case refused(endpoint: String, status: Int, message: String)
  case notAModelServer(endpoint: String, received: String)
  case badStream(endpoint: String, reason: String)
  /// Nothing arrived for so many seconds.
  case stalled(endpoint: String, seconds: Int)
  /// The connection ended in mid-stream.
  case connectionLost(endpoint: String)
  case contextExceeded(endpoint: String, message: String)
  case badEndpoint(String, reason: String)
  case badKey(reason: String)
  /// A weights file that cannot be used, in the words of who read it.
  case weights(path: String, sentence: String)
  case unsupported(String)
  /// A recorded or scripted model has nothing for this call.
  case scriptExhausted(String)
}
