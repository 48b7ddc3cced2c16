import CKernels

// Rows of probabilities in half precision, many of them under one vector of weights: what fitting a
// bias to a prefix does. Widths are multiples of 32; beyond the vocabulary rows are 0.

extension Fast {
  /// Columns summed in single precision, before the sum goes to one in double precision.
  @inline(__always) private static var run: Int { 4096 }
  /// How many numbers of a row are asked for before they are needed: half a kilobyte's.
  @inline(__always) private static var ahead: Int { 256 }

  @inline(never) package static func storeRow(
    _ logits: UnsafePointer<Float>, count: Int, width: Int, into out: UnsafeMutablePointer<UInt16>
  ) -> RowSums {
    let largest = largest(logits, count)
    let shift = f8_all(largest)
    var sums = RowSums(largest: largest, sum: 0, stored: 0)
    var first = 0
    while first < count {
      let end = count - first < run ? count : first + run
      var (sum, stored) = (f8_all(0), f8_all(0))
      func store(_ x: SIMD8<Float>, at i: Int) {
        let e = f8_exp(f8_subtract(x, shift))
        let scaled = f8_multiply(e, f8_all(32768))
        f8_store_halves(out + i, scaled)
        sum = f8_add(sum, e)
        stored = f8_add(stored, f8_rounded_to_halves(scaled))
      }
      var i = first
      while i + 8 <= end {
        store(f8_load(logits + i), at: i)
        i += 8
      }
      if i < end { store(lastLogits(logits + i, end - i), at: i) }
      sums.sum += Double(f8_sum(sum))
      sums.stored += Double(f8_sum(stored))
      first = end
    }
    var i = (count + 7) / 8 * 8
    while i < width {
      f8_store_halves(out + i, f8_all(0))
      i += 8
    }
    return sums
  }

  /// Fewer than eight logits; what is missing is as unlikely as can be.
  @inline(__always) private static func lastLogits(
    _ x: UnsafePointer<Float>, _ count: Int
  ) -> SIMD8<Float> {
    var last = f8_all(-.infinity)
    withUnsafeMutableBytes(of: &last) { lanes in
      for lane in 0..<count {
        lanes.storeBytes(of: x[lane], toByteOffset: 4 * lane, as: Float.self)
      }
    }
    return last
  }

  @inline(never) package static func addRow(
    _ row: UnsafePointer<UInt16>, width: Int, by factor: Double,
    to sums: UnsafeMutablePointer<Double>
  ) {
    var i = 0
    while i < width {
      d8_add_products(sums + i, f8_load_halves(row + i), factor)
      d8_add_products(sums + i + 8, f8_load_halves(row + i + 8), factor)
      i += 16
    }
  }

  @inline(never) package static func dots(
    _ rows: HalfRows, with weights: UnsafePointer<Float>, width: Int,
    into out: UnsafeMutablePointer<Double>
  ) {
    var row = 0
    while row < rows.count {
      let last = rows.count - 1 - row
      let p = rows.base + row * rows.stride
      let q = p + (last < 1 ? 0 : rows.stride)
      let r = p + (last < 2 ? 0 : 2 * rows.stride)
      let s = p + (last < 3 ? 0 : 3 * rows.stride)
      var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
      var first = 0
      while first < width {
        let end = width - first < run ? width : first + run
        var (a0, b0, c0, d0) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
        var (a1, b1, c1, d1) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
        var i = first
        while i < end {
          prefetch(p + i + ahead)
          prefetch(q + i + ahead)
          prefetch(r + i + ahead)
          prefetch(s + i + ahead)
          for half in 0..<2 {
            let at = i + 16 * half
            let (left, right) = (f8_load(weights + at), f8_load(weights + at + 8))
            a0 = f8_fma(f8_load_halves(p + at), left, a0)
            b0 = f8_fma(f8_load_halves(q + at), left, b0)
            c0 = f8_fma(f8_load_halves(r + at), left, c0)
            d0 = f8_fma(f8_load_halves(s + at), left, d0)
            a1 = f8_fma(f8_load_halves(p + at + 8), right, a1)
            b1 = f8_fma(f8_load_halves(q + at + 8), right, b1)
            c1 = f8_fma(f8_load_halves(r + at + 8), right, c1)
            d1 = f8_fma(f8_load_halves(s + at + 8), right, d1)
          }
          i += 32
        }
        a += Double(f8_sum(f8_add(a0, a1)))
        b += Double(f8_sum(f8_add(b0, b1)))
        c += Double(f8_sum(f8_add(c0, c1)))
        d += Double(f8_sum(f8_add(d0, d1)))
        first = end
      }
      out[row] = a
      if last >= 1 { out[row + 1] = b }
      if last >= 2 { out[row + 2] = c }
      if last >= 3 { out[row + 3] = d }
      row += 4
    }
  }

  @inline(never) package static func addRows(
    _ rows: HalfRows, by factors: UnsafePointer<Float>, width: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    var row = 0
    while row < rows.count {
      let last = rows.count - 1 - row
      let p = rows.base + row * rows.stride
      if last >= 7 {
        add8(p, stride: rows.stride, by: factors + row, width: width, to: sums)
        row += 8
      } else {
        let factor = f8_all(factors[row])
        var i = 0
        while i < width {
          f8_store(sums + i, f8_fma(factor, f8_load_halves(p + i), f8_load(sums + i)))
          i += 8
        }
        row += 1
      }
    }
  }

  /// Eight rows pass over the sums together, one after the other.
  @inline(__always) private static func add8(
    _ p0: UnsafePointer<UInt16>, stride: Int, by factors: UnsafePointer<Float>, width: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let (p1, p2, p3) = (p0 + stride, p0 + 2 * stride, p0 + 3 * stride)
    let p4 = p0 + 4 * stride
    let (p5, p6, p7) = (p4 + stride, p4 + 2 * stride, p4 + 3 * stride)
    let (f0, f1) = (f8_all(factors[0]), f8_all(factors[1]))
    let (f2, f3) = (f8_all(factors[2]), f8_all(factors[3]))
    let (f4, f5) = (f8_all(factors[4]), f8_all(factors[5]))
    let (f6, f7) = (f8_all(factors[6]), f8_all(factors[7]))
    var i = 0
    while i < width {
      prefetch(p0 + i + ahead)
      prefetch(p1 + i + ahead)
      prefetch(p2 + i + ahead)
      prefetch(p3 + i + ahead)
      prefetch(p4 + i + ahead)
      prefetch(p5 + i + ahead)
      prefetch(p6 + i + ahead)
      prefetch(p7 + i + ahead)
      for eighth in 0..<4 {
        let at = i + 8 * eighth
        var sum = f8_fma(f0, f8_load_halves(p0 + at), f8_load(sums + at))
        sum = f8_fma(f1, f8_load_halves(p1 + at), sum)
        sum = f8_fma(f2, f8_load_halves(p2 + at), sum)
        sum = f8_fma(f3, f8_load_halves(p3 + at), sum)
        sum = f8_fma(f4, f8_load_halves(p4 + at), sum)
        sum = f8_fma(f5, f8_load_halves(p5 + at), sum)
        sum = f8_fma(f6, f8_load_halves(p6 + at), sum)
        sum = f8_fma(f7, f8_load_halves(p7 + at), sum)
        f8_store(sums + at, sum)
      }
      i += 32
    }
  }
}
