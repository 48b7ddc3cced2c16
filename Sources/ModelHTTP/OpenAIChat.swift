import Engine
import JSONReader
import Sessions

/// Chat completions in OpenAI's shape, with the habits of the server that speaks it.
struct OpenAIChat: Dialect {
  let name = "openai"
  var habits: Habits

  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest {
    var messages = ask.conversation.map { message in
      BodyValue.object([
        "role": .string(message.author.rawValue), "content": .string(message.text),
      ])
    }
    var body: RequestBody = [
      "model": .string(ask.model), "stream": true,
      "stream_options": .object(["include_usage": true]),
      habits.maxTokens: .integer(ask.parameters.maxTokens),
    ]
    if let prefix = ask.openPrefix {
      var last: RequestBody = ["role": "assistant", "content": .string(prefix)]
      last.merge(habits.prefixMessage) { $1 }
      messages.append(.object(last))
      body.merge(habits.prefixBody) { $1 }
    }
    body["messages"] = .list(messages)
    if ask.wantsLogProbabilities {
      body["logprobs"] = true
      body["top_logprobs"] = .integer(max(habits.leastAlternatives, ask.alternatives))
      body.merge(habits.logProbabilityBody) { $1 }
    }
    if ask.wantsTemperature { body["temperature"] = .number(ask.parameters.temperature) }
    if let penalty = habits.repetitionPenalty {
      body.narrow(ask.parameters, penalty: penalty)
    } else if let topP = ask.parameters.topP, ask.wantsTemperature {
      body["top_p"] = .number(topP)
    }
    if let seed = ask.parameters.seed { body["seed"] = .integer(seed) }
    if !ask.parameters.stop.isEmpty {
      body["stop"] = .strings(Array(ask.parameters.stop.prefix(habits.mostStops)))
    }
    body.merge(habits.always) { $1 }
    let root = ask.openPrefix == nil ? server.endpoint.api : habits.prefixRoot(server.endpoint)
    return WireRequest(url: root + "/chat/completions", body: body)
  }

  func read(_ event: JSON) -> Delta { readChatChunk(event) }

  func score(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token] {
    guard habits.server == .sglang else {
      throw ModelError.unsupported("scoring a given text")
    }
    return try await scoreWithSGLang(text, ask, server)
  }
}

/// Reads a chunk of a chat completion, or a whole one from a server that did not stream it.
func readChatChunk(_ event: JSON) -> Delta {
  var delta = Delta()
  if let error = event["error"], !error.isNull { delta.failure = ServerFailure(event) }
  if event["object"]?.string == "error" { delta.failure = ServerFailure(event) }
  if let usage = event["usage"], usage.isObject {
    delta.usage = Usage(
      promptTokens: usage["prompt_tokens"]?.int, completionTokens: usage["completion_tokens"]?.int)
    delta.hiddenTokens = usage["completion_tokens_details"]?["reasoning_tokens"]?.int ?? 0
  }
  guard let choices = event["choices"] else { return delta }
  for choice in choices.elements where (choice["index"]?.int ?? 0) == 0 {
    if let message = choice["delta"] ?? choice["message"] {
      delta.thinking = thinkingBytes(message)
      delta.answer = message["content"]?.withUTF8 { Array($0) } ?? []
    } else if let text = choice["text"] {
      delta.answer = text.withUTF8 { Array($0) } ?? []
    }
    readLogProbabilities(choice, &delta)
    if let word = choice["finish_reason"]?.string {
      delta.stop = stopReason(word) ?? .stop
      if word == "error", delta.failure == nil {
        delta.failure = ServerFailure(message: "the server stopped with an error")
      }
    }
  }
  return delta
}

private func readLogProbabilities(_ choice: JSON, _ delta: inout Delta) {
  guard let account = choice["logprobs"], account.isObject else { return }
  if let content = account["content"], content.isArray {
    for element in content.elements { delta.entries.append(Entry(chat: element)) }
  } else if account["tokens"] != nil {
    delta.entries = Entry.columns(account)
  }
  guard let ids = choice["token_ids"], ids.isArray else { return }
  let numbers = ids.elements.map { $0.int.flatMap(Int32.init(exactly:)) }
  guard numbers.count == delta.entries.count else { return }
  for (index, id) in numbers.enumerated() where delta.entries[index].id == nil {
    delta.entries[index].id = id
  }
}

/// The names thinking goes by; see `docs/models.md`.
private func thinkingBytes(_ message: JSON) -> [UInt8] {
  for key in ["reasoning_content", "reasoning", "thinking"] as [StaticString] {
    if let bytes = message[key]?.withUTF8({ Array($0) }), !bytes.isEmpty { return bytes }
  }
  guard let details = message["reasoning_details"] else { return [] }
  return details.elements.flatMap { $0["text"]?.withUTF8 { Array($0) } ?? [] }
}
