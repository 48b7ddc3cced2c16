extension Reference {
  /// Fills `activations` with `x`; form, count and width are set already.
  static func quantise(_ x: UnsafePointer<Float>, into activations: Activations) {
    let total = activations.count * activations.width
    switch activations.form {
    case .floats: activations.floats.update(from: x, count: total)
    case .halves: for i in 0..<total { activations.floats[i] = float(half: half(x[i])) }
    case .bfloats: for i in 0..<total { activations.floats[i] = roundedToBfloat(x[i]) }
    case .blocksOf32:
      for b in 0..<total / 32 { quantise32(x + 32 * b, into: activations, block: b) }
    case .blocksOf256:
      for b in 0..<total / 256 { quantise256(x + 256 * b, into: activations, block: b) }
    }
  }

  /// ggml's Q8_0: the largest magnitude becomes 127; the scale is kept in half precision.
  private static func quantise32(
    _ x: UnsafePointer<Float>, into activations: Activations, block: Int
  ) {
    let largest = largestMagnitude(x, count: 32)
    let scale = largest.isFinite ? float(half: half(largest / 127)) : .nan
    // Where the scale is nothing the levels do not matter, and 127 / largest may overflow.
    let inverse = scale == 0 || scale.isNaN ? 0 : 127 / largest
    fill(activations, run: block, x, scale: scale, inverse: inverse)
  }

  /// ggml's Q8_K, but for a sign.
  ///
  /// There the number of largest magnitude becomes -127, whatever its sign, and the scale takes the
  /// sign that is left. Products of level and scale are the same.
  private static func quantise256(
    _ x: UnsafePointer<Float>, into activations: Activations, block: Int
  ) {
    let largest = largestMagnitude(x, count: 256)
    var inverse = 127 / largest
    var scale = 1 / inverse
    if !largest.isFinite {
      (inverse, scale) = (0, .nan)
    } else if !inverse.isFinite {
      (inverse, scale) = (0, 0)
    }
    for part in 0..<8 {
      fill(activations, run: 8 * block + part, x + 32 * part, scale: scale, inverse: inverse)
    }
  }

  /// Not finite when one of them is not.
  private static func largestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
    // As bit patterns magnitudes sort as they do as numbers, and NaNs come last.
    var largest: UInt32 = 0
    for i in 0..<count { largest = max(largest, x[i].bitPattern & 0x7FFF_FFFF) }
    return Float(bitPattern: largest)
  }

  /// 32 levels, their scale, and their sums in that scale.
  private static func fill(
    _ activations: Activations, run: Int, _ x: UnsafePointer<Float>, scale: Float, inverse: Float
  ) {
    let levels = activations.levels + 32 * run
    for i in 0..<32 {
      levels[i] = inverse == 0 ? 0 : Int8((x[i] * inverse).rounded(.toNearestOrEven))
    }
    let first = (0..<16).reduce(Int32(0)) { $0 + Int32(levels[$1]) }
    let last = (16..<32).reduce(Int32(0)) { $0 + Int32(levels[$1]) }
    activations.scales[run] = scale
    activations.sums16[2 * run] = scale * Float(first)
    activations.sums16[2 * run + 1] = scale * Float(last)
    activations.sums32[run] = scale * Float(first + last)
  }

  package static func multiply(
    _ w: Matrix, rows: Range<Int>, by x: Activations, into out: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    for row in rows {
      for t in 0..<x.count { out[t * stride + row] = dot(w.type, w.row(row), x, vector: t) }
    }
  }

  private static func dot(
    _ type: TensorType, _ p: UnsafeRawPointer, _ x: Activations, vector t: Int
  ) -> Float {
    var sum: Float = 0
    let floats = x.floats + t * x.width
    switch type {
    case .f32:
      for c in 0..<x.width { sum += (p + 4 * c).loadUnaligned(as: Float.self) * floats[c] }
    case .f16:
      for c in 0..<x.width { sum += half(at: p + 2 * c) * floats[c] }
    case .bf16:
      for c in 0..<x.width {
        sum += float(bfloat: (p + 2 * c).loadUnaligned(as: UInt16.self)) * floats[c]
      }
    case .q4_0, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K:
      withBlock { block in
        for b in 0..<x.width / type.blockLength {
          unpack(type, p + b * type.blockBytes, &block)
          sum += dot(block, x, at: t * x.width + b * type.blockLength, length: type.blockLength)
        }
      }
    }
    return sum
  }

  /// Whole numbers within a part, single precision between parts.
  private static func dot(
    _ block: UnpackedBlock, _ x: Activations, at first: Int, length: Int
  ) -> Float {
    var sum: Float = 0
    let levels = x.levels + first
    for part in 0..<length / block.part {
      var (products, total) = (Int32(0), Int32(0))
      for i in part * block.part..<(part + 1) * block.part {
        products += block.levels[i] * Int32(levels[i])
        total += Int32(levels[i])
      }
      sum += block.scales[part] * Float(products) - block.mins[part] * Float(total)
    }
    return sum * x.scales[first / 32]
  }

  package static func multiplyTransposed(
    _ w: Matrix, rows: Range<Int>, by g: UnsafePointer<Float>,
    addingTo out: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: w.columns) { row in
      guard let numbers = row.baseAddress else { return }
      for r in rows {
        dequantise(w, row: r, into: numbers)
        for c in 0..<w.columns { out[c] += g[r] * numbers[c] }
      }
    }
  }
}
