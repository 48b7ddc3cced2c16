import Engine
import Sessions

/// One reflection: what the loop saw, what it did about it, and what that cost.
func paintReflection(_ id: ReflectionID, top: Int, _ state: State, _ painter: inout Painter) {
  guard let attempt = state.reading?.attempt,
    let place = attempt.reflections.firstIndex(where: { $0.id == id })
  else {
    let inner = painter.frame(
      state.panelArea(columns: 52, rows: 4), title: [Span("Reflection", .title, bold: true)])
    painter.popupLine(
      [Span("It is not in the attempt on screen.", .dim)], row: inner.row, column: inner.column,
      limit: inner.column + inner.columns)
    return
  }
  let reflection = attempt.reflections[place]
  let area = state.reflectionArea
  let lines = ReflectionText(reflection, attempt, state, painter, columns: area.columns - 4).lines
  let rows = min(lines.count + 2, area.rows)
  let inner = painter.frame(
    state.panelArea(columns: area.columns, rows: rows),
    title: [
      Span("Reflection \(reflection.id)", .title, bold: true), Span(painter.dot, .dim),
      Span(reflection.triggered.method.title, .strong),
    ], right: keys(place, of: attempt.reflections.count, reflection, state, painter))
  painter.paint(lines, top: top, inner)
  let below = lines.count - max(0, min(top, lines.count - inner.rows)) - inner.rows
  if below > 0 {
    painter.right(
      [Span(" \(below) more below ", Style(.dim, on: .popup))], row: inner.row + inner.rows,
      from: inner.column, limit: inner.column + inner.columns)
  }
}

extension State {
  var reflectionArea: Area { panelArea(columns: 100, rows: size.rows) }

  /// How far the panel can be scrolled.
  var reflectionBottom: Int {
    guard case .reflection(let id, _) = panel, let attempt = reading?.attempt,
      let reflection = attempt.reflections.last(where: { $0.id == id })
    else { return 0 }
    let area = reflectionArea
    let text = ReflectionText(
      reflection, attempt, self, Painter(self), columns: area.columns - 4)
    return max(0, text.lines.count - (area.rows - 2))
  }
}

private func keys(
  _ place: Int, of count: Int, _ reflection: AttemptReflection, _ state: State,
  _ painter: Painter
) -> [Span] {
  var words = ["\(place + 1) of \(count)"]
  let around = [Action.previousToken, .nextToken].compactMap {
    state.bindings.keys(for: $0, in: .panel).first?.name
  }
  if count > 1, around.count == 2 { words.append("\(around.joined(separator: " ")) others") }
  let key = state.bindings.keys(for: .compareControls, in: .panel).first?.name
  if let key, reflection.controls.isEmpty { words.append("\(key) controls") }
  return [Span(words.joined(separator: painter.dot), .dim)]
}

/// The lines of the panel.
struct ReflectionText {
  private let reflection: AttemptReflection
  private let attempt: Attempt
  private let state: State
  private let painter: Painter
  private let columns: Int

  private var triggered: ReflectionTriggered { reflection.triggered }
  private var finished: ReflectionFinished? { reflection.finished }

  init(
    _ reflection: AttemptReflection, _ attempt: Attempt, _ state: State, _ painter: Painter,
    columns: Int
  ) {
    self.reflection = reflection
    self.attempt = attempt
    self.state = state
    self.painter = painter
    self.columns = columns
  }

  var lines: [PanelLine] {
    var lines: [[Cell]] = [fact("place", placeSpans)]
    lines.append(fact("looked at", valueSpans))
    if !triggered.window.isEmpty { lines.append(windowLine) }
    lines.append(fact("outcome", outcomeSpans))
    if let message = finished?.message, !message.isEmpty {
      lines += wrapped(message).map { fact("", []) + $0 }
    }
    lines += [[]] + barLines
    let numbers = optimisationLines
    if !numbers.isEmpty { lines += [[]] + numbers }
    if finished != nil { lines.append(fact("cost", costSpans)) }
    if !reflection.trials.isEmpty { lines += [[]] + trialLines }
    if !reflection.controls.isEmpty { lines += [[]] + controlLines }
    return lines.map { PanelLine($0) }
  }

