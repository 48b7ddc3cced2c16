import Sessions

/// A rectangle of cells.
package struct Area: Equatable, Sendable {
  package var column: Int
  package var row: Int
  package var columns: Int
  package var rows: Int
  package init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = max(columns, 0)
    self.rows = max(rows, 0)
  }
  package var columnRange: Range<Int> { column..<(column + columns) }
  package var rowRange: Range<Int> { row..<(row + rows) }
}

/// Where everything of the session screen stands.
///
/// ```
/// title line
/// problem            1 to 4 rows
/// overview           2 rows where there is room and entropies are known, else 1
/// chain │ critic     side by side from 100 columns on, else one above the other
/// status line
/// key bar
/// ```
/// Below 60x16 one region at a time; below 40x12 nothing but a sentence.
package struct SessionLayout: Equatable, Sendable {
  package static let smallest = Size(columns: 40, rows: 12)

  package var title: Area
  package var problem: Area?
  package var overview: Area?
  package var chainHeader: Area?
  package var chain: Area?
  package var criticHeader: Area?
  package var critic: Area?
  /// Column of the line between chain and critic, when they stand side by side.
  package var divider: Int?
  package var status: Area
  package var keys: Area
  /// Columns of a step's gutter: number, bar, value, marks.
  package var gutter: Gutter

  package struct Gutter: Equatable, Sendable {
    package var bar: Int
    /// A column for the steps that hold a reflection.
    package var hasTick = false
    /// Mark and number 5, bar, blank, value 4, blank, two verdicts, tick, blank.
    package var columns: Int { bar + (hasTick ? 15 : 14) }
  }

  /// The line under the chain: how the attempt ended, its answer, what to know of its numbers.
  package var chainFooter: Area?

  /// Rows of the replay bar's own line, above the status line.
  package var replayBar: Area?

  package init(
    size: Size, region: Region, zoomed: Region?, problemLines: Int, isReplaying: Bool,
    reflects: Bool = false, isUncertaintyKnown: Bool = false, settles: Bool = false,
    isLabelling: Bool = false
  ) {
    let columns = size.columns
    let rows = size.rows
    func line(_ row: Int) -> Area { Area(column: 0, row: row, columns: columns, rows: 1) }
    title = line(0)
    keys = line(rows - 1)
    status = line(rows - 2)
    var top = 1
    var bottom = rows - 2
    if isReplaying {
      bottom -= 1
      replayBar = line(bottom)
    }
    let isSingle = columns < 60 || rows < 16
    let only = zoomed ?? (isSingle ? region : nil)
    gutter = Gutter(bar: columns < 80 ? 4 : 9, hasTick: reflects)
    let overviewRows = isUncertaintyKnown && rows >= 30 ? 2 : 1
    func strip(at row: Int) -> Area {
      Area(column: 0, row: row, columns: columns, rows: overviewRows)
    }

    if let only {
      if only != .problem {
        overview = strip(at: top)
        top += overviewRows
      }
      let header = line(top)
      let body = Area(column: 0, row: top + 1, columns: columns, rows: bottom - top - 1)
      switch only {
      case .problem: problem = Area(column: 0, row: top, columns: columns, rows: bottom - top)
      case .chain: (chainHeader, chain) = (header, body)
      case .critic: (criticHeader, critic) = (header, body)
      }
      cutFooter()
      return
    }

    // Who labels needs all of the problem.
    let mostRows = isLabelling ? max(rows / 4, 2) : rows >= 30 ? 4 : 2
    let problemRows = min(max(problemLines, 1), mostRows)
    problem = Area(column: 0, row: top, columns: columns, rows: problemRows)
    top += problemRows
    overview = strip(at: top)
    top += overviewRows
    if columns >= 100 {
      let chainColumns = (columns - 1) * 3 / 5
      divider = chainColumns
      let criticColumn = chainColumns + 1
      chainHeader = Area(column: 0, row: top, columns: chainColumns, rows: 1)
      criticHeader = Area(
        column: criticColumn, row: top, columns: columns - criticColumn, rows: 1)
      chain = Area(column: 0, row: top + 1, columns: chainColumns, rows: bottom - top - 1)
      critic = Area(
        column: criticColumn, row: top + 1, columns: columns - criticColumn,
        rows: bottom - top - 1)
    } else {
      // Labels side by side are read as much as the chain is.
      let criticRows = max((bottom - top - 2) / (settles ? 2 : 3), 2)
      let split = bottom - criticRows - 1
      chainHeader = line(top)
      chain = Area(column: 0, row: top + 1, columns: columns, rows: split - top - 1)
      criticHeader = line(split)
      critic = Area(column: 0, row: split + 1, columns: columns, rows: criticRows)
    }
    cutFooter()
  }

  private mutating func cutFooter() {
    guard var area = chain, area.rows >= 3 else { return }
    area.rows -= 1
    chain = area
    chainFooter = Area(
      column: area.column, row: area.row + area.rows, columns: area.columns, rows: 1)
  }

  package init(_ state: State) {
    let reading = state.reading
    var problem = reading?.session.problem
    // Where the reference answer is hidden its room is free, before and after it is taken out.
    if !state.hidden.isNothing { problem?.answer = nil }
    let columns = problem?.textWidth(columns: state.size.columns) ?? 1
    let text = problem?.text ?? ""
    let lines = wrap(
      Array(text.utf8.prefix(columns * 60)), width: columns, gate: state.settings.gate)
    self.init(
      size: state.size, region: reading?.region ?? .chain, zoomed: reading?.zoomed,
      problemLines: lines.count, isReplaying: reading?.replay != nil,
      reflects: reading?.attempt?.reflects == true,
      isUncertaintyKnown: reading?.attempt?.hasEntropyStrip == true,
      settles: reading?.labelling?.weighing.value != nil,
      isLabelling: reading?.labelling != nil)
  }

  /// Columns of text in the chain.
  package var chainTextWidth: Int {
    max((chain?.columns ?? 1) - gutter.columns, 1)
  }
}

extension Problem {
  /// Scalars of the reference answer that are shown beside the text.
  static let longestShownAnswer = 24

  /// Columns of the problem's text on a screen so wide: after the label, and clear of the
  /// reference answer and its brackets, which stand at the right end.
  func textWidth(columns: Int) -> Int {
    let room = max(columns - 12, 1)
    guard let answer else { return room }
    let shown = answer.unicodeScalars.prefix(Self.longestShownAnswer)
    let taken = shown.reduce(5) { $0 + ($1.isASCII ? 1 : 2) }
    return max(room - taken, room / 2, 1)
  }
}
