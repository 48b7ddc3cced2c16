import Engine
import Sessions

/// Solver and critic, what may stand in for each, and what the chosen one can do.
func paintModels(selection: Int, _ state: State, _ painter: inout Painter) {
  let choices = state.modelChoices
  let role = choices.indices.contains(selection) ? choices[selection].role : .solver
  let facts = facts(of: role, state)
  let area = state.panelArea(columns: 78, rows: choices.count + facts.count + 7)
  let open = state.bindings.keys(for: .open, in: .panel).first?.name ?? "Enter"
  let inner = painter.frame(
    area, title: [Span("Models", .title, bold: true)],
    right: [Span("\(open) chooses", .dim)])
  let limit = inner.column + inner.columns
  var lines: [(spans: [Span], isSelected: Bool)] = []
  var last: ModelRole?
  for (index, choice) in choices.enumerated() {
    if choice.role != last {
      if last != nil { lines.append(([], false)) }
      let heading = Span(choice.role.rawValue + "  ", .title, bold: true)
      lines.append(([heading] + status(choice.role, state), false))
      last = choice.role
    }
    let isSelected = index == selection
    let mark = isSelected ? String(painter.glyphs.selected) : " "
    lines.append(([Span("\(mark) ", .strong)] + spans(choice, state), isSelected))
  }
  lines.append(([], false))
  lines += facts.map { ($0, false) }
  let chosen = lines.firstIndex { $0.isSelected } ?? 0
  let top = max(0, min(chosen - inner.rows / 2, lines.count - inner.rows))
  for (offset, line) in lines.dropFirst(top).prefix(inner.rows).enumerated() {
    let row = inner.row + offset
    painter.popupLine(line.spans, row: row, column: inner.column, limit: limit)
    if line.isSelected { painter.grid.ground(.selected, row: row, columns: inner.columnRange) }
  }
}

extension State.ModelChoice {
  fileprivate var role: ModelRole {
    switch self {
    case .use(_, let role), .type(let role): role
    }
  }
}

private func spans(_ choice: State.ModelChoice, _ state: State) -> [Span] {
  switch choice {
  case .type: return [Span("type another", .dim)]
  case .use(let spec, let role):
    let current = role == .solver ? state.settings.solver : state.settings.critic
    let isFound = state.home.servers.contains(spec)
    let kind =
      spec == Settings.embedded
      ? "  comes with the program, runs here" : isFound ? "  answers" : "  profile"
    return [
      Span(spec, .text), Span(kind, .dim),
      Span(spec == current ? "  in use" : "", .notice),
    ]
  }
}

/// Names and values, two columns.
private func facts(of role: ModelRole, _ state: State) -> [[Span]] {
  guard case .connected(_, let description) = state.models[role] else { return [] }
  return capabilityFacts(description, state.settings).map { name, value in
    let padding = String(repeating: " ", count: max(1, 26 - name.utf8.count))
    return [Span("  " + name + padding, .dim), value]
  }
}

private func status(_ role: ModelRole, _ state: State) -> [Span] {
  switch state.models[role] {
  case .connected(let spec, let description):
    return [
      Span(description.model, .text), Span("  \(description.badge)", .notice),
      Span("  \(spec)", .dim),
    ]
  case .connecting(let spec, let fraction):
    return [Span(connectingWords(spec, fraction, Painter(state)), .notice)]
  case .failed(let spec, let sentence): return [Span("\(spec): \(sentence)", .error)]
  case nil:
    let chosen = role == .solver ? state.settings.solver : state.settings.critic
    let isSolver = role == .critic && state.settings.solver != nil
    return [Span(chosen ?? (isSolver ? "the solver" : "none yet"), .dim)]
  }
}

private func capabilityFacts(
  _ description: ModelDescription, _ settings: Settings
) -> [(String, Span)] {
  let can = description.capabilities
  func yes(_ claim: Bool, _ more: String = "") -> Span {
    claim ? Span("yes" + more, .correct) : Span("no", .dim)
  }
  var facts: [(String, Span)] = [
    ("dialect", Span(description.dialect, .text)),
    ("endpoint", Span(description.endpoint ?? "none: it runs here", .text)),
    ("prompt set", Span(promptWords(description, settings), .text)),
    ("calibrated bars", calibration(description.profile)),
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
  if can.hiddenStates { facts.append(("hidden states", yes(true))) }
  for fallback in description.fallbacks { facts.append(("instead", Span(fallback, .warning))) }
  return facts
}

private func promptWords(_ description: ModelDescription, _ settings: Settings) -> String {
  let name = settings.promptSet(for: description)
  if settings.prompts != nil { return "\(name), as you set it" }
  return name + (description.profile?.prompts == nil ? ", for chat models" : ", by its profile")
}

private func calibration(_ profile: ModelProfile?) -> Span {
  guard let calibration = profile?.calibration else { return Span("no", .dim) }
  let name = Signal(rawValue: calibration.signal)?.name ?? calibration.signal
  return Span(
    "\(name), on \(count(calibration.steps, "step")) of \(count(calibration.problems, "problem"))",
    .text)
}

private func continuation(_ way: Capabilities.Continuation) -> String {
  switch way {
  case .exact: "exact, byte for byte"
  case .template: "by the server's chat template"
  case .quoted: "quoted in a message: the model may reword it"
  }
}
