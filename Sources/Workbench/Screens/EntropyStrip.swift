import Engine
import Sessions

/// The entropy of every token, with the threshold drawn through it.
///
/// What is drawn is each token's share of its own threshold, which moves: the threshold then is a
/// straight line at half the height. On two lines it runs between them. Below it heights go by the
/// square root of the share, or a sure model's doubts would all be flat.
struct EntropyStrip {
  let screen: SessionScreen
  let attempt: Attempt
  let watch: JudgedAttempt

  private var state: State { screen.state }
  private var reading: Reading { screen.reading }

  /// What happened at a column, the most telling last.
  enum Mark: Int, Comparable {
    case none, ghost, trigger, reflection
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  struct Column: Equatable {
    /// The most of its tokens' shares of the threshold; `nil` where nothing was measured.
    var share: Double?
    var isAbove = false
    var mark = Mark.none
    /// The chain item its first token belongs to.
    var item = 0
  }

  struct Counts: Equatable {
    var reflections = 0
    var triggers = 0
    var ghosts = 0
  }

  func paint(_ area: Area, _ painter: inout Painter) {
    let marks = marks
    let upper = countSpans(marks.counts, area.columns, painter)
    let lower = thresholdSpans(area.columns, painter)
    if area.rows > 1 {
      paintTall(marks, upper: upper, lower: lower, area, &painter)
    } else {
      let legend = upper + (upper.isEmpty ? [] : [Span("  ", .text)]) + lower
      paintFlat(marks, legends: [legend, lower], area, &painter)
    }
  }

  /// Columns of the titles left of the strip.
  private static let titled = 11

  /// On two rows, the counts beside the upper and the threshold beside the lower.
  private func paintTall(
    _ marks: Marks, upper: [Span], lower: [Span], _ area: Area, _ painter: inout Painter
  ) {
    let start = area.column + Self.titled
    let line = Area(column: area.column, row: area.row, columns: area.columns, rows: 1)
    let below = Area(column: area.column, row: area.row + 1, columns: area.columns, rows: 1)
    painter.rule(line, left: [Span("Overview", .title)], right: upper)
    painter.clear(below)
    painter.spans(
      [Span("entropy", .dim)], row: below.row, column: area.column + 2, limit: start)
    painter.right(lower, row: below.row, from: start, limit: area.columns - 2)
    let room = area.columns - start - max(width(upper, painter), width(lower, painter)) - 4
    guard room > 4 else { return }
    paintTall(columns(marks, room: room), row: area.row, from: start, room: room, &painter)
  }

  /// On one row, with the longest legend that leaves room for the strip.
  private func paintFlat(
    _ marks: Marks, legends: [[Span]], _ area: Area, _ painter: inout Painter
  ) {
    let start = area.column + Self.titled
    let shown = legends.first { area.columns - start - width($0, painter) - 4 > 12 } ?? []
    painter.rule(
      Area(column: area.column, row: area.row, columns: area.columns, rows: 1),
      left: [Span("Overview", .title)], right: shown)
    let room = area.columns - start - (shown.isEmpty ? 1 : width(shown, painter) + 4)
    guard room > 4 else { return }
    paintFlat(columns(marks, room: room), row: area.row, from: start, &painter)
  }

  private func width(_ spans: [Span], _ painter: Painter) -> Int {
    painter.columns(painter.cells(spans))
  }

  // MARK: - What is where

  private struct Marks {
    var all: [Int: Mark] = [:]
    var counts = Counts()
  }

  private var marks: Marks {
    var marks = Marks()
    var real: Set<Int> = []
    for reflection in attempt.reflections {
      guard let index = attempt.index(of: reflection) else { continue }
      let place = attempt.place(of: index, in: reflection.triggered.channel)
      real.insert(place)
      let isUndone = reflection.standing(in: attempt) == .undone
      let mark: Mark = isUndone ? .trigger : .reflection
      marks.all[place] = max(marks.all[place] ?? .none, mark)
      if isUndone { marks.counts.triggers += 1 } else { marks.counts.reflections += 1 }
    }
    for (place, judged) in watch.drawn.places.enumerated() where judged.isAmbiguous {
      guard !real.contains(place) else { continue }
      marks.all[place] = max(marks.all[place] ?? .none, .trigger)
      marks.counts.triggers += 1
    }
    guard showsGhosts else { return marks }
    for (place, judged) in watch.present.places.enumerated() where judged.fires {
      guard !real.contains(place) else { continue }
      marks.all[place] = max(marks.all[place] ?? .none, .ghost)
      marks.counts.ghosts += 1
    }
    return marks
  }

