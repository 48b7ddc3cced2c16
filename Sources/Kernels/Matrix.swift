/// A weight matrix that lies in memory owned by somebody else (a mapped file; any alignment).
///
/// Row-major: row `r` is `columns` numbers, ``rowBytes`` bytes from `base + r * rowBytes`. Nobody
/// writes to weights, which is what makes sharing the pointer between threads sound.
package struct Matrix: @unchecked Sendable {
  package let type: TensorType
  package let rows: Int
  /// A multiple of the type's block length.
  package let columns: Int
  package let base: UnsafeRawPointer
  package let rowBytes: Int

  package init(type: TensorType, rows: Int, columns: Int, base: UnsafeRawPointer) {
    // Not a `precondition`: those are gone in -Ounchecked, and this one keeps reads inside a file.
    guard columns % type.blockLength == 0 else {
      fatalError("a row of \(columns) numbers is no whole number of \(type.name) blocks")
    }
    self.type = type
    self.rows = rows
    self.columns = columns
    self.base = base
    rowBytes = type.byteCount(of: columns)
  }

  func row(_ index: Int) -> UnsafeRawPointer { base + index * rowBytes }
}
