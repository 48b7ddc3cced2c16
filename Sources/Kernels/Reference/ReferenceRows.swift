import CKernels
import Foundation

extension Reference {
  package static func multiply(
    _ w: Matrix, rows: Range<Int>, byFloats x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: w.columns) { row in
      guard let numbers = row.baseAddress else { return }
      for r in rows {
        dequantise(w, row: r, into: numbers)
        out[r] = (0..<w.columns).reduce(0) { $0 + numbers[$1] * x[$1] }
      }
    }
  }

  static func storeRow(
    _ logits: UnsafePointer<Float>, count: Int, width: Int, into out: UnsafeMutablePointer<UInt16>
  ) -> RowSums {
    let largest = (0..<count).reduce(-Float.infinity) { max($0, logits[$1]) }
    var sums = RowSums(largest: largest, sum: 0, stored: 0)
    for i in 0..<width {
      let e = i < count ? exp(logits[i] - largest) : 0
      out[i] = half(e * Float(Kernel.rowScale))
      sums.sum += Double(e)
      sums.stored += Double(float(half: out[i]))
    }
    return sums
  }

  static func addRow(
    _ row: UnsafePointer<UInt16>, width: Int, by factor: Double,
    to sums: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<width { sums[i] += Double(float(half: row[i])) * factor }
  }

  static func dots(
    _ rows: HalfRows, with weights: UnsafePointer<Float>, width: Int,
    into out: UnsafeMutablePointer<Double>
  ) {
    for row in 0..<rows.count {
      let numbers = rows.base + row * rows.stride
      out[row] = (0..<width).reduce(0) { $0 + Double(float(half: numbers[$1]) * weights[$1]) }
    }
  }

  static func addRows(
    _ rows: HalfRows, by factors: UnsafePointer<Float>, width: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows.count {
      let numbers = rows.base + row * rows.stride
      for i in 0..<width { sums[i] += factors[row] * float(half: numbers[i]) }
    }
  }

  static func exponentials(
    _ x: UnsafePointer<Float>, width: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<width { out[i] = exp(x[i]) }
  }

  static func biasedSums(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, width: Int, inverse: Float,
    into out: UnsafeMutablePointer<Float>
  ) -> BiasedSums {
    let largest = (0..<width).reduce(-Float.infinity) { max($0, logits[$1] + bias[$1]) }
    let shift = largest == -.infinity ? 0 : largest
    var (sum, weighted) = (0.0, 0.0)
    for i in 0..<width {
      let distance = distance(logits[i] + bias[i], shift, inverse)
      out[i] = exp(distance)
      sum += Double(out[i])
      weighted += Double(distance * out[i])
    }
    return BiasedSums(largest: largest, sum: Float(sum), weighted: Float(weighted))
  }

  /// Ends at -10,000: e to the rest is 0, and 0 times infinity must not come up.
  private static func distance(_ x: Float, _ largest: Float, _ inverse: Float) -> Float {
    let distance = (x - largest) * inverse
    return distance < -10_000 ? -10_000 : distance
  }

  static func gradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    exponentials: UnsafePointer<Float>, width: Int, _ factors: GradientFactors,
    inPlaceOf sums: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<width {
      let distance = distance(logits[i] + bias[i], factors.largest, factors.inverse)
      let pull = likeness[i] * factors.entropy * (distance - factors.mean)
      sums[i] = sums[i] * exponentials[i] * factors.rows - pull
    }
  }

  static func firstGradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    sums: UnsafePointer<Double>, width: Int, _ factors: GradientFactors,
    into out: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<width {
      let distance = distance(logits[i] + bias[i], factors.largest, factors.inverse)
      let pull = likeness[i] * factors.entropy * (distance - factors.mean)
      out[i] = Float(sums[i]) * factors.rows - pull
    }
  }

  static func largestMagnitude(_ x: UnsafePointer<Float>, width: Int) -> UInt32 {
    (0..<width).reduce(0) { max($0, x[$1].bitPattern & 0x7FFF_FFFF) }
  }
}
