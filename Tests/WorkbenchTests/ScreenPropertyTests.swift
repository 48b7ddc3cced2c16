import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ScreenPropertyTests {
  @Test(arguments: 0..<300)
  func `any state at any size fills its grid exactly`(seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 977 &+ 13)
    let state = Self.anyState(&random)
    let grid = view(state)
    #expect(grid.size == state.size, "seed \(seed)")
    #expect(grid.rows.count == state.size.rows, "seed \(seed)")
    for (index, row) in grid.rows.enumerated() {
      #expect(row.count == state.size.columns, "seed \(seed) row \(index)")
      #expect(Self.isWhole(row), "seed \(seed) row \(index): half of a wide cell")
      #expect(row.allSatisfy(Self.isHarmless), "seed \(seed) row \(index): a control character")
      if state.settings.gate.isASCII {
        #expect(row.allSatisfy { $0.base.isASCII }, "seed \(seed) row \(index): not ASCII")
      }
    }
    if let cursor = grid.cursor {
      #expect((0..<state.size.columns).contains(cursor.column), "seed \(seed)")
      #expect((0..<state.size.rows).contains(cursor.row), "seed \(seed)")
    }
  }

  /// Every wide cell is followed by its right half, and no right half stands alone.
  private static func isWhole(_ row: [Cell]) -> Bool {
    row.indices.allSatisfy { index in
      switch row[index].width {
      case 2: index + 1 < row.count && row[index + 1].width == 0
      case 0: index > 0 && row[index - 1].width == 2
      default: true
      }
    }
  }

  private static func isHarmless(_ cell: Cell) -> Bool {
    let value = cell.base.value
    return value >= 0x20 && !(0x7F..<0xA0).contains(value) && !(0x202A...0x202E).contains(value)
  }

  private static func anyState(_ random: inout SplitMix) -> State {
    let scenes = Scene.gallery()
    var state = scenes[random.below(scenes.count)].state
    state.size = Size(columns: 1 + random.below(220), rows: 1 + random.below(70))
    if random.below(4) == 0 {
      state.settings.glyphs = .ascii
      state.settings.gate.isASCII = true
    }
    state.settings.signal = Signal.allCases[random.below(Signal.allCases.count)]
    state.now = Double(random.below(1000)) / 7
    state.home.selection = random.below(9)
    state.home.top = random.below(40) - 5
    disturb(&state.reading, &random)
    let panels: [Panel?] = [
      nil, nil, nil, .tokenDetail, .votes, .rounds(top: random.below(90) - 9),
      .models(selection: random.below(9) - 1), .reflecting(selection: random.below(60) - 5),
      .reflection(ReflectionID("f\(random.below(4))"), top: random.below(60) - 5),
      .judging(.answer), .judging(.reach), .exits(selection: random.below(4) - 1),
      .rating(.candidates, selection: random.below(6) - 1),
      .rating(.explanations, selection: random.below(6) - 1),
      .guidelines(top: random.below(90) - 9),
      .help(Panel.Help(mode: Mode.allCases[random.below(Mode.allCases.count)])),
    ]
    if random.below(2) == 0 { state.panel = panels[random.below(panels.count)] }
    let kinds: [Prompt.Kind] = [
      .command, .search, .filter, .problem, .critic, .solver, .round, .correction, .stepText,
      .errorType, .reason, .correctedStep, .exitReason, .ownText,
    ]
    if random.below(4) == 0 {
      let text = String(repeating: "长text \u{1B}\n", count: random.below(60))
      state.prompt = Prompt(kinds[random.below(kinds.count)], text: text)
      for _ in 0..<random.below(30) { _ = state.prompt?.editor.press(.left) }
    }
    return state
  }

  private static func disturb(_ reading: inout Reading?, _ random: inout SplitMix) {
    guard reading != nil else { return }
    reading?.item = random.below(12) - 1
    reading?.top = ChainAnchor(item: random.below(9) - 1, line: random.below(5) - 1)
    reading?.follows = random.below(2) == 0
    reading?.overlay = Overlay.allCases[random.below(Overlay.allCases.count)]
    reading?.region = Region.allCases[random.below(Region.allCases.count)]
    if random.below(4) == 0 { reading?.zoomed = Region.allCases[random.below(3)] }
    reading?.isAllFolded = random.below(4) == 0
    reading?.problemTop = [0, 3, .max / 2, -2][random.below(4)]
    reading?.criticTop = [0, 3, .max / 2, -2][random.below(4)]
    reading?.criticFollows = random.below(2) == 0
    if random.below(3) == 0 { reading?.tokenByte = random.below(90) - 5 }
    if random.below(3) == 0 { reading?.search = Search(needle: "marbles") }
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
private struct SplitMix {
  var state: UInt64

  init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
