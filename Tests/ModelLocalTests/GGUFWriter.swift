import ModelLocal

/// Writes GGUF files for tests, sound and unsound ones.
struct GGUFWriter {
  enum Value {
    case uint32(UInt32)
    case int32(Int32)
    case uint64(UInt64)
    case float(Float)
    case bool(Bool)
    case text(String)
    case rawText([UInt8])
    case strings([[UInt8]])
    case int32s([Int32])
    case floats([Float])
    /// A type number, and bytes as they are.
    case raw(UInt32, [UInt8])
  }

  struct Tensor {
    var name: String
    var type: UInt32 = 0
    var dimensions: [UInt64]
    /// From the start of the data; after the tensor before it when `nil`.
    var offset: UInt64?
    var byteCount: Int
  }

  var version: UInt32 = 3
  var pairs: [(key: String, value: Value)] = []
  var tensors: [Tensor] = []
  /// Counts to claim, in place of the true ones.
  var claimedPairs: UInt64?
  var claimedTensors: UInt64?

  subscript(key: String) -> Value? {
    get { pairs.first { $0.key == key }?.value }
    set {
      pairs.removeAll { $0.key == key }
      if let newValue { pairs.append((key, newValue)) }
    }
  }

  func bytes() -> [UInt8] {
    var out = Array("GGUF".utf8)
    out.append(little: version)
    out.append(little: claimedTensors ?? UInt64(tensors.count))
    out.append(little: claimedPairs ?? UInt64(pairs.count))
    for (key, value) in pairs {
      out.append(string: Array(key.utf8))
      value.write(to: &out)
    }
    var next: UInt64 = 0
    for tensor in tensors {
      out.append(string: Array(tensor.name.utf8))
      out.append(little: UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { out.append(little: dimension) }
      out.append(little: tensor.type)
      out.append(little: tensor.offset ?? next)
      next += UInt64((tensor.byteCount + 31) / 32 * 32)
    }
    guard !tensors.isEmpty else { return out }
    while out.count % 32 != 0 { out.append(0) }
    return out + (0..<Int(next)).map { UInt8(truncatingIfNeeded: $0 % 3) }
  }
}

extension GGUFWriter.Value {
  fileprivate func write(to out: inout [UInt8]) {
    switch self {
    case .uint32(let value): out.append(typed: 4, value)
    case .int32(let value): out.append(typed: 5, value)
    case .float(let value): out.append(typed: 6, value.bitPattern)
    case .bool(let value): out.append(typed: 7, UInt8(value ? 1 : 0))
    case .uint64(let value): out.append(typed: 10, value)
    case .text(let text): GGUFWriter.Value.rawText(Array(text.utf8)).write(to: &out)
    case .rawText(let bytes):
      out.append(little: UInt32(8))
      out.append(string: bytes)
    case .strings(let strings):
      out.append(array: 8, strings.count)
      for string in strings { out.append(string: string) }
    case .int32s(let values):
      out.append(array: 5, values.count)
      for value in values { out.append(little: value) }
    case .floats(let values):
      out.append(array: 6, values.count)
      for value in values { out.append(little: value.bitPattern) }
    case .raw(let type, let bytes):
      out.append(little: type)
      out += bytes
    }
  }
}

extension [UInt8] {
  mutating func append(little value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(string: [UInt8]) {
    append(little: UInt64(string.count))
    self += string
  }

  fileprivate mutating func append(typed type: UInt32, _ value: some FixedWidthInteger) {
    append(little: type)
    append(little: value)
  }

  fileprivate mutating func append(array type: UInt32, _ count: Int) {
    append(little: UInt32(9))
    append(little: type)
    append(little: UInt64(count))
  }
}
