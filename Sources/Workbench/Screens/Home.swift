import Engine
import Sessions

/// Sessions, problem sets, and what to do next.
struct HomeScreen {
  let state: State

  /// Title, blank, field, blank, models, blank above the list; status and keys below it.
  static let rowsAround = 8
  /// Headings and the blanks before them, at most.
  static let headingRows = 5

  func paint(_ painter: inout Painter) {
    paintTitle(&painter)
    paintField(&painter)
    paintModels(&painter)
    paintList(&painter)
  }

  private var columns: Int { state.size.columns }
  private var home: Home { state.home }

  private func paintTitle(_ painter: inout Painter) {
    let known = home.isListing ? "reading the library" : count(home.sessions.count, "session")
    painter.rule(
      Area(column: 0, row: 0, columns: columns, rows: 1),
      left: [
        Span("Erratum", .title, bold: true),
        Span("  watch, critique and correct a chain of thought", .dim),
      ],
      right: [Span(known, .dim)])
  }

  private func paintField(_ painter: inout Painter) {
    let field = Area(column: 2, row: 2, columns: columns - 4, rows: 1)
    painter.clear(field, on: .field)
    let key = state.bindings.keys(for: .newProblem, in: .home).first?.name
    let hint = key.map { "\($0): type or paste a problem here" } ?? "paste a problem here"
    let isChosen = home.items == [.newProblem]
    let mark = isChosen ? String(painter.glyphs.selected) : " "
    painter.spans(
      [
        Span("\(mark) Problem  ", .strong, on: .field, bold: true),
        Span(hint, .dim, on: .field),
      ], row: field.row, column: field.column, limit: columns - 2)
  }

  private func paintModels(_ painter: inout Painter) {
    var pieces = [
      Span("  solver ", .dim), modelSpan(.solver, state.settings.solver),
      Span("    critic ", .dim), modelSpan(.critic, state.settings.critic),
    ]
    let key = state.bindings.keys(for: .models, in: .home).first?.name ?? ":"
    if state.settings.solver == nil {
      pieces = [Span("  " + firstStep(key), home.servers.isEmpty ? .warning : .notice)]
    }
    painter.spans(pieces, row: 4, column: 2, limit: columns - 2)
  }

  private func firstStep(_ key: String) -> String {
    if let server = home.servers.first { return "\(server) answers: \(key) to use it" }
    return home.isListing
      ? "Looking for a model server on this machine ..."
      : "No model yet. Start a server (llama.cpp, Ollama, ...), then \(key) to name it; or open"
        + " a recorded session below."
  }

  private func modelSpan(_ role: ModelRole, _ chosen: String?) -> Span {
    switch state.models[role] {
    case .connected(_, let description):
      Span("\(description.model) (\(description.capabilities.badge))", .text)
    case .connecting(let spec): Span("\(spec), asking ...", .notice)
    case .failed(let spec, _): Span("\(spec), not reached", .error)
    case nil:
      if let chosen {
        Span(chosen, .text)
      } else {
        Span(role == .critic ? "the solver itself" : "none", .dim)
      }
    }
  }

  // MARK: - The list

  private func paintList(_ painter: inout Painter) {
    let items = home.items
    let first = 6
    let end = state.size.rows - 2
    if items == [.newProblem] || items.isEmpty {
      paintEmpty(row: first, &painter)
      return
    }
    var row = first
    var index = min(max(home.top, 0), max(items.count - 1, 0))
    var heading: String?
    while index < items.count, row < end {
      let title = self.heading(of: items[index])
      if title != heading {
        if heading != nil { row += 1 }
        guard row + 1 < end else { break }
        paintHeading(title, row: row, &painter)
        heading = title
        row += 1
      }
      paint(items[index], isSelected: index == home.selection, row: row, &painter)
      row += 1
      index += 1
    }
    if index < items.count {
      let style = Style(.dim)
      painter.right(
        [Span(" \(items.count - index) more below ", style)], row: first, from: columns / 2,
        limit: columns - 2)
    }
  }

  private func paintEmpty(row: Int, _ painter: inout Painter) {
    let lines: [Span] =
      home.filter.isEmpty
      ? [
        Span("Nothing here yet.", .strong, bold: true),
        Span("Type or paste a problem, and watch a model reason about it step by step.", .text),
        Span("Every step carries a bar: how sure the model was while it wrote it.", .dim),
        Span("Then let a critic mark the steps, and correct from the first wrong one.", .dim),
      ] : [Span("Nothing matches \"\(home.filter)\"; Esc shows everything.", .warning)]
    for (offset, line) in lines.enumerated() where row + offset < state.size.rows - 2 {
      painter.spans([line], row: row + offset, column: 4, limit: columns - 2)
    }
  }

