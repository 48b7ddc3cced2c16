/// How many columns each scalar takes, as the terminal library counts them.
///
/// The terminal edge measures every scalar once with the C library's `wcwidth`; tests pin
/// ``CellWidths/standard``.
package struct CellWidths: Sendable {
  /// 0, 1 or 2 columns, or 3 for "cannot be drawn"; two bits a scalar, four to a byte.
  private let packed: [UInt8]

  /// `measure` answers as `wcwidth` does: -1 for what cannot be drawn.
  package init(measuring measure: (Unicode.Scalar) -> Int) {
    var packed = [UInt8](repeating: 0, count: 0x110000 / 4)
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let width = measure(scalar)
      let code = UInt8((0...2).contains(width) ? width : 3)
      packed[Int(value >> 2)] |= code << UInt8((value & 3) * 2)
    }
    self.packed = packed
  }

  /// `nil` for scalars that cannot be drawn.
  package func width(of scalar: Unicode.Scalar) -> Int? {
    let value = scalar.value
    let code = packed[Int(value >> 2)] >> UInt8((value & 3) * 2) & 3
    return code == 3 ? nil : Int(code)
  }

  /// A small pinned table, close enough for tests: East Asian wide, emoji, combining marks.
  package static let standard = CellWidths { scalar in
    switch scalar.value {
    case 0: 0
    case 1..<0x20, 0x7F..<0xA0: -1
    case 0x300..<0x370, 0x483..<0x48A, 0x591..<0x5BE, 0x610..<0x61B, 0x64B..<0x660,
      0x200B..<0x2010, 0x202A..<0x202F, 0x2060..<0x2065, 0x20D0..<0x20F1, 0xFE00..<0xFE10,
      0xFE20..<0xFE30, 0xFEFF, 0xE0100..<0xE01F0:
      0
    case 0x1100..<0x1160, 0x2E80..<0x303F, 0x3041..<0x3248, 0x3250..<0x4DC0, 0x4E00..<0xA4CF,
      0xA960..<0xA97D, 0xAC00..<0xD7A4, 0xF900..<0xFB00, 0xFE30..<0xFE70, 0xFF01..<0xFF61,
      0xFFE0..<0xFFE7, 0x1F300..<0x1F650, 0x1F680..<0x1F700, 0x1F900..<0x1FA00,
      0x20000..<0x3FFFE:
      2
    default: 1
    }
  }
}

