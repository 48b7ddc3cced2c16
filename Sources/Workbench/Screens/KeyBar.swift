/// The keys of the mode in force, most useful first, as many as fit.
func paintKeyBar(_ state: State, _ painter: inout Painter) {
  let row = state.size.rows - 1
  let end = state.size.columns
  painter.clear(Area(column: 0, row: row, columns: end, rows: 1))
  let hints =
    state.prompt.map { promptHints($0) }
    ?? keyHints(state.mode, state.bindings, onToken: state.reading?.tokenByte != nil)
    .filter { state.panel?.has($0.action) ?? true }
  var column = 1
  for hint in hints {
    let cells = painter.cells([
      Span(hint.key, .key, bold: true), Span(" " + hint.label, .keyLabel),
    ])
    guard column + painter.columns(cells) <= end else { continue }
    column = painter.grid.write(cells, row: row, column: column) + 2
  }
}

struct KeyHint: Equatable {
  var key: String
  var label: String
  /// `nil` for keys of a line being typed.
  var action: Action?
}

extension Panel {
  /// Whether there is something to choose, rather than only to look at.
  private var opens: Bool {
    switch self {
    case .help, .otherTokens, .models, .reflecting, .whatIf, .exits, .rating(.candidates, _): true
    case .tokenDetail, .rounds, .votes, .reflection, .judging, .guidelines, .rating: false
    }
  }

  /// Whether the action does something in this panel; `nil` stands for keys of other tables.
  fileprivate func has(_ action: Action?) -> Bool {
    switch action {
    case .compareControls: if case .reflection = self { true } else { false }
    case .nextRegion, .allAttempts: if case .whatIf = self { true } else { false }
    case .markIncorrect, .markNeutral, .markCorrect, .markUnsure:
      switch self {
      // A question lists its keys itself: there they mean other words.
      case .rating: true
      default: false
      }
    case .alternatives: if case .rating(.candidates, _) = self { true } else { false }
    case .ownText: if case .rating = self { true } else { false }
    case .filter: if case .help = self { true } else { false }
    case .open: opens
    default: true
    }
  }
}

/// Labels of the command table with the keys bound to them now; help and back are never last.
///
/// With a token chosen, what can be done with it comes first.
func keyHints(_ mode: Mode, _ bindings: KeyBindings, onToken: Bool = false) -> [KeyHint] {
  var seen: Set<Action> = []
  let commands = Command.all.filter {
    $0.modes.contains(mode) && $0.label != nil && seen.insert($0.action).inserted
  }
  let order = (onToken ? [.takeToken] : []) + prominence(mode)
  let sorted = commands.enumerated().sorted { left, right in
    let places = [left, right].map { order.firstIndex(of: $0.element.action) ?? order.count }
    return (places[0], left.offset) < (places[1], right.offset)
  }
  return sorted.compactMap { _, command in
    guard let key = bindings.keys(for: command.action, in: mode).first,
      let label = command.label
    else { return nil }
    return KeyHint(key: key.name, label: label, action: command.action)
  }
}

/// What one reaches for first in each mode; the rest follows in the table's order.
private func prominence(_ mode: Mode) -> [Action] {
  switch mode {
  case .home: [.open, .newProblem, .models, .filter, .help]
  case .read:
    [
      .critique, .round, .correct, .overlay, .help, .replay, .annotate, .reflecting, .whatIf,
      .search, .rounds, .nextMarker,
    ]
  case .label:
    [
      .markIncorrect, .markNeutral, .markCorrect, .markUnsure, .firstError, .noError, .errorType,
      .help,
      .reason, .undo, .inspect, .guidelines,
    ]
  case .replay: [.playPause, .eventForward, .faster, .nextMarker, .branch, .help, .replay]
  case .panel: [.open, .filter, .back, .help]
  }
}

/// Keys of the line being typed; they are the editor's own and cannot be moved.
private func promptHints(_ prompt: Prompt) -> [KeyHint] {
  var hints = [KeyHint(key: "Enter", label: prompt.verb)]
  if prompt.kind.isMultiline { hints.append(KeyHint(key: "Ctrl-J", label: "new line")) }
  hints.append(KeyHint(key: "Esc", label: "cancel"))
  switch prompt.kind {
  case .command, .critic, .solver, .restriction:
    hints.append(KeyHint(key: "Tab", label: "complete"))
  case .correction: hints.append(KeyHint(key: "Tab", label: "edit the step"))
  default: break
  }
  if !prompt.kind.isMultiline, prompt.kind != .errorType {
    hints.append(KeyHint(key: "Up", label: "earlier"))
  }
  hints.append(KeyHint(key: "Ctrl-X Ctrl-E", label: "your editor"))
  return hints
}

extension Prompt {
  /// What Enter does.
  fileprivate var verb: String {
    switch kind {
    case .command, .critic, .round, .correction: "run"
    case .solver: "connect"
    case .search: "find"
    case .filter, .restriction: "keep"
    case .problem: "solve"
    case .stepText, .tokenText: "go on from it"
    case .errorType: "take it"
    case .reason, .soleReason, .correctedStep, .ownText: "keep"
    case .exitReason: "leave the chain"
    }
  }
}
