import Engine
import Sessions

/// What other values of one number would have made of the text: a table, and the curve of
/// triggers against wrong steps caught.
func paintWhatIf(_ whatIf: WhatIf, _ state: State, _ painter: inout Painter) {
  let attempts = state.reading?.session.attempts.count ?? 0
  let scope =
    whatIf.coversAll
    ? "all \(count(whatIf.attempts, "attempt"))"
    : state.reading?.attempt.map { "attempt \($0.id)" } ?? "no attempt"
  let lines = WhatIfText(whatIf, state, painter)
  let area = state.panelArea(columns: 92, rows: 8)
  let absence = whatIf.isMeasured ? [] : lines.absence(area.columns - 4)
  let rows = absence.count + lines.head.count + whatIf.rows.count + lines.foot.count + 2
  let inner = painter.frame(
    state.panelArea(columns: area.columns, rows: whatIf.isMeasured ? rows : absence.count + 2),
    title: [
      Span("What if", .title, bold: true), Span(painter.dot, .dim), Span(scope, .text),
    ], right: [Span(keys(state, attempts: attempts), .dim)])
  guard whatIf.isMeasured else {
    painter.paint(absence, top: 0, inner)
    return
  }
  painter.paint(lines.head, top: 0, inner)
  // The table comes first, then the sentences, then the curve.
  let below = inner.rows - lines.head.count
  let foot =
    [lines.foot, lines.notes, []].first { below - $0.count >= whatIf.rows.count } ?? []
  let table = Area(
    column: inner.column, row: inner.row + lines.head.count, columns: inner.columns,
    rows: max(0, below - foot.count))
  painter.paint(lines.rows, top: whatIf.selection - table.rows / 2, table)
  let rest = Area(
    column: inner.column, row: table.row + min(table.rows, lines.rows.count),
    columns: inner.columns, rows: foot.count)
  painter.paint(foot, top: 0, rest)
}

private func keys(_ state: State, attempts: Int) -> String {
  func key(_ action: Action) -> String? {
    state.bindings.keys(for: action, in: .panel).first?.name
  }
  var words: [String] = []
  if let key = key(.nextRegion) { words.append("\(key) other number") }
  if attempts > 1, let key = key(.allAttempts) { words.append("\(key) all or one") }
  if let key = key(.open) { words.append("\(key) takes it") }
  return words.joined(separator: "  ")
}

private struct WhatIfText {
  let whatIf: WhatIf
  let state: State
  let painter: Painter

  init(_ whatIf: WhatIf, _ state: State, _ painter: Painter) {
    self.whatIf = whatIf
    self.state = state
    self.painter = painter
  }

  private var isJudged: Bool { whatIf.judged > 0 }
  private var wrongSteps: Int { whatIf.rows.first?.wrongSteps ?? 0 }

  /// The numbers to choose from, and the heads of the columns.
  var head: [PanelLine] {
    let tabs = ThresholdSweep.Parameter.allCases.flatMap { parameter -> [Span] in
      let isChosen = parameter == whatIf.parameter
      return [
        Span(isChosen ? "[" : " ", .dim),
        Span(parameter.title, isChosen ? .strong : .dim, bold: isChosen),
        Span(isChosen ? "]" : " ", .dim), Span(" ", .text),
      ]
    }
    return [
      PanelLine(painter.cells(tabs + [Span("  " + parameterHelp, .dim)])),
      PanelLine(painter.cells([Span(base, .dim)])), PanelLine(),
      PanelLine(
        painter.columns([(2, [])])
          + zip(heads, Self.widths).flatMap { painter.right([Span($0, .title)], columns: $1) }
          + painter.cells([Span(isJudged ? "  wrong steps caught" : "", .title)])),
    ]
  }

  private static let widths = [7, 10, 9, 8, 6, 9]

  private var heads: [String] {
    [whatIf.parameter.short, "triggers", "per 100", "gained", "lost"]
      + (isJudged ? ["before *"] : [])
  }

  private var parameterHelp: String {
    switch whatIf.parameter {
    case .k: "deviations above the mean"
    case .window: "entropies the mean is taken over"
    case .floor: "nats below which nothing fires"
    case .entropy: whatIf.base.rule.name == .quadrant ? "nats, quadrant rule" : "nats, fixed rule"
    }
  }

  private var base: String {
    let rule = whatIf.base.rule
    let numbers = rule.numbers.prefix(3)
      .map { "\($0.0.title) \($0.0.plain($0.1))" }
      .joined(separator: ", ")
    return "against the settings in force: \(rule.name.rawValue), \(numbers)"
  }

