import Sessions
import Testing

@testable import Workbench

@Suite struct ChainLayoutTests {
  private func anyState(_ seed: Int) -> (State, Seeded) {
    var random = Seeded(UInt64(seed) &* 131 &+ 3)
    let records = Scene.long(&random, steps: 1 + random.below(12))
    var state = Scene(.marbles).state(45 + random.below(90), 14 + random.below(30)) {
      $0.reading?.isAllFolded = random.below(4) == 0
      for _ in 0..<random.below(5) { $0.reading?.folded.insert(random.below(12)) }
    }
    _ = reduce(&state, .recorded(Array(records.prefix(2 + random.below(records.count)))))
    return (state, random)
  }

  /// Every line there is, from the first to the last.
  private func allLines(_ layout: ChainLayout) -> [ChainAnchor] {
    (0..<layout.itemCount).flatMap { item in
      (0..<layout.lineCount(of: item)).map { ChainAnchor(item: item, line: $0) }
    }
  }

  @Test(arguments: 0..<80)
  func `moving agrees with counting every line`(seed: Int) throws {
    let (state, generator) = anyState(seed)
    var random = generator
    let layout = try #require(state.chainLayout)
    let all = allLines(layout)
    for _ in 0..<40 {
      let from = random.below(all.count)
      let delta = random.below(60) - 30
      let to = min(max(from + delta, 0), all.count - 1)
      #expect(layout.move(all[from], by: delta) == all[to], "seed \(seed)")
    }
    let height = 1 + random.below(30)
    #expect(layout.end(height: height) == all[max(all.count - height, 0)], "seed \(seed)")
  }

  @Test(arguments: 0..<80)
  func `revealing brings a step into view and moves no more than it must`(seed: Int) throws {
    let (state, generator) = anyState(seed)
    var random = generator
    let layout = try #require(state.chainLayout)
    let all = allLines(layout)
    for _ in 0..<40 {
      let top = random.below(all.count)
      let item = random.below(layout.itemCount)
      let height = 1 + random.below(20)
      let new = try #require(
        all.firstIndex(of: layout.reveal(item, from: all[top], height: height)))
      let visible = all[new..<min(new + height, all.count)].filter { $0.item == item }
      let own = layout.lineCount(of: item)
      #expect(!visible.isEmpty, "seed \(seed)")
      let stays = own > height && all[top].item == item
      if !stays { #expect(visible.count == min(own, height), "seed \(seed)") }
      let before = all[top..<min(top + height, all.count)].filter { $0.item == item }
      if before.count == own { #expect(new == top, "seed \(seed)") }
    }
  }

  @Test(arguments: 0..<60)
  func `a line's place finds the line again, and the same text after a resize`(seed: Int) throws {
    var (state, random) = anyState(seed)
    let layout = try #require(state.chainLayout)
    for anchor in allLines(layout) {
      let place = try #require(layout.place(of: anchor))
      #expect(layout.anchor(at: place) == anchor, "seed \(seed)")
    }
    state.reading?.folded = []
    state.reading?.isAllFolded = false
    let before = try #require(state.chainLayout)
    let all = allLines(before)
    let top = all[random.below(all.count)]
    let place = try #require(before.place(of: top))
    state.reading?.top = top
    state.reading?.follows = false
    let size = Size(columns: 45 + random.below(150), rows: 14 + random.below(30))
    _ = reduce(&state, .resized(size))
    let after = try #require(state.chainLayout)
    let new = try #require(state.reading?.top)
    let start = try #require(after.place(of: new)).byte
    let next = after.move(new, by: 1)
    let end = next == new ? Int.max : (after.place(of: next)?.byte ?? .max)
    #expect(start <= place.byte && (place.byte < end || next.item != new.item), "seed \(seed)")
  }
}

@Suite struct WrapTests {
  private static let pieces = [
    "word", " ", "  ", "\n", "\r\n", "字", "長い", "e\u{301}", "\t", "\u{1B}[0m", "🙂", "a", ".",
    "averyveryverylongwordthatfitsnowhere", "\u{202E}",
  ]

  private func text(_ random: inout Seeded) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<random.below(40) {
      bytes += Array(Self.pieces[random.below(Self.pieces.count)].utf8)
      if random.below(15) == 0 { bytes.append(UInt8(random.below(256))) }
    }
    return bytes
  }

  @Test(arguments: 0..<300)
  func `no row is wider than asked for and every byte has its row`(seed: Int) {
    var random = Seeded(UInt64(seed))
    let bytes = text(&random)
    let width = 2 + random.below(40)
    let lines = wrap(bytes, width: width, gate: Gate())
    #expect(!lines.isEmpty)
    var last = -1
    var shown: Set<Int> = []
    for line in lines {
      #expect(line.cells.reduce(0) { $0 + Int($1.width) } <= width, "seed \(seed)")
      #expect(line.cells.count == line.offsets.count, "seed \(seed)")
      #expect(line.start >= last, "seed \(seed): rows go backwards")
      for offset in line.offsets {
        #expect(offset >= last, "seed \(seed): cells go backwards")
        last = offset
        shown.insert(offset)
      }
      last = max(last, line.start)
    }
    // What no cell stands for: white space at breaks, line ends, marks that join a cell.
    var walker = UTF8Walker(bytes)
    var quiet = true
    let end = bytes.count - bytes.reversed().prefix { [0x0A, 0x0D, 0x20].contains($0) }.count
    while let (offset, piece) = walker.next(), offset < end {
      if shown.contains(offset) { continue }
      switch piece {
      case .broken: quiet = false
      case .scalar(let scalar):
        quiet =
          scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
          || scalar.value == 0x301
      }
      #expect(quiet, "seed \(seed): byte \(offset) of \(bytes) is on no row")
    }
  }

  @Test func `text is broken at spaces, which draw nothing there`() {
    let lines = wrap(Array("one two three".utf8), width: 7, gate: Gate())
    #expect(
      lines.map { String(String.UnicodeScalarView($0.cells.map(\.base))) } == ["one two", "three"])
    #expect(lines.map(\.start) == [0, 8])
  }

  @Test func `a word wider than the row is broken where it must be`() {
    let lines = wrap(Array("abcdefgh".utf8), width: 3, gate: Gate())
    #expect(lines.map(\.start) == [0, 3, 6])
  }
}
