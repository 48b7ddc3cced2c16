import CKernels

extension Fast {
  @inline(never) package static func toHalf(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<UInt16>
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store_halves(out + i, f8_load(x + i))
      i += 8
    }
    while i < count {
      out[i] = f1_half(x[i])
      i += 1
    }
  }

  @inline(never) package static func roundToHalf(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, f8_rounded_to_halves(f8_load(x + i)))
      i += 8
    }
    while i < count {
      out[i] = f1_rounded_to_half(x[i])
      i += 1
    }
  }

  @inline(never) package static func roundToBfloat(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, f8_rounded_to_bfloat(f8_load(x + i)))
      i += 8
    }
    while i < count {
      out[i] = f1_rounded_to_bfloat(x[i])
      i += 1
    }
  }

  /// Blocks of 32, as `Reference` does it, bit for bit.
  @inline(never) package static func quantise32(_ x: UnsafePointer<Float>, into out: Batch) {
    for b in 0..<out.count * out.width / 32 {
      let from = x + 32 * b
      let (v0, v1, v2, v3) = (
        f8_load(from), f8_load(from + 8), f8_load(from + 16), f8_load(from + 24)
      )
      let bits = b8_largest(
        b8_max(
          b8_max(f8_magnitude(v0), f8_magnitude(v1)), b8_max(f8_magnitude(v2), f8_magnitude(v3))))
      let largest = Float(bitPattern: bits)
      let isFinite = bits < 0x7F80_0000
      let scale = isFinite ? f1_rounded_to_half(largest / 127) : .nan
      let inverse = isFinite && scale != 0 ? 127 / largest : 0
      run(from, b, scale: scale, inverse: inverse, into: out)
    }
  }

  /// Blocks of 256, as `Reference` does it, bit for bit.
  @inline(never) package static func quantise256(_ x: UnsafePointer<Float>, into out: Batch) {
    for b in 0..<out.count * out.width / 256 {
      let from = x + 256 * b
      var magnitudes = b8_zero()
      for i in 0..<32 { magnitudes = b8_max(magnitudes, f8_magnitude(f8_load(from + 8 * i))) }
      let bits = b8_largest(magnitudes)
      var inverse = 127 / Float(bitPattern: bits)
      var scale = 1 / inverse
      if bits >= 0x7F80_0000 {
        (inverse, scale) = (0, .nan)
      } else if inverse > Float.greatestFiniteMagnitude {
        (inverse, scale) = (0, 0)
      }
      for part in 0..<8 {
        run(from + 32 * part, 8 * b + part, scale: scale, inverse: inverse, into: out)
      }
    }
  }

  /// 32 levels, their scale, and their sums in that scale.
  @inline(__always) private static func run(
    _ x: UnsafePointer<Float>, _ index: Int, scale: Float, inverse: Float, into out: Batch
  ) {
    var levels = b32_all(0)
    // Not by way of a product with 0: of an infinity that would be NaN, and no level.
    if inverse != 0 {
      let by = f8_all(inverse)
      levels = b32_narrow(
        f8_rounded(f8_multiply(f8_load(x), by)), f8_rounded(f8_multiply(f8_load(x + 8), by)),
        f8_rounded(f8_multiply(f8_load(x + 16), by)), f8_rounded(f8_multiply(f8_load(x + 24), by)))
    }
    b32_store(out.levels + 32 * index, levels)
    if out.count >= panelVectors {
      w16_store(out.words + 32 * index, b32_words0(levels))
      w16_store(out.words + 32 * index + 16, b32_words1(levels))
    }
    var (first, last): (Int32, Int32) = (0, 0)
    b32_sums(levels, &first, &last)
    out.scales[index] = scale
    out.sums16[2 * index] = scale * Float(first)
    out.sums16[2 * index + 1] = scale * Float(last)
    out.sums32[index] = scale * Float(first + last)
  }
}
