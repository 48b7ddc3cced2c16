import Engine
import Sessions

/// The attempt on screen beside the one it revises, and what the round gained and cost.
func paintRounds(top: Int, _ state: State, _ painter: inout Painter) {
  let area = state.panelArea(columns: state.size.columns, rows: state.size.rows - 3)
  let attempts = state.reading?.session.attempts ?? []
  guard let reading = state.reading, let (old, new) = compared(reading) else {
    let inner = painter.frame(area, title: [Span("Rounds", .title, bold: true)])
    let words =
      attempts.isEmpty
      ? "No attempt yet." : "One attempt so far: a round or another attempt sets two side by side."
    painter.popupLine(
      [Span(words, .dim)], row: inner.row, column: inner.column,
      limit: inner.column + inner.columns)
    return
  }
  let pairs = pairSteps(old, new)
  let round = reading.session.rounds.last { $0.id == new.started.round }
  let inner = painter.frame(
    area,
    title: [Span("Rounds", .title, bold: true), Span(painter.dot, .dim)]
      + story(round, old, new, reading, painter),
    right: [Span("\(old.id) beside \(new.id)", .dim)])
  let ledger = ledgerLines(old, new, pairs, reading, painter)
  let rows = max(0, inner.rows - ledger.count - 2)
  paintHeads(old, new, inner, painter: &painter)
  let first = max(0, min(top, pairs.count - rows))
  for (offset, pair) in pairs.dropFirst(first).prefix(rows).enumerated() {
    paint(pair, old, new, row: inner.row + 1 + offset, inner, reading, &painter)
  }
  let below = pairs.count - first - rows
  if below > 0 {
    painter.right(
      [Span(" \(below) more below ", Style(.dim, on: .popup))], row: inner.row + 1 + rows,
      from: inner.column, limit: inner.column + inner.columns)
  }
  for (offset, line) in ledger.enumerated() {
    painter.popupLine(
      line, row: inner.row + inner.rows - ledger.count + offset, column: inner.column,
      limit: inner.column + inner.columns)
  }
}

/// The shown attempt beside that with the same seed and other reflection, else beside its parent,
/// else beside the attempt before it.
private func compared(_ reading: Reading) -> (Attempt, Attempt)? {
  guard let new = reading.attempt else { return nil }
  let all = reading.session.attempts
  if let twin = all.last(where: { new.isTwin(of: $0) }) {
    return twin.started.reflection == nil ? (twin, new) : (new, twin)
  }
  if let parent = new.started.parent.flatMap({ reading.session.attempt($0) }) {
    return (parent, new)
  }
  guard let place = all.firstIndex(where: { $0.id == new.id }) else { return nil }
  if place > 0 { return (all[place - 1], new) }
  return all.count > 1 ? (all[0], all[1]) : nil
}

private func story(
  _ round: Round?, _ old: Attempt, _ new: Attempt, _ reading: Reading, _ painter: Painter
) -> [Span] {
  if new.isTwin(of: old) {
    let method = new.started.reflection.map { ", by \($0.method.title)" } ?? ""
    return [Span("same seed, without and with reflection\(method)", .text)]
  }
  if let replacement = reading.session.replacement(in: new) {
    return [Span("another token: " + replacement.words(arrow: painter.arrow), .text)]
  }
  guard let started = round?.started else {
    return [Span(new.started.parent == nil ? "two attempts" : "goes on from the partial", .text)]
  }
  var words = "round \(started.round)"
  switch started.strategy {
  case .fromScratch: words += " from scratch"
  case .fromStep: words += started.fromStep.map { " from step \($0 + 1)" } ?? " from a step"
  }
  switch started.trigger {
  case .critique: words += ", after a critique"
  case .marks: words += ", after your marks"
  case .hint: words += ", with a hint"
  case .asked: break
  }
  return [Span(words, .text)]
}

private struct Halves {
  var left: Range<Int>
  var middle: Int
  var right: Range<Int>

