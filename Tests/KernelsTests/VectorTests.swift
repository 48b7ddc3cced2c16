import Foundation
import Testing

@testable import Kernels

/// Runs a kernel on a copy of `x` that begins at no multiple of 32 bytes.
private func changed(_ x: [Float], _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
  var padded = [Float](repeating: -7, count: x.count + 2)
  padded.replaceSubrange(1..<x.count + 1, with: x)
  padded.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    body(base + 1)
  }
  #expect(padded[0] == -7 && padded[x.count + 1] == -7, "written outside")
  return Array(padded[1..<x.count + 1])
}

private func close(_ a: [Float], _ b: [Float], _ relative: Float, _ absolute: Float = 1e-37)
  -> Bool
{
  a.count == b.count
    && zip(a, b).allSatisfy {
      same($0, $1) || abs($0 - $1) <= relative * max(abs($0), abs($1)) + absolute
    }
}

@Suite struct VectorTests {
  @Test func `sums are the same bits`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let count = Int(seed)
      let x = numbers(count, hostile: true, using: &random)
      let y = numbers(count, hostile: true, using: &random)
      let fast = changed(y) { Kernel.add(x, to: $0, count: count) }
      let plain = changed(y) { Reference.add(x, to: $0, count: count) }
      #expect(same(fast, plain), "seed \(seed)")
    }
  }

  @Test func `norms agree to rounding, and are of length one`() {
    for seed in UInt64(1)..<80 {
      var random = Seeded(seed)
      let count = Int(seed) * (seed % 5 == 0 ? 13 : 1)
      let x = numbers(count, hostile: seed % 4 == 0, using: &random)
      let weight = numbers(count, using: &random)
      let empty = [Float](repeating: 0, count: count)
      let fast = changed(empty) {
        Kernel.rmsNorm(x, weight: weight, count: count, epsilon: 1e-6, into: $0)
      }
      let plain = changed(empty) {
        Reference.rmsNorm(x, weight: weight, count: count, epsilon: 1e-6, into: $0)
      }
      #expect(close(fast, plain, 3e-6), "seed \(seed)")
    }
    let ones = [Float](repeating: 1, count: 40)
    let norm = changed(ones) { Kernel.rmsNorm(ones, weight: ones, count: 40, epsilon: 0, into: $0) }
    #expect(norm.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func `swiGLU agrees with double precision from one end to the other`() {
    var gate = (-1200...1200).map { Float($0) / 12 }
    gate += [0, -0.0, 1e-30, 200, -200, 3e38, -3e38, .infinity, .nan]
    let up = gate.indices.map { Float($0 % 7) - 3.5 }
    let fast = changed(gate) {
      Kernel.swiGLU(gate: gate, up: up, count: gate.count, into: $0)
    }
    let plain = changed(gate) {
      Reference.swiGLU(gate: gate, up: up, count: gate.count, into: $0)
    }
    #expect(close(fast, plain, 1e-6, 1e-35))
    for i in gate.indices where abs(gate[i]) < 80 {
      let x = Double(gate[i])
      let y = x / (1 + exp(-x)) * Double(up[i])
      #expect(abs(Double(fast[i]) - y) <= 4e-7 * abs(y) + 1e-37, "gate \(gate[i])")
    }
  }

  @Test func `both rotations agree to rounding and leave the rest of a head alone`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let headWidth = 2 * Int.random(in: 1...40, using: &random)
      let rotated = 2 * Int.random(in: 0...headWidth / 2, using: &random)
      let heads = Int.random(in: 1...4, using: &random)
      let angles = (0..<rotated / 2).map { _ in Float.random(in: 0...6, using: &random) }
      let (cosines, sines) = (angles.map { cos($0) }, angles.map { sin($0) })
      let x = numbers(heads * headWidth, using: &random)
      let kernels: [(Bool, UnsafeMutablePointer<Float>) -> Void] = [
        { fast, x in
          (fast ? Kernel.rotateAdjacent : Reference.rotateAdjacent)(
            x, heads, headWidth, rotated, cosines, sines)
        },
        { fast, x in
          (fast ? Kernel.rotateHalves : Reference.rotateHalves)(
            x, heads, headWidth, rotated, cosines, sines)
        },
      ]
      for kernel in kernels {
        let fast = changed(x) { kernel(true, $0) }
        let plain = changed(x) { kernel(false, $0) }
        #expect(close(fast, plain, 1e-5, 2e-6), "seed \(seed)")
        for head in 0..<heads {
          for i in rotated..<headWidth {
            #expect(fast[head * headWidth + i] == x[head * headWidth + i])
          }
        }
      }
    }
  }

  @Test func `a quarter turn takes the first of a pair to the second`() {
    let x: [Float] = [1, 2, 3, 4]
    let adjacent = changed(x) {
      Kernel.rotateAdjacent(
        $0, heads: 1, headWidth: 4, rotated: 4, cosines: [0, 0], sines: [1, 1])
    }
    #expect(adjacent == [-2, 1, -4, 3])
    let halves = changed(x) {
      Kernel.rotateHalves($0, heads: 1, headWidth: 4, rotated: 4, cosines: [0, 0], sines: [1, 1])
    }
    #expect(halves == [-3, -4, 1, 2])
  }

  @Test func `probabilities are right to seven digits, at any length and temperature`() {
    for seed in UInt64(0)..<80 {
      var random = Seeded(seed)
      let count = Int.random(in: 1...90, using: &random)
      let temperature = [1, 0.3, 2][Int(seed) % 3] as Float
      var x = (0..<count).map { _ in Float.random(in: -30...30, using: &random) }
      if seed % 4 == 0 { x[count / 2] = -.infinity }
      if seed % 16 == 4 { x = x.map { _ in 3 } }
      if seed % 16 == 8 { x[0] = .nan }
      if seed % 16 == 12 { x[0] = .infinity }
      let fast = changed(x) { Kernel.softmax($0, count: count, temperature: temperature) }
      let plain = changed(x) { Reference.softmax($0, count: count, temperature: temperature) }
      #expect(close(fast, plain, 5e-6, 1e-36), "seed \(seed)")
      if !plain[0].isNaN { #expect(abs(fast.reduce(0, +) - 1) < 1e-5, "seed \(seed)") }
    }
    let none = changed([-.infinity, -.infinity]) { Kernel.softmax($0, count: 2, temperature: 1) }
    #expect(none.allSatisfy { $0.isNaN })
  }

  @Test func `one head attends as in the twin`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let width = [64, 128, 32, 80, 24, 7, 1, 100][Int(seed) % 8]
      let stride = width + Int.random(in: 0...9, using: &random)
      let positions = Int.random(in: 1...50, using: &random)
      let query = numbers(width, using: &random)
      let keys = numbers(positions * stride, using: &random).map { Reference.half($0) }
      let values = numbers(positions * stride, using: &random).map { Reference.half($0) }
      var (scores, plainScores) = (
        [Float](repeating: 0, count: positions), [Float](repeating: 0, count: positions)
      )
      let empty = [Float](repeating: -1, count: width)
      let fast = changed(empty) {
        Kernel.attend(
          query: query, keys: keys, values: values, positions: positions, stride: stride,
          width: width, scale: 0.3, scores: &scores, into: $0)
      }
      let plain = changed(empty) {
        Reference.attend(
          query: query, keys: keys, values: values, positions: positions, stride: stride,
          width: width, scale: 0.3, scores: &plainScores, into: $0)
      }
      #expect(close(fast, plain, 1e-4, 4e-5), "seed \(seed)")
      #expect(close(scores, plainScores, 1e-4, 1e-6), "seed \(seed)")
      // The same numbers in single precision are worked on in the same order.
      let wide = changed(empty) {
        Kernel.attend(
          query: query, keys: keys.map { Reference.float(half: $0) },
          values: values.map { Reference.float(half: $0) }, positions: positions, stride: stride,
          width: width, scale: 0.3, scores: &scores, into: $0)
      }
      #expect(same(wide, fast), "seed \(seed)")
    }
  }
}
