import Engine
import Sessions

/// Methods, controls, rules and numbers of reflection, with what is in force.
func paintReflecting(selection: Int, _ state: State, _ painter: inout Painter) {
  let choices = state.reflectingChoices
  let model = state.solverDescription
  var lines: [PanelLine] = []
  var last: State.ReflectingChoice.Section?
  for (index, choice) in choices.enumerated() {
    if choice.section != last {
      if last != nil { lines.append(PanelLine()) }
      lines.append(
        PanelLine(painter.cells([Span(heading(choice.section, state), .title, bold: true)])))
      last = choice.section
    }
    let isSelected = index == selection
    lines.append(
      PanelLine(row(choice, isSelected: isSelected, model, state, painter), isSelected: isSelected))
  }
  let open = state.bindings.keys(for: .open, in: .panel).first?.name ?? "Enter"
  let inner = painter.frame(
    state.panelArea(columns: 92, rows: lines.count + 2),
    title: [
      Span("Reflection", .title, bold: true), Span(painter.dot, .dim), inForce(state),
    ], right: [Span("\(open) chooses", .dim)])
  let chosen = lines.firstIndex(where: \.isSelected) ?? 0
  painter.paint(lines, top: chosen - inner.rows / 2, inner)
}

private func inForce(_ state: State) -> Span {
  state.settings.reflection.method.map { Span($0.title, .notice) } ?? Span("none in force", .dim)
}

private func heading(_ section: State.ReflectingChoice.Section, _ state: State) -> String {
  switch section {
  case .methods: "methods"
  case .controls: "controls, to measure a gain against"
  case .rule: "rule: when to stop"
  case .thresholds: "thresholds, from"
  case .numbers: "numbers, in force"
  }
}

private func row(
  _ choice: State.ReflectingChoice, isSelected: Bool, _ model: ModelDescription?, _ state: State,
  _ painter: Painter
) -> [Cell] {
  let isInForce = state.isInForce(choice)
  let mark = isSelected ? "\(painter.glyphs.selected) " : "  "
  let (name, help, isPossible) = words(choice, model, state)
  let chosen = Span(isInForce ? "\(painter.glyphs.correct) " : "  ", .correct, bold: true)
  let role: Role = isPossible ? .text : .dim
  return painter.columns([
    (2, [Span(mark, .strong)]), (2, [chosen]),
    (18, [Span(name, isInForce ? .strong : role, bold: isInForce)]),
    (nil, [Span(help, isPossible ? .text : .dim)]),
  ])
}

private func words(
  _ choice: State.ReflectingChoice, _ model: ModelDescription?, _ state: State
) -> (name: String, help: String, isPossible: Bool) {
  let reflection = state.settings.reflection
  let reflecting = state.reflectingModel
  switch choice {
  case .method(nil): return ("none", "the text as the model writes it", true)
  case .method(let method?):
    let obstacle = method.briefObstacle(on: model)
    return (method.rawValue, obstacle ?? method.help, obstacle == nil)
  case .rule(nil): return ("auto", "what the method asks for", true)
  case .rule(let rule?): return (rule.rawValue, rule.help, true)
  case .thresholds(published: true):
    return ("published", thresholds(.published), true)
  case .thresholds(published: false):
    let own = reflecting?.profile?.reflection?.threshold
    return (
      "profile", own.map { thresholds($0) } ?? "none measured for this model", own != nil
    )
  case .number(let number):
    let value = reflection.value(.number(number), for: reflecting)
    return ("\(number.rawValue)", "\(value)  \(number.help)", true)
  }
}

private func thresholds(_ threshold: AdaptiveThreshold) -> String {
  TriggerRule.adaptive(threshold).numbers
    .map { "\($0.0.rawValue) \($0.0.plain($0.1))" }
    .joined(separator: "  ")
}
