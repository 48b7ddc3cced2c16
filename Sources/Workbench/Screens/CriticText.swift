import Sessions

/// The verdicts of one critique as rows of cells, made only where they are looked at.
struct CriticText {
  let critique: Critique
  let reading: Reading
  let width: Int
  let gate: Gate
  let glyphs: Glyphs

  private var steps: [Step] { reading.attempt?.steps ?? [] }

  /// Nothing could be bound to a step: the critic's own words are shown.
  private var isRaw: Bool {
    critique.finished?.format == "text"
      || (critique.verdicts.isEmpty && critique.finished != nil && !critique.bytes.isEmpty)
  }

  /// The rows from `top` on, for reading by hand.
  func lines(from top: Int, height: Int) -> [[Cell]] {
    if isRaw { return window(rawLines, top: top, height: height) }
    var lines: [[Cell]] = []
    for entry in critique.started.steps.indices where lines.count < min(top, 1 << 20) + height {
      lines += self.lines(entry: entry)
    }
    return window(lines, top: top, height: height)
  }

  var lineCount: Int {
    isRaw
      ? rawLines.count : critique.started.steps.indices.reduce(0) { $0 + lines(entry: $1).count }
  }

  private func window(_ lines: [[Cell]], top: Int, height: Int) -> [[Cell]] {
    let first = max(0, min(top, lines.count - height))
    return Array(lines[first...].prefix(height))
  }

  /// The rows that keep `step` in view, with what stands before it where there is room.
  func lines(around step: Int, height: Int) -> [[Cell]] {
    if isRaw { return window(rawLines, top: 0, height: height) }
    let all = critique.started.steps
    guard !all.isEmpty else { return [] }
    let chosen = all.firstIndex(of: step) ?? all.lastIndex { $0 < step } ?? 0
    var lines = self.lines(entry: chosen)
    let own = lines.count
    var after = chosen + 1
    var before = chosen - 1
    // A third of the pane before it, the rest after it; what one side lacks the other takes.
    while before >= 0, lines.count < max(height / 3, own + 1) {
      let more = self.lines(entry: before)
      if lines.count + more.count > height { break }
      lines = more + lines
      before -= 1
    }
    while after < all.count, lines.count < height {
      lines += self.lines(entry: after)
      after += 1
    }
    while before >= 0, lines.count < height {
      lines = self.lines(entry: before) + lines
      before -= 1
    }
    if before < 0, lines.count > height, after >= all.count, chosen > 0 {
      return Array(lines.suffix(height))
    }
    return Array(lines.prefix(height))
  }

  private var rawLines: [[Cell]] {
    let heading = "No verdicts could be read; its own words:"
    return wrap(Array(heading.utf8), width: width, style: Style(.warning), gate: gate).map(\.cells)
      + wrap(critique.bytes, width: width, style: Style(.text), gate: gate).map(\.cells)
  }

  // MARK: - One step

  private func lines(entry: Int) -> [[Cell]] {
    let index = critique.started.steps[entry]
    let number = steps.indices.contains(index) ? steps[index].number : entry + 1
    let isSelected = index == reading.item
    let mark = isSelected ? String(glyphs.selected) : " "
    let label = String(number)
    let indent = 4
    let padding = String(repeating: " ", count: max(0, indent - 1 - label.utf8.count))
    let head =
      gate.cells(mark, Style(.strong))
      + gate.cells(padding + label + " ", Style(.number, bold: isSelected))
    guard let given = critique.verdicts[index] else {
      return [head + gate.cells(waiting(index), Style(.dim))]
    }
    var lines = [head + verdictCells(given)]
    let isTold = given.verdict != .correct || isSelected
    if isTold, let reason = given.reason, !reason.isEmpty {
      lines += paragraph(reason, Style(.text), indent: indent + 1)
    }
    if let repair = given.repair, !repair.isEmpty {
      lines += paragraph("repair: " + repair, Style(.added), indent: indent + 1)
    }
    return lines
  }

  private func waiting(_ index: Int) -> String {
    if let first = critique.firstError, index > first {
      return "\(glyphs.followsError) follows from the error"
    }
    return critique.isRunning ? "\(glyphs.unknown) not judged yet" : "\(glyphs.unknown) no verdict"
  }

  private func verdictCells(_ given: VerdictGiven) -> [Cell] {
    let style = Style(given.verdict.role, bold: given.verdict == .incorrect)
    var cells = gate.cells(
      "\(glyphs.verdict(given.verdict)) \(given.verdict.rawValue)", style)
    if let type = given.errorType, !type.isEmpty {
      cells += gate.cells((glyphs.isASCII ? " - " : " · ") + oneLine(type, scalars: 40), style)
    }
    return cells
  }

  private func paragraph(_ text: String, _ style: Style, indent: Int) -> [[Cell]] {
    let blank = gate.cells(String(repeating: " ", count: indent), Style())
    let short = Array(text.utf8.prefix(4000))
    return wrap(short, width: max(width - indent, 8), style: style, gate: gate)
      .map { blank + $0.cells }
  }
}
