import Engine
import JSONReader
import Sessions

/// Anthropic's Messages: never any log-probabilities, thinking in blocks of its own.
///
/// https://docs.anthropic.com/en/api/messages-streaming
struct Anthropic: Dialect {
  let name = "anthropic"

  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest {
    let system = ask.conversation.filter { $0.author == .system }.map(\.text)
    var messages = ask.conversation.filter { $0.author != .system }
    // A prefix that ends in space is refused.
    if let prefix = ask.openPrefix { messages.append(ChatMessage(.assistant, trimmed(prefix))) }
    var body: RequestBody = [
      "model": .string(ask.model), "messages": .chat(messages), "stream": true,
      "max_tokens": .integer(ask.parameters.maxTokens),
      "temperature": .number(min(ask.parameters.temperature, 1)),
    ]
    if !system.isEmpty { body["system"] = .string(system.joined(separator: "\n\n")) }
    if let topP = ask.parameters.topP { body["top_p"] = .number(topP) }
    let stops = ask.parameters.stop.filter { $0.contains { !$0.isWhitespace } }
    if !stops.isEmpty { body["stop_sequences"] = .strings(stops) }
    return WireRequest(url: server.endpoint.api + "/messages", body: body)
  }

  private func trimmed(_ prefix: String) -> String {
    var text = prefix[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  func read(_ event: JSON) -> Delta {
    var delta = Delta()
    switch event["type"]?.string {
    case "content_block_delta":
      let change = event["delta"]
      delta.answer = change?["text"]?.withUTF8 { Array($0) } ?? []
      delta.thinking = change?["thinking"]?.withUTF8 { Array($0) } ?? []
    case "message_start":
      delta.usage = usage(event["message"]?["usage"])
      // Output tokens counted this early are not the final number.
      delta.usage?.completionTokens = nil
    case "message_delta":
      delta.stop = event["delta"]?["stop_reason"]?.string.flatMap(stopReason)
      delta.usage = usage(event["usage"])
    case "message_stop": delta.ended = true
    case "error": delta.failure = ServerFailure(event)
    default: break
    }
    return delta
  }

  private func usage(_ json: JSON?) -> Usage? {
    guard let json, json.isObject else { return nil }
    return Usage(
      promptTokens: json["input_tokens"]?.int, completionTokens: json["output_tokens"]?.int)
  }
}
