import Engine
import JSONReader
import Sessions

/// vLLM: the chat template rendered first, then `/v1/completions` from the exact text.
///
/// Ids come beside the text (`return_token_ids`); `return_tokens_as_token_ids` would put them in
/// its place, and leave the alternatives without words to show. Where the server does not render,
/// chat completions with the last turn left open stand in.
/// https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
struct VLLM: Dialect {
  let name = "vllm"
  static let mostAlternatives = 20

  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest {
    guard let rendered = try await render(ask, server) else { return chat(ask, server) }
    var body = common(ask)
    body["prompt"] = .string(rendered + (ask.openPrefix ?? ""))
    body["add_special_tokens"] = false
    if ask.wantsLogProbabilities { body["logprobs"] = .integer(ask.alternatives) }
    return WireRequest(
      url: server.endpoint.api + "/completions", body: body,
      startsInThinking: ask.openPrefix == nil && opensThinking(rendered))
  }

  private func common(_ ask: Ask) -> RequestBody {
    var body: RequestBody = [
      "model": .string(ask.model), "stream": true, "return_token_ids": true,
      "stream_options": .object(["include_usage": true]),
      "max_tokens": .integer(ask.parameters.maxTokens),
      "temperature": .number(ask.parameters.temperature),
    ]
    body.narrow(ask.parameters, penalty: "repetition_penalty")
    if let seed = ask.parameters.seed { body["seed"] = .integer(seed) }
    if !ask.parameters.stop.isEmpty { body["stop"] = .strings(ask.parameters.stop) }
    return body
  }

  private func chat(_ ask: Ask, _ server: Server) -> WireRequest {
    var body = common(ask)
    var messages = ask.conversation
    if let prefix = ask.openPrefix {
      messages.append(ChatMessage(.assistant, prefix))
      body["continue_final_message"] = true
      body["add_generation_prompt"] = false
    }
    body["messages"] = .chat(messages)
    if ask.wantsLogProbabilities {
      body["logprobs"] = true
      body["top_logprobs"] = .integer(ask.alternatives)
    }
    return WireRequest(url: server.endpoint.api + "/chat/completions", body: body)
  }

  /// The conversation as the model's template writes it; `nil` where the server cannot say.
  private func render(_ ask: Ask, _ server: Server) async throws -> String? {
    let body: RequestBody = [
      "model": .string(ask.model), "messages": .chat(ask.conversation),
      "add_generation_prompt": true,
    ]
    do {
      let ids = try await server.post(server.endpoint.base + "/tokenize", body) { json in
        json["tokens"]?.elements.compactMap(\.int) ?? []
      }
      guard !ids.isEmpty else { return nil }
      let tokens: RequestBody = [
        "model": .string(ask.model), "tokens": .list(ids.map { .integer($0) }),
      ]
      return try await server.post(server.endpoint.base + "/detokenize", tokens) {
        $0["prompt"]?.string
      }
    } catch let refusal as Server.Refusal {
      guard [400, 404, 405, 422, 501].contains(refusal.status) else { throw refusal }
      return nil
    }
  }

  func read(_ event: JSON) -> Delta { readChatChunk(event) }

  /// Asks for the given text back with its scores, and for nothing new.
  func score(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token] {
    guard let rendered = try await render(ask, server) else {
      throw ModelError.unsupported("scoring a given text without its template")
    }
    let before = rendered + (ask.openPrefix ?? "")
    let body: RequestBody = [
      "model": .string(ask.model), "prompt": .string(before + text), "echo": true,
      "max_tokens": 0, "logprobs": .integer(max(1, ask.alternatives)), "temperature": 0,
      "add_special_tokens": false,
    ]
    let entries = try await server.post(server.endpoint.api + "/completions", body) { json in
      json["choices"]?[0]?["logprobs"].map { Entry.columns($0) } ?? []
    }
    return tail(of: entries, after: before.utf8.count)
  }
}

/// The tokens of a scored text that begin at or after byte `start`.
func tail(of entries: [Entry], after start: Int) -> [Token] {
  var place = 0
  var tokens: [Token] = []
  for entry in entries {
    let bytes = entry.bytes ?? []
    if place >= start {
      tokens.append(
        Token(
          bytes: bytes, id: entry.id, logProbability: entry.logProbability,
          alternatives: entry.alternatives))
    }
    place += bytes.count
  }
  return tokens
}
