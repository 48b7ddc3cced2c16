import Engine
import Sessions
import Testing

@testable import Workbench

@Suite struct ReduceReadingTests {
  private func reading(
    _ columns: Int = 120, _ rows: Int = 30, _ change: (inout State) -> Void = { _ in }
  ) -> State {
    Scene.judged.state(columns, rows) {
      $0.settings.solver = "m"
      change(&$0)
    }
  }

  @Test func `j and k walk the steps and stop at both ends`() {
    var state = reading()
    var seen: [Int?] = []
    for key in "jjjjkkkkk" {
      _ = state.press([.character(key)])
      seen.append(state.reading?.item)
    }
    #expect(seen == [1, 2, 3, 3, 2, 1, 0, 0, 0])
  }

  @Test func `G follows the end and g lets go at the top`() {
    var state = reading()
    _ = state.press([.character("G")])
    #expect(state.reading?.item == 3)
    #expect(state.reading?.follows == true)
    _ = state.press([.character("g")])
    #expect(state.reading?.item == 0)
    #expect(state.reading?.follows == false)
    #expect(state.reading?.top == ChainAnchor())
  }

  @Test func `l and h walk the tokens across steps`() {
    var state = reading()
    _ = state.press([.character("l")])
    #expect(state.reading?.tokenByte == 0)
    _ = state.press(Array(repeating: .character("l"), count: 11))
    #expect(state.reading?.item == 1)
    _ = state.press([.character("h")])
    #expect(state.reading?.item == 0)
    #expect(state.reading?.tokenByte != nil)
    _ = state.press([.escape])
    #expect(state.reading?.tokenByte == nil)
  }

  @Test func `a folded step shows one line and unfolds again`() {
    var state = reading(60, 30)
    let lines = state.chainLayout?.lineCount(of: 1)
    _ = state.press([.character("X")])
    #expect(state.chainLayout?.lineCount(of: 1) == 1)
    _ = state.press([.character("j"), .character(" ")])
    #expect(state.chainLayout?.lineCount(of: 1) == lines)
    #expect(state.chainLayout?.isFolded(0) == true)
  }

  @Test func `tab goes round the panes and plus keeps one`() {
    var state = reading()
    #expect(state.reading?.region == .chain)
    _ = state.press([.tab])
    #expect(state.reading?.region == .critic)
    _ = state.press([.character("+"), .tab])
    #expect(state.reading?.zoomed == .problem)
    _ = state.press([.backTab, .character("_")])
    #expect(state.reading?.zoomed == nil)
    #expect(state.reading?.region == .critic)
  }

  @Test func `the overlay and the signal go all the way round`() {
    var state = reading()
    let (overlay, signal) = (state.reading?.overlay, state.settings.signal)
    for _ in Overlay.allCases { _ = state.press([.character("e")]) }
    for _ in Signal.allCases { _ = state.press([.character("s")]) }
    #expect(state.reading?.overlay == overlay)
    #expect(state.settings.signal == signal)
    #expect(state.notice?.text.contains(signal.unit) == true)
  }

  @Test func `brackets jump to the steps that were doubted`() {
    var state = reading()
    _ = state.press([.character("]")])
    #expect(state.reading?.item == 1)
    _ = state.press([.character("]")])
    #expect(state.reading?.item == 1)
    #expect(state.notice?.text == "no marked step below")
  }

  @Test func `searching goes forwards and backwards and round the ends`() {
    var state = reading()
    _ = state.press([.character("/")])
    state.type("MARBLES")
    _ = state.press([.enter])
    #expect(state.reading?.search?.count == 2)
    #expect(state.reading?.item == 1)
    _ = state.press([.character("n")])
    #expect(state.reading?.item == 2)
    _ = state.press([.character("n")])
    #expect(state.reading?.item == 1)
    #expect(state.notice?.text == "search went round to the top")
    _ = state.press([.character("N")])
    #expect(state.reading?.item == 2)
    #expect(state.notice?.text == "search went round to the bottom")
    _ = state.press([.escape])
    #expect(state.reading?.search == nil)
  }

  @Test func `searching goes on from the step one has moved to`() {
    var state = reading()
    _ = state.press([.character("/")])
    state.type("=")
    _ = state.press([.enter])
    #expect(state.reading?.item == 0)
    _ = state.press([.character("j"), .character("j"), .character("N")])
    #expect(state.reading?.item == 2)
    _ = state.press([.character("N")])
    #expect(state.reading?.item == 1)
  }

  @Test func `a pattern that is nowhere moves nothing`() {
    var state = reading()
    _ = state.press([.character("j"), .character("/")])
    state.type("zebra")
    _ = state.press([.enter])
    #expect(state.reading?.item == 1)
    #expect(state.notice?.weight == .warning)
  }

  @Test func `y copies the step's exact text`() {
    var state = reading()
    #expect(state.press([.character("j"), .character("y")]) == [.copy("17 + 18 = 36 marbles.\n")])
  }

  @Test func `a pane scrolled to its end comes back line by line`() {
    for region in [Region.problem, .critic] {
      var state = reading(60, 20) {
        $0.reading?.region = region
        $0.reading?.zoomed = nil
      }
      _ = state.press([.character("G")])
      let end = region == .problem ? state.reading?.problemTop : state.reading?.criticTop
      #expect((end ?? 0) < 1000, "\(region)")
      _ = state.press([.character("k")])
      let up = region == .problem ? state.reading?.problemTop : state.reading?.criticTop
      #expect(up == max((end ?? 0) - 1, 0), "\(region)")
    }
  }

