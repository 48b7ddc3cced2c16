import CKernels

// Rows of weights by many vectors: what reading a prompt does. A few rows are unpacked once into a
// panel, turned so that a lane is a row: a sum over columns then stays in its lane, and the panel
// serves four vectors at a time, each number of which is repeated in all lanes.

extension Rows {
  /// Vectors whose levels or floats stay in the second-level cache while all rows pass.
  @inline(__always) func vectorsAtOnce(bytes: Int) -> Int {
    let fitting = (1 << 18) / max(bytes, 1)
    return fitting < 48 ? 48 : fitting & ~3
  }

  /// Stores eight lanes, of which `valid` are rows, for vector `t`; or adds them, after the first.
  @inline(__always) func store(
    _ sums: SIMD8<Float>, row: Int, valid: Int, vector t: Int, adding: Bool
  ) {
    let to = out + t * stride + row
    if valid >= 8 {
      f8_store(to, adding ? f8_add(f8_load(to), sums) : sums)
    } else if valid > 0 {
      withUnsafeBytes(of: sums) { lanes in
        for i in 0..<valid {
          let sum = lanes.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          to[i] = adding ? to[i] + sum : sum
        }
      }
    }
  }
}

extension Rows {
  /// The same for sixteen lanes.
  @inline(__always) func store(
    _ upper: SIMD8<Float>, _ lower: SIMD8<Float>, row: Int, valid: Int, vector t: Int,
    adding: Bool
  ) {
    store(upper, row: row, valid: valid, vector: t, adding: adding)
    store(lower, row: row + 8, valid: valid - 8, vector: t, adding: adding)
  }
}

extension Fast {
  /// The first eight of up to sixteen rows.
  @inline(__always) static func upper(
    _ base: UnsafeRawPointer, _ rowBytes: Int, _ valid: Int
  ) -> FewRows {
    FewRows(base: base, rowBytes: rowBytes, last: valid < 8 ? valid - 1 : 7)
  }

  /// The last eight of up to sixteen rows; where there are none, the first once more.
  @inline(__always) static func lower(
    _ base: UnsafeRawPointer, _ rowBytes: Int, _ valid: Int
  ) -> FewRows {
    FewRows(
      base: base + (valid > 8 ? 8 * rowBytes : 0), rowBytes: rowBytes,
      last: valid > 8 ? valid - 9 : 0)
  }
}

/// Eight rows of up to 1024 levels, unpacked: levels, then scales, then what is too much in each.
struct LevelPanel {
  static let columns = 1024
  let base: UnsafeMutableRawPointer

  /// Of each four columns the four levels of each row: `[column / 4][row][column % 4]`.
  var levels: UnsafeMutableRawPointer { base }
  /// Of each part the scale of each row: `[part][row]`.
  var scales: UnsafeMutablePointer<Float> {
    (base + 8192).assumingMemoryBound(to: Float.self)
  }
  /// `[part][row]`: what a part subtracts for each level of the other side.
  var minima: UnsafeMutablePointer<Float> {
    (base + 8192 + 2048).assumingMemoryBound(to: Float.self)
  }

  /// Unpacks one run of 32 columns of eight rows.
  @inline(__always) func unpack(
    run: Int, _ rows: FewRows, _ load: (UnsafeRawPointer) -> SIMD32<Int8>
  ) {
    b32_store_transposed(
      levels + 256 * run, load(rows[0]), load(rows[1]), load(rows[2]), load(rows[3]),
      load(rows[4]), load(rows[5]), load(rows[6]), load(rows[7]))
  }
}

/// How the levels of a panel are multiplied.
private enum Products {
  /// Any sign, a scale for 32.
  case signed
  /// In 0...31, a scale and a minimum for 32.
  case small
  /// In 0...63, a scale and a minimum for 16.
  case medium
}

extension Fast {
  #if !arch(x86_64)
    @inline(never) package static func panelsQ8_0(_ w: Rows, _ x: Batch) {
      panels(w, x, .signed, runBytes: 34) { panel, rows, runs in
        for run in 0..<runs {
          panel.unpack(run: run, rows) { q8_0_levels($0 + 34 * run) }
          for r in 0..<8 { panel.scales[8 * run + r] = f1_load_half(rows[r] + 34 * run) }
        }
      }
    }
  #endif

