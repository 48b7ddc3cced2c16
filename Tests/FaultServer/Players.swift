import Foundation

/// Keeps to a rate: sleeps until the moment the next token is due.
struct Pace {
  private let interval: Double
  private let start = ProcessInfo.processInfo.systemUptime
  private var count = 0

  /// 0 is as fast as it goes.
  init(tokensPerSecond: Double) { interval = tokensPerSecond > 0 ? 1 / tokensPerSecond : 0 }

  mutating func wait() {
    count += 1
    let left = start + Double(count) * interval - ProcessInfo.processInfo.systemUptime
    if interval > 0, left > 0 { Thread.sleep(forTimeInterval: left) }
  }
}

/// Streams the script as OpenAI's chat completions do.
struct ChatPlayer {
  private let connection: Connection
  private let tokens: [ScriptToken]
  private let alternatives: Int?
  private let limit: Int
  private var pace: Pace

  init(_ json: [String: Any], _ model: String, _ connection: Connection) {
    self.connection = connection
    let parts = model.split(separator: "@", maxSplits: 1).map(String.init)
    pace = Pace(tokensPerSecond: parts.count > 1 ? Double(parts[1]) ?? 0 : 0)
    let kind = parts.first ?? "chat"
    limit = json["max_tokens"] as? Int ?? json["max_completion_tokens"] as? Int ?? 1024
    let wants = json["logprobs"] as? Bool == true && kind != "plain"
    alternatives = wants ? json["top_logprobs"] as? Int ?? 0 : nil
    if kind == "long" {
      tokens = Script.long(words: limit)
    } else {
      let (prompt, prefix) = conversation(json)
      tokens = Script.tokens(Script.answer(to: prompt, prefix: prefix, isWide: kind == "wide"))
    }
  }

  func play() {
    var pace = pace
    connection.beginStream()
    connection.event(chatChunk(#""delta":{"role":"assistant","content":""}"#))
    var pending: [UInt8] = []
    var made = 0
    for token in tokens.prefix(limit) {
      pace.wait()
      made += 1
      pending += token.bytes
      // A character begun but not ended waits for its other half, as real servers do.
      let text = String(validating: pending, as: UTF8.self)
      if text != nil { pending = [] }
      connection.event(chatChunk(choice(text ?? "", token)))
      if connection.isBroken { return }
    }
    let reason = made < tokens.count ? "length" : "stop"
    connection.event(chatChunk(#""delta":{},"finish_reason":"\#(reason)""#))
    connection.event(
      #"{"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":20,"#
        + #""completion_tokens":\#(made),"total_tokens":\#(made + 20)}}"#)
    connection.event("[DONE]")
    connection.endStream()
  }

  private func choice(_ text: String, _ token: ScriptToken) -> String {
    let delta = #""delta":{"content":\#(quoted(text))}"#
    guard let alternatives else { return delta }
    return delta + #","logprobs":{"content":[\#(entry(token, alternatives))]}"#
  }
}

func chatChunk(_ inside: String) -> String {
  #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"#
    + inside + "}]}"
}

func entry(_ token: ScriptToken, _ alternatives: Int, ids: Bool = false) -> String {
  func one(_ bytes: [UInt8], _ value: Double) -> String {
    let id = ids ? #""id":\#(bytes.reduce(0) { ($0 * 31 + Int($1)) % 32000 }),"# : ""
    return #"{\#(id)"token":\#(quoted(String(decoding: bytes, as: UTF8.self))),"logprob":\#(value)"#
      + #","bytes":[\#(bytes.map(String.init).joined(separator: ","))]"#
  }
  let tops = token.alternatives.prefix(alternatives).map { one($0.bytes, $0.logProbability) + "}" }
  return one(token.bytes, token.logProbability)
    + #","top_logprobs":[\#(tops.joined(separator: ","))]}"#
}

/// Everything said before the answer, and the beginning of the answer when there is one.
func conversation(_ json: [String: Any]) -> (prompt: String, prefix: String) {
  var messages = (json["messages"] as? [[String: Any]] ?? []).map {
    ($0["role"] as? String ?? "", $0["content"] as? String ?? "")
  }
  if let last = messages.last, last.0 == "user" {
    // A beginning that is quoted between lines of dashes is to be gone on from all the same.
    let parts = last.1.components(separatedBy: "\n-----\n")
    if parts.count == 3 { messages[messages.count - 1] = ("assistant", parts[1]) }
  }
  let prefix = messages.last?.0 == "assistant" ? messages.removeLast().1 : ""
  return (messages.map(\.1).joined(separator: "\n"), prefix)
}

private let answerMark = "<|assistant|>"

/// The scripted chat template.
func rendered(_ json: [String: Any]) -> String {
  let messages = json["messages"] as? [[String: Any]] ?? []
  return messages.map { "<|\($0["role"] ?? "")|>\n\($0["content"] ?? "")\n" }.joined() + answerMark
}

/// Streams the script as llama.cpp's own completion call does.
struct LlamaPlayer {
  private let json: [String: Any]
  private let connection: Connection

  init(_ json: [String: Any], _ connection: Connection) {
    self.json = json
    self.connection = connection
  }

  func play() {
    let whole = json["prompt"] as? String ?? ""
    let cut = whole.range(of: answerMark, options: .backwards)
    let prompt = String(whole[..<(cut?.lowerBound ?? whole.endIndex)])
    let prefix = String(whole[(cut?.upperBound ?? whole.endIndex)...])
    let tokens = Script.tokens(Script.answer(to: prompt, prefix: prefix, isWide: false))
    let limit = json["n_predict"] as? Int ?? 1024
    connection.beginStream()
    for token in tokens.prefix(limit) {
      let text = quoted(String(decoding: token.bytes, as: UTF8.self))
      let account = (json["n_probs"] as? Int).map {
        #","completion_probabilities":[\#(entry(token, $0, ids: true))]"#
      }
      connection.event(#"{"index":0,"content":\#(text),"stop":false\#(account ?? "")}"#)
      if connection.isBroken { return }
    }
    let made = min(limit, tokens.count)
    connection.event(
      #"{"content":"","stop":true,"stop_type":"\#(made < tokens.count ? "limit" : "eos")","#
        + #""tokens_predicted":\#(made),"tokens_evaluated":20}"#)
    connection.endStream()
  }
}
