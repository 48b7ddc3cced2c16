import Engine
import JSONReader
import Sessions

/// Ollama's own calls: lines of JSON, thinking in a field of its own.
///
/// A fresh answer goes through `/api/chat`. To go on from a partial one, `/api/generate` with
/// `raw` would be exact, but the server renders no template for us: the trailing assistant turn
/// of `/api/chat` does it for most templates, and the probe finds out for which not.
/// https://github.com/ollama/ollama/blob/main/docs/api.md
struct Ollama: Dialect {
  let name = "ollama"
  let framing = Framing.lines
  static let mostAlternatives = 20

  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest {
    var options: RequestBody = [
      "temperature": .number(ask.parameters.temperature),
      "num_predict": .integer(ask.parameters.maxTokens),
    ]
    options.narrow(ask.parameters, penalty: "repeat_penalty")
    if let seed = ask.parameters.seed { options["seed"] = .integer(seed) }
    if !ask.parameters.stop.isEmpty { options["stop"] = .strings(ask.parameters.stop) }
    var messages = ask.conversation
    if let prefix = ask.openPrefix { messages.append(ChatMessage(.assistant, prefix)) }
    var body: RequestBody = [
      "model": .string(ask.model), "stream": true, "options": .object(options),
    ]
    if ask.wantsLogProbabilities {
      body["logprobs"] = true
      body["top_logprobs"] = .integer(ask.alternatives)
    }
    body["messages"] = .chat(messages)
    return WireRequest(url: server.endpoint.base + "/api/chat", body: body)
  }

  func read(_ event: JSON) -> Delta {
    var delta = Delta()
    if event["error"] != nil {
      delta.failure = ServerFailure(event)
      return delta
    }
    let message = event["message"]
    delta.answer = (message?["content"] ?? event["response"])?.withUTF8 { Array($0) } ?? []
    delta.thinking = (message?["thinking"] ?? event["thinking"])?.withUTF8 { Array($0) } ?? []
    for element in event["logprobs"]?.elements ?? event.elements {
      delta.entries.append(Entry(chat: element))
    }
    guard event["done"]?.bool == true else { return delta }
    delta.ended = true
    delta.stop = event["done_reason"]?.string.flatMap(stopReason) ?? .stop
    delta.usage = Usage(
      promptTokens: event["prompt_eval_count"]?.int, completionTokens: event["eval_count"]?.int)
    return delta
  }
}