  @inline(never) package static func panelsQ4_0(_ w: Rows, _ x: Batch) {
    panels(w, x, .small, runBytes: 18) { panel, rows, runs in
      for run in 0..<runs {
        panel.unpack(run: run, rows) { q4_0_levels($0 + 18 * run) }
        for r in 0..<8 {
          let scale = f1_load_half(rows[r] + 18 * run)
          panel.scales[8 * run + r] = scale
          panel.minima[8 * run + r] = 8 * scale
        }
      }
    }
  }

  @inline(never) package static func panelsQ5_0(_ w: Rows, _ x: Batch) {
    panels(w, x, .small, runBytes: 22) { panel, rows, runs in
      for run in 0..<runs {
        panel.unpack(run: run, rows) { q5_0_levels($0 + 22 * run) }
        for r in 0..<8 {
          let scale = f1_load_half(rows[r] + 22 * run)
          panel.scales[8 * run + r] = scale
          panel.minima[8 * run + r] = 16 * scale
        }
      }
    }
  }

  @inline(never) package static func panelsQ5_1(_ w: Rows, _ x: Batch) {
    panels(w, x, .small, runBytes: 24) { panel, rows, runs in
      for run in 0..<runs {
        panel.unpack(run: run, rows) { q5_1_levels($0 + 24 * run) }
        for r in 0..<8 {
          panel.scales[8 * run + r] = f1_load_half(rows[r] + 24 * run)
          panel.minima[8 * run + r] = -f1_load_half(rows[r] + 24 * run + 2)
        }
      }
    }
  }

  @inline(never) package static func panelsQ4_K(_ w: Rows, _ x: Batch) {
    panels(w, x, .small, runBytes: 18) { panel, rows, runs in
      for b in 0..<runs / 8 {
        for run in 0..<8 {
          panel.unpack(run: 8 * b + run, rows) { q4_K_levels($0 + 144 * b, run) }
        }
        unpackScales(panel, rows, at: 144 * b, block: b)
      }
    }
  }

  @inline(never) package static func panelsQ5_K(_ w: Rows, _ x: Batch) {
    panels(w, x, .small, runBytes: 22) { panel, rows, runs in
      for b in 0..<runs / 8 {
        for run in 0..<8 {
          panel.unpack(run: 8 * b + run, rows) { q5_K_levels($0 + 176 * b, run) }
        }
        unpackScales(panel, rows, at: 176 * b, block: b)
      }
    }
  }

  /// Scales and minima of one block of Q4_K or Q5_K of each row.
  @inline(__always) private static func unpackScales(
    _ panel: LevelPanel, _ rows: FewRows, at: Int, block: Int
  ) {
    func scales(_ row: Int) -> SIMD8<Float> {
      let p = rows[row] + at
      return f8_multiply(u64_floats(k_scales_load(p).scales), f8_all(f1_load_half(p)))
    }
    func minima(_ row: Int) -> SIMD8<Float> {
      let p = rows[row] + at
      return f8_multiply(u64_floats(k_scales_load(p).minima), f8_all(f1_load_half(p + 2)))
    }
    f8_store_transposed(
      panel.scales + 64 * block, 8, scales(0), scales(1), scales(2), scales(3), scales(4),
      scales(5), scales(6), scales(7))
    f8_store_transposed(
      panel.minima + 64 * block, 8, minima(0), minima(1), minima(2), minima(3), minima(4),
      minima(5), minima(6), minima(7))
  }

  @inline(never) package static func panelsQ6_K(_ w: Rows, _ x: Batch) {
    // 210 bytes are no multiple of 8: a panel begins at a whole block all the same.
    panels(w, x, .medium, runBytes: 0, blockBytes: 210) { panel, rows, runs in
      for b in 0..<runs / 8 {
        for run in 0..<8 {
          panel.unpack(run: 8 * b + run, rows) { q6_K_levels($0 + 210 * b, run) }
        }
        for half in 0..<2 {
          unpackScales16(panel, rows, at: 210 * b, part: 16 * b + 8 * half, half)
        }
      }
    }
  }

