import Engine
import ModelHTTP
import Sessions

/// All that one call gave.
struct Answer {
  var sent: [String] = []
  var tokens: [Token] = []
  var notes: [Noted.Kind] = []
  var noteTexts: [String] = []
  var mismatch: Int?
  var retries: [Duration] = []
  var stop: StopReason?
  var usage: Usage?
  var error: ModelError?

  var bytes: [UInt8] { tokens.filter { $0.channel == .answer }.flatMap(\.bytes) }
  var text: String { String(decoding: bytes, as: UTF8.self) }
  var thinking: String {
    String(decoding: tokens.filter { $0.channel == .thinking }.flatMap(\.bytes), as: UTF8.self)
  }

  init(_ outputs: AsyncThrowingStream<ModelOutput, any Error>) async throws {
    do {
      for try await output in outputs { take(output) }
    } catch let error as ModelError { self.error = error }
  }

  private mutating func take(_ output: ModelOutput) {
    switch output {
    case .sent(let body): sent.append(body)
    case .tokens(let more): tokens += more
    case .note(let kind, let byte, let text):
      notes.append(kind)
      noteTexts.append(text)
      if kind == .bytesMismatch { mismatch = byte }
    case .retrying(let delay, _, _): retries.append(delay)
    case .decided, .paused: break
    case .finished(let reason, let usage):
      stop = reason
      self.usage = usage
    }
  }
}
