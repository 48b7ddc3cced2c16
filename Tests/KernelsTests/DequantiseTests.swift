import Testing

@testable import Kernels

private let one: [UInt8] = [0x00, 0x3C]
private let half: [UInt8] = [0x00, 0x38]

private func nibbles(_ low: Int, _ high: Int) -> UInt8 { UInt8(low + 16 * high) }

/// Blocks made by hand, held against both twins.
@Suite struct DequantiseTests {
  private func numbers(_ type: TensorType, _ bytes: [UInt8]) throws -> [Float] {
    #expect(bytes.count == type.blockBytes)
    let weights = Weights(type, rows: 1, columns: type.blockLength, bytes: bytes, offset: 3)
    let fast = weights.row(0) { Kernel.dequantise($0, row: $1, into: $2) }
    let plain = weights.row(0) { Reference.dequantise($0, row: $1, into: $2) }
    #expect(same(fast, plain))
    return plain
  }

  @Test func `Q8_0 is a scale and signed bytes`() throws {
    var bytes = half + [UInt8](repeating: 0, count: 32)
    bytes[2] = 127
    bytes[3] = 128
    bytes[33] = 255
    let row = try numbers(.q8_0, bytes)
    #expect(row[0] == 63.5 && row[1] == -64 && row[2] == 0 && row[31] == -0.5)
  }

  @Test func `Q4_0 holds the two halves of a block in the two halves of its bytes`() throws {
    var bytes = one
    for i in 0..<16 { bytes.append(nibbles(i, 15 - i)) }
    let row = try numbers(.q4_0, bytes)
    for i in 0..<16 {
      #expect(row[i] == Float(i - 8))
      #expect(row[16 + i] == Float(7 - i))
    }
  }

  @Test func `Q5_0 and Q5_1 have their fifth bits in four bytes, number by number`() throws {
    // Fifth bits of numbers 0, 9 and 31.
    let fifth: [UInt8] = [1, 2, 0, 128]
    let low = (0..<16).map { nibbles($0, 15 - $0) }
    func level(_ i: Int) -> Int { (i < 16 ? i : 31 - i) + ([0, 9, 31].contains(i) ? 16 : 0) }
    let centred = try numbers(.q5_0, one + fifth + low)
    let shifted = try numbers(.q5_1, one + half + fifth + low)
    for i in 0..<32 {
      #expect(centred[i] == Float(level(i) - 16))
      #expect(shifted[i] == Float(level(i)) + 0.5)
    }
  }

  /// The twelve bytes of eight scales and minima, as ggml packs them.
  private var packed: [UInt8] {
    var bytes: [UInt8] = []
    // The first four in six bits, with the upper two of the last four above them.
    for scale in 1...4 as ClosedRange<UInt8> { bytes.append(scale + 128) }
    for min in 5...8 as ClosedRange<UInt8> { bytes.append(min + 192) }
    for i in 1...4 { bytes.append(nibbles(i, i)) }
    return bytes
  }
  private let scales: [Float] = [1, 2, 3, 4, 33, 34, 35, 36]
  private let minima: [Float] = [5, 6, 7, 8, 49, 50, 51, 52]

  /// 128 bytes whose low and high halves differ, and the level at number `i` of 256.
  private var levels: [UInt8] { (0..<128).map { nibbles($0 % 16, ($0 + 5) % 16) } }
  private func level(_ i: Int) -> Int {
    let byte = 32 * (i / 64) + i % 32
    return i / 32 % 2 == 0 ? byte % 16 : (byte + 5) % 16
  }

  @Test func `Q4_K takes eight scales and minima of six bits out of twelve bytes`() throws {
    var bytes = half
    bytes += one
    bytes += packed
    bytes += levels
    let row = try numbers(.q4_K, bytes)
    for i in 0..<256 {
      let expected: Float = 0.5 * scales[i / 32] * Float(level(i)) - minima[i / 32]
      #expect(row[i] == expected, "number \(i)")
    }
  }

  @Test func `Q5_K has a fifth bit for each number`() throws {
    var bytes = half
    bytes += one
    bytes += packed
    for i in 0..<32 { bytes.append(UInt8(8 * i)) }
    bytes += levels
    let row = try numbers(.q5_K, bytes)
    for i in 0..<256 {
      let fifth = (8 * (i % 32)) >> (i / 32) & 1
      let expected: Float = 0.5 * scales[i / 32] * Float(level(i) + 16 * fifth) - minima[i / 32]
      #expect(row[i] == expected, "number \(i)")
    }
  }

  @Test func `Q6_K puts four bits here, two there, and signed scales at the end`() throws {
    let high: [UInt8] = (0..<64).map { UInt8(($0 * 37) % 256) }
    let scales: [Int8] = (0..<16).map { Int8(17 * $0 - 128) }
    var bytes = levels
    bytes += high
    bytes += scales.map { UInt8(bitPattern: $0) }
    bytes += half
    let row = try numbers(.q6_K, bytes)
    for i in 0..<256 {
      let (n, quarter, l) = (i / 128, i % 128 / 32, i % 32)
      let byte = Int(levels[64 * n + 32 * (quarter % 2) + l])
      let nibble = quarter < 2 ? byte % 16 : byte / 16
      let pair = Int(high[32 * n + l]) >> (2 * quarter) & 3
      let expected: Float = 0.5 * Float(scales[i / 16]) * Float(nibble + 16 * pair - 32)
      #expect(row[i] == expected, "number \(i)")
    }
  }

  @Test func `halves and bfloats widen to what they are`() throws {
    let weights = Weights(.f16, rows: 1, columns: 3, bytes: [0, 0xC0, 1, 0, 0, 0x7C], offset: 1)
    #expect(
      weights.row(0) { Kernel.dequantise($0, row: $1, into: $2) } == [-2, 0x1p-24, .infinity])
    let bfloats = Weights(.bf16, rows: 1, columns: 2, bytes: [0x80, 0x3F, 0, 0xC0], offset: 1)
    #expect(bfloats.row(0) { Kernel.dequantise($0, row: $1, into: $2) } == [1, -2])
  }

  @Test func `any bytes are the same numbers to both twins`() {
    for seed in UInt64(0)..<200 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let columns = type.blockLength == 1 ? Int.random(in: 1...70, using: &random) : 512
      let bytes = (0..<2 * type.byteCount(of: columns)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let weights = Weights(
        type, rows: 2, columns: columns, bytes: bytes, offset: Int.random(in: 0..<8, using: &random)
      )
      for row in 0..<2 {
        let fast = weights.row(row) { Kernel.dequantise($0, row: $1, into: $2) }
        let plain = weights.row(row) { Reference.dequantise($0, row: $1, into: $2) }
        #expect(same(fast, plain), "\(type.name), seed \(seed)")
      }
    }
  }
}
