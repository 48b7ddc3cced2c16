/// C = A B in single precision, all row-major; the inner kernel of attention over a whole prompt.
///
/// `a` is m x k, `b` k x n with n a multiple of 16, `c` m x n; strides are in floats. Tiles of four
/// rows by sixteen columns stay in registers while k runs.
package func simdProduct(
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

@inline(__always)
private func load(_ p: UnsafePointer<Float>) -> SIMD8<Float> {
  UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float>.self)
}

@inline(__always)
private func store(_ v: SIMD8<Float>, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD8<Float>.self)
}

@inline(__always)
private func tile4(
  _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ k: Int
) {
  var c00 = SIMD8<Float>()
  var c01 = SIMD8<Float>()
  var c10 = SIMD8<Float>()
  var c11 = SIMD8<Float>()
  var c20 = SIMD8<Float>()
  var c21 = SIMD8<Float>()
  var c30 = SIMD8<Float>()
  var c31 = SIMD8<Float>()
  let a1 = a + aStride
  let a2 = a1 + aStride
  let a3 = a2 + aStride
  var b = b
  for i in 0..<k {
    let left = load(b)
    let right = load(b + 8)
    b += bStride
    let x0 = SIMD8<Float>(repeating: a[i])
    c00.addProduct(x0, left)
    c01.addProduct(x0, right)
    let x1 = SIMD8<Float>(repeating: a1[i])
    c10.addProduct(x1, left)
    c11.addProduct(x1, right)
    let x2 = SIMD8<Float>(repeating: a2[i])
    c20.addProduct(x2, left)
    c21.addProduct(x2, right)
    let x3 = SIMD8<Float>(repeating: a3[i])
    c30.addProduct(x3, left)
    c31.addProduct(x3, right)
  }
  store(c00, c)
  store(c01, c + 8)
  store(c10, c + cStride)
  store(c11, c + cStride + 8)
  store(c20, c + 2 * cStride)
  store(c21, c + 2 * cStride + 8)
  store(c30, c + 3 * cStride)
  store(c31, c + 3 * cStride + 8)
}

@inline(__always)
private func tile1(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ k: Int
) {
  var left = SIMD8<Float>()
  var right = SIMD8<Float>()
  var b = b
  for i in 0..<k {
    let x = SIMD8<Float>(repeating: a[i])
    left.addProduct(x, load(b))
    right.addProduct(x, load(b + 8))
    b += bStride
  }
  store(left, c)
  store(right, c + 8)
}
