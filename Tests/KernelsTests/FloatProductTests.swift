import Testing

@testable import Kernels

@Suite struct FloatProductTests {
  /// Both products of the same matrices, rows `padding` apart beyond their width.
  private func both(
    m: Int, k: Int, n: Int, padding: Int, using random: inout Seeded, scale: Float = 1
  ) -> (fast: [Float], plain: [Float], size: [Float]) {
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -scale...scale, using: &random) }
    }
    let (aStride, bStride, cStride) = (k + padding, n + padding, n + padding)
    let a = numbers(m * aStride + 1)
    let b = numbers(k * bStride + 1)
    var fast = [Float](repeating: -7, count: m * cStride + 1)
    var plain = fast
    Kernel.product(a, aStride, b, bStride, &fast, cStride, m: m, k: k, n: n)
    Reference.product(a, aStride, b, bStride, &plain, cStride, m: m, k: k, n: n)
    var size = [Float](repeating: 0, count: fast.count)
    for row in 0..<m {
      for column in 0..<n {
        size[row * cStride + column] = (0..<k).reduce(0) {
          $0 + abs(a[row * aStride + $1] * b[$1 * bStride + column])
        }
      }
    }
    return (fast, plain, size)
  }

  @Test func `agrees with its twin on any shape, and writes nothing beside it`() {
    for seed in UInt64(1)...40 {
      var random = Seeded(seed)
      let m = Int.random(in: 1...9, using: &random)
      let k = Int.random(in: 1...70, using: &random)
      let n = 16 * Int.random(in: 1...3, using: &random)
      let (fast, plain, size) = both(
        m: m, k: k, n: n, padding: Int.random(in: 0...5, using: &random), using: &random)
      for index in fast.indices {
        #expect(abs(fast[index] - plain[index]) <= 2e-6 * size[index], "seed \(seed)")
      }
    }
  }

  @Test func `what is no number stays in its row and column`() {
    var a = [Float](repeating: 1, count: 5 * 4)
    a[2 * 4 + 1] = .nan
    let b = [Float](repeating: 1, count: 4 * 16)
    var c = [Float](repeating: 0, count: 5 * 16)
    Kernel.product(a, 4, b, 16, &c, 16, m: 5, k: 4, n: 16)
    for row in 0..<5 {
      for column in 0..<16 { #expect(c[row * 16 + column].isNaN == (row == 2)) }
    }
  }

  @Test func `rows become columns, zeros beyond them`() {
    let rows: [Float] = [1, 2, 3, -7, -0.5, 0, 65504, -7]
    var out = [Float](repeating: -7, count: 3 * 4)
    Kernel.toColumns(rows, rows: 2, stride: 4, width: 3, into: &out, columns: 4)
    #expect(out == [1, -0.5, 0, 0, 2, 0, 0, 0, 3, 65504, 0, 0])
  }
}
