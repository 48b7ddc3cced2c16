import Engine
import Foundation
import ModelHTTP
import Sessions
import Testing

private let realServer = ProcessInfo.processInfo.environment["ERRATUM_LLAMA_SERVER"]

/// Against a real llama.cpp server, when `ERRATUM_LLAMA_SERVER` says where one listens.
@Suite(.enabled(if: realServer != nil))
struct LlamaServerTests {
  private let endpoint = realServer ?? ""
  private let problem =
    "Tom has 17 marbles. He buys 3 bags with 6 marbles each. How many marbles does Tom have?"

  private func ask(
    _ dialect: String?, prefix: String? = nil, maxTokens: Int = 60, text: String? = nil
  ) async throws -> (any LanguageModel, Answer) {
    let model = try await connect(ModelSpec(endpoint: endpoint, dialect: dialect))
    let request = GenerationRequest(
      messages: [ChatMessage(.user, text ?? problem)], prefix: prefix,
      parameters: SamplingParameters(temperature: 0, maxTokens: maxTokens, alternatives: 5))
    return (model, try await Answer(model.generate(request)))
  }

  /// Cut where a token ends: inside one, the model may well go on otherwise.
  private func beginning(of answer: Answer) -> String {
    String(decoding: answer.tokens.prefix(8).flatMap(\.bytes), as: UTF8.self)
  }

  @Test func `the native call measures every token and rebuilds the text`() async throws {
    let (model, answer) = try await ask(nil)
    #expect(model.description.dialect == "llama.cpp")
    #expect(model.description.capabilities.continuation == .exact)
    #expect(model.description.capabilities.vocabularySize ?? 0 > 0)
    #expect(model.description.fallbacks == [])
    #expect(answer.text.hasPrefix("Step 1:"))
    #expect(answer.tokens.allSatisfy { $0.logProbability ?? 1 <= 0 && $0.id != nil })
    #expect(answer.tokens.allSatisfy { $0.alternatives.count == 5 })
    #expect(answer.notes.isEmpty)
    #expect(answer.stop != nil)
  }

  @Test func `the native call goes on from the last byte of a prefix`() async throws {
    let (_, whole) = try await ask(nil)
    let prefix = beginning(of: whole)
    let (_, rest) = try await ask(nil, prefix: prefix)
    #expect(whole.text.hasPrefix(prefix + rest.text.prefix(20)))
  }

  @Test func `chat completions give the same text with the same account`() async throws {
    let (_, native) = try await ask(nil)
    let (model, chat) = try await ask("openai")
    #expect(model.description.dialect == "openai")
    #expect(model.description.capabilities.continuation == .template)
    #expect(chat.text == native.text)
    #expect(chat.notes.isEmpty)
    #expect(chat.tokens.map(\.id) == native.tokens.map(\.id))
  }

  @Test func `a prefix repeated by chat completions is taken away`() async throws {
    let (_, whole) = try await ask("openai")
    let prefix = beginning(of: whole)
    let (_, rest) = try await ask("openai", prefix: prefix)
    #expect(!rest.text.hasPrefix(prefix))
    #expect((prefix + rest.text).prefix(40) == whole.text.prefix(40))
  }

  @Test func `a scored text has the numbers it was written with`() async throws {
    let (model, written) = try await ask(nil, maxTokens: 30)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, problem)], parameters: SamplingParameters(alternatives: 5))
    let scored = try await model.score(written.text, after: request)
    #expect(scored.map(\.id) == written.tokens.map(\.id))
    for (one, other) in zip(scored, written.tokens) {
      let difference = abs((one.logProbability ?? -99) - (other.logProbability ?? 99))
      // The cache's batching changes the last digits.
      #expect(difference < 0.05, "\(one) and \(other)")
    }
  }

  @Test func `characters split over tokens come out whole`() async throws {
    let (_, answer) = try await ask(
      nil, prefix: "Step 1: 3 袋の弾 😀", maxTokens: 12, text: "トムは弾を 3 😀😀")
    #expect(!answer.tokens.isEmpty)
    #expect(answer.notes.allSatisfy { $0 != .bytesMismatch })
  }
}
