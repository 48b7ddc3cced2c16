extension Painter {
  /// A framed box over what is on screen; returns the room inside.
  mutating func frame(_ area: Area, title: [Span], right: [Span] = []) -> Area {
    clear(area, on: .popup)
    let end = area.column + area.columns
    let last = area.row + area.rows - 1
    let style = Style(.borderFocused, on: .popup)
    for row in [area.row, last] {
      text(
        String(repeating: glyphs.horizontal, count: area.columns), style, row: row,
        column: area.column, limit: end)
    }
    for row in area.rowRange {
      text(String(glyphs.vertical), style, row: row, column: area.column, limit: end)
      text(String(glyphs.vertical), style, row: row, column: end - 1, limit: end)
    }
    let corners: [(Character, Int, Int)] = [
      (glyphs.topLeft, area.row, area.column), (glyphs.topRight, area.row, end - 1),
      (glyphs.bottomLeft, last, area.column), (glyphs.bottomRight, last, end - 1),
    ]
    for (corner, row, column) in corners {
      text(String(corner), style, row: row, column: column, limit: column + 1)
    }
    let blank = Span(" ", style)
    let after = spans(
      [blank] + title.map { onPopup($0) } + [blank], row: area.row, column: area.column + 2,
      limit: end - 2)
    if !right.isEmpty, end - after > 8 {
      self.right(
        [blank] + right.map { onPopup($0) } + [blank], row: area.row, from: after + 1,
        limit: end - 2)
    }
    return Area(
      column: area.column + 2, row: area.row + 1, columns: area.columns - 4, rows: area.rows - 2)
  }

  private func onPopup(_ span: Span) -> Span {
    var span = span
    span.style.ground = .popup
    return span
  }

  /// A line inside a box, on the box's ground.
  @discardableResult
  mutating func popupLine(
    _ spans: [Span], row: Int, column: Int, limit: Int
  ) -> Int {
    self.spans(spans.map { onPopup($0) }, row: row, column: column, limit: limit)
  }
}

extension State {
  /// Where panels stand: over everything but the title, status line and key bar.
  func panelArea(columns wanted: Int, rows wantedRows: Int) -> Area {
    let columns = min(wanted, size.columns)
    let rows = min(wantedRows, size.rows - 3)
    return Area(
      column: (size.columns - columns) / 2, row: 1 + (size.rows - 3 - rows) / 2,
      columns: columns, rows: rows)
  }
}
