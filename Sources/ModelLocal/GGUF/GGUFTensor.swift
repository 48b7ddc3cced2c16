import Kernels

/// One tensor of a weights file: its shape, and its bytes where they lie.
package struct GGUFTensor: Sendable {
  package let name: String
  /// The file's number for the type of the elements.
  package let typeNumber: UInt32
  /// Row length first, as the format writes them; one to four, none of them 0.
  package let dimensions: [Int]
  let file: FileBytes
  /// Empty where the type is unknown: nothing says how long the tensor is.
  let range: Range<Int>

  /// `nil` for a type that cannot be computed with.
  package var type: TensorType? { TensorType(rawValue: typeNumber) }

  /// The tensor's bytes, alive as long as this value or its file.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.buffer[range])
  }
}

/// A tensor as the header describes it, before the place of the data is known.
struct GGUFTensorEntry {
  var name: String
  var typeNumber: UInt32
  var dimensions: [Int]
  /// From the start of the data.
  var offset: UInt64

  /// A name of one byte with its length, one dimension, a type and an offset.
  static let smallest = 8 + 1 + 4 + 8 + 4 + 8

  init(from cursor: inout GGUFCursor) throws(GGUFError) {
    name = try cursor.readName(limit: 255)
    let place = cursor.offset
    let count = try cursor.read(UInt32.self)
    guard (1...4).contains(count) else {
      throw .absurd(what: "a number of dimensions of", UInt64(count), at: place)
    }
    dimensions = []
    var elements = 1
    for _ in 0..<count {
      guard let size = Int(exactly: try cursor.read(UInt64.self)), size > 0 else {
        throw .badDimensions(tensor: name)
      }
      let (product, overflow) = elements.multipliedReportingOverflow(by: size)
      guard !overflow else { throw .badDimensions(tensor: name) }
      elements = product
      dimensions.append(size)
    }
    typeNumber = try cursor.read(UInt32.self)
    offset = try cursor.read(UInt64.self)
  }

  /// The tensor, once its bytes are known to lie in the file.
  func placed(
    in file: FileBytes, dataStart: Int, alignment: Int
  ) throws(GGUFError) -> GGUFTensor {
    guard offset % UInt64(alignment) == 0 else {
      throw .misaligned(tensor: name, offset: offset)
    }
    let size = file.buffer.count
    guard dataStart <= size, offset <= UInt64(size - dataStart) else {
      throw .outside(tensor: name)
    }
    let start = dataStart + Int(offset)
    let length = try byteCount()
    guard length <= size - start else { throw .outside(tensor: name) }
    return GGUFTensor(
      name: name, typeNumber: typeNumber, dimensions: dimensions, file: file,
      range: start..<start + length)
  }

  private func byteCount() throws(GGUFError) -> Int {
    guard let type = TensorType(rawValue: typeNumber) else { return 0 }
    guard dimensions[0] % type.blockLength == 0 else { throw .badDimensions(tensor: name) }
    let blocks = dimensions.reduce(1, *) / type.blockLength
    let (bytes, overflow) = blocks.multipliedReportingOverflow(by: type.blockBytes)
    guard !overflow else { throw .badDimensions(tensor: name) }
    return bytes
  }
}
