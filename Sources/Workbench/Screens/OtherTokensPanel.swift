import Engine
import Sessions

/// What could stand in the chosen token's place: the model goes on from what is chosen.
func paintOtherTokens(selection: Int, _ state: State, _ painter: inout Painter) {
  guard let token = state.chosenToken else { return paintTokenDetail(state, &painter) }
  let area = state.panelArea(columns: 64, rows: token.alternatives.count + 7)
  let key = state.bindings.keys(for: .open, in: .panel).first?.name ?? "Enter"
  let inner = painter.frame(
    area, title: [Span("Another token", .title, bold: true)],
    right: [Span("\(key) goes on from it", .dim)])
  let limit = inner.column + inner.columns
  painter.popupLine(
    [Span("instead of ", .dim), Span(quoted(token.bytes), .strong, bold: true)] + sure(token),
    row: inner.row, column: inner.column, limit: limit)
  let list = Area(
    column: inner.column, row: inner.row + 2, columns: inner.columns, rows: inner.rows - 3)
  let count = token.alternatives.count + 1
  let top = max(0, min(selection - list.rows / 2, count - list.rows))
  for (offset, index) in (top..<count).prefix(list.rows).enumerated() {
    let row = list.row + offset
    paintOther(index, of: token, isSelected: index == selection, row: row, list, &painter)
    if index == selection {
      painter.grid.ground(.selected, row: row, columns: list.columnRange)
    }
  }
  painter.popupLine(
    [Span(hint(state, token), .dim)], row: inner.row + inner.rows - 1, column: inner.column,
    limit: limit)
}

private func sure(_ token: Token) -> [Span] {
  guard let logProbability = token.logProbability else { return [] }
  let probability = exponential(Double(logProbability))
  return [
    Span("  probability ", .dim),
    Span(probability.formatted(places: 4), confidenceRole(probability)),
  ]
}

private func paintOther(
  _ index: Int, of token: Token, isSelected: Bool, row: Int, _ area: Area,
  _ painter: inout Painter
) {
  let limit = area.column + area.columns
  let mark = Span(isSelected ? "\(painter.glyphs.selected) " : "  ", .strong)
  guard token.alternatives.indices.contains(index) else {
    painter.popupLine(
      [mark, Span("type your own", .notice)], row: row, column: area.column, limit: limit)
    return
  }
  let alternative = token.alternatives[index]
  let isWritten = alternative.bytes == token.bytes
  let words = alternative.bytes.isEmpty ? "(ends the answer)" : quoted(alternative.bytes)
  painter.popupLine(
    [mark, Span(words, .text, bold: isSelected), Span(isWritten ? "  as written" : "", .dim)],
    row: row, column: area.column, limit: area.column + 26)
  paintShare(
    exponential(Double(alternative.logProbability)), row: row, column: area.column + 27,
    limit: limit, &painter)
}

private func hint(_ state: State, _ token: Token) -> String {
  let keys = [Action.previousToken, .nextToken].compactMap {
    state.bindings.keys(for: $0, in: .panel).first?.name
  }
  let moving = keys.isEmpty ? "" : "\(keys.joined(separator: " ")): another place"
  guard token.alternatives.isEmpty else { return moving }
  return ["no alternatives were sent with this token", moving].filter { !$0.isEmpty }
    .joined(separator: "; ")
}
