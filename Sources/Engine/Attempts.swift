import Foundation
import Sessions

/// Hands out token serials, which are never reused in a session.
package final class SerialCounter: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var next: Int

  package init(next: Int) { self.next = next }

  /// Takes `count` serials in a row; returns the first.
  package func take(_ count: Int) -> Int {
    lock.withLock {
      defer { next += count }
      return next
    }
  }
}

/// Everything about an attempt that is settled before its model is called.
package struct AttemptPlan: Equatable, Sendable {
  package var attempt: AttemptID
  package var parent: AttemptID?
  package var round: RoundID?
  package var sample: Int?
  package var problem: Problem
  package var messages: [ChatMessage]
  package var parameters: SamplingParameters
  /// Answer tokens taken over from the parent, byte for byte.
  package var kept: TokenTable
  /// Ends of the kept steps; what follows the last one is an open step.
  package var keptEnds: [Int]
  /// What a person put after the kept tokens, which the model goes on from: text of their own,
  /// which has no numbers, or another token the model had considered there, with its numbers.
  package var added: TokenTable
  package var branch: TokenBranch?
  /// `nil` where nothing is reflected on.
  package var reflection: ReflectionSettings?
  /// The words for self-assessments, where a method makes any.
  package var prompts = PromptSet.general
  /// The one model that gave out the ids of the kept and added tokens.
  package var idsFrom: ModelDescription?

  package init(
    attempt: AttemptID, parent: AttemptID? = nil, round: RoundID? = nil, sample: Int? = nil,
    problem: Problem, messages: [ChatMessage], parameters: SamplingParameters,
    kept: TokenTable = TokenTable(), keptEnds: [Int] = [], added: TokenTable = TokenTable()
  ) {
    self.attempt = attempt
    self.parent = parent
    self.round = round
    self.sample = sample
    self.problem = problem
    self.messages = messages
    self.parameters = parameters
    self.kept = kept
    self.keptEnds = keptEnds
    self.added = added
  }

  /// The answer so far, which the model is to go on from.
  package var prefix: String? {
    let bytes = kept.bytes + added.bytes
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  package func request(on model: ModelDescription) -> GenerationRequest {
    GenerationRequest(
      messages: messages, prefix: prefix, prefixTokens: prefixTokens(on: model),
      parameters: parameters)
  }

  /// Ids up to the first token without one; `nil` where they are another model's.
  func prefixTokens(on model: ModelDescription) -> [Int32]? {
    guard let idsFrom, idsFrom.isSameModel(as: model) else { return nil }
    var table = kept
    table.append(contentsOf: added)
    let all = (0..<table.count).lazy.map { table.id(of: $0) }
    let ids = all.prefix { $0 != nil }.compactMap(\.self)
    return ids.isEmpty ? nil : Array(ids)
  }

  package func started(on model: ModelDescription) -> AttemptStarted {
    AttemptStarted(
      attempt: attempt, parent: parent, round: round, sample: sample, keptBytes: kept.bytes.count,
      branch: branch, segmenter: Segmenter.version,
      call: Call(
        model: model, messages: messages, prefix: prefix,
        continuation: prefix == nil ? nil : model.capabilities.continuation,
        parameters: parameters), reflection: reflection)
  }
}

/// Carries out an attempt; every fact goes to `record` in the order it became one.
///
/// Ends when the model does, or soon after the surrounding task is cancelled: what had come by
/// then is kept, and the attempt is recorded as cancelled. Never throws: an error is a fact too.
/// `dial` turns the settings of a plan that reflects while it is carried out.
package func run(
  _ plan: AttemptPlan, on model: any LanguageModel, serials: SerialCounter,
  dial: ReflectionDial? = nil, record: @escaping @Sendable (Event) -> Void
) async {
  if let reflection = plan.reflection {
    var run = ReflectingRun(
      plan, model: model, serials: serials, dial: dial ?? ReflectionDial(reflection),
      record: record)
    return await run.carryOut()
  }
  var run = AttemptRun(plan, model: model.description, serials: serials)
  run.start().forEach(record)
  let ending = await follow(model.generate(plan.request(on: model.description))) { output in
    run.take(output).forEach(record)
  }
  run.end(ending).forEach(record)
}

/// How a model call ended.
enum CallEnding: Equatable {
  case finished(StopReason, Usage?)
  case cancelled
  case failed(ModelError)

  var reason: StopReason {
    switch self {
    case .finished(let reason, _): reason
    case .cancelled: .cancelled
    case .failed(.connectionLost), .failed(.stalled): .truncated
    case .failed: .error
    }
  }
  var usage: Usage? { if case .finished(_, let usage) = self { usage } else { nil } }
  /// What went wrong; `nil` for an end that was meant.
  var sentence: String? {
    switch self {
    case .failed(let error): error.sentence
    case .finished(.truncated, _):
      "The stream ended without saying that it was done: go on from what was kept, or run it again."
    case .finished, .cancelled: nil
    }
  }
}

/// Feeds a stream's outputs to `take` until it ends, and tells how it ended.
func follow(
  _ stream: AsyncThrowingStream<ModelOutput, any Error>, take: (ModelOutput) -> Void
) async -> CallEnding {
  do {
    for try await output in stream {
      if Task.isCancelled { return .cancelled }
      if case .finished(let reason, let usage) = output { return .finished(reason, usage) }
      take(output)
    }
    return Task.isCancelled ? .cancelled : .finished(.truncated, nil)
  } catch let error as ModelError {
    return Task.isCancelled ? .cancelled : .failed(error)
  } catch {
    let isCancelled = Task.isCancelled || error is CancellationError
    return isCancelled
      ? .cancelled : .failed(.badStream(endpoint: "The model", reason: "\(type(of: error))"))
  }
}
