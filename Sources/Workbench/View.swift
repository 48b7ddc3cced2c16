/// The whole screen as cells.
///
/// Reads the state; starts and remembers nothing.
package func view(_ state: State) -> Grid {
  let state = state.asShown
  var painter = Painter(state)
  guard state.size.columns > 0, state.size.rows > 0 else { return painter.grid }
  let smallest = SessionLayout.smallest
  if state.size.columns < smallest.columns || state.size.rows < smallest.rows {
    let sentence = "Make this window \(smallest.columns)x\(smallest.rows) or larger."
    let lines = wrap(
      Array(sentence.utf8), width: state.size.columns, style: Style(.strong), gate: painter.gate)
    for (row, line) in lines.prefix(state.size.rows).enumerated() {
      painter.grid.write(line.cells, row: row, column: 0)
    }
    return painter.grid
  }
  if state.screen == .session, let reading = state.reading {
    SessionScreen(state: state, reading: reading).paint(&painter)
  } else {
    HomeScreen(state: state).paint(&painter)
  }
  paintStatusLine(state, &painter)
  paintKeyBar(state, &painter)
  if let panel = state.panel { paintPanel(panel, state, &painter) }
  if let prompt = state.prompt { paintPrompt(prompt, state, &painter) }
  return painter.grid
}

private func paintPanel(_ panel: Panel, _ state: State, _ painter: inout Painter) {
  switch panel {
  case .help(let help): paintHelp(help, state, &painter)
  case .tokenDetail: paintTokenDetail(state, &painter)
  case .otherTokens(let selection): paintOtherTokens(selection: selection, state, &painter)
  case .rounds(let top): paintRounds(top: top, state, &painter)
  case .votes: paintVotes(state, &painter)
  case .models(let selection): paintModels(selection: selection, state, &painter)
  case .reflecting(let selection): paintReflecting(selection: selection, state, &painter)
  case .reflection(let id, let top): paintReflection(id, top: top, state, &painter)
  case .whatIf(let whatIf): paintWhatIf(whatIf, state, &painter)
  case .judging(let question): paintQuestion(question, state, &painter)
  case .exits(let selection): paintExits(selection: selection, state, &painter)
  case .rating(let texts, let selection): paintRating(texts, selection: selection, state, &painter)
  case .guidelines(let top): paintGuidelines(top: top, state, &painter)
  }
}
