import Engine
import Sessions

/// The chosen token: how likely it was, and what else could have stood there.
func paintTokenDetail(_ state: State, _ painter: inout Painter) {
  guard let token = state.chosenToken else {
    let inner = painter.frame(
      state.panelArea(columns: 52, rows: 4), title: [Span("Token", .title, bold: true)])
    painter.popupLine(
      [Span("No token is chosen; \(moving(state)) along a step.", .dim)], row: inner.row,
      column: inner.column, limit: inner.column + inner.columns)
    return
  }
  let facts = tokenFacts(token, painter)
  let rows = facts.count + max(token.alternatives.count, 1) + 5
  let area = state.panelArea(columns: 64, rows: rows)
  let key = state.bindings.keys(for: .takeToken, in: .panel).first?.name
  let inner = painter.frame(
    area, title: [Span("Token", .title, bold: true)],
    right: key.map { [Span("\($0) takes another here", .dim)] } ?? [])
  let limit = inner.column + inner.columns
  var row = inner.row
  let end = inner.row + inner.rows
  for fact in facts where row < end {
    painter.popupLine([Span(fact.0, .dim)], row: row, column: inner.column, limit: limit)
    painter.popupLine(fact.1, row: row, column: inner.column + 14, limit: limit)
    row += 1
  }
  row += 1
  paintAlternatives(token, row: row, end: end, inner, &painter)
}

private func moving(_ state: State) -> String {
  let keys = [Action.previousToken, .nextToken].compactMap {
    state.bindings.keys(for: $0, in: .read).first?.name
  }
  return keys.isEmpty ? "tokens are chosen" : "\(keys.joined(separator: " and ")) move"
}

private func tokenFacts(_ token: Token, _ painter: Painter) -> [(String, [Span])] {
  var facts: [(String, [Span])] = [("text", [Span(quoted(token.bytes), .strong, bold: true)])]
  facts.append(
    ("id", [Span(token.id.map(String.init) ?? "not sent", token.id == nil ? .dim : .text)]))
  if let logProbability = token.logProbability {
    let probability = exponential(Double(logProbability))
    facts.append(
      (
        "probability",
        [Span(probability.formatted(places: 4), confidenceRole(probability), bold: true)]
      ))
    let surprisal =
      logProbability.isFinite
      ? "\((-Double(logProbability)).formatted(places: 3)) nats" : "beyond what the server reports"
    facts.append(("surprisal", [Span(surprisal, .text)]))
  } else {
    facts.append(("probability", [Span("\(painter.glyphs.dash) not sent", .dim)]))
  }
  facts.append(("entropy", [Span(entropyWords(token.entropy, painter), .text)]))
  return facts
}

private func entropyWords(_ entropy: EntropyBounds?, _ painter: Painter) -> String {
  guard let entropy else { return "\(painter.glyphs.dash) not known" }
  let lower = (Double(entropy.lower)).formatted(places: 3)
  if entropy.isExact { return "\(lower) nats, exact" }
  guard entropy.upper.isFinite else { return "at least \(lower) nats" }
  let upper = Double(entropy.upper).formatted(places: 3)
  if lower == upper { return "\(lower) nats, to three places" }
  return "between \(lower) and \(upper) nats"
}

private func paintAlternatives(
  _ token: Token, row: Int, end: Int, _ inner: Area, _ painter: inout Painter
) {
  let limit = inner.column + inner.columns
  var row = row
  guard row < end else { return }
  guard !token.alternatives.isEmpty else {
    painter.popupLine(
      [Span("No alternatives were sent with this token.", .dim)], row: row,
      column: inner.column, limit: limit)
    return
  }
  painter.popupLine(
    [Span("could have been", .title)], row: row, column: inner.column, limit: limit)
  row += 1
  var mass = 0.0
  for alternative in token.alternatives where row < end {
    let probability = exponential(Double(alternative.logProbability))
    mass += probability
    let isChosen = alternative.bytes == token.bytes
    let mark = isChosen ? String(painter.glyphs.selected) : " "
    painter.popupLine(
      [
        Span(mark + " ", .strong),
        Span(quoted(alternative.bytes), isChosen ? .strong : .text, bold: isChosen),
      ],
      row: row, column: inner.column, limit: inner.column + 26)
    paintShare(probability, row: row, column: inner.column + 27, limit: limit, &painter)
    row += 1
  }
  guard row < end else { return }
  painter.popupLine(
    [Span("all others", .dim)], row: row, column: inner.column + 2, limit: limit)
  paintShare(max(0, 1 - mass), row: row, column: inner.column + 27, limit: limit, &painter)
}

func paintShare(
  _ probability: Double, row: Int, column: Int, limit: Int, _ painter: inout Painter
) {
  let bars = painter.bar(probability, columns: 20, role: confidenceRole(probability)).map { cell in
    var cell = cell
    cell.style.ground = .popup
    return cell
  }
  painter.grid.write(bars, row: row, column: column, limit: limit)
  painter.popupLine(
    [Span(shareWords(probability), .number)], row: row, column: column + 21, limit: limit)
}

private func shareWords(_ probability: Double) -> String {
  if probability == 0 { return "floor" }
  return probability < 0.000_05 ? "<.0001" : probability.formatted(places: 4)
}

/// Bytes between quotation marks, with blanks and line ends one can see.
func quoted(_ bytes: [UInt8]) -> String {
  var out = "\""
  var walker = UTF8Walker(bytes.prefix(200))
  while let (_, piece) = walker.next() {
    switch piece {
    case .scalar("\n"): out += "\\n"
    case .scalar("\r"): out += "\\r"
    case .scalar("\t"): out += "\\t"
    case .scalar("\""): out += "\\\""
    case .scalar(let scalar): out.unicodeScalars.append(scalar)
    case .broken(let byte): out += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return out + "\""
}
