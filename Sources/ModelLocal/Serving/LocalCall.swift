import Engine
import Kernels
import Sessions
import Synchronization

/// One completion under way: the tokens so far, the sampler, and where the words go.
///
/// Driven by ``Driver``'s thread alone but for ``cancel()``.
final class LocalCall: Sendable {
  typealias Output = AsyncThrowingStream<ModelOutput, any Error>.Continuation

  let prompt: [Int32]
  let parameters: SamplingParameters
  private let tokenizer: Tokenizer
  private let output: Output
  /// What is thrown when the weights give no number.
  private let noNumbers: ModelError
  private let cancelled = Atomic(false)
  /// Touched by the driver's thread only; the lock is never waited for.
  private let writing: Mutex<Writing>

  private struct Writing {
    var sampler: Sampler
    var thinking: ThinkingTags
    var stops: StopStrings
    /// Drawn and not handed over yet.
    var pending: [Token] = []
    var written = 0
    var lastFlush = ContinuousClock.now - .seconds(1)
  }

  init(
    prompt: [Int32], parameters: SamplingParameters, tokenizer: Tokenizer, isContinuing: Bool,
    noNumbers: ModelError, output: Output
  ) {
    self.noNumbers = noNumbers
    self.prompt = prompt
    self.parameters = parameters
    self.tokenizer = tokenizer
    self.output = output
    writing = Mutex(
      Writing(
        sampler: Sampler(parameters),
        thinking: ThinkingTags(tokenizer, isContinuing: isContinuing),
        stops: StopStrings(parameters.stop)))
  }

  func cancel() { cancelled.store(true, ordering: .relaxed) }
  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  /// Draws a token from what the decoder has; feeds it back, unless it was the last.
  ///
  /// Answers whether there is more to come.
  func step(_ decoder: Decoder) -> Bool {
    if isCancelled {
      output.finish(throwing: CancellationError())
      return false
    }
    let measures = decoder.measures(top: max(1, parameters.alternatives))
    return writing.withLock { write(&$0, measures, decoder) }
  }

  private func write(_ writing: inout Writing, _ measures: LogitMeasures, _ decoder: Decoder)
    -> Bool
  {
    guard
      let id = writing.sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
    else {
      flush(&writing, isDue: true)
      output.finish(throwing: noNumbers)
      return false
    }
    if tokenizer.isEndOfTurn(id) { return end(&writing, .stop) }
    var token = Token(
      id, measures, decoder.logits, tokenizer: tokenizer, alternatives: parameters.alternatives)
    writing.written += 1
    if let channel = writing.thinking.channel(of: id) {
      token.channel = channel
      if writing.stops.take(token, pending: &writing.pending) { return end(&writing, .stop) }
    }
    if writing.written >= parameters.maxTokens { return end(&writing, .length) }
    guard decoder.room > 0 else {
      output.yield(
        .note(.other, byte: nil, text: "the context of \(decoder.context) tokens is full"))
      return end(&writing, .length)
    }
    flush(&writing, isDue: false)
    decoder.feed([id])
    return true
  }

  /// Tokens go out in bundles: a frame's worth at most, so that a fast model's are not each a
  /// message of their own.
  private func flush(_ writing: inout Writing, isDue: Bool) {
    let held = isDue ? 0 : writing.stops.held
    guard writing.pending.count > held else { return }
    let now = ContinuousClock.now
    guard isDue || now - writing.lastFlush > .milliseconds(8) else { return }
    writing.lastFlush = now
    let ready = writing.pending.count - held
    output.yield(.tokens(Array(writing.pending.prefix(ready))))
    writing.pending.removeFirst(ready)
  }

  private func end(_ writing: inout Writing, _ reason: StopReason) -> Bool {
    flush(&writing, isDue: true)
    output.yield(
      .finished(reason, Usage(promptTokens: prompt.count, completionTokens: writing.written)))
    output.finish()
    return false
  }

  /// Ends a call that never got to its first token.
  func abandon() { output.finish(throwing: CancellationError()) }
}

extension Decoder {
  /// What the last logits say at temperature 1, with at most `top` of the likeliest tokens.
  func measures(top: Int) -> LogitMeasures {
    Kernel.measure(logits, temperature: 1, top: min(top, shape.vocabulary), pool: pool)
  }
}

extension Token {
  /// A token as drawn or given, measured by the logits it was drawn from, all of them known.
  init(
    _ id: Int32, _ measures: LogitMeasures, _ logits: UnsafeBufferPointer<Float>,
    tokenizer: Tokenizer, alternatives: Int
  ) {
    let entropy = Float(measures.entropy.value)
    self.init(
      bytes: tokenizer.bytes(of: id), id: id,
      logProbability: min(0, logits[Int(id)] - measures.logSumExp),
      entropy: EntropyBounds(lower: entropy, upper: entropy),
      alternatives: measures.top.prefix(max(0, alternatives)).map {
        Alternative(
          bytes: tokenizer.bytes(of: $0.id), id: $0.id, logProbability: $0.logProbability)
      })
  }
}
