import Foundation
import Kernels

extension Bench {
  /// What a token of the embedded model is made of, on one thread, each kernel beside its twin.
  func kernels() -> [Result] {
    [
      products(.q8_0, 256, 256, vectors: 1), products(.q8_0, 2048, 512, vectors: 1),
      products(.q8_0, 32_000, 896, vectors: 1), products(.q4_0, 2048, 512, vectors: 1),
      products(.q4_K, 2048, 512, vectors: 1), products(.q5_K, 2048, 512, vectors: 1),
      products(.q6_K, 2048, 512, vectors: 1), products(.f16, 2048, 512, vectors: 1),
      products(.bf16, 2048, 512, vectors: 1), products(.f32, 2048, 512, vectors: 1),
      products(.q8_0, 256, 256, vectors: 8), products(.q8_0, 256, 256, vectors: 64),
      products(.q8_0, 896, 4864, vectors: 64), products(.q4_0, 2048, 512, vectors: 64),
      products(.q4_K, 2048, 512, vectors: 64), products(.q5_K, 2048, 512, vectors: 64),
      products(.q6_K, 2048, 512, vectors: 64), products(.f16, 2048, 512, vectors: 64),
      products(.bf16, 2048, 512, vectors: 64), products(.f32, 2048, 512, vectors: 64),
      floats(.q8_0), floats(.q6_K), floats(.f16), transposed(.q8_0), transposed(.q6_K),
      transposed(.f16), transposed(.f32), attention(), logits(), norm(), gate(),
    ]
  }

  private func products(_ type: TensorType, _ rows: Int, _ columns: Int, vectors: Int) -> Result {
    let weights = MadeUpWeights(type, rows: rows, columns: columns)
    let x = numbers(vectors * columns)
    let activations = Activations()
    activations.load(x, count: vectors, width: columns, for: type)
    var out = [Float](repeating: 0, count: vectors * rows)
    return beside(
      "\(type.name) \(rows)x\(columns) by \(vectors == 1 ? "a vector" : "\(vectors) vectors")",
      operations: 2 * rows * columns * vectors
    ) {
      Kernel.multiply(weights.matrix, rows: 0..<rows, by: activations, into: &out, stride: rows)
    } plain: {
      Reference.multiply(weights.matrix, rows: 0..<rows, by: activations, into: &out, stride: rows)
    }
  }

  private func floats(_ type: TensorType) -> Result {
    let weights = MadeUpWeights(type, rows: 2048, columns: 512)
    let x = numbers(512)
    var out = [Float](repeating: 0, count: 2048)
    return beside("\(type.name) 2048x512 by a vector as it is", operations: 2 * 2048 * 512) {
      Kernel.multiply(weights.matrix, rows: 0..<2048, byFloats: x, into: &out)
    } plain: {
      Reference.multiply(weights.matrix, rows: 0..<2048, byFloats: x, into: &out)
    }
  }

  private func transposed(_ type: TensorType) -> Result {
    let weights = MadeUpWeights(type, rows: 2048, columns: 512)
    let g = numbers(2048)
    var out = [Float](repeating: 0, count: 512)
    return beside("a vector by \(type.name) 2048x512", operations: 2 * 2048 * 512) {
      Kernel.multiplyTransposed(weights.matrix, rows: 0..<2048, by: g, addingTo: &out)
    } plain: {
      Reference.multiplyTransposed(weights.matrix, rows: 0..<2048, by: g, addingTo: &out)
    }
  }

  private func attention() -> Result {
    let (width, positions) = (64, 1024)
    let query = numbers(width)
    let floats = numbers(positions * width)
    var cache = [UInt16](repeating: 0, count: floats.count)
    Kernel.toHalf(floats, count: floats.count, into: &cache)
    var scores = [Float](repeating: 0, count: positions)
    var out = [Float](repeating: 0, count: width)
    return beside("a head of 64 attends to 1,024 positions", operations: 4 * width * positions) {
      Kernel.attend(
        query: query, keys: cache, values: cache, positions: positions, stride: width,
        width: width, scale: 0.125, scores: &scores, into: &out)
    } plain: {
      Reference.attend(
        query: query, keys: cache, values: cache, positions: positions, stride: width,
        width: width, scale: 0.125, scores: &scores, into: &out)
    }
  }

  private func logits() -> Result {
    let count = 151_936
    let x = numbers(count).map { 6 * $0 }
    return beside("measures of 151,936 logits, top 20, two temperatures") {
      _ = Kernel.measure(x, count: count, temperature: 0.7, top: 20)
    } plain: {
      _ = Reference.measure(x, count: count, temperature: 0.7, top: 20)
    }
  }

  private func norm() -> Result {
    let x = numbers(2048)
    var out = x
    return beside("norm of 2,048") {
      Kernel.rmsNorm(x, weight: x, count: x.count, epsilon: 1e-6, into: &out)
    } plain: {
      Reference.rmsNorm(x, weight: x, count: x.count, epsilon: 1e-6, into: &out)
    }
  }

  private func gate() -> Result {
    let x = numbers(4864)
    var out = x
    return beside("swiGLU of 4,864") {
      Kernel.swiGLU(gate: x, up: x, count: x.count, into: &out)
    } plain: {
      Reference.swiGLU(gate: x, up: x, count: x.count, into: &out)
    }
  }

  /// In GFLOP/s where `operations` says how many there are, otherwise in microseconds.
  private func beside(
    _ what: String, operations: Int? = nil, _ fast: () -> Void, plain: () -> Void
  ) -> Result {
    let times = seconds(8 * runs, fast)
    let twin = seconds(1, plain).quantile(0.5)
    let ratio = twin / times.quantile(0.5)
    guard let operations else {
      return Result(
        what: what, required: "", unit: "µs", values: times.map { $0 * 1e6 },
        note: "plain \(short(twin * 1e6)), \(short(ratio)) times")
    }
    let speeds = times.map { Double(operations) / $0 / 1e9 }
    return Result(
      what: what, required: "", unit: "GFLOP/s", values: speeds,
      note: "plain \(short(Double(operations) / twin / 1e9)), \(short(ratio)) times")
  }

  /// Seconds of processor time, `count` times over some milliseconds of calls.
  private func seconds(_ count: Int, _ body: () -> Void) -> [Double] {
    body()
    let began = processorTime()
    body()
    let calls = max(1, Int(2e-3 / max(processorTime() - began, 1e-9)))
    return (0..<count).map { _ in
      let began = processorTime()
      for _ in 0..<calls { body() }
      return (processorTime() - began) / Double(calls)
    }
  }

  private func numbers(_ count: Int) -> [Float] {
    var random = SeededGenerator(seed: 1)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
  }
}

/// Made-up weights; every scale and every number in them is a small one.
final class MadeUpWeights {
  let matrix: Matrix
  private let storage: UnsafeMutableRawPointer

  init(_ type: TensorType, rows: Int, columns: Int) {
    var random = SeededGenerator(seed: 2)
    let words = rows * type.byteCount(of: columns) / 2
    storage = .allocate(byteCount: 2 * words, alignment: 64)
    // No 16 bits below 0x3000 are large, as a half, a bfloat or the end of a float.
    for i in 0..<words {
      let word = UInt16.random(in: 0x1000..<0x3000, using: &random)
      storage.storeBytes(of: word, toByteOffset: 2 * i, as: UInt16.self)
    }
    matrix = Matrix(type: type, rows: rows, columns: columns, base: storage)
  }

  deinit { storage.deallocate() }
}
