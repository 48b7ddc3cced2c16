import Testing

@testable import Workbench

private func text(_ grid: Grid, row: Int) -> String {
  String(String.UnicodeScalarView(grid.rows[row].filter { $0.width > 0 }.map(\.base)))
}

/// Every row is as wide as the grid, and every wide cell has its right half right after it.
private func isSound(_ grid: Grid) -> Bool {
  grid.rows.count == grid.size.rows
    && grid.rows.allSatisfy { row in
      guard row.count == grid.size.columns else { return false }
      return row.indices.allSatisfy { column in
        switch row[column].width {
        case 0: column > 0 && row[column - 1].width == 2
        case 2: column + 1 < row.count && row[column + 1].width == 0
        default: row[column].width == 1
        }
      }
    }
}

@Test func `whatever is written anywhere, no half of a wide character is left alone`() {
  let gate = Gate()
  let samples = ["漢字漢字漢", "a漢b字c", "ab", "漢", "e\u{301}漢", ""]
  for seed in UInt64(1)...3_000 {
    var random = seed
    func roll(_ range: ClosedRange<Int>) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int(random >> 33) % range.count
    }
    var grid = Grid(size: Size(columns: roll(0...9), rows: roll(0...2)))
    for _ in 0..<8 {
      let limit = roll(0...3) == 0 ? roll(-1...10) : nil
      let column = roll(-4...10)
      let end = grid.write(
        gate.cells(samples[roll(0...5)], Style()), row: roll(-1...2), column: column,
        limit: limit)
      #expect(isSound(grid), "seed \(seed)")
      #expect(end >= column, "seed \(seed)")
    }
  }
}

@Test func `writing stops at the limit and leaves what is beyond`() {
  var grid = Grid(size: Size(columns: 6, rows: 1))
  grid.write(Gate().cells("......", Style()), row: 0, column: 0)
  let end = grid.write(Gate().cells("abcdef", Style()), row: 0, column: 1, limit: 3)
  #expect(end == 3)
  #expect(text(grid, row: 0) == ".ab...")
}

@Test func `a wide character that does not fit becomes a blank`() {
  var grid = Grid(size: Size(columns: 3, rows: 1))
  grid.write(Gate().cells("......", Style()), row: 0, column: 0)
  grid.write(Gate().cells("漢字", Style()), row: 0, column: 0)
  #expect(text(grid, row: 0) == "漢 ")
}

@Test func `a wide character cut by the left edge leaves a blank`() {
  var grid = Grid(size: Size(columns: 3, rows: 1))
  grid.write(Gate().cells("...", Style()), row: 0, column: 0)
  grid.write(Gate().cells("漢b", Style()), row: 0, column: -1)
  #expect(text(grid, row: 0) == " b.")
}

@Test func `a ground changes what lies behind and nothing else`() {
  var grid = Grid(size: Size(columns: 4, rows: 2))
  grid.write(Gate().cells("a漢b", Style(.error)), row: 1, column: 0)
  let before = text(grid, row: 1)
  grid.ground(.selected, row: 1, columns: 1..<99)
  grid.ground(.selected, row: 7, columns: 0..<2)
  #expect(text(grid, row: 1) == before)
  #expect(grid.rows[1].map(\.style.ground) == [.normal, .selected, .selected, .selected])
  #expect(grid.rows[1].map(\.style.role) == [.error, .error, .error, .error])
}
