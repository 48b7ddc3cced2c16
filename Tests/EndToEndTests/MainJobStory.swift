import FaultServer
import Foundation
import Testing

extension Stories {
  @Suite struct MainJob {
    @Test func `a problem is solved, judged, corrected, kept, reopened, replayed and branched`()
      throws
    {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      let models = "--solver \(server.model("chat@40")) --critic \(server.model("chat"))"

      try terminal.start(models)
      try terminal.see("Problem sets")
      try terminal.press("i")
      try terminal.see("Type or paste the problem.")
      try terminal.type(Stories.marbles)
      try terminal.press("Enter")

      // Steps come one by one, each with its bar.
      try terminal.see(/1 █+.? +[01]\.\d\d/, "a bar on step 1")
      try terminal.see("Answer: 27")
      try terminal.see("answer 27")

      try terminal.press("c")
      try terminal.see("critique by:")
      try terminal.press("Enter")
      try terminal.see("first: step 2")
      try terminal.see(/2 .*✗ .*17 \+ 18 = 36/, "the mark on step 2")
      try terminal.see("17 + 18 is 35, not 36.")

      try terminal.press("R")
      try terminal.see("attempt 2/2")
      try terminal.see("answer 26")
      try terminal.see("Answer: 26")

      try terminal.press("d")
      let rounds = try terminal.see("Rounds")
      #expect(rounds.contains("27") && rounds.contains("26"), "\(rounds)")
      try terminal.press("q")
      try terminal.seeGone("─ Rounds")
      let before = try chain(in: terminal.settled())

      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)

      try reopen(terminal, models, expecting: before)
      try replay(terminal)
      try terminal.press("b")
      try terminal.seeGone("REPLAY")
      try terminal.see("Answer: 27")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      #expect(home.sessions.count == 2)
      let header = try #require(try home.journal().first)
      #expect(header["branchedFrom"] != nil, "\(header)")
    }

    private func reopen(_ terminal: TerminalSession, _ models: String, expecting before: String)
      throws
    {
      try terminal.start(models)
      try terminal.see("2 attempts, 1 round")
      try terminal.press("Enter")
      try terminal.see("Answer: 26")
      let after = try chain(in: terminal.settled())
      #expect(after == before)
    }

    private func replay(_ terminal: TerminalSession) throws {
      try terminal.press("p")
      try terminal.see("REPLAY")
      try terminal.press(" ")
      try terminal.press("0")
      let start = try event(in: terminal.see("0:00.0 / 0:"))
      try terminal.press(".", ".", ".")
      try terminal.see("event \(start + 3)/")
      try terminal.press(",")
      try terminal.see("event \(start + 2)/")
      // Markers: the answer, the critique, the round.
      try terminal.press("]")
      try terminal.see("answer 27")
      try terminal.press("]")
      try terminal.press("9")
      try terminal.see("attempt 2/2")
      try terminal.press("[", "[")
      try terminal.see("attempt 1/1")
    }

    private func event(in screen: String) throws -> Int {
      let place = try #require(screen.firstMatch(of: /event (\d+)\//), "\(screen)")
      return try #require(Int(place.1))
    }

    /// Problem, chain and critic: what must be the same after reopening.
    ///
    /// The lines above and below them tell what happened last.
    private func chain(in screen: String) -> String {
      screen.split(separator: "\n", omittingEmptySubsequences: false)
        .dropFirst().dropLast(3).joined(separator: "\n")
    }
  }
}
