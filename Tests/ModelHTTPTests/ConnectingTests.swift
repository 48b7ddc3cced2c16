import Engine
import FaultServer
import Foundation
import Sessions
import Testing

@testable import ModelHTTP

struct ConnectingTests {
  @Test func `endpoints are read with and without their path`() throws {
    let cases: [(text: String, base: String, api: String, model: String?)] = [
      ("http://h:8080", "http://h:8080", "http://h:8080/v1", nil),
      ("http://h:8080/v1/", "http://h:8080", "http://h:8080/v1", nil),
      ("https://h/api/v1#a/b:7b", "https://h/api", "https://h/api/v1", "a/b:7b"),
      ("https://h/beta#x", "https://h", "https://h/beta", "x"),
      ("http://[::1]:11434#m", "http://[::1]:11434", "http://[::1]:11434/v1", "m"),
    ]
    for (text, base, api, model) in cases {
      let endpoint = try Endpoint(text)
      #expect(endpoint.base == base, "\(text)")
      #expect(endpoint.api == api, "\(text)")
      #expect(endpoint.model == model, "\(text)")
    }
    #expect(try Endpoint("http://[::1]:1").isLoopback)
    #expect(try !Endpoint("http://128.0.0.1").isLoopback)
  }

  @Test func `what is no endpoint is refused without showing a secret`() {
    for text in ["", "h:8080", "ftp://h", "http://", "http://h/\r\nX: y", "http://h:99999"] {
      #expect(throws: ModelError.self, "\(text.debugDescription)") { try Endpoint(text) }
    }
    do {
      _ = try Endpoint("https://user:hunter2@host/v1")
      Issue.record("a password in a URL was accepted")
    } catch { #expect(!"\(error)".contains("hunter2")) }
  }

  @Test func `a key that could write headers is refused and not repeated`() {
    for bad in ["a\r\nX-Other: 1", "a\u{0}b", "schlüssel", "two words"] {
      do {
        _ = try APIKey.from("$KEY") { bad }.resolve()
        Issue.record("\(bad.debugDescription) was accepted")
      } catch {
        #expect("\(error)".contains("$KEY"))
        #expect(!"\(error)".contains(bad))
      }
    }
  }

  @Test func `a key file others can read is refused`() throws {
    let path = NSTemporaryDirectory() + "erratum-key-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("sk-secret\nsecond line\n".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(throws: ModelError.self) { try APIKey.file(path).resolve() }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(try APIKey.file(path).resolve() == "sk-secret")
    #expect(throws: ModelError.self) { try APIKey.file(path + "-none").resolve() }
  }

  @Test func `the key goes into one header and into nothing that is told`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    let spec = ModelSpec(
      endpoint: server.endpoint + "#fault-500-midstream", key: .from("test") { "sk-secret-123" })
    let model = try await connect(spec)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")], parameters: SamplingParameters())
    let answer = try await Answer(model.generate(request))
    let last = try #require(server.requests.last)
    #expect(last.headers["authorization"] == "Bearer sk-secret-123")
    #expect(!"\(answer) \(model.description) \(spec)".contains("sk-secret-123"))
  }

