import Testing
import Workbench

@testable import Terminal

private func units(_ text: String) -> [KeyDecoder.Unit] {
  text.unicodeScalars.map { .scalar($0) }
}

private func keys(_ units: [KeyDecoder.Unit]) -> [Key] {
  var decoder = KeyDecoder()
  return decoder.decode(units).compactMap {
    if case .key(let key) = $0 { key } else { nil }
  }
}

@Test func `letters, control letters and editing keys`() {
  #expect(
    keys(units("aé漢\r\n\t\u{7F}\u{8}\u{3}\u{1A}\0"))
      == [
        .character("a"), .character("é"), .character("漢"), .enter, .control("j"), .tab,
        .backspace, .backspace, .control("c"), .control("z"),
      ])
}

@Test func `Esc alone is Esc, and before a letter it is Alt`() {
  #expect(keys(units("\u{1B}")) == [.escape])
  #expect(keys(units("\u{1B}x")) == [.alt("x")])
  #expect(keys(units("\u{1B}\u{1B}")) == [.escape, .escape])
  #expect(keys(units("\u{1B}\r")) == [.control("j")])
  #expect(keys([.scalar("\u{1B}"), .named("KEY_UP")]) == [.escape, .up])
}

@Test func `a sequence nobody defined presses no key`() {
  #expect(keys(units("\u{1B}[1;3Aq")) == [.character("q")])
  #expect(keys(units("\u{1B}[?64;1;9cq")) == [.character("q")])
  #expect(keys(units("\u{1B}Oxq")) == [.character("q")])
  #expect(keys(units("\u{1B}[")) == [.alt("[")])
}

@Test func `names of function keys, whatever their number`() {
  let names = [
    "KEY_UP", "kUP5", "kRIT5", "kLFT5", "KEY_SLEFT", "KEY_BTAB", "KEY_F(5)", "KEY_F(40)",
    "KEY_NPAGE", "KEY_SUSPEND", "KEY_F(",
  ]
  #expect(
    keys(names.map { .named($0) })
      == [.up, .up, .controlRight, .controlLeft, .shiftLeft, .backTab, .function(5), .pageDown])
}

@Test func `mouse reports count from one and keep to the left button and the wheel`() {
  func press(_ report: String) -> [Key] { keys([.mouseReport] + units(report)) }
  #expect(press("0;10;5M") == [.mouse(MouseEvent(action: .press, column: 9, row: 4))])
  #expect(press("0;300;5m") == [.mouse(MouseEvent(action: .release, column: 299, row: 4))])
  #expect(press("64;1;1M") == [.mouse(MouseEvent(action: .wheelUp, column: 0, row: 0))])
  #expect(press("81;1;1M") == [.mouse(MouseEvent(action: .wheelDown, column: 0, row: 0))])
  for ignored in ["2;1;1M", "32;1;1M", "0;0;1M", "0;1M", "0;1;1;1M", "M", ""] {
    #expect(press(ignored) == [], "\(ignored)")
  }
  #expect(press("0;1;1Mq").last == .character("q"))
  #expect(press("0;99999999999999999999;1M").count == 1)
  #expect(
    keys([.oldMouseReport] + units(" !\"")) == [
      .mouse(MouseEvent(action: .press, column: 0, row: 1))
    ])
}

@Test func `a paste arrives whole however it was cut`() {
  let pieces =
    [KeyDecoder.Unit.pasteBegan] + units("q one\r\ntwo\rthree\n\u{1B}x 漢") + [.pasteEnded]
    + units("q")
  for cut in pieces.indices {
    var decoder = KeyDecoder()
    let inputs = decoder.decode(Array(pieces[..<cut])) + decoder.decode(Array(pieces[cut...]))
    let text = "q one\ntwo\nthree\n\u{1B}x 漢"
    #expect(inputs == [.pasted(text), .key(.character("q"))], "cut at \(cut)")
  }
}

@Test func `a paste without an end is handed over, and keys work again`() {
  var decoder = KeyDecoder()
  #expect(decoder.decode([.pasteBegan] + units("half")) == [])
  #expect(decoder.isPasting)
  #expect(decoder.abandonPaste() == [.pasted("half")])
  #expect(decoder.decode(units("q")) == [.key(.character("q"))])
  #expect(decoder.abandonPaste() == [])
}

@Test func `typed bytes become the text they encode, whatever stands between`() {
  func text(_ bytes: [UInt8]) -> String {
    var typed = TypedBytes()
    return String(String.UnicodeScalarView(bytes.compactMap { typed.feed($0) }))
  }
  #expect(text(Array("aé漢😀\u{10FFFF}".utf8)) == "aé漢😀\u{10FFFF}")
  let broken: [[UInt8]] = [
    [0xFF], [0xC3], [0xE2, 0x82], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0x80], [0xF0, 0x9F, 0x98],
  ]
  for bytes in broken { #expect(text(bytes + Array("漢q".utf8)) == "漢q", "\(bytes)") }
}

@Test func `base64 as the standard's own examples have it`() {
  let examples = [
    "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
    "foobar": "Zm9vYmFy", "漢": "5ryi",
  ]
  for (text, encoded) in examples { #expect(Terminal.base64(Array(text.utf8)) == encoded) }
}

@Test func `a copy is one sequence, and refused when too long`() {
  #expect(Terminal.copyRequest("\u{1B}]0;x\u{7}") == "\u{1B}]52;c;G10wO3gH\u{1B}\\")
  #expect(Terminal.copyRequest(String(repeating: "a", count: Terminal.longestCopy)) != nil)
  #expect(Terminal.copyRequest(String(repeating: "a", count: Terminal.longestCopy + 1)) == nil)
}

@Test func `every refusal ends with what to do`() {
  let errors: [TerminalError] = [
    .notATerminal(stream: "input"), .terminalTypeUnset, .dumb(type: "dumb"),
    .unknownTerminal(type: "x"), .modesUnreadable(code: 5),
  ]
  for error in errors {
    let text = error.description
    #expect(text.contains("--headless") || text.contains("try again"), "\(text)")
    #expect(text.hasSuffix(".") && !text.contains("\n"), "\(text)")
  }
}
