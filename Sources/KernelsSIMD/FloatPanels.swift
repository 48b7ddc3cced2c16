import CKernels

/// Sixteen rows of up to 256 columns, widened and turned: `[column][row]`.
private struct FloatPanel {
  static let columns = 256
  let base: UnsafeMutablePointer<Float>
}

extension Fast {
  @inline(never) package static func panelsF32(_ w: Rows, _ x: Batch) {
    floatPanels(
      w, x, bytes: 4, load: { f8_load($0) }, one: { $0.loadUnaligned(as: Float.self) })
  }

  @inline(never) package static func panelsF16(_ w: Rows, _ x: Batch) {
    floatPanels(w, x, bytes: 2, load: { f8_load_halves($0) }, one: { f1_load_half($0) })
  }

  @inline(never) package static func panelsBF16(_ w: Rows, _ x: Batch) {
    floatPanels(w, x, bytes: 2, load: { f8_load_bfloats($0) }, one: { widened(bfloat: $0) })
  }

  @inline(__always) private static func floatPanels(
    _ w: Rows, _ x: Batch, bytes: Int, load: (UnsafeRawPointer) -> SIMD8<Float>,
    one: (UnsafeRawPointer) -> Float
  ) {
    var room = kernels_room()
    withUnsafeMutableBytes(of: &room) { buffer in
      guard let base = buffer.baseAddress else { return }
      let panel = base.assumingMemoryBound(to: Float.self)
      let atOnce = w.vectorsAtOnce(bytes: 4 * x.width)
      var first = 0
      while first < x.count {
        let end = first + atOnce < x.count ? first + atOnce : x.count
        var row = 0
        while row < w.count {
          let valid = w.count - row < 16 ? w.count - row : 16
          var column = 0
          while column < x.width {
            let left = x.width - column
            let columns = left < FloatPanel.columns ? left : FloatPanel.columns
            let from = w.base + row * w.rowBytes + column * bytes
            let (upperRows, lowerRows) = (
              upper(from, w.rowBytes, valid), lower(from, w.rowBytes, valid)
            )
            build(panel, upperRows, columns, bytes: bytes, load: load, one: one)
            build(panel + 8, lowerRows, columns, bytes: bytes, load: load, one: one)
            var t = first
            while t < end {
              tile(
                panel, columns, x, column: column, vector: t, end: end, w, row: row, valid: valid)
              t += 4
            }
            column += FloatPanel.columns
          }
          row += 16
        }
        first = end
      }
    }
  }

  /// Widens and turns eight rows into one half of the panel.
  @inline(__always) private static func build(
    _ panel: UnsafeMutablePointer<Float>, _ rows: FewRows, _ columns: Int, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    var c = 0
    while c + 8 <= columns {
      let more = c * bytes
      f8_store_transposed(
        panel + 16 * c, 16, load(rows[0] + more), load(rows[1] + more), load(rows[2] + more),
        load(rows[3] + more), load(rows[4] + more), load(rows[5] + more), load(rows[6] + more),
        load(rows[7] + more))
      c += 8
    }
    while c < columns {
      for r in 0..<8 { panel[16 * c + r] = one(rows[r] + c * bytes) }
      c += 1
    }
  }

  /// A panel by four vectors from `t`; beyond `end` the first is worked on again, in vain.
  @inline(__always) private static func tile(
    _ panel: UnsafeMutablePointer<Float>, _ columns: Int, _ x: Batch, column: Int, vector t: Int,
    end: Int, _ w: Rows, row: Int, valid: Int
  ) {
    let last = end - 1 - t
    let x0 = x.floats + t * x.width + column
    let x1 = x0 + (last < 1 ? 0 : 1) * x.width
    let x2 = x0 + (last < 2 ? 0 : 2) * x.width
    let x3 = x0 + (last < 3 ? 0 : 3) * x.width
    var (a0, a1, a2, a3) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var (b0, b1, b2, b3) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    for c in 0..<columns {
      let (upper, lower) = (f8_load(panel + 16 * c), f8_load(panel + 16 * c + 8))
      let (c0, c1, c2, c3) = (f8_all(x0[c]), f8_all(x1[c]), f8_all(x2[c]), f8_all(x3[c]))
      a0 = f8_fma(upper, c0, a0)
      b0 = f8_fma(lower, c0, b0)
      a1 = f8_fma(upper, c1, a1)
      b1 = f8_fma(lower, c1, b1)
      a2 = f8_fma(upper, c2, a2)
      b2 = f8_fma(lower, c2, b2)
      a3 = f8_fma(upper, c3, a3)
      b3 = f8_fma(lower, c3, b3)
    }
    let adding = column > 0
    w.store(a0, b0, row: row, valid: valid, vector: t, adding: adding)
    if last >= 1 { w.store(a1, b1, row: row, valid: valid, vector: t + 1, adding: adding) }
    if last >= 2 { w.store(a2, b2, row: row, valid: valid, vector: t + 2, adding: adding) }
    if last >= 3 { w.store(a3, b3, row: row, valid: valid, vector: t + 3, adding: adding) }
  }
}
