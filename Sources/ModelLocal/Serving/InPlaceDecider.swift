import Engine
import Kernels
import Sessions

/// Decides one token otherwise than by a plain draw, at the end of a decoder's sequence.
///
/// Driven by the model's thread. Whatever the method, the sampler draws once for a token, so that
/// the same seed goes on with the same numbers afterwards.
final class InPlaceDecider {
  private let tokenizer: Tokenizer
  /// Tokens before the response: what ``ReflectionMethod/restart`` does not cut anew.
  private let promptCount: Int
  private let corrector: Corrector?

  /// `memory` in megabytes, for distributions of the text so far; `nil` where no method wants them.
  init(_ decoder: Decoder, tokenizer: Tokenizer, promptCount: Int, memory: Int?) {
    self.tokenizer = tokenizer
    self.promptCount = promptCount
    corrector = memory.map { decoder.freshCorrector(memory: $0 << 20) }
  }

  /// After each draw and before its token is fed.
  func note(_ decoder: Decoder, drew id: Int32) { corrector?.note(decoder, drew: id) }

  /// The token, and how it came about; no token where the weights give no number.
  func decide(
    _ decision: InPlaceDecision, _ decoder: Decoder, _ sampler: inout Sampler,
    temperature: Double, isCancelled: () -> Bool
  ) -> (id: Int32?, InPlaceOutcome) {
    let clock = ContinuousClock()
    let start = clock.now
    var plain = decoder.measures(top: Self.shown, temperature: temperature)
    var measures = plain
    var outcome = InPlaceOutcome(before: alternatives(measures), after: [])
    var id: Int32?
    switch decision.method {
    case .srgen, .randomPlaces, .entropyOnly, .randomVector:
      let logits = correct(decision, decoder, temperature, &outcome, isCancelled)
      measures = Kernel.measure(
        logits, temperature: Float(temperature), top: Self.shown, pool: decoder.pool)
      id = sampler.draw(logits, measures: measures, recent: decoder.tokens)
    case .restart:
      outcome.forwards = readAgain(decoder, isCancelled)
      outcome.isCancelled = isCancelled()
      plain = decoder.measures(top: Self.shown, temperature: temperature)
      measures = plain
      id = sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
    case .argmax:
      let drawn = sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
      id = drawn == nil ? nil : measures.top.first?.id
    case .cooler:
      let cooler = temperature * decision.settings.cooling
      measures = decoder.measures(top: Self.shown, temperature: cooler)
      id = sampler.draw(
        decoder.logits, measures: measures, recent: decoder.tokens, temperature: cooler)
    case .cntp, .branch, .rewind, .idSampling, .psr:
      preconditionFailure("\(decision.method) decides more than a token")
    }
    outcome.after = alternatives(measures)
    let isSure =
      decision.method == .argmax
      || decision.method == .cooler && temperature > 0 && decision.settings.cooling <= 0
    outcome.entropyAfter = isSure ? 0 : Float(measures.entropy(at: temperature).value)
    outcome.chosen = id.map { chosen in
      Alternative(
        bytes: tokenizer.bytes(of: chosen), id: chosen,
        logProbability: min(0, decoder.logits[Int(chosen)] - plain.logSumExp))
    }
    outcome.milliseconds = (clock.now - start).seconds * 1000
    return (id, outcome)
  }

  /// What a method would choose; `nil` stands for the plain draw.
  ///
  /// `seed` as in ``InPlaceDecision``.
  func choice(
    _ method: ReflectionMethod?, _ settings: ReflectionSettings, _ parameters: SamplingParameters,
    _ decoder: Decoder, _ sampler: inout Sampler, seed: UInt64, isCancelled: () -> Bool
  ) -> ControlsCompared.Choice {
    let temperature = parameters.temperature
    guard let method else {
      let measures = decoder.measures(top: Self.shown, temperature: temperature)
      let drawn = sampler.draw(decoder.logits, measures: measures, recent: decoder.tokens)
      return ControlsCompared.Choice(
        method: nil,
        chosen: drawn.map {
          [
            Alternative(
              bytes: tokenizer.bytes(of: $0), id: $0,
              logProbability: min(0, decoder.logits[Int($0)] - measures.logSumExp))
          ]
        } ?? [], alternatives: alternatives(measures),
        entropy: exact(Float(measures.entropy(at: temperature).value)))
    }
    let (_, outcome) = decide(
      InPlaceDecision(method: method, settings: settings, seed: seed), decoder, &sampler,
      temperature: temperature, isCancelled: isCancelled)
    return ControlsCompared.Choice(
      method: method, chosen: outcome.chosen.map { [$0] } ?? [], alternatives: outcome.after,
      entropy: outcome.entropyAfter.flatMap(exact))
  }

