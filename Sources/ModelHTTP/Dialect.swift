import Engine
import JSONReader
import Sessions

/// What one kind of server wants to be asked, and how its answers read.
protocol Dialect: Sendable {
  /// `llama.cpp`, `vllm`, `ollama`, `openai`, `anthropic`.
  var name: String { get }
  var framing: Framing { get }

  /// The request for one completion; may ask the server to render its chat template first.
  func wire(_ ask: Ask, _ server: Server) async throws -> WireRequest

  /// Reads one event into what it adds.
  func read(_ event: JSON) -> Delta

  func score(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token]
}

extension Dialect {
  var framing: Framing { .events }

  func score(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token] {
    throw ModelError.unsupported("scoring a given text")
  }
}

enum Framing { case events, lines }

/// A generation as it is to be asked for now, after what was learned of the server.
struct Ask: Sendable {
  var model: String
  var messages: [ChatMessage]
  var prefix: String?
  var continuation: Capabilities.Continuation
  var parameters: SamplingParameters
  var wantsLogProbabilities: Bool
  /// Alternatives to ask for; at most what the server allows.
  var alternatives: Int
  /// Reasoning models take no temperature but their own.
  var wantsTemperature = true

  /// The messages, with the prefix quoted in a last user turn when it cannot be handed over.
  var conversation: [ChatMessage] {
    guard let prefix, continuation == .quoted else { return messages }
    return messages + [ChatMessage(.user, quotedPrefixRequest(prefix))]
  }

  /// The prefix, when the server is to go on from it itself.
  var openPrefix: String? { continuation == .quoted ? nil : prefix }
}

private func quotedPrefixRequest(_ prefix: String) -> String {
  """
  Here is the beginning of your answer, between the lines of dashes:

  -----
  \(prefix)
  -----

  Go on from exactly where it stops. Write only what comes next, \
  and repeat nothing of what is there.
  """
}

struct WireRequest: Sendable {
  /// The whole URL.
  var url: String
  var body: RequestBody
  /// The rendered prompt left the model inside its thinking.
  var startsInThinking = false
}

/// What one event of a stream added.
struct Delta {
  var answer: [UInt8] = []
  var thinking: [UInt8] = []
  /// Tokens the server accounts for; they may lag behind the text or run ahead of it.
  var entries: [Entry] = []
  var stop: StopReason?
  var usage: Usage?
  /// Completion tokens spent on thinking that was not shown.
  var hiddenTokens = 0
  /// The terminator of the dialect.
  var ended = false
  var failure: ServerFailure?
}

/// One token as a server reports it.
struct Entry: Equatable {
  /// The token's own bytes; `nil` when only ``released`` is known.
  var bytes: [UInt8]?
  /// The text the server let out at this token, where that may be another.
  var released: [UInt8]?
  var id: Int32?
  var logProbability: Float?
  var alternatives: [Alternative] = []
  /// How many tokens the server had made when it reported this one.
  var ordinal: Int?
}

/// An error a server reported, in whichever of the seven shapes.
struct ServerFailure: Error, Equatable {
  var status: Int?
  var type: String?
  var message: String
}
