import CKernels
import KernelsSIMD

extension Kernel {
  /// What rows are scaled by: the likeliest token's probability becomes 2^15, the largest power of
  /// two in half precision, and 2^-24 of that the least that is not 0 (1.8e-12 of the likeliest).
  static let rowScale = 32768.0

  /// Widths of the kernels below come in thirty-twos; what is beyond the vocabulary is nothing.
  static func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }

  /// Products of rows of weights with a vector in single precision as it is: `out[row]`.
  ///
  /// ``multiply(_:rows:by:into:stride:)`` rounds vectors to bytes where weights are; a vector whose
  /// effect is small beside the hidden state's would lose it there. Agrees with the twin to rounding;
  /// rows may be shared out between threads in any way.
  package static func multiply(
    _ w: Matrix, rows: Range<Int>, byFloats x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    guard rows.lowerBound >= 0, rows.upperBound <= w.rows else {
      fatalError("a matrix of \(w.rows) rows has none of \(rows)")
    }
    guard isFast else { return Reference.multiply(w, rows: rows, byFloats: x, into: out) }
    let part = Rows(
      base: w.row(rows.lowerBound), rowBytes: w.rowBytes, count: rows.count,
      out: out + rows.lowerBound, stride: 0)
    // Read only; of the other forms of a vector there are none, and nobody looks.
    let x = UnsafeMutablePointer(mutating: x)
    let vector = x.withMemoryRebound(to: Int8.self, capacity: 1) { levels in
      x.withMemoryRebound(to: Int16.self, capacity: 1) { words in
        Batch(
          count: 1, width: w.columns, floats: x, levels: levels, scales: x, sums16: x, sums32: x,
          words: words)
      }
    }
    switch w.type {
    case .f32: Fast.rowsF32(part, vector)
    case .f16: Fast.rowsF16(part, vector)
    case .bf16: Fast.rowsBF16(part, vector)
    case .q4_0: Fast.floatRowsQ4_0(part, vector)
    case .q5_0: Fast.floatRowsQ5_0(part, vector)
    case .q5_1: Fast.floatRowsQ5_1(part, vector)
    case .q8_0: Fast.floatRowsQ8_0(part, vector)
    case .q4_K: Fast.floatRowsQ4_K(part, vector)
    case .q5_K: Fast.floatRowsQ5_K(part, vector)
    case .q6_K: Fast.floatRowsQ6_K(part, vector)
    }
  }

  /// Stores the distribution of `count` logits as halves, ``rowScale`` e^(logit - largest).
  ///
  /// The sums are NaN where a logit is NaN or positive infinity, or none is above negative infinity.
  static func storeRow(
    _ logits: UnsafePointer<Float>, count: Int, width: Int, into out: UnsafeMutablePointer<UInt16>
  ) -> RowSums {
    isFast
      ? Fast.storeRow(logits, count: count, width: width, into: out)
      : Reference.storeRow(logits, count: count, width: width, into: out)
  }

  /// `sums[j] += row[j] * factor`.
  static func addRow(
    _ row: UnsafePointer<UInt16>, width: Int, by factor: Double,
    to sums: UnsafeMutablePointer<Double>
  ) {
    isFast
      ? Fast.addRow(row, width: width, by: factor, to: sums)
      : Reference.addRow(row, width: width, by: factor, to: sums)
  }

  /// Products of rows of halves with a vector of weights: `out[row]`, each in an order of its own.
  static func dots(
    _ rows: HalfRows, with weights: UnsafePointer<Float>, width: Int,
    into out: UnsafeMutablePointer<Double>
  ) {
    isFast
      ? Fast.dots(rows, with: weights, width: width, into: out)
      : Reference.dots(rows, with: weights, width: width, into: out)
  }

  /// `sums[j] += factors[row] * rows[row][j]`, row after row.
  static func addRows(
    _ rows: HalfRows, by factors: UnsafePointer<Float>, width: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.addRows(rows, by: factors, width: width, to: sums)
      : Reference.addRows(rows, by: factors, width: width, to: sums)
  }

  static func exponentials(
    _ x: UnsafePointer<Float>, width: Int, into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.exponentials(x, width: width, into: out)
      : Reference.exponentials(x, width: width, into: out)
  }

  /// Of `logits + bias`, its distances to the largest times `inverse`: their sums, and e to them.
  static func biasedSums(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, width: Int, inverse: Float,
    into out: UnsafeMutablePointer<Float>
  ) -> BiasedSums {
    isFast
      ? Fast.biasedSums(logits, bias: bias, width: width, inverse: inverse, into: out)
      : Reference.biasedSums(logits, bias: bias, width: width, inverse: inverse, into: out)
  }

  /// The gradient of both losses by the bias, but for the tokens that did come.
  ///
  /// With d the distance of a biased logit and l its e^d (as ``biasedSums`` leaves it):
  /// `rows * sums * exponentials - entropy * l * (d - mean)`.
  static func gradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    exponentials: UnsafePointer<Float>, width: Int, _ factors: GradientFactors,
    inPlaceOf sums: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.gradient(
        logits, bias: bias, likeness, exponentials: exponentials, width: width, factors,
        inPlaceOf: sums)
      : Reference.gradient(
        logits, bias: bias, likeness, exponentials: exponentials, width: width, factors,
        inPlaceOf: sums)
  }

  /// The same where the bias is 0 and its exponentials are 1.
  static func firstGradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    sums: UnsafePointer<Double>, width: Int, _ factors: GradientFactors,
    into out: UnsafeMutablePointer<Float>
  ) {
    isFast
      ? Fast.firstGradient(
        logits, bias: bias, likeness, sums: sums, width: width, factors, into: out)
      : Reference.firstGradient(
        logits, bias: bias, likeness, sums: sums, width: width, factors, into: out)
  }

  /// NaN where a number is.
  static func largestMagnitude(_ x: UnsafePointer<Float>, width: Int) -> Float {
    let bits =
      isFast
      ? Fast.largestMagnitude(x, width: width) : Reference.largestMagnitude(x, width: width)
    return Float(bitPattern: bits)
  }
}
