import CKernels
import Foundation
import Testing

@testable import Kernels

@Suite struct PrefixDistributionsTests {
  private func problem(_ positions: Int, vocabulary: Int = 40, seed: UInt64) -> CorrectionProblem {
    var random = Seeded(seed)
    return CorrectionProblem(
      vocabulary: vocabulary, columns: 12, positions: positions, using: &random)
  }

  private func fit(
    _ prefix: PrefixDistributions, _ problem: CorrectionProblem
  ) -> (vector: [Float], trace: CorrectionTrace) {
    let correction = CorrectiveVector(output: problem.matrix, pool: nil)
    let trace = correction.fit(prefix, current: problem.current, problem.settings)
    return (Array(correction.vector), trace)
  }

  /// Rows of the problem at some positions, in the order given.
  private func rows(_ problem: CorrectionProblem, _ order: [Int], capacity: Int = 1000)
    -> PrefixDistributions
  {
    let rowBytes = 2 * Kernel.padded(problem.matrix.rows)
    let prefix = PrefixDistributions(
      vocabulary: problem.matrix.rows, memory: capacity * rowBytes + rowBytes / 2)
    #expect(prefix.capacity == capacity)
    for position in order {
      let (logits, next) = problem.prefix[position]
      prefix.append(logits, next: Int32(next), position: position)
    }
    return prefix
  }

  @Test func `the smallest positions leave, whenever they came`() {
    for seed in UInt64(0)..<20 {
      var random = Seeded(seed)
      let problem = problem(60, seed: seed)
      let capacity = Int.random(in: 1...30, using: &random)
      let order = Array(0..<60).shuffled(using: &random)
      let prefix = rows(problem, order, capacity: capacity)
      #expect(prefix.count == capacity && prefix.dropped == 60 - capacity)
      #expect(prefix.bytes <= capacity * 2 * Kernel.padded(40))
      var window = problem
      window.prefix = Array(problem.prefix.suffix(capacity))
      let (vector, trace) = fit(prefix, problem)
      #expect(distance(vector, window.fit().vector) < 1e-4, "seed \(seed)")
      #expect(trace.rows == capacity && trace.dropped == 60 - capacity)
    }
  }

  @Test func `a prompt that comes late counts as one that came in time`() {
    let problem = problem(300, vocabulary: 1000, seed: 1)
    let inTime = fit(rows(problem, Array(0..<300)), problem)
    let late = fit(rows(problem, Array(200..<300) + Array(0..<200)), problem)
    #expect(distance(late.vector, inTime.vector) < 1e-5)
    #expect(abs(late.trace.steps[2].loss - inTime.trace.steps[2].loss) < 1e-7)
  }

  @Test func `with no room there is no prefix`() {
    let problem = problem(5, seed: 2)
    for memory in [-1, 0, 95] {
      let prefix = PrefixDistributions(vocabulary: 40, memory: memory)
      for (logits, next) in problem.prefix { prefix.append(logits, next: Int32(next), position: 0) }
      #expect(prefix.capacity == 0 && prefix.count == 0 && prefix.dropped == 5)
      #expect(fit(prefix, problem).trace.steps.allSatisfy { $0.crossEntropy == .zero })
    }
  }

  @Test func `after all was forgotten the same memory serves again`() {
    let problem = problem(90, vocabulary: 5000, seed: 3)
    let prefix = rows(problem, Array(0..<90), capacity: 50)
    let bytes = prefix.bytes
    prefix.removeAll()
    #expect(prefix.count == 0 && prefix.dropped == 0 && prefix.bytes == bytes)
    for position in 0..<20 {
      let (logits, next) = problem.prefix[position]
      prefix.append(logits, next: Int32(next), position: position)
    }
    #expect(prefix.bytes == bytes)
    #expect(fit(prefix, problem).vector == fit(rows(problem, Array(0..<20)), problem).vector)
  }

  @Test func `memory is taken as rows come`() {
    let prefix = PrefixDistributions(vocabulary: 1024, memory: 1 << 30)
    #expect(prefix.bytes == 0 && prefix.capacity == 1 << 19)
    let logits = [Float](repeating: 0, count: 1024)
    prefix.append(logits, next: 3, position: 0)
    #expect(prefix.bytes <= 1 << 17)
    prefix.leaveOut(4)
    #expect(prefix.dropped == 4)
  }

