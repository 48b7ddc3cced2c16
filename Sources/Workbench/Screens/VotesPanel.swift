import Engine
import Sessions

/// The answers of the attempts, and what each way of voting makes of them.
func paintVotes(_ state: State, _ painter: inout Painter) {
  let session = state.reading?.session
  let attempts = session?.attempts ?? []
  let tallies = Votes.tallies(attempts.compactMap(ballot), kind: session?.problem.kind)
  let lines = tallies.flatMap { voteLines($0, attempts, painter) }
  let area = state.panelArea(columns: 72, rows: max(lines.count, 1) + 2)
  let inner = painter.frame(
    area, title: [Span("Votes", .title, bold: true)],
    right: [Span(count(attempts.count, "attempt"), .dim)])
  let limit = inner.column + inner.columns
  if lines.isEmpty {
    painter.popupLine(
      [Span("No attempt has given an answer yet.", .dim)], row: inner.row,
      column: inner.column, limit: limit)
  }
  for (offset, line) in lines.prefix(inner.rows).enumerated() {
    let row = inner.row + offset
    painter.popupLine(line.name, row: row, column: inner.column, limit: inner.column + 24)
    if let share = line.share {
      let bar = painter.bar(share, columns: 16, role: .number).map { cell in
        var cell = cell
        cell.style.ground = .popup
        return cell
      }
      painter.grid.write(bar, row: row, column: inner.column + 25, limit: limit)
    }
    let column = inner.column + (line.share == nil ? 25 : 42)
    painter.popupLine(line.rest, row: row, column: column, limit: limit)
  }
}

private struct VoteLine {
  var name: [Span]
  /// Of all the weight there is.
  var share: Double?
  var rest: [Span]
}

/// From the steps' measures, which are at hand: a frame is no time to measure every token.
private func ballot(_ attempt: Attempt) -> Ballot? {
  guard !attempt.isRunning, let answer = attempt.answer?.answer else { return nil }
  var (sum, measured) = (0.0, 0)
  for step in attempt.steps where step.channel == .answer {
    guard let mean = step.measures.meanLogProbability else { continue }
    sum += Double(mean) * Double(step.measures.measured)
    measured += step.measures.measured
  }
  return Ballot(
    attempt: attempt.id, answer: answer,
    meanLogProbability: measured > 0 ? sum / Double(measured) : nil, text: attempt.written.bytes)
}

private func voteLines(
  _ tally: Tally, _ attempts: [Attempt], _ painter: Painter
) -> [VoteLine] {
  let total = tally.shares.reduce(0) { $0 + $1.weight }
  let heading = VoteLine(
    name: [Span(tally.method.rawValue, .title, bold: true)], rest: [Span(tally.source, .dim)])
  let shares = tally.shares.prefix(6).enumerated().map { place, share in
    let mark = place == 0 ? String(painter.glyphs.selected) : " "
    let answer = oneLine(share.answer, scalars: 60)
    let weight =
      tally.method == .majority
      ? count(share.attempts.count, "vote") : share.weight.formatted(places: 2)
    let isCorrect = attempts.first { share.attempts.contains($0.id) }?.answer?.isCorrect
    return VoteLine(
      name: [Span("\(mark) \(answer)", place == 0 ? .strong : .text, bold: place == 0)],
      share: total > 0 ? share.weight / total : 0,
      rest: [Span(weight, .number), Span("  ", .text), check(isCorrect, painter)])
  }
  return [heading] + shares
}

private func check(_ isCorrect: Bool?, _ painter: Painter) -> Span {
  switch isCorrect {
  case true: Span("\(painter.glyphs.correct) correct", .correct)
  case false: Span("\(painter.glyphs.incorrect) incorrect", .incorrect)
  case nil: Span("", .text)
  }
}
