import Foundation
import Testing

@testable import Kernels

private func agree(_ a: LogitMeasures, _ b: LogitMeasures) -> Bool {
  guard a.isFinite, b.isFinite else {
    return a.isFinite == b.isFinite && a.top.isEmpty && a.logSumExp.isNaN && a.entropy.value.isNaN
  }
  return abs(a.logSumExp - b.logSumExp) <= 2e-6 * max(1, abs(b.logSumExp))
    && abs(a.entropy.value - b.entropy.value) < 4e-6
    && abs(a.entropyAtTemperature.value - b.entropyAtTemperature.value) < 4e-6
    && a.top.map(\.id) == b.top.map(\.id)
    && zip(a.top, b.top).allSatisfy {
      same($0.logProbability, $1.logProbability)
        || abs($0.logProbability - $1.logProbability) <= 4e-6 * max(1, abs($1.logProbability))
    }
}

private func logits(_ count: Int, using random: inout Seeded) -> [Float] {
  let spread = Float.random(in: 0.1...12, using: &random)
  return (0..<count).map { _ in
    let x = Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random)
    // Rounded, so that some are equal.
    return (spread * x * 64).rounded() / 64
  }
}

@Suite struct LogitMeasuresTests {
  @Test func `fast and plain measures agree, and the likeliest are the same`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let count =
        seed % 6 == 0
        ? Int.random(in: 4000...9000, using: &random)
        : Int.random(in: 1...300, using: &random)
      let x = logits(count, using: &random)
      let temperature = [1, 0.7, 0.1, 2, 0][Int(seed) % 5] as Float
      let k = [20, 1, 0, 400][Int(seed) % 4]
      let fast = Kernel.measure(x, count: count, temperature: temperature, top: k)
      let plain = Reference.measure(x, count: count, temperature: temperature, top: k)
      #expect(agree(fast, plain), "seed \(seed)")
      #expect(fast.top.count == min(k, count))
    }
  }

  @Test func `two even choices are one bit at any temperature above 0`() {
    let x: [Float] = [5, -100, 5, -.infinity]
    for temperature in [Float(1), 0.5, 1e-3, 1e-30, 100] {
      let measures = Kernel.measure(x, count: 4, temperature: temperature, top: 2)
      #expect(abs(measures.entropy.bits - 1) < 1e-6)
      if temperature < 10 { #expect(abs(measures.entropyAtTemperature.bits - 1) < 1e-6) }
      #expect(measures.top.map(\.id) == [0, 2])
      #expect(abs(measures.top[1].logProbability + log(2)) < 1e-6)
    }
    #expect(Kernel.measure(x, count: 4, temperature: 0, top: 1).entropyAtTemperature == .zero)
  }

  @Test func `equals come by their ids, across lanes and parts`() {
    let count = 10_000
    var x = [Float](repeating: 0, count: count)
    for id in [9_999, 4096, 4095, 31, 8192] { x[id] = 3 }
    let top = Kernel.measure(x, count: count, temperature: 1, top: 8).top.map(\.id)
    #expect(top == [31, 4095, 4096, 8192, 9_999, 0, 1, 2])
  }

  @Test func `what is no distribution is said to be none`() {
    var random = Seeded(3)
    for count in [1, 7, 8, 33, 5000] {
      let good = logits(count, using: &random)
      for bad in [Float.nan, .infinity] {
        for place in [0, count / 2, count - 1] {
          var x = good
          x[place] = bad
          #expect(!Kernel.measure(x, count: count, temperature: 1, top: 3).isFinite)
          #expect(!Reference.measure(x, count: count, temperature: 1, top: 3).isFinite)
        }
      }
      let none = [Float](repeating: -.infinity, count: count)
      #expect(!Kernel.measure(none, count: count, temperature: 1, top: 3).isFinite)
    }
    #expect(!Kernel.measure([], count: 0, temperature: 1, top: 3).isFinite)
  }

  @Test func `tokens that cannot be are left out of sums, even by the part`() {
    var x = [Float](repeating: -.infinity, count: 9000)
    x[8999] = -2
    x[1] = -3
    let fast = Kernel.measure(x, count: 9000, temperature: 0.5, top: 3)
    #expect(agree(fast, Reference.measure(x, count: 9000, temperature: 0.5, top: 3)))
    #expect(fast.top.map(\.id) == [8999, 1, 0])
    #expect(fast.top[2].logProbability == -.infinity)
    let huge: [Float] = [3e38, -3e38, 0]
    #expect(Kernel.measure(huge, count: 3, temperature: 0.5, top: 1).entropy == .zero)
  }

  @Test func `threads change no bit`() {
    var random = Seeded(4)
    for count in [10, 5000, 50_000] {
      let x = logits(count, using: &random)
      let alone = Kernel.measure(x, count: count, temperature: 0.7, top: 20)
      for threads in 1...8 {
        let pool = WorkerPool(threads: threads)
        let shared = Kernel.measure(x, count: count, temperature: 0.7, top: 20, pool: pool)
        #expect(shared.logSumExp == alone.logSumExp && shared.entropy == alone.entropy)
        #expect(shared.entropyAtTemperature == alone.entropyAtTemperature)
        #expect(shared.top.map(\.id) == alone.top.map(\.id))
        #expect(shared.top.map(\.logProbability) == alone.top.map(\.logProbability))
      }
    }
  }
}
