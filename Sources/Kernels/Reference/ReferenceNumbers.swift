/// The plain twins: what each kernel means, in the fewest words, and what a CPU without AVX2 runs.
///
/// Kernels of `KernelsSIMD` are held against these by the tests. Nothing here is clever on purpose.
package enum Reference {
  /// A half-precision number (IEEE 754 binary16), widened; exact.
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 31
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    case 31:
      // A signalling NaN comes out quiet, as from the instruction.
      let quiet: UInt32 = fraction == 0 ? 0 : 0x40_0000
      return Float(bitPattern: sign | 0x7F80_0000 | quiet | fraction << 13)
    default:
      return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// Half precision, rounded to nearest even; a NaN keeps the bits that fit and turns quiet.
  static func half(_ x: Float) -> UInt16 {
    let bits = x.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13) & 0x3FF
    }
    // 65520 is half way between the largest half and the one that would follow: to even, up.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // A subnormal half counts in steps of 2^-24; adding 2^-1 rounds to that step.
      let rounded = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: rounded.bitPattern & 0x7FF)
    }
    let even = (magnitude >> 13) & 1
    let rounded = magnitude + 0xFFF + even - 0x3800_0000
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }

  /// A bfloat16, widened; exact.
  static func float(bfloat bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// Rounded to the nearest bfloat16, ties to even, and widened again; a NaN turns quiet.
  static func roundedToBfloat(_ x: Float) -> Float {
    let bits = x.bitPattern
    if x.isNaN { return Float(bitPattern: (bits | 0x40_0000) & 0xFFFF_0000) }
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  package static func toHalf(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<UInt16>
  ) {
    for i in 0..<count { out[i] = half(x[i]) }
  }
}
