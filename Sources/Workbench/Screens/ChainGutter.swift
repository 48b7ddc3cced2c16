import Engine
import Sessions

/// What stands left of a step's text.
struct ChainGutter {
  let screen: SessionScreen
  let attempt: Attempt
  private let signal: Signal
  private let critique: Critique?
  private let firstError: Int?
  /// The first error by the person's own labels; no step comes after it where there is none.
  private let labelledError: Int
  /// Columns the numbers need beyond three; the bars give them up.
  private let extraDigits: Int

  init(screen: SessionScreen, attempt: Attempt) {
    self.screen = screen
    self.attempt = attempt
    signal = screen.state.settings.signal
    critique = screen.reading.critique
    firstError = critique?.firstError
    labelledError = screen.labels.first { $0.value.isFirstError == true }?.key ?? .max
    extraDigits = max(0, String(attempt.steps.count + 1).utf8.count - 3)
  }

  func paint(
    _ piece: ChainItem, item: Int, firstLine: Int, rows: Range<Int>, _ area: Area,
    _ painter: inout Painter
  ) {
    guard let row = rows.first else { return }
    let isSelected = item == screen.reading.item
    if isSelected { paintSelection(rows, area, &painter) }
    guard firstLine == 0 else { return }
    let left = area.column
    let bar = screen.layout.gutter.bar
    let number = (piece.channel == .thinking ? "t" : "") + String(piece.number)
    let numberEnd = left + 4 + extraDigits
    let numberStyle = Style(
      piece.channel == .thinking ? .thinking : .number, bold: isSelected)
    painter.right(
      [Span(number, numberStyle)], row: row, from: left + 1, limit: numberEnd)
    if isKept(piece) {
      painter.text("=", .kept, row: row, column: numberEnd, limit: numberEnd + 1)
    }
    paintBar(
      piece, row: row, from: numberEnd + 1, columns: bar - extraDigits, &painter)
    paintVerdicts(item, row: row, column: left + bar + 11, &painter)
    paintTick(piece, row: row, column: left + bar + 13, &painter)
    if piece.channel == .thinking, rows.count > 1 {
      painter.text("thinking", .thinking, row: row + 1, column: left + 5, limit: left + 14)
    }
  }

  private func paintSelection(_ rows: Range<Int>, _ area: Area, _ painter: inout Painter) {
    for row in rows {
      let sign = row == rows.lowerBound ? painter.glyphs.selected : painter.glyphs.vertical
      painter.text(
        String(sign), row == rows.lowerBound ? .strong : .border, row: row, column: area.column,
        limit: area.column + 1)
    }
  }

  private func paintBar(
    _ piece: ChainItem, row: Int, from column: Int, columns: Int, _ painter: inout Painter
  ) {
    let valueColumn = column + columns + 1
    guard let (confidence, shown) = confidence(of: piece) else {
      painter.right(
        [Span(String(painter.glyphs.dash), .dim)], row: row, from: valueColumn,
        limit: valueColumn + 4)
      return
    }
    let role = confidenceRole(confidence)
    painter.grid.write(
      painter.bar(confidence, columns: columns, role: role), row: row, column: column)
    painter.right(
      [Span(brief(shown), role)], row: row, from: valueColumn,
      limit: valueColumn + 4)
  }

  /// The bar's length, and the number beside it.
  private func confidence(of piece: ChainItem) -> (bar: Double, shown: Double)? {
    let measures = piece.step?.measures ?? measuresSoFar(of: piece)
    if let confidence = signal.confidence(in: measures, by: attempt.profile),
      let shown = signal.shown(in: measures, by: attempt.profile)
    {
      return (Double(confidence), shown)
    }
    let step = piece.step
    let agreed = step.flatMap { screen.reading.confidence(of: $0, in: attempt, by: signal) }
    return agreed.map { ($0.value, $0.value) }
  }

  /// Of the piece still being written: its own tokens only.
  private func measuresSoFar(of piece: ChainItem) -> StepMeasures {
    let table = attempt.tokens(piece.channel)
    return StepMeasures(of: table, in: table.indices(startingIn: piece.range))
  }

  private func isKept(_ piece: ChainItem) -> Bool {
    piece.channel == .answer && piece.range.upperBound <= attempt.started.keptBytes
  }

  /// The critic's verdict, then the person's.
  private func paintVerdicts(
    _ item: Int, row: Int, column: Int, _ painter: inout Painter
  ) {
    if let (sign, role) = criticMark(item, painter.glyphs) {
      painter.text(String(sign), role, row: row, column: column, limit: column + 1)
    }
    let isDisputed = screen.disputed.contains(item)
    if isDisputed, criticMark(item, painter.glyphs) == nil {
      painter.text(
        String(painter.glyphs.dispute), .warning, row: row, column: column, limit: column + 1)
    }
    let isLabelling = screen.reading.labelling != nil
    let mark =
      isLabelling
      ? screen.labels[item]?.verdict
      : screen.reading.session.marks[StepID(attempt: attempt.id, index: item)]
    if let mark {
      painter.text(
        String(painter.glyphs.verdict(mark)),
        Style(mark.role, bold: item == labelledError, underlined: true), row: row,
        column: column + 1, limit: column + 2)
    } else if isLabelling, item < attempt.steps.count {
      // After a first error nothing is rated.
      let sign = item > labelledError ? String(painter.glyphs.dash) : "_"
      painter.text(sign, .dim, row: row, column: column + 1, limit: column + 2)
    }
  }

  /// That the loop stopped inside this step.
  private func paintTick(
    _ piece: ChainItem, row: Int, column: Int, _ painter: inout Painter
  ) {
    guard screen.layout.gutter.hasTick, !screen.reading.isBlind else { return }
    let inside = attempt.reflections.filter { reflection in
      guard reflection.triggered.channel == piece.channel,
        let index = attempt.index(of: reflection)
      else { return false }
      return piece.range.contains(attempt.tokens(piece.channel).byteRange(of: index).lowerBound)
    }
    guard !inside.isEmpty else { return }
    let isUndone = inside.allSatisfy { $0.standing(in: attempt) == .undone }
    painter.text(
      String(isUndone ? painter.glyphs.trigger : painter.glyphs.reflection),
      Style(isUndone ? .threshold : .marker, bold: true), row: row, column: column,
      limit: column + 1)
  }

  private func criticMark(_ item: Int, _ glyphs: Glyphs) -> (Character, Role)? {
    guard let critique, isJudged(item, by: critique) else { return nil }
    if let verdict = critique.verdicts[item]?.verdict {
      return (glyphs.verdict(verdict), verdict.role)
    }
    if let firstError, item > firstError { return (glyphs.followsError, .dim) }
    return critique.isRunning ? (glyphs.unknown, .dim) : nil
  }

  /// The critic's steps are in order: looked up by halves, there may be tens of thousands.
  private func isJudged(_ item: Int, by critique: Critique) -> Bool {
    let steps = critique.started.steps
    var (low, high) = (0, steps.count)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < steps.count && steps[low] == item
  }
}