  var rows: [PanelLine] {
    whatIf.rows.enumerated().map { index, row in
      let isSelected = index == whatIf.selection
      let isPresent = row.value == whatIf.present
      let mark = isSelected ? "\(painter.glyphs.selected) " : "  "
      var cells = painter.columns([(2, [Span(mark, .strong)])])
      let value =
        whatIf.parameter.isWhole
        ? row.value.formatted(places: 0) : row.value.shortest(from: 2)
      var numbers = [
        Span(value, isPresent ? .strong : .number, bold: isPresent),
        Span("\(row.triggers)", .text),
        Span(row.share.map { ($0 * 100).formatted(places: 1) } ?? "-", .dim),
        Span(row.gained > 0 ? "+\(row.gained)" : "", .added),
        Span(row.lost > 0 ? "-\(row.lost)" : "", .dropped),
      ]
      if isJudged { numbers.append(Span(row.beforeFirstError.map(String.init) ?? "", .text)) }
      cells += zip(numbers, Self.widths).flatMap { painter.right([$0], columns: $1) }
      if isJudged { cells += caught(row) }
      if isPresent { cells += painter.cells([Span("  in force", .notice)]) }
      return PanelLine(cells, isSelected: isSelected)
    }
  }

  private func caught(_ row: ThresholdSweep.Row) -> [Cell] {
    guard row.wrongSteps > 0 else {
      return painter.cells([Span("  no wrong step", .dim)])
    }
    let share = Double(row.wrongStepsCaught) / Double(row.wrongSteps)
    return painter.cells([Span("  ", .text)])
      + painter.bar(share, columns: 8, role: .confidenceHigh)
      + painter.cells([Span(" \(row.wrongStepsCaught)/\(row.wrongSteps)", .number)])
  }

  // MARK: - Below the table

  var foot: [PanelLine] {
    guard whatIf.isMeasured else { return [] }
    return (wrongSteps > 0 ? [PanelLine()] + curve : []) + notes
  }

  var notes: [PanelLine] {
    [PanelLine()] + sentences.map { PanelLine(painter.cells([Span($0, .dim)])) }
  }

  private var sentences: [String] {
    var notes: [String] = []
    if !isJudged {
      notes.append(
        "No verdicts: a critique or your marks tell which triggers fall in wrong steps.")
    } else if wrongSteps > 0 {
      notes.append(
        "* triggers before the first wrong step; one inside a wrong step catches it.")
    } else {
      notes.append("No step was found wrong: there is nothing to catch.")
    }
    if whatIf.unmeasured > 0 {
      let those = count(whatIf.unmeasured, "attempt")
      notes.append("\(those) without entropies \(whatIf.unmeasured == 1 ? "is" : "are") left out.")
    }
    notes.append("Judged as the text stands: after another token it would go on otherwise.")
    return notes
  }

  /// Wrong steps caught, upwards, against triggers, to the right.
  private var curve: [PanelLine] {
    let (height, width) = (5, 44)
    let most = whatIf.rows.map(\.triggers).max() ?? 0
    var signs = [[(Character, Role)]](
      repeating: [(Character, Role)](repeating: (" ", .text), count: width), count: height)
    for (index, row) in whatIf.rows.enumerated() {
      let column = most > 0 ? row.triggers * (width - 1) / most : 0
      let line = height - 1 - row.wrongStepsCaught * (height - 1) / max(row.wrongSteps, 1)
      let isChosen = index == whatIf.selection
      guard isChosen || signs[line][column].1 != .strong else { continue }
      signs[line][column] =
        isChosen
        ? (painter.glyphs.trigger, .strong)
        : row.value == whatIf.present
          ? (painter.glyphs.trigger, .notice) : (painter.glyphs.ghost, .number)
    }
    let top = "\(wrongSteps)"
    var lines = signs.enumerated().map { place, line in
      let label = place == 0 ? top : place == height - 1 ? "0" : ""
      return PanelLine(
        painter.right([Span(label, .dim)], columns: 8)
          + painter.cells([Span(" \(painter.glyphs.vertical)", .border)])
          + line.flatMap { painter.cells([Span(String($0.0), $0.1, bold: $0.1 == .strong)]) }
          + painter.cells([Span(place == 0 ? "  wrong steps caught" : "", .dim)]))
    }
    let corner = String(painter.glyphs.bottomLeft)
    let axis = String(repeating: painter.glyphs.horizontal, count: width)
    lines.append(
      PanelLine(
        painter.cells([
          Span("         " + corner + axis, .border), Span("  \(most) triggers", .dim),
        ])
      ))
    return lines
  }

  /// One clear sentence where there is nothing to judge.
  func absence(_ columns: Int) -> [PanelLine] {
    let sentence =
      whatIf.coversAll || (state.reading?.session.attempts.count ?? 0) < 2
      ? "No token of this session came with an entropy or alternatives, so there is nothing to hold "
        + "against a threshold: a model that sends log-probabilities is needed."
      : "No token of this attempt came with an entropy or alternatives, so there is nothing to hold "
        + "against a threshold; \(allKey) looks at all attempts."
    return wrap(Array(sentence.utf8), width: max(columns, 1), gate: painter.gate)
      .map { PanelLine($0.cells) }
  }

  private var allKey: String {
    state.bindings.keys(for: .allAttempts, in: .panel).first?.name ?? ":all-attempts"
  }
}

extension ThresholdSweep.Parameter {
  var title: String {
    switch self {
    case .k: "K"
    case .window: "N"
    case .floor: "floor"
    case .entropy: "fixed entropy"
    }
  }

  fileprivate var short: String { self == .entropy ? "entropy" : title }
}