  private static let label = 12

  private func fact(_ name: String, _ spans: [Span]) -> [Cell] {
    painter.padded(painter.cells([Span(name, .dim)]), to: Self.label) + painter.cells(spans)
  }

  private func wrapped(_ text: String) -> [[Cell]] {
    wrap(
      Array(text.utf8.prefix(2000)), width: max(columns - Self.label, 8), style: Style(.warning),
      gate: painter.gate
    ).prefix(6).map(\.cells)
  }

  // MARK: - What was seen

  private var placeSpans: [Span] {
    let isThinking = triggered.channel == .thinking
    let number = min(max(triggered.position, 0), 1_000_000_000) + 1
    var words = "token \(number) of the \(isThinking ? "thinking" : "answer")"
    guard let index = attempt.index(of: reflection) else {
      return [Span(words + ", withdrawn since", .text)]
    }
    let table = attempt.tokens(triggered.channel)
    let byte = table.byteRange(of: index).lowerBound
    let step = attempt.steps.last {
      $0.channel == triggered.channel && $0.range.contains(byte)
    }
    if let step { words += ", step \(step.number)" }
    let before = table.bytes[max(0, byte - Self.shownBefore)..<byte]
    return [
      Span(words, .text), Span("  after ", .dim), Span(quoted(tail(before)), .text),
    ]
  }

  /// From the first whole word on, or at least the first whole character.
  private func tail(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard bytes.count == Self.shownBefore else { return Array(bytes) }
    let words = bytes.drop { $0 != UInt8(ascii: " ") }.dropFirst()
    return Array(words.isEmpty ? bytes.drop { $0 & 0xC0 == 0x80 } : words)
  }

  /// Bytes of the text before the place.
  private static let shownBefore = 24

  private var valueSpans: [Span] {
    let rule = triggered.rule
    guard let value = triggered.value else {
      return [Span("no number", .dim), Span("  rule \(rule.name.rawValue)", .text)]
    }
    let temperature = triggered.temperature.isFinite ? triggered.temperature.shortest() : "?"
    let isEntropy = rule.looksAtEntropy
    var spans = [Span(nats(value), .threshold, bold: true), Span(" nats", .text)]
    if let threshold = triggered.threshold {
      let side = triggered.isAmbiguous ? "around" : rule.firesBelow ? "below" : "above"
      spans.append(
        Span(" \(side) \(threshold.formatted(places: 2)), \(source(of: threshold))", .text))
    }
    if triggered.isAmbiguous { spans.append(Span(", ambiguous", .warning)) }
    if isEntropy { spans.append(Span("  temperature \(temperature)", .dim)) }
    return spans
  }

  private func source(of threshold: Double) -> String {
    guard case .adaptive(let rule) = triggered.rule else {
      return "rule \(triggered.rule.name.rawValue)"
    }
    if triggered.window.count < rule.window { return "the cold start" }
    return threshold > rule.floor
      ? "mean + \(rule.k.shortest()) deviations" : "the floor"
  }

  private func nats(_ bounds: EntropyBounds) -> String {
    let lower = Double(bounds.lower).formatted(places: 2)
    if bounds.isExact { return lower }
    guard bounds.upper.isFinite else { return "at least \(lower)" }
    return "\(lower) to \(Double(bounds.upper).formatted(places: 2))"
  }

  private var windowLine: [Cell] {
    let values = triggered.window.map { Double($0) }
    let value = triggered.value.flatMap { $0.compared(by: .midpoint) }
    let known = values.filter(\.isFinite)
    let full = max(known.max() ?? 0, triggered.threshold ?? 0, value ?? 0)
    let room = max(8, columns - Self.label - 34)
    var cells = painter.sparkline(values, full: full, columns: room, role: .number)
    if let value {
      cells += painter.sparkline([value], full: full, columns: 1, role: .threshold)
    }
    let mean = known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    let words =
      "  the last \(values.count)" + (mean.map { ", mean \($0.formatted(places: 2))" } ?? "")
    return fact("window", []) + cells + painter.cells([Span(words, .dim)])
  }

  // MARK: - What came of it

