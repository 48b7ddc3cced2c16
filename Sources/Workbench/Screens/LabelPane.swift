import Sessions

/// What the person says of the selected step, in the critic's place while they label; and, once
/// nothing is hidden, what others say of it.
struct LabelPane {
  let screen: SessionScreen

  var reading: Reading { screen.reading }
  var state: State { screen.state }

  func paint(_ area: Area, _ painter: inout Painter) {
    paintHeader(&painter)
    let lines = self.lines(width: max(area.columns - 2, 1), painter)
    let last = max(lines.count - area.rows, 0)
    let top = reading.criticFollows ? 0 : min(max(reading.criticTop, 0), last)
    for (offset, cells) in lines.dropFirst(top).prefix(area.rows).enumerated() {
      painter.grid.write(
        cells, row: area.row + offset, column: area.column + 1, limit: area.column + area.columns)
    }
  }

  private func paintHeader(_ painter: inout Painter) {
    guard let header = screen.layout.criticHeader else { return }
    let isFocused = screen.isFocused(.critic)
    var left = [
      Span(
        weighing == nil ? "Label" : "Settle",
        Style(isFocused ? .borderFocused : .title, bold: isFocused)),
      Span("  " + oneLine(state.settings.annotator, scalars: 32), .text),
    ]
    if let pass = reading.labelling?.pass, pass > 0 {
      left.append(Span(painter.dot + "again", .dim))
    }
    painter.rule(
      header, left: left,
      right: [reading.isBlind ? Span("blind", .notice) : Span("open", .dim)],
      isFocused: isFocused)
  }

  // MARK: - Lines

  func lines(width: Int, _ painter: Painter) -> [[Cell]] {
    guard let attempt = reading.attempt, attempt.steps.indices.contains(reading.item) else {
      return rows(waiting, .dim, width: width, painter)
    }
    let step = attempt.steps[reading.item]
    var lines = own(step, width: width, painter)
    let weighed = sideBySide(step, width: width, painter)
    // On a small screen every line counts, so only a long decision is set apart.
    lines += (lines.count > 1 && !weighed.isEmpty ? [[]] : []) + weighed
    let others = others(step, attempt, width: width, painter)
    if !others.isEmpty { lines += [[]] + others }
    lines += [[]] + progress(attempt, width: width, painter)
    return lines
  }

  private var waiting: String {
    reading.attempt?.isRunning == true
      ? "A step can be labelled when it is finished." : "This chain has no step to label."
  }

  private func own(_ step: Step, width: Int, _ painter: Painter) -> [[Cell]] {
    let label = screen.labels[step.index] ?? Label()
    var head = [Span("step \(step.number)  ", .number)]
    if let verdict = label.verdict {
      let sign = String(painter.glyphs.verdict(verdict))
      head.append(Span("\(sign) \(verdict.rawValue)", Style(verdict.role, bold: true)))
      if label.isFirstError == true { head.append(Span(painter.dot + "first error", .incorrect)) }
      if label.isFilled == true { head.append(Span(painter.dot + "follows from it", .dim)) }
    } else {
      head.append(open(step))
    }
    var lines = [painter.cells(head)]
    func add(_ name: String, _ text: String?, _ role: Role = .text) {
      guard let text, !text.isEmpty else { return }
      lines += entry(name, text, role, width: width, painter)
    }
    if label.isFlagged == true { add("flagged", "to be looked at again", .warning) }
    add("type", label.errorType.map { state.settings.labelling.taxonomy.kind($0)?.title ?? $0 })
    if let span = label.span, let attempt = reading.attempt {
      let bytes = Array(attempt.bytes(of: step))
      let end = min(span.end, bytes.count)
      add("span", String(decoding: bytes[min(span.start, end)..<end], as: UTF8.self))
    }
    add("reason", label.reason)
    add("should be", label.correction, .added)
    if let candidates = label.candidates, candidates.count > 1 {
      let chosen = label.chosen.flatMap { candidates.indices.contains($0) ? candidates[$0] : nil }
      let rated = candidates.count { $0.verdict != nil }
      add("texts", "\(rated) of \(candidates.count) rated")
      add("best", chosen?.text, .added)
    }
    if let explanations = label.explanations, !explanations.isEmpty {
      add("explained", "\(explanations.count { $0.verdict != nil }) of \(explanations.count) rated")
    }
    if let before = blindLabel(step), before.verdict != label.verdict {
      add("at first", before.verdict?.rawValue ?? "nothing", .dim)
    }
    return lines
  }

  /// What a step without a verdict waits for.
  private func open(_ step: Step) -> Span {
    if isAfterError(step) { return Span("not rated, after the error", .dim) }
    guard weighing != nil else { return Span("not rated yet", .dim) }
    return screen.disputed.contains(step.index)
      ? Span("in dispute", .warning) : Span("not in dispute", .dim)
  }

