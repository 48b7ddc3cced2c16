import Engine
import Sessions

/// The steps as text, each with its gutter: number, bar, value, verdicts.
struct ChainPane {
  let screen: SessionScreen

  private var reading: Reading { screen.reading }
  private var state: State { screen.state }

  func paint(_ area: Area, _ painter: inout Painter) {
    guard let attempt = reading.attempt else {
      paintHeader([], &painter)
      painter.text(
        "No attempt yet.", .dim, row: area.row, column: area.column + 2, limit: area.columns)
      return
    }
    let chain = ChainLayout(
      reading: reading, attempt: attempt, width: screen.layout.chainTextWidth, gate: painter.gate)
    let top = reading.follows ? chain.end(height: area.rows) : chain.clamp(reading.top)
    let gutter = ChainGutter(screen: screen, attempt: attempt)
    var row = area.row
    var item = top.item
    while row < area.rowRange.upperBound, let piece = chain.item(item) {
      let lines = chain.lines(of: item)
      let first = item == top.item ? min(top.line, max(lines.count - 1, 0)) : 0
      let room = area.rowRange.upperBound - row
      let shown = lines[first...].prefix(room)
      let hidden = chain.isFolded(item) ? hiddenLines(piece, chain) : 0
      gutter.paint(
        piece, item: item, firstLine: first, rows: row..<(row + shown.count), area, &painter)
      paintText(
        piece, item: item, lines: shown, hidden: hidden, row: row, area, chain, &painter)
      ground(item, rows: row..<(row + shown.count), area, painter: &painter)
      row += shown.count
      item += 1
    }
    if chain.itemCount == 0 { paintWaiting(attempt, area, &painter) }
    paintHeader(headerWords(attempt, chain, top: top, lastShown: item - 1, painter), &painter)
    if let footer = screen.layout.chainFooter { paintChainFooter(attempt, footer, state, &painter) }
  }

  private func paintWaiting(_ attempt: Attempt, _ area: Area, _ painter: inout Painter) {
    let words =
      attempt.isRunning ? "Waiting for the first token ..." : "This attempt has no text."
    painter.text(words, .dim, row: area.row, column: area.column + 2, limit: area.columns)
  }

  /// Lines of a folded step beyond the one shown, by its line feeds and length: no wrapping.
  private func hiddenLines(_ piece: ChainItem, _ chain: ChainLayout) -> Int {
    wrap(chain.bytes(of: piece), width: chain.width, gate: state.settings.gate).count - 1
  }

  // MARK: - Text

  private func paintText(
    _ piece: ChainItem, item: Int, lines: ArraySlice<WrappedLine>, hidden: Int, row: Int,
    _ area: Area, _ chain: ChainLayout, _ painter: inout Painter
  ) {
    let column = area.column + screen.layout.gutter.columns
    let end = area.column + area.columns
    let overlay = ChainOverlay(
      screen: screen, attempt: chain.attempt, piece: piece, item: item, labels: screen.labels)
    let restyled = overlay.apply(to: Array(lines), bytes: chain.bytes(of: piece))
    for (offset, cells) in restyled.enumerated() {
      let after = painter.grid.write(cells, row: row + offset, column: column, limit: end)
      if hidden > 0, offset == 0 {
        let words = " [+\(count(hidden, "line"))]"
        let start = min(after, end - words.utf8.count)
        painter.text(words, .marker, row: row, column: start, limit: end)
      }
    }
  }

  /// A theme without colours shows selection by reversing: then only the number is reversed, so
  /// that the text's own marks stay legible.
  private func ground(_ item: Int, rows: Range<Int>, _ area: Area, painter: inout Painter) {
    guard item == reading.item, reading.tokenByte == nil, reading.labelling?.span == nil else {
      return
    }
    let isReversed = state.settings.theme.backdrops[.selected]?.isReversed ?? false
    let end = isReversed ? area.column + 4 : area.column + area.columns
    for row in rows { painter.grid.ground(.selected, row: row, columns: area.column..<end) }
  }

  // MARK: - Header

  private func paintHeader(_ right: [Span], _ painter: inout Painter) {
    guard let header = screen.layout.chainHeader else { return }
    let isFocused = screen.isFocused(.chain)
    var left = [
      Span("Chain", Style(isFocused ? .borderFocused : .title, bold: isFocused))
    ]
    left.append(Span("  " + signalWords, .dim))
    if reading.overlay != .plain {
      left.append(Span(painter.dot + "overlay \(reading.overlay.rawValue)", .dim))
    }
    painter.rule(header, left: left, right: right, isFocused: isFocused)
  }

  private var signalWords: String {
    if reading.isBlind { return "bars hidden until rated" }
    let signal = state.settings.signal
    guard let attempt = reading.attempt else { return signal.title }
    if attempt.steps.allSatisfy({ $0.measures.measured == 0 }), attempt.finished != nil {
      return reading.agreement.keys.contains { $0.attempt == attempt.id }
        ? "agreement of \(reading.session.attempts.count) attempts, no log-probabilities"
        : "no log-probabilities, no bars"
    }
    let standing = signal.standing(in: attempt.profile)
    if signal.calibration(in: attempt.profile) != nil, let standing {
      return "P(right) by \(signal.shortName), \(standing)"
    }
    let value = attempt.steps.lazy.compactMap { signal.value(in: $0.measures) }.first
    let exactness = value.map { $0.isExact ? "exact" : "lower bound" }
    return ([signal.title] + [exactness, standing].compactMap(\.self)).joined(separator: ", ")
  }

  private func headerWords(
    _ attempt: Attempt, _ chain: ChainLayout, top: ChainAnchor, lastShown: Int, _ painter: Painter
  ) -> [Span] {
    var words: [Span] = []
    if !attempt.thinking.isEmpty, let item = chain.item(top.item) {
      let isThinking = item.channel == .thinking
      words.append(
        Span(isThinking ? "thinking" : "answer", isThinking ? .thinking : .text))
    }
    if !reading.follows {
      let below = chain.itemCount - 1 - lastShown
      let new = min(chain.itemCount - reading.itemsWhenHeld, below)
      let key = state.bindings.keys(for: .last, in: state.mode).first?.name ?? "G"
      if attempt.isRunning, new > 0 {
        words.append(
          Span("\(new) new \(new == 1 ? "step" : "steps") below\(painter.dot)\(key)", .notice))
      } else if below > 0 {
        words.append(Span("\(below) more below", .dim))
      }
    }
    return Array(words.map { [$0] }.joined(separator: [Span(painter.dot, .dim)]))
  }
}

extension Signal {
  /// The few words of a crowded line.
  fileprivate var shortName: String { self == .meanLogProbability ? "mean log p" : name }

  /// What the bar and the number beside it are.
  var title: String {
    switch self {
    case .meanLogProbability: "exp(mean log p)"
    case .minProbability: "min p"
    case .meanEntropy: "mean entropy, nats"
    case .maxEntropy: "max entropy, nats"
    case .lowestWindow: "exp(lowest window)"
    case .margin: "mean margin p1 - p2"
    }
  }
}
