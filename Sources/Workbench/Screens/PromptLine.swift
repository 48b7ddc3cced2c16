/// The line being typed, in the status line's place; problems and steps get a box of lines.
func paintPrompt(_ prompt: Prompt, _ state: State, _ painter: inout Painter) {
  if prompt.kind.isMultiline {
    paintEditor(prompt, state, &painter)
    return
  }
  let row = state.size.rows - 2
  let end = state.size.columns
  painter.clear(Area(column: 0, row: row, columns: end, rows: 1), on: .field)
  let start = painter.spans(
    [Span(" \(prompt.title) ", Style(.mode, on: .field, bold: true))], row: row, column: 0,
    limit: end * 2 / 3)
  paintLine(
    prompt.editor.characters[...], cursor: prompt.editor.cursor,
    Area(column: start, row: row, columns: end - start - 1, rows: 1), &painter)
  if prompt.editor.isEmpty {
    painter.text(
      prompt.hintWhenEmpty, Style(.dim, on: .field), row: row, column: start + 1, limit: end - 1)
  }
  let kinds = prompt.kind == .errorType ? state.settings.labelling.taxonomy.kinds : []
  paintCompletions(
    prompt.completions, helps: Dictionary(kinds.map { ($0.title, $0.help) }) { first, _ in first },
    choice: prompt.choice, above: row, from: max(start - 1, 0), &painter)
}

/// One line of text, scrolled sideways so that the cursor is in view.
private func paintLine(
  _ characters: ArraySlice<Character>, cursor: Int, _ area: Area, _ painter: inout Painter
) {
  let style = Style(.text, on: .field)
  let before = painter.gate.cells(
    String(
      characters[characters.startIndex..<(characters.startIndex + cursor)].suffix(area.columns)),
    style)
  let after = painter.gate.cells(
    String(characters[(characters.startIndex + cursor)...].prefix(area.columns)), style)
  let used = painter.columns(before)
  let room = max(area.columns - 1, 1)
  let column = area.column + min(used, room)
  painter.grid.write(
    tail(before, columns: room), row: area.row, column: column - min(used, tailWidth(before, room)),
    limit: area.column + area.columns)
  painter.grid.write(after, row: area.row, column: column, limit: area.column + area.columns)
  painter.grid.cursor = (column: column, row: area.row)
}

private func tail(_ cells: [Cell], columns: Int) -> ArraySlice<Cell> {
  var used = 0
  var start = cells.endIndex
  while start > 0, used + Int(cells[start - 1].width) <= columns {
    start -= 1
    used += Int(cells[start].width)
  }
  return cells[start...]
}

private func tailWidth(_ cells: [Cell], _ columns: Int) -> Int {
  tail(cells, columns: columns).reduce(0) { $0 + Int($1.width) }
}

private func paintCompletions(
  _ completions: [String], helps: [String: String], choice: Int?, above row: Int, from column: Int,
  _ painter: inout Painter
) {
  guard !completions.isEmpty else { return }
  let room = max(0, min(choice == nil ? 8 : 14, row - 1))
  let first = choice.map { max(0, min($0 - room + 1, completions.count - room)) } ?? 0
  let shown = completions.dropFirst(first).prefix(room)
  let width = min(
    (shown.map { word in
      painter.columns(painter.gate.cells(word + (helps[word].map { "  " + $0 } ?? ""), Style()))
    }.max() ?? 0) + 2,
    painter.grid.size.columns - column)
  for (offset, word) in shown.enumerated() {
    let place = Area(
      column: column, row: row - shown.count + offset, columns: max(width, 4), rows: 1)
    painter.clear(place, on: .popup)
    painter.popupLine(
      [Span(word, .text)] + (helps[word].map { [Span("  " + $0, .dim)] } ?? []), row: place.row,
      column: place.column + 1,
      limit: place.column + place.columns)
    if choice == first + offset {
      painter.grid.ground(.selected, row: place.row, columns: place.columnRange)
    }
  }
}

// MARK: - Several lines

