import Engine
import Sessions

/// Solver and critic, what each can do, and the servers that answer.
func paintModels(selection: Int, _ state: State, _ painter: inout Painter) {
  let servers = state.home.servers
  let area = state.panelArea(columns: 78, rows: 18 + servers.count)
  let inner = painter.frame(
    area, title: [Span("Models", .title, bold: true)], right: [Span("Enter changes", .dim)])
  let limit = inner.column + inner.columns
  var row = inner.row
  for (index, role) in ModelRole.allCases.enumerated() where row < inner.row + inner.rows {
    let isSelected = index == selection
    let mark = isSelected ? String(painter.glyphs.selected) : " "
    painter.popupLine(
      [Span("\(mark) \(role.rawValue)  ", .strong, bold: true)] + status(role, state), row: row,
      column: inner.column, limit: limit)
    if isSelected { painter.grid.ground(.selected, row: row, columns: inner.columnRange) }
    row += 1
  }
  for (index, server) in servers.enumerated() where row < inner.row + inner.rows {
    let isSelected = index + ModelRole.allCases.count == selection
    let mark = isSelected ? String(painter.glyphs.selected) : " "
    painter.popupLine(
      [Span("\(mark) found   ", .strong), Span(server, .text), Span(" answers", .dim)], row: row,
      column: inner.column, limit: limit)
    if isSelected { painter.grid.ground(.selected, row: row, columns: inner.columnRange) }
    row += 1
  }
  row += 1
  let role: ModelRole = selection == 1 ? .critic : .solver
  guard case .connected(_, let description) = state.models[role] else { return }
  for fact in capabilityFacts(description) where row < inner.row + inner.rows {
    painter.popupLine([Span(fact.0, .dim)], row: row, column: inner.column + 2, limit: limit)
    painter.popupLine(
      [fact.1], row: row, column: inner.column + 26, limit: limit)
    row += 1
  }
}

private func status(_ role: ModelRole, _ state: State) -> [Span] {
  switch state.models[role] {
  case .connected(let spec, let description):
    return [
      Span(description.model, .text), Span("  \(description.capabilities.badge)", .notice),
      Span("  \(spec)", .dim),
    ]
  case .connecting(let spec): return [Span("\(spec): asking ...", .notice)]
  case .failed(let spec, let sentence): return [Span("\(spec): \(sentence)", .error)]
  case nil:
    let chosen = role == .solver ? state.settings.solver : state.settings.critic
    return [Span(chosen ?? (role == .critic ? "the solver itself" : "none yet"), .dim)]
  }
}

private func capabilityFacts(_ description: ModelDescription) -> [(String, Span)] {
  let can = description.capabilities
  func yes(_ claim: Bool, _ more: String = "") -> Span {
    claim ? Span("yes" + more, .correct) : Span("no", .dim)
  }
  var facts: [(String, Span)] = [
    ("dialect", Span(description.dialect, .text)),
    ("endpoint", Span(description.endpoint ?? "none: it runs here", .text)),
    ("streaming", yes(can.streaming)),
    ("log-probabilities", yes(can.logProbabilities)),
    ("alternatives a token", Span(can.alternatives > 0 ? "\(can.alternatives)" : "none", .text)),
    ("going on from a partial", Span(continuation(can.continuation), .text)),
    ("thinking kept apart", yes(can.thinking)),
    ("true token bytes", yes(can.trueBytes)),
    ("token ids", yes(can.tokenIDs)),
    ("scoring a given text", yes(can.scoring)),
    (
      "calls at once",
      Span(can.slots.map(String.init) ?? "unknown", can.slots == nil ? .dim : .text)
    ),
  ]
  if let size = can.vocabularySize { facts.append(("vocabulary", Span("\(size) tokens", .text))) }
  for fallback in description.fallbacks { facts.append(("instead", Span(fallback, .warning))) }
  return facts
}

private func continuation(_ way: Capabilities.Continuation) -> String {
  switch way {
  case .exact: "exact: the text goes into the prompt byte for byte"
  case .template: "by the server's chat template"
  case .quoted: "quoted in a message: the model may reword it"
  }
}
