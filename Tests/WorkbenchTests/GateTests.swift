import Testing

@testable import Workbench

/// Numbers that only look random: the same seed gives the same run everywhere (SplitMix64).
private struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Bytes with far more of what hurts than chance would give.
  mutating func unkindBytes() -> [UInt8] {
    let unkind: [[UInt8]] = [
      [0x1B, 0x5B, 0x33, 0x31, 0x6D], [0x1B, 0x5D, 0x35, 0x32, 0x3B], [0x9B], [0xC2, 0x9B],
      Array("\u{202E}\u{2066}\u{200F}\u{61C}".utf8), Array("e\u{301}\u{300}\u{323}".utf8),
      Array("漢字👩‍💻❤️".utf8), [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80],
      [0xE2, 0x82], [0], [0x7F], [0x0D], [0x0A], [0x09], Array("\u{2028}\u{85}\u{FEFF}".utf8),
    ]
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...30, using: &self) {
      switch UInt8.random(in: 0...3, using: &self) {
      case 0: bytes += unkind[Int.random(in: 0..<unkind.count, using: &self)]
      case 1: bytes.append(UInt8.random(in: 0x20..<0x7F, using: &self))
      case 2: bytes.append(UInt8.random(in: 0...255, using: &self))
      default:
        let value = UInt32.random(in: 0..<0x11_0000, using: &self)
        if let scalar = Unicode.Scalar(value) { bytes += Array(String(scalar).utf8) }
      }
    }
    return bytes
  }
}

private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
  default: false
  }
}

@Test(arguments: [false, true])
func `no bytes whatever put a control character into a cell`(isASCII: Bool) {
  let gate = Gate(isASCII: isASCII)
  for seed in UInt64(0)..<2_000 {
    var dice = Dice(state: seed)
    let bytes = dice.unkindBytes()
    let (cells, offsets) = gate.cells(bytes, Style())
    for cell in cells {
      let scalars = [cell.base] + cell.marks
      #expect(!scalars.contains(where: isHarmful), "seed \(seed)")
      #expect(!scalars.contains { [0x200D, 0xFE0F].contains($0.value) }, "seed \(seed)")
      #expect(cell.marks.count <= 4, "seed \(seed)")
      #expect(cell.marks.allSatisfy { gate.widths.width(of: $0) == 0 }, "seed \(seed)")
      #expect(!isASCII || scalars.allSatisfy(\.isASCII), "seed \(seed)")
      if !isASCII {
        #expect(gate.widths.width(of: cell.base) == Int(cell.width), "seed \(seed)")
      }
    }
    #expect(offsets.count == cells.count, "seed \(seed)")
    #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed)")
    #expect(offsets.allSatisfy { bytes.indices.contains($0) }, "seed \(seed)")
  }
}

@Test func `plain text keeps lines and tabs, and no other control character`() {
  let gate = Gate()
  for seed in UInt64(0)..<2_000 {
    var dice = Dice(state: seed)
    let plain = gate.plain(dice.unkindBytes())
    let left = plain.unicodeScalars.filter { $0 != "\n" && $0 != "\t" }
    #expect(!left.contains(where: isHarmful), "seed \(seed)")
    #expect(gate.plain(plain) == plain, "seed \(seed)")
  }
}

@Test func `text and its bytes give the same cells`() {
  let gate = Gate()
  for seed in UInt64(0)..<500 {
    var dice = Dice(state: seed)
    let text = String(decoding: dice.unkindBytes(), as: UTF8.self)
    #expect(gate.cells(text, Style()) == gate.cells(text.utf8, Style()).cells, "seed \(seed)")
  }
}

@Test func `each cell knows the byte it began at`() {
  let (cells, offsets) = Gate().cells(Array("a漢\u{301}b\tc".utf8), Style())
  #expect(cells.map(\.base) == ["a", "漢", "b", " ", " ", " ", " ", "c"])
  #expect(cells.map(\.marks) == [[], ["\u{301}"], [], [], [], [], [], []])
  // The tab fills columns 4 to 7; the mark took the offset of no cell.
  #expect(offsets == [0, 1, 6, 7, 7, 7, 7, 8])
}

@Test func `an escape sequence is shown, in a role of its own`() {
  let cells = Gate().cells("\u{1B}[2J", Style(.text, on: .selected))
  #expect(cells.map(\.base) == ["\u{241B}", "[", "2", "J"])
  #expect(cells.map(\.style.role) == [.foreign, .text, .text, .text])
  #expect(cells.allSatisfy { $0.style.ground == .selected })
}

@Test func `a hundred thousand marks take one cell`() {
  let text = "a" + String(String.UnicodeScalarView(repeatElement("\u{301}", count: 100_000)))
  let cells = Gate().cells(text, Style())
  #expect(cells.count == 1)
  #expect(cells.first?.marks.count == 4)
}

@Test func `broken UTF-8 shows each byte once`() {
  let text = { (bytes: [UInt8]) in
    String(String.UnicodeScalarView(Gate().cells(bytes, Style()).cells.map(\.base)))
  }
  #expect(text([0x61, 0xE2, 0x82, 0x62]) == "a\\xe2\\x82b")
  #expect(text([0xC0, 0x80]) == "\\xc0\\x80")
  #expect(text([0xED, 0xA0, 0x80]) == "\\xed\\xa0\\x80")
  #expect(text([0xE2, 0x82, 0xAC]) == "€")
}
