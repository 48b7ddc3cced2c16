/// The letters that stand for bytes in a byte-level vocabulary.
///
/// GPT-2 writes every byte as one visible character: those that are visible in Latin-1 as
/// themselves, the other 68 as U+0100 and up, in order. A space is Ġ, a newline Ċ.
enum ByteLetters {
  /// The code point for each byte.
  static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// The byte for each code point, or -1.
  static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// The byte a letter stands for.
  static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    guard scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else { return nil }
    return UInt8(bytes[Int(scalar.value)])
  }

  /// Writes the letters of `text`, in UTF-8, to the end of `letters`.
  static func spell(_ text: some Sequence<UInt8>, into letters: inout [UInt8]) {
    for byte in text {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        letters.append(UInt8(scalar))
      } else {
        letters.append(0xC0 | UInt8(scalar >> 6))
        letters.append(0x80 | UInt8(scalar & 0x3F))
      }
    }
  }
}