  /// Eight of the sixteen scales of one block of Q6_K of each row.
  @inline(__always) private static func unpackScales16(
    _ panel: LevelPanel, _ rows: FewRows, at: Int, part: Int, _ half: Int
  ) {
    func scales(_ row: Int) -> SIMD8<Float> {
      let p = rows[row] + at
      return f8_multiply(f8_load_bytes(p + 192 + 8 * half), f8_all(f1_load_half(p + 208)))
    }
    let to = panel.scales + 8 * part
    f8_store_transposed(
      to, 8, scales(0), scales(1), scales(2), scales(3), scales(4), scales(5), scales(6), scales(7))
    for i in 0..<8 {
      f8_store(panel.minima + 8 * part + 8 * i, f8_multiply(f8_load(to + 8 * i), f8_all(32)))
    }
  }

  /// All rows by all vectors; `build` unpacks some runs of 32 columns of eight rows.
  @inline(__always) private static func panels(
    _ w: Rows, _ x: Batch, _ products: Products, runBytes: Int, blockBytes: Int = 0,
    build: (LevelPanel, FewRows, Int) -> Void
  ) {
    var room = kernels_room()
    withUnsafeMutableBytes(of: &room) { bytes in
      guard let base = bytes.baseAddress else { return }
      let panel = LevelPanel(base: base)
      let atOnce = w.vectorsAtOnce(bytes: x.width)
      var first = 0
      while first < x.count {
        let end = first + atOnce < x.count ? first + atOnce : x.count
        var row = 0
        while row < w.count {
          let valid = w.count - row < 8 ? w.count - row : 8
          var column = 0
          while column < x.width {
            let left = x.width - column
            let runs = (left < LevelPanel.columns ? left : LevelPanel.columns) / 32
            let offset =
              blockBytes == 0 ? column / 32 * runBytes : column / 256 * blockBytes
            build(
              panel,
              FewRows(
                base: w.base + row * w.rowBytes + offset, rowBytes: w.rowBytes, last: valid - 1),
              runs)
            var t = first
            while t < end {
              tile(
                panel, products, runs, x, column: column, vector: t, end: end, w, row: row,
                valid: valid)
              t += 4
            }
            column += LevelPanel.columns
          }
          row += 8
        }
        first = end
      }
    }
  }

