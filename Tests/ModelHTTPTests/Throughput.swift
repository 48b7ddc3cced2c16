import Engine
import FaultServer
import Foundation
import Sessions
import Testing

@testable import ModelHTTP

private let isMeasuring = ProcessInfo.processInfo.environment["ERRATUM_TIMES"] != nil

/// Prints times when `ERRATUM_TIMES` is set, in a release build; asserts only what came out.
@Suite(.enabled(if: isMeasuring), .serialized)
struct Throughput {
  private func stream(alternatives: Int, events: Int) -> [UInt8] {
    let word = { (slot: Int) in " word\(slot)" }
    func one(_ slot: Int, _ value: Double) -> String {
      let bytes = word(slot).utf8.map(String.init).joined(separator: ",")
      return #"{"token":"\#(word(slot))","logprob":\#(value),"bytes":[\#(bytes)]"#
    }
    let tops = (0..<alternatives).map { one($0, -0.123456789 - Double($0)) + "}" }
    let event =
      #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"#
      + #""model":"m","choices":[{"index":0,"delta":{"content":"\#(word(0))"},"logprobs":{"content":["#
      + one(0, -0.123456789) + #","top_logprobs":[\#(tops.joined(separator: ","))]}]},"#
      + #""finish_reason":null}]}"# + "\n\n"
    return Array(String(repeating: event, count: events).utf8)
  }

  @Test func `events with 20 alternatives`() throws {
    let bytes = stream(alternatives: 20, events: 20_000)
    var rates: [Double] = []
    for _ in 0..<7 {
      let ask = Ask(
        model: "m", messages: [], continuation: .template, parameters: SamplingParameters(),
        wantsLogProbabilities: true, alternatives: 20)
      var reading = StreamReading(
        OpenAIChat(habits: Habits(.openai)), ask, WireRequest(url: "", body: [:]),
        endpoint: "")
      var count = 0
      let start = clock()
      for place in stride(from: 0, to: bytes.count, by: 16384) {
        try reading.feed(Array(bytes[place..<min(bytes.count, place + 16384)]))
        count += reading.take().count
      }
      try reading.finish()
      count += reading.take().count
      rates.append(Double(bytes.count) / 1e6 / (Double(clock() - start) / Double(CLOCKS_PER_SEC)))
      #expect(count == 20_000)
    }
    print("server-sent events, k = 20: median \(rates.sorted()[3].rounded()) MB/s")
  }

  @Test func `64 streams at 100 tokens a second`() async throws {
    let endpoint = ProcessInfo.processInfo.environment["ERRATUM_FAULT_SERVER"] ?? ""
    guard !endpoint.isEmpty else { return }
    let model = try await connect(ModelSpec(endpoint: endpoint + "#long@100"))
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")],
      parameters: SamplingParameters(temperature: 0, maxTokens: 1000))
    let (cpu, start) = (clock(), ProcessInfo.processInfo.systemUptime)
    var total = 0
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<64 { group.addTask { try await Answer(model.generate(request)).tokens.count } }
      for try await count in group { total += count }
    }
    #expect(total == 64_000)
    let used = Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
    let wall = ProcessInfo.processInfo.systemUptime - start
    print("64 streams: \(total) tokens in \(wall) s, \(100 * used / wall)% of a core")
  }
}
