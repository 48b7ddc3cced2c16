import CKernels

extension Fast {
  @inline(never) package static func widenF32(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    widen(
      row, count, out, bytes: 4, load: { f8_load($0) },
      one: { $0.loadUnaligned(as: Float.self) })
  }

  @inline(never) package static func widenF16(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    widen(row, count, out, bytes: 2, load: { f8_load_halves($0) }, one: { f1_load_half($0) })
  }

  @inline(never) package static func widenBF16(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    widen(
      row, count, out, bytes: 2, load: { f8_load_bfloats($0) }, one: { widened(bfloat: $0) })
  }

  @inline(__always) private static func widen(
    _ row: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutablePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, load(row + bytes * i))
      i += 8
    }
    while i < count {
      out[i] = one(row + bytes * i)
      i += 1
    }
  }

  @inline(never) package static func widenQ8_0(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 32 {
      let p = row + 34 * b
      widen(q8_0_levels(p), f1_load_half(p), 0, out + 32 * b)
    }
  }

  @inline(never) package static func widenQ4_0(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 32 {
      let p = row + 18 * b
      widen(b32_subtract(q4_0_levels(p), 8), f1_load_half(p), 0, out + 32 * b)
    }
  }

  @inline(never) package static func widenQ5_0(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 32 {
      let p = row + 22 * b
      widen(b32_subtract(q5_0_levels(p), 16), f1_load_half(p), 0, out + 32 * b)
    }
  }

  @inline(never) package static func widenQ5_1(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 32 {
      let p = row + 24 * b
      widen(q5_1_levels(p), f1_load_half(p), -f1_load_half(p + 2), out + 32 * b)
    }
  }

  @inline(never) package static func widenQ4_K(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 256 {
      widenWithMinima(row + 144 * b, out + 256 * b) { q4_K_levels($0, $1) }
    }
  }

  @inline(never) package static func widenQ5_K(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 256 {
      widenWithMinima(row + 176 * b, out + 256 * b) { q5_K_levels($0, $1) }
    }
  }

  @inline(__always) private static func widenWithMinima(
    _ p: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>,
    load: (UnsafeRawPointer, Int) -> SIMD32<Int8>
  ) {
    let scales = k_scales_load(p)
    let (d, dMin) = (f1_load_half(p), f1_load_half(p + 2))
    for part in 0..<8 {
      widen(
        load(p, part), d * Float(scales.scales >> UInt64(8 * part) & 63),
        dMin * Float(scales.minima >> UInt64(8 * part) & 63), out + 32 * part)
    }
  }

  @inline(never) package static func widenQ6_K(
    _ row: UnsafeRawPointer, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for b in 0..<count / 256 {
      let p = row + 210 * b
      let d = f1_load_half(p + 208)
      for run in 0..<8 {
        let levels = b32_subtract(q6_K_levels(p, run), 32)
        let low = d * Float(p.load(fromByteOffset: 192 + 2 * run, as: Int8.self))
        let high = d * Float(p.load(fromByteOffset: 193 + 2 * run, as: Int8.self))
        let to = out + 256 * b + 32 * run
        f8_store(to, f8_multiply(b32_floats0(levels), f8_all(low)))
        f8_store(to + 8, f8_multiply(b32_floats1(levels), f8_all(low)))
        f8_store(to + 16, f8_multiply(b32_floats2(levels), f8_all(high)))
        f8_store(to + 24, f8_multiply(b32_floats3(levels), f8_all(high)))
      }
    }
  }

  /// Scale times level, less the minimum; each rounded by itself, as everywhere.
  @inline(__always) private static func widen(
    _ levels: SIMD32<Int8>, _ scale: Float, _ min: Float, _ out: UnsafeMutablePointer<Float>
  ) {
    let (scale, min) = (f8_all(scale), f8_all(min))
    f8_store(out, f8_subtract(f8_multiply(b32_floats0(levels), scale), min))
    f8_store(out + 8, f8_subtract(f8_multiply(b32_floats1(levels), scale), min))
    f8_store(out + 16, f8_subtract(f8_multiply(b32_floats2(levels), scale), min))
    f8_store(out + 24, f8_subtract(f8_multiply(b32_floats3(levels), scale), min))
  }
}