  init(_ inner: Area) {
    let half = (inner.columns - 12) / 2
    left = inner.column..<(inner.column + half)
    middle = inner.column + half + 1
    right = (middle + 11)..<(inner.column + inner.columns)
  }
}

private func paintHeads(_ old: Attempt, _ new: Attempt, _ inner: Area, painter: inout Painter) {
  let halves = Halves(inner)
  for (attempt, range) in [(old, halves.left), (new, halves.right)] {
    painter.popupLine(
      [Span("attempt \(attempt.id)", .title, bold: true)], row: inner.row,
      column: range.lowerBound, limit: range.upperBound)
  }
}

private func paint(
  _ pair: StepPair, _ old: Attempt, _ new: Attempt, row: Int, _ inner: Area,
  _ reading: Reading,
  _ painter: inout Painter
) {
  let halves = Halves(inner)
  let sides = [(old, pair.old, halves.left), (new, pair.new, halves.right)]
  for (attempt, index, range) in sides {
    guard let index, attempt.steps.indices.contains(index) else { continue }
    let step = attempt.steps[index]
    let number = String(step.number)
    let padding = String(repeating: " ", count: max(0, 3 - number.utf8.count))
    let mark = verdict(of: index, attempt, reading)
    let sign = mark.map { String(painter.glyphs.verdict($0)) } ?? " "
    let text = String(decoding: attempt.bytes(of: step).prefix(600), as: UTF8.self)
    painter.popupLine(
      [
        Span(padding + number + " ", .number), Span(sign + " ", mark?.role ?? .text),
        Span(text.trimmedWhitespace, pair.change == .kept ? .kept : .text),
      ], row: row, column: range.lowerBound, limit: range.upperBound)
  }
  painter.popupLine(
    [Span("\(pair.change.glyph(painter.glyphs)) \(pair.change.rawValue)", pair.change.role)],
    row: row,
    column: halves.middle, limit: halves.right.lowerBound - 1)
}

/// A person's mark outweighs the critic's verdict.
private func verdict(of index: Int, _ attempt: Attempt, _ reading: Reading) -> Verdict? {
  if let mark = reading.session.marks[StepID(attempt: attempt.id, index: index)] { return mark }
  return reading.session.critiques(of: attempt.id).last?.verdicts[index]?.verdict
}

// MARK: - Ledger

private func ledgerLines(
  _ old: Attempt, _ new: Attempt, _ pairs: [StepPair], _ reading: Reading, _ painter: Painter
) -> [[Span]] {
  var counts: [Span] = [Span("steps   ", .dim)]
  for change in Alignment.Change.allCases {
    let count = pairs.count { $0.change == change }
    counts.append(
      Span("\(change.glyph(painter.glyphs)) \(count) \(change.rawValue)   ", change.role))
  }
  var lines = [[Span("answer  ", .dim)] + answers(old, new, painter), counts]
  if isComparable(old, new) {
    let ledger = Ledger(from: old, verdicts(old, reading), to: new, verdicts(new, reading))
    lines.append([Span("errors  ", .dim)] + errors(ledger, old, new, painter))
  }
  if new.isTwin(of: old) {
    lines.append([Span("differs ", .dim)] + difference(old, new, painter))
  }
  lines.append([Span("spent   ", .dim), Span(spent(new), .text)])
  return lines
}

private func verdicts(_ attempt: Attempt, _ reading: Reading) -> [Int: Verdict] {
  var all: [Int: Verdict] = [:]
  for index in attempt.steps.indices { all[index] = verdict(of: index, attempt, reading) }
  return all
}

