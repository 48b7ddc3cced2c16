import KernelsSIMD

extension Kernel {
  /// C = A B in single precision: `a` is m x k, `b` k x n with n a multiple of 16, `c` m x n.
  ///
  /// All row-major, strides in floats. Agrees with ``Reference/product(_:_:_:_:_:_:m:k:n:)`` to
  /// rounding: the fast one fuses each multiplication with its addition.
  package static func product(
    _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStride: Int, m: Int, k: Int, n: Int
  ) {
    precondition(n % 16 == 0, "columns come in sixteens")
    if isFast {
      Fast.product(a, aStride, b, bStride, c, cStride, m: m, k: k, n: n)
    } else {
      Reference.product(a, aStride, b, bStride, c, cStride, m: m, k: k, n: n)
    }
  }

  /// Halves as floats, exactly.
  package static func toFloat(
    _ x: UnsafePointer<UInt16>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    let row = Matrix(type: .f16, rows: 1, columns: count, base: UnsafeRawPointer(x))
    dequantise(row, row: 0, into: out)
  }

  /// Rows as columns: `out[i * columns + row]` is number i of the row.
  ///
  /// `x` has `rows` rows of `width`, `stride` apart; columns beyond `rows` become 0.
  package static func toColumns(
    _ x: UnsafePointer<Float>, rows: Int, stride: Int, width: Int,
    into out: UnsafeMutablePointer<Float>, columns: Int
  ) {
    for index in 0..<rows {
      let row = x + index * stride
      for place in 0..<width { out[place * columns + index] = row[place] }
    }
    for place in 0..<width {
      (out + place * columns + rows).update(repeating: 0, count: columns - rows)
    }
  }
}

extension Reference {
  package static func product(
    _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStride: Int, m: Int, k: Int, n: Int
  ) {
    for row in 0..<m {
      for column in 0..<n {
        var sum: Float = 0
        for i in 0..<k { sum += a[row * aStride + i] * b[i * bStride + column] }
        c[row * cStride + column] = sum
      }
    }
  }
}