/// Turns foreign bytes into cells: the one gate between what others wrote and the terminal.
///
/// C0, C1, ESC, DEL, bidi controls, line separators and broken UTF-8 become visible marks in
/// ``Role/foreign``; ZWJ and variation selectors are dropped, so that the terminal and ncurses
/// count the same columns; at most four combining marks stay on a cell.
package struct Gate: Sendable {
  package var widths: CellWidths
  /// Draw with ASCII only: what lies outside becomes `?`, two columns wide where it was.
  package var isASCII: Bool

  package init(widths: CellWidths = .standard, isASCII: Bool = false) {
    self.widths = widths
    self.isASCII = isASCII
  }

  /// Cells of one line of text; tabs become spaces up to the next multiple of four.
  package func cells(_ text: String, _ style: Style) -> [Cell] {
    var out: [Cell] = []
    out.reserveCapacity(text.utf8.count)
    var column = 0
    for scalar in text.unicodeScalars { append(scalar, style, to: &out, column: &column) }
    return out
  }

  /// Cells of bytes that may not be UTF-8, each with the offset of the byte it began at.
  package func cells(
    _ bytes: some Collection<UInt8>, _ style: Style
  ) -> (cells: [Cell], offsets: [Int]) {
    var out: [Cell] = []
    var offsets: [Int] = []
    var column = 0
    var decoder = UTF8Walker(bytes)
    while let (start, piece) = decoder.next() {
      switch piece {
      case .scalar(let scalar): append(scalar, style, to: &out, column: &column)
      case .broken(let byte): appendMark(hex(byte), style, to: &out, column: &column)
      }
      while offsets.count < out.count { offsets.append(start) }
    }
    return (out, offsets)
  }

  /// The text with everything unsafe made visible, for plain lines, titles and exports.
  package func plain(_ bytes: some Collection<UInt8>) -> String {
    var out = String.UnicodeScalarView()
    var decoder = UTF8Walker(bytes)
    while let (_, piece) = decoder.next() {
      switch piece {
      case .broken(let byte): out.append(contentsOf: hex(byte).unicodeScalars)
      case .scalar(let scalar):
        if scalar == "\n" || scalar == "\t" {
          out.append(scalar)
        } else if let mark = Self.mark(for: scalar) {
          out.append(contentsOf: mark.unicodeScalars)
        } else {
          out.append(scalar)
        }
      }
    }
    return String(out)
  }

  package func plain(_ text: String) -> String { plain(text.utf8) }

  private func append(
    _ scalar: Unicode.Scalar, _ style: Style, to out: inout [Cell], column: inout Int
  ) {
    if scalar == "\t" {
      repeat {
        out.append(Cell(base: " ", style: style, width: 1))
        column += 1
      } while column % 4 != 0
      return
    }
    if let mark = Self.mark(for: scalar) {
      appendMark(mark, style, to: &out, column: &column)
      return
    }
    if Self.isDropped(scalar) { return }
    guard let width = widths.width(of: scalar) else {
      appendMark(
        "<\(String(scalar.value, radix: 16, uppercase: true))>", style, to: &out,
        column: &column)
      return
    }
    if width == 0 {
      guard let last = out.indices.last, !isASCII else { return }
      if out[last].marks.count < 4 { out[last].marks.append(scalar) }
      return
    }
    if isASCII, !scalar.isASCII {
      for _ in 0..<width { out.append(Cell(base: "?", style: style, width: 1)) }
    } else {
      out.append(Cell(base: scalar, style: style, width: UInt8(width)))
    }
    column += width
  }

  private func appendMark(
    _ mark: String, _ style: Style, to out: inout [Cell], column: inout Int
  ) {
    var marked = style
    marked.role = .foreign
    let drawn = isASCII && !mark.utf8.allSatisfy { $0 < 0x80 } ? "^" : mark
    for scalar in drawn.unicodeScalars {
      out.append(Cell(base: scalar, style: marked, width: 1))
      column += 1
    }
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count == 1 ? "0" : "") + digits
  }

  /// What stands in for a scalar that must not reach a terminal; `nil` for the harmless rest.
  private static func mark(for scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0..<0x20:
      // U+2400 ... are pictures of the control characters, in their order.
      return Unicode.Scalar(0x2400 + scalar.value).map { String($0) }
    case 0x7F: return "\u{2421}"
    case 0x80..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB:
      return "<\(String(scalar.value, radix: 16, uppercase: true))>"
    default: return nil
    }
  }

  /// Joiners and selectors on whose width ncurses and terminals disagree.
  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF, 0xE0000...0xE007F, 0xE0100...0xE01EF:
      true
    default: false
    }
  }
}

/// Walks bytes as UTF-8, one scalar or one broken byte at a time, with offsets.
package struct UTF8Walker<Bytes: Collection> where Bytes.Element == UInt8 {
  package enum Piece: Equatable {
    case scalar(Unicode.Scalar)
    case broken(UInt8)
  }
  private let bytes: Bytes
  private var index: Bytes.Index
  private var offset = 0

  package init(_ bytes: Bytes) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// The offset of the first byte, and what it begins.
  package mutating func next() -> (offset: Int, piece: Piece)? {
    guard index != bytes.endIndex else { return nil }
    let first = bytes[index]
    let start = offset
    let length: Int
    switch first {
    case 0..<0x80: length = 1
    case 0xC2..<0xE0: length = 2
    case 0xE0..<0xF0: length = 3
    case 0xF0..<0xF5: length = 4
    default: length = 0
    }
    if length > 0 {
      var value = length == 1 ? UInt32(first) : UInt32(first) & (0x7F >> UInt32(length))
      var end = bytes.index(after: index)
      var taken = 1
      while taken < length, end != bytes.endIndex, bytes[end] & 0xC0 == 0x80 {
        value = value << 6 | UInt32(bytes[end] & 0x3F)
        end = bytes.index(after: end)
        taken += 1
      }
      let isShortest = length == 1 || value >= [0, 0, 0x80, 0x800, 0x10000][length]
      if taken == length, isShortest, let scalar = Unicode.Scalar(value) {
        index = end
        offset += length
        return (start, .scalar(scalar))
      }
    }
    index = bytes.index(after: index)
    offset += 1
    return (start, .broken(first))
  }
}