private func paintEditor(_ prompt: Prompt, _ state: State, _ painter: inout Painter) {
  let wide = state.size.columns
  let text = String(prompt.editor.characters)
  let width = max(wide - 6, 1)
  let before = Array(String(prompt.editor.characters[..<prompt.editor.cursor]).utf8)
  let lines = wrapForEditing(Array(text.utf8), width: width, gate: painter.gate)
  let place = cursorPlace(byte: before.count, lines: lines)
  let rows = min(max(lines.count, 4), max(state.size.rows - 8, 3)) + 2
  let area = Area(column: 0, row: state.size.rows - 2 - rows + 1, columns: wide, rows: rows)
  let inner = painter.frame(area, title: [Span(prompt.title, .mode, bold: true)])
  let top = max(0, min(place.row - inner.rows / 2, lines.count - inner.rows))
  for (offset, line) in lines.dropFirst(top).prefix(inner.rows).enumerated() {
    let cells = line.cells.map { cell in
      var cell = cell
      cell.style.ground = .popup
      return cell
    }
    painter.grid.write(cells, row: inner.row + offset, column: inner.column)
  }
  if prompt.editor.isEmpty {
    painter.popupLine(
      [Span(prompt.hintWhenEmpty, .dim)], row: inner.row, column: inner.column + 1,
      limit: inner.column + inner.columns)
  }
  painter.grid.cursor = (
    column: min(inner.column + place.column, wide - 2),
    row: min(inner.row + place.row - top, inner.row + inner.rows - 1)
  )
}

/// As ``wrap(_:width:style:gate:)`` but keeps blanks and empty lines at the end: they are being
/// typed.
private func wrapForEditing(_ bytes: [UInt8], width: Int, gate: Gate) -> [WrappedLine] {
  var lines: [WrappedLine] = []
  var start = 0
  for paragraph in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    let (cells, offsets) = gate.cells(paragraph, Style())
    var line = WrappedLine(start: start)
    var columns = 0
    for (cell, offset) in zip(cells, offsets) {
      if columns + Int(cell.width) > width {
        lines.append(line)
        line = WrappedLine(start: start + offset)
        columns = 0
      }
      line.cells.append(cell)
      line.offsets.append(start + offset)
      columns += Int(cell.width)
    }
    lines.append(line)
    start += paragraph.count + 1
  }
  return lines.isEmpty ? [WrappedLine(start: 0)] : lines
}

private func cursorPlace(byte: Int, lines: [WrappedLine]) -> (row: Int, column: Int) {
  let row = lines.lastIndex { $0.start <= byte } ?? 0
  let line = lines[row]
  let before = line.offsets.prefix { $0 < byte }.count
  return (row, line.cells.prefix(before).reduce(0) { $0 + Int($1.width) })
}

extension Prompt {
  var title: String {
    switch kind {
    case .command: ":"
    case .search: "/"
    case .filter: "show only:"
    case .restriction: "filter by:"
    case .problem: "Problem"
    case .critic: "critique by:"
    case .solver: "solver:"
    case .round: "round from scratch, hint:"
    case .correction: "correct from step \(step?.number ?? 1), hint:"
    case .stepText: "Step \(step?.number ?? 1), as you would have it"
    case .errorType: "type of error:"
    case .reason: "Why"
    case .soleReason: "Why, as nobody said so"
    case .correctedStep: "The step as it should be; Ctrl-U clears it"
    case .exitReason: "why it is left:"
    case .ownText: "In your own words"
    case .tokenText: "instead of \(quoted(Array((token?.text ?? "").utf8))):"
    }
  }

  var hintWhenEmpty: String {
    switch kind {
    case .command, .search, .filter: ""
    case .restriction: "set: model: state: annotator: disagree:, ! before one excludes"
    case .problem: "Type or paste the problem."
    case .critic, .solver: "local, local:FILE.gguf, http://host:port or a profile's name"
    case .round, .correction: "none"
    case .stepText: "The model goes on from your text."
    case .tokenText: "any text, as it is to stand there"
    case .errorType: "type to narrow the list, Up and Down choose"
    case .reason: "One or two sentences; empty takes the reason back."
    case .soleReason: "One or two sentences; the decision stands already."
    case .correctedStep: "Empty takes the correction back."
    case .exitReason: "what is wrong with the problem, or why it cannot be judged"
    case .ownText: "Enter keeps it, rated as correct."
    }
  }
}
