import Engine
import Foundation
import Sessions

/// A model behind a server.
///
/// What is learned of the server while calling it changes the description under `lock`, which is
/// what makes the `@unchecked Sendable` true.
final class HTTPModel: LanguageModel, @unchecked Sendable {
  let server: Server
  let dialect: any Dialect
  private let lock = NSLock()
  private var learned: ModelDescription
  private var warned = false
  /// Called when a call taught us something; the cache listens.
  private let onLearning: @Sendable (ModelDescription) -> Void

  init(
    server: Server, dialect: any Dialect, description: ModelDescription,
    onLearning: @escaping @Sendable (ModelDescription) -> Void = { _ in }
  ) {
    self.server = server
    self.dialect = dialect
    self.onLearning = onLearning
    learned = description
    learned.describeFallbacks()
  }

  var description: ModelDescription { lock.withLock { learned } }

  func generate(_ request: GenerationRequest) -> AsyncThrowingStream<ModelOutput, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          try await Generation(self, request) { continuation.yield($0) }.run()
          continuation.finish()
        } catch {
          continuation.finish(throwing: self.modelError(error))
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  func score(_ text: String, after request: GenerationRequest) async throws -> [Token] {
    do {
      return try await dialect.score(text, ask(for: request), server)
    } catch { throw modelError(error) }
  }

  func ask(for request: GenerationRequest) -> Ask {
    let known = description.capabilities
    let alternatives = min(request.parameters.alternatives, known.alternatives)
    return Ask(
      model: description.model, messages: request.messages, prefix: request.prefix,
      continuation: known.continuation, parameters: request.parameters,
      wantsLogProbabilities: known.logProbabilities, alternatives: max(0, alternatives))
  }

  func learn(_ change: (inout Capabilities) -> Void) {
    let changed: ModelDescription? = lock.withLock {
      let before = learned
      change(&learned.capabilities)
      learned.describeFallbacks()
      return learned == before ? nil : learned
    }
    if let changed { onLearning(changed) }
  }

  /// True the first time a key is about to go over an open line.
  func mustWarnOfOpenLine() throws -> Bool {
    guard !server.endpoint.isEncrypted, !server.endpoint.isLoopback,
      try server.key.resolve() != nil
    else { return false }
    return lock.withLock {
      defer { warned = true }
      return !warned
    }
  }

  /// Whatever went wrong, as the one error that leaves this module.
  private func modelError(_ error: any Error) -> any Error {
    let endpoint = server.endpoint.base
    switch error {
    case let refusal as Server.Refusal: return refusal.error
    case let failure as ServerFailure:
      return ModelError.refused(
        endpoint: endpoint, status: failure.status ?? 500, message: failure.message)
    case let stream as StreamError:
      return ModelError.badStream(endpoint: endpoint, reason: stream.reason)
    case let transfer as TransferError: return server.refusal(transfer).error
    default: return error
    }
  }
}

extension ModelDescription {
  /// Says in a few words each what is missing and what is done instead.
  mutating func describeFallbacks() {
    var words: [String] = []
    if !capabilities.streaming { words.append("answers arrive whole") }
    if !capabilities.logProbabilities {
      words.append("no log-probabilities")
    } else if capabilities.alternatives == 0 {
      words.append("no alternatives")
    }
    if capabilities.continuation == .quoted { words.append("continues by quoting") }
    if capabilities.logProbabilities, !capabilities.trueBytes { words.append("re-encoded bytes") }
    fallbacks = words
  }
}
