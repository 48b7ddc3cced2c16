/// One value of a weights file's metadata.
package enum GGUFValue: Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case text(GGUFText)
  case strings(GGUFStrings)
  case numbers(GGUFNumbers)
  /// Arrays of arrays, which nothing here needs: passed over.
  case nested(count: Int)

  /// Any whole number that fits, however wide the file made it.
  package var int: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A fraction, or a whole number in its place.
  package var float: Double? {
    switch self {
    case .float(let value): value
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    default: nil
    }
  }

  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The text, when it is valid UTF-8.
  package var string: String? { text?.string }

  package var text: GGUFText? { if case .text(let value) = self { value } else { nil } }
  package var strings: GGUFStrings? { if case .strings(let value) = self { value } else { nil } }
  package var numbers: GGUFNumbers? { if case .numbers(let value) = self { value } else { nil } }
}

/// A string that stays in the file until it is asked for.
package struct GGUFText: Sendable {
  let file: FileBytes
  let range: Range<Int>

  package var count: Int { range.count }
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.buffer[range]) }
  /// `nil` where the bytes are not UTF-8.
  package var string: String? { String(validating: bytes, as: UTF8.self) }
}

/// An array of strings that stays in the file: a vocabulary costs eight bytes an entry.
package struct GGUFStrings: Sendable {
  let file: FileBytes
  /// Where each string's length stands.
  let offsets: [Int]

  package var count: Int { offsets.count }

  /// The bytes of one string.
  ///
  /// They were checked to lie in the file when it was opened; should somebody write to it since,
  /// the string is wrong, but still inside.
  package subscript(index: Int) -> UnsafeRawBufferPointer {
    let place = offsets[index]
    let start = place + 8
    let length = UInt64(
      littleEndian: file.buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    let end = start + Int(min(length, UInt64(file.buffer.count - start)))
    return UnsafeRawBufferPointer(rebasing: file.buffer[start..<end])
  }
}

/// An array of numbers or booleans that stays in the file.
package struct GGUFNumbers: Sendable {
  let file: FileBytes
  let kind: GGUFScalar
  let start: Int
  package let count: Int

  package subscript(index: Int) -> GGUFValue {
    precondition(index >= 0 && index < count)
    return kind.value(in: file.buffer, at: start + index * kind.size)
  }
}

/// The types of metadata that have one size.
enum GGUFScalar: UInt32 {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// The value whose bytes begin at `offset`, which must lie in `bytes`.
  func value(in bytes: UnsafeRawBufferPointer, at offset: Int) -> GGUFValue {
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    return switch self {
    case .uint8: .unsigned(UInt64(load(UInt8.self)))
    case .int8: .signed(Int64(load(Int8.self)))
    case .uint16: .unsigned(UInt64(load(UInt16.self)))
    case .int16: .signed(Int64(load(Int16.self)))
    case .uint32: .unsigned(UInt64(load(UInt32.self)))
    case .int32: .signed(Int64(load(Int32.self)))
    case .uint64: .unsigned(load(UInt64.self))
    case .int64: .signed(load(Int64.self))
    case .float32: .float(Double(Float(bitPattern: load(UInt32.self))))
    case .float64: .float(Double(bitPattern: load(UInt64.self)))
    case .bool: .bool(load(UInt8.self) != 0)
    }
  }
}
