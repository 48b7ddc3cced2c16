import Foundation
import Testing

@testable import Kernels

/// A small generator with a seed one can put into a message.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A distribution over `count` tokens, likeliest first; `sharpness` spreads it from flat to spiky.
private func distribution(_ count: Int, using random: inout Seeded) -> [Double] {
  let sharpness = Double.random(in: 0.1...12, using: &random)
  let weights = (0..<count).map { _ in exp(sharpness * Double.random(in: -1...1, using: &random)) }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }.sorted(by: >)
}

@Suite struct EntropyTests {
  @Test func `bounds from the likeliest tokens hold the entropy of the whole distribution`() throws
  {
    for seed in UInt64(0)..<3_000 {
      var random = Seeded(seed)
      let full = distribution(Int.random(in: 2...400, using: &random), using: &random)
      let k = Int.random(in: 1...20, using: &random)
      let entropy = Entropy.exact(ofProbabilities: full).value
      let top = full.prefix(k).map { Float(log($0)) }
      let bounds = try #require(
        Entropy.bounds(topLogProbabilities: top, vocabularySize: full.count), "seed \(seed)")
      #expect(bounds.lower.value <= entropy + 1e-4, "seed \(seed)")
      #expect(bounds.upper.value >= entropy - 1e-4, "seed \(seed)")
      if k >= full.count { #expect(bounds.lower == bounds.upper, "seed \(seed)") }
    }
  }

  @Test func `numbers that are no beginning of a distribution give bounds all the same`() throws {
    // What a server clips or makes up: too little mass for too few tokens.
    let most = log(1000.0)
    for numbers in [[-0.7, -50, -60], [-0.7, -800], [-800, -900], [-9000], [-3, -40]] as [[Float]] {
      for temperature in [0.5, 1, 1.5] {
        let bounds = try #require(
          Entropy.bounds(
            topLogProbabilities: numbers, vocabularySize: 1000, temperature: temperature))
        #expect(bounds.upper.value <= most + 1e-9, "\(numbers) at \(temperature)")
        #expect(bounds.lower < bounds.upper, "\(numbers) at \(temperature)")
      }
      let varentropy = try #require(
        Entropy.varentropy(topLogProbabilities: numbers, vocabularySize: 1000))
      #expect(varentropy.upper.value <= most * most, "\(numbers)")
    }
  }

  @Test func `a flat distribution is known to be flat, rounded or not`() throws {
    for digits in [3.0, 4, 7] {
      let each = Float((log(1 / 50_000) * pow(10, digits)).rounded() / pow(10, digits))
      let bounds = try #require(
        Entropy.bounds(
          topLogProbabilities: Array(repeating: each, count: 20), vocabularySize: 50_000))
      #expect(abs(bounds.lower.value - log(50_000)) < 0.01)
      #expect(abs(bounds.upper.value - log(50_000)) < 0.01)
    }
  }

  @Test func `an unknown vocabulary still gives an upper bound, a wider one`() throws {
    for seed in UInt64(0)..<300 {
      var random = Seeded(seed)
      let full = distribution(100, using: &random)
      let top = full.prefix(5).map { Float(log($0)) }
      let known = try #require(Entropy.bounds(topLogProbabilities: top, vocabularySize: 100))
      let unknown = try #require(Entropy.bounds(topLogProbabilities: top, vocabularySize: nil))
      #expect(unknown.upper >= known.upper, "seed \(seed)")
      #expect(unknown.lower == known.lower, "seed \(seed)")
    }
  }

  @Test func `more alternatives never loosen the bounds`() throws {
    for seed in UInt64(0)..<300 {
      var random = Seeded(seed)
      let full = distribution(200, using: &random).map { Float(log($0)) }
      var last = EntropyInterval(lower: .zero, upper: Nats(1e9))
      for k in 1...20 {
        let bounds = try #require(
          Entropy.bounds(topLogProbabilities: full.prefix(k), vocabularySize: 200))
        #expect(bounds.lower.value >= last.lower.value - 1e-5, "seed \(seed), k \(k)")
        #expect(bounds.upper.value <= last.upper.value + 1e-5, "seed \(seed), k \(k)")
        last = bounds
      }
    }
  }

  @Test func `a rest that is only rounding makes the entropy exact, on either side of one`() throws
  {
    let half = Float(log(0.5))
    for nudge in [Float(-1e-6), 0, 1e-6] {
      let bounds = try #require(
        Entropy.bounds(topLogProbabilities: [half + nudge, half], vocabularySize: 1_000))
      #expect(bounds.lower == bounds.upper)
      #expect(abs(bounds.lower.value - log(2)) < 1e-5)
    }
  }

  @Test func `floors count as left out and never reach a sum`() throws {
    let half = Float(log(0.5))
    let with = Entropy.bounds(
      topLogProbabilities: [half, -.infinity, -9_999], vocabularySize: 10)
    let without = Entropy.bounds(topLogProbabilities: [half], vocabularySize: 10)
    #expect(with == without)
    #expect(try #require(with).upper.value.isFinite)
  }

  @Test func `numbers that are no distribution give no entropy`() {
    #expect(Entropy.bounds(topLogProbabilities: [Float](), vocabularySize: 10) == nil)
    #expect(Entropy.bounds(topLogProbabilities: [-.infinity], vocabularySize: 10) == nil)
    #expect(Entropy.bounds(topLogProbabilities: [-0.1, -0.1], vocabularySize: 10) == nil)
    #expect(Entropy.bounds(topLogProbabilities: [.nan], vocabularySize: 10) == nil)
  }

  @Test func `two even choices are one bit`() {
    #expect(abs(Entropy.exact(ofProbabilities: [0.5, 0.5]).bits - 1) < 1e-12)
  }
}
