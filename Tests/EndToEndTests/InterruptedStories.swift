import FaultServer
import Foundation
import Testing

extension Stories {
  /// What remains when a run does not come to its end.
  @Suite struct Interrupted {
    @Test func `killed in mid-stream, it reopens with what was on screen and goes on`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("long@30")) --max-tokens 900")
      let seen = try terminal.see("Step 4: take 4")
      #expect(seen.contains("LIVE"), "\(seen)")
      kill(try terminal.processID(), SIGKILL)
      #expect(try terminal.exitCode() == 137)
      // Nothing could give the terminal back; `reset` does, in a line ended as raw modes want it.
      try terminal.type("reset")
      try terminal.press("C-j")
      try terminal.wait("the shell's own screen") { !$0.contains("Step") && $0.contains("ready$") }

      try terminal.start("--solver \(server.model("chat@40"))")
      try terminal.see("1 attempt")
      try terminal.press("Enter")
      let reopened = try terminal.see("Step 4: take 4")
      for step in 1...3 where seen.contains("Step \(step):") {
        #expect(reopened.contains("Step \(step): take \(step)"), "\(reopened)")
      }
      #expect(reopened.contains("cut off"), "\(reopened)")
      try terminal.press("u")
      try terminal.see("attempt 2/2")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `Esc stops at once and keeps the partial, and what was queued runs`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("long@30")) "
          + "--critic \(server.model("chat")) --max-tokens 900")
      try terminal.see("Step 3: take 3")
      try terminal.press("C")
      try terminal.see("queue 1")
      let hangUps = server.hangUpTimes.count
      try terminal.press("Escape")
      try terminal.see("stopped")
      try terminal.see("critique done")
      let screen = try terminal.settled()
      #expect(screen.contains("Step 3: take 3"), "\(screen)")
      #expect(!screen.contains("queue 1"), "\(screen)")
      #expect(server.hangUpTimes.count == hangUps + 1)
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let ends = try home.journal().ofKind("attemptFinished")
      #expect(ends.map { $0["reason"] as? String } == ["cancelled"])
    }

    @Test func `a crash and a request to end both give the terminal back`() throws {
      for (signal, code) in [(SIGSEGV, Int32(139)), (SIGTERM, 143), (SIGHUP, 129)] {
        let home = try Household()
        let terminal = try TerminalSession(in: home)
        try terminal.start()
        try terminal.see("Problem sets")
        #expect(try terminal.ask("#{alternate_on}") == "1")
        kill(try terminal.processID(), signal)
        #expect(try terminal.exitCode() == code, "after signal \(signal)")
        #expect(try terminal.ask("#{alternate_on}") == "0", "after signal \(signal)")
        #expect(try terminal.ask("#{cursor_flag}") == "1", "after signal \(signal)")
        // Echo and line editing are back: what is typed is seen, and Enter ends it.
        try terminal.type("echo it $((40 + 2)) works")
        try terminal.see("echo it $((40")
        try terminal.press("Enter")
        try terminal.see("it 42 works")
      }
    }

    @Test func `Ctrl-Z goes to the shell and fg comes back to the same screen`() throws {
      let home = try Household()
      let terminal = try TerminalSession(in: home)
      // Without the `;` after it: a list would go on when its first command is stopped.
      try terminal.start()
      try terminal.see("Problem sets")
      let before = try terminal.settled()
      try terminal.press("C-z")
      try terminal.see("ready$")
      #expect(try terminal.ask("#{alternate_on}") == "0")
      try terminal.resize(columns: 90, rows: 28)
      try terminal.type("fg")
      try terminal.press("Enter")
      try terminal.see("Problem sets")
      #expect(try terminal.ask("#{alternate_on}") == "1")
      try terminal.resize(columns: 100, rows: 30)
      try terminal.wait("the screen as it was") { $0 == before }
      try terminal.press("C-q")
      try terminal.see("ready$")
      #expect(try terminal.ask("#{alternate_on}") == "0")
    }
  }
}
