import Sessions
import Testing

@testable import Workbench

/// The lists that keys move through are the lists that are drawn.
@Suite struct ListTests {
  @Test(arguments: [12, 16, 24, 40])
  func `the chosen item of home stands where its line says`(rows: Int) throws {
    var state = State(size: Size(columns: 80, rows: rows))
    state.home.isListing = false
    state.home.sessions = (0..<30).map {
      SessionSummary(id: "s\($0)", title: "Session number \($0)", created: 0, lastActivity: 0)
    }
    state.home.sets = (0..<5).map { ProblemSet(name: "set-\($0)", problems: []) }
    state.home.servers = ["http://127.0.0.1:8080"]
    for index in state.home.items.indices {
      state.home.selection = index
      state.keepHomeSelectionInside()
      let row = HomeScreen.firstRow + state.home.line(of: index) - state.home.top
      let grid = view(state)
      try #require(grid.rows.indices.contains(row))
      #expect(GoldenPicture.text(grid.rows[row]).hasPrefix("  \u{25B8} "), "item \(index)")
      #expect(grid.rows[row][10].style.ground == .selected, "item \(index)")
    }
  }

  @Test(arguments: Mode.allCases)
  func `every row of the help can be reached and shows its keys`(mode: Mode) throws {
    var state = Scene.judged.state(100, 24)
    var help = Panel.Help(mode: mode)
    for (index, command) in state.helpItems(for: help).enumerated() {
      help.selection = index
      state.panel = .help(help)
      let lines = view(state).rows.map { GoldenPicture.text($0) }
      let chosen = try #require(lines.first { $0.contains("\u{2502} \u{25B8} ") })
      let keys = state.bindings.keys(
        for: command.action, in: command.mode(preferring: mode))
      let key = try #require(keys.first)
      #expect(chosen.contains("\u{25B8} \(key.name)"), "\(command.action)")
    }
  }

  @Test func `a rebound key is what the key bar shows`() throws {
    var state = Scene.judged.state(120, 30)
    state.bindings = try KeyBindings(overriding: [.read: [.critique: [.function(5)]]])
    let bar = GoldenPicture.text(view(state).rows[29])
    #expect(bar.contains("F5 critique"))
    #expect(!bar.contains("c critique"))
  }

  @Test func `scrolling by hand stops at the last line of the critic`() {
    let state = Scene.judged.state(80, 24) { $0.reading?.criticFollows = false }
    let height = SessionLayout(state).critic?.rows ?? 0
    var atBottom = state
    atBottom.reading?.criticTop = state.criticBottom
    var beyond = state
    beyond.reading?.criticTop = state.criticBottom + 50
    #expect(state.criticBottom > 0 && height > 0)
    #expect(view(atBottom) == view(beyond))
  }
}
