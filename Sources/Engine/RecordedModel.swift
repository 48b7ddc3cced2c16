import Foundation
import Sessions

/// A model that answers the calls of a recorded session with what was recorded.
///
/// A call is found by its messages, prefix and parameters; the same call made again gets the next
/// recording of it. Anything else throws ``ModelError/scriptExhausted(_:)``.
package final class RecordedModel: LanguageModel, @unchecked Sendable {
  private struct Recording {
    var request: GenerationRequest
    var tokens: [Token]
    var reason: StopReason
    var usage: Usage?
  }

  package let description: ModelDescription
  private let recordings: [Recording]
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var isUsed: [Bool]

  /// Takes the recordings of one role: attempts were the solver's calls, critiques the critic's.
  package init(replaying session: Session, as role: ModelRole = .solver) {
    switch role {
    case .solver: recordings = session.attempts.map(Self.recording)
    case .critic: recordings = session.critiques.map(Self.recording)
    }
    isUsed = Array(repeating: false, count: recordings.count)
    let call =
      role == .solver
      ? session.attempts.last?.started.call : session.critiques.last?.started.call
    description =
      session.models[role] ?? call?.model
      ?? ModelDescription(model: "recorded", dialect: "recorded", capabilities: Capabilities())
  }

  package func generate(
    _ request: GenerationRequest
  ) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { continuation in
      guard let recording = next(for: request) else {
        continuation.finish(
          throwing: ModelError.scriptExhausted("another prompt, prefix or parameters"))
        return
      }
      if !recording.tokens.isEmpty { continuation.yield(.tokens(recording.tokens)) }
      continuation.yield(.finished(recording.reason, recording.usage))
      continuation.finish()
    }
  }

  private func next(for request: GenerationRequest) -> Recording? {
    var request = request
    // Ids only spell the prefix once more; they are not recorded with the call.
    request.prefixTokens = nil
    return lock.withLock { [request] in
      let fits = recordings.indices.first { !isUsed[$0] && recordings[$0].request == request }
      guard let fits else { return nil }
      isUsed[fits] = true
      return recordings[fits]
    }
  }

  private static func recording(_ attempt: Attempt) -> Recording {
    let call = attempt.started.call
    let thinking = (0..<attempt.thinking.count)
      .map { attempt.thinking.token($0, channel: .thinking) }
    let given = call.prefix?.utf8.count ?? 0
    let first = attempt.written.firstIndex(afterBytes: given)
    let written = (first..<attempt.written.count).map {
      attempt.written.token($0, channel: .answer)
    }
    return Recording(
      request: call.request, tokens: thinking + written,
      reason: attempt.finished?.reason ?? .truncated, usage: attempt.finished?.usage)
  }

  private static func recording(_ critique: Critique) -> Recording {
    Recording(
      request: critique.started.call.request,
      tokens: critique.bytes.isEmpty ? [] : [Token(bytes: critique.bytes)],
      reason: critique.finished?.reason ?? .truncated)
  }
}

extension Call {
  var request: GenerationRequest {
    GenerationRequest(messages: messages, prefix: prefix, parameters: parameters)
  }
}

extension TokenTable {
  /// The first token that starts at `offset` or later.
  func firstIndex(afterBytes offset: Int) -> Int {
    indices(startingIn: 0..<offset).upperBound
  }
}
