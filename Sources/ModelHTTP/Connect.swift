import Engine
import Foundation
import JSONReader
import Sessions

/// A model to connect to, as a person or a profile names it.
package struct ModelSpec: Sendable {
  /// `http://host:port/v1#name`; the path and the name may be left out.
  package var endpoint: String
  /// Overrides the name in the endpoint; the server's first model when neither says.
  package var model: String?
  package var key: APIKey
  /// `llama.cpp`, `vllm`, `ollama`, `openai` or `anthropic`; found out when `nil`.
  package var dialect: String?

  package init(
    endpoint: String, model: String? = nil, key: APIKey = .none, dialect: String? = nil
  ) {
    self.endpoint = endpoint
    self.model = model
    self.key = key
    self.dialect = dialect
  }
}

/// Finds out what answers at an endpoint and what it can do.
///
/// Local servers are asked; a tiny call of each kind settles what cannot be asked. Hosts that
/// are known to charge are taken from a table, and the first real call corrects it.
package func connect(
  _ spec: ModelSpec, settings: HTTPSettings = HTTPSettings()
) async throws -> any LanguageModel {
  let endpoint = try Endpoint(spec.endpoint)
  _ = try spec.key.resolve()
  let server = Server(endpoint: endpoint, key: spec.key, settings: settings)
  let named = spec.model ?? endpoint.model
  if let host = KnownHost(endpoint.host) {
    guard let named else {
      throw ModelError.badEndpoint(
        endpoint.base, reason: "it needs a model's name, written after a #")
    }
    return model(server, host.identity, named, probed: nil, settings)
  }
  var identity = try await Detection(server: server).identify(named: named)
  if let word = spec.dialect { try identity.override(with: word, endpoint) }
  guard let name = named ?? identity.model else {
    throw ModelError.notFound(endpoint: endpoint.base, model: nil)
  }
  let cache = ProbeCache(path: settings.cachePath)
  if let known = cache.capabilities(endpoint.api, name, identity.word) {
    return model(server, identity, name, probed: known, settings)
  }
  let first = model(server, identity, name, probed: nil, settings)
  let found = try await Probe(model: first, identity: identity).run()
  cache.remember(found, endpoint.api, name, identity.word)
  return model(server, identity, name, probed: found, settings)
}

private func model(
  _ server: Server, _ identity: Identity, _ name: String, probed: Capabilities?,
  _ settings: HTTPSettings
) -> HTTPModel {
  var server = server
  server.usesKeyHeader = identity.dialect.name == "anthropic"
  let description = ModelDescription(
    model: name, dialect: identity.dialect.name, endpoint: server.endpoint.base,
    capabilities: probed ?? identity.capabilities)
  let cache = ProbeCache(path: settings.cachePath)
  let api = server.endpoint.api
  return HTTPModel(server: server, dialect: identity.dialect, description: description) {
    cache.remember($0.capabilities, api, name, identity.word)
  }
}

/// What kind of server it is, before anything was generated.
struct Identity: Sendable {
  var dialect: any Dialect
  var capabilities: Capabilities
  /// Dialect and habits in one word, for the cache.
  var word: String
  var model: String?

  init(_ habits: Habits) {
    dialect = OpenAIChat(habits: habits)
    word = habits.server.rawValue
    capabilities = Capabilities(
      logProbabilities: habits.logProbabilities,
      alternatives: habits.logProbabilities ? habits.mostAlternatives : 0,
      continuation: habits.continuation, trueBytes: habits.trueBytes, tokenIDs: habits.tokenIDs,
      scoring: habits.scoring)
  }

  init(_ dialect: any Dialect, _ capabilities: Capabilities) {
    self.dialect = dialect
    self.capabilities = capabilities
    word = dialect.name
  }

  static func llamaCpp(vocabulary: Int?, slots: Int?) -> Identity {
    Identity(
      LlamaCpp(),
      Capabilities(
        logProbabilities: true, alternatives: vocabulary ?? 1000, continuation: .exact,
        trueBytes: true, tokenIDs: true, vocabularySize: vocabulary,
        scoring: true, slots: slots))
  }

  static var vllm: Identity {
    Identity(
      VLLM(),
      Capabilities(
        logProbabilities: true, alternatives: VLLM.mostAlternatives, continuation: .exact,
        tokenIDs: true, scoring: true))
  }

  static var ollama: Identity {
    Identity(
      Ollama(),
      Capabilities(
        logProbabilities: true, alternatives: Ollama.mostAlternatives, continuation: .template))
  }

  static var anthropic: Identity {
    Identity(Anthropic(), Capabilities(logProbabilities: false, continuation: .template))
  }

  /// What a person says it is counts for more than what it looks like.
  mutating func override(with word: String, _ endpoint: Endpoint) throws {
    guard word != dialect.name else { return }
    let slots = capabilities.slots
    let model = model
    switch word {
    case "openai": self = Identity(Habits(habitsForChat))
    case "vllm": self = .vllm
    case "ollama": self = .ollama
    case "anthropic": self = .anthropic
    case "llama.cpp": self = .llamaCpp(vocabulary: nil, slots: nil)
    default:
      throw ModelError.badEndpoint(endpoint.base, reason: "there is no dialect \(cleaned(word))")
    }
    capabilities.slots = slots
    self.model = model
  }

  /// The chat completions of a server that has better calls of its own.
  private var habitsForChat: Habits.Server {
    switch dialect.name {
    case "llama.cpp": .llamaCpp
    case "ollama": .ollama
    case "vllm": .vllm
    default: .other
    }
  }
}

/// Hosts that charge for calls: nothing is sent there that nobody asked for.
struct KnownHost {
  var identity: Identity

  init?(_ host: String) {
    switch host {
    case "api.openai.com": identity = Identity(Habits(.openai))
    case "api.anthropic.com": identity = .anthropic
    case "openrouter.ai": identity = Identity(Habits(.openrouter))
    case "api.deepseek.com": identity = Identity(Habits(.deepseek))
    case "api.mistral.ai", "api.together.xyz", "api.fireworks.ai", "api.groq.com", "api.x.ai",
      "generativelanguage.googleapis.com", "integrate.api.nvidia.com", "api.cerebras.ai",
      "router.huggingface.co":
      identity = Identity(Habits(.other))
    default: return nil
    }
  }
}
