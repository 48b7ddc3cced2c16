/// One block of a quantised row, unpacked: number `i` is `scales[i / part] * levels[i] - mins[...]`.
struct UnpackedBlock {
  /// In -128...127; of the K-quants with minima in 0...31.
  let levels: UnsafeMutablePointer<Int32>
  /// One for each part.
  let scales: UnsafeMutablePointer<Float>
  /// One for each part; zeros in types without.
  let mins: UnsafeMutablePointer<Float>
  /// How many numbers share a scale: 32, of Q6_K 16.
  var part = 32
}

extension Reference {
  /// Calls `body` with room for one block.
  static func withBlock<R>(_ body: (inout UnpackedBlock) -> R) -> R {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { levels in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { floats in
        guard let first = levels.baseAddress, let scales = floats.baseAddress else {
          fatalError("an allocation of a kilobyte came back empty")
        }
        var block = UnpackedBlock(levels: first, scales: scales, mins: scales + 16)
        return body(&block)
      }
    }
  }

  static func unpack(_ type: TensorType, _ p: UnsafeRawPointer, _ block: inout UnpackedBlock) {
    block.part = type == .q6_K ? 16 : 32
    block.mins.update(repeating: 0, count: 16)
    switch type {
    case .q8_0: unpackQ8_0(p, block)
    case .q4_0: unpackQ4_0(p, block)
    case .q5_0: unpackQ5(p, block, from: 2, less: 16)
    case .q5_1:
      unpackQ5(p, block, from: 4, less: 0)
      block.mins[0] = -half(at: p + 2)
    case .q4_K: unpackQ4_K(p, block)
    case .q5_K: unpackQ5_K(p, block)
    case .q6_K: unpackQ6_K(p, block)
    case .f32, .f16, .bf16: fatalError("\(type.name) has no blocks")
    }
  }

  static func half(at p: UnsafeRawPointer) -> Float {
    float(half: UInt16(littleEndian: p.loadUnaligned(as: UInt16.self)))
  }

  private static func byte(_ p: UnsafeRawPointer, _ offset: Int) -> Int32 {
    Int32(p.load(fromByteOffset: offset, as: UInt8.self))
  }

  /// Scale (half), 32 signed bytes.
  private static func unpackQ8_0(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    block.scales[0] = half(at: p)
    for i in 0..<32 { block.levels[i] = Int32(p.load(fromByteOffset: 2 + i, as: Int8.self)) }
  }

  /// Scale (half), 16 bytes; a byte holds numbers `i` (low) and `i + 16`, each 8 too large.
  private static func unpackQ4_0(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    block.scales[0] = half(at: p)
    for i in 0..<16 {
      block.levels[i] = (byte(p, 2 + i) & 15) - 8
      block.levels[i + 16] = (byte(p, 2 + i) >> 4) - 8
    }
  }

  /// Scale (half), of Q5_1 the least number (half), 4 bytes of fifth bits, nibbles as in Q4_0.
  private static func unpackQ5(
    _ p: UnsafeRawPointer, _ block: UnpackedBlock, from start: Int, less excess: Int32
  ) {
    block.scales[0] = half(at: p)
    for i in 0..<32 {
      let both = byte(p, start + 4 + i % 16)
      let fifth = byte(p, start + i / 8) >> Int32(i % 8) & 1
      block.levels[i] = (i < 16 ? both & 15 : both >> 4) + 16 * fifth - excess
    }
  }

  /// Scale and minimum (halves), 8 pairs of 6 bits that multiply them, in 12 bytes.
  private static func unpackScales(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    let (d, dMin) = (half(at: p), half(at: p + 2))
    for j in 0..<8 {
      let scale: Int32
      let min: Int32
      if j < 4 {
        scale = byte(p, 4 + j) & 63
        min = byte(p, 8 + j) & 63
      } else {
        scale = byte(p, 8 + j) & 15 | (byte(p, j) >> 6) << 4
        min = byte(p, 8 + j) >> 4 | (byte(p, 4 + j) >> 6) << 4
      }
      block.scales[j] = d * Float(scale)
      block.mins[j] = dMin * Float(min)
    }
  }

  /// The scales, then 128 bytes; 32 bytes hold 64 numbers, the low halves first.
  private static func unpackQ4_K(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    unpackScales(p, block)
    for j in 0..<4 {
      for i in 0..<32 {
        let both = byte(p, 16 + 32 * j + i)
        block.levels[64 * j + i] = both & 15
        block.levels[64 * j + 32 + i] = both >> 4
      }
    }
  }

  /// As Q4_K, with 32 bytes of fifth bits before the nibbles; bit `j` is of the j-th 32 numbers.
  private static func unpackQ5_K(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    unpackScales(p, block)
    for j in 0..<4 {
      for i in 0..<32 {
        let both = byte(p, 48 + 32 * j + i)
        let high = byte(p, 16 + i) >> Int32(2 * j)
        block.levels[64 * j + i] = both & 15 | (high & 1) << 4
        block.levels[64 * j + 32 + i] = both >> 4 | (high >> 1 & 1) << 4
      }
    }
  }

  /// 128 bytes of low halves, 64 of upper pairs of bits, 16 signed scales, then their scale (half).
  private static func unpackQ6_K(_ p: UnsafeRawPointer, _ block: UnpackedBlock) {
    let d = half(at: p + 208)
    for j in 0..<16 {
      block.scales[j] = d * Float(p.load(fromByteOffset: 192 + j, as: Int8.self))
    }
    for n in 0..<2 {
      for i in 0..<32 {
        let (first, second) = (byte(p, 64 * n + i), byte(p, 64 * n + 32 + i))
        let high = byte(p, 128 + 32 * n + i)
        let levels = block.levels + 128 * n + i
        levels[0] = (first & 15 | (high & 3) << 4) - 32
        levels[32] = (second & 15 | (high >> 2 & 3) << 4) - 32
        levels[64] = (first >> 4 | (high >> 4 & 3) << 4) - 32
        levels[96] = (second >> 4 | (high >> 6 & 3) << 4) - 32
      }
    }
  }

  package static func dequantise(_ w: Matrix, row: Int, into out: UnsafeMutablePointer<Float>) {
    let p = w.row(row)
    switch w.type {
    case .f32:
      for c in 0..<w.columns { out[c] = (p + 4 * c).loadUnaligned(as: Float.self) }
    case .f16:
      for c in 0..<w.columns { out[c] = half(at: p + 2 * c) }
    case .bf16:
      for c in 0..<w.columns {
        out[c] = float(bfloat: (p + 2 * c).loadUnaligned(as: UInt16.self))
      }
    case .q4_0, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K:
      let length = w.type.blockLength
      withBlock { block in
        for b in 0..<w.columns / length {
          unpack(w.type, p + b * w.type.blockBytes, &block)
          for i in 0..<length {
            let part = i / block.part
            out[b * length + i] =
              block.scales[part] * Float(block.levels[i]) - block.mins[part]
          }
        }
      }
    }
  }
}
