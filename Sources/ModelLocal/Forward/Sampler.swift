import Foundation
import Kernels
import Sessions

/// Draws tokens from logits.
///
/// The order is llama.cpp's: penalty on repeated tokens, the k likeliest, the nucleus, the least
/// probability, and temperature last, on what is left. One seed draws the same tokens at any
/// number of threads, since logits do not depend on it either.
struct Sampler {
  /// Tokens back that the repetition penalty looks.
  static let penaltyWindow = 64

  private var parameters: SamplingParameters
  private var random: SplitMix64
  private var scratch: [Float] = []

  init(_ parameters: SamplingParameters) {
    self.parameters = parameters
    random = SplitMix64(
      seed: parameters.seed.map { UInt64(bitPattern: Int64($0)) } ?? UInt64.random(in: 0...(.max)))
  }

  /// The next token; `recent` are the tokens before it, `measures` those of the same logits.
  ///
  /// `nil` when there is nothing to draw from: a logit is NaN, or none is finite. `temperature`
  /// stands in for that of the parameters, this once.
  mutating func draw(
    _ logits: UnsafeBufferPointer<Float>, measures: LogitMeasures,
    recent: some Collection<Int32>, temperature: Double? = nil
  ) -> Int32? {
    guard measures.isFinite else { return nil }
    let usual = parameters.temperature
    parameters.temperature = temperature ?? usual
    defer { parameters.temperature = usual }
    let penalty = Float(parameters.repetitionPenalty ?? 1)
    if penalty == 1, parameters.temperature <= 0, let likeliest = measures.top.first {
      return likeliest.id
    }
    scratch = Array(logits)
    if penalty != 1 { penalise(recent, by: penalty) }
    if parameters.temperature <= 0 { return argmax() }
    return isTruncated ? drawTruncated() : drawFromAll()
  }

  /// Draws as many numbers as that many tokens would have taken.
  mutating func skip(_ tokens: Int) {
    guard parameters.temperature > 0 else { return }
    for _ in 0..<tokens { _ = random.next() }
  }

  private var isTruncated: Bool {
    parameters.topK != nil || parameters.topP.map { $0 < 1 } == true || parameters.minP != nil
  }

  /// A repeated token's logit is divided by the penalty when positive, else multiplied.
  private mutating func penalise(_ recent: some Collection<Int32>, by penalty: Float) {
    for id in Set(recent.suffix(Self.penaltyWindow)) where scratch.indices.contains(Int(id)) {
      let logit = scratch[Int(id)]
      scratch[Int(id)] = logit > 0 ? logit / penalty : logit * penalty
    }
  }

  private func argmax() -> Int32 {
    var best = 0
    for index in scratch.indices where scratch[index] > scratch[best] { best = index }
    return Int32(best)
  }

  private mutating func drawFromAll() -> Int32 {
    let temperature = Float(parameters.temperature)
    scratch.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      Kernel.softmax(start, count: buffer.count, temperature: temperature)
    }
    return Int32(pick(scratch))
  }

  private mutating func drawTruncated() -> Int32 {
    let candidates = candidates()
    let likeliest = candidates.first?.logit ?? 0
    let temperature = parameters.temperature
    let weights = candidates.map { Float(exp(Double($0.logit - likeliest) / temperature)) }
    return candidates[pick(weights)].id
  }

  /// What the truncations leave, likeliest first; never empty.
  private func candidates() -> [(id: Int32, logit: Float)] {
    let size = parameters.topK.map { max(1, $0) } ?? 256
    let measures = measure(top: min(size, scratch.count))
    var kept = cut(measures)
    // A nucleus wider than what was looked at: all of it, then.
    if kept.count == measures.top.count, parameters.topK == nil, size < scratch.count {
      kept = cut(measure(top: scratch.count))
    }
    return kept.map { ($0.id, scratch[Int($0.id)]) }
  }

  private func measure(top: Int) -> LogitMeasures {
    scratch.withUnsafeBufferPointer { Kernel.measure($0, temperature: 1, top: top) }
  }

  private func cut(
    _ measures: LogitMeasures
  ) -> ArraySlice<(id: Int32, logProbability: Float)> {
    var kept = measures.top[...]
    if let topP = parameters.topP, topP < 1 {
      // The nucleus is counted within what top-k left, as llama.cpp does.
      let whole =
        parameters.topK == nil
        ? 1 : kept.reduce(0.0) { $0 + exp(Double($1.logProbability)) }
      var mass = 0.0
      let end = kept.firstIndex { candidate in
        mass += exp(Double(candidate.logProbability)) / whole
        return mass >= topP
      }
      if let end { kept = kept[...end] }
    }
    if let minP = parameters.minP, minP > 0, let best = kept.first?.logProbability {
      let least = best + Float(log(minP))
      kept = kept.prefix { $0.logProbability >= least }
    }
    return kept.isEmpty ? measures.top.prefix(1) : kept
  }

  /// An index, each as likely as its weight.
  private mutating func pick(_ weights: [Float]) -> Int {
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    var left = random.nextFraction() * sum
    for (index, weight) in weights.enumerated() where weight > 0 {
      left -= Double(weight)
      if left < 0 { return index }
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}

/// Steele, Lea and Flood's SplitMix64 (OOPSLA 2014): small, fast, and the same everywhere.
struct SplitMix64 {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// At least 0, below 1.
  mutating func nextFraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
