import Kernels
import Sessions

/// One attempt as it is to be made.
package struct AttemptPlan: Equatable, Sendable {
  package var attempt: AttemptID
  package var parent: AttemptID?
  package var round: RoundID?
  /// Place among samples made together, from 0.
  package var sample: Int?
  package var problem: Problem
  package var messages: [ChatMessage]
  /// Answer tokens taken over from the parent; the model goes on from their last byte.
  package var kept = TokenTable()
  package var parameters: SamplingParameters

  package init(
    attempt: AttemptID, parent: AttemptID? = nil, round: RoundID? = nil, sample: Int? = nil,
    problem: Problem, messages: [ChatMessage], kept: TokenTable = TokenTable(),
    parameters: SamplingParameters
  ) {
    self.attempt = attempt
    self.parent = parent
    self.round = round
    self.sample = sample
    self.problem = problem
    self.messages = messages
    self.kept = kept
    self.parameters = parameters
  }

  var prefix: String? {
    kept.isEmpty ? nil : String(decoding: kept.bytes, as: UTF8.self)
  }
}

/// Makes one attempt: asks the model, cuts and measures steps, and tells everything as events.
///
/// Returns when the attempt is over, however it ended. Cancelling the task ends it at once, with
/// what has been written kept.
package func run(
  _ plan: AttemptPlan, on model: any LanguageModel, serials: SerialCounter,
  record: @escaping @Sendable (Event) -> Void
) async {
  let description = model.description
  record(
    .attemptStarted(
      AttemptStarted(
        attempt: plan.attempt, parent: plan.parent, round: plan.round, sample: plan.sample,
        keptBytes: plan.kept.bytes.count, segmenter: Segmenter.version,
        call: Call(
          model: description, messages: plan.messages, prefix: plan.prefix,
          continuation: plan.prefix == nil ? nil : description.capabilities.continuation,
          parameters: plan.parameters))))
  var writer = AttemptWriter(
    attempt: plan.attempt, limit: plan.parameters.alternatives,
    vocabularySize: description.capabilities.vocabularySize,
    serials: serials, record: record)
  writer.take(plan.kept, of: .answer)

  let ending = await CallEnding.of(.attempt(plan.attempt), record: record) {
    let request = GenerationRequest(
      messages: plan.messages, prefix: plan.prefix, parameters: plan.parameters)
    return model.generate(request)
  } tokens: {
    writer.take($0)
  }
  writer.finish()
  if let found = extractAnswer(from: writer.answerText) {
    let isCorrect = plan.problem.answer.map {
      isEquivalent(found.answer, to: $0, kind: plan.problem.kind)
    }
    record(
      .answerExtracted(
        AnswerExtracted(
          attempt: plan.attempt, answer: found.answer, method: found.method,
          isCorrect: isCorrect)))
  }
  record(
    .attemptFinished(
      AttemptFinished(
        attempt: plan.attempt, reason: ending.reason, usage: ending.usage,
        message: ending.message)))
}

/// Turns tokens into events: tokens with their entropies, and the steps they close.
struct AttemptWriter {
  private let attempt: AttemptID
  /// Alternatives asked for: a server may add the sampled token to them.
  private let limit: Int
  private let vocabularySize: Int?
  private let serials: SerialCounter
  private let record: @Sendable (Event) -> Void
  private var chains: [Channel: Chain] = [:]
  private var stepCount = 0

  private struct Chain {
    var tokens = TokenTable()
    var segmenter: Segmenter
    var closed = 0
  }

  init(
    attempt: AttemptID, limit: Int, vocabularySize: Int?, serials: SerialCounter,
    record: @escaping @Sendable (Event) -> Void
  ) {
    self.attempt = attempt
    self.limit = limit
    self.vocabularySize = vocabularySize
    self.serials = serials
    self.record = record
  }

  var answerText: String { String(decoding: chains[.answer]?.tokens.bytes ?? [], as: UTF8.self) }

  /// Tokens of either channel as a model sent them.
  mutating func take(_ tokens: [Token]) {
    var rest = tokens[...]
    while let first = rest.first {
      let same = rest.prefix { $0.channel == first.channel }
      var table = TokenTable()
      for var token in same {
        token.entropy =
          token.entropy
          ?? EntropyBounds(
            alternatives: token.alternatives, limit: limit, vocabularySize: vocabularySize)
        table.append(token)
      }
      take(table, of: first.channel)
      rest = rest.dropFirst(same.count)
    }
  }

  mutating func take(_ table: TokenTable, of channel: Channel) {
    guard !table.isEmpty else { return }
    record(
      .tokens(
        TokensArrived(
          attempt: attempt, channel: channel, firstSerial: serials.take(table.count),
          table: table)))
    var chain = chains[channel] ?? Chain(segmenter: Segmenter(channel: channel))
    chains[channel] = nil
    chain.tokens.append(contentsOf: table)
    let ends = chain.segmenter.append(table.bytes)
    close(ends, of: channel, in: &chain)
    chains[channel] = chain
  }

  /// Closes what is still open: the stream is over.
  mutating func finish() {
    for channel in Channel.allCases {
      guard var chain = chains[channel] else { continue }
      let ends = chain.segmenter.finish()
      close(ends, of: channel, in: &chain)
      chains[channel] = chain
    }
  }

  private mutating func close(_ ends: [Int], of channel: Channel, in chain: inout Chain) {
    for end in ends {
      let range = chain.closed..<end
      record(
        .stepClosed(
          StepClosed(
            attempt: attempt, index: stepCount, channel: channel, start: range.lowerBound,
            end: range.upperBound, segmenter: Segmenter.version,
            measures: StepMeasures(
              of: chain.tokens, in: chain.tokens.indices(startingIn: range)))))
      chain.closed = end
      stepCount += 1
    }
  }
}

/// How a model call came to its end.
struct CallEnding {
  var reason: StopReason
  var usage: Usage?
  var message: String?

  /// Reads a call to its end, telling of everything but the tokens.
  ///
  /// An error is an event and an ending, never thrown: what came before it stands.
  static func of(
    _ target: CallTarget, record: @Sendable (Event) -> Void,
    call: () -> AsyncThrowingStream<ModelOutput, any Error>, tokens: ([Token]) -> Void
  ) async -> CallEnding {
    do {
      for try await output in call() {
        switch output {
        case .sent(let request):
          record(.prompted(Prompted(target: target, request: request)))
        case .tokens(let new): tokens(new)
        case .note(let kind, let byte, let text):
          record(.noted(Noted(target: target, kind: kind, byte: byte, text: text)))
        case .retrying(let delay, let number, let reason):
          record(
            .retryScheduled(
              RetryScheduled(
                target: target, delay: delay / .seconds(1), number: number, reason: reason)))
        case .finished(let reason, let usage): return CallEnding(reason: reason, usage: usage)
        }
      }
    } catch is CancellationError {
      return CallEnding(reason: .cancelled)
    } catch {
      if Task.isCancelled { return CallEnding(reason: .cancelled) }
      let sentence = (error as? ModelError)?.sentence ?? "The model failed: \(error); try again."
      record(.failed(Failed(target: target, message: sentence)))
      var ending = CallEnding(reason: .error, message: sentence)
      if case .connectionLost = error as? ModelError { ending.reason = .truncated }
      return ending
    }
    return CallEnding(reason: Task.isCancelled ? .cancelled : .truncated)
  }
}
