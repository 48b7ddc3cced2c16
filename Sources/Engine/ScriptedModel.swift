import Foundation
import Sessions

/// A model that says what a script tells it to, for tests and for tries without a server.
///
/// A script is a line of JSON:
/// ```
/// {"match": ["17 marbles"], "tokens": [{"text": "Step", "logProbability": -0.1,
///   "alternatives": [["Step", -0.1], ["So", -2.4]], "delay": 0.02}, ...], "finish": "stop"}
/// ```
/// `match` names texts that must all stand in the request's messages or prefix. Of several scripts
/// that match, the one used least often goes first, in the order of the file, so that K samples
/// of one problem get K different scripts. A token may have `thinking: true` and `bytes` (base64)
/// in place of `text`; `text` of the whole script stands for words without numbers; `error` is
/// `connectionLost`, `stalled` or `unreachable`, thrown after the tokens.
package final class ScriptedModel: LanguageModel, @unchecked Sendable {
  package let description: ModelDescription
  private let scripts: [Script]
  private let wait: @Sendable (Duration) async throws -> Void
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var uses: [Int]

  package init(
    scripts: [Script], description: ModelDescription = ScriptedModel.standardDescription,
    wait: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.scripts = scripts
    self.description = description
    self.wait = wait
    uses = Array(repeating: 0, count: scripts.count)
  }

  package static let standardDescription = ModelDescription(
    model: "scripted", dialect: "scripted",
    capabilities: Capabilities(
      logProbabilities: true, alternatives: 5, continuation: .exact, thinking: true,
      trueBytes: true, vocabularySize: 1_000))

  package func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          try await self.play(request, to: continuation)
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func play(
    _ request: GenerationRequest,
    to continuation: AsyncThrowingStream<ModelOutput, any Error>.Continuation
  ) async throws {
    guard let script = script(for: request) else {
      throw ModelError.scriptExhausted("no script matches")
    }
    for token in script.tokens {
      if let delay = token.delay, delay > 0 { try await wait(.seconds(delay)) }
      try Task.checkCancellation()
      continuation.yield(.tokens([token.token]))
    }
    if let error = script.error { throw error }
    let count = script.tokens.count
    continuation.yield(.finished(script.finish, Usage(completionTokens: count)))
  }

  private func script(for request: GenerationRequest) -> Script? {
    let texts = request.messages.map(\.text) + [request.prefix ?? ""]
    return lock.withLock {
      let matching = scripts.indices.filter { index in
        scripts[index].match.allSatisfy { wanted in texts.contains { $0.contains(wanted) } }
      }
      guard let chosen = matching.min(by: { uses[$0] < uses[$1] }) else { return nil }
      uses[chosen] += 1
      return scripts[chosen]
    }
  }
}

/// One scripted completion.
package struct Script: Sendable {
  package struct ScriptToken: Sendable {
    package var token: Token
    /// Seconds before the token.
    package var delay: Double?
    package init(_ token: Token, delay: Double? = nil) {
      self.token = token
      self.delay = delay
    }
  }
  package var match: [String]
  package var tokens: [ScriptToken]
  package var finish: StopReason
  package var error: ModelError?

  package init(
    match: [String] = [], tokens: [ScriptToken], finish: StopReason = .stop,
    error: ModelError? = nil
  ) {
    self.match = match
    self.tokens = tokens
    self.finish = finish
    self.error = error
  }

  /// A completion of words without numbers; each keeps the white space after it.
  package init(
    match: [String] = [], text: String, finish: StopReason = .stop, error: ModelError? = nil
  ) {
    self.init(
      match: match, tokens: Self.words(text).map { ScriptToken(Token(bytes: $0)) },
      finish: finish, error: error)
  }

  /// The scripts of a JSON-lines text; blank lines and those that begin with `#` are skipped.
  package static func scripts(jsonLines text: String) throws -> [Script] {
    try text.split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace) }
      .map { try JSONDecoder().decode(ScriptLine.self, from: Data($0.utf8)).script }
  }

  private static func words(_ text: String) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var wasSpace = true
    for byte in text.utf8 {
      let isSpace = ASCII.isSpace(byte)
      if words.isEmpty || (wasSpace && !isSpace) { words.append([]) }
      words[words.count - 1].append(byte)
      wasSpace = isSpace
    }
    return words
  }
}

/// A script as its line of JSON has it.
private struct ScriptLine: Decodable {
  struct TokenLine: Decodable {
    var text: String?
    var bytes: Data?
    var id: Int32?
    var thinking: Bool?
    var logProbability: Float?
    var alternatives: [AlternativeLine]?
    var delay: Double?
  }
  struct AlternativeLine: Decodable {
    var alternative: Alternative
    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      let text = try pair.decode(String.self)
      let logProbability = try pair.decodeIfPresent(Float.self) ?? -.infinity
      alternative = Alternative(bytes: Array(text.utf8), logProbability: logProbability)
    }
  }
  var match: [String]?
  var tokens: [TokenLine]?
  var text: String?
  var finish: StopReason?
  var error: String?

  var script: Script {
    var script = Script(match: match ?? [], text: text ?? "", finish: finish ?? .stop)
    script.tokens += (tokens ?? []).map { line in
      Script.ScriptToken(
        Token(
          bytes: line.bytes.map(Array.init) ?? Array((line.text ?? "").utf8),
          channel: line.thinking == true ? .thinking : .answer, id: line.id,
          logProbability: line.logProbability,
          alternatives: line.alternatives?.map(\.alternative) ?? []),
        delay: line.delay)
    }
    switch error {
    case "connectionLost": script.error = .connectionLost(endpoint: "the script")
    case "stalled": script.error = .stalled(endpoint: "the script", seconds: 60)
    case "unreachable": script.error = .unreachable(endpoint: "the script", reason: "refused")
    case let other?: script.error = .badStream(endpoint: "the script", reason: other)
    case nil: break
    }
    return script
  }
}