  /// An attempt that was written as the settings are now has nothing that only would have been.
  private var showsGhosts: Bool { attempt.started.reflection == nil || reading.isRetuned }

  private func columns(_ marks: Marks, room: Int) -> [Column] {
    let places = watch.drawn.places
    let total = places.count
    let width = min(room, total)
    guard width > 0 else { return [] }
    let items = items
    var item = 0
    return (0..<width).map { index in
      let from = index * total / width
      let to = max(from + 1, (index + 1) * total / width)
      while item + 1 < items.count, items[item + 1].start <= from { item += 1 }
      var column = Column(item: items.isEmpty ? 0 : items[item].item)
      for place in from..<min(to, total) {
        if let share = share(places[place]) {
          // Where nothing is tested nothing can be above.
          let isTested = places[place].isTested
          column.share = max(column.share ?? 0, isTested ? share : min(share, 1))
          column.isAbove = column.isAbove || (isTested && share > 1)
        }
        if let mark = marks.all[place] { column.mark = max(column.mark, mark) }
      }
      return column
    }
  }

  /// 1 at the threshold; without one, the most there is to draw is 2 nats.
  private func share(_ place: JudgedAttempt.Place) -> Double? {
    guard let value = place.value else { return nil }
    guard let threshold = place.threshold else { return min(max(value, 0), 2) / 2 }
    guard value > threshold else { return threshold > 0 ? max(value, 0) / threshold : 0 }
    return threshold > 0 ? max(value / threshold, 1.000_001) : 2
  }

  /// The first place of each item of the chain that has tokens.
  private var items: [(start: Int, item: Int)] {
    var found: [(start: Int, item: Int)] = []
    func add(_ channel: Channel, _ range: Range<Int>, _ item: Int) {
      let tokens = attempt.tokens(channel).indices(startingIn: range)
      guard !tokens.isEmpty else { return }
      found.append((attempt.place(of: tokens.lowerBound, in: channel), item))
    }
    for (item, step) in attempt.steps.enumerated() { add(step.channel, step.range, item) }
    var item = attempt.steps.count
    for channel in Channel.allCases {
      let range = attempt.openRange(channel)
      if range.isEmpty { continue }
      add(channel, range, item)
      item += 1
    }
    return found.sorted { $0.start < $1.start }
  }

  // MARK: - Drawing

  private func paintFlat(
    _ columns: [Column], row: Int, from start: Int, _ painter: inout Painter
  ) {
    let half = painter.glyphs.columns.count / 2
    for (offset, column) in columns.enumerated() {
      var sign = painter.glyphs.unknown
      if let share = column.share {
        let level =
          column.isAbove
          ? half + min(half - 1, Int(min(share - 1, 1) * Double(half)))
          : min(half - 1, Int(min(share, 1).squareRoot() * Double(half)))
        sign = painter.glyphs.columns[level]
      }
      put(sign, style(of: column), row: row, column: start + offset, &painter)
      paintMark(column, row: row, column: start + offset, &painter)
    }
    paintFirstError(columns, row: row, from: start, &painter)
  }

  private func paintTall(
    _ columns: [Column], row: Int, from start: Int, room: Int, _ painter: inout Painter
  ) {
    let levels = painter.glyphs.columns
    let hasLine = watch.drawn.settings?.rule.looksAtEntropy == true
    let line = painter.glyphs.isASCII ? Character("_") : levels[0]
    for offset in 0..<room {
      let ground = offset < columns.count ? ground(of: columns[offset]) : .normal
      put(
        hasLine ? line : " ", Style(hasLine ? .border : .text, on: ground), row: row,
        column: start + offset, &painter)
    }
    for (offset, column) in columns.enumerated() {
      let place = start + offset
      let lower = column.share.map { share in
        column.isAbove ? levels[levels.count - 1] : level(share.squareRoot(), of: levels)
      }
      put(
        lower ?? painter.glyphs.unknown, style(of: column), row: row + 1, column: place, &painter)
      if column.isAbove, let share = column.share {
        put(
          level(share - 1, of: levels), style(of: column), row: row, column: place, &painter)
      }
      paintMark(column, row: row, column: place, &painter)
    }
    paintFirstError(columns, row: row + 1, from: start, &painter)
  }

