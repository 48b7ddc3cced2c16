/// The two tables of a GGUF header.
enum GGUFReading {
  /// A key of one byte and a value of one: its length, itself, its type and its value.
  static let smallestPair = 8 + 1 + 4 + 1
  /// More than any model has; a file of nothing but keys would fill the memory many times over.
  static let mostPairs = 1 << 16
  static let mostTensors = 1 << 17
  /// Arrays in arrays beyond this are nobody's metadata.
  static let deepestArray = 4

  static func pairs(
    _ count: Int, from cursor: inout GGUFCursor, in file: FileBytes
  ) throws(GGUFError) -> [String: GGUFValue] {
    var pairs: [String: GGUFValue] = [:]
    for _ in 0..<count {
      let key = try cursor.readName(limit: 65535)
      let value = try value(of: key, from: &cursor, in: file)
      guard pairs.updateValue(value, forKey: key) == nil else { throw .duplicateKey(key) }
    }
    return pairs
  }

  static func entries(
    _ count: Int, from cursor: inout GGUFCursor
  ) throws(GGUFError) -> [GGUFTensorEntry] {
    var entries: [GGUFTensorEntry] = []
    for _ in 0..<count { entries.append(try GGUFTensorEntry(from: &cursor)) }
    return entries
  }

  private static let stringType: UInt32 = 8
  private static let arrayType: UInt32 = 9

  private static func value(
    of key: String, from cursor: inout GGUFCursor, in file: FileBytes
  ) throws(GGUFError) -> GGUFValue {
    let place = cursor.offset
    switch try cursor.read(UInt32.self) {
    case stringType:
      return .text(GGUFText(file: file, range: try cursor.readString()))
    case arrayType:
      return try array(under: key, from: &cursor, in: file, depth: 1)
    case let type:
      guard let scalar = GGUFScalar(rawValue: type) else { throw .badType(type, at: place) }
      return scalar.value(in: file.buffer, at: try cursor.skip(1, each: scalar.size).lowerBound)
    }
  }

  private static func array(
    under key: String, from cursor: inout GGUFCursor, in file: FileBytes, depth: Int
  ) throws(GGUFError) -> GGUFValue {
    let place = cursor.offset
    switch try cursor.read(UInt32.self) {
    case stringType:
      let count = try cursor.readCount(of: "a length of", each: 8)
      var offsets: [Int] = []
      offsets.reserveCapacity(count)
      for _ in 0..<count {
        offsets.append(cursor.offset)
        _ = try cursor.readString()
      }
      return .strings(GGUFStrings(file: file, offsets: offsets))
    case arrayType:
      guard depth < deepestArray else { throw .tooDeep(key: key) }
      let count = try cursor.readCount(of: "a length of", each: 12)
      for _ in 0..<count { _ = try array(under: key, from: &cursor, in: file, depth: depth + 1) }
      return .nested(count: count)
    case let type:
      guard let scalar = GGUFScalar(rawValue: type) else { throw .badType(type, at: place) }
      let count = try cursor.readCount(of: "a length of", each: scalar.size)
      let start = try cursor.skip(count, each: scalar.size).lowerBound
      return .numbers(GGUFNumbers(file: file, kind: scalar, start: start, count: count))
    }
  }
}