  private var outcomeSpans: [Span] {
    guard let finished else {
      return reflection.standing(in: attempt) == .running
        ? [Span("under way", .live)]
        : [Span("never finished: the program was gone before", .warning)]
    }
    let token = finished.chosen.all.first.map { quoted(Array($0.bytes)) }
    switch finished.outcome {
    case .decided:
      return [Span("decided", .correct, bold: true), Span(token.map { ": \($0)" } ?? "", .strong)]
    case .kept:
      return [
        Span("kept", .text, bold: true), Span(token.map { ": \($0)" } ?? "", .strong),
        Span("  nothing better was found", .dim),
      ]
    case .cancelled: return [Span("cancelled", .stopped)]
    case .failed: return [Span("failed", .error)]
    }
  }

  /// A token before and after the change.
  private struct Bar {
    var bytes: [UInt8]
    var before: Double?
    var after: Double?
  }

  private var bars: [Bar] {
    var bars: [Bar] = []
    var places: [[UInt8]: Int] = [:]
    for alternative in triggered.alternatives.all.prefix(10)
    where places[alternative.bytes] == nil {
      places[alternative.bytes] = bars.count
      bars.append(Bar(bytes: alternative.bytes, before: probability(alternative)))
    }
    for alternative in finished?.alternatives.all.prefix(10) ?? [] {
      if let place = places[alternative.bytes] {
        bars[place].after = bars[place].after ?? probability(alternative)
      } else {
        places[alternative.bytes] = bars.count
        bars.append(Bar(bytes: alternative.bytes, after: probability(alternative)))
      }
    }
    return bars
  }

  private func probability(_ alternative: Alternative) -> Double {
    let value = exponential(Double(alternative.logProbability))
    return value.isNaN ? 0 : value
  }

  private var barLines: [[Cell]] {
    let bars = bars
    guard !bars.isEmpty else {
      return [painter.cells([Span("No alternatives were recorded.", .dim)])]
    }
    let width = max(4, min(20, (columns - 2 - 18 - 16) / 2))
    let hasAfter = finished?.alternatives.all.isEmpty == false
    var head = painter.columns([
      (20, [Span("could be written", .title)]), (width + 9, [Span("before", .title)]),
    ])
    if hasAfter { head += painter.cells([Span("after", .title)]) }
    let chosen = finished?.chosen.all.first?.bytes
    var lines = [head]
    for bar in bars {
      let isChosen = bar.bytes == chosen
      let mark = isChosen ? "\(painter.glyphs.selected) " : "  "
      var cells = painter.columns([
        (2, [Span(mark, .strong)]),
        (18, [Span(tokenWords(bar.bytes), isChosen ? .strong : .text, bold: isChosen)]),
      ])
      cells += share(bar.before, width: width)
      if hasAfter { cells += painter.cells([Span("  ", .text)]) + share(bar.after, width: width) }
      lines.append(cells)
    }
    lines.append(entropyLine(width: width, hasAfter: hasAfter))
    return lines
  }

  private func entropyLine(width: Int, hasAfter: Bool) -> [Cell] {
    var before: [Span] = [Span(String(painter.glyphs.dash), .dim)]
    if triggered.rule.looksAtEntropy, let value = triggered.value {
      before = [Span("\(nats(value)) nats", .text)]
    }
    let after = finished?.entropy.map { "\(nats($0)) nats" }
    return painter.columns([(20, [Span("  entropy", .dim)]), (width + 9, before)])
      + painter.cells([Span(hasAfter ? after ?? String(painter.glyphs.dash) : "", .text)])
  }

  private func share(_ probability: Double?, width: Int) -> [Cell] {
    guard let probability else {
      return painter.columns([(width + 7, [Span(String(painter.glyphs.dash), .dim)])])
    }
    let role = confidenceRole(probability)
    let words = probability < 0.000_05 ? "<.0001" : probability.formatted(places: 4)
    return painter.bar(probability, columns: width, role: role)
      + painter.right([Span(words, .number)], columns: 7)
  }

  private func tokenWords(_ bytes: [UInt8]) -> String {
    bytes.isEmpty ? "(ends the answer)" : quoted(bytes)
  }

