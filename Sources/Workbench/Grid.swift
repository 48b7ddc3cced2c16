/// What a piece of the screen is for; a theme turns it into colours and attributes.
///
/// A state is never told by its role alone: each also has a glyph and a word.
package enum Role: UInt8, Sendable, CaseIterable {
  case text, dim, strong, title, border, borderFocused
  case key, keyLabel, mode, notice, warning, error
  /// Bars and values by confidence: below 0.4, below 0.7, and above.
  case confidenceLow, confidenceMiddle, confidenceHigh, barTrack
  case correct, incorrect, neutral, unsure
  case thinking, number, match, matchCurrent, marker, threshold
  /// The probability overlay: under 0.7, 0.4, 0.15 and 0.02. Above 0.7 text stays plain.
  case doubt1, doubt2, doubt3, doubt4
  /// The entropy overlay, rising.
  case entropy1, entropy2, entropy3, entropy4
  case kept, reworded, added, dropped
  /// A control character or broken byte made visible.
  case foreign
  case live, replay, stopped
}

/// What lies behind the text.
package enum Ground: UInt8, Sendable, CaseIterable {
  case normal, selected, token, bar, popup, field
}

package struct Style: Hashable, Sendable {
  package var role: Role
  package var ground: Ground
  package var isBold: Bool
  package var isUnderlined: Bool
  package init(
    _ role: Role = .text, on ground: Ground = .normal, bold: Bool = false, underlined: Bool = false
  ) {
    self.role = role
    self.ground = ground
    isBold = bold
    isUnderlined = underlined
  }
}

/// One character cell: a scalar, up to four combining scalars, and how to draw it.
package struct Cell: Equatable, Sendable {
  package var base: Unicode.Scalar
  /// Empty for nearly every cell.
  package var marks: [Unicode.Scalar]
  package var style: Style
  /// 1 or 2 columns; 0 for the right half of a wide cell, which draws nothing.
  package var width: UInt8

  package static let blank = Cell(base: " ", marks: [], style: Style(), width: 1)

  package init(base: Unicode.Scalar, marks: [Unicode.Scalar] = [], style: Style, width: UInt8) {
    self.base = base
    self.marks = marks
    self.style = style
    self.width = width
  }
}

/// A screen full of cells, drawn by value and compared by row.
package struct Grid: Equatable, Sendable {
  package let size: Size
  package private(set) var rows: [[Cell]]
  /// Where the terminal's cursor is shown; hidden when `nil`.
  package var cursor: (column: Int, row: Int)?

  package init(size: Size) {
    self.size = Size(columns: max(size.columns, 0), rows: max(size.rows, 0))
    rows = Array(
      repeating: Array(repeating: .blank, count: self.size.columns), count: self.size.rows)
  }

  package static func == (left: Grid, right: Grid) -> Bool {
    left.size == right.size && left.rows == right.rows
      && left.cursor?.column == right.cursor?.column && left.cursor?.row == right.cursor?.row
  }

  /// Writes cells from `column` rightwards, clipped to `limit` (one past the last column).
  ///
  /// The one place that writes cells. A wide cell that would be cut in half becomes a blank, on
  /// either side. Returns the column after the last cell written.
  @discardableResult
  package mutating func write(
    _ cells: some Sequence<Cell>, row: Int, column: Int, limit: Int? = nil
  ) -> Int {
    guard rows.indices.contains(row) else { return column }
    let end = min(limit ?? size.columns, size.columns)
    var column = column
    for cell in cells where cell.width > 0 {
      let width = Int(cell.width)
      if column >= end { break }
      if column < 0 {
        column += width
        if column > 0, end > 0 {
          put(Cell(base: " ", style: cell.style, width: 1), row: row, column: 0)
        }
        continue
      }
      if width == 2, column + 1 >= end {
        put(Cell(base: " ", style: cell.style, width: 1), row: row, column: column)
        return column + 1
      }
      put(cell, row: row, column: column)
      column += width
    }
    return column
  }

  private mutating func put(_ cell: Cell, row: Int, column: Int) {
    // Overwriting half of a wide cell leaves the other half a blank.
    if rows[row][column].width == 0, column > 0 {
      rows[row][column - 1] = Cell(base: " ", style: rows[row][column - 1].style, width: 1)
    }
    let last = column + Int(cell.width) - 1
    if last + 1 < size.columns, rows[row][last + 1].width == 0 {
      rows[row][last + 1] = Cell(base: " ", style: rows[row][last + 1].style, width: 1)
    }
    rows[row][column] = cell
    if cell.width == 2 { rows[row][column + 1] = Cell(base: " ", style: cell.style, width: 0) }
  }

  /// Sets the ground of a run of cells and leaves their text.
  package mutating func ground(_ ground: Ground, row: Int, columns: Range<Int>) {
    guard rows.indices.contains(row) else { return }
    for column in columns.clamped(to: 0..<size.columns) { rows[row][column].style.ground = ground }
  }
}
