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

  /// out[c] += g[r] * W[r, c] for all rows; `widen` is one of the above.
  ///
  /// Four rows pass over `out` together, one after the other: the order of additions is that of
  /// rows alone.
  @inline(__always) private static func transposed(
    _ w: Rows, columns: Int, bytes: Int, perColumns: Int, _ g: UnsafePointer<Float>,
    widen: (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    var room = kernels_room()
    withUnsafeMutableBytes(of: &room) { buffer in
      guard let base = buffer.baseAddress else { return }
      let numbers = base.assumingMemoryBound(to: Float.self)
      var row = 0
      while row < w.count {
        let together = w.count - row < 4 ? w.count - row : 4
        var column = 0
        while column < columns {
          // A whole block of every type.
          let count = columns - column < 256 ? columns - column : 256
          for r in 0..<together {
            let from = w.base + (row + r) * w.rowBytes + column / perColumns * bytes
            widen(from, count, numbers + 256 * r)
          }
          if together == 4 {
            addProducts(numbers, by: g + row, to: w.out + column, count: count)
          } else {
            for r in 0..<together {
              addProduct(numbers + 256 * r, by: g[row + r], to: w.out + column, count: count)
            }
          }
          column += 256
        }
        row += 4
      }
    }
  }

  /// Four rows, 256 numbers apart, by one factor each.
  @inline(__always) private static func addProducts(
    _ x: UnsafePointer<Float>, by g: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let (a, b, c, d) = (f8_all(g[0]), f8_all(g[1]), f8_all(g[2]), f8_all(g[3]))
    var i = 0
    while i + 8 <= count {
      var sums = f8_fma(a, f8_load(x + i), f8_load(out + i))
      sums = f8_fma(b, f8_load(x + 256 + i), sums)
      sums = f8_fma(c, f8_load(x + 512 + i), sums)
      sums = f8_fma(d, f8_load(x + 768 + i), sums)
      f8_store(out + i, sums)
      i += 8
    }
    while i < count {
      for r in 0..<4 { out[i] = f1_fma(g[r], x[256 * r + i], out[i]) }
      i += 1
    }
  }

  @inline(never) package static func transposedF32(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 4, perColumns: 1, g) {
      widenF32($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedF16(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 2, perColumns: 1, g) {
      widenF16($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedBF16(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 2, perColumns: 1, g) {
      widenBF16($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ8_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 34, perColumns: 32, g) {
      widenQ8_0($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ4_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 18, perColumns: 32, g) {
      widenQ4_0($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ5_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 22, perColumns: 32, g) {
      widenQ5_0($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ5_1(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 24, perColumns: 32, g) {
      widenQ5_1($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ4_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 144, perColumns: 256, g) {
      widenQ4_K($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ5_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 176, perColumns: 256, g) {
      widenQ5_K($0, count: $1, into: $2)
    }
  }

  @inline(never) package static func transposedQ6_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    transposed(w, columns: columns, bytes: 210, perColumns: 256, g) {
      widenQ6_K($0, count: $1, into: $2)
    }
  }

  /// out += factor * x, rounded once.
  @inline(__always) private static func addProduct(
    _ x: UnsafePointer<Float>, by factor: Float, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    let all = f8_all(factor)
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, f8_fma(all, f8_load(x + i), f8_load(out + i)))
      i += 8
    }
    while i < count {
      out[i] = f1_fma(factor, x[i], out[i])
      i += 1
    }
  }
}
