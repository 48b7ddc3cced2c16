/// A line of a panel, ready to be written.
struct PanelLine: Equatable {
  var cells: [Cell] = []
  var isSelected = false

  init(_ cells: [Cell] = [], isSelected: Bool = false) {
    self.cells = cells
    self.isSelected = isSelected
  }
}

extension Painter {
  /// Writes the lines from `top` on, or from where the last one is still at the bottom.
  mutating func paint(_ lines: [PanelLine], top: Int, _ inner: Area) {
    let first = max(0, min(top, lines.count - inner.rows))
    for (offset, line) in lines.dropFirst(first).prefix(inner.rows).enumerated() {
      let row = inner.row + offset
      let cells = fit(line.cells, to: inner.columns).map { cell in
        var cell = cell
        cell.style.ground = .popup
        return cell
      }
      grid.write(cells, row: row, column: inner.column, limit: inner.column + inner.columns)
      if line.isSelected { grid.ground(.selected, row: row, columns: inner.columnRange) }
    }
  }

  /// Pieces side by side, each cut or filled up to its columns; the last may have none.
  func columns(_ pieces: [(columns: Int?, spans: [Span])]) -> [Cell] {
    pieces.flatMap { piece in
      guard let columns = piece.columns else { return cells(piece.spans) }
      return padded(cells(piece.spans), to: columns)
    }
  }

  func padded(_ cells: [Cell], to columns: Int) -> [Cell] {
    // What is cut keeps a blank before its neighbour.
    let fitted = self.columns(cells) <= columns ? cells : fit(cells, to: max(columns - 1, 0))
    let missing = max(0, columns - self.columns(fitted))
    return fitted + repeatElement(Cell.blank, count: missing)
  }

  /// The same, with the text at the right end.
  func right(_ spans: [Span], columns: Int) -> [Cell] {
    let fitted = fit(cells(spans), to: columns)
    return repeatElement(Cell.blank, count: max(0, columns - self.columns(fitted))) + fitted
  }

  /// Columns as tall as the values, against `full`; the last of them where there is no room.
  func sparkline(_ values: [Double], full: Double, columns: Int, role: Role) -> [Cell] {
    let levels = glyphs.columns
    return values.suffix(max(columns, 0)).flatMap { value -> [Cell] in
      guard value.isFinite else { return cells([Span(String(glyphs.unknown), .dim)]) }
      let share = full > 0 ? value / full : 0
      let level = min(levels.count - 1, max(0, Int(min(max(share, 0), 1) * Double(levels.count))))
      return cells([Span(String(levels[level]), role)])
    }
  }
}
