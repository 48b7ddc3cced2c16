@testable import Workbench

/// A grid as two layers of text: what it says, and below, one letter for each cell's style.
enum GoldenPicture {
  /// Blanks on the normal ground are blanks in the lower layer; other styles get letters in the
  /// order in which they appear, explained at the end.
  static func describe(_ grid: Grid) -> String {
    var out = "\(grid.size.columns)x\(grid.size.rows)\n"
    if let cursor = grid.cursor { out += "cursor \(cursor.column),\(cursor.row)\n" }
    for row in grid.rows { out += "|" + text(row) + "|\n" }
    var letters: [Style: Character] = [:]
    var legend: [String] = []
    for row in grid.rows {
      var line = "|"
      for cell in row {
        if cell.base == " ", cell.style.ground == .normal, !cell.style.isUnderlined {
          line += " "
          continue
        }
        if letters[cell.style] == nil {
          let letter = Self.alphabet[letters.count % Self.alphabet.count]
          letters[cell.style] = letter
          legend.append("\(letter) \(name(cell.style))")
        }
        line.append(letters[cell.style] ?? "?")
      }
      out += line + "|\n"
    }
    return out + legend.joined(separator: "\n") + "\n"
  }

  static func text(_ row: [Cell]) -> String {
    var line = String.UnicodeScalarView()
    for cell in row where cell.width > 0 {
      line.append(cell.base)
      line.append(contentsOf: cell.marks)
    }
    return String(line)
  }

  private static let alphabet = Array(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

  private static func name(_ style: Style) -> String {
    var words = ["\(style.role)"]
    if style.ground != .normal { words.append("on \(style.ground)") }
    if style.isBold { words.append("bold") }
    if style.isUnderlined { words.append("underlined") }
    return words.joined(separator: " ")
  }

  /// The first line that differs, of both; `nil` when they are the same.
  static func firstDifference(_ drawn: String, _ kept: String) -> String? {
    if drawn == kept { return nil }
    let new = drawn.split(separator: "\n", omittingEmptySubsequences: false)
    let old = kept.split(separator: "\n", omittingEmptySubsequences: false)
    for index in 0..<max(new.count, old.count) {
      let left = index < old.count ? String(old[index]) : "(nothing)"
      let right = index < new.count ? String(new[index]) : "(nothing)"
      if left != right { return "line \(index + 1)\n  kept  \(left)\n  drawn \(right)" }
    }
    return nil
  }
}
