import CKernels

// Rows of weights, each times a number, added up: a product with the transposed matrix. Eight rows
// pass over the sums together, one after the other: the order of additions is that of rows alone,
// and a sum is loaded and stored once for eight products.

extension Fast {
  @inline(never) package static func transposedF32(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    floats(
      w, columns, g, bytes: 4, load: { f8_load($0) }, one: { $0.loadUnaligned(as: Float.self) })
  }

  @inline(never) package static func transposedF16(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    floats(w, columns, g, bytes: 2, load: { f8_load_halves($0) }, one: { f1_load_half($0) })
  }

  @inline(never) package static func transposedBF16(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    floats(w, columns, g, bytes: 2, load: { f8_load_bfloats($0) }, one: { widened(bfloat: $0) })
  }

  @inline(never) package static func transposedQ8_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    // Of 64 blocks the factors of eight rows.
    var room = kernels_room()
    withUnsafeMutableBytes(of: &room) { buffer in
      guard let base = buffer.baseAddress else { return }
      let factors = base.assumingMemoryBound(to: Float.self)
      var row = 0
      while row + 8 <= w.count {
        let rows = FewRows(base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: 7)
        let blocks = columns / 32
        var first = 0
        while first < blocks {
          let count = blocks - first < 64 ? blocks - first : 64
          for i in 0..<count {
            let at = 34 * (first + i)
            f4_store_scales_each(
              factors + 8 * i, rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at, g + row)
            f4_store_scales_each(
              factors + 8 * i + 4, rows[4] + at, rows[5] + at, rows[6] + at, rows[7] + at,
              g + row + 4)
          }
          for i in 0..<count {
            let at = 34 * (first + i) + 2
            // The rows to come, in order: the next eight begin where these end.
            let ahead = rows.base + 8 * (rows.rowBytes + at)
            for line in 0..<5 { prefetch(ahead + 64 * line) }
            let out = w.out + 32 * (first + i)
            for part in 0..<4 {
              add8(
                rows, at: at + 8 * part, by: factors + 8 * i, to: out + 8 * part,
                load: { f8_load_bytes($0) })
            }
          }
          first += count
        }
        row += 8
      }
      while row < w.count {
        for block in 0..<columns / 32 {
          let p = w.base + row * w.rowBytes + 34 * block
          let factor = f8_all(g[row] * f1_load_half(p))
          for part in 0..<4 {
            let out = w.out + 32 * block + 8 * part
            f8_store(out, f8_fma(factor, f8_load_bytes(p + 2 + 8 * part), f8_load(out)))
          }
        }
        row += 1
      }
    }
  }

  @inline(never) package static func transposedQ4_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 18, perColumns: 32) { widenQ4_0($0, count: $1, into: $2) }
  }

  @inline(never) package static func transposedQ5_0(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 22, perColumns: 32) { widenQ5_0($0, count: $1, into: $2) }
  }

  @inline(never) package static func transposedQ5_1(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 24, perColumns: 32) { widenQ5_1($0, count: $1, into: $2) }
  }

  @inline(never) package static func transposedQ4_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 144, perColumns: 256) { widenQ4_K($0, count: $1, into: $2) }
  }

  @inline(never) package static func transposedQ5_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 176, perColumns: 256) { widenQ5_K($0, count: $1, into: $2) }
  }

  @inline(never) package static func transposedQ6_K(
    _ w: Rows, columns: Int, by g: UnsafePointer<Float>
  ) {
    widened(w, columns, g, bytes: 210, perColumns: 256) { widenQ6_K($0, count: $1, into: $2) }
  }

  /// Eight numbers of each of eight rows, `at` bytes from their starts, added to eight sums.
  @inline(__always) private static func add8(
    _ rows: FewRows, at: Int, by factors: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>,
    load: (UnsafeRawPointer) -> SIMD8<Float>
  ) {
    var sums = f8_fma(f8_all(factors[0]), load(rows[0] + at), f8_load(out))
    sums = f8_fma(f8_all(factors[1]), load(rows[1] + at), sums)
    sums = f8_fma(f8_all(factors[2]), load(rows[2] + at), sums)
    sums = f8_fma(f8_all(factors[3]), load(rows[3] + at), sums)
    sums = f8_fma(f8_all(factors[4]), load(rows[4] + at), sums)
    sums = f8_fma(f8_all(factors[5]), load(rows[5] + at), sums)
    sums = f8_fma(f8_all(factors[6]), load(rows[6] + at), sums)
    sums = f8_fma(f8_all(factors[7]), load(rows[7] + at), sums)
    f8_store(out, sums)
  }

  /// Numbers of `bytes` bytes each, of which `load` widens eight and `one` one.
  @inline(__always) private static func floats(
    _ w: Rows, _ columns: Int, _ g: UnsafePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    var row = 0
    while row < w.count {
      let isEight = row + 8 <= w.count
      let rows = FewRows(
        base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: isEight ? 7 : 0)
      var column = 0
      while column + 8 <= columns {
        let out = w.out + column
        if isEight {
          add8(rows, at: bytes * column, by: g + row, to: out, load: load)
        } else {
          f8_store(out, f8_fma(f8_all(g[row]), load(rows.base + bytes * column), f8_load(out)))
        }
        column += 8
      }
      while column < columns {
        for r in 0...rows.last {
          let number = one(rows[r] + bytes * column)
          w.out[column] = f1_fma(g[row + r], number, w.out[column])
        }
        column += 1
      }
      row += isEight ? 8 : 1
    }
  }

  /// Rows that are widened to floats first, 256 columns at a time, a whole block of every type.
  @inline(__always) private static func widened(
    _ w: Rows, _ columns: Int, _ g: UnsafePointer<Float>, bytes: Int, perColumns: Int,
    widen: (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    var room = kernels_room()
    withUnsafeMutableBytes(of: &room) { buffer in
      guard let base = buffer.baseAddress else { return }
      let numbers = base.assumingMemoryBound(to: Float.self)
      let panel = FewRows(base: base, rowBytes: 1024, last: 7)
      var row = 0
      while row < w.count {
        let together = w.count - row < 8 ? w.count - row : 8
        var column = 0
        while column < columns {
          let count = columns - column < 256 ? columns - column : 256
          for r in 0..<together {
            let from = w.base + (row + r) * w.rowBytes + column / perColumns * bytes
            widen(from, count, numbers + 256 * r)
          }
          var i = 0
          while i < count {
            let out = w.out + column + i
            if together == 8 {
              add8(panel, at: 4 * i, by: g + row, to: out, load: { f8_load($0) })
            } else {
              for r in 0..<together {
                let x = f8_load(numbers + 256 * r + i)
                f8_store(out, f8_fma(f8_all(g[row + r]), x, f8_load(out)))
              }
            }
            i += 8
          }
          column += 256
        }
        row += 8
      }
    }
  }
}