  @Test func `a row that is no distribution is counted and left out`() {
    let problem = problem(5, seed: 4)
    let prefix = rows(problem, Array(0..<5))
    let before = fit(prefix, problem).vector
    var logits = problem.current
    logits[7] = .nan
    prefix.append(logits, next: 1, position: 5)
    prefix.append(problem.current, next: 40, position: 6)
    prefix.append(problem.current, next: -1, position: 7)
    #expect(prefix.undefined == 3 && prefix.count == 5)
    #expect(!fit(prefix, problem).trace.isFinite)
    prefix.removeAll()
    for (position, (logits, next)) in problem.prefix.enumerated() {
      prefix.append(logits, next: Int32(next), position: position)
    }
    #expect(fit(prefix, problem).vector == before)
  }

  /// After ten thousand departures the sum is that of the rows that are there.
  @Test func `the sum of rows does not drift`() {
    let problem = problem(50, seed: 5)
    let prefix = rows(problem, [], capacity: 8)
    for position in 0..<10_000 {
      let (logits, next) = problem.prefix[position % 50]
      prefix.append(logits, next: Int32(next), position: position)
    }
    let fresh = rows(problem, Array(42..<50), capacity: 8)
    let worst = (0..<40).map { abs(prefix.sums[$0] - fresh.sums[$0]) }.max() ?? 1
    #expect(worst < 1e-12)
  }
}

/// The kernels below the fit, each beside its twin.
@Suite struct RowKernelsTests {
  private func logits(_ count: Int, using random: inout Seeded) -> [Float] {
    var x = (0..<count).map { _ in Float.random(in: -12...12, using: &random) }
    if count > 4 { x[count / 2] = -.infinity }
    return x
  }

