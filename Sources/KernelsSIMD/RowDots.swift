import CKernels

// One row of weights by one vector: what decoding does. It reads every weight once, so beyond the
// second-level cache it goes as fast as memory.

extension Rows {
  /// Calls `dot` for each row and each vector.
  @inline(__always) func multiply(
    _ x: Batch, _ dot: (UnsafeRawPointer, Batch) -> Float
  ) {
    for r in 0..<count {
      let row = base + r * rowBytes
      for t in 0..<x.count { out[t * stride + r] = dot(row, x.vector(t)) }
    }
  }
}

extension Fast {
  @inline(never) package static func rowsF32(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      floats(row, x, bytes: 4, load: { f8_load($0) }, one: { $0.loadUnaligned(as: Float.self) })
    }
  }

  @inline(never) package static func rowsF16(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      floats(row, x, bytes: 2, load: { f8_load_halves($0) }, one: { f1_load_half($0) })
    }
  }

  @inline(never) package static func rowsBF16(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
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
  ) -> Float {
    // Four sums, because a multiply-add takes four cycles and two start in each.
    var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var i = 0
    while i + 32 <= x.width {
      let p = row + bytes * i
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
    var sum = f8_sum(f8_add(f8_add(a, b), f8_add(c, d)))
    while i < x.width {
      sum += one(row + bytes * i) * x.floats[i]
      i += 1
    }
    return sum
  }

  @inline(never) package static func rowsQ8_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      blocksOf32(row, x, bytes: 34) { q8_0_levels($0) }
    }
  }

  @inline(never) package static func rowsQ4_0(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      blocksOf32(row, x, bytes: 18) { b32_subtract(q4_0_levels($0), 8) }
    }
  }

  /// Blocks of `bytes` bytes, whose scale comes first and whose levels `load` unpacks.
  @inline(__always) private static func blocksOf32(
    _ row: UnsafeRawPointer, _ x: Batch, bytes: Int, load: (UnsafeRawPointer) -> SIMD32<Int8>
  ) -> Float {
    func add(_ sum: inout SIMD8<Float>, _ p: UnsafeRawPointer, _ b: Int) {
      let products = i8_add_products(i8_zero(), load(p), b32_load(x.levels + 32 * b))
      sum = f8_fma(i8_floats(products), f8_all(f1_load_half(p) * x.scales[b]), sum)
    }
    var (even, odd) = (f8_all(0), f8_all(0))
    let blocks = x.width / 32
    var p = row
    var b = 0
    while b + 2 <= blocks {
      add(&even, p, b)
      add(&odd, p + bytes, b + 1)
      p += 2 * bytes
      b += 2
    }
    if b < blocks { add(&even, p, b) }
    return f8_sum(f8_add(even, odd))
  }

  @inline(never) package static func rowsQ4_K(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      blocksWithMinima(row, x, bytes: 144) { q4_K_levels($0, $1) }
    }
  }

  @inline(never) package static func rowsQ5_K(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in
      blocksWithMinima(row, x, bytes: 176) { q5_K_levels($0, $1) }
    }
  }

  /// Blocks of Q4_K or Q5_K; `load` unpacks the levels of one part of eight.
  @inline(__always) private static func blocksWithMinima(
    _ row: UnsafeRawPointer, _ x: Batch, bytes: Int,
    load: (UnsafeRawPointer, Int) -> SIMD32<Int8>
  ) -> Float {
    var sum = f8_all(0)
    var minima = f8_all(0)
    for b in 0..<x.width / 256 {
      let p = row + b * bytes
      let scales = k_scales_load(p)
      var products = i8_zero()
      for part in 0..<8 {
        let scale = Int16(truncatingIfNeeded: scales.scales >> UInt64(8 * part) & 63)
        let pairs = s_products(load(p, part), b32_load(x.levels + 256 * b + 32 * part))
        products = i8_add_scaled(products, pairs, scale, scale)
      }
      sum = f8_fma(
        i8_floats(products), f8_all(f1_load_half(p) * x.scales[8 * b]), sum)
      minima = f8_fma(
        f8_multiply(u64_floats(scales.minima), f8_all(f1_load_half(p + 2))),
        f8_load(x.sums32 + 8 * b), minima)
    }
    return f8_sum(f8_subtract(sum, minima))
  }

  @inline(never) package static func rowsQ6_K(_ w: Rows, _ x: Batch) {
    w.multiply(x) { row, x in blocksOf16(row, x) }
  }

  @inline(__always) private static func blocksOf16(
    _ row: UnsafeRawPointer, _ x: Batch
  ) -> Float {
    var sum = f8_all(0)
    for b in 0..<x.width / 256 {
      let p = row + 210 * b
      let scales = p + 192
      let levels = x.levels + 256 * b
      let x16 = x.sums16 + 16 * b
      var products = i8_zero()
      for part in 0..<8 {
        let (low, high) = (Int(2 * part), Int(2 * part + 1))
        products = i8_add_scaled(
          products, s_products(q6_K_levels(p, part), b32_load(levels + 32 * part)),
          Int16(scales.load(fromByteOffset: low, as: Int8.self)),
          Int16(scales.load(fromByteOffset: high, as: Int8.self)))
      }
      // Levels are 32 too large: that much of the sums of the activations goes again.
      var excess = f8_multiply(f8_load_bytes(scales), f8_load(x16))
      excess = f8_fma(f8_load_bytes(scales + 8), f8_load(x16 + 8), excess)
      let d = f1_load_half(p + 208)
      sum = f8_fma(i8_floats(products), f8_all(d * x.scales[8 * b]), sum)
      sum = f8_less(excess, f8_all(32 * d), sum)
    }
    return f8_sum(sum)
  }
}