  private func level(_ share: Double, of levels: [Character]) -> Character {
    levels[min(levels.count - 1, max(0, Int(min(share, 1) * Double(levels.count))))]
  }

  private func style(of column: Column) -> Style {
    guard column.share != nil else { return Style(.dim, on: ground(of: column)) }
    return Style(
      column.isAbove ? .threshold : .confidenceHigh, on: ground(of: column), bold: column.isAbove)
  }

  /// The selected step's; a theme that reverses what is selected would turn its bars over.
  private func ground(of column: Column) -> Ground {
    let isReversed = state.settings.theme.backdrops[.selected]?.isReversed ?? false
    return column.item == reading.item && !isReversed ? .selected : .normal
  }

  private func paintMark(_ column: Column, row: Int, column place: Int, _ painter: inout Painter) {
    let ground = ground(of: column)
    switch column.mark {
    case .none: break
    case .ghost:
      put(painter.glyphs.ghost, Style(.dim, on: ground), row: row, column: place, &painter)
    case .trigger:
      put(
        painter.glyphs.trigger, Style(.threshold, on: ground, bold: true), row: row, column: place,
        &painter)
    case .reflection:
      put(
        painter.glyphs.reflection, Style(.marker, on: ground, bold: true), row: row,
        column: place, &painter)
    }
  }

  private func put(
    _ sign: Character, _ style: Style, row: Int, column: Int, _ painter: inout Painter
  ) {
    painter.text(String(sign), style, row: row, column: column, limit: column + 1)
  }

  /// The first error stands over its step's first column, unless something fired there.
  private func paintFirstError(
    _ columns: [Column], row: Int, from start: Int, _ painter: inout Painter
  ) {
    guard let first = reading.critique?.firstError,
      let place = columns.firstIndex(where: { $0.item >= first && $0.mark == .none })
        ?? columns.firstIndex(where: { $0.item >= first })
    else { return }
    put(
      painter.glyphs.incorrect, Style(.incorrect, bold: true), row: row, column: start + place,
      &painter)
  }

  // MARK: - Legend

  private func countSpans(_ counts: Counts, _ columns: Int, _ painter: Painter) -> [Span] {
    let isWide = columns >= 90
    var pieces: [[Span]] = []
    func add(_ sign: Character, _ word: String, _ number: String, _ role: Role) {
      pieces.append([
        Span(String(sign), role, bold: role != .dim),
        Span(isWide ? " \(word) \(number)" : " \(number)", .dim),
      ])
    }
    if attempt.started.reflection != nil || counts.reflections > 0 {
      let most = watch.drawn.settings?.maximum
      let isOver = most.map { counts.reflections >= $0 && $0 > 0 } ?? false
      add(
        painter.glyphs.reflection, "reflections",
        "\(counts.reflections)" + (isOver ? ", all there may be" : ""), .marker)
    }
    if counts.triggers > 0 {
      add(painter.glyphs.trigger, "triggers", "\(counts.triggers)", .threshold)
    }
    if showsGhosts { add(painter.glyphs.ghost, "would fire", "\(counts.ghosts)", .dim) }
    return Array(pieces.joined(separator: [Span("  ", .text)]))
  }

  private func thresholdSpans(_ columns: Int, _ painter: Painter) -> [Span] {
    guard let settings = watch.drawn.settings, let standing = watch.drawn.standing else {
      return []
    }
    let value = standing.threshold.map { " \($0.formatted(places: 2))" } ?? ""
    var words: [Span] = [
      Span(value.isEmpty ? "rule" : "threshold", .threshold), Span(value, .threshold, bold: true),
    ]
    if columns >= 100 || value.isEmpty {
      words.append(Span(painter.dot + standing.words, .dim))
    }
    if columns >= 100 { words.append(Span(painter.dot + source(of: settings), .dim)) }
    return words
  }

  private func source(of settings: ReflectionSettings) -> String {
    let model = attempt.started.call.model
    let isOwn = attempt.started.reflection != nil && (!reading.isRetuned || attempt.isRunning)
    let source =
      isOwn
      ? ReflectionChoice.source(of: settings.rule, for: model)
      : state.settings.reflection.source(for: model)
    return source.rawValue
  }
}

extension ThresholdTerm {
  /// What the threshold is made of.
  var words: String {
    switch term {
    case .coldStart: "cold start"
    case .floor: "floor"
    case .deviations(let k): "mean + \(k.shortest()) dev"
    case .rule(let name): name.rawValue
    }
  }
}
