import CKernels

// A few rows of weights by one vector: what decoding does. It reads every weight once, so beyond
// the second-level cache it goes as fast as memory.

extension Rows {
  /// Calls `dots` for each four rows and each vector; it answers with the lanes of each row's sum.
  ///
  /// Where the last rows are fewer than four one stands in for those that are missing: the order of
  /// additions of a row does not depend on its neighbours.
  @inline(__always) func multiply(
    _ x: Batch,
    _ dots: (FewRows, Batch) -> (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>)
  ) {
    var row = 0
    while row < count {
      let left = count - row
      let rows = FewRows(
        base: base + row * rowBytes, rowBytes: rowBytes, last: left < 4 ? left - 1 : 3)
      for t in 0..<x.count {
        let (a, b, c, d) = dots(rows, x.vector(t))
        f4_store_some(out + t * stride + row, f8_sums4(a, b, c, d), left)
      }
      row += 4
    }
  }

  /// The same for types whose rows gain nothing from one another.
  @inline(__always) func multiplyEach(
    _ x: Batch, _ dot: (UnsafeRawPointer, Batch) -> SIMD8<Float>
  ) {
    multiply(x) { rows, x in
      (dot(rows[0], x), dot(rows[1], x), dot(rows[2], x), dot(rows[3], x))
    }
  }
}

extension Fast {
  /// How many bytes ahead weights are asked for: at 40 GB/s a hundred nanoseconds' worth.
  ///
  /// The CPU's own foresight ends with each page, and reaches half of what memory gives.
  @inline(__always) static var farAhead: Int { 4096 }

