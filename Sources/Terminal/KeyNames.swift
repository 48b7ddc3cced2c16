import Workbench

extension Key {
  /// The key a terminal means by one character; `nil` for NUL and what no keyboard sends.
  ///
  /// Return sends CR in raw mode; LF is Ctrl-J, which serves as "new line" in text fields.
  package init?(typed scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x0D: self = .enter
    case 0x09: self = .tab
    case 0x1B: self = .escape
    case 0x08, 0x7F: self = .backspace
    // Ctrl-A is 1, so the letters follow in the order of the alphabet.
    case 0x01...0x1A: self = .control(Character(Unicode.Scalar(UInt8(scalar.value + 0x60))))
    case 0x00, 0x1C...0x1F, 0x80..<0xA0: return nil
    default: self = .character(Character(scalar))
    }
  }

  /// The key the terminal library calls `name`; `nil` for those no command uses.
  ///
  /// Names rather than numbers: what a terminal adds by itself (`kUP5`) is numbered anew in
  /// every terminal description.
  package init?(terminalName name: String) {
    if let key = Self.terminalNames[name] {
      self = key
    } else if name.hasPrefix("KEY_F("), let number = Int(name.dropFirst(6).dropLast()),
      (1...12).contains(number)
    {
      self = .function(number)
    } else {
      return nil
    }
  }

  private static let terminalNames: [String: Key] = [
    "KEY_UP": .up, "KEY_DOWN": .down, "KEY_LEFT": .left, "KEY_RIGHT": .right,
    "KEY_HOME": .home, "KEY_FIND": .home, "KEY_A1": .home,
    "KEY_END": .end, "KEY_SELECT": .end, "KEY_LL": .end, "KEY_C1": .end,
    "KEY_PPAGE": .pageUp, "KEY_A3": .pageUp, "KEY_NPAGE": .pageDown, "KEY_C3": .pageDown,
    "KEY_BACKSPACE": .backspace, "KEY_DC": .delete, "KEY_IC": .insert, "KEY_BTAB": .backTab,
    "KEY_ENTER": .enter, "KEY_SLEFT": .shiftLeft, "KEY_SRIGHT": .shiftRight,
    "kLFT2": .shiftLeft, "kRIT2": .shiftRight,
    "kLFT5": .controlLeft, "kRIT5": .controlRight,
    // With a modifier no command tells apart, an arrow is still an arrow.
    "kUP5": .up, "kDN5": .down, "KEY_SR": .up, "KEY_SF": .down,
    "KEY_SHOME": .home, "KEY_SEND": .end, "KEY_SPREVIOUS": .pageUp, "KEY_SNEXT": .pageDown,
  ]
}
