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
    activations.scales[block] = scale
    // Where the scale is nothing the levels do not matter, and 127 / largest may overflow.
    fill(activations, block, 32, x, by: scale == 0 || scale.isNaN ? 0 : 127 / largest)
  }

  /// ggml's Q8_K, but for a sign.
  ///
  /// There the number of largest magnitude becomes -127, whatever its sign, and the scale takes the
  /// sign that is left. Products of level and scale are the same.
  private static func quantise256(
    _ x: UnsafePointer<Float>, into activations: Activations, block: Int
  ) {
    let largest = largestMagnitude(x, count: 256)
    let inverse = 127 / largest
    guard largest.isFinite, inverse.isFinite else {
      activations.scales[block] = largest.isFinite ? 0 : .nan
      return fill(activations, block, 256, x, by: 0)
    }
    activations.scales[block] = 1 / inverse
    fill(activations, block, 256, x, by: inverse)
  }

  /// Not finite when one of them is not.
  private static func largestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
    // As bit patterns magnitudes sort as they do as numbers, and NaNs come last.
    var largest: UInt32 = 0
    for i in 0..<count { largest = max(largest, x[i].bitPattern & 0x7FFF_FFFF) }
    return Float(bitPattern: largest)
  }

  private static func fill(
    _ activations: Activations, _ block: Int, _ length: Int, _ x: UnsafePointer<Float>,
    by inverse: Float
  ) {
    let levels = activations.levels + block * length
    let sums = activations.sums + block * length / 16
    for i in 0..<length {
      levels[i] = inverse == 0 ? 0 : Int8((x[i] * inverse).rounded(.toNearestOrEven))
    }
    for i in 0..<length / 16 { sums[i] = (0..<16).reduce(0) { $0 + Int32(levels[16 * i + $1]) } }
  }

  static func multiply(
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
    case .q4_0, .q8_0, .q4_K, .q5_K, .q6_K:
      withBlock { block in
        for b in 0..<x.blocks {
          unpack(type, p + b * type.blockBytes, &block)
          sum += dot(block, x, block: t * x.blocks + b, length: type.blockLength)
        }
      }
    }
    return sum
  }

  /// Whole numbers within a part, single precision between parts.
  private static func dot(
    _ block: UnpackedBlock, _ x: Activations, block b: Int, length: Int
  ) -> Float {
    var sum: Float = 0
    let levels = x.levels + b * length
    for part in 0..<length / block.part {
      var (products, total) = (Int32(0), Int32(0))
      for i in part * block.part..<(part + 1) * block.part {
        products += block.levels[i] * Int32(levels[i])
        total += Int32(levels[i])
      }
      sum += block.scales[part] * Float(products) - block.mins[part] * Float(total)
    }
    return sum * x.scales[b]
  }

  static func multiplyTransposed(
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
