import Engine
import FaultServer
import Foundation
import Sessions
import Testing

@testable import ModelHTTP

/// Each fault over a real socket: one clear error or note, and what came before it kept.
@Suite(.serialized)
struct FaultTests {
  private let server: FaultServer
  private var settings = HTTPSettings(
    timeouts: Timeouts(connect: 5, firstByte: 1, idle: 1), sleep: { _ in }, random: { 0.5 })

  init() throws { server = try FaultServer() }

  private func answer(
    _ model: String, prefix: String? = nil, maxTokens: Int = 400, alternatives: Int = 3
  ) async throws -> Answer {
    let model = try await connect(
      ModelSpec(endpoint: server.endpoint + "/v1#" + model), settings: settings)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "How many marbles?")], prefix: prefix,
      parameters: SamplingParameters(
        temperature: 0, maxTokens: maxTokens, alternatives: alternatives))
    return try await Answer(model.generate(request))
  }

  @Test func `a healthy server answers with measured tokens`() async throws {
    defer { server.stop() }
    let answer = try await answer("chat")
    #expect(answer.text.hasSuffix("Answer: 27"))
    #expect(answer.tokens.allSatisfy { $0.logProbability != nil && $0.alternatives.count == 3 })
    #expect(answer.notes.isEmpty)
    #expect(answer.stop == .stop)
    #expect(answer.usage?.completionTokens == answer.tokens.count)
    #expect(answer.sent.count == 1)
  }

  @Test func `characters split over tokens keep both numbers over the wire`() async throws {
    defer { server.stop() }
    let answer = try await answer("wide")
    #expect(answer.text.contains("36 個 😀。"))
    #expect(answer.tokens.allSatisfy { $0.logProbability != nil })
    #expect(answer.tokens.contains { $0.bytes == [0xF0, 0x9F] })
    #expect(answer.notes.isEmpty)
  }

  @Test func `refusals become the error that names them`() async throws {
    defer { server.stop() }
    let base = server.endpoint
    #expect(try await answer("fault-401").error == .unauthorized(endpoint: base, status: 401))
    #expect(
      try await answer("fault-404").error == .notFound(endpoint: base, model: "fault-404"))
    #expect(try await answer("fault-503").error == .loading(endpoint: base))
    guard case .contextExceeded(_, let message)? = try await answer("fault-context").error else {
      Issue.record("no contextExceeded")
      return
    }
    #expect(message.contains("context size"))
  }

  @Test func `a rate limit is waited out as long as the server asks`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-429-retry-after")
    #expect(answer.retries == [.seconds(2)])
    #expect(answer.stop == .stop)
    #expect(answer.sent.count == 1)
  }

  @Test func `a rate limit without a time is waited out longer each time`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-429")
    #expect(answer.retries == [.milliseconds(438), .milliseconds(875), .milliseconds(1750)])
    #expect(answer.error == .rateLimited(endpoint: server.endpoint))
  }

  @Test func `an error before the first byte is tried again`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-500-once")
    #expect(answer.retries.count == 1)
    #expect(answer.stop == .stop)
  }

  @Test func `refused log-probabilities are done without, and said`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-400-logprobs")
    #expect(answer.text.hasSuffix("Answer: 27"))
    #expect(answer.notes == [.logProbabilitiesRefused])
    #expect(answer.sent.count == 2)
    #expect(answer.tokens.allSatisfy { $0.logProbability == nil })
  }

  @Test func `a refused temperature is done without, and said`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-400-temperature")
    #expect(answer.text.hasSuffix("Answer: 27"))
    #expect(answer.notes == [.other])
    #expect(answer.sent.last?.contains("\"temperature\":") == false)
  }

  @Test func `errors in mid-stream keep what came before them`() async throws {
    defer { server.stop() }
    let failed = try await answer("fault-500-midstream")
    #expect(failed.text == "Hello")
    #expect(
      failed.error
        == .refused(endpoint: server.endpoint, status: 500, message: "out of memory"))
    let cut = try await answer("fault-cut")
    #expect(cut.text == "Hello")
    #expect(cut.error == .connectionLost(endpoint: server.endpoint))
    let stalled = try await answer("fault-stall")
    #expect(stalled.text == "Hello")
    #expect(stalled.error == .stalled(endpoint: server.endpoint, seconds: 1))
    let silent = try await answer("fault-silence")
    #expect(silent.error == .stalled(endpoint: server.endpoint, seconds: 1))
  }

  @Test func `a stream that closes without a word is truncated`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-close")
    #expect(answer.text == "Hello")
    #expect(answer.stop == .truncated)
    #expect(answer.error == nil)
  }

  @Test func `a stream that never ends is ended`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-endless", maxTokens: 10)
    #expect(answer.stop == .length)
    #expect(answer.notes == [.other])
  }

  @Test func `broken bytes are repaired and the rest is read`() async throws {
    defer { server.stop() }
    #expect(try await answer("fault-invalid-utf8").text == "He\u{FFFD}\u{FFFD}o")
    #expect(try await answer("fault-nul").text == "He\u{0}o")
    #expect(try await answer("fault-cr-only").text == "Hello")
    #expect(try await answer("fault-cut-json").text == "Hello")
    #expect(try await answer("fault-1mb-event").bytes.count == 8 << 17)
  }

  @Test func `what is no stream of a model is said to be none`() async throws {
    defer { server.stop() }
    let base = server.endpoint
    #expect(
      try await answer("fault-html").error
        == .notAModelServer(endpoint: base, received: "a web page"))
    #expect(
      try await answer("fault-empty").error
        == .notAModelServer(endpoint: base, received: "nothing"))
    guard case .notAModelServer? = try await answer("fault-10mb").error else {
      Issue.record("ten megabytes of x were taken for a stream")
      return
    }
    #expect(
      try await answer("fault-error-200").error
        == .refused(endpoint: base, status: 500, message: "the model crashed"))
    #expect(try await answer("fault-whole").text == "Answer: 26")
  }

  @Test func `strange accounts are told and never invented`() async throws {
    defer { server.stop() }
    let null = try await answer("fault-logprobs-null")
    #expect(null.text == "Answer: 26")
    #expect(null.tokens.allSatisfy { $0.logProbability == nil })
    let floor = try await answer("fault-floor")
    #expect(floor.tokens.first?.logProbability == -.infinity)
    #expect(floor.tokens.first?.alternatives.map(\.logProbability) == [-.infinity, -.infinity])
    let mismatch = try await answer("fault-mismatch")
    #expect(mismatch.text == "One two three")
    #expect(mismatch.mismatch == 3)
    #expect(mismatch.tokens.map { $0.logProbability != nil } == [true, false, false])
    #expect(try await answer("fault-speculative").notes == [.speculative])
    #expect(try await answer("fault-missing").notes == [.tokensMissing])
  }

  @Test func `thinking written into the answer is kept apart`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-thinking")
    #expect(answer.thinking == "let me see")
    #expect(answer.text == "Answer: 26")
  }

  @Test func `hostile text passes through byte for byte`() async throws {
    defer { server.stop() }
    let answer = try await answer("fault-escapes")
    #expect(answer.text.unicodeScalars.filter { $0.value == 0x301 }.count == 100_000)
    #expect(answer.text.contains("\u{1B}]52;"))
  }

  @Test func `a server that does not go on from a prefix is asked by quoting`() async throws {
    defer { server.stop() }
    let model = try await connect(
      ModelSpec(endpoint: server.endpoint + "/v1#fault-400-prefill", dialect: "openai"),
      settings: settings)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "How many?")], prefix: "Step 1: so",
      parameters: SamplingParameters(temperature: 0, maxTokens: 100))
    let answer = try await Answer(model.generate(request))
    #expect(answer.error == nil)
    #expect(model.description.capabilities.continuation == .quoted)
    #expect(answer.sent.last?.contains("Step 1: so") == true)
  }

  @Test func `stopping a stream reaches the server`() async throws {
    defer { server.stop() }
    let model = try await connect(
      ModelSpec(endpoint: server.endpoint + "/v1#fault-stall"), settings: HTTPSettings())
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")], parameters: SamplingParameters())
    let arrived = AsyncStream<Void>.makeStream()
    let task = Task {
      for try await output in model.generate(request) {
        if case .tokens = output { arrived.continuation.yield() }
      }
    }
    for await _ in arrived.stream { break }
    let cancelled = ProcessInfo.processInfo.systemUptime
    task.cancel()
    var waited = 0
    while server.hangUpTimes.isEmpty, waited < 1000 {
      try await Task.sleep(for: .milliseconds(5))
      waited += 1
    }
    let hungUp = try #require(server.hangUpTimes.last)
    if ProcessInfo.processInfo.environment["ERRATUM_TIMES"] != nil {
      print("cancel to hang-up: \(((hungUp - cancelled) * 1000).rounded()) ms")
    }
    #expect(hungUp > cancelled)
  }

  @Test func `many streams at once all arrive whole`() async throws {
    defer { server.stop() }
    let model = try await connect(
      ModelSpec(endpoint: server.endpoint + "/v1#chat"), settings: settings)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")],
      parameters: SamplingParameters(temperature: 0, maxTokens: 400))
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<64 { group.addTask { try await Answer(model.generate(request)).text } }
      for try await text in group { #expect(text.hasSuffix("Answer: 27")) }
    }
  }
}
