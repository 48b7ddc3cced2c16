import CKernels

#if arch(x86_64)
  /// Sixteen rows of up to 256 levels as 16-bit numbers, then their scales.
  ///
  /// For levels that use all of a byte: AVX2 multiplies bytes of one sign with bytes of any, and
  /// moving signs around costs more than the doubled width. NEON multiplies them as they are.
  private struct WordPanel {
    static let columns = 256
    let base: UnsafeMutableRawPointer

    /// Of each two columns the two levels of each row: `[column / 2][row][column % 2]`.
    func words(_ pair: Int) -> UnsafeMutableRawPointer { base + 64 * pair }
    /// Of each run of 32 columns the scale of each row: `[run][row]`.
    var scales: UnsafeMutablePointer<Float> {
      (base + 8192).assumingMemoryBound(to: Float.self)
    }

    /// Unpacks eight rows of `runs` blocks of Q8_0, into the upper or the lower half.
    @inline(__always) func unpack(_ rows: FewRows, runs: Int, half: Int) {
      for run in 0..<runs {
        for part in 0..<2 {
          let at = 34 * run + 2 + 16 * part
          w16_store_transposed(
            words(16 * run + 8 * part) + 32 * half, w16_load_bytes(rows[0] + at),
            w16_load_bytes(rows[1] + at), w16_load_bytes(rows[2] + at),
            w16_load_bytes(rows[3] + at), w16_load_bytes(rows[4] + at),
            w16_load_bytes(rows[5] + at), w16_load_bytes(rows[6] + at),
            w16_load_bytes(rows[7] + at))
        }
        let to = scales + 16 * run + 8 * half
        let at = 34 * run
        f4_store_scales(to, rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at, 1)
        f4_store_scales(to + 4, rows[4] + at, rows[5] + at, rows[6] + at, rows[7] + at, 1)
      }
    }
  }

  extension Fast {
    @inline(never) package static func panelsQ8_0(_ w: Rows, _ x: Batch) {
      var room = kernels_room()
      withUnsafeMutableBytes(of: &room) { bytes in
        guard let base = bytes.baseAddress else { return }
        let panel = WordPanel(base: base)
        let atOnce = w.vectorsAtOnce(bytes: 2 * x.width)
        var first = 0
        while first < x.count {
          let end = first + atOnce < x.count ? first + atOnce : x.count
          var row = 0
          while row < w.count {
            let valid = w.count - row < 16 ? w.count - row : 16
            var column = 0
            while column < x.width {
              let left = x.width - column
              let runs = (left < WordPanel.columns ? left : WordPanel.columns) / 32
              let from = w.base + row * w.rowBytes + column / 32 * 34
              panel.unpack(upper(from, w.rowBytes, valid), runs: runs, half: 0)
              panel.unpack(lower(from, w.rowBytes, valid), runs: runs, half: 1)
              var t = first
              while t < end {
                tile(panel, runs, x, column: column, vector: t, end: end, w, row, valid)
                t += 4
              }
              column += WordPanel.columns
            }
            row += 16
          }
          first = end
        }
      }
    }

    /// A panel by four vectors from `t`; beyond `end` the first is worked on again, in vain.
    @inline(__always) private static func tile(
      _ panel: WordPanel, _ runs: Int, _ x: Batch, column: Int, vector t: Int, end: Int, _ w: Rows,
      _ row: Int, _ valid: Int
    ) {
      let last = end - 1 - t
      let at0 = t * x.width + column
      let at1 = at0 + (last < 1 ? 0 : 1) * x.width
      let at2 = at0 + (last < 2 ? 0 : 2) * x.width
      let at3 = at0 + (last < 3 ? 0 : 3) * x.width
      var (a0, a1, a2, a3) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
      var (b0, b1, b2, b3) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
      for run in 0..<runs {
        let (x0, x1) = (x.words + at0 + 32 * run, x.words + at1 + 32 * run)
        let (x2, x3) = (x.words + at2 + 32 * run, x.words + at3 + 32 * run)
        var (i0, i1, i2, i3) = (i8_zero(), i8_zero(), i8_zero(), i8_zero())
        var (j0, j1, j2, j3) = (i8_zero(), i8_zero(), i8_zero(), i8_zero())
        for pair in 0..<16 {
          let words = panel.words(16 * run + pair)
          let (upper, lower) = (w16_load(words), w16_load(words + 32))
          let y0 = w16_repeat2(x0 + 2 * pair)
          i0 = i8_add_pairs(i0, upper, y0)
          j0 = i8_add_pairs(j0, lower, y0)
          let y1 = w16_repeat2(x1 + 2 * pair)
          i1 = i8_add_pairs(i1, upper, y1)
          j1 = i8_add_pairs(j1, lower, y1)
          let y2 = w16_repeat2(x2 + 2 * pair)
          i2 = i8_add_pairs(i2, upper, y2)
          j2 = i8_add_pairs(j2, lower, y2)
          let y3 = w16_repeat2(x3 + 2 * pair)
          i3 = i8_add_pairs(i3, upper, y3)
          j3 = i8_add_pairs(j3, lower, y3)
        }
        let (upper, lower) = (
          f8_load(panel.scales + 16 * run), f8_load(panel.scales + 16 * run + 8)
        )
        let (c0, c1) = (f8_all(x.scales[at0 / 32 + run]), f8_all(x.scales[at1 / 32 + run]))
        let (c2, c3) = (f8_all(x.scales[at2 / 32 + run]), f8_all(x.scales[at3 / 32 + run]))
        a0 = f8_fma(i8_floats(i0), f8_multiply(upper, c0), a0)
        b0 = f8_fma(i8_floats(j0), f8_multiply(lower, c0), b0)
        a1 = f8_fma(i8_floats(i1), f8_multiply(upper, c1), a1)
        b1 = f8_fma(i8_floats(j1), f8_multiply(lower, c1), b1)
        a2 = f8_fma(i8_floats(i2), f8_multiply(upper, c2), a2)
        b2 = f8_fma(i8_floats(j2), f8_multiply(lower, c2), b2)
        a3 = f8_fma(i8_floats(i3), f8_multiply(upper, c3), a3)
        b3 = f8_fma(i8_floats(j3), f8_multiply(lower, c3), b3)
      }
      let adding = column > 0
      w.store(a0, b0, row: row, valid: valid, vector: t, adding: adding)
      if last >= 1 { w.store(a1, b1, row: row, valid: valid, vector: t + 1, adding: adding) }
      if last >= 2 { w.store(a2, b2, row: row, valid: valid, vector: t + 2, adding: adding) }
      if last >= 3 { w.store(a3, b3, row: row, valid: valid, vector: t + 3, adding: adding) }
    }
  }
#endif
