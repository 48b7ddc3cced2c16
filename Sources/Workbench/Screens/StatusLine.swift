import Engine
import Sessions

/// Mode, what is going on, and where one is.
func paintStatusLine(_ state: State, _ painter: inout Painter) {
  let row = state.size.rows - 2
  let end = state.size.columns
  painter.clear(Area(column: 0, row: row, columns: end, rows: 1), on: .bar)
  var column = painter.text(
    " \(state.mode.title) ", Style(.mode, on: .bar, bold: true), row: row, column: 0, limit: end)
  column += 1
  let news = happening(state, painter)
  let needed = painter.columns(painter.cells(news)) + 2
  // News comes first; the place one is at gives way, from its last piece on.
  var pieces = standing(state)
  func width() -> Int { pieces.reduce(0) { $0 + $1.count + 3 } }
  while pieces.count > 1, width() + needed > end - column { pieces.removeLast() }
  if width() > max(12, end - column - min(needed, (end - column) / 2)) { pieces = [] }
  let right = Array(
    pieces.map { [Span($0, .text, on: .bar)] }.joined(
      separator: [Span(painter.dot, .dim, on: .bar)]))
  let start = painter.right(right, row: row, from: column, limit: end - 1)
  painter.spans(news, row: row, column: column, limit: start - 1)
}

/// Left: what was not saved, the notice, what runs.
private func happening(_ state: State, _ painter: Painter) -> [Span] {
  var pieces: [Span] = []
  switch state.saving {
  case .saved: break
  case .notSaved(let reason):
    pieces.append(Span("NOT SAVED: \(reason)", .error, on: .bar, bold: true))
  case .readOnly(let reason): pieces.append(Span("READ-ONLY: \(reason)", .warning, on: .bar))
  }
  if let notice = state.notice { pieces.append(span(notice)) }
  pieces += running(state, painter)
  if state.notice == nil { pieces += models(state, painter) }
  return Array(pieces.map { [$0] }.joined(separator: [Span(painter.dot, .dim, on: .bar)]))
}

private func span(_ notice: Notice) -> Span {
  switch notice.weight {
  case .plain: Span(notice.text, .notice, on: .bar)
  case .warning: Span("warning: \(notice.text)", .warning, on: .bar)
  case .error: Span("error: \(notice.text)", .error, on: .bar, bold: true)
  }
}

private func running(_ state: State, _ painter: Painter) -> [Span] {
  guard let reading = state.reading, reading.replay == nil, state.screen == .session else {
    return []
  }
  let now = reading.sessionNow(state.now)
  var jobs: [Span] = []
  for attempt in reading.session.attempts where attempt.isRunning {
    let name = "attempt \(attempt.id)"
    jobs.append(
      job(name, attempt.progress, since: attempt.startedAt, now: now, state, painter))
  }
  for critique in reading.session.critiques where critique.isRunning {
    jobs.append(
      job("critique", critique.progress, since: critique.startedAt, now: now, state, painter))
  }
  guard let first = jobs.first else { return [] }
  return jobs.count == 1 ? [first] : [first, Span("\(jobs.count - 1) more", .dim, on: .bar)]
}

private func job(
  _ name: String, _ progress: CallProgress, since: Double, now: Double, _ state: State,
  _ painter: Painter
) -> Span {
  if let retry = progress.retry {
    // A server may ask for any number.
    let left = min(max(0, retry.delay - (now - progress.retryAt)), 1e9)
    let reason = retry.reason.isEmpty ? "" : " (\(retry.reason))"
    return Span(
      "\(name): try \(retry.number + 1) in \(Int(left.rounded(.up))) s\(reason)",
      .warning, on: .bar)
  }
  let spinner = painter.glyphs.spinner(state.now)
  return Span("\(spinner) \(name) \(seconds(now - since))", .live, on: .bar)
}

private func models(_ state: State, _ painter: Painter) -> [Span] {
  ModelRole.allCases.compactMap { role in
    switch state.models[role] {
    case .connecting(let spec, let fraction):
      let spinner = painter.glyphs.spinner(state.now)
      let words = connectingWords(spec, fraction, painter)
      return Span("\(spinner) \(role.rawValue): \(words)", .notice, on: .bar)
    case .failed(_, let sentence):
      return Span("error: \(role.rawValue): \(sentence)", .error, on: .bar)
    case .connected, nil: return nil
    }
  }
}

/// `reading qwen.gguf ███▌     43%`, or who is being asked.
func connectingWords(_ spec: String, _ fraction: Double?, _ painter: Painter) -> String {
  guard let fraction else { return "asking \(spec)" }
  let bar = painter.bar(fraction, columns: 8, role: .notice).map { Character($0.base) }
  let percent = (min(max(fraction, 0), 1) * 100).formatted(places: 0)
  return "reading \(weightsName(of: spec)) \(String(bar)) \(percent)%"
}

/// What a file of weights is called where a model is named `local:FILE#template`.
package func weightsName(of spec: String) -> String {
  let path = spec.hasPrefix("local:") ? spec.dropFirst(6) : spec[...]
  return path.split(separator: "/").last.map(String.init) ?? String(path)
}

/// Right: queue, mouse, place.
private func standing(_ state: State) -> [String] {
  var pieces: [String] = []
  if !state.queue.isEmpty { pieces.append("queue \(state.queue.count)") }
  if state.isMouseOn { pieces.append("mouse on") }
  if let search = state.reading?.search, state.screen == .session {
    pieces.append("/\(oneLine(search.needle, scalars: 24)) \(search.count) found")
  }
  if let method = reflecting(state) { pieces.append("reflects: \(method.title)") }
  return pieces + place(state)
}

/// The method in force: that of the attempt being written, else the one chosen for the next.
private func reflecting(_ state: State) -> ReflectionMethod? {
  if state.screen == .session,
    let running = state.reading?.session.attempts.last(where: { $0.isRunning })
  {
    return running.reflectionSettings.last?.1.method
  }
  return state.settings.reflection.method
}

private func place(_ state: State) -> [String] {
  guard state.screen == .session else {
    let count = state.home.items.count
    return state.home.isListing ? ["reading the library"] : ["\(state.home.selection + 1)/\(count)"]
  }
  guard let reading = state.reading, let attempt = reading.attempt else { return [] }
  var pieces = reading.isWhole ? [] : ["reading the rest"]
  if let work = state.work {
    pieces.append("chain \(work.position + 1)/\(work.items.count)")
  }
  if !attempt.steps.isEmpty {
    pieces.append("step \(min(reading.item + 1, attempt.steps.count))/\(attempt.steps.count)")
  }
  return pieces
}

extension Reading {
  /// Session time now: that of the last event, and what has passed since it came.
  func sessionNow(_ now: Double) -> Double {
    session.time + (heardAt.map { max(0, now - $0) } ?? 0)
  }
}

extension Glyphs {
  /// Turns ten times a second by the loop's clock.
  func spinner(_ now: Double) -> Character {
    let frames: [Character] =
      isASCII ? ["|", "/", "-", "\\"] : ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    let tick = now.isFinite && now >= 0 && now < 1e12 ? Int(now * 10) : 0
    return frames[tick % frames.count]
  }
}
