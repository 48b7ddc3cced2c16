import CKernels

extension Fast {
  /// C = A B in single precision, all row-major; the inner kernel of attention over a whole prompt.
  ///
  /// `a` is m x k, `b` k x n with n a multiple of 16, `c` m x n; strides are in floats. Tiles of
  /// four rows by sixteen columns stay in registers while k runs.
  @inline(never) package static func product(
    _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStride: Int, m: Int, k: Int, n: Int
  ) {
    var column = 0
    while column < n {
      let b = b + column
      var row = 0
      while row + 4 <= m {
        tile4(a + row * aStride, aStride, b, bStride, c + row * cStride + column, cStride, k)
        row += 4
      }
      while row < m {
        tile1(a + row * aStride, b, bStride, c + row * cStride + column, k)
        row += 1
      }
      column += 16
    }
  }

  @inline(__always) private static func tile4(
    _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ k: Int
  ) {
    var (c00, c01, c10, c11) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var (c20, c21, c30, c31) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var b = b
    for i in 0..<k {
      let (left, right) = (f8_load(b), f8_load(b + 8))
      b += bStride
      let x0 = f8_all(a[i])
      c00 = f8_fma(x0, left, c00)
      c01 = f8_fma(x0, right, c01)
      let x1 = f8_all(a[aStride + i])
      c10 = f8_fma(x1, left, c10)
      c11 = f8_fma(x1, right, c11)
      let x2 = f8_all(a[2 * aStride + i])
      c20 = f8_fma(x2, left, c20)
      c21 = f8_fma(x2, right, c21)
      let x3 = f8_all(a[3 * aStride + i])
      c30 = f8_fma(x3, left, c30)
      c31 = f8_fma(x3, right, c31)
    }
    f8_store(c, c00)
    f8_store(c + 8, c01)
    f8_store(c + cStride, c10)
    f8_store(c + cStride + 8, c11)
    f8_store(c + 2 * cStride, c20)
    f8_store(c + 2 * cStride + 8, c21)
    f8_store(c + 3 * cStride, c30)
    f8_store(c + 3 * cStride + 8, c31)
  }

  @inline(__always) private static func tile1(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ k: Int
  ) {
    var (left, right) = (f8_all(0), f8_all(0))
    var b = b
    for i in 0..<k {
      let x = f8_all(a[i])
      left = f8_fma(x, f8_load(b), left)
      right = f8_fma(x, f8_load(b + 8), right)
      b += bStride
    }
    f8_store(c, left)
    f8_store(c + 8, right)
  }
}
