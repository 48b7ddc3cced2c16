/// A piece of text in one style.
struct Span: Equatable {
  var text: String
  var style: Style
  init(_ text: String, _ style: Style = Style()) {
    self.text = text
    self.style = style
  }
  init(_ text: String, _ role: Role, on ground: Ground = .normal, bold: Bool = false) {
    self.init(text, Style(role, on: ground, bold: bold))
  }
}

/// Draws into a grid: every text through the gate, every glyph from the set in force.
struct Painter {
  var grid: Grid
  let gate: Gate
  let glyphs: Glyphs

  init(_ state: State) {
    grid = Grid(size: state.size)
    gate = state.settings.gate
    glyphs = state.settings.glyphs
  }

  /// Between the pieces of a line.
  var dot: String { glyphs.isASCII ? " - " : " · " }

  /// Between what was and what came instead.
  var arrow: String { glyphs.isASCII ? " -> " : " → " }

  func cells(_ spans: [Span]) -> [Cell] {
    spans.flatMap { gate.cells($0.text, $0.style) }
  }

  /// Writes `text`, cut with an ellipsis where it does not fit; returns the column after it.
  @discardableResult
  mutating func text(
    _ text: String, _ style: Style = Style(), row: Int, column: Int, limit: Int
  ) -> Int {
    spans([Span(text, style)], row: row, column: column, limit: limit)
  }

  @discardableResult
  mutating func text(
    _ text: String, _ role: Role, row: Int, column: Int, limit: Int
  ) -> Int {
    spans([Span(text, Style(role))], row: row, column: column, limit: limit)
  }

  @discardableResult
  mutating func spans(_ spans: [Span], row: Int, column: Int, limit: Int) -> Int {
    let room = min(limit, grid.size.columns) - column
    guard room > 0 else { return column }
    let short = spans.map { span in
      // Foreign text may be long: cells past the edge need not be made. Marks join their base,
      // so a few more scalars than columns are enough.
      Span(oneLine(span.text, scalars: room * 3 + 8), span.style)
    }
    return grid.write(fit(cells(short), to: room), row: row, column: column, limit: limit)
  }

  /// Writes `spans` so that they end before `limit`; returns the column they begin at.
  @discardableResult
  mutating func right(_ spans: [Span], row: Int, from column: Int, limit: Int) -> Int {
    let fitted = fit(cells(spans), to: max(limit - column, 0))
    let start = limit - columns(fitted)
    grid.write(fitted, row: row, column: start, limit: limit)
    return start
  }

  /// The cells, cut to `room` columns with an ellipsis when they take more.
  func fit(_ cells: [Cell], to room: Int) -> [Cell] {
    guard columns(cells) > room else { return cells }
    guard room > 0 else { return [] }
    var taken: [Cell] = []
    var used = 0
    for cell in cells {
      if used + Int(cell.width) > room - 1 { break }
      taken.append(cell)
      used += Int(cell.width)
    }
    let style = taken.last?.style ?? cells.first?.style ?? Style()
    return taken + gate.cells(String(glyphs.ellipsis), style)
  }

  func columns(_ cells: [Cell]) -> Int { cells.reduce(0) { $0 + Int($1.width) } }

  /// Fills an area with blanks on `ground`.
  mutating func clear(_ area: Area, on ground: Ground = .normal) {
    let blank = Cell(base: " ", style: Style(.text, on: ground), width: 1)
    for row in area.rowRange {
      grid.write(
        repeatElement(blank, count: area.columns), row: row, column: area.column,
        limit: area.column + area.columns)
    }
  }

  /// A horizontal line with titles set into it, left and right.
  mutating func rule(
    _ area: Area, left: [Span], right: [Span] = [], isFocused: Bool = false
  ) {
    let style = Style(isFocused ? .borderFocused : .border)
    let end = area.column + area.columns
    let line = String(repeating: glyphs.horizontal, count: area.columns)
    text(line, style, row: area.row, column: area.column, limit: end)
    var limit = end - 1
    if !right.isEmpty {
      // The right piece is news; the left one gives way, down to its first word.
      let spaced = [Span(" ", style)] + right + [Span(" ", style)]
      let first = columns(cells(Array(left.prefix(1)))) + 4
      limit = self.right(spaced, row: area.row, from: area.column + first, limit: end - 1) - 1
    }
    guard !left.isEmpty else { return }
    let spaced = [Span(" ", style)] + left + [Span(" ", style)]
    spans(spaced, row: area.row, column: area.column + 1, limit: limit)
  }

  /// Cells of a bar `columns` wide, filled to `fraction` with eighth-cell precision.
  func bar(_ fraction: Double, columns: Int, role: Role) -> [Cell] {
    let full = max(0, min(1, fraction.isNaN ? 0 : fraction))
    let eighths = Int((full * Double(columns * 8)).rounded())
    let blank = Style(.barTrack)
    return (0..<columns).flatMap { column in
      let level = max(0, min(8, eighths - column * 8))
      let style = level == 0 ? blank : Style(role)
      return gate.cells(String(glyphs.eighths[level]), style)
    }
  }
}

/// Line ends made blanks, and no more than `scalars` of it.
func oneLine(_ text: String, scalars: Int) -> String {
  var out = String.UnicodeScalarView()
  for scalar in text.unicodeScalars.prefix(scalars) {
    out.append(scalar == "\n" || scalar == "\r" ? " " : scalar)
  }
  return String(out)
}
