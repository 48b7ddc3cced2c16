import Engine
import JSONReader
import Sessions

/// llama.cpp's own calls: the template rendered first, then the prompt continued byte for byte.
///
/// https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
struct LlamaCpp: Dialect {
  let name = "llama.cpp"

  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest {
    let rendered = try await render(ask, server)
    var body: RequestBody = [
      "prompt": .string(rendered + (ask.openPrefix ?? "")), "stream": true,
      "return_tokens": true, "cache_prompt": true,
      "n_predict": .integer(ask.parameters.maxTokens),
      "temperature": .number(ask.parameters.temperature),
    ]
    if ask.wantsLogProbabilities { body["n_probs"] = .integer(max(1, ask.alternatives)) }
    body.narrow(ask.parameters, penalty: "repeat_penalty")
    if let seed = ask.parameters.seed { body["seed"] = .integer(seed) }
    if !ask.parameters.stop.isEmpty { body["stop"] = .strings(ask.parameters.stop) }
    return WireRequest(
      url: server.endpoint.base + "/completion", body: body,
      startsInThinking: ask.openPrefix == nil && opensThinking(rendered))
  }

  private func render(_ ask: Ask, _ server: Server) async throws -> String {
    let body: RequestBody = ["messages": .chat(ask.conversation)]
    return try await server.post(server.endpoint.base + "/apply-template", body) { json in
      guard let prompt = json["prompt"]?.string else {
        throw StreamError(reason: "its template call returned no prompt")
      }
      return prompt
    }
  }

  func score(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token] {
    let before = try await render(ask, server) + (ask.openPrefix ?? "")
    return try await LlamaScoring(
      server: server, before: before, alternatives: ask.alternatives
    ).score(text)
  }

  func read(_ event: JSON) -> Delta {
    var delta = Delta()
    if let failure = event["error"].flatMap({ _ in ServerFailure(event) }) {
      delta.failure = failure
      return delta
    }
    delta.answer = event["content"]?.withUTF8 { Array($0) } ?? []
    if let entries = event["completion_probabilities"] {
      for element in entries.elements { delta.entries.append(Entry(chat: element)) }
    }
    // One entry an event when streaming: then the running count is this token's own.
    if delta.entries.count == 1 { delta.entries[0].ordinal = event["tokens_predicted"]?.int }
    guard event["stop"]?.bool == true else { return delta }
    delta.ended = true
    delta.stop = event["stop_type"]?.string.flatMap(stopReason) ?? .stop
    delta.usage = Usage(
      promptTokens: event["tokens_evaluated"]?.int,
      completionTokens: event["tokens_predicted"]?.int)
    return delta
  }
}

/// Templates of thinking models end the prompt with the opening tag.
func opensThinking(_ prompt: String) -> Bool {
  var end = prompt[...]
  while let last = end.last, last.isWhitespace { end.removeLast() }
  return end.hasSuffix("<think>")
}

extension BodyValue {
  static func strings(_ values: [String]) -> BodyValue { .list(values.map { .string($0) }) }

  static func chat(_ messages: [ChatMessage]) -> BodyValue {
    .list(
      messages.map {
        .object(["role": .string($0.author.rawValue), "content": .string($0.text)])
      })
  }
}