private func errors(
  _ ledger: Ledger, _ old: Attempt, _ new: Attempt, _ painter: Painter
) -> [Span] {
  func steps(_ indices: [Int], of attempt: Attempt) -> String {
    let numbers = indices.prefix(8).compactMap { index in
      attempt.steps.indices.contains(index) ? String(attempt.steps[index].number) : nil
    }
    return "step \(numbers.joined(separator: ", "))"
  }
  var spans: [Span] = []
  if !ledger.stepsFixed.isEmpty {
    let words = "\(steps(ledger.stepsFixed, of: old)) fixed   "
    spans.append(Span("\(painter.glyphs.correct) \(words)", .correct))
  }
  if !ledger.stepsBroken.isEmpty {
    let words = "\(steps(ledger.stepsBroken, of: new)) broken   "
    spans.append(Span("\(painter.glyphs.incorrect) \(words)", .incorrect))
  }
  // A wrong step taken over word for word is as wrong as it was.
  let kept = Set(Alignment(from: old, to: new).rows.filter { $0.change == .kept }.compactMap(\.old))
  let still = ledger.stepsUnjudged.filter(kept.contains)
  let rewritten = ledger.stepsUnjudged.filter { !kept.contains($0) }
  if !still.isEmpty {
    let words = "\(steps(still, of: old)) kept as it was   "
    spans.append(Span("\(painter.glyphs.incorrect) \(words)", .incorrect))
  }
  if !rewritten.isEmpty {
    let words = "\(steps(rewritten, of: old)) rewritten, not judged again"
    spans.append(Span("\(painter.glyphs.unsure) \(words)", .unsure))
  }
  return spans.isEmpty ? [Span("none judged", .dim)] : spans
}

private func answers(_ old: Attempt, _ new: Attempt, _ painter: Painter) -> [Span] {
  func span(_ attempt: Attempt) -> Span {
    guard let answer = attempt.answer else { return Span("none", .dim) }
    let text = oneLine(answer.answer, scalars: 30)
    switch answer.isCorrect {
    case true: return Span("\(text) \(painter.glyphs.correct) correct", .correct)
    case false: return Span("\(text) \(painter.glyphs.incorrect) incorrect", .incorrect)
    case nil: return Span(text, .text)
    }
  }
  let arrow = painter.glyphs.isASCII ? "  ->  " : "  →  "
  let outcome: Span =
    switch (old.answer?.isCorrect, new.answer?.isCorrect) {
    case (false, true): Span("   fixed", Style(.correct, bold: true))
    case (true, false): Span("   broken", Style(.incorrect, bold: true))
    case (let before?, let after?) where before == after:
      Span(before ? "   still correct" : "   still incorrect", .dim)
    default: Span("", .text)
    }
  return [span(old), Span(arrow, .dim), span(new), outcome]
}

/// Where two attempts of one seed part, and whether a reflection stands there.
private func difference(_ old: Attempt, _ new: Attempt, _ painter: Painter) -> [Span] {
  guard let place = FirstDifference(old, new) else {
    return [Span("nowhere: token for token the same", .text)]
  }
  func token(_ bytes: [UInt8]?) -> Span {
    bytes.map { Span(quoted($0), .strong) } ?? Span("ended", .dim)
  }
  var spans = [
    Span(place.channel == .thinking ? "thinking " : "", .text),
    Span("token \(place.index + 1)  ", .text), token(place.old), Span(painter.arrow, .dim),
    token(place.new),
  ]
  let standing = new.reflections.filter {
    $0.triggered.channel == place.channel && new.index(of: $0) == place.index
  }
  if let reflection = standing.last {
    let sign = painter.glyphs.reflection
    spans.append(Span("  \(sign) reflection \(reflection.id) stands there", .marker))
  } else {
    spans.append(Span("  no reflection stands there", .dim))
  }
  return spans
}

private func spent(_ attempt: Attempt) -> String {
  let kept = attempt.written.indices(startingIn: 0..<attempt.started.keptBytes).count
  let tokens = attempt.tokenCount - kept
  let time = attempt.finishedAt.map { ", \(($0 - attempt.startedAt).formatted(places: 1)) s" } ?? ""
  return count(tokens, "token") + time
}
