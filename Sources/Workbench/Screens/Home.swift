import Engine
import Sessions

/// Sessions, problem sets, and what to do next.
struct HomeScreen {
  let state: State
  private let items: [HomeItem]

  init(state: State) {
    self.state = state
    items = state.home.items
  }

  /// Where the list begins: below title, field, models and the blanks between them.
  static let firstRow = 6

  func paint(_ painter: inout Painter) {
    paintTitle(&painter)
    paintField(&painter)
    paintModels(&painter)
    paintList(&painter)
  }

  private var columns: Int { state.size.columns }
  private var home: Home { state.home }

  private func paintTitle(_ painter: inout Painter) {
    var known = home.isListing ? "reading the library" : count(home.sessions.count, "session")
    if let indexing = home.indexing {
      known = "reading the library: \(indexing.done) of \(indexing.count)"
    }
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
    let isChosen = items == [.newProblem]
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
      Span(atHand, .dim),
      Span("    critic ", .dim), modelSpan(.critic, state.settings.critic),
    ]
    let key = state.bindings.keys(for: .models, in: .home).first?.name ?? ":"
    if state.settings.solver == nil {
      pieces = [Span("  " + firstStep(key), home.servers.isEmpty ? .warning : .notice)]
    }
    painter.spans(pieces, row: 4, column: 2, limit: columns - 2)
  }

  /// What a newcomer wonders: whether anything is to be set up first.
  private var atHand: String {
    let isNew = state.settings.solver == Settings.embedded && state.models[.solver] == nil
    return isNew ? ", runs here: no key, no server" : ""
  }

  private func firstStep(_ key: String) -> String {
    if let server = home.servers.first { return "\(server) answers: \(key) to use it" }
    if home.isListing { return "Looking for a model server on this machine ..." }
    let start = "No model yet: start a server (llama.cpp, Ollama ...), then \(key) to name it."
    guard state.size.columns >= 120, !home.sessions.isEmpty else { return start }
    let replay = state.bindings.keys(for: .replay, in: .read).first?.name ?? ":replay"
    return start + " Till then: open a session, \(replay) replays it."
  }

  private func modelSpan(_ role: ModelRole, _ chosen: String?) -> Span {
    switch state.models[role] {
    case .connected(_, let description):
      Span("\(description.shortName), \(description.badge)", .text)
    case .connecting(let spec, let fraction):
      Span(
        fraction.map { "\(weightsName(of: spec)), \(($0 * 100).formatted(places: 0))% read" }
          ?? "\(spec), asking ...", .notice)
    case .failed(let spec, _): Span("\(spec), not reached", .error)
    case nil:
      if let chosen {
        Span(chosen, .text)
      } else {
        Span(role == .critic ? "the solver" : "none yet", .dim)
      }
    }
  }

  // MARK: - The list

  private func paintList(_ painter: inout Painter) {
    if items == [.newProblem] || items.isEmpty {
      paintEmpty(row: Self.firstRow, &painter)
      return
    }
    let lines = Home.lines(of: items)
    let rows = Home.listRows(size: state.size)
    let top = max(0, min(home.top, lines.count - rows))
    for (offset, line) in lines.dropFirst(top).prefix(rows).enumerated() {
      let row = Self.firstRow + offset
      switch line {
      case .blank: break
      case .heading(let section): paintHeading(section, row: row, &painter)
      case .item(let index):
        paint(items[index], isSelected: index == home.selection, row: row, &painter)
      }
    }
    paintScroll(top: top, rows: rows, of: lines.count, &painter)
    if home.sessions.isEmpty, !home.isListing {
      paintEmpty(row: Self.firstRow + lines.count + 1, &painter)
    }
  }

  /// What lies outside the list, on the blank line above it.
  private func paintScroll(top: Int, rows: Int, of count: Int, _ painter: inout Painter) {
    var words: [String] = []
    if top > 0 { words.append("\(top) above") }
    if top + rows < count { words.append("\(count - top - rows) below") }
    guard !words.isEmpty else { return }
    painter.right(
      [Span(words.joined(separator: painter.dot), .dim)], row: Self.firstRow - 1,
      from: columns / 2, limit: columns - 2)
  }

  private func paintEmpty(row: Int, _ painter: inout Painter) {
    let lines: [Span] =
      !home.isNarrowed
      ? [
        Span("Nothing here yet.", .strong, bold: true),
        Span("Type or paste a problem, and watch a model reason about it step by step.", .text),
        Span("Every step carries a bar: how sure the model was while it wrote it.", .dim),
        Span("Then let a critic mark the steps, and correct from the first wrong one.", .dim),
      ] : [Span("Nothing matches \(narrowing); Esc shows everything.", .warning)]
    for (offset, line) in lines.enumerated() where row + offset < state.size.rows - 2 {
      painter.spans([line], row: row + offset, column: 4, limit: columns - 2)
    }
  }

  private func title(of section: Int) -> String {
    switch section {
    case 1: return "Sessions"
    case 2:
      guard let open = home.openSet, home.sets.indices.contains(open) else { return "Problem sets" }
      return "Problems of \(home.sets[open].name)"
    default: return "Servers found"
    }
  }

  private func paintHeading(_ section: Int, row: Int, _ painter: inout Painter) {
    var left = [Span(title(of: section), .title, bold: true)]
    if section == 1 { left.append(Span("  last active, UTC", .dim)) }
    if home.isNarrowed { left.append(Span(" matching \(narrowing)", .notice)) }
    var right: [Span] = []
    if section == 1, home.isNarrowed {
      let shown = items.count { if case .session = $0 { true } else { false } }
      right = [Span("\(shown) of \(home.sessions.count)", .dim)]
    }
    painter.rule(Area(column: 1, row: row, columns: columns - 2, rows: 1), left: left, right: right)
  }

  /// What narrows the list, as it was typed.
  private var narrowing: String {
    let typed = home.filter.isEmpty ? "" : "\"\(home.filter)\""
    let fields = LibraryFilter(terms: home.terms).termLine
    return [typed, fields].filter { !$0.isEmpty }.joined(separator: " ")
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
    let isWide = columns >= 100
    var column = 4
    if columns >= 70 {
      let when = date(session.lastActivity)
      let shown = isWide ? when : String(when.dropFirst(5))
      painter.text(shown, .dim, row: row, column: column, limit: limit)
      column += isWide ? 18 : 13
    }
    var right: [Span] = []
    if let damage = session.damage {
      right = [Span(damage, .warning)]
    } else if let answer = session.answer {
      right = [Span(String(oneLine(answer, scalars: 18)), .text), outcome(session, painter)]
    }
    if session.isExample { right.insert(Span("example  ", .dim), at: 0) }
    var end = painter.right(right, row: row, from: limit * 2 / 3, limit: limit)
    let hit = shownHit(in: session)
    // What was looked for is worth more room than how much work there is.
    if columns >= 70, hit == nil {
      let rounds = session.rounds > 0 ? ", " + count(session.rounds, "round") : ""
      let work = count(session.attempts, "attempt") + (isWide ? rounds : "")
      end = painter.right([Span(work, .dim)], row: row, from: column + 10, limit: limit - 26)
    }
    guard let hit else {
      painter.text(session.title, .text, row: row, column: column, limit: end - 2)
      return
    }
    // The title says which session it is, and the hit why it is here.
    let room = max((end - 2 - column) / 3, 12)
    painter.text(session.title, .text, row: row, column: column, limit: column + room)
    painter.spans(
      spans(of: hit), row: row, column: min(column + room + 2, end - 2), limit: end - 2)
  }

  /// Why a session is listed, where its title does not say it.
  private func shownHit(in session: SessionSummary) -> TextHit? {
    guard let hit = home.found?.hits[session.path], hit.place.kind != .problem,
      home.found?.words == home.active.words
    else { return nil }
    return hit
  }

  private func spans(of hit: TextHit) -> [Span] {
    let step = hit.place.step.map { "step \($0 + 1)" }
    let who = hit.place.annotator ?? (hit.place.critique == nil ? nil : "critic")
    let place = [who, step].compactMap(\.self).joined(separator: " ")
    let bytes = Array(hit.snippet.utf8)
    let range = hit.range.clamped(to: 0..<bytes.count)
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    return [
      Span(place.isEmpty ? "" : place + " ", .dim),
      // A few letters before it, so that it is in view on a narrow screen.
      Span(String(text(0..<range.lowerBound).suffix(14)), .dim),
      Span(text(range), .notice, bold: true),
      Span(text(range.upperBound..<bytes.count), .dim),
    ]
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
