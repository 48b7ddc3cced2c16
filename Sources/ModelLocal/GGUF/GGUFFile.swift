/// A weights file in the GGUF format, versions 2 and 3, open and checked.
///
/// The header is read once, from front to back: magic, version, counts, metadata, tensors. After
/// that, everything the file claims about itself lies in the file. Nothing is allocated whose size
/// the file merely claims. See <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
package final class GGUFFile: Sendable {
  package let metadata: [String: GGUFValue]
  package let tensors: [String: GGUFTensor]
  /// Where the tensors' bytes lie.
  package let dataRange: Range<Int>
  private let file: FileBytes

  package convenience init(path: String) throws(GGUFError) {
    try self.init(try FileBytes(mapping: path))
  }

  /// A file that is in memory already.
  package convenience init(bytes: some Collection<UInt8>) throws(GGUFError) {
    try self.init(FileBytes(copying: bytes))
  }

  private init(_ file: FileBytes) throws(GGUFError) {
    var cursor = GGUFCursor(file.buffer)
    try Self.readVersion(&cursor)
    let tensorCount = try cursor.readCount(
      of: "a tensor count of", each: GGUFTensorEntry.smallest, most: GGUFReading.mostTensors)
    let keyCount = try cursor.readCount(
      of: "a key count of", each: GGUFReading.smallestPair, most: GGUFReading.mostPairs)
    metadata = try GGUFReading.pairs(keyCount, from: &cursor, in: file)
    let entries = try GGUFReading.entries(tensorCount, from: &cursor)

    let alignment = try Self.alignment(metadata["general.alignment"])
    let padding = (alignment - cursor.offset % alignment) % alignment
    let start = min(cursor.offset + padding, file.buffer.count)
    var tensors: [String: GGUFTensor] = [:]
    for entry in entries {
      let tensor = try entry.placed(in: file, dataStart: start, alignment: alignment)
      guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
        throw .duplicateTensor(tensor.name)
      }
    }
    self.tensors = tensors
    self.file = file
    dataRange = start..<file.buffer.count
  }

  /// Throws if the file was written to or cut since it was opened: ask before every use.
  package func checkUnchanged() throws(GGUFError) { try file.checkUnchanged() }

  /// Reads the tensors once, so that the first token does not wait for the disk.
  ///
  /// `progress` is told how much of the data is in memory, 0 to 1, and answers whether to go on.
  /// Returns whether everything was read.
  @discardableResult
  package func prefault(progress: (Double) -> Bool) throws(GGUFError) -> Bool {
    let stride = 8 << 20
    var start = dataRange.lowerBound
    while start < dataRange.upperBound {
      guard progress(Double(start - dataRange.lowerBound) / Double(dataRange.count)) else {
        return false
      }
      let end = min(start + stride, dataRange.upperBound)
      try file.fetch(start..<end)
      start = end
    }
    return progress(1)
  }

  private static func readVersion(_ cursor: inout GGUFCursor) throws(GGUFError) {
    guard cursor.remaining > 0 else { throw .empty }
    guard cursor.remaining >= 4, try cursor.read(UInt32.self) == 0x4655_4747 else {
      throw .notGGUF
    }
    let version = try cursor.read(UInt32.self)
    switch version {
    case 2, 3: return
    case let swapped where (1...3).contains(swapped.byteSwapped): throw .bigEndian
    default: throw .unsupportedVersion(version)
    }
  }

  private static func alignment(_ value: GGUFValue?) throws(GGUFError) -> Int {
    guard let value else { return 32 }
    guard let alignment = value.int, alignment > 0, alignment <= 1 << 20,
      alignment & (alignment - 1) == 0
    else { throw .badAlignment }
    return alignment
  }
}
