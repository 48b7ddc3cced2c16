/// Reads a GGUF header from front to back; everything is checked against the file's end first.
struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(GGUFError) -> Number {
    let place = try skip(MemoryLayout<Number>.size, each: 1)
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: type))
  }

  /// Passes over `count` things of at least `size` bytes each, and says where they lie.
  @discardableResult
  mutating func skip(_ count: some BinaryInteger, each size: Int) throws(GGUFError) -> Range<Int> {
    let count = UInt64(count)
    guard count <= UInt64(remaining / size) else {
      let (needed, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
      throw .truncated(at: offset, needed: overflow ? .max : needed)
    }
    let start = offset
    offset += Int(count) * size
    return start..<offset
  }

  /// A count of things that take at least `size` bytes each, so that no more can follow.
  mutating func readCount(
    of what: String, each size: Int, most: Int = .max
  ) throws(GGUFError) -> Int {
    let place = offset
    let count = try read(UInt64.self)
    guard count <= UInt64(min(remaining / size, most)) else {
      throw .absurd(what: what, count, at: place)
    }
    return Int(count)
  }

  /// A string's place: its length, then its bytes.
  mutating func readString() throws(GGUFError) -> Range<Int> {
    try skip(try readCount(of: "a length of", each: 1), each: 1)
  }

  /// A key or a tensor's name, of at most `limit` bytes.
  mutating func readName(limit: Int) throws(GGUFError) -> String {
    let place = offset
    let range = try readString()
    guard !range.isEmpty, range.count <= limit,
      let name = String(validating: bytes[range], as: UTF8.self)
    else { throw .badName(at: place) }
    return name
  }
}
