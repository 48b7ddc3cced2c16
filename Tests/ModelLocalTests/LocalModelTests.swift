import Engine
import Foundation
import Sessions
import Testing

@testable import ModelLocal

@Suite struct LocalModelTests {
  private static let name = "llama-f32.gguf"

  private func open(_ name: String = Self.name, context: Int? = 64) async throws -> LocalModel {
    try await LocalModel.open(
      path: ModelFixtures.path(name),
      options: LocalModelOptions(context: context, threads: 1, template: "chatml"))
  }

  private func request(
    _ text: String = "ABC", prefix: String? = nil, maxTokens: Int = 12, seed: Int? = 1,
    temperature: Double = 1, stop: [String] = [], alternatives: Int = 3
  ) -> GenerationRequest {
    GenerationRequest(
      messages: [ChatMessage(.user, text)], prefix: prefix,
      parameters: SamplingParameters(
        temperature: temperature, maxTokens: maxTokens, seed: seed, stop: stop,
        alternatives: alternatives))
  }

  private struct Said {
    var tokens: [Token] = []
    var sent: [String] = []
    var reason: StopReason?
    var usage: Usage?
    var notes: [String] = []
  }

  private func run(_ model: LocalModel, _ request: GenerationRequest) async throws -> Said {
    var said = Said()
    for try await output in model.generate(request) {
      switch output {
      case .tokens(let tokens): said.tokens += tokens
      case .sent(let text): said.sent.append(text)
      case .note(_, _, let text): said.notes.append(text)
      case .finished(let reason, let usage):
        said.reason = reason
        said.usage = usage
      case .retrying, .decided, .paused: Issue.record("nothing is tried again or decided here")
      }
    }
    return said
  }

  @Test func `every token carries its bytes, id, log-probability, entropy and alternatives`()
    async throws
  {
    let said = try await run(try await open(), request())
    #expect(!said.tokens.isEmpty)
    #expect(said.usage?.completionTokens == said.tokens.count)
    for token in said.tokens {
      let logProbability = try #require(token.logProbability)
      #expect(logProbability <= 0 && token.id != nil)
      #expect(token.entropy?.isExact == true)
      #expect(token.alternatives.count == 3)
      let sorted = token.alternatives.map(\.logProbability)
      #expect(sorted == sorted.sorted(by: >))
      if let same = token.alternatives.first(where: { $0.id == token.id }) {
        #expect(abs(same.logProbability - logProbability) < 1e-4)
        #expect(same.bytes == token.bytes)
      }
    }
  }

  @Test func `one seed says the same again, alone or beside others, on any number of threads`()
    async throws
  {
    let model = try await open()
    let alone = try await run(model, request(seed: 5))
    let others = try await withThrowingTaskGroup(of: Said.self) { group in
      for seed in [5, 6, 7, 5] { group.addTask { try await run(model, request(seed: seed)) } }
      return try await group.reduce(into: [Said]()) { $0.append($1) }
    }
    #expect(others.count { $0.tokens.map(\.id) == alone.tokens.map(\.id) } >= 2)
    let threaded = try await LocalModel.open(
      path: ModelFixtures.path(Self.name),
      options: LocalModelOptions(context: 64, threads: 3, template: "chatml"))
    #expect(try await run(threaded, request(seed: 5)).tokens == alone.tokens)
  }

