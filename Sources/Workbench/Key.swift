/// One key as a person pressed it.
package enum Key: Hashable, Sendable {
  case character(Character)
  case control(Character)
  case alt(Character)
  case enter, escape, tab, backTab, backspace, delete, insert
  case up, down, left, right, home, end, pageUp, pageDown
  case shiftLeft, shiftRight, controlLeft, controlRight
  case function(Int)
  case mouse(MouseEvent)
}

package struct MouseEvent: Hashable, Sendable {
  package enum Action: Hashable, Sendable { case press, release, wheelUp, wheelDown }
  package var action: Action
  package var column: Int
  package var row: Int
  package init(action: Action, column: Int, row: Int) {
    self.action = action
    self.column = column
    self.row = row
  }
}

/// Columns and rows of a terminal.
package struct Size: Hashable, Sendable {
  package var columns: Int
  package var rows: Int
  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

extension Key {
  /// The name used in the config file, the help and the key bar: `j`, `Ctrl-D`, `PageUp`, `F2`.
  package var name: String {
    switch self {
    case .character(" "): "Space"
    case .character(let character): String(character)
    case .control(let character): "Ctrl-\(String(character).uppercased())"
    case .alt(let character): "Alt-\(character)"
    case .enter: "Enter"
    case .escape: "Esc"
    case .tab: "Tab"
    case .backTab: "Shift-Tab"
    case .backspace: "Backspace"
    case .delete: "Delete"
    case .insert: "Insert"
    case .up: "Up"
    case .down: "Down"
    case .left: "Left"
    case .right: "Right"
    case .home: "Home"
    case .end: "End"
    case .pageUp: "PageUp"
    case .pageDown: "PageDown"
    case .shiftLeft: "Shift-Left"
    case .shiftRight: "Shift-Right"
    case .controlLeft: "Ctrl-Left"
    case .controlRight: "Ctrl-Right"
    case .function(let number): "F\(number)"
    case .mouse: "Mouse"
    }
  }

  /// Reads what ``name`` writes; `nil` for anything else.
  package init?(named name: String) {
    let plain: [Key] = [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
      .home, .end, .pageUp, .pageDown, .shiftLeft, .shiftRight, .controlLeft, .controlRight,
      .character(" "),
    ]
    if let key = plain.first(where: { $0.name == name }) {
      self = key
    } else if name.count == 1, let character = name.first, !character.isWhitespace {
      self = .character(character)
    } else if name.hasPrefix("Ctrl-"), name.count == 6, let character = name.last {
      self = .control(Character(character.lowercased()))
    } else if name.hasPrefix("Alt-"), name.count == 5, let character = name.last {
      self = .alt(character)
    } else if name.hasPrefix("F"), let number = Int(name.dropFirst()), (1...12).contains(number) {
      self = .function(number)
    } else {
      return nil
    }
  }
}
