import Sessions

/// How far the panes around the chain can be scrolled: the line at their top when their last line
/// is in view.
extension State {
  package var problemBottom: Int {
    guard let reading, let area = SessionLayout(self).problem else { return 0 }
    let lines = wrap(
      Array(reading.session.problem.text.utf8),
      width: reading.session.problem.textWidth(columns: area.columns),
      gate: settings.gate)
    return max(0, lines.count - area.rows)
  }

  package var criticBottom: Int {
    guard let reading, let area = SessionLayout(self).critic else { return 0 }
    if reading.labelling != nil {
      let screen = SessionScreen(state: asShown, reading: asShown.reading ?? reading)
      let lines = LabelPane(screen: screen).lines(width: max(area.columns - 2, 1), Painter(self))
      return max(0, lines.count - area.rows)
    }
    guard let critique = reading.critique else { return 0 }
    let text = CriticText(
      critique: critique, reading: reading, width: area.columns - 2, gate: settings.gate,
      glyphs: settings.glyphs)
    return max(0, text.lineCount - area.rows)
  }
}
