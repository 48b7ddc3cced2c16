import Engine
import Sessions

@testable import ModelHTTP

/// Reads recorded events through the whole chain, without a socket.
func readStream(
  _ dialect: any Dialect, _ stream: String, prefix: String? = nil,
  continuation: Capabilities.Continuation = .template, startsInThinking: Bool = false,
  alternatives: Int = 5, chunk: Int = .max
) throws -> (tokens: [Token], notes: [Noted.Kind], reading: StreamReading) {
  let ask = Ask(
    model: "m", messages: [], prefix: prefix, continuation: continuation,
    parameters: SamplingParameters(), wantsLogProbabilities: true, alternatives: alternatives)
  var wire = WireRequest(url: "", body: [:])
  wire.startsInThinking = startsInThinking
  var reading = StreamReading(dialect, ask, wire, endpoint: "http://test")
  var tokens: [Token] = []
  var rest = Array(stream.utf8)[...]
  while !rest.isEmpty {
    try reading.feed(Array(rest.prefix(chunk)))
    rest = rest.dropFirst(chunk)
    tokens += reading.take()
  }
  try reading.finish()
  tokens += reading.take()
  let notes = reading.notes(stops: 0).compactMap { output -> Noted.Kind? in
    if case .note(let kind, _, _) = output { kind } else { nil }
  }
  return (tokens, notes, reading)
}

extension [Token] {
  func text(_ channel: Channel = .answer) -> String {
    String(decoding: filter { $0.channel == channel }.flatMap(\.bytes), as: UTF8.self)
  }
}

/// Events of a chat completion, one `choices[0]` body each.
func chatStream(_ choices: [String], done: Bool = true) -> String {
  choices.map { "data: {\"choices\":[{\"index\":0,\($0)}]}\n\n" }.joined()
    + (done ? "data: [DONE]\n\n" : "")
}

/// The body of a choice with text and the entries `(token, logprob)`.
func choice(_ text: String, _ entries: [(String, Double)] = []) -> String {
  let account = entries.map { token, value in
    let bytes = token.utf8.map(String.init).joined(separator: ",")
    return "{\"token\":\"\(token)\",\"logprob\":\(value),\"bytes\":[\(bytes)],"
      + "\"top_logprobs\":[{\"token\":\"\(token)\",\"logprob\":\(value),\"bytes\":[\(bytes)]}]}"
  }
  let delta = "\"delta\":{\"content\":\"\(text)\"}"
  return entries.isEmpty
    ? delta : delta + ",\"logprobs\":{\"content\":[\(account.joined(separator: ","))]}"
}
