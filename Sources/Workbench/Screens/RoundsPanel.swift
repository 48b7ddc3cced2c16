import Sessions

/// Attempts side by side.
func paintRounds(top: Int, _ state: State, _ painter: inout Painter) {
  let area = state.panelArea(columns: state.size.columns, rows: state.size.rows - 3)
  _ = painter.frame(area, title: [Span("Rounds", .title, bold: true)])
}
