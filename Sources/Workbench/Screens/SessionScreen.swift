import Engine
import Sessions

/// One session: problem, overview, chain and critic, in the places ``SessionLayout`` gives.
struct SessionScreen {
  let state: State
  let reading: Reading
  let layout: SessionLayout
  /// What the person says of each step, while they label.
  let labels: [Int: Label]
  /// Steps that others' labels differ on, while these are being settled.
  let disputed: Set<Int>

  init(state: State, reading: Reading) {
    self.state = state
    self.reading = reading
    labels = reading.labels(by: state.settings.annotator)
    disputed = Set(reading.labelling?.weighing.value?.disputed ?? [])
    layout = SessionLayout(state)
  }

  func paint(_ painter: inout Painter) {
    paintTitle(&painter)
    if let area = layout.problem { paintProblem(area, &painter) }
    if let area = layout.overview { OverviewStrip(screen: self).paint(area, &painter) }
    if let area = layout.chain { ChainPane(screen: self).paint(area, &painter) }
    if let area = layout.critic {
      if reading.labelling != nil {
        LabelPane(screen: self).paint(area, &painter)
      } else {
        CriticPane(screen: self).paint(area, &painter)
      }
    }
    if let area = layout.replayBar, let replay = reading.replay {
      let markers = replay.markers.isEmpty ? reading.session.markers : replay.markers
      paintReplayBar(replay, markers: markers, area, &painter)
    }
    paintDivider(&painter)
  }

  private func paintDivider(_ painter: inout Painter) {
    guard let column = layout.divider, let chain = layout.chain, let header = layout.chainHeader
    else { return }
    let last = layout.chainFooter.map { $0.row } ?? chain.rowRange.upperBound - 1
    painter.text(
      String(painter.glyphs.teeDown), .border, row: header.row, column: column, limit: column + 1)
    for row in (header.row + 1)..<(last + 1) {
      painter.text(
        String(painter.glyphs.vertical), .border, row: row, column: column, limit: column + 1)
    }
  }

  func isFocused(_ region: Region) -> Bool { reading.region == region }

  // MARK: - Title

  /// A piece of the title line; the lowest rank goes first when it is too narrow.
  private struct Piece {
    var span: Span
    var rank: Int
  }

  private func paintTitle(_ painter: inout Painter) {
    let (word, role) = standing
    let right = [Span(word, role, bold: true)]
    let room = state.size.columns - painter.columns(painter.cells(right)) - 7
    var pieces = titlePieces
    let separator = " \(painter.glyphs.horizontal) "
    func width() -> Int {
      painter.columns(painter.cells(pieces.map(\.span))) + (pieces.count - 1) * 3
    }
    while width() > room, pieces.count > 1,
      let least = pieces.indices.min(by: { pieces[$0].rank < pieces[$1].rank })
    {
      pieces.remove(at: least)
    }
    let left = Array(pieces.map { [$0.span] }.joined(separator: [Span(separator, .border)]))
    painter.rule(layout.title, left: left, right: right)
  }

  private var titlePieces: [Piece] {
    let problem = reading.session.problem
    var pieces = [
      Piece(span: Span("Erratum", .title, bold: true), rank: 3),
      Piece(span: Span(oneLine(problem.title, scalars: 40), .strong), rank: 10),
    ]
    // Who wrote a chain sways its annotator as much as a bar does.
    guard let attempt = reading.attempt, !reading.isBlind else { return pieces }
    let model = attempt.started.call.model
    pieces.append(Piece(span: Span(oneLine(model.shortName, scalars: 32), .text), rank: 7))
    pieces.append(Piece(span: Span(model.badge, .dim), rank: 8))
    for (index, fallback) in model.fallbacks.enumerated() {
      // What is done instead of what was hoped for outweighs the count; the rest is under `m`.
      let rank = index == 0 ? 6 : 1
      pieces.append(Piece(span: Span(oneLine(fallback, scalars: 40), .dim), rank: rank))
    }
    pieces.append(Piece(span: Span(attemptWords(attempt), .text), rank: 9))
    pieces.append(Piece(span: Span(tokenWords(attempt), .dim), rank: 5))
    if let speed = speed(of: attempt) {
      pieces.append(Piece(span: Span("\(speed.formatted(places: 0)) tok/s", .dim), rank: 4))
    }
    return pieces
  }

  private func attemptWords(_ attempt: Attempt) -> String {
    let all = reading.session.attempts
    let place = (all.lastIndex { $0.id == attempt.id } ?? 0) + 1
    let started = attempt.started
    let kind =
      started.round != nil
      ? " revise"
      : started.branch != nil ? " other token" : started.parent != nil ? " goes on" : ""
    return "attempt \(place)/\(all.count)\(kind)"
  }

  private func tokenWords(_ attempt: Attempt) -> String { "\(attempt.tokenCount) tok" }

  /// Tokens a second since the first new one; `nil` before there is something to divide.
  private func speed(of attempt: Attempt) -> Double? {
    guard let first = attempt.firstTokenAt else { return nil }
    let kept = attempt.written.indices(startingIn: 0..<attempt.started.keptBytes).count
    let spent = (attempt.finishedAt ?? reading.session.time) - first
    let made = attempt.tokenCount - kept
    return spent > 0.05 && made > 1 ? Double(made) / spent : nil
  }

  private var standing: (String, Role) {
    if let replay = reading.replay { return ("REPLAY \(speedWord(replay.speed))", .replay) }
    if case .notSaved = state.saving { return ("NOT SAVED", .error) }
    if reading.labelling?.refusal != nil { return ("NOT SAVED", .error) }
    if reading.session.isRunning { return ("LIVE", .live) }
    return reading.isReadOnly ? ("READ-ONLY", .warning) : ("SAVED", .dim)
  }

  // MARK: - Problem

  private func paintProblem(_ area: Area, _ painter: inout Painter) {
    let problem = reading.session.problem
    let isFocused = isFocused(.problem)
    painter.text(
      "Problem", Style(isFocused ? .borderFocused : .title, bold: isFocused), row: area.row,
      column: 1, limit: area.columns)
    let left = 10
    let width = problem.textWidth(columns: area.columns)
    // Only what can be scrolled to is wrapped: a problem may be 200 KB.
    let top = min(max(reading.problemTop, 0), 1 << 20)
    let needed = (top + area.rows + 1) * width * 4
    let lines = wrap(
      Array(problem.text.utf8.prefix(needed)), width: width, gate: painter.gate)
    let first = min(top, max(lines.count - area.rows, 0))
    for (offset, line) in lines.dropFirst(first).prefix(area.rows).enumerated() {
      painter.grid.write(
        line.cells, row: area.row + offset, column: left, limit: left + width)
    }
    let isCut = lines.count > first + area.rows
    var corner: [Span] = []
    if isCut { corner.append(Span("\(painter.glyphs.ellipsis) ", .dim)) }
    if let answer = problem.answer {
      corner.append(Span("[\(oneLine(answer, scalars: Problem.longestShownAnswer))]", .dim))
    }
    guard !corner.isEmpty else { return }
    let last = area.row + min(area.rows, max(lines.count - first, 1)) - 1
    let fitted = painter.cells([Span(" ", .text)] + corner)
    let start = area.columns - 1 - painter.columns(fitted)
    guard start > left else { return }
    painter.grid.write(fitted, row: last, column: start)
  }
}

func speedWord(_ speed: Double) -> String {
  let text = speed.formatted(places: speed == speed.rounded() ? 0 : 2)
  return "\(text)x"
}
