import Sessions

/// The answers of the attempts, and how many gave each.
func paintVotes(_ state: State, _ painter: inout Painter) {
  let attempts = state.reading?.session.attempts ?? []
  var tallies: [(answer: String, count: Int, isCorrect: Bool?)] = []
  for attempt in attempts {
    guard let given = attempt.answer else { continue }
    if let index = tallies.firstIndex(where: { $0.answer == given.answer }) {
      tallies[index].count += 1
    } else {
      tallies.append((given.answer, 1, given.isCorrect))
    }
  }
  tallies.sort { ($1.count, $0.answer) < ($0.count, $1.answer) }
  let area = state.panelArea(columns: 64, rows: max(tallies.count, 1) + 2)
  let inner = painter.frame(
    area, title: [Span("Votes", .title, bold: true)],
    right: [Span("\(count(attempts.count, "attempt"))", .dim)])
  let limit = inner.column + inner.columns
  guard let most = tallies.first?.count else {
    painter.popupLine(
      [Span("No attempt has given an answer yet.", .dim)], row: inner.row,
      column: inner.column, limit: limit)
    return
  }
  for (offset, tally) in tallies.prefix(inner.rows).enumerated() {
    let row = inner.row + offset
    painter.popupLine(
      [Span(oneLine(tally.answer, scalars: 60), .strong)], row: row, column: inner.column,
      limit: inner.column + 20)
    let bar = painter.bar(
      Double(tally.count) / Double(most), columns: 16, role: .number)
    painter.grid.write(bar, row: row, column: inner.column + 21, limit: limit)
    painter.popupLine(
      [
        Span(count(tally.count, "vote"), .number), Span("  ", .text),
        check(tally.isCorrect, painter),
      ],
      row: row, column: inner.column + 38, limit: limit)
  }
}

private func check(_ isCorrect: Bool?, _ painter: Painter) -> Span {
  switch isCorrect {
  case true: Span("\(painter.glyphs.correct) correct", .correct)
  case false: Span("\(painter.glyphs.incorrect) incorrect", .incorrect)
  case nil: Span("", .text)
  }
}
