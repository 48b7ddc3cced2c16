import Engine
import Sessions

/// Restyles the cells of the lines in view; the text stays as the layout made it.
struct ChainOverlay {
  let screen: SessionScreen
  let attempt: Attempt
  let piece: ChainItem
  let item: Int
  /// What its annotator says of each step, while they label.
  let labels: [Int: Label]

  private var reading: Reading { screen.reading }

  func apply(to lines: [WrappedLine], bytes: ArraySlice<UInt8>) -> [[Cell]] {
    var rows = lines.map(\.cells)
    switch reading.overlay {
    case .plain: break
    case .probability, .entropy: colourTokens(lines, &rows)
    case .critic: colour(reading.critique?.verdicts[item]?.verdict, &rows)
    case .labels:
      let mark =
        reading.labelling == nil
        ? reading.session.marks[StepID(attempt: attempt.id, index: item)] : labels[item]?.verdict
      colour(mark, &rows)
    }
    if let needle = reading.search?.needle, !needle.isEmpty {
      showMatches(Array(needle.utf8), lines, bytes, &rows)
    }
    if item == reading.item, let byte = reading.tokenByte { showToken(byte, lines, &rows) }
    showSpan(bytes, lines, &rows)
    return rows
  }

  private func colour(_ verdict: Verdict?, _ rows: inout [[Cell]]) {
    guard let role = verdict?.role else { return }
    for row in rows.indices {
      for cell in rows[row].indices where rows[row][cell].style.role != .foreign {
        rows[row][cell].style.role = role
      }
    }
  }

  private func colourTokens(_ lines: [WrappedLine], _ rows: inout [[Cell]]) {
    let table = attempt.tokens(piece.channel)
    guard let first = lines.first,
      var token = table.index(atByte: piece.range.lowerBound + first.start)
    else { return }
    var end = table.byteRange(of: token).upperBound
    var role = role(of: token, table)
    for row in rows.indices {
      for cell in rows[row].indices {
        let byte = piece.range.lowerBound + lines[row].offsets[cell]
        while byte >= end, token + 1 < table.count {
          token += 1
          end = table.byteRange(of: token).upperBound
          role = self.role(of: token, table)
        }
        guard let role, rows[row][cell].style.role != .foreign, rows[row][cell].base != " "
        else { continue }
        rows[row][cell].style.role = role
      }
    }
  }

  /// `nil` leaves confident and unmeasured text as it is.
  private func role(of token: Int, _ table: TokenTable) -> Role? {
    if reading.overlay == .entropy {
      guard let entropy = table.entropy(of: token)?.lower, entropy >= 0.5 else { return nil }
      if entropy < 1 { return .entropy1 }
      if entropy < 1.5 { return .entropy2 }
      return entropy < 2.5 ? .entropy3 : .entropy4
    }
    guard let logProbability = table.logProbability(of: token) else { return nil }
    // Natural logarithms of 0.7, 0.4, 0.15 and 0.02.
    if logProbability >= -0.356_675 { return nil }
    if logProbability >= -0.916_291 { return .doubt1 }
    if logProbability >= -1.897_120 { return .doubt2 }
    return logProbability >= -3.912_023 ? .doubt3 : .doubt4
  }

  private func showMatches(
    _ needle: [UInt8], _ lines: [WrappedLine], _ bytes: ArraySlice<UInt8>, _ rows: inout [[Cell]]
  ) {
    guard let first = lines.first, let last = lines.last else { return }
    // A match may begin on the line before the first one shown, or end past the last.
    let from = max(0, first.start - needle.count)
    let to = min(bytes.count, (last.offsets.last ?? last.start) + needle.count + 4)
    guard from < to else { return }
    let window = bytes[(bytes.startIndex + from)..<(bytes.startIndex + to)]
    for start in matches(of: needle.map(lowercased), in: window) {
      let range = (from + start)..<(from + start + needle.count)
      let current = reading.search?.current
      let isCurrent = current?.item == item && current?.byte == range.lowerBound
      restyle(range, lines, &rows) { $0.role = isCurrent ? .matchCurrent : .match }
    }
  }

  private func showToken(_ byte: Int, _ lines: [WrappedLine], _ rows: inout [[Cell]]) {
    let table = attempt.tokens(piece.channel)
    guard let token = table.index(atByte: byte) else { return }
    let range = table.byteRange(of: token)
    let start = range.lowerBound - piece.range.lowerBound
    restyle(start..<(start + range.count), lines, &rows) { $0.ground = .token }
  }

  /// The words an error lies in: underlined, and on a ground of their own while being chosen.
  private func showSpan(
    _ bytes: ArraySlice<UInt8>, _ lines: [WrappedLine], _ rows: inout [[Cell]]
  ) {
    guard reading.labelling != nil else { return }
    if item == reading.item, let choice = reading.labelling?.span {
      guard let span = choice.span(in: SpanChoice.words(bytes)) else { return }
      restyle(span.start..<span.end, lines, &rows) { $0.ground = .token }
    } else if let span = labels[item]?.span, span.start < span.end {
      restyle(span.start..<span.end, lines, &rows) { $0.isUnderlined = true }
    }
  }

  private func restyle(
    _ range: Range<Int>, _ lines: [WrappedLine], _ rows: inout [[Cell]],
    _ change: (inout Style) -> Void
  ) {
    for row in rows.indices {
      for cell in rows[row].indices where range.contains(lines[row].offsets[cell]) {
        change(&rows[row][cell].style)
      }
    }
  }
}