  @Test(arguments: 0..<40)
  func `with following off, what arrives leaves the view where it is`(seed: Int) {
    var random = Seeded(UInt64(seed) &+ 5)
    let records = Scene.long(&random, steps: 40)
    var state = Scene(.marbles).state(60 + random.below(80), 16 + random.below(20))
    let begin = 40 + random.below(records.count / 2)
    _ = reduce(&state, .recorded(Array(records[..<begin])))
    _ = state.press([.character("G")])
    for _ in 0..<random.below(6) { _ = state.press([.control("y")]) }
    _ = state.press([.character("k"), .character("k")])
    #expect(state.reading?.follows == false, "seed \(seed)")
    let before = state.visibleText
    let item = state.reading?.item
    var rest = records[begin...]
    while !rest.isEmpty {
      let count = 1 + random.below(9)
      _ = reduce(&state, .recorded(Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
      #expect(state.reading?.item == item, "seed \(seed)")
      #expect(
        state.visibleText.prefix(before.count - 1).elementsEqual(before.dropLast()),
        "seed \(seed)")
    }
  }

  @Test(arguments: 0..<40)
  func `while following, the end is in view`(seed: Int) {
    var random = Seeded(UInt64(seed) &+ 99)
    let records = Scene.long(&random, steps: 12)
    var state = Scene(.marbles).state(50 + random.below(100), 14 + random.below(30)) {
      $0.reading?.follows = true
    }
    for record in records {
      _ = reduce(&state, .recorded([record]))
      guard let layout = state.chainLayout, let reading = state.reading else { continue }
      #expect(reading.follows, "seed \(seed)")
      #expect(reading.item == max(layout.itemCount - 1, 0), "seed \(seed)")
      #expect(reading.top == layout.end(height: state.sessionLayout.chain?.rows ?? 1))
    }
  }

  @Test(arguments: 0..<40)
  func `any keys, sizes and events in any order leave a sound state`(seed: Int) {
    var random = Seeded(UInt64(seed) &* 31 &+ 7)
    var records = Scene.long(&random, steps: 6)[...]
    var state = Scene(.marbles).state(100, 30) { $0.settings.solver = "m" }
    let keys = Command.all.flatMap(\.keys) + [.backspace, .character("é"), .insert]
    for _ in 0..<250 {
      switch random.below(8) {
      case 0:
        let size = Size(columns: random.below(200), rows: random.below(60))
        _ = reduce(&state, .resized(size))
      case 1, 2:
        let count = random.below(4)
        _ = reduce(&state, .recorded(Array(records.prefix(count))))
        records = records.dropFirst(count)
      case 3: _ = reduce(&state, .ticked(state.now + Double(random.below(40)) / 10))
      default:
        let effects = reduce(&state, .keyPressed(keys[random.below(keys.count)]))
        for case .loadRecords(let start) in effects {
          _ = reduce(&state, .recordsLoaded(Scene.judged.allRecords, from: start))
        }
      }
      guard let reading = state.reading, let layout = state.chainLayout else { continue }
      #expect((0..<max(layout.itemCount, 1)).contains(reading.item), "seed \(seed)")
      #expect(layout.clamp(reading.top) == reading.top, "seed \(seed)")
    }
    _ = view(state)
  }
}

extension State {
  /// The chain's text as far as it is on screen, line by line.
  var visibleText: [String] {
    guard let layout = chainLayout, let top = reading?.top else { return [] }
    var lines: [String] = []
    var anchor = top
    for _ in 0..<(sessionLayout.chain?.rows ?? 1) {
      let rows = layout.lines(of: anchor.item)
      guard rows.indices.contains(anchor.line) else { break }
      lines.append(String(String.UnicodeScalarView(rows[anchor.line].cells.map(\.base))))
      let next = layout.move(anchor, by: 1)
      if next == anchor { break }
      anchor = next
    }
    return lines
  }
}

extension Scene {
  /// An attempt that streams in small pieces; most steps close a few tokens after their end.
  static func long(_ random: inout Seeded, steps: Int) -> [Record] {
    var scene = Scene()
    let attempt = AttemptID("a1")
    var (serial, written, closed, index) = (0, 0, 0, 0)
    var ends: [Int] = []
    scene.start("a1")
    func close(_ end: Int) {
      scene.add(
        .stepClosed(
          StepClosed(
            attempt: attempt, index: index, channel: .answer, start: closed, end: end,
            segmenter: 1, measures: StepMeasures(tokens: 1))))
      (closed, index) = (end, index + 1)
    }
    for _ in 0..<steps {
      let words = 1 + random.below(30)
      for word in 0...words {
        let text = ["marbles ", "and ", "十七 ", "minus ", "a\u{301} ", "is\n"][random.below(6)]
        var table = TokenTable()
        table.append(
          bytes: Array((word == words ? "so.\n" : text).utf8), id: nil, logProbability: -0.1,
          entropy: nil)
        scene.add(
          .tokens(
            TokensArrived(attempt: attempt, channel: .answer, firstSerial: serial, table: table)))
        serial += 1
        written += table.bytes.count
        while let end = ends.first, random.below(3) == 0 {
          close(end)
          ends.removeFirst()
        }
      }
      ends.append(written)
    }
    ends.forEach(close)
    scene.finish("a1", answer: "26")
    return scene.allRecords
  }
}