  private func heading(of item: HomeItem) -> String {
    switch item {
    case .newProblem: "New"
    case .session: "Sessions"
    case .set: "Problem sets"
    case .problem(let set, _):
      "Problems of " + (home.sets.indices.contains(set) ? home.sets[set].name : "the set")
    case .server: "Servers found"
    }
  }

  private func paintHeading(_ title: String, row: Int, _ painter: inout Painter) {
    var left = [Span(title, .title, bold: true)]
    if !home.filter.isEmpty { left.append(Span(" matching \"\(home.filter)\"", .notice)) }
    painter.rule(Area(column: 1, row: row, columns: columns - 2, rows: 1), left: left)
  }

  private func paint(
    _ item: HomeItem, isSelected: Bool, row: Int, _ painter: inout Painter
  ) {
    let limit = columns - 2
    if isSelected {
      painter.text(
        String(painter.glyphs.selected), .strong, row: row, column: 2, limit: limit)
    }
    switch item {
    case .newProblem: break
    case .session(let session): paint(session, row: row, limit: limit, &painter)
    case .set(let index):
      guard home.sets.indices.contains(index) else { break }
      paint(home.sets[index], row: row, limit: limit, &painter)
    case .problem(let set, let index):
      guard home.sets.indices.contains(set), home.sets[set].problems.indices.contains(index)
      else { break }
      paint(home.sets[set].problems[index], row: row, limit: limit, &painter)
    case .server(let address):
      painter.spans(
        [Span(address, .text), Span("  answers", .dim)], row: row, column: 4, limit: limit)
    }
    if isSelected { painter.grid.ground(.selected, row: row, columns: 1..<(columns - 1)) }
  }

  private func paint(
    _ session: SessionSummary, row: Int, limit: Int, _ painter: inout Painter
  ) {
    let isWide = columns >= 76
    var column = 4
    if isWide {
      painter.text(date(session.lastActivity), .dim, row: row, column: column, limit: limit)
      column += 18
    }
    var right: [Span] = []
    if let damage = session.damage {
      right = [Span(damage, .warning)]
    } else if let answer = session.answer {
      right = [Span(String(oneLine(answer, scalars: 18)), .text), outcome(session, painter)]
    }
    if session.isExample { right.insert(Span("example  ", .dim), at: 0) }
    var end = painter.right(right, row: row, from: limit * 2 / 3, limit: limit)
    if isWide {
      let work =
        count(session.attempts, "attempt")
        + (session.rounds > 0 ? ", " + count(session.rounds, "round") : "")
      end = painter.right([Span(work, .dim)], row: row, from: column + 10, limit: limit - 26)
    }
    painter.text(session.title, .text, row: row, column: column, limit: end - 2)
  }

  private func outcome(_ session: SessionSummary, _ painter: Painter) -> Span {
    switch session.isCorrect {
    case true: Span(" \(painter.glyphs.correct) correct  ", .correct)
    case false: Span(" \(painter.glyphs.incorrect) incorrect", .incorrect)
    default: Span("            ", .text)
    }
  }

  private func paint(_ set: ProblemSet, row: Int, limit: Int, _ painter: inout Painter) {
    var kinds: [String] = []
    for problem in set.problems.prefix(2000) {
      if let kind = problem.kind, !kinds.contains(kind), kinds.count < 8 { kinds.append(kind) }
    }
    let column = painter.text(set.name, .text, row: row, column: 4, limit: limit)
    painter.spans(
      [
        Span(count(set.problems.count, "problem"), .number),
        Span(kinds.isEmpty ? "" : "  " + kinds.joined(separator: ", "), .dim),
      ], row: row, column: max(column + 2, 22), limit: limit)
  }

  private func paint(_ problem: Problem, row: Int, limit: Int, _ painter: inout Painter) {
    painter.text(problem.id, .number, row: row, column: 4, limit: min(14, limit))
    var column = 16
    if let kind = problem.kind, columns >= 70 {
      painter.text(kind, .dim, row: row, column: column, limit: column + 11)
      column += 13
    }
    painter.text(problem.text, .text, row: row, column: column, limit: limit)
  }
}
