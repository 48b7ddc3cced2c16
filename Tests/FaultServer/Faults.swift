import Foundation

/// Every fault by the name of the model that plays it.
let faultNames = [
  "fault-401", "fault-404", "fault-429", "fault-429-retry-after", "fault-500-once", "fault-503",
  "fault-400-logprobs", "fault-400-prefill", "fault-400-temperature", "fault-context",
  "fault-500-midstream",
  "fault-cut", "fault-close", "fault-stall", "fault-silence", "fault-endless",
  "fault-1mb-event", "fault-10mb", "fault-invalid-utf8", "fault-nul", "fault-cr-only",
  "fault-cut-json", "fault-logprobs-null", "fault-floor", "fault-mismatch", "fault-html",
  "fault-html-502", "fault-escapes", "fault-empty", "fault-whole", "fault-error-200",
  "fault-speculative", "fault-missing", "fault-thinking",
]

extension FaultServer {
  /// Plays a fault; false when the call is to go well after all.
  func playFault(
    _ name: String, _ request: Request, earlier: Int, on line: Connection
  ) -> Bool {
    if playRefusal(name, request, earlier: earlier, on: line) { return true }
    if let events = storyEvents(name) {
      line.beginStream()
      for event in events { line.event(event) }
      line.event("[DONE]")
      line.endStream()
      return true
    }
    return playBrokenStream(name, on: line)
  }