  @inline(never) package static func rowsF32(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      floats(row, x, bytes: 4, load: { f8_load($0) }, one: { $0.loadUnaligned(as: Float.self) })
    }
  }

  @inline(never) package static func rowsF16(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      floats(row, x, bytes: 2, load: { f8_load_halves($0) }, one: { f1_load_half($0) })
    }
  }

  @inline(never) package static func rowsBF16(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      floats(row, x, bytes: 2, load: { f8_load_bfloats($0) }, one: { widened(bfloat: $0) })
    }
  }

  @inline(__always) static func widened(bfloat p: UnsafeRawPointer) -> Float {
    Float(bitPattern: UInt32(p.loadUnaligned(as: UInt16.self)) << 16)
  }

  /// Numbers of `bytes` bytes each, of which `load` widens eight and `one` one.
  @inline(__always) private static func floats(
    _ row: UnsafeRawPointer, _ x: Batch, bytes: Int, load: (UnsafeRawPointer) -> SIMD8<Float>,
    one: (UnsafeRawPointer) -> Float
  ) -> SIMD8<Float> {
    // Four sums, because a multiply-add takes four cycles and two start in each.
    var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var i = 0
    while i + 32 <= x.width {
      let p = row + bytes * i
      prefetch(p + farAhead)
      if bytes > 2 { prefetch(p + farAhead + 64) }
      a = f8_fma(load(p), f8_load(x.floats + i), a)
      b = f8_fma(load(p + 8 * bytes), f8_load(x.floats + i + 8), b)
      c = f8_fma(load(p + 16 * bytes), f8_load(x.floats + i + 16), c)
      d = f8_fma(load(p + 24 * bytes), f8_load(x.floats + i + 24), d)
      i += 32
    }
    while i + 8 <= x.width {
      a = f8_fma(load(row + bytes * i), f8_load(x.floats + i), a)
      i += 8
    }
    var sums = f8_add(f8_add(a, b), f8_add(c, d))
    while i < x.width {
      sums = f8_add_first(sums, one(row + bytes * i) * x.floats[i])
      i += 1
    }
    return sums
  }

  @inline(never) package static func rowsQ8_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { rows, x in
      blocksOf32(rows, x, bytes: 34) { q8_0_levels($0) }
    }
  }

  @inline(never) package static func rowsQ4_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { rows, x in
      blocksOf32(rows, x, bytes: 18) { b32_subtract(q4_0_levels($0), 8) }
    }
  }

  @inline(never) package static func rowsQ5_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { rows, x in
      blocksOf32(rows, x, bytes: 22) { b32_subtract(q5_0_levels($0), 16) }
    }
  }

  @inline(never) package static func rowsQ5_1(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      var sums = f8_all(0)
      for b in 0..<x.width / 32 {
        let p = row + 24 * b
        let levels = b32_load(x.levels + 32 * b)
        sums = add(q5_1_levels(p), levels, f1_load_half(p) * x.scales[b], sums)
        sums = f8_add_first(sums, f1_load_half(p + 2) * x.sums32[b])
      }
      return sums
    }
  }

  /// Blocks of `bytes` bytes, whose scale comes first and whose levels `load` unpacks.
  ///
  /// Half of the work would be the scales of blocks, were they not widened four at a time, some
  /// blocks ahead of their use. That reads rows twice, in two rhythms that the CPU does not foresee:
  /// the rows to come are asked for, some kilobytes ahead.
  @inline(__always) private static func blocksOf32(
    _ rows: FewRows, _ x: Batch, bytes: Int, load: (UnsafeRawPointer) -> SIMD32<Int8>
  ) -> (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>) {
    var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    // A kilobyte is what Swift keeps on the stack.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { buffer in
      guard let scales = buffer.baseAddress else { return }
      var (p, q, r, s) = (rows[0], rows[1], rows[2], rows[3])
      let blocks = x.width / 32
      var first = 0
      while first < blocks {
        let count = blocks - first < 64 ? blocks - first : 64
        for i in 0..<count {
          let at = bytes * i
          f4_store_scales(
            scales + 4 * i, p + at, q + at, r + at, s + at, x.scales[first + i])
        }
        for i in 0..<count {
          let levels = b32_load(x.levels + 32 * (first + i))
          let scale = scales + 4 * i
          let ahead = rows.base + 4 * (rows.rowBytes + bytes * (first + i)) + farAhead
          prefetch(ahead)
          prefetch(ahead + 64)
          if bytes > 32 { prefetch(ahead + 128) }
          a = add(load(p), levels, scale[0], a)
          b = add(load(q), levels, scale[1], b)
          c = add(load(r), levels, scale[2], c)
          d = add(load(s), levels, scale[3], d)
          p += bytes
          q += bytes
          r += bytes
          s += bytes
        }
        first += count
      }
    }
    return (a, b, c, d)
  }

  @inline(__always) private static func add(
    _ weights: SIMD32<Int8>, _ levels: SIMD32<Int8>, _ scale: Float, _ sums: SIMD8<Float>
  ) -> SIMD8<Float> {
    f8_fma(i8_floats(i8_add_products(i8_zero(), weights, levels)), f8_all(scale), sums)
  }

  @inline(never) package static func rowsQ4_K(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      blocksWithMinima(row, x, bytes: 144) { q4_K_levels($0, $1) }
    }
  }

  @inline(never) package static func rowsQ5_K(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in
      blocksWithMinima(row, x, bytes: 176) { q5_K_levels($0, $1) }
    }
  }

  /// Blocks of Q4_K or Q5_K; `load` unpacks the levels of one part of eight.
  @inline(__always) private static func blocksWithMinima(
    _ row: UnsafeRawPointer, _ x: Batch, bytes: Int,
    load: (UnsafeRawPointer, Int) -> SIMD32<Int8>
  ) -> SIMD8<Float> {
    var sums = f8_all(0)
    var minima = f8_all(0)
    for b in 0..<x.width / 256 {
      let p = row + b * bytes
      for line in 0..<3 { prefetch(p + farAhead + 64 * line) }
      let scales = k_scales_load(p)
      let words = k_scales_words(scales.scales)
      var products = i8_zero()
      for part in 0..<8 {
        let pairs = s_products(load(p, part), b32_load(x.levels + 256 * b + 32 * part))
        products = i8_add_scaled(products, pairs, words, part)
      }
      sums = f8_fma(i8_floats(products), f8_all(f1_load_half(p) * x.scales[8 * b]), sums)
      minima = f8_fma(
        f8_multiply(u64_floats(scales.minima), f8_all(f1_load_half(p + 2))),
        f8_load(x.sums32 + 8 * b), minima)
    }
    return f8_subtract(sums, minima)
  }

  @inline(never) package static func rowsQ6_K(_ w: Rows, _ x: Batch) {
    w.multiplyEach(x) { row, x in blocksOf16(row, x) }
  }

  @inline(__always) private static func blocksOf16(
    _ row: UnsafeRawPointer, _ x: Batch
  ) -> SIMD8<Float> {
    var sums = f8_all(0)
    for b in 0..<x.width / 256 {
      let p = row + 210 * b
      for line in 0..<4 { prefetch(p + farAhead + 64 * line) }
      let words = q6_K_scales_words(p)
      var products = i8_zero()
      for part in 0..<8 {
        let pairs = s_products(
          q6_K_levels(p, part), b32_load(x.levels + 256 * b + 32 * part))
        products = i8_add_scaled(products, pairs, words, part)
      }
      // Levels are 32 too large: that much of the sums of the activations goes again.
      let x16 = x.sums16 + 16 * b
      var excess = f8_multiply(f8_load_bytes(p + 192), f8_load(x16))
      excess = f8_fma(f8_load_bytes(p + 200), f8_load(x16 + 8), excess)
      let d = f1_load_half(p + 208)
      sums = f8_fma(i8_floats(products), f8_all(d * x.scales[8 * b]), sums)
      sums = f8_less(excess, f8_all(32 * d), sums)
    }
    return sums
  }
}
