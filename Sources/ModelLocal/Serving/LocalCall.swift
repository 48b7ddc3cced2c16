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
  private let watch: (any TokenWatch)?
  private let cancelled = Atomic(false)
  /// Touched by the driver's thread only; the lock is never waited for.
  private let writing: Mutex<Writing>
  /// Made at the first token of a call that is watched; touched by the driver's thread only, as the
  /// decoder it belongs to, which is what makes the `unsafe` true.
  private nonisolated(unsafe) var decider: InPlaceDecider?

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
    noNumbers: ModelError, watch: (any TokenWatch)? = nil, output: Output
  ) {
    self.noNumbers = noNumbers
    self.watch = watch
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
    let measures = decoder.measures(
      top: max(1, parameters.alternatives), temperature: parameters.temperature)
    return writing.withLock { write(&$0, measures, decoder) }
  }

  private func write(_ writing: inout Writing, _ measures: LogitMeasures, _ decoder: Decoder)
    -> Bool
  {
    var measures = measures
    guard let drawn = draw(&writing, &measures, decoder) else {
      flush(&writing, isDue: true)
      output.finish(throwing: noNumbers)
      return false
    }
    guard case .token(let id) = drawn else { return false }
    if tokenizer.isEndOfTurn(id) { return end(&writing, .stop) }
    var token = Token(
      id, measures, decoder.logits, tokenizer: tokenizer, alternatives: parameters.alternatives,
      temperature: parameters.temperature)
    writing.written += 1
    if let channel = writing.thinking.channel(of: id) {
      token.channel = channel
      watch?.wrote(token)
      if writing.stops.take(token, pending: &writing.pending) { return end(&writing, .stop) }
    }
    decider?.note(decoder, drew: id)
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

  private enum Drawn {
    case token(Int32)
    /// The watch had the call end here.
    case paused
  }

  /// `nil` when the weights give no number; `measures` are again those of the decoder's logits after
  /// it.
  private func draw(
    _ writing: inout Writing, _ measures: inout LogitMeasures, _ decoder: Decoder
  ) -> Drawn? {
    guard let watch else {
      return writing.sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
        .map(Drawn.token)
    }
    guard measures.isFinite else { return nil }
    if decider == nil {
      decider = InPlaceDecider(
        decoder, tokenizer: tokenizer, promptCount: prompt.count,
        memory: watch.needsHiddenStates ? watch.memory : nil)
    }
    switch watch.look(at: doubt(measures, decoder, watch)) {
    case .draw:
      return writing.sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
        .map(Drawn.token)
    case .pause:
      flush(&writing, isDue: true)
      let top = decoder.measures(top: InPlaceDecider.shown).top
      output.yield(
        .paused(
          top.map {
            Alternative(
              bytes: tokenizer.bytes(of: $0.id), id: $0.id, logProbability: $0.logProbability)
          }))
      output.finish()
      return .paused
    case .decide(let decision):
      // What stood before the place comes before what is told of it.
      flush(&writing, isDue: true)
      guard let decider else { return nil }
      var (id, outcome) = decider.decide(
        decision, decoder, &writing.sampler, temperature: parameters.temperature,
        isCancelled: { self.isCancelled })
      outcome.channel = writing.thinking.current
      if decision.method == .restart {
        measures = decoder.measures(
          top: max(1, parameters.alternatives), temperature: parameters.temperature)
      }
      output.yield(.decided(outcome))
      return id.map(Drawn.token)
    }
  }

  private func doubt(
    _ measures: LogitMeasures, _ decoder: Decoder, _ watch: any TokenWatch
  ) -> Doubt {
    func exact(_ nats: Nats) -> EntropyBounds {
      EntropyBounds(lower: Float(nats.value), upper: Float(nats.value))
    }
    var doubt = Doubt(
      entropy: exact(measures.entropy(at: parameters.temperature)),
      entropyAtOne: exact(measures.entropy))
    if watch.needsVarentropy {
      doubt.varentropy = Entropy.varentropy(
        topLogProbabilities: decoder.measures(top: 64).top.map(\.logProbability),
        vocabularySize: decoder.shape.vocabulary
      ).map {
        EntropyBounds(lower: Float($0.lower.value), upper: Float($0.upper.value))
      }
    }
    return doubt
  }

  /// Tokens go out in bundles: a frame's worth at most, so that a fast model's are not each a
  /// message of their own.
  private func flush(_ writing: inout Writing, isDue: Bool) {
    let held = isDue ? 0 : writing.stops.held
    guard writing.pending.count > held else { return }
    let now = ContinuousClock.now
    guard isDue || now - writing.lastFlush > .milliseconds(8) else { return }
    writing.lastFlush = now
    if isDue { writing.stops.handOver(writing.pending) }
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
  ///
  /// Their entropy at a `temperature` of 0 is not asked for: it counts as 1.
  func measures(top: Int, temperature: Double = 1) -> LogitMeasures {
    Kernel.measure(
      logits, temperature: temperature > 0 ? Float(temperature) : 1,
      top: min(top, shape.vocabulary), pool: pool)
  }
}

extension Token {
  /// A token as drawn or given, measured by the logits it was drawn from, all of them known.
  init(
    _ id: Int32, _ measures: LogitMeasures, _ logits: UnsafeBufferPointer<Float>,
    tokenizer: Tokenizer, alternatives: Int, temperature: Double = 1
  ) {
    let entropy = Float(measures.entropy.value)
    self.init(
      bytes: tokenizer.bytes(of: id), id: id,
      logProbability: min(0, logits[Int(id)] - measures.logSumExp),
      entropy: EntropyBounds(lower: entropy, upper: entropy),
      temperedEntropy: temperature > 0 && temperature != 1
        ? Float(measures.entropyAtTemperature.value) : nil,
      alternatives: measures.top.prefix(max(0, alternatives)).map {
        Alternative(
          bytes: tokenizer.bytes(of: $0.id), id: $0.id, logProbability: $0.logProbability)
      })
  }
}
