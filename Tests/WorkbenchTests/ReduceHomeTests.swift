import Sessions
import Testing

@testable import Workbench

@Suite struct ReduceHomeTests {
  private static let sets = [
    ProblemSet(
      name: "arithmetic",
      problems: (1...30).map { Problem(id: "ar-\($0)", text: "What is \($0) + \($0)?") }),
    ProblemSet(name: "logic", problems: [Problem(id: "lo-1", text: "If A then B.")]),
  ]

  private func home(solver: String? = "m") -> State {
    var state = State(size: Size(columns: 80, rows: 24))
    state.settings.solver = solver
    _ = reduce(
      &state,
      .libraryListed([
        SessionSummary(id: "s1", title: "Marbles", created: 1, lastActivity: 1),
        SessionSummary(id: "s2", title: "Trains", created: 1, lastActivity: 1),
      ]))
    _ = reduce(&state, .problemSetsFound(Self.sets))
    _ = reduce(&state, .serversFound(["http://127.0.0.1:8080"]))
    return state
  }

  @Test func `enter opens the selected session`() {
    var state = home()
    #expect(state.press([.character("j"), .enter]) == [.open(session: "s2", replaying: false)])
  }

  @Test func `a set opens into its problems, one of them begins, and back closes it`() {
    var state = home()
    #expect(state.press([.tab, .enter]) == [])
    #expect(state.home.openSet == 0)
    #expect(
      state.press([.character("j"), .enter]) == [.begin(Self.sets[0].problems[1], samples: 1)])
    var other = home()
    #expect(other.press([.tab, .enter, .character("q")]) == [])
    #expect(other.home.openSet == nil)
    #expect(other.home.items[other.home.selection] == .set(0))
  }

  @Test func `a server chosen becomes solver and critic`() {
    var state = home(solver: nil)
    #expect(
      state.press([.end, .enter]) == [.connect(.solver, spec: "http://127.0.0.1:8080")])
    #expect(state.settings.solver == "http://127.0.0.1:8080")
    #expect(state.settings.critic == "http://127.0.0.1:8080")
  }

  @Test func `a capital or a digit begins a problem with itself`() {
    for character in "T1" {
      var state = home()
      #expect(state.press([.character(character)]) == [])
      #expect(state.prompt?.kind == .problem)
      #expect(state.prompt?.editor.text == String(character))
    }
  }

  @Test func `a pasted problem keeps its lines and begins on enter`() {
    var state = home()
    _ = reduce(&state, .pasted("Tom has 3.\nAnn has 4.\n"))
    #expect(state.prompt?.editor.text == "Tom has 3.\nAnn has 4.\n")
    let text = "Tom has 3.\nAnn has 4."
    #expect(
      state.press([.enter])
        == [.begin(Problem(id: "typed", text: text, source: "typed"), samples: 1)])
  }

  @Test func `a problem of white space begins nothing`() {
    var state = home()
    #expect(state.press([.character("i"), .character(" "), .enter]) == [])
    #expect(state.notice?.weight == .warning)
  }

  @Test func `a problem that is too long is refused and can be had back`() {
    var state = home()
    _ = state.press([.character("i")])
    let text = String(repeating: "x", count: Problem.maximumBytes + 1)
    _ = reduce(&state, .pasted(text))
    #expect(state.press([.enter]) == [])
    #expect(state.notice?.weight == .error)
    _ = state.press([.character("i"), .up])
    #expect(state.prompt?.editor.text == text)
  }

  @Test func `without a solver the problem waits until one is named`() {
    var state = home(solver: nil)
    state.home.servers = []
    let problem = Problem(id: "typed", text: "Hm", source: "typed")
    #expect(state.press([.character("H"), .character("m"), .enter]) == [])
    #expect(state.prompt?.kind == .solver)
    #expect(
      state.press([.character("q"), .enter])
        == [.connect(.solver, spec: "q"), .begin(problem, samples: 1)])
    #expect(state.pendingProblem == nil)
  }

  @Test func `the filter narrows with every letter and goes with back`() {
    var state = home()
    _ = state.press([.character("/"), .character("t"), .character("r")])
    #expect(state.home.items == [.session(state.home.sessions[1])])
    _ = state.press([.enter])
    #expect(state.press([.character("q")]) == [])
    #expect(state.home.filter == "")
    #expect(state.press([.character("q")]) == [.quit])
  }

  @Test(arguments: 0..<40)
  func `whatever is pressed, the selection is inside the list and in view`(seed: Int) {
    var random = Seeded(UInt64(seed))
    var state = home()
    let keys = Command.all.filter { $0.modes.contains(.home) && $0.action != .quit }
      .flatMap(\.keys)
    for _ in 0..<80 {
      if random.below(5) == 0 {
        let size = Size(columns: 1 + random.below(120), rows: 1 + random.below(50))
        _ = reduce(&state, .resized(size))
      }
      _ = reduce(&state, .keyPressed(keys[random.below(keys.count)]))
      if state.prompt != nil, random.below(2) == 0 { _ = state.press([.escape]) }
      guard state.panel == nil else { continue }
      #expect((0..<max(state.home.items.count, 1)).contains(state.home.selection), "seed \(seed)")
      let line = state.home.line(of: state.home.selection)
      let rows = Home.listRows(size: state.size)
      #expect(
        state.home.selection == 0 || (state.home.top..<state.home.top + rows).contains(line),
        "seed \(seed)")
    }
  }
}

extension State {
  /// Presses keys one after the other; answers the last one's effects.
  mutating func press(_ keys: [Key]) -> [Effect] {
    var effects: [Effect] = []
    for key in keys { effects = reduce(&self, .keyPressed(key)) }
    return effects
  }

  /// Types a line letter by letter.
  mutating func type(_ text: String) {
    for character in text { _ = reduce(&self, .keyPressed(.character(character))) }
  }
}
