import Testing

@testable import Kernels

@Suite struct ActivationsTests {
  /// Everything of both twins, for `x` as vectors of `width`.
  private func agree(_ x: [Float], width: Int, _ type: TensorType) -> Bool {
    let count = x.count / width
    let (fast, plain) = (Activations(), Activations())
    fast.load(x, count: count, width: width, for: type)
    plain.load([Float](repeating: 1, count: x.count), count: count, width: width, for: type)
    Reference.quantise(x, into: plain)
    switch fast.form {
    case .floats, .halves, .bfloats:
      return same(fast.floats, plain.floats, x.count)
    case .blocksOf32, .blocksOf256:
      guard (0..<x.count).allSatisfy({ fast.levels[$0] == plain.levels[$0] }) else { return false }
      return same(fast.scales, plain.scales, x.count / 32)
        && same(fast.sums32, plain.sums32, x.count / 32)
        && same(fast.sums16, plain.sums16, x.count / 16)
    }
  }

  private func same(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Bool {
    (0..<count).allSatisfy { KernelsTests.same(a[$0], b[$0]) }
  }

  @Test func `both twins make the same levels and scales of any numbers`() {
    for seed in UInt64(0)..<160 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let width = type.blockLength == 1 ? Int.random(in: 1...50, using: &random) : 512
      var x = numbers(3 * width, hostile: seed % 3 == 0, using: &random)
      let size = [1, 1e-38, Float(0x1p-140), 1e-7, 1e30][Int(seed / 8) % 5]
      if seed % 3 != 0 { x = x.map { $0 * size } }
      #expect(agree(x, width: width, type), "\(type.name), seed \(seed)")
    }
  }

  @Test func `one number alone, and none`() {
    for type in [TensorType.q8_0, .q4_K] {
      for value in [Float(0), 1, -1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .nan] {
        var x = [Float](repeating: 0, count: 256)
        x[200] = value
        #expect(agree(x, width: 256, type), "\(type.name), \(value)")
      }
    }
  }

  @Test func `the largest of 32 becomes 127, the others follow, and scales are halves`() {
    var x = (0..<32).map { Float($0) / 4 }
    x[31] = -12.7
    let activations = Activations()
    activations.load(x, count: 1, width: 32, for: .q8_0)
    #expect(activations.levels[31] == -127)
    #expect(activations.levels[10] == 25)
    #expect(activations.scales[0] == Reference.float(half: Reference.half(12.7 / 127)))
  }

  @Test func `blocks of 256 keep a scale in single precision`() {
    var x = [Float](repeating: 0.5, count: 256)
    x[7] = -1.27
    let activations = Activations()
    activations.load(x, count: 1, width: 256, for: .q6_K)
    #expect(activations.levels[7] == -127 && activations.levels[0] == 50)
    #expect(abs(activations.scales[0] - 0.01) < 1e-8)
    #expect(activations.sums16[1] == activations.scales[0] * 800)
  }

  @Test func `a block with an infinity is nothing but NaN, its neighbour is itself`() {
    var x = [Float](repeating: 1, count: 64)
    x[3] = .infinity
    let activations = Activations()
    activations.load(x, count: 1, width: 64, for: .q8_0)
    #expect(activations.scales[0].isNaN && activations.scales[1].isFinite)
  }

  @Test func `a buffer is used again for what is larger and smaller`() {
    let activations = Activations()
    for (count, width) in [(1, 256), (40, 1024), (2, 32), (70, 2048)] {
      let x = (0..<count * width).map { Float($0 % 97) }
      activations.load(x, count: count, width: width, for: .f32)
      #expect((0..<x.count).allSatisfy { activations.floats[$0] == x[$0] })
      #expect(activations.serve(.f32) && !activations.serve(.f16))
    }
  }
}
