import Engine
import JSONReader
import Sessions

/// Tells servers apart by the calls only they answer; generates nothing.
struct Detection {
  let server: Server

  private struct Listing {
    var models: [String] = []
    var owner: String?
    var vocabulary: Int?
  }

  /// A model that is still loading is waited for this long, in seconds.
  private static let patience = 20

  func identify(named: String?) async throws -> Identity {
    for _ in 0..<Self.patience {
      do {
        return try await identifyNow(named: named)
      } catch ModelError.loading { try await server.settings.sleep(.seconds(1)) }
    }
    return try await identifyNow(named: named)
  }

  private func identifyNow(named: String?) async throws -> Identity {
    async let props = get(server.endpoint.base + "/props") { json -> (slots: Int, thinks: Bool)? in
      guard json["default_generation_settings"] != nil else { return nil }
      let template = json["chat_template"]?.string ?? ""
      return (json["total_slots"]?.int ?? 1, template.contains("<think>"))
    }
    async let ollama = get(server.endpoint.base + "/api/version") { $0["version"]?.string }
    async let version = get(server.endpoint.base + "/version") { $0["version"]?.string }
    async let tgi = get(server.endpoint.base + "/info") { $0["max_total_tokens"]?.int }
    // The call that every server answers decides whether there is one at all.
    let listing = try await list()
    var identity: Identity
    if let props = await props {
      identity = .llamaCpp(vocabulary: listing?.vocabulary, slots: props.slots)
      identity.capabilities.thinking = props.thinks
    } else if await ollama != nil {
      identity = .ollama
    } else if await tgi != nil {
      identity = Identity(Habits(.tgi))
    } else {
      let isNumbered = await version != nil
      identity = identityByOwner(listing?.owner, isNumbered: isNumbered)
    }
    identity.model = listing?.models.first
    if let named, let models = listing?.models, !models.isEmpty, !models.contains(named),
      identity.word == "openai" || identity.word == "vllm"
    {
      throw ModelError.notFound(endpoint: server.endpoint.base, model: named)
    }
    return identity
  }

  private func identityByOwner(_ owner: String?, isNumbered: Bool) -> Identity {
    switch owner {
    case "sglang": Identity(Habits(.sglang))
    case "organization_owner": Identity(Habits(.lmstudio))
    case "llamacpp": Identity(Habits(.llamaCpp))
    case "me": Identity(Habits(.llamaCppPython))
    case "vllm": .vllm
    case nil where isNumbered: .vllm
    default: Identity(Habits(.other))
    }
  }

  /// The models a server lists; `nil` when it has no list.
  private func list() async throws -> Listing? {
    do {
      let request = try request(server.endpoint.api + "/models")
      return try await server.call(request, model: "") { json in
        var listing = Listing()
        for model in json["data"]?.elements ?? json.elements {
          if let id = model["id"]?.string { listing.models.append(id) }
          listing.owner = listing.owner ?? model["owned_by"]?.string
          listing.vocabulary = listing.vocabulary ?? model["meta"]?["n_vocab"]?.int
        }
        return listing
      }
    } catch let refusal as Server.Refusal {
      switch refusal.status {
      case 404, 405, 501: return nil
      default: throw refusal.error
      }
    }
  }

  private func get<Result: Sendable>(
    _ url: String, _ read: (JSON) -> Result?
  ) async -> Result? {
    guard let request = try? request(url) else { return nil }
    return try? await server.call(request, model: "", read)
  }

  private func request(_ url: String) throws -> HTTPRequest {
    var request = try server.request(url, body: nil, accept: "application/json")
    request.timeouts.firstByte = min(request.timeouts.firstByte, 15)
    return request
  }
}
