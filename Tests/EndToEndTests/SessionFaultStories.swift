import FaultServer
import Foundation
import Testing

extension Stories {
  /// Session folders that are not as they should be.
  @Suite struct SessionFaults {
    /// A home with one finished session in it.
    private func homeWithSession(_ server: FaultServer) throws -> (Household, String) {
      let home = try Household()
      let run = try Program.run(
        ["solve", Stories.marbles, "--headless", "--solver", server.model("chat@60")], in: home)
      #expect(run.code == 0, "\(run.standardError)")
      return (home, try #require(home.sessions.last))
    }

    @Test func `a session cut short opens up to its last whole line and says so`() throws {
      let server = try FaultServer()
      defer { server.stop() }
      let (home, session) = try homeWithSession(server)
      let file = home.journal(of: session)
      let whole = try Data(contentsOf: file)
      try whole.dropLast(whole.count / 3).write(to: file)
      let replay = try Program.run(["replay", session, "--headless"], in: home)
      #expect(replay.code == 0)
      #expect(replay.complaints.count == 1, "\(replay.standardError)")
      #expect(replay.standardError.contains("cut short"), "\(replay.standardError)")
      let terminal = try TerminalSession(in: home)
      try terminal.start()
      try terminal.see("Tom has 17")
      try terminal.press("Enter")
      try terminal.see("cut short")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `a newer version, no session, nothing at all: a sentence and exit code 2`() throws {
      let server = try FaultServer()
      defer { server.stop() }
      let (home, session) = try homeWithSession(server)
      let journal = try String(contentsOf: home.journal(of: session), encoding: .utf8)
      let header = try #require(journal.split(separator: "\n").first)
      let newer = header.replacingOccurrences(of: "\"major\":1", with: "\"major\":9")
      #expect(newer != header, "\(header.prefix(80))")
      for (name, text, says) in [
        ("newer", newer + "\n", "newer"), ("prose", "Dear diary,\n", "not an Erratum session"),
        ("binary", "\u{0}\u{1}\u{2}", "not an Erratum session"), ("empty", "", "is empty"),
        ("headless", String(header.prefix(40)), "first line"),
      ] {
        try home.write(text, to: "data/erratum/sessions/\(name)/journal.jsonl")
        for extra in [["--headless"], ["--json"]] {
          let run = try Program.run(["replay", name] + extra, in: home)
          #expect(run.code == 2, "\(name): \(run.standardError)")
          #expect(run.complaints.count == 1, "\(name): \(run.standardError)")
          #expect(run.standardError.contains(says), "\(name): \(run.standardError)")
        }
      }
      // None of them keeps the others from being listed.
      let list = try Program.run(["sessions"], in: home)
      #expect(list.code == 0 && list.output.contains(session), "\(list.output)")
    }

    @Test func `a session another program writes opens for reading and says who has it`() throws {
      let server = try FaultServer()
      defer { server.stop() }
      let (home, session) = try homeWithSession(server)
      let models = "--solver \(server.model("chat")) --critic \(server.model("chat"))"
      let first = try TerminalSession(columns: 120, in: home)
      try first.start(models)
      try first.see("Tom has 17")
      try first.press("Enter")
      try first.see("Answer: 27")
      let second = try TerminalSession(columns: 120, in: home)
      try second.start(models)
      try second.see("Tom has 17")
      try second.press("Enter")
      try second.see("READ-ONLY")
      try second.press("C")
      let refused = try second.see("close that to go on here")
      #expect(refused.contains("Answer: 27"), "\(refused)")
      try first.press("C")
      try first.see("critique done")
      for terminal in [first, second] {
        try terminal.press("C-q")
        #expect(try terminal.exitCode() == 0)
      }
      let events = lines(try Data(contentsOf: home.journal(of: session)))
      #expect(events.ofKind("critiqueFinished").count == 1)
    }

    @Test func `an example stays as it is: a branch or a copy of it is gone on with`() throws {
      let server = try FaultServer()
      defer { server.stop() }
      let (home, session) = try homeWithSession(server)
      // A share of its own, with this session as the example it ships.
      let share = home.url("share")
      let examples = share.appending(path: "sessions")
      try FileManager.default.createDirectory(at: examples, withIntermediateDirectories: true)
      for name in ["themes", "problems"] {
        try FileManager.default.createSymbolicLink(
          at: share.appending(path: name),
          withDestinationURL: Checkout.root.appending(path: name))
      }
      let example = examples.appending(path: "tom")
      try FileManager.default.moveItem(
        at: home.library.appending(path: session), to: example)
      home.environment["ERRATUM_SHARE"] = share.path
      let file = example.appending(path: "journal.jsonl")
      let before = try Data(contentsOf: file)

      let terminal = try TerminalSession(columns: 120, in: home)
      try terminal.start(
        "--solver \(server.model("chat")) --critic \(server.model("chat"))")
      try terminal.see("example")
      try terminal.press("Enter")
      try terminal.press("p")
      try terminal.see("REPLAY")
      try terminal.press(" ", "]", "]", "b")
      try terminal.seeGone("REPLAY")
      try terminal.see("Answer: 27")
      try terminal.press("q")
      try terminal.see("Problem sets")
      #expect(home.sessions.count == 1)
      try terminal.see(/▸.*Tom has 17/, "the branch, chosen")
      // Going on with the example itself goes on with a copy.
      try terminal.press("j")
      try terminal.see(/▸.*example/, "the example, chosen")
      try terminal.press("Enter")
      try terminal.see("answer 27")
      try terminal.press("C")
      try terminal.see("critique done")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      #expect(try Data(contentsOf: file) == before)
      #expect(home.sessions.count == 2)
    }
  }
}
