import Engine
import Foundation
import Sessions
import Testing

@testable import ModelHTTP

/// Servers that mean harm, or are broken in ways nobody thought of.
@Suite struct HostileStreamTests {
  private static let most = "9223372036854775807"
  private static let least = "-9223372036854775808"

  private static let dialects: [any Dialect] = [
    OpenAIChat(habits: Habits(.other)), LlamaCpp(), Ollama(), VLLM(), Anthropic(),
  ]

  /// One stream of each dialect, to be spoilt.
  private static let streams: [String] = [
    chatStream([
      choice("A", [("A", -0.1)]), choice("<think>b</think>", [("<think>", -1), ("b", -2)]),
      "\"delta\":{\"reasoning_content\":\"x\"},\"finish_reason\":\"stop\"",
    ]),
    llama(1, "\"A\"") + llama(2, "\"\\u00e9\"")
      + "data: {\"content\":\"\",\"stop\":true,\"stop_type\":\"eos\",\"tokens_predicted\":2}\n\n",
    "{\"message\":{\"content\":\"A\",\"thinking\":\"t\"},\"logprobs\":[{\"token\":\"A\","
      + "\"logprob\":-0.5}]}\n{\"done\":true,\"done_reason\":\"stop\",\"eval_count\":1}\n",
    "data: {\"choices\":[{\"text\":\"A\",\"token_ids\":[7],\"logprobs\":{\"tokens\":[\"A\"],"
      + "\"token_logprobs\":[-0.5],\"top_logprobs\":[{\"A\":-0.5,\"token_id:9\":-3}]}}]}\n\n"
      + "data: [DONE]\n\n",
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"A\"}}\n\n"
      + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
      + "\"usage\":{\"output_tokens\":3}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
  ]

  private static func llama(_ count: Int, _ text: String) -> String {
    "data: {\"content\":\(text),\"tokens_predicted\":\(count),\"completion_probabilities\":"
      + "[{\"id\":\(count),\"token\":\(text),\"bytes\":[65],\"logprob\":-0.2,\"top_logprobs\":"
      + "[{\"id\":\(count),\"token\":\(text),\"bytes\":[65],\"logprob\":-0.2}]}]}\n\n"
  }

  @Test func `counts at the ends of what a number can be are no overflow`() throws {
    for completion in [Self.most, Self.least, "1e308", "18446744073709551615"] {
      for hidden in [Self.most, Self.least, "-1"] {
        let usage =
          "data: {\"choices\":[],\"usage\":{\"completion_tokens\":\(completion),"
          + "\"completion_tokens_details\":{\"reasoning_tokens\":\(hidden)}}}\n\n"
        let stream = chatStream([choice("A", [("A", -0.1)])], done: false) + usage
        let read = try readStream(Self.dialects[0], stream)
        #expect(read.tokens.text() == "A")
      }
    }
    for count in [Self.most, Self.least] {
      let event =
        "data: {\"content\":\"A\",\"tokens_predicted\":\(count),\"completion_probabilities\":"
        + "[{\"id\":5,\"token\":\"A\",\"bytes\":[65],\"logprob\":-1e308}]}\n\n"
      #expect(try readStream(LlamaCpp(), event + event).tokens.text() == "AA")
    }
  }

  @Test func `depth without end is no JSON and no crash`() {
    let deep = String(repeating: "[", count: 200_000)
    for dialect in Self.dialects {
      _ = try? readStream(dialect, "data: \(deep)\n\ndata: {\"a\":\(deep)\n\n")
    }
  }

  @Test func `half a surrogate pair costs at most its own text`() throws {
    let stream = chatStream([choice("A"), "\"delta\":{\"content\":\"\\ud83d\"}", choice("B")])
    let read = try? readStream(Self.dialects[0], stream)
    #expect(read == nil || read?.tokens.text().hasPrefix("A") == true)
  }

  @Test func `no change of a byte makes a reader of streams fall over`() {
    let rounds = ProcessInfo.processInfo.environment["ERRATUM_FUZZ"].flatMap { Int($0) } ?? 300
    for seed in 0..<rounds {
      var random = Mutator(seed: UInt64(seed))
      let bytes = random.mutated(Array(Self.streams[seed % Self.streams.count].utf8))
      let text = String(decoding: bytes, as: UTF8.self)
      let dialect = Self.dialects[seed / Self.streams.count % Self.dialects.count]
      let prefix = seed % 3 == 0 ? "Apple" : nil
      for chunk in [1 + seed % 7, .max] {
        _ = try? readStream(
          dialect, text, prefix: prefix, startsInThinking: seed % 2 == 0, chunk: chunk)
      }
    }
  }
}

/// Changes bytes at random; SplitMix64, so that a seed says all.
private struct Mutator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    let pieces = ["9223372036854775807", "-9223372036854775808", "1e308", "\\ud800", "\\u0000"]
    var out = bytes
    for _ in 0..<Int.random(in: 1...6, using: &self) where !out.isEmpty {
      let place = Int.random(in: 0..<out.count, using: &self)
      let end = min(out.count, place + Int.random(in: 0...60, using: &self))
      switch Int.random(in: 0..<6, using: &self) {
      case 0: out[place] = UInt8.random(in: 0...255, using: &self)
      case 1: out[place] = Array(#"{}[]",:\0- "#.utf8).randomElement(using: &self) ?? 0
      case 2: out.removeSubrange(place..<end)
      case 3: out.insert(contentsOf: out[place..<end], at: place)
      case 4:
        // A number where one stood: the likeliest to be believed.
        let digits = out.indices.filter { (48...57).contains(out[$0]) }
        guard let digit = digits.randomElement(using: &self) else { continue }
        out.replaceSubrange(
          digit...digit, with: (pieces[..<3].randomElement(using: &self) ?? "").utf8)
      default: out.insert(contentsOf: (pieces.randomElement(using: &self) ?? "").utf8, at: place)
      }
    }
    return out
  }
}
