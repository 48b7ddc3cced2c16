import Foundation
import Kernels
import Sessions
import Testing

@testable import ModelLocal

/// Draws `count` tokens from the same logits.
private func draws(
  _ logits: [Float], _ parameters: SamplingParameters, count: Int, recent: [Int32] = []
) -> [Int32?] {
  var sampler = Sampler(parameters)
  return logits.withUnsafeBufferPointer { buffer in
    let measures = Kernel.measure(buffer, temperature: 1, top: 5)
    return (0..<count).map { _ in sampler.draw(buffer, measures: measures, recent: recent) }
  }
}

@Suite struct SamplerTests {
  private let logits: [Float] = [1, 3, 2, -1, 0.5, 2.5]

  @Test func `at temperature 0 the likeliest is drawn, the first of equals`() {
    let cold = SamplingParameters(temperature: 0, seed: 1)
    #expect(draws(logits, cold, count: 3) == [1, 1, 1])
    #expect(draws([2, 5, 5, 1], cold, count: 1) == [1])
  }

  @Test func `one seed draws the same tokens, another others`() {
    let first = draws(logits, SamplingParameters(temperature: 1, seed: 7), count: 64)
    #expect(first == draws(logits, SamplingParameters(temperature: 1, seed: 7), count: 64))
    #expect(first != draws(logits, SamplingParameters(temperature: 1, seed: 8), count: 64))
  }

  @Test(arguments: [0.5, 1.0, 2.0])
  func `tokens come as often as their probability at the temperature says`(temperature: Double) {
    let count = 40_000
    let drawn = draws(logits, SamplingParameters(temperature: temperature, seed: 3), count: count)
    let weights = logits.map { exp(Double($0) / temperature) }
    let sum = weights.reduce(0, +)
    for (id, weight) in weights.enumerated() {
      let expected = weight / sum
      let share = Double(drawn.count { $0 == Int32(id) }) / Double(count)
      // Five standard errors.
      let margin = 5 * (expected * (1 - expected) / Double(count)).squareRoot()
      #expect(abs(share - expected) < margin, "token \(id) at \(temperature)")
    }
  }

  @Test func `top-k leaves the k likeliest`() {
    let drawn = draws(logits, SamplingParameters(temperature: 2, topK: 2, seed: 5), count: 2_000)
    #expect(Set(drawn) == [1, 5])
  }

  @Test func `the nucleus is the fewest likeliest tokens that reach the mass`() {
    // Probabilities 0.5, 0.25, 0.15, 0.1.
    let logits = [0.5, 0.25, 0.15, 0.1].map { Float(log($0)) }
    func kept(_ topP: Double) -> Set<Int32?> {
      Set(draws(logits, SamplingParameters(temperature: 1, topP: topP, seed: 5), count: 2_000))
    }
    #expect(kept(0.4) == [0])
    #expect(kept(0.7) == [0, 1])
    #expect(kept(0.85) == [0, 1, 2])
    #expect(kept(1) == [0, 1, 2, 3])
  }

  @Test func `a nucleus wider than what is looked at first is found whole`() {
    let flat = [Float](repeating: 0, count: 2_000)
    let drawn = draws(
      flat, SamplingParameters(temperature: 1, topP: 0.999, seed: 5), count: 4_000)
    #expect(Set(drawn).count > 1_500)
  }

  @Test func `min-p leaves out what is unlikely beside the likeliest`() {
    let logits = [0.6, 0.3, 0.07, 0.03].map { Float(log($0)) }
    let drawn = draws(
      logits, SamplingParameters(temperature: 2, minP: 0.2, seed: 5), count: 2_000)
    #expect(Set(drawn) == [0, 1])
  }

  @Test func `the penalty weighs on what was just written and only on that`() {
    let cold = SamplingParameters(temperature: 0, repetitionPenalty: 1.5, seed: 1)
    #expect(draws(logits, cold, count: 1, recent: [1]) == [5])
    #expect(draws(logits, cold, count: 1, recent: [0]) == [1])
    // A negative logit sinks further.
    #expect(draws([-1, -1.2], cold, count: 1, recent: [0]) == [1])
    // Beyond the window it is forgotten.
    #expect(draws(logits, cold, count: 1, recent: [1] + Array(repeating: 0, count: 64)) == [1])
  }

  @Test func `nothing is drawn from logits that are no numbers`() {
    let warm = SamplingParameters(temperature: 1, seed: 1)
    #expect(draws([1, .nan, 2], warm, count: 1) == [nil])
    #expect(draws([-.infinity, -.infinity], warm, count: 1) == [nil])
    #expect(draws([-.infinity, 0], warm, count: 5) == [1, 1, 1, 1, 1])
  }
}