  private func exact(_ entropy: Float) -> EntropyBounds? {
    entropy.isNaN ? nil : EntropyBounds(lower: entropy, upper: entropy)
  }

  static let shown = 10

  /// The logits to draw from; those of the decoder where there is no vector.
  private func correct(
    _ decision: InPlaceDecision, _ decoder: Decoder, _ temperature: Double,
    _ outcome: inout InPlaceOutcome, _ isCancelled: () -> Bool
  ) -> UnsafeBufferPointer<Float> {
    guard let corrector else { return decoder.logits }
    var settings = CorrectionSettings()
    settings.steps = decision.settings.steps
    settings.learningRate = Float(decision.settings.learningRate)
    settings.entropyWeight =
      decision.method == .entropyOnly ? 1 : Float(decision.settings.entropyWeight)
    settings.temperature = temperature > 0 ? Float(temperature) : 1
    let trace = corrector.correct(decoder, settings, isCancelled: isCancelled)
    outcome.losses = trace.steps.map { Float($0.loss) }
    outcome.norm = trace.norm
    outcome.positions = trace.rows
    outcome.positionsLeftOut = trace.dropped
    switch trace.ending {
    case .cancelled: outcome.isCancelled = true
    case .undefined:
      outcome.failure =
        "The vector grew beyond all numbers, and the plain draw was taken: choose a lower learning "
        + "rate or fewer steps."
    case .finished:
      if decision.method == .randomVector {
        corrector.randomise(decoder, norm: trace.norm, seed: decision.seed)
      }
    }
    return corrector.corrected
  }

  /// Cuts the response into tokens anew and reads it again, as a program does that only has text.
  ///
  /// Answers how many tokens were read. A response that is no text yet keeps the tokens it has.
  private func readAgain(_ decoder: Decoder, _ isCancelled: () -> Bool) -> Int {
    let response = Array(decoder.tokens[min(promptCount, decoder.tokens.count)...])
    let bytes = response.flatMap { tokenizer.bytes(of: $0) }
    var again = response
    if let text = String(validating: bytes, as: UTF8.self) {
      let cut = tokenizer.encode(text, parsesSpecials: false)
      if cut.count <= decoder.context - promptCount { again = cut }
    }
    guard !again.isEmpty else { return 0 }
    decoder.truncate(to: promptCount)
    decoder.feed(inPieces: again, isCancelled: isCancelled)
    return decoder.tokens.count - promptCount
  }

  private func alternatives(_ measures: LogitMeasures) -> [Alternative] {
    measures.top.map {
      Alternative(bytes: tokenizer.bytes(of: $0.id), id: $0.id, logProbability: $0.logProbability)
    }
  }
}

extension Decoder {
  /// Feeds tokens in pieces short enough that nobody waits long who has it stopped in between.
  ///
  /// At least one piece is fed, so that there are logits.
  func feed(inPieces tokens: [Int32], isCancelled: () -> Bool) {
    var rest = tokens[...]
    repeat {
      feed(Array(rest.prefix(16)))
      rest = rest.dropFirst(16)
    } while !rest.isEmpty && !isCancelled()
  }
}

extension LogitMeasures {
  /// At the temperature they were measured with, or at 1 where tokens are chosen greedily.
  func entropy(at temperature: Double) -> Nats {
    temperature > 0 ? entropyAtTemperature : entropy
  }
}
