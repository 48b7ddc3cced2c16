@testable import Kernels

/// Made-up weights, at an address of any alignment, as in a mapped file.
final class Weights {
  let matrix: Matrix
  private let storage: UnsafeMutableRawPointer

  /// Rows of `bytes`, repeated as often as it takes.
  init(_ type: TensorType, rows: Int, columns: Int, bytes: [UInt8], offset: Int = 0) {
    let count = rows * type.byteCount(of: columns)
    storage = .allocate(byteCount: count + offset, alignment: 64)
    for i in 0..<count {
      storage.storeBytes(of: bytes[i % bytes.count], toByteOffset: offset + i, as: UInt8.self)
    }
    matrix = Matrix(type: type, rows: rows, columns: columns, base: storage + offset)
  }

  deinit { storage.deallocate() }

  /// Random bytes, with scales of a size that models have.
  static func random(
    _ type: TensorType, rows: Int, columns: Int, using random: inout Seeded
  ) -> Weights {
    var bytes: [UInt8] = []
    for _ in 0..<rows * columns / type.blockLength {
      bytes += block(type, using: &random)
    }
    return Weights(
      type, rows: rows, columns: columns, bytes: bytes,
      offset: Int.random(in: 0..<9, using: &random))
  }

  /// One block; a scale in a dozen is zero, denormal or negative.
  static func block(_ type: TensorType, using random: inout Seeded) -> [UInt8] {
    var block = (0..<type.blockBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    func put(_ half: UInt16, at offset: Int) {
      block[offset] = UInt8(half & 255)
      block[offset + 1] = UInt8(half >> 8)
    }
    func scale() -> UInt16 {
      switch Int.random(in: 0..<36, using: &random) {
      case 0: 0
      case 1: UInt16.random(in: 1..<0x400, using: &random)
      case 2: UInt16.random(in: 0xA000..<0xA800, using: &random)
      default: UInt16.random(in: 0x1000..<0x2C00, using: &random)
      }
    }
    switch type {
    case .f32:
      let x = Float.random(in: -2...2, using: &random)
      withUnsafeBytes(of: x.bitPattern.littleEndian) { block = Array($0) }
    case .f16: put(Reference.half(Float.random(in: -2...2, using: &random)), at: 0)
    case .bf16:
      put(UInt16(Float.random(in: -2...2, using: &random).bitPattern >> 16), at: 0)
    case .q4_0, .q5_0, .q8_0: put(scale(), at: 0)
    case .q5_1, .q4_K, .q5_K:
      put(scale(), at: 0)
      put(scale(), at: 2)
    case .q6_K: put(scale(), at: 208)
    }
    return block
  }

  func row(_ row: Int, with dequantise: (Matrix, Int, UnsafeMutablePointer<Float>) -> Void)
    -> [Float]
  {
    var out = [Float](repeating: -7, count: matrix.columns)
    dequantise(matrix, row, &out)
    return out
  }
}

/// The same bits, or both no number; which no number is up to the CPU.
func same(_ a: Float, _ b: Float) -> Bool {
  a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
}

func same(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { same($0, $1) }
}

/// Numbers that kernels meet in a model, or numbers that they had better not meet.
func numbers(_ count: Int, hostile: Bool = false, using random: inout Seeded) -> [Float] {
  let odd: [Float] = [
    0, -0.0, .leastNonzeroMagnitude, Float(-0x1p-130), 1e-30, 65504, 65520, 3e38, -3e38, .infinity,
    -.infinity, .nan, 0.5, 1.5, -2.5,
  ]
  return (0..<count).map { _ in
    if hostile, Int.random(in: 0..<4, using: &random) == 0 {
      return odd[Int.random(in: 0..<odd.count, using: &random)]
    }
    return Float.random(in: -4...4, using: &random)
  }
}