  /// A panel by four vectors from `t`; beyond `end` the last one is worked on again, in vain.
  @inline(__always) private static func tile(
    _ panel: LevelPanel, _ products: Products, _ runs: Int, _ x: Batch, column: Int, vector t: Int,
    end: Int, _ w: Rows, row: Int, valid: Int
  ) {
    let last = end - 1 - t
    let at0 = t * x.width + column
    let at1 = at0 + (last < 1 ? 0 : 1) * x.width
    let at2 = at0 + (last < 2 ? 0 : 2) * x.width
    let at3 = at0 + (last < 3 ? 0 : 3) * x.width
    var (s0, s1, s2, s3) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    for run in 0..<runs {
      let w = panel.levels + 256 * run
      let (x0, x1) = (x.levels + at0 + 32 * run, x.levels + at1 + 32 * run)
      let (x2, x3) = (x.levels + at2 + 32 * run, x.levels + at3 + 32 * run)
      let (run0, run1) = (at0 / 32 + run, at1 / 32 + run)
      let (run2, run3) = (at2 / 32 + run, at3 / 32 + run)
      switch products {
      case .signed:
        var (i0, i1, i2, i3) = (i8_zero(), i8_zero(), i8_zero(), i8_zero())
        for group in 0..<8 {
          let weights = b32_load(w + 32 * group)
          i0 = i8_add_products(i0, weights, b32_repeat4(x0 + 4 * group))
          i1 = i8_add_products(i1, weights, b32_repeat4(x1 + 4 * group))
          i2 = i8_add_products(i2, weights, b32_repeat4(x2 + 4 * group))
          i3 = i8_add_products(i3, weights, b32_repeat4(x3 + 4 * group))
        }
        let scales = f8_load(panel.scales + 8 * run)
        s0 = f8_fma(i8_floats(i0), f8_multiply(scales, f8_all(x.scales[run0])), s0)
        s1 = f8_fma(i8_floats(i1), f8_multiply(scales, f8_all(x.scales[run1])), s1)
        s2 = f8_fma(i8_floats(i2), f8_multiply(scales, f8_all(x.scales[run2])), s2)
        s3 = f8_fma(i8_floats(i3), f8_multiply(scales, f8_all(x.scales[run3])), s3)
      case .small:
        let scales = f8_load(panel.scales + 8 * run)
        let minima = f8_load(panel.minima + 8 * run)
        s0 = small(w, x0, scales, minima, x.scales[run0], x.sums32[run0], s0)
        s1 = small(w, x1, scales, minima, x.scales[run1], x.sums32[run1], s1)
        s2 = small(w, x2, scales, minima, x.scales[run2], x.sums32[run2], s2)
        s3 = small(w, x3, scales, minima, x.scales[run3], x.sums32[run3], s3)
      case .medium:
        for part in 0..<2 {
          let (w, more) = (w + 128 * part, 16 * part)
          let scales = f8_load(panel.scales + 16 * run + 8 * part)
          let minima = f8_load(panel.minima + 16 * run + 8 * part)
          let sums = x.sums16 + part
          s0 = medium(w, x0 + more, scales, minima, x.scales[run0], sums[2 * run0], s0)
          s1 = medium(w, x1 + more, scales, minima, x.scales[run1], sums[2 * run1], s1)
          s2 = medium(w, x2 + more, scales, minima, x.scales[run2], sums[2 * run2], s2)
          s3 = medium(w, x3 + more, scales, minima, x.scales[run3], sums[2 * run3], s3)
        }
      }
    }
    let adding = column > 0
    w.store(s0, row: row, valid: valid, vector: t, adding: adding)
    if last >= 1 { w.store(s1, row: row, valid: valid, vector: t + 1, adding: adding) }
    if last >= 2 { w.store(s2, row: row, valid: valid, vector: t + 2, adding: adding) }
    if last >= 3 { w.store(s3, row: row, valid: valid, vector: t + 3, adding: adding) }
  }

  /// Products of 32 columns, whose sums fit in 16 bits four at a time.
  @inline(__always) private static func small(
    _ w: UnsafeMutableRawPointer, _ x: UnsafeMutablePointer<Int8>, _ scales: SIMD8<Float>,
    _ minima: SIMD8<Float>, _ scale: Float, _ sum: Float, _ sums: SIMD8<Float>
  ) -> SIMD8<Float> {
    let low = s_add(four(w, x), four(w + 64, x + 8))
    let high = s_add(four(w + 128, x + 16), four(w + 192, x + 24))
    let products = i8_add(s_ints(low), s_ints(high))
    let all = f8_fma(i8_floats(products), f8_multiply(scales, f8_all(scale)), sums)
    return f8_less(minima, f8_all(sum), all)
  }

  /// Products of 16 columns, whose sums fit in 16 bits two at a time.
  @inline(__always) private static func medium(
    _ w: UnsafeMutableRawPointer, _ x: UnsafeMutablePointer<Int8>, _ scales: SIMD8<Float>,
    _ minima: SIMD8<Float>, _ scale: Float, _ sum: Float, _ sums: SIMD8<Float>
  ) -> SIMD8<Float> {
    let products = i8_add(s_ints(four(w, x)), s_ints(four(w + 64, x + 8)))
    let all = f8_fma(i8_floats(products), f8_multiply(scales, f8_all(scale)), sums)
    return f8_less(minima, f8_all(sum), all)
  }

  /// Twice four columns.
  @inline(__always) private static func four(
    _ w: UnsafeMutableRawPointer, _ x: UnsafeMutablePointer<Int8>
  ) -> short_sum {
    s_add(
      s_products(b32_load(w), b32_repeat4(x)),
      s_products(b32_load(w + 32), b32_repeat4(x + 4)))
  }
}