  /// Stored rows of one width.
  private func stored(_ count: Int, vocabulary: Int, using random: inout Seeded) -> [UInt16] {
    let width = Kernel.padded(vocabulary)
    var rows = [UInt16](repeating: 9, count: count * width)
    rows.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for row in 0..<count {
        let x = logits(vocabulary, using: &random)
        _ = Reference.storeRow(x, count: vocabulary, width: width, into: base + row * width)
      }
    }
    return rows
  }

  private func close(_ a: [Float], _ b: [Float], _ relative: Float) -> Bool {
    let size = b.map { abs($0) }.max() ?? 0
    return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= relative * size }
  }

  @Test func `distributions are stored alike`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let count = seed % 6 == 0 ? 9001 : Int.random(in: 1...70, using: &random)
      let width = Kernel.padded(count)
      let x = logits(count, using: &random)
      var (fast, plain) = (
        [UInt16](repeating: 9, count: width + 1), [UInt16](repeating: 9, count: width + 1)
      )
      let sums = Kernel.storeRow(x, count: count, width: width, into: &fast)
      let twin = Reference.storeRow(x, count: count, width: width, into: &plain)
      #expect(fast[width] == 9 && fast[count..<width].allSatisfy { $0 == 0 }, "seed \(seed)")
      // Half a step apart at most, where both round the same number.
      #expect(zip(fast, plain).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "seed \(seed)")
      #expect(sums.largest == twin.largest)
      #expect(abs(sums.sum / twin.sum - 1) < 1e-6 && abs(sums.stored / twin.stored - 1) < 1e-5)
    }
  }

  @Test func `products and sums of rows agree to rounding`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let vocabulary = seed % 6 == 0 ? 9001 : Int.random(in: 1...70, using: &random)
      let (count, width) = (Int.random(in: 0...19, using: &random), Kernel.padded(vocabulary))
      let halves = stored(count, vocabulary: vocabulary, using: &random)
      let weights = (0..<width).map { _ in Float.random(in: 0.1...3, using: &random) }
      let factors = (0..<count).map { _ in Float.random(in: 0...1, using: &random) }
      halves.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let rows = HalfRows(base: base, stride: width, count: count)
        var (fast, plain) = (
          [Double](repeating: -7, count: count + 1), [Double](repeating: -7, count: count + 1)
        )
        Kernel.dots(rows, with: weights, width: width, into: &fast)
        Reference.dots(rows, with: weights, width: width, into: &plain)
        #expect(fast[count] == -7)
        #expect(
          zip(fast, plain).allSatisfy { abs($0 - $1) <= 2e-6 * abs($1) }, "seed \(seed)")

        var (sums, twin) = (weights, weights)
        Kernel.addRows(rows, by: factors, width: width, to: &sums)
        Reference.addRows(rows, by: factors, width: width, to: &twin)
        #expect(close(sums, twin, 2e-6), "seed \(seed)")
      }
      guard count > 0 else { continue }
      var (fast, plain) = (
        [Double](repeating: 1, count: width), [Double](repeating: 1, count: width)
      )
      Kernel.addRow(halves, width: width, by: 0.7, to: &fast)
      Reference.addRow(halves, width: width, by: 0.7, to: &plain)
      #expect(zip(fast, plain).allSatisfy { abs($0 - $1) <= 1e-15 * abs($1) }, "seed \(seed)")
    }
  }

  @Test func `what is done to each logit agrees to rounding`() {
    for seed in UInt64(0)..<40 {
      var random = Seeded(seed)
      let width = 32 * Int.random(in: 1...20, using: &random)
      let x = logits(width, using: &random)
      let bias = (0..<width).map { _ in Float.random(in: -1...1, using: &random) }
      let inverse = [1, 1 / 0.6, 0.5][Int(seed) % 3] as Float
      var (fast, plain) = (bias, bias)
      let sums = Kernel.biasedSums(x, bias: bias, width: width, inverse: inverse, into: &fast)
      let twin = Reference.biasedSums(x, bias: bias, width: width, inverse: inverse, into: &plain)
      #expect(sums.largest == twin.largest && close(fast, plain, 1e-6), "seed \(seed)")
      #expect(abs(sums.sum - twin.sum) <= 2e-6 * twin.sum, "seed \(seed)")
      #expect(abs(sums.weighted - twin.weighted) <= 1e-5 * abs(twin.weighted), "seed \(seed)")

      let factors = GradientFactors(
        rows: 0.02, entropy: 0.05, largest: twin.largest, inverse: inverse, mean: -1.3)
      var (exponentials, plainExponentials) = (bias, bias)
      Kernel.exponentials(bias, width: width, into: &exponentials)
      Reference.exponentials(bias, width: width, into: &plainExponentials)
      #expect(close(exponentials, plainExponentials, 1e-6), "seed \(seed)")
      var (slope, plainSlope) = (bias, bias)
      Kernel.gradient(
        x, bias: bias, plain, exponentials: exponentials, width: width, factors, inPlaceOf: &slope)
      Reference.gradient(
        x, bias: bias, plain, exponentials: exponentials, width: width, factors,
        inPlaceOf: &plainSlope)
      #expect(close(slope, plainSlope, 2e-6), "seed \(seed)")

      let rows = bias.map { Double($0) }
      Kernel.firstGradient(
        x, bias: bias, plain, sums: rows, width: width, factors, into: &slope)
      Reference.firstGradient(
        x, bias: bias, plain, sums: rows, width: width, factors, into: &plainSlope)
      #expect(close(slope, plainSlope, 2e-6), "seed \(seed)")

      #expect(Kernel.largestMagnitude(bias, width: width) == bias.map { abs($0) }.max())
    }
    #expect(Kernel.largestMagnitude([Float](repeating: .nan, count: 16), width: 16).isNaN)
  }

  @Test func `a vector in single precision multiplies as it is`() {
    for seed in UInt64(0)..<80 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let columns =
        type.blockLength == 1
        ? Int.random(in: 1...90, using: &random)
        : type.blockLength * Int.random(in: 1...3, using: &random)
      let weights = Weights.random(type, rows: 11, columns: columns, using: &random)
      let x = numbers(columns, using: &random)
      let some = Int(seed % 3)..<11 - Int(seed % 4)
      var (fast, plain) = ([Float](repeating: -7, count: 11), [Float](repeating: -7, count: 11))
      Kernel.multiply(weights.matrix, rows: some, byFloats: x, into: &fast)
      Reference.multiply(weights.matrix, rows: some, byFloats: x, into: &plain)
      for row in 0..<11 {
        let numbers = weights.row(row) { Reference.dequantise($0, row: $1, into: $2) }
        let size = zip(numbers, x).reduce(0) { $0 + abs($1.0 * $1.1) }
        #expect(
          some.contains(row) ? abs(fast[row] - plain[row]) <= 2e-6 * size : fast[row] == -7,
          "\(type.name), seed \(seed)")
      }
      var alone = [Float](repeating: -7, count: 11)
      for row in some {
        Kernel.multiply(weights.matrix, rows: row..<row + 1, byFloats: x, into: &alone)
      }
      #expect(alone == fast, "\(type.name), seed \(seed)")
    }
  }
}