  private var optimisationLines: [[Cell]] {
    var lines: [[Cell]] = []
    if let losses = finished?.losses, !losses.isEmpty { lines.append(lossLine(losses)) }
    if let norm = finished?.norm {
      lines.append(fact("vector", [Span("length \(Double(norm).formatted(places: 4))", .text)]))
    }
    if let positions = finished?.positions {
      var spans = [Span("\(count(positions, "position")) in the loss", .text)]
      if let out = finished?.positionsLeftOut, out > 0 {
        spans.append(Span(", \(out) left out for memory", .warning))
      }
      lines.append(fact("prefix", spans))
    }
    return lines
  }

  private func lossLine(_ losses: [Float]) -> [Cell] {
    let values = losses.map { Double($0) }
    let known = values.filter(\.isFinite)
    let (low, high) = (known.min() ?? 0, known.max() ?? 0)
    // From the least to the most: what matters is the way down, not where it is.
    let room = min(24, max(4, columns - Self.label - 40))
    let spark = painter.sparkline(
      values.map { high > low ? ($0 - low) / (high - low) * 0.99 : 0.5 }, full: 1, columns: room,
      role: .number)
    let words = values.prefix(8).map { $0.formatted(places: 4) }.joined(separator: painter.arrow)
    let more = values.count > 8 ? " \(painter.glyphs.ellipsis) \(values.count) steps" : ""
    return fact("loss", []) + spark + painter.cells([Span("  " + words + more, .text)])
  }

  private var costSpans: [Span] {
    guard let finished else { return [] }
    let words = [
      "\(finished.milliseconds.formatted(places: 1)) ms",
      count(finished.forwards, "forward"), "\(count(finished.discardedTokens, "token")) discarded",
    ]
    return [Span(words.joined(separator: painter.dot), .text)]
  }

  // MARK: - Trials and controls

  private var trialLines: [[Cell]] {
    let head = painter.columns([
      (6, [Span("trials", .title)]), (12, [Span("   score", .title)]), (nil, [Span("", .text)]),
    ])
    let chosen = reflection.chosenTrial
    return [head]
      + reflection.trials.prefix(64).map { trial in
        let isChosen = trial.trial == chosen
        let mark = isChosen ? "\(painter.glyphs.selected) " : "  "
        let score = trial.score.map { $0.formatted(places: 3) } ?? String(painter.glyphs.dash)
        let number = min(max(trial.trial, 0), 999_999) + 1
        return painter.columns([
          (2, [Span(mark, .strong)]), (4, [Span(String(number), .number)]),
        ])
          + painter.right([Span(score, .number)], columns: 9)
          + painter.cells([
            Span("  ", .text),
            Span(
              quoted(Array(trial.table.bytes.prefix(400))), isChosen ? .strong : .text,
              bold: isChosen),
          ])
      }
  }

  private var controlLines: [[Cell]] {
    let head = painter.columns([
      (30, [Span("what else would have chosen", .title)]), (18, [Span("token", .title)]),
      (nil, [Span("probability, entropy after", .title)]),
    ])
    let own = finished?.chosen.all.first?.bytes
    return [head]
      + reflection.controls.prefix(64).map { choice in
        let token = choice.chosen.all.first
        let isSame = token != nil && token?.bytes == own
        // As the control changed it, where that is known.
        let changed = choice.alternatives.all.first { $0.bytes == token?.bytes } ?? token
        let probability = changed.map { share(self.probability($0), width: 10) } ?? []
        let entropy = choice.entropy.map { "  \(nats($0)) nats" } ?? ""
        return painter.columns([
          (2, [Span("  ", .text)]),
          (28, [Span(choice.method?.title ?? "plain draw, no reflection", .text)]),
          (
            18,
            [
              Span(
                token.map { tokenWords($0.bytes) } ?? String(painter.glyphs.dash),
                isSame ? .dim : .strong, bold: !isSame)
            ]
          ),
        ]) + probability + painter.cells([Span(entropy + (isSame ? "  the same" : ""), .dim)])
      }
  }
}

extension TriggerRule {
  /// Whether it fires where its number is low.
  fileprivate var firesBelow: Bool { name == .lowestWindow }
}
