import Sessions

/// A question about the whole chain, answered with one key.
func paintQuestion(_ question: ChainQuestion, _ state: State, _ painter: inout Painter) {
  func key(_ action: Action) -> String {
    state.bindings.keys(for: action, in: .panel).first?.name ?? ":\(action.rawValue)"
  }
  let attempt = state.reading?.attempt
  let answer = attempt?.answer?.answer
  let last = attempt.flatMap { attempt in
    attempt.steps.last.map { String(decoding: attempt.bytes(of: $0), as: UTF8.self) }
  }
  let title: String
  var choices: [(Action, String)]
  switch question {
  case .answer:
    title = "Is the final answer right?"
    choices = [(.markCorrect, "right"), (.markIncorrect, "wrong"), (.markUnsure, "unsure")]
  case .reach:
    title = "How far did it get?"
    choices = [
      (.markIncorrect, "nowhere"), (.markNeutral, "part of the way"), (.markCorrect, "to the end"),
      (.markUnsure, "unsure"),
    ]
  }
  let rows = choices.count + (question == .answer ? 4 : 2)
  // Low and to the right: the chain is what the question is about.
  let area = Area(
    column: max(state.size.columns - 48, 0), row: max(state.size.rows - 2 - rows, 1),
    columns: min(48, state.size.columns), rows: min(rows, state.size.rows - 3))
  let inner = painter.frame(area, title: [Span(title, .title, bold: true)])
  let limit = inner.column + inner.columns
  var row = inner.row
  if question == .answer {
    let words = answer.map { [Span("it says ", .dim), Span(oneLine($0, scalars: 40), .strong)] }
    painter.popupLine(
      words ?? [Span("it ends ", .dim), Span(oneLine(last ?? "", scalars: 48), .strong)], row: row,
      column: inner.column,
      limit: limit)
    row += 2
  }
  for (action, word) in choices {
    painter.popupLine(
      [Span(key(action), .key, bold: true), Span("  " + word, .text)], row: row,
      column: inner.column, limit: limit)
    row += 1
  }
}

/// Ways to leave a chain unlabelled.
func paintExits(selection: Int, _ state: State, _ painter: inout Painter) {
  let area = state.panelArea(columns: 60, rows: 4)
  let inner = painter.frame(
    area, title: [Span("Leave this chain", .title, bold: true)],
    right: [Span("a reason is asked for", .dim)])
  for (offset, exit) in ChainJudged.Exit.allCases.enumerated() {
    let words: (String, String) =
      switch exit {
      case .badProblem: ("bad problem", "wrong, unclear or missing something")
      case .giveUp: ("give up", "it cannot be judged")
      }
    painter.popupLine(
      [
        Span(offset == selection ? "\(painter.glyphs.selected) " : "  ", .strong),
        Span(words.0, .text, bold: offset == selection), Span("  " + words.1, .dim),
      ], row: inner.row + offset, column: inner.column, limit: inner.column + inner.columns)
    if offset == selection {
      painter.grid.ground(.selected, row: inner.row + offset, columns: inner.columnRange)
    }
  }
}

/// Other texts for a step, or explanations of its error, with the verdict on each.
func paintRating(
  _ kind: RatedTexts, selection: Int, _ state: State, _ painter: inout Painter
) {
  guard let reading = state.reading, let labelling = reading.labelling else { return }
  let area = state.panelArea(columns: min(100, state.size.columns), rows: state.size.rows - 6)
  let title = kind == .candidates ? "Other texts for this step" : "What is wrong with it"
  let inner = painter.frame(area, title: [Span(title, .title, bold: true)])
  let chosen = kind == .candidates ? state.selectedLabel?.chosen : nil
  var lines: [PanelLine] = []
  var top = 0
  for (index, text) in labelling.texts.enumerated() {
    let isSelected = index == selection
    if isSelected { top = lines.count }
    let sign = text.verdict.map { painter.glyphs.verdict($0) } ?? "_"
    var notes: [String] = []
    if kind == .candidates, index == 0 { notes.append("as it stands") }
    if text.isHuman == true { notes.append("a person's") }
    if chosen == index { notes.append("best") }
    let head = painter.cells([
      Span(isSelected ? "\(painter.glyphs.selected) " : "  ", .strong),
      Span("\(sign) ", text.verdict?.role ?? .dim),
    ])
    let rows = wrap(
      Array(text.text.utf8.prefix(4000)), width: max(inner.columns - 4, 8), gate: painter.gate)
    for (offset, row) in rows.enumerated() {
      let blank = [Cell](repeating: .blank, count: 4)
      lines.append(PanelLine((offset == 0 ? head : blank) + row.cells, isSelected: isSelected))
    }
    if !notes.isEmpty {
      let words = painter.cells([Span("    " + notes.joined(separator: painter.dot), .dim)])
      lines.append(PanelLine(words, isSelected: isSelected))
    }
  }
  if lines.isEmpty {
    lines.append(PanelLine(painter.cells([Span("Nothing to rate yet.", .dim)])))
  }
  painter.paint(lines, top: max(0, top - inner.rows / 2), inner)
}

/// The set's guidelines: Markdown, with its headings and lists set apart.
func paintGuidelines(top: Int, _ state: State, _ painter: inout Painter) {
  let area = state.guidelinesArea
  let inner = painter.frame(area, title: [Span("Guidelines", .title, bold: true)])
  let lines = state.guidelineLines(width: inner.columns)
  painter.paint(lines.map { PanelLine($0) }, top: top, inner)
}

extension State {
  fileprivate var guidelinesArea: Area {
    panelArea(columns: min(88, size.columns), rows: size.rows - 4)
  }

  /// The furthest the guidelines can be scrolled to.
  var guidelinesBottom: Int {
    let area = guidelinesArea
    return max(0, guidelineLines(width: area.columns - 4).count - (area.rows - 2))
  }

  fileprivate func guidelineLines(width: Int) -> [[Cell]] {
    guard let text = settings.labelling.guidelines else {
      let sentence = "There are no guidelines for this set; --guidelines FILE.md gives some."
      return wrap(
        Array(sentence.utf8), width: width, style: Style(.dim), gate: settings.gate
      ).map(\.cells)
    }
    return paragraphs(of: text).flatMap { line in
      let heading = line.prefix { $0 == "#" }.count
      let isHeading = (1...6).contains(heading) && line.dropFirst(heading).hasPrefix(" ")
      let body = isHeading ? line.dropFirst(heading + 1) : line
      let style = isHeading ? Style(.title, bold: true) : Style(.text)
      return wrap(Array(String(body).utf8), width: width, style: style, gate: settings.gate)
        .map(\.cells)
    }
  }
}

/// Lines that a blank one, a heading or a list's sign parts; the other line ends of Markdown are
/// only where its writer's line was full.
private func paragraphs(of markdown: String) -> [Substring] {
  var out: [String] = []
  var isOpen = false
  for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
    let text = line.trimmingPrefix { $0 == " " }
    let isItem =
      ["- ", "* ", "> ", "| "].contains { text.hasPrefix($0) } || text.first?.isNumber == true
    let isOwn = text.isEmpty || text.hasPrefix("#") || text.hasPrefix("```") || isItem
    if isOpen, !isOwn, let last = out.indices.last {
      out[last] += " " + text
    } else {
      out.append(String(line))
    }
    isOpen = !text.isEmpty && !text.hasPrefix("#") && !text.hasPrefix("```")
  }
  return out.map { $0[...] }
}
