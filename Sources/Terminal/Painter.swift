import CCurses
import Workbench

/// Remembers the last frame, and hands the library only the rows that changed.
struct Painter {
  private let widths: CellWidths
  private let depth: ColorDepth
  private let pairLimit: Int
  private var shown: Grid?
  private var theme: Theme?
  private var pairs: [Ink: Int32] = [:]
  private var brushes: [Style: Brush] = [:]
  private var mustRepaint = true
  private var isCursorShown: Bool?

  private struct Ink: Hashable {
    var foreground: Int
    var background: Int
  }

  private struct Brush {
    var attributes: attr_t
    var pair: Int32
  }

  init(widths: CellWidths, depth: ColorDepth, pairs: Int) {
    self.widths = widths
    self.depth = depth
    pairLimit = pairs
  }

  /// The terminal may show anything now: the next frame is sent whole.
  mutating func forget() {
    shown = nil
    mustRepaint = true
    isCursorShown = nil
  }

  mutating func draw(_ grid: Grid, theme: Theme) {
    guard let window = curses_screen_window() else { return }
    if theme != self.theme {
      self.theme = theme
      brushes.removeAll()
      shown = nil
    }
    if shown?.size != grid.size { shown = nil }
    if shown == grid, !mustRepaint { return }
    if mustRepaint { wclear(window) }
    let columns = min(grid.size.columns, Int(getmaxx(window)))
    for row in 0..<min(grid.size.rows, Int(getmaxy(window))) {
      if let shown, shown.rows[row] == grid.rows[row] { continue }
      var cells = self.cells(of: grid.rows[row].prefix(columns), theme)
      wmove(window, Int32(row), 0)
      wadd_wchnstr(window, &cells, Int32(cells.count))
    }
    place(cursor: grid.cursor, window)
    wnoutrefresh(window)
    doupdate()
    shown = grid
    mustRepaint = false
  }

  private mutating func place(cursor: (column: Int, row: Int)?, _ window: Terminal.Window) {
    if isCursorShown != (cursor != nil) { curs_set(cursor == nil ? 0 : 1) }
    isCursorShown = cursor != nil
    // Hidden or not, it stays where the next change will likely be.
    if let cursor { wmove(window, Int32(cursor.row), Int32(cursor.column)) }
  }

  // MARK: - Cells

  private mutating func cells(of row: ArraySlice<Cell>, _ theme: Theme) -> [cchar_t] {
    var out: [cchar_t] = []
    out.reserveCapacity(row.count)
    var text = [wchar_t](repeating: 0, count: Int(CCHARW_MAX) + 1)
    var last: (style: Style, brush: Brush)?
    for cell in row where cell.width > 0 {
      let brush: Brush
      if let last, last.style == cell.style {
        brush = last.brush
      } else {
        brush = self.brush(cell.style, theme)
        last = (cell.style, brush)
      }
      let isWhole = out.count + 1 < row.count || cell.width == 1
      for piece in isWhole ? pieces(of: cell) : [Cell(base: " ", style: cell.style, width: 1)] {
        fill(&text, with: piece)
        var packed = cchar_t()
        if curses_set_cell(&packed, text, brush.attributes, brush.pair) { out.append(packed) }
      }
    }
    return out
  }

  /// The cell, or as many question marks as it is wide if the library would count it otherwise.
  private func pieces(of cell: Cell) -> [Cell] {
    if cell.base.value >= 0x20, cell.base.value < 0x7F { return [cell] }
    if widths.width(of: cell.base) == Int(cell.width), cell.base.value >= 0xA0 { return [cell] }
    let substitute = Cell(base: "?", style: cell.style, width: 1)
    return Array(repeating: substitute, count: Int(cell.width))
  }

  private func fill(_ text: inout [wchar_t], with cell: Cell) {
    text[0] = wchar_t(cell.base.value)
    var count = 1
    for mark in cell.marks where count < text.count - 1 && widths.width(of: mark) == 0 {
      guard mark.value >= 0x300 else { continue }
      text[count] = wchar_t(mark.value)
      count += 1
    }
    text[count] = 0
  }

  // MARK: - Colours

  private mutating func brush(_ style: Style, _ theme: Theme) -> Brush {
    if let brush = brushes[style] { return brush }
    let look = theme.look(style, depth: depth)
    var attributes: attr_t = 0
    if look.isBold { attributes |= curses_bold() }
    if look.isDim { attributes |= curses_dim() }
    if look.isUnderlined { attributes |= curses_underline() }
    if look.isReversed { attributes |= curses_reverse() }
    // Draws nothing itself, and keeps the library from colouring blanks by erasing to the end of
    // the line: what is erased has no colour in copies of the screen, and in some terminals.
    if look.background != -1 { attributes |= curses_protect() }
    let pair = pair(Ink(foreground: look.foreground, background: look.background))
    let brush = Brush(attributes: attributes, pair: pair)
    brushes[style] = brush
    return brush
  }

  /// Pair 0 is the terminal's own; when all are taken, that one serves.
  private mutating func pair(_ ink: Ink) -> Int32 {
    if ink.foreground == -1, ink.background == -1 { return 0 }
    if let pair = pairs[ink] { return pair }
    let pair = Int32(pairs.count + 1)
    guard Int(pair) < pairLimit,
      curses_define_pair(pair, Int32(ink.foreground), Int32(ink.background))
    else { return 0 }
    pairs[ink] = pair
    return pair
  }
}

extension Terminal {
  /// Shows `grid`: sends only what changed since the last one, nothing when nothing did.
  package func draw(_ grid: Grid, theme: Theme) {
    painter.draw(grid, theme: theme)
  }

  /// Sends the whole next frame again, for when something else has written on the screen.
  package func repaint() {
    painter.forget()
  }
}
