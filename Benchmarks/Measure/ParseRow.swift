import Foundation
import ModelHTTP

extension Bench {
  /// Bytes from the wire to tokens, as they come off a socket: in pieces of 16 KB.
  func parse() throws -> [Result] {
    try [("openai", chatEvent), ("llama.cpp", llamaEvent)].map { dialect, event in
      var random = SeededGenerator(seed: 1)
      var body: [UInt8] = []
      for _ in 0..<4000 { body += "data: \(event(&random))\n\n".utf8 }
      let pieces = stride(from: 0, to: body.count, by: 1 << 14).map {
        Array(body[$0..<min($0 + 1 << 14, body.count)])
      }
      let speeds = try (0..<(2 * runs)).map { _ in
        var stream = RecordedStream(dialect: dialect)
        let began = processorTime()
        var tokens = 0
        for piece in pieces { tokens += try stream.feed(piece) }
        guard tokens > 3900 else { throw MeasureError("only \(tokens) of 4000 tokens were read") }
        return Double(body.count) / (processorTime() - began) / 1e6
      }
      return Result(
        what: "server-sent events with log-probabilities, k = 20", required: "100 MB/s",
        unit: "MB/s", values: speeds, note: "\(dialect), \(body.count / 4000) bytes a token")
    }
  }

  private static let words = ["marbles", " the", " 17", "\\n", " so", " \\\"x\\\"", " 袋", " ="]

  /// A token in the words of both dialects: text, log-probability, bytes, alternatives.
  private func entry(_ random: inout SeededGenerator, ids: Bool) -> (text: String, json: String) {
    func one(_ word: String, _ more: String = "") -> String {
      let bytes = word.replacing("\\n", with: "\n").replacing("\\\"", with: "\"").utf8
      let id = ids ? "\"id\":\(Int.random(in: 0..<32000, using: &random))," : ""
      return
        "{\(id)\"token\":\"\(word)\",\"bytes\":[\(bytes.map(String.init).joined(separator: ","))],"
        + "\"logprob\":\(-Double.random(in: 0..<12, using: &random))\(more)}"
    }
    let words = (0..<20).map { _ in
      Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
    }
    let tops = words.map { one($0) }.joined(separator: ",")
    return (words[0], one(words[0], ",\"top_logprobs\":[\(tops)]"))
  }

  private func chatEvent(_ random: inout SeededGenerator) -> String {
    let (text, json) = entry(&random, ids: false)
    return "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
      + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},"
      + "\"logprobs\":{\"content\":[\(json)]},\"finish_reason\":null}]}"
  }

  private func llamaEvent(_ random: inout SeededGenerator) -> String {
    let (text, json) = entry(&random, ids: true)
    return "{\"index\":0,\"content\":\"\(text)\",\"tokens\":[17],\"stop\":false,\"id_slot\":-1,"
      + "\"tokens_predicted\":17,\"tokens_evaluated\":20,"
      + "\"completion_probabilities\":[\(json)]}"
  }
}
