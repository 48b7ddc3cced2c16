import Sessions

/// What people say of the selected step, side by side, while it is settled.
extension LabelPane {
  var weighing: Weighing? { reading.labelling?.weighing.value }

  /// A column narrower than this is no column: labels then stand one below the other.
  private static let leastColumns = 13
  private static let gap = 2

  func sideBySide(_ step: Step, width: Int, _ painter: Painter) -> [[Cell]] {
    guard let weighing, !weighing.voices.isEmpty else { return [] }
    let abreast = min(
      max((width + Self.gap) / (Self.leastColumns + Self.gap), 1), weighing.voices.count)
    let columns = (width - (abreast - 1) * Self.gap) / abreast
    let texts = weighing.voices.indices.map {
      voice($0, of: weighing, step, width: columns, painter)
    }
    var lines: [[Cell]] = []
    for first in stride(from: 0, to: texts.count, by: abreast) {
      if first > 0 { lines.append([]) }
      let row = texts[first..<min(first + abreast, texts.count)]
      for line in 0..<(row.map(\.count).max() ?? 0) {
        var cells: [Cell] = []
        for text in row {
          if !cells.isEmpty { cells += [Cell](repeating: .blank, count: Self.gap) }
          cells += painter.padded(line < text.count ? text[line] : [], to: columns)
        }
        lines.append(cells)
      }
    }
    return lines + [[]] + keys(weighing, width: width, painter)
  }

  private func voice(
    _ place: Int, of weighing: Weighing, _ step: Step, width: Int, _ painter: Painter
  ) -> [[Cell]] {
    let voice = weighing.voices[place]
    var name = Weighing.letter(place)
    if state.settings.labelling.adjudication?.areNamesShown == true {
      name += "  " + oneLine(voice.annotator, scalars: 32)
    }
    var lines = [Array(painter.cells([Span(name, .strong, bold: true)]).prefix(width))]
    func add(_ text: String?, _ role: Role = .text) {
      guard let text, !text.isEmpty else { return }
      lines += rows(text, role, width: width, painter)
    }
    guard let label = voice.labels[step.index], let verdict = label.given else {
      let isBehind = voice.firstError.map { $0 < step.index } == true
      add(isBehind ? "not rated, after the first error" : "not rated", .dim)
      return lines
    }
    add("\(painter.glyphs.verdict(verdict)) \(verdict.rawValue)", verdict.role)
    if label.isFirstError == true { add("first error", .incorrect) }
    if label.isFilled == true { add("follows from it", .dim) }
    add(label.errorType.map { state.settings.labelling.taxonomy.kind($0)?.title ?? $0 }, .strong)
    add(label.reason)
    add(label.correction.map { "should be: \($0)" }, .added)
    return lines
  }

  private func keys(_ weighing: Weighing, width: Int, _ painter: Painter) -> [[Cell]] {
    func key(_ action: Action) -> String? {
      state.bindings.keys(for: action, in: .label).first?.name
    }
    let takes = [Action.takeA, .takeB, .takeC, .takeD].prefix(weighing.voices.count)
      .compactMap { key($0) }
    var words: [String] = []
    if !takes.isEmpty { words.append(takes.joined(separator: " ") + " take over") }
    if let names = key(.names) {
      let isShown = state.settings.labelling.adjudication?.areNamesShown == true
      words.append("\(names) \(isShown ? "hides" : "shows") names")
    }
    return rows(words.joined(separator: painter.dot), .dim, width: width, painter)
  }

  /// Disputes settled and left, in this chain and in all.
  func disputes(_ weighing: Weighing, width: Int, _ painter: Painter) -> [[Cell]] {
    let all = weighing.disputed.count
    let settled = all - weighing.open(screen.labels).count
    var words = ["\(settled) of \(count(all, "dispute")) settled here"]
    if let exit = state.judgement?.exit {
      words.append(exit == .badProblem ? "left: bad problem" : "left: given up")
    }
    if weighing.orphans > 0 {
      words.append(
        "\(count(weighing.orphans, "label")) not weighed, on text that is no longer there")
    }
    var lines = rows(words.joined(separator: painter.dot), .dim, width: width, painter)
    guard let work = state.work else { return lines }
    let (total, done) = work.items.reduce((0, 0)) { ($0.0 + $1.disputes, $0.1 + $1.settled) }
    let whole = [
      "\(done) of \(total) in all", "\(total - done) left",
      "\(work.doneCount) of \(count(work.items.count, "chain")) done",
    ]
    lines += rows(whole.joined(separator: painter.dot), .dim, width: width, painter)
    return lines
  }
}
