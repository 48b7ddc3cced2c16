import Workbench

/// What reaches the program from its terminal.
package enum Input: Equatable, Sendable {
  case key(Key)
  /// Text between the marks of a bracketed paste, lines ended by `\n`. Foreign: gate it.
  case pasted(String)
  case resized(Size)
  /// SIGTERM, SIGHUP or SIGINT from outside, or the terminal is gone (SIGHUP).
  case interrupted(signal: Int32)
}

/// Turns what the terminal library reads into keys, pastes and mouse events.
///
/// Fed one batch at a time: all that could be read without waiting. Esc with more behind it in
/// the same batch began a sequence or was Alt; Esc alone is the key.
package struct KeyDecoder {
  package enum Unit: Equatable, Sendable {
    case scalar(Unicode.Scalar)
    /// A function key by the name the library gives it: `KEY_UP`, `kUP5`.
    case named(String)
    case pasteBegan, pasteEnded
    /// `ESC [ <` was read; the numbers follow.
    case mouseReport
    /// `ESC [ M` was read; three characters follow.
    case oldMouseReport
  }

  /// A paste longer than this is handed over in pieces, in Unicode scalars.
  static let longestPaste = 4_000_000

  private var paste: String.UnicodeScalarView?
  private var pasteLength = 0
  private var isAfterReturn = false

  package init() {}

  package var isPasting: Bool { paste != nil }

  package mutating func decode(_ units: [Unit]) -> [Input] {
    var inputs: [Input] = []
    var rest = units[...]
    while let unit = rest.popFirst() {
      if paste != nil {
        if let text = extendPaste(with: unit) { inputs.append(.pasted(text)) }
      } else if let key = key(unit, &rest) {
        inputs.append(.key(key))
      }
    }
    return inputs
  }

  /// Ends a paste whose closing mark never came.
  package mutating func abandonPaste() -> [Input] {
    guard let text = paste else { return [] }
    paste = nil
    return text.isEmpty ? [] : [.pasted(String(text))]
  }

  private mutating func beginPaste() {
    paste = "".unicodeScalars
    pasteLength = 0
    isAfterReturn = false
  }

  private mutating func extendPaste(with unit: Unit) -> String? {
    switch unit {
    case .pasteEnded:
      let text = paste ?? "".unicodeScalars
      paste = nil
      return String(text)
    // CR and LF may come in two batches.
    case .scalar("\n") where isAfterReturn: break
    case .scalar("\r"): paste?.append("\n")
    case .scalar(let scalar): paste?.append(scalar)
    // Some terminals send Tab or Backspace here as the key of that name: pasted text has none.
    default: break
    }
    isAfterReturn = unit == .scalar("\r")
    pasteLength += 1
    guard pasteLength >= Self.longestPaste, let text = paste else { return nil }
    beginPaste()
    return String(text)
  }

  private mutating func key(_ unit: Unit, _ rest: inout ArraySlice<Unit>) -> Key? {
    switch unit {
    case .pasteBegan: beginPaste()
    case .pasteEnded: break
    case .mouseReport: return mouse(&rest)
    case .oldMouseReport: return oldMouse(&rest)
    case .named(let name): return Key(terminalName: name)
    case .scalar("\u{1B}"): return escaped(&rest)
    case .scalar(let scalar): return Key(typed: scalar)
    }
    return nil
  }

  private mutating func escaped(_ rest: inout ArraySlice<Unit>) -> Key? {
    guard case .scalar(let next)? = rest.first else { return .escape }
    if next == "\u{1B}" { return .escape }
    rest.removeFirst()
    if next == "[" || next == "O", rest.first?.isSequenceByte == true {
      skipSequence(&rest, isShort: next == "O")
      return nil
    }
    switch Key(typed: next) {
    case .character(let character): return .alt(character)
    // Alt-Enter is what many editors call "new line, do not send": the same as Ctrl-J here.
    case .enter: return .control("j")
    // Alt with Tab or a control letter: no command uses it, and half of it would surprise.
    default: return nil
    }
  }

  /// Leaves out a sequence nobody defined: its letters must not act as keys.
  private func skipSequence(_ rest: inout ArraySlice<Unit>, isShort: Bool) {
    while let unit = rest.first, case .scalar(let scalar) = unit, unit.isSequenceByte {
      rest.removeFirst()
      if isShort || (0x40...0x7E).contains(scalar.value) { return }
    }
  }

  /// `button;column;row` and then `M` (pressed) or `m` (released), counted from 1.
  private func mouse(_ rest: inout ArraySlice<Unit>) -> Key? {
    var numbers = [0]
    while case .scalar(let scalar)? = rest.popFirst() {
      switch scalar {
      case "0"..."9":
        let digit = Int(scalar.value) - 0x30
        numbers[numbers.count - 1] = min(numbers[numbers.count - 1] * 10 + digit, 1_000_000)
      case ";": numbers.append(0)
      case "M", "m":
        guard numbers.count == 3 else { return nil }
        return mouseKey(numbers[0], numbers[1] - 1, numbers[2] - 1, isRelease: scalar == "m")
      default: return nil
      }
    }
    return nil
  }

  private func oldMouse(_ rest: inout ArraySlice<Unit>) -> Key? {
    var numbers: [Int] = []
    while numbers.count < 3, case .scalar(let scalar)? = rest.popFirst() {
      numbers.append(Int(scalar.value) - 32)
    }
    guard numbers.count == 3 else { return nil }
    return mouseKey(
      numbers[0], numbers[1] - 1, numbers[2] - 1, isRelease: numbers[0] & 0x43 == 3)
  }

  private func mouseKey(_ button: Int, _ column: Int, _ row: Int, isRelease: Bool) -> Key? {
    let isMotion = button & 0x20 != 0
    guard column >= 0, row >= 0, !isMotion else { return nil }
    let action: MouseEvent.Action
    switch button & 0xC3 {
    case 0, 3: action = isRelease ? .release : .press
    case 0x40: action = .wheelUp
    case 0x41: action = .wheelDown
    // Middle and right buttons belong to the terminal's own menu and paste.
    default: return nil
    }
    return .mouse(MouseEvent(action: action, column: column, row: row))
  }
}

extension KeyDecoder.Unit {
  /// What may stand inside or at the end of a control sequence (ECMA-48, 5.4).
  fileprivate var isSequenceByte: Bool {
    if case .scalar(let scalar) = self { return (0x20...0x7E).contains(scalar.value) }
    return false
  }
}
