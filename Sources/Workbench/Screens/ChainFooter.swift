import Engine
import Sessions

/// How the attempt ended, its answer, and what to know of its numbers.
func paintChainFooter(
  _ attempt: Attempt, _ area: Area, _ state: State, _ painter: inout Painter
) {
  painter.clear(area)
  var pieces: [Span] = []
  if let ending = ending(of: attempt, state, painter) { pieces.append(ending) }
  if let answer = attempt.answer { pieces.append(answerSpan(answer, painter)) }
  for note in attempt.progress.notes.prefix(3) { pieces.append(noteSpan(note, attempt)) }
  if attempt.started.keptBytes > 0 {
    let parent = attempt.started.parent.map { " from \($0)" } ?? ""
    pieces.append(Span("= kept\(parent)", .kept))
  }
  if let replacement = state.reading?.session.replacement(in: attempt) {
    pieces.append(Span(replacement.words(arrow: painter.arrow), .added))
  }
  let spans = Array(pieces.map { [$0] }.joined(separator: [Span(painter.dot, .dim)]))
  painter.spans(
    spans, row: area.row, column: area.column + 2, limit: area.column + area.columns)
}

private func answerSpan(_ answer: AnswerExtracted, _ painter: Painter) -> Span {
  let text = "answer " + oneLine(answer.answer, scalars: 40)
  switch answer.isCorrect {
  case true: return Span("\(text) \(painter.glyphs.correct) correct", .correct)
  case false: return Span("\(text) \(painter.glyphs.incorrect) incorrect", .incorrect)
  case nil: return Span(text, .strong)
  }
}

private func ending(of attempt: Attempt, _ state: State, _ painter: Painter) -> Span? {
  guard let finished = attempt.finished else { return nil }
  let key = state.bindings.keys(for: .resume, in: .read).first?.name
  let goesOn = key.map { "\(painter.dot)\($0) goes on" } ?? ""
  switch finished.reason {
  case .stop: return nil
  case .cancelled:
    return Span("stopped by you\(painter.dot)partial kept\(goesOn)", .stopped)
  case .truncated:
    return Span("cut off\(goesOn)", .warning)
  case .length: return Span("length limit\(goesOn)", .warning)
  case .tool: return Span("the model asked for a tool; there is none here", .warning)
  case .filtered: return Span("the server cut this with its filter", .warning)
  case .error: return Span("failed: " + (finished.message ?? "the model gave no reason"), .error)
  }
}

private func noteSpan(_ note: Noted, _ attempt: Attempt) -> Span {
  guard note.kind == .bytesMismatch else { return Span(note.text, .warning) }
  let byte = note.byte ?? 0
  let step = attempt.steps.last { $0.channel == .answer && $0.range.lowerBound <= byte }
  let place = step.map { "step \($0.number)" } ?? "the start"
  return Span("no numbers from \(place) on: the tokens do not rebuild the text", .warning)
}
