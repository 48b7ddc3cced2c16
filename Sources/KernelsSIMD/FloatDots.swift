import CKernels

// Rows of weights by one vector in single precision, as it is: levels become numbers on the way.

extension Fast {
  @inline(never) package static func floatRowsQ8_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { rows, x in
      var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { buffer in
        guard let scales = buffer.baseAddress else { return }
        var (p, q, r, s) = (rows[0], rows[1], rows[2], rows[3])
        let blocks = x.width / 32
        var first = 0
        while first < blocks {
          let count = blocks - first < 64 ? blocks - first : 64
          for i in 0..<count {
            let at = 34 * i
            f4_store_scales(scales + 4 * i, p + at, q + at, r + at, s + at, 1)
          }
          for i in 0..<count {
            let at = 32 * (first + i)
            let (x0, x1) = (f8_load(x.floats + at), f8_load(x.floats + at + 8))
            let (x2, x3) = (f8_load(x.floats + at + 16), f8_load(x.floats + at + 24))
            let scale = scales + 4 * i
            // The rows to come, in order: the next four begin where these end.
            let ahead = rows.base + 4 * (rows.rowBytes + 34 * (first + i)) + farAhead
            prefetch(ahead)
            prefetch(ahead + 64)
            prefetch(ahead + 128)
            a = f8_fma(q8_0_product(p, x0, x1, x2, x3), f8_all(scale[0]), a)
            b = f8_fma(q8_0_product(q, x0, x1, x2, x3), f8_all(scale[1]), b)
            c = f8_fma(q8_0_product(r, x0, x1, x2, x3), f8_all(scale[2]), c)
            d = f8_fma(q8_0_product(s, x0, x1, x2, x3), f8_all(scale[3]), d)
            p += 34
            q += 34
            r += 34
            s += 34
          }
          first += count
        }
      }
      return (a, b, c, d)
    }
  }

  /// Lanes of the products of a block's levels.
  @inline(__always) private static func q8_0_product(
    _ p: UnsafeRawPointer, _ x0: SIMD8<Float>, _ x1: SIMD8<Float>, _ x2: SIMD8<Float>,
    _ x3: SIMD8<Float>
  ) -> SIMD8<Float> {
    var sum = f8_multiply(f8_load_bytes(p + 2), x0)
    sum = f8_fma(f8_load_bytes(p + 10), x1, sum)
    sum = f8_fma(f8_load_bytes(p + 18), x2, sum)
    return f8_fma(f8_load_bytes(p + 26), x3, sum)
  }

  @inline(never) package static func floatRowsQ4_0(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 18, perColumns: 32) { widenQ4_0($0, count: $1, into: $2) }
  }

  @inline(never) package static func floatRowsQ5_0(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 22, perColumns: 32) { widenQ5_0($0, count: $1, into: $2) }
  }

  @inline(never) package static func floatRowsQ5_1(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 24, perColumns: 32) { widenQ5_1($0, count: $1, into: $2) }
  }

  @inline(never) package static func floatRowsQ4_K(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 144, perColumns: 256) { widenQ4_K($0, count: $1, into: $2) }
  }

  @inline(never) package static func floatRowsQ5_K(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 176, perColumns: 256) { widenQ5_K($0, count: $1, into: $2) }
  }

  @inline(never) package static func floatRowsQ6_K(_ w: Rows, _ x: Batch) {
    widenedRows(w, x, bytes: 210, perColumns: 256) { widenQ6_K($0, count: $1, into: $2) }
  }

  /// Each row is widened to floats, 256 at a time; blocks of `perColumns` numbers have `bytes`.
  @inline(__always) private static func widenedRows(
    _ w: Rows, _ x: Batch, bytes: Int, perColumns: Int,
    widen: (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { buffer in
      guard let numbers = buffer.baseAddress else { return }
      for row in 0..<w.count {
        let p = w.base + row * w.rowBytes
        var (a, b) = (f8_all(0), f8_all(0))
        var column = 0
        while column < x.width {
          let count = x.width - column < 256 ? x.width - column : 256
          for line in 0..<(256 / perColumns * bytes + 63) / 64 {
            prefetch(p + column / perColumns * bytes + farAhead + 64 * line)
          }
          widen(p + column / perColumns * bytes, count, numbers)
          var i = 0
          while i < count {
            a = f8_fma(f8_load(numbers + i), f8_load(x.floats + column + i), a)
            b = f8_fma(f8_load(numbers + i + 8), f8_load(x.floats + column + i + 8), b)
            i += 16
          }
          column += 256
        }
        w.out[row] = f8_sum(f8_add(a, b))
      }
    }
  }
}
