import CKernels

// Rows of weights, each times a number, added up: a product with the transposed matrix. Four rows
// pass over the sums together, one after the other: the order of additions is that of rows alone,
// and a sum is loaded and stored once for four products. (Eight gain nothing in the caches and lose
// a third beyond them, being as many streams from memory as it foresees.)

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
    // Of 64 blocks the factors of four rows.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { buffer in
      guard let factors = buffer.baseAddress else { return }
      var row = 0
      while row + 4 <= w.count {
        let rows = FewRows(base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: 3)
        let blocks = columns / 32
        var first = 0
        while first < blocks {
          let count = blocks - first < 64 ? blocks - first : 64
          for i in 0..<count {
            let at = 34 * (first + i)
            f4_store_scales_each(
              factors + 4 * i, rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at, g + row)
          }
          for i in 0..<count {
            let at = 34 * (first + i)
            fetch(rows, at: at, bytes: 34)
            addBlocks(rows, at: at + 2, 4, by: factors + 4 * i, to: w.out + 32 * (first + i))
          }
          first += count
        }
        row += 4
      }
      while row < w.count {
        let rows = FewRows(base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: 0)
        for block in 0..<columns / 32 {
          factors[0] = g[row] * f1_load_half(rows.base + 34 * block)
          addBlocks(rows, at: 34 * block + 2, 1, by: factors, to: w.out + 32 * block)
        }
        row += 1
      }
    }
  }

  /// 32 levels of each of `count` rows, `at` bytes from their starts.
  @inline(__always) private static func addBlocks(
    _ rows: FewRows, at: Int, _ count: Int, by factors: UnsafePointer<Float>,
    to out: UnsafeMutablePointer<Float>
  ) {
    var (a, b, c, d) = (f8_load(out), f8_load(out + 8), f8_load(out + 16), f8_load(out + 24))
    for r in 0..<count {
      let levels = rows.base + r * rows.rowBytes + at
      let factor = f8_all(factors[r])
      a = f8_fma(factor, f8_load_bytes(levels), a)
      b = f8_fma(factor, f8_load_bytes(levels + 8), b)
      c = f8_fma(factor, f8_load_bytes(levels + 16), c)
      d = f8_fma(factor, f8_load_bytes(levels + 24), d)
    }
    f8_store(out, a)
    f8_store(out + 8, b)
    f8_store(out + 16, c)
    f8_store(out + 24, d)
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

  /// Asks for what comes some kilobytes after `bytes` bytes of each of four rows, in order.
  @inline(__always) private static func fetch(_ rows: FewRows, at: Int, bytes: Int) {
    let ahead = rows.base + 4 * (rows.rowBytes + at) + farAhead
    var byte = 0
    while byte < 4 * bytes {
      prefetch(ahead + byte)
      byte += 64
    }
  }

  /// Eight numbers of each of four rows, `at` bytes from their starts, added to eight sums.
  @inline(__always) private static func add4(
    _ rows: FewRows, at: Int, by factors: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>,
    load: (UnsafeRawPointer) -> SIMD8<Float>
  ) {
    var sums = f8_fma(f8_all(factors[0]), load(rows[0] + at), f8_load(out))
    sums = f8_fma(f8_all(factors[1]), load(rows[1] + at), sums)
    sums = f8_fma(f8_all(factors[2]), load(rows[2] + at), sums)
    sums = f8_fma(f8_all(factors[3]), load(rows[3] + at), sums)
    f8_store(out, sums)
  }

  /// Numbers of `bytes` bytes each, of which `load` widens eight and `one` one.
  @inline(__always) private static func floats(
    _ w: Rows, _ columns: Int, _ g: UnsafePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    var row = 0
    while row < w.count {
      let areFour = row + 4 <= w.count
      let rows = FewRows(
        base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: areFour ? 3 : 0)
      var column = 0
      while column + 16 <= columns {
        let (at, out) = (bytes * column, w.out + column)
        if areFour {
          fetch(rows, at: at, bytes: 16 * bytes)
          add4(rows, at: at, by: g + row, to: out, load: load)
          add4(rows, at: at + 8 * bytes, by: g + row, to: out + 8, load: load)
        } else {
          let factor = f8_all(g[row])
          f8_store(out, f8_fma(factor, load(rows.base + at), f8_load(out)))
          f8_store(out + 8, f8_fma(factor, load(rows.base + at + 8 * bytes), f8_load(out + 8)))
        }
        column += 16
      }
      while column < columns {
        for r in 0...rows.last {
          let number = one(rows[r] + bytes * column)
          w.out[column] = f1_fma(g[row + r], number, w.out[column])
        }
        column += 1
      }
      row += areFour ? 4 : 1
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
      let panel = FewRows(base: base, rowBytes: 1024, last: 3)
      var row = 0
      while row < w.count {
        let together = w.count - row < 4 ? w.count - row : 4
        let rows = FewRows(
          base: w.base + row * w.rowBytes, rowBytes: w.rowBytes, last: together - 1)
        var column = 0
        while column < columns {
          let count = columns - column < 256 ? columns - column : 256
          let at = column / perColumns * bytes
          fetch(rows, at: at, bytes: 256 / perColumns * bytes)
          for r in 0..<together { widen(rows[r] + at, count, numbers + 256 * r) }
          var i = 0
          while i < count {
            let out = w.out + column + i
            if together == 4 {
              add4(panel, at: 4 * i, by: g + row, to: out, load: { f8_load($0) })
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
        row += 4
      }
    }
  }
}
