/// The live key table: this mode's keys first; two columns where there is room.
func paintHelp(_ help: Panel.Help, _ state: State, _ painter: inout Painter) {
  let items = state.helpItems(for: help)
  let area = state.panelArea(columns: state.size.columns, rows: state.size.rows - 3)
  var title = [Span("Help", .title, bold: true)]
  title.append(Span(painter.dot + "keys in \(help.mode.title)", .text))
  if !help.filter.isEmpty { title.append(Span(painter.dot + "with \"\(help.filter)\"", .notice)) }
  let open = state.bindings.keys(for: .open, in: .panel).first?.name ?? "Enter"
  let inner = painter.frame(
    area, title: title, right: [Span("\(open) does the chosen row", .dim)])
  guard inner.rows > 0 else { return }
  if items.isEmpty {
    painter.popupLine(
      [Span("No key does that.", .warning)], row: inner.row, column: inner.column,
      limit: inner.column + inner.columns)
    return
  }
  let rows = helpRows(items, mode: help.mode)
  let columnCount = inner.columns >= 100 ? 2 : 1
  let chosen = rows.firstIndex { $0.item == help.selection } ?? 0
  let perPage = inner.rows * columnCount
  let top = max(0, min(chosen - perPage / 2, rows.count - perPage))
  let width = inner.columns / columnCount
  for (offset, row) in rows.dropFirst(top).prefix(perPage).enumerated() {
    let place = Area(
      column: inner.column + offset / inner.rows * width, row: inner.row + offset % inner.rows,
      columns: width - (columnCount > 1 ? 2 : 0), rows: 1)
    paint(row, items, help, state.bindings, place, &painter)
  }
}

/// A heading, or the place of an item.
private struct HelpRow {
  var heading: String?
  var item: Int?
}

private func helpRows(_ items: [Command], mode: Mode) -> [HelpRow] {
  var rows: [HelpRow] = []
  var last: Mode?
  for (index, item) in items.enumerated() {
    let home = item.mode(preferring: mode)
    if home != last {
      let words = home == mode ? "here, in \(home.title)" : "in \(home.title)"
      rows.append(HelpRow(heading: words))
      last = home
    }
    rows.append(HelpRow(item: index))
  }
  return rows
}

private func paint(
  _ row: HelpRow, _ items: [Command], _ help: Panel.Help, _ bindings: KeyBindings, _ place: Area,
  _ painter: inout Painter
) {
  let end = place.column + place.columns
  if let heading = row.heading {
    painter.popupLine(
      [Span(heading, .title, bold: true)], row: place.row, column: place.column, limit: end)
  }
  guard let index = row.item, items.indices.contains(index) else { return }
  let item = items[index]
  let isSelected = index == help.selection
  let mark = isSelected ? String(painter.glyphs.selected) : " "
  let bound = bindings.keys(for: item.action, in: item.mode(preferring: help.mode))
  let keys = bound.count > 4 ? range(of: bound) : bound.map(\.name).joined(separator: " ")
  painter.popupLine(
    [Span(mark + " ", .strong), Span(keys, .key, bold: true)], row: place.row,
    column: place.column, limit: place.column + 16)
  painter.popupLine(
    [Span(item.help, .text)], row: place.row, column: place.column + 17, limit: end)
  if isSelected { painter.grid.ground(.selected, row: place.row, columns: place.columnRange) }
}

/// `0 to 9` for a run of keys.
private func range(of keys: [Key]) -> String {
  guard let first = keys.first, let last = keys.last else { return "" }
  return "\(first.name) to \(last.name)"
}
