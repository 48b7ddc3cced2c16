import Engine
import Sessions

/// The whole attempt on one line: a column is one token or a few, and tall where there is doubt.
struct OverviewStrip {
  let screen: SessionScreen

  /// Up to so many tokens their own numbers are drawn; beyond, those of their steps.
  private static let tokenLimit = 4096

  private var reading: Reading { screen.reading }
  private var signal: Signal { screen.state.settings.signal }

  func paint(_ area: Area, _ painter: inout Painter) {
    let left = [Span("Overview", .title)]
    if reading.isBlind {
      painter.rule(area, left: left + [Span("  hidden until the chain is rated", .dim)])
      return
    }
    guard let attempt = reading.attempt, attempt.tokenCount > 0 else {
      painter.rule(
        area, left: left + [Span("  waits for the first token", .dim)])
      return
    }
    let watch = screen.state.watch(of: attempt)
    if watch.isKnown {
      EntropyStrip(screen: screen, attempt: attempt, watch: watch).paint(area, &painter)
      return
    }
    if area.rows > 1 {
      painter.clear(
        Area(column: area.column, row: area.row + 1, columns: area.columns, rows: area.rows - 1))
    }
    let area = Area(column: area.column, row: area.row, columns: area.columns, rows: 1)
    let isWide = area.columns >= 90
    let isAlone = screen.layout.critic == nil && area.columns >= 56
    let legend =
      isWide ? [Span("tall is doubt", .dim)] : isAlone ? tally(painter) : []
    painter.rule(area, left: left, right: legend)
    let start = area.column + 11
    let taken = legend.isEmpty ? 1 : painter.columns(painter.cells(legend)) + 4
    let room = area.columns - start - taken
    guard room > 4 else { return }
    let columns = self.columns(of: attempt, room: room)
    guard columns.contains(where: { $0.doubt != nil }) else {
      painter.text(
        " " + absence + " ", .dim, row: area.row, column: start - 1, limit: start + room)
      return
    }
    for (offset, column) in columns.enumerated() {
      draw(column, row: area.row, column: start + offset, &painter)
    }
    mark(columns, row: area.row, from: start, &painter)
  }

  private var absence: String {
    let several = reading.session.attempts.count > 1
    return "no log-probabilities from this server"
      + (several ? "; no numbers to agree on" : "; bars stay empty")
  }

  private func tally(_ painter: Painter) -> [Span] {
    guard let critique = reading.critique, let first = critique.firstError,
      let step = reading.attempt?.steps, step.indices.contains(first)
    else { return [] }
    return [
      Span("\(painter.glyphs.incorrect) first error: step \(step[first].number)", .incorrect)
    ]
  }

  struct Column {
    /// From 0, sure, to 1, lost; `nil` where nothing was measured.
    var doubt: Double?
    /// The chain item most of it belongs to.
    var item: Int
  }

  private func columns(of attempt: Attempt, room: Int) -> [Column] {
    let total = attempt.tokenCount
    let width = min(room, total)
    let doubts =
      total <= Self.tokenLimit && reading.agreement.isEmpty
      ? tokenDoubts(attempt, total: total) : stepDoubts(attempt)
    var columns: [Column] = []
    columns.reserveCapacity(width)
    var piece = 0
    for index in 0..<width {
      let from = index * total / width
      let to = max(from + 1, (index + 1) * total / width)
      var column = Column(doubt: nil, item: 0)
      while piece < doubts.count, doubts[piece].tokens.upperBound <= from { piece += 1 }
      var look = piece
      if look < doubts.count { column.item = doubts[look].item }
      while look < doubts.count, doubts[look].tokens.lowerBound < to {
        if let doubt = doubts[look].doubt { column.doubt = max(column.doubt ?? 0, doubt) }
        look += 1
      }
      columns.append(column)
    }
    return columns
  }

  /// Tokens in the order of the chain, and the doubt they share.
  private struct Stretch {
    var tokens: Range<Int>
    var doubt: Double?
    var item: Int
  }

  private func stepDoubts(_ attempt: Attempt) -> [Stretch] {
    var at = 0
    var stretches: [Stretch] = []
    stretches.reserveCapacity(attempt.steps.count)
    for (item, step) in attempt.steps.enumerated() where step.measures.tokens > 0 {
      let confidence = reading.confidence(of: step, in: attempt, by: signal)?.value
      stretches.append(
        Stretch(
          tokens: at..<(at + step.measures.tokens), doubt: confidence.map { 1 - $0 }, item: item))
      at += step.measures.tokens
    }
    return stretches
  }

  private func tokenDoubts(_ attempt: Attempt, total: Int) -> [Stretch] {
    var at = 0
    var stretches: [Stretch] = []
    stretches.reserveCapacity(total)
    func add(_ channel: Channel, _ range: Range<Int>, item: Int) {
      let table = attempt.tokens(channel)
      for index in table.indices(startingIn: range) {
        let doubt = table.logProbability(of: index).map { 1 - exponential(Double($0)) }
        stretches.append(Stretch(tokens: at..<(at + 1), doubt: doubt, item: item))
        at += 1
      }
    }
    for (item, step) in attempt.steps.enumerated() { add(step.channel, step.range, item: item) }
    var item = attempt.steps.count
    for channel in Channel.allCases {
      let range = attempt.openRange(channel)
      if range.isEmpty { continue }
      add(channel, range, item: item)
      item += 1
    }
    return stretches
  }

  private func draw(_ column: Column, row: Int, column place: Int, _ painter: inout Painter) {
    // A theme that reverses what is selected would turn its bars over.
    let isReversed = screen.state.settings.theme.backdrops[.selected]?.isReversed ?? false
    let isSelected = column.item == reading.item && !isReversed
    let ground: Ground = isSelected ? .selected : .normal
    guard let doubt = column.doubt else {
      painter.text(
        String(painter.glyphs.unknown), Style(.dim, on: ground), row: row, column: place,
        limit: place + 1)
      return
    }
    let levels = painter.glyphs.columns
    let level = min(levels.count - 1, max(0, Int(doubt * Double(levels.count))))
    painter.text(
      String(levels[level]), Style(confidenceRole(1 - doubt), on: ground), row: row,
      column: place, limit: place + 1)
  }

  /// The first error stands over its step's first column.
  private func mark(_ columns: [Column], row: Int, from start: Int, _ painter: inout Painter) {
    guard let first = reading.critique?.firstError,
      let place = columns.firstIndex(where: { $0.item >= first })
    else { return }
    painter.text(
      String(painter.glyphs.incorrect), Style(.incorrect, bold: true), row: row,
      column: start + place, limit: start + place + 1)
  }
}