  /// Refusals before a stream begins.
  private func playRefusal(
    _ name: String, _ request: Request, earlier: Int, on line: Connection
  ) -> Bool {
    func refuse(_ status: Int, _ message: String, _ headers: [String] = []) -> Bool {
      let json = #"{"error":{"message":\#(quoted(message)),"type":"t","code":null}}"#
      line.respond(status, headers: headers, json: json)
      return true
    }
    let body = request.json
    switch name {
    case "fault-401": return refuse(401, "Incorrect API key provided")
    case "fault-404": return refuse(404, "The model does not exist")
    case "fault-429": return refuse(429, "Too many requests")
    case "fault-429-retry-after":
      return earlier == 0 ? refuse(429, "Slow down", ["Retry-After: 2"]) : false
    case "fault-500-once": return earlier == 0 ? refuse(500, "Something went wrong") : false
    case "fault-503": return refuse(503, "Loading model")
    case "fault-400-logprobs":
      return body["logprobs"] == nil ? false : refuse(400, "logprobs are not supported")
    case "fault-400-temperature":
      guard body["temperature"] != nil else { return false }
      return refuse(400, "Unsupported value: 'temperature' does not support 0 with this model.")
    case "fault-400-prefill":
      let messages = body["messages"] as? [[String: Any]] ?? []
      guard messages.last?["role"] as? String == "assistant" else { return false }
      return refuse(400, "This model does not support assistant message prefill.")
    case "fault-context":
      let json =
        #"{"error":{"code":400,"message":"the request exceeds the available context size","#
        + #""type":"exceed_context_size_error","n_ctx":1024}}"#
      line.respond(400, json: json)
      return true
    case "fault-html", "fault-html-502":
      line.respond(
        name == "fault-html" ? 200 : 502, type: "text/html",
        json: "<!DOCTYPE html><html><body>It works!</body></html>")
      return true
    case "fault-empty":
      line.respond(200, type: "text/plain", json: "")
      return true
    case "fault-error-200":
      line.respond(200, json: #"{"error":"the model crashed"}"#)
      return true
    case "fault-whole":
      line.respond(
        200,
        json: #"{"choices":[{"index":0,"message":{"role":"assistant","content":"Answer: 26"},"#
          + #""finish_reason":"stop"}]}"#)
      return true
    default: return false
    }
  }

  /// Streams that are well formed and strange.
  private func storyEvents(_ name: String) -> [String]? {
    func say(_ text: String, _ more: String = "") -> String {
      chatChunk(#""delta":{"content":\#(quoted(text))}\#(more)"#)
    }
    func account(_ token: String, _ value: String, _ tops: String = "") -> String {
      #","logprobs":{"content":[{"token":"\#(token)","logprob":\#(value),"#
        + #""top_logprobs":[\#(tops)]}]}"#
    }
    let end = chatChunk(#""delta":{},"finish_reason":"stop""#)
    switch name {
    case "fault-1mb-event":
      return [say(String(repeating: "marbles ", count: 1 << 17)), end]
    case "fault-logprobs-null": return [say("Answer: 26", #","logprobs":null"#), end]
    case "fault-floor":
      let tops = #"{"token":"B","logprob":-9999.0},{"token":"C","logprob":-3.4028235e38}"#
      return [say("A", account("A", "-9999.0", tops)), end]
    case "fault-mismatch":
      return [
        say("One", account("One", "-0.1")), say(" two", account(" zwei", "-0.2")),
        say(" three", account(" three", "-0.3")), end,
      ]
    case "fault-speculative":
      return [say("A", account("A", "0")), say("B", account("B", "0")), end]
    case "fault-missing":
      return [
        say("A", account("A", "-0.5")), end,
        #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9}}"#,
      ]
    case "fault-thinking":
      return ["<th", "ink>let me", " see</thi", "nk>Answer: 26"].map { say($0) } + [end]
    case "fault-escapes": return [say(hostileText), end]
    default: return nil
    }
  }

  /// Streams that break the rules of their own form.
  private func playBrokenStream(_ name: String, on line: Connection) -> Bool {
    let hello = chatChunk(#""delta":{"content":"Hello"}"#)
    let end = chatChunk(#""delta":{},"finish_reason":"stop""#)
    func finish() -> Bool {
      line.event(end)
      line.event("[DONE]")
      line.endStream()
      return true
    }
    if name == "fault-silence" {
      _ = line.waitForHangUp(milliseconds: 30_000)
      return true
    }
    guard name.hasPrefix("fault-"), faultNames.contains(name), !isRefusalOnly(name) else {
      return false
    }
    if name == "fault-close" {
      // Without chunks, the end of the connection is a clean end that says nothing.
      line.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      line.write("data: \(hello)\n\n")
      return true
    }
    line.beginStream()
    switch name {
    case "fault-500-midstream":
      line.event(hello)
      line.event(#"{"error":{"message":"out of memory","type":"server_error","code":500}}"#)
    case "fault-cut": line.event(hello)
    case "fault-stall":
      line.event(hello)
      _ = line.waitForHangUp(milliseconds: 30_000)
    case "fault-endless":
      while !line.isBroken { line.event(chatChunk(#""delta":{"content":" and on"}"#)) }
    case "fault-10mb":
      let block = [UInt8](repeating: 0x78, count: 1 << 20)
      for _ in 0..<10 { line.chunk(block) }
      line.endStream()
    case "fault-invalid-utf8":
      line.chunk(bytes(of: hello, replacing: [0xFF, 0xC3]))
      return finish()
    case "fault-nul":
      line.chunk(bytes(of: hello, replacing: [0x00]))
      return finish()
    case "fault-cr-only":
      line.chunk(Array("data: \(hello)\r\rdata: \(end)\r\rdata: [DONE]\r\r".utf8))
      line.endStream()
    case "fault-cut-json":
      let middle = hello.index(hello.startIndex, offsetBy: hello.count / 2)
      line.event(String(hello[..<middle]))
      line.event(String(hello[middle...]))
      return finish()
    default: break
    }
    return true
  }

  /// Faults that pass over: the next try goes well.
  private func isRefusalOnly(_ name: String) -> Bool {
    name.hasPrefix("fault-429") || name.hasPrefix("fault-400") || name == "fault-500-once"
  }

  /// The event with `ll` of `Hello` made into other bytes.
  private func bytes(of event: String, replacing new: [UInt8]) -> [UInt8] {
    guard let place = event.range(of: "ll") else { return [] }
    return Array("data: \(event[..<place.lowerBound])".utf8) + new
      + Array("\(event[place.upperBound...])\n\n".utf8)
  }
}

/// Text that tries to take over a terminal.
let hostileText =
  "Step 1: \u{1B}[2J\u{1B}[31mred\u{1B}]52;c;aGFjaw==\u{07} "
  + "\u{1B}]8;;http://example.com\u{1B}\\link\u{1B}]8;;\u{1B}\\ \u{9B}31m \u{85} "
  + "\u{202E}reversed\u{202C} \u{2066}isolated\u{2069} \u{0000}\n"
  + "Step 2: a" + String(repeating: "\u{0301}", count: 100_000) + "\nAnswer: 26"