  @Test func `an empty port is unreachable at once, without a retry`() async throws {
    let server = try FaultServer()
    server.stop()
    let endpoint = server.endpoint
    let settings = HTTPSettings(sleep: { delay in Issue.record("waited for \(delay)") })
    await #expect {
      _ = try await connect(ModelSpec(endpoint: endpoint), settings: settings)
    } throws: { error in
      if case .unreachable? = error as? ModelError { true } else { false }
    }
  }

  @Test func `a web page, a missing model and a refused key are told at connecting`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    func error(_ path: String) async -> ModelError? {
      do {
        _ = try await connect(ModelSpec(endpoint: server.endpoint + path))
        return nil
      } catch { return error as? ModelError }
    }
    let html = server.endpoint + "/fault-html"
    #expect(
      await error("/fault-html") == .notAModelServer(endpoint: html, received: "a web page"))
    #expect(
      await error("/fault-401/v1#chat")
        == .unauthorized(endpoint: server.endpoint + "/fault-401", status: 401))
  }

  @Test func `the probe finds what a server can do, and the cache spares the second`() async throws
  {
    let server = try FaultServer()
    defer { server.stop() }
    let path = NSTemporaryDirectory() + "erratum-probes-\(UUID().uuidString)/probes.json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = HTTPSettings(cachePath: path)
    func completions() -> Int {
      server.requests.filter { $0.path.hasSuffix("completions") }.count
    }
    let first = try await connect(
      ModelSpec(endpoint: server.endpoint + "#chat"), settings: settings)
    #expect(first.description.capabilities.logProbabilities)
    #expect(first.description.capabilities.alternatives == 20)
    let probes = completions()
    #expect(probes > 0)
    let second = try await connect(
      ModelSpec(endpoint: server.endpoint + "#chat"), settings: settings)
    #expect(completions() == probes)
    #expect(second.description == first.description)
    try Data("{\"torn".utf8).write(to: URL(fileURLWithPath: path))
    _ = try await connect(ModelSpec(endpoint: server.endpoint + "#chat"), settings: settings)
    #expect(completions() > probes)
  }

  @Test func `a server without log-probabilities is described by what it lacks`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    let model = try await connect(ModelSpec(endpoint: server.endpoint + "#plain"))
    #expect(!model.description.capabilities.logProbabilities)
    #expect(model.description.fallbacks.contains("no log-probabilities"))
    #expect(model.description.endpoint == server.endpoint)
  }

  @Test func `a server with llama.cpp's calls is continued exactly`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    let model = try await connect(ModelSpec(endpoint: server.endpoint + "/llama"))
    #expect(model.description.dialect == "llama.cpp")
    #expect(model.description.capabilities.slots == 2)
    #expect(model.description.capabilities.vocabularySize == 320)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")], prefix: "Step 1: 3 bags of 6 hold 3 * 6 = 18 marbles.\n",
      parameters: SamplingParameters(temperature: 0, maxTokens: 200))
    let answer = try await Answer(model.generate(request))
    #expect(answer.text.hasPrefix("Step 2: 17 + 18 = 35"))
    #expect(answer.tokens.allSatisfy { $0.id != nil })
  }

  @Test func `a beginning that can only be quoted is gone on from by quoting`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    let model = try await connect(ModelSpec(endpoint: server.endpoint + "#chat"))
    #expect(model.description.capabilities.continuation == .quoted)
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "?")], prefix: "Step 1: 3 bags of 6 hold 3 * 6 = 18 marbles.\n",
      parameters: SamplingParameters(temperature: 0, maxTokens: 200))
    let answer = try await Answer(model.generate(request))
    #expect(answer.text.hasPrefix("Step 2: 17 + 18 = 35"))
  }

  @Test func `servers that answer at the usual places are found`() async throws {
    let server = try FaultServer()
    defer { server.stop() }
    let found = await discover(
      environment: ["OPENAI_BASE_URL": "http://127.0.0.1:1/v1"], ports: [Int(server.port)])
    #expect(found.map(\.endpoint) == [server.endpoint])
  }

  @Test func `hosts that charge are not probed`() async throws {
    let model = try await connect(
      ModelSpec(endpoint: "https://api.anthropic.com/v1#claude", key: .from("k") { "k" }))
    #expect(model.description.dialect == "anthropic")
    #expect(model.description.fallbacks.contains("no log-probabilities"))
    await #expect(throws: ModelError.self) {
      _ = try await connect(ModelSpec(endpoint: "https://api.openai.com/v1"))
    }
  }

  @Test func `waits follow the server's wish when it is sensible, else they double`() {
    #expect(retryDelay(number: 1, asked: 7, random: 1) == 7)
    #expect(retryDelay(number: 1, asked: 121, random: 0) == 0.5)
    #expect(retryDelay(number: 1, asked: 0, random: 0) == 0.5)
    #expect(retryDelay(number: 1, asked: -3, random: 0) == 0.5)
    #expect(retryDelay(number: 3, asked: nil, random: 0) == 2)
    #expect(retryDelay(number: 3, asked: nil, random: 1) == 1.5)
    #expect(retryDelay(number: 40, asked: nil, random: 0) == 30)
  }
}
