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
  /// Hidden states can be read and changed: the model runs in this program.
  package var hiddenStates: Bool {
    get { hasHiddenStates ?? false }
    set { hasHiddenStates = newValue ? true : nil }
  }
  /// Left out where it is not so: journals of format 1.0 know nothing of it.
  private var hasHiddenStates: Bool?

  private enum CodingKeys: String, CodingKey {
    case streaming, logProbabilities, alternatives, continuation, thinking, trueBytes, tokenIDs
    case vocabularySize, scoring, slots
    case hasHiddenStates = "hiddenStates"
  }

  package init(
    streaming: Bool = true, logProbabilities: Bool = false, alternatives: Int = 0,
    continuation: Continuation = .quoted, thinking: Bool = false, trueBytes: Bool = false,
    tokenIDs: Bool = false, vocabularySize: Int? = nil, scoring: Bool = false, slots: Int? = nil,
    hiddenStates: Bool = false
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
    self.hiddenStates = hiddenStates
  }
}

/// A model as it presented itself; holds no secret.
package struct ModelDescription: Codable, Equatable, Sendable {
  /// The model's name at its server.
  package var model: String
  /// `llama.cpp`, `vllm`, `ollama`, `openai`, `anthropic`, `local`, `scripted`,
  /// `recorded`.
  package var dialect: String
  /// Scheme, host, port and path; no user, query or key.
  ///
  /// `nil` for models without a server.
  package var endpoint: String?
  package var capabilities: Capabilities
  /// What is missing and what is done instead, in a few words each.
  package var fallbacks: [String]
  /// What was found out about it beforehand.
  package var profile: ModelProfile?
  package init(
    model: String, dialect: String, endpoint: String? = nil, capabilities: Capabilities,
    fallbacks: [String] = [], profile: ModelProfile? = nil
  ) {
    self.model = model
    self.dialect = dialect
    self.endpoint = endpoint
    self.capabilities = capabilities
    self.fallbacks = fallbacks
    self.profile = profile
  }
}

extension ModelDescription {
  /// The model without the folders some servers put before it.
  package var shortName: String {
    let last = model.split(separator: "/").last.map(String.init) ?? model
    return model.hasPrefix("/") || last.hasSuffix(".gguf") ? last : model
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