  @Test func `going on from a prefix is what would have come next`() async throws {
    let model = try await open()
    let whole = try await run(model, request(maxTokens: 10, temperature: 0))
    let bytes = whole.tokens.prefix(4).flatMap(\.bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let rest = try await run(model, request(prefix: text, maxTokens: 3, temperature: 0))
    #expect(rest.sent.last?.hasSuffix(text) == true)
    #expect(rest.tokens.count <= 3)
  }

  @Test func `a full context ends the answer and says so`() async throws {
    let model = try await open(context: 40)
    let said = try await run(model, request(maxTokens: 1_000, seed: 3))
    guard said.reason == .length else { return }
    #expect(said.notes.count == 1)
    #expect((said.usage?.promptTokens ?? 0) + said.tokens.count <= 41)
  }

  @Test func `a prompt longer than the context is refused with both numbers`() async throws {
    let model = try await open(context: 40)
    for text in [String(repeating: "ABC", count: 100), String(repeating: "A", count: 1 << 20)] {
      await #expect(throws: ModelError.self) { try await run(model, request(text)) }
      do { _ = try await run(model, request(text)) } catch ModelError.contextExceeded(
        _, let message)
      {
        #expect(message.contains("40"))
      }
    }
  }

  @Test func `a stopped call ends, and the next one is served`() async throws {
    let model = try await open(context: 4096)
    let task = Task { try await run(model, request(maxTokens: 100_000, seed: 2)) }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    _ = try? await task.value
    #expect(try await run(model, request(maxTokens: 2)).tokens.count <= 2)
  }

  @Test func `more calls than there are caches wait for their turn`() async throws {
    let model = try await open()
    let slots = try #require(model.description.capabilities.slots)
    let lengths = try await withThrowingTaskGroup(of: Int.self) { group in
      for seed in 0..<slots + 5 {
        group.addTask { try await run(model, request(maxTokens: 4, seed: seed)).tokens.count }
      }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(lengths.count == slots + 5)
  }

  @Test func `scoring a text gives the numbers it was written with`() async throws {
    let model = try await open()
    let said = try await run(model, request(maxTokens: 8, temperature: 0))
    let bytes = said.tokens.flatMap(\.bytes)
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else { return }
    let scored = try await model.score(text, after: request())
    #expect(scored.flatMap(\.bytes) == bytes)
    guard scored.map(\.id) == said.tokens.map(\.id) else { return }
    for (one, other) in zip(scored, said.tokens) {
      let difference = abs((one.logProbability ?? 1) - (other.logProbability ?? 2))
      #expect(difference < 1e-3)
    }
  }

  @Test func `what it can do is everything`() async throws {
    let can = try await open().description.capabilities
    #expect(can.hiddenStates && can.logProbabilities && can.scoring && can.trueBytes)
    #expect(can.continuation == .exact)
    #expect(can.vocabularySize == can.alternatives)
  }

  @Test func `speed is measured here and now`() async throws {
    let speed = try await open().speed()
    #expect(speed.prefill > 0 && speed.decode > 0 && speed.firstToken > 0)
  }

  @Test func `a file that is none, or is not there, is refused in one sentence`() async throws {
    for path in ["/nowhere/x.gguf", "/", ModelFixtures.path("expected.json")] {
      do {
        _ = try await LocalModel.open(path: path)
        Issue.record("\(path) was opened")
      } catch ModelError.weights(_, let sentence) {
        #expect(sentence.hasSuffix(".") && sentence.contains(":"))
      }
    }
  }

  @Test func `an unknown template is refused with those there are`() async throws {
    do {
      _ = try await LocalModel.open(
        path: ModelFixtures.path(Self.name), options: LocalModelOptions(template: "no\u{1B}such"))
      Issue.record("opened")
    } catch ModelError.weights(_, let sentence) {
      #expect(sentence.contains("chatml") && !sentence.contains("\u{1B}"))
    }
  }

  @Test func `weights that are no numbers end the call in one sentence`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).gguf").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: ModelFixtures.path(Self.name))))
    // Single precision's NaN, all over the last tensors.
    for index in bytes.count - 4096..<bytes.count {
      bytes[index] = [0, 0, 0xC0, 0x7F][index % 4]
    }
    try Data(bytes).write(to: URL(filePath: path))
    let model = try await LocalModel.open(
      path: path, options: LocalModelOptions(context: 64, threads: 1, template: "chatml"))
    for temperature in [0.0, 1] {
      do {
        _ = try await run(model, request(temperature: temperature))
        Issue.record("tokens were drawn from no numbers")
      } catch ModelError.weights(_, let sentence) {
        #expect(sentence.contains("NaN") && sentence.hasSuffix("choose another model."))
      }
    }
  }

  @Test func `what does not fit into memory is refused with both numbers`() throws {
    try Memory.check(1 << 20, path: "x.gguf")
    do {
      try Memory.check(4 << 50, path: "x.gguf")
      Issue.record("four petabytes were free")
    } catch ModelError.weights(_, let sentence) {
      #expect(sentence.contains("4194304 GB") && sentence.contains("are free"))
      #expect(sentence.hasSuffix("in its profile."))
    }
  }
}
