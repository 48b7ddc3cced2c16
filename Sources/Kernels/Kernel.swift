import CKernels
import Foundation
import KernelsSIMD

/// The numeric kernels of the embedded model, each in the fastest form this CPU has.
///
/// A call costs some tens of nanoseconds and, once warm, allocates nothing.
package enum Kernel {
  /// Whether the kernels of `KernelsSIMD` are in use; `ERRATUM_KERNELS=plain` keeps them out.
  package static let isFast =
    kernels_simd_supported()
    && ProcessInfo.processInfo.environment["ERRATUM_KERNELS"] != "plain"

  /// Products of rows of weights with vectors: `out[t * stride + row]` for every vector `t`.
  ///
  /// Each product depends on its row, its vector and on whether there are ``Fast/panelVectors``
  /// or more of these, and on nothing else: rows may be shared out between threads in any way. Numbers that
  /// are whole are multiplied and added exactly within a block (within 16 or 32 of it for many
  /// vectors), the rest in single precision, in lanes: it agrees with the twin to rounding.
  package static func multiply(
    _ w: Matrix, rows: Range<Int>, by x: Activations, into out: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    guard x.serve(w.type), x.width == w.columns, rows.lowerBound >= 0, rows.upperBound <= w.rows
    else { fatalError("these activations are not for that matrix, or it has no such rows") }
    guard isFast else {
      return Reference.multiply(w, rows: rows, by: x, into: out, stride: stride)
    }
    let part = Rows(
      base: w.row(rows.lowerBound), rowBytes: w.rowBytes, count: rows.count,
      out: out + rows.lowerBound, stride: stride)
    if x.count < Fast.panelVectors {
      switch w.type {
      case .f32: Fast.rowsF32(part, x.batch)
      case .f16: Fast.rowsF16(part, x.batch)
      case .bf16: Fast.rowsBF16(part, x.batch)
      case .q4_0: Fast.rowsQ4_0(part, x.batch)
      case .q5_0: Fast.rowsQ5_0(part, x.batch)
      case .q5_1: Fast.rowsQ5_1(part, x.batch)
      case .q8_0: Fast.rowsQ8_0(part, x.batch)
      case .q4_K: Fast.rowsQ4_K(part, x.batch)
      case .q5_K: Fast.rowsQ5_K(part, x.batch)
      case .q6_K: Fast.rowsQ6_K(part, x.batch)
      }
    } else {
      switch w.type {
      case .f32: Fast.panelsF32(part, x.batch)
      case .f16: Fast.panelsF16(part, x.batch)
      case .bf16: Fast.panelsBF16(part, x.batch)
      case .q4_0: Fast.panelsQ4_0(part, x.batch)
      case .q5_0: Fast.panelsQ5_0(part, x.batch)
      case .q5_1: Fast.panelsQ5_1(part, x.batch)
      case .q8_0: Fast.panelsQ8_0(part, x.batch)
      case .q4_K: Fast.panelsQ4_K(part, x.batch)
      case .q5_K: Fast.panelsQ5_K(part, x.batch)
      case .q6_K: Fast.panelsQ6_K(part, x.batch)
      }
    }
  }

  /// `out[c] += sum over r of g[r] * W[r, c]`, row after row, of `rows` only.
  ///
  /// Agrees with the twin to rounding.
  package static func multiplyTransposed(
    _ w: Matrix, rows: Range<Int>, by g: UnsafePointer<Float>,
    addingTo out: UnsafeMutablePointer<Float>
  ) {
    guard rows.lowerBound >= 0, rows.upperBound <= w.rows else {
      fatalError("a matrix of \(w.rows) rows has none of \(rows)")
    }
    guard isFast else { return Reference.multiplyTransposed(w, rows: rows, by: g, addingTo: out) }
    let part = Rows(
      base: w.row(rows.lowerBound), rowBytes: w.rowBytes, count: rows.count, out: out, stride: 0)
    let g = g + rows.lowerBound
    switch w.type {
    case .f32: Fast.transposedF32(part, columns: w.columns, by: g)
    case .f16: Fast.transposedF16(part, columns: w.columns, by: g)
    case .bf16: Fast.transposedBF16(part, columns: w.columns, by: g)
    case .q4_0: Fast.transposedQ4_0(part, columns: w.columns, by: g)
    case .q5_0: Fast.transposedQ5_0(part, columns: w.columns, by: g)
    case .q5_1: Fast.transposedQ5_1(part, columns: w.columns, by: g)
    case .q8_0: Fast.transposedQ8_0(part, columns: w.columns, by: g)
    case .q4_K: Fast.transposedQ4_K(part, columns: w.columns, by: g)
    case .q5_K: Fast.transposedQ5_K(part, columns: w.columns, by: g)
    case .q6_K: Fast.transposedQ6_K(part, columns: w.columns, by: g)
    }
  }

  /// One row in single precision, bit for bit as the twin and as ggml.
  package static func dequantise(_ w: Matrix, row: Int, into out: UnsafeMutablePointer<Float>) {
    guard row >= 0, row < w.rows else { fatalError("a matrix of \(w.rows) rows has no \(row)") }
    guard isFast else { return Reference.dequantise(w, row: row, into: out) }
    let p = w.row(row)
    switch w.type {
    case .f32: Fast.widenF32(p, count: w.columns, into: out)
    case .f16: Fast.widenF16(p, count: w.columns, into: out)
    case .bf16: Fast.widenBF16(p, count: w.columns, into: out)
    case .q4_0: Fast.widenQ4_0(p, count: w.columns, into: out)
    case .q5_0: Fast.widenQ5_0(p, count: w.columns, into: out)
    case .q5_1: Fast.widenQ5_1(p, count: w.columns, into: out)
    case .q8_0: Fast.widenQ8_0(p, count: w.columns, into: out)
    case .q4_K: Fast.widenQ4_K(p, count: w.columns, into: out)
    case .q5_K: Fast.widenQ5_K(p, count: w.columns, into: out)
    case .q6_K: Fast.widenQ6_K(p, count: w.columns, into: out)
    }
  }

  /// Fills activations whose form, count and width are set; bit for bit as the twin.
  static func quantise(_ x: UnsafePointer<Float>, into activations: Activations) {
    guard isFast else { return Reference.quantise(x, into: activations) }
    let total = activations.count * activations.width
    switch activations.form {
    case .floats: activations.floats.update(from: x, count: total)
    case .halves: Fast.roundToHalf(x, count: total, into: activations.floats)
    case .bfloats: Fast.roundToBfloat(x, count: total, into: activations.floats)
    case .blocksOf32: Fast.quantise32(x, into: activations.batch)
    case .blocksOf256: Fast.quantise256(x, into: activations.batch)
    }
  }

  /// `x[i] / sqrt(mean of squares + epsilon) * weight[i]`; agrees with the twin to rounding.
  package static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.rmsNorm(x, weight: weight, count: count, epsilon: epsilon, into: out)
      : Reference.rmsNorm(x, weight: weight, count: count, epsilon: epsilon, into: out)
  }

  /// `out[i] += x[i]`; bit for bit as the twin.
  package static func add(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    isFast ? Fast.add(x, to: out, count: count) : Reference.add(x, to: out, count: count)
  }

  /// `silu(gate[i]) * up[i]` with `silu(x) = x / (1 + e^-x)`; agrees with the twin to rounding.
  package static func swiGLU(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.swiGLU(gate: gate, up: up, count: count, into: out)
      : Reference.swiGLU(gate: gate, up: up, count: count, into: out)
  }

  /// Turns pairs (2i, 2i + 1) of the first `rotated` numbers of each head, in place.
  ///
  /// RoPE as in <https://arxiv.org/abs/2104.09864>. The tables hold `rotated / 2` numbers, for one
  /// position. Agrees with the twin to rounding, here and in ``rotateHalves``.
  package static func rotateAdjacent(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    isFast
      ? Fast.rotateAdjacent(
        x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
      : Reference.rotateAdjacent(
        x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
  }

  /// Turns pairs (i, i + rotated / 2) of the first `rotated` numbers of each head, in place.
  ///
  /// The order of GPT-NeoX and of Qwen's weights.
  package static func rotateHalves(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    isFast
      ? Fast.rotateHalves(
        x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
      : Reference.rotateHalves(
        x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
  }

  /// Half precision, rounded to nearest, ties to even; bit for bit as the twin.
  package static func toHalf(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<UInt16>
  ) {
    isFast
      ? Fast.toHalf(x, count: count, into: out) : Reference.toHalf(x, count: count, into: out)
  }

  /// One head, one query: values weighed by the softmax of scaled products of query and keys.
  ///
  /// Keys and values are `width` halves for each position, those of position `p` at `p * stride`.
  /// Leaves the weights in `scores`, which has room for `positions`. Agrees with the twin to
  /// rounding.
  package static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<UInt16>, values: UnsafePointer<UInt16>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.attendHalves(
        query: query, keys: keys, values: values, positions: positions, stride: stride,
        width: width, scale: scale, scores: scores, into: out)
      : Reference.attend(
        query: query, keys: keys, values: values, positions: positions, stride: stride,
        width: width, scale: scale, scores: scores, into: out)
  }

  /// The same over keys and values in single precision.
  package static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.attendFloats(
        query: query, keys: keys, values: values, positions: positions, stride: stride,
        width: width, scale: scale, scores: scores, into: out)
      : Reference.attend(
        query: query, keys: keys, values: values, positions: positions, stride: stride,
        width: width, scale: scale, scores: scores, into: out)
  }

  /// Probabilities of `x / temperature`, in place; agrees with the twin to rounding.
  ///
  /// NaN throughout where a number is NaN or positive infinity, or all are negative infinity. The
  /// temperature is above 0.
  package static func softmax(
    _ x: UnsafeMutablePointer<Float>, count: Int, temperature: Float
  ) {
    isFast
      ? Fast.softmax(x, count: count, temperature: temperature)
      : Reference.softmax(x, count: count, temperature: temperature)
  }
}