  /// What was said blind, where it was changed since.
  private func blindLabel(_ step: Step) -> Label? {
    guard let labelling = reading.labelling else { return nil }
    let id = StepID(attempt: labelling.attempt, index: step.index)
    let entry = reading.book(of: state.settings.annotator)?.entries(pass: labelling.pass)[id]
    return entry?.first?.label
  }

  private func isAfterError(_ step: Step) -> Bool {
    screen.labels.contains { $0.key < step.index && $0.value.isFirstError == true }
  }

  /// The critic, then everybody else; nobody while labelling blind.
  private func others(
    _ step: Step, _ attempt: Attempt, width: Int, _ painter: Painter
  ) -> [[Cell]] {
    guard !state.hidden.hides(step.index) else { return [] }
    var lines: [[Cell]] = []
    func add(_ name: String, _ verdict: Verdict, _ detail: String?) {
      let sign = String(painter.glyphs.verdict(verdict))
      lines.append(
        painter.cells([
          Span("\(oneLine(name, scalars: 24))  ", .dim),
          Span("\(sign) \(verdict.rawValue)", verdict.role),
        ]))
      if let detail, !detail.isEmpty {
        lines += rows(detail, .text, width: width - 2, painter).map { [.blank, .blank] + $0 }
      }
    }
    if let given = reading.critique?.verdicts[step.index] {
      let words = [given.errorType, given.reason].compactMap(\.self).joined(separator: ": ")
      add(reading.critique?.started.call.model.shortName ?? "critic", given.verdict, words)
    }
    guard !reading.isBlind else { return lines }
    let weighed = Set(weighing?.voices.map(\.annotator) ?? [])
    for book in reading.books
    where book.annotator != state.settings.annotator && !weighed.contains(book.annotator) {
      let entry = book.standing(step, in: attempt, digests: reading.labelling?.digests.value)
      guard let label = entry?.current.label, let verdict = label.verdict
      else { continue }
      let words = [label.errorType, label.reason].compactMap(\.self).joined(separator: ": ")
      add(book.annotator, verdict, words)
    }
    return lines
  }

  private func progress(_ attempt: Attempt, width: Int, _ painter: Painter) -> [[Cell]] {
    if let weighing { return disputes(weighing, width: width, painter) }
    let steps = attempt.stepsToRate { screen.labels[$0] }
    let rated = steps.count { screen.labels[$0.index]?.isRated == true }
    var words = ["\(rated) of \(count(steps.count, "step")) rated"]
    if let judged = state.judgement {
      if let exit = judged.exit {
        words.append(exit == .badProblem ? "left: bad problem" : "left: given up")
      } else {
        words += [judged.answer.map { "answer \($0.rawValue)" }].compactMap(\.self)
      }
    }
    if let lost = reading.labelling?.orphans.value, lost > 0 {
      words.append("\(count(lost, "label")) on text that is no longer there")
    }
    var lines = rows(words.joined(separator: painter.dot), .dim, width: width, painter)
    guard let work = state.work else { return lines }
    var pace = ["\(work.doneCount) of \(count(work.items.count, "chain")) done"]
    if work.steps > 0 {
      pace.append("\((work.seconds / Double(work.steps)).formatted(places: 1)) s a step")
    }
    if work.doneCount < work.items.count, let left = work.timeLeft {
      pace.append("about \(duration(left)) left")
    }
    lines += rows(pace.joined(separator: painter.dot), .dim, width: width, painter)
    return lines
  }

  // MARK: - Rows

  private static let nameColumns = 11

  private func entry(
    _ name: String, _ text: String, _ role: Role, width: Int, _ painter: Painter
  ) -> [[Cell]] {
    let head = painter.padded(painter.cells([Span(name, .dim)]), to: Self.nameColumns)
    let blank = [Cell](repeating: .blank, count: Self.nameColumns)
    let rows = rows(text, role, width: width - Self.nameColumns, painter)
    return rows.enumerated().map { ($0 == 0 ? head : blank) + $1 }
  }

  func rows(
    _ text: String, _ role: Role, width: Int, _ painter: Painter
  ) -> [[Cell]] {
    wrap(
      Array(text.utf8.prefix(4000)), width: max(width, 8), style: Style(role), gate: painter.gate
    ).map(\.cells)
  }

  /// `25 min` or `40 s`.
  private func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "ages" }
    if seconds < 90 { return "\(Int(seconds)) s" }
    return seconds < 5400
      ? "\(Int((seconds / 60).rounded())) min" : "\((seconds / 3600).formatted(places: 1)) h"
  }
}
