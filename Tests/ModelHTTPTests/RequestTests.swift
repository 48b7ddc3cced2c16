import Engine
import Foundation
import JSONReader
import Sessions
import Testing

@testable import ModelHTTP

/// What is asked of each kind of server, member by member where it matters.
struct RequestTests {
  private let server: Server
  private let ask = Ask(
    model: "m",
    messages: [ChatMessage(.system, "be brief"), ChatMessage(.user, "2+2?")], prefix: "2+2 is ",
    continuation: .template,
    parameters: SamplingParameters(temperature: 0.5, maxTokens: 9, seed: 3, stop: ["\n\n", "X"]),
    wantsLogProbabilities: true, alternatives: 4)

  init() throws {
    server = Server(
      endpoint: try Endpoint("http://127.0.0.1:1/v1"), key: .none, settings: HTTPSettings())
  }

  private func wire(_ server: Habits.Server, _ ask: Ask? = nil) async throws -> WireRequest {
    try await OpenAIChat(habits: Habits(server)).wire(ask ?? self.ask, self.server)
  }

  private func lastMessage(_ body: RequestBody) -> BodyValue? {
    if case .list(let messages)? = body["messages"] { messages.last } else { nil }
  }

  @Test func `servers with flags are told to go on, and others are not`() async throws {
    for kind in [Habits.Server.sglang, .llamaCpp, .vllm] {
      let body = try await wire(kind).body
      #expect(body["continue_final_message"] == true, "\(kind)")
      #expect(body["add_generation_prompt"] == false, "\(kind)")
      #expect(lastMessage(body) == .object(["role": "assistant", "content": "2+2 is "]))
    }
    #expect(try await wire(.openrouter).body["continue_final_message"] == nil)
  }

  @Test func `DeepSeek's prefix goes to its beta, without thinking`() async throws {
    let wire = try await wire(.deepseek)
    #expect(wire.url == "http://127.0.0.1:1/beta/chat/completions")
    #expect(
      lastMessage(wire.body)
        == .object(["role": "assistant", "content": "2+2 is ", "prefix": true]))
    #expect(wire.body["thinking"] == .object(["type": "disabled"]))
  }

  @Test func `OpenAI gets its own name for the limit and at most four stops`() async throws {
    var quoted = ask
    quoted.continuation = .quoted
    quoted.parameters.stop = ["1", "2", "3", "4", "5"]
    let body = try await wire(.openai, quoted).body
    #expect(body["max_completion_tokens"] == 9)
    #expect(body["max_tokens"] == nil)
    #expect(body["stop"] == .strings(["1", "2", "3", "4"]))
    #expect(body["top_logprobs"] == 4)
    guard case .object(let last)? = lastMessage(body), case .string(let text)? = last["content"]
    else {
      Issue.record("no last message")
      return
    }
    #expect(last["role"] == "user")
    #expect(text.contains("2+2 is "))
  }

  @Test func `OpenRouter asks only providers that can`() async throws {
    #expect(
      try await wire(.openrouter).body["provider"] == .object(["require_parameters": true]))
    var without = ask
    without.wantsLogProbabilities = false
    #expect(try await wire(.openrouter, without).body["provider"] == nil)
    #expect(try await wire(.openrouter, without).body["logprobs"] == nil)
  }

  @Test func `llama.cpp's chat never asks for zero alternatives`() async throws {
    var none = ask
    none.alternatives = 0
    #expect(try await wire(.llamaCpp, none).body["top_logprobs"] == 1)
  }

  @Test func `Anthropic's system text stands apart and its prefix ends in no space`() async throws {
    let wire = try await Anthropic().wire(ask, server)
    #expect(wire.url == "http://127.0.0.1:1/v1/messages")
    #expect(wire.body["system"] == "be brief")
    #expect(lastMessage(wire.body) == .object(["role": "assistant", "content": "2+2 is"]))
    #expect(wire.body["stop_sequences"] == .strings(["X"]))
    #expect(wire.body["logprobs"] == nil)
  }

  @Test func `Ollama's options hang together`() async throws {
    let wire = try await Ollama().wire(ask, server)
    #expect(wire.url == "http://127.0.0.1:1/api/chat")
    #expect(
      wire.body["options"]
        == .object([
          "temperature": .number(0.5), "num_predict": 9, "seed": 3,
          "stop": .strings(["\n\n", "X"]),
        ]))
    #expect(wire.body["top_logprobs"] == 4)
  }

  @Test func `the same request is the same text`() throws {
    let body: RequestBody = [
      "b": 1, "a": .number(0.7), "c": "x/\"y\"\n", "d": .list([true, "é😀"]),
    ]
    #expect(try body.encoded() == #"{"a":0.7,"b":1,"c":"x/\"y\"\n","d":[true,"é😀"]}"#)
  }

  @Test func `a key for another machine over plain http is warned of once`() throws {
    func model(_ endpoint: String) throws -> HTTPModel {
      HTTPModel(
        server: Server(
          endpoint: try Endpoint(endpoint), key: .from("k") { "k" }, settings: HTTPSettings()),
        dialect: Anthropic(),
        description: ModelDescription(model: "m", dialect: "x", capabilities: Capabilities()))
    }
    let far = try model("http://10.0.0.1")
    #expect(try far.mustWarnOfOpenLine())
    #expect(try !far.mustWarnOfOpenLine())
    #expect(try !model("http://127.0.0.1").mustWarnOfOpenLine())
    #expect(try !model("https://10.0.0.1").mustWarnOfOpenLine())
  }

  @Test func `waiting times are read in all their forms`() {
    func seconds(_ headers: [String: String]) -> Double? {
      server.refusal(HTTPHead(status: 429, headers: headers), [], model: "m").retryAfter
    }
    #expect(seconds(["retry-after": "7"]) == 7)
    #expect(seconds(["retry-after": "1.5"]) == 1.5)
    #expect(seconds(["retry-after": "9", "retry-after-ms": "250"]) == 0.25)
    #expect(seconds([:]) == nil)
    #expect(seconds(["retry-after": "soon"]) == nil)
    #expect((seconds(["retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"]) ?? 0) > 1e6)
  }

  @Test func `SGLang's scores are read with their alternatives`() throws {
    let json =
      #"{"input_token_logprobs":[[null,5," 2"],[-0.5,7," is"]],"#
      + #""input_top_logprobs":[null,[[-0.5,7," is"],[-1.5,8," was"]]]}"#
    let tokens = try JSONReader().read(Array(json.utf8)) { readSGLangScores($0) }
    #expect(tokens.map(\.id) == [5, 7])
    #expect(tokens.map(\.logProbability) == [nil, -0.5])
    #expect(tokens.last?.alternatives.map(\.id) == [7, 8])
  }

  @Test func `a scored text is cut off after what came before it`() {
    let entries = ["2+2", " is", " 4", "."].map {
      Entry(bytes: Array($0.utf8), logProbability: -1)
    }
    #expect(tail(of: entries, after: 6).map(\.bytes) == [Array(" 4".utf8), [0x2E]])
  }
}
