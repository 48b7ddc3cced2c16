import FaultServer
import Foundation
import Testing

extension Stories {
  /// Finding one's way in a library, and keeping it in order.
  @Suite struct LibraryKeeping {
    /// Two chains of other people's, as a file that `import` reads.
    private let chains = """
      {"problem":"Tom has 17 marbles and buys 18. How many?","steps":["He adds 18 quinces.","17 + 18 = 36."],"labels":[true,false]}
      {"problem":"What is 2 + 2?","steps":["2 + 2 = 4."],"labels":[true]}

      """

    private func home() throws -> Household {
      let home = try Household()
      let file = try home.write(chains, to: "marbles.jsonl")
      let run = try Program.run(
        [
          "import", file.path, "--format", "jsonl", "--fields",
          "problem=problem,steps=steps,ratings=labels",
        ], in: home)
      try #require(run.code == 0, "\(run.standardError)")
      return home
    }

    private func sessions(_ arguments: [String], in home: Household) throws -> Program {
      try Program.run(["sessions"] + arguments, in: home, seconds: 60)
    }

    @Test func `sessions are listed, found, shown, renamed, deleted and brought back`() throws {
      let home = try home()
      let list = try sessions(["list", "set:marbles", "--json"], in: home)
      let rows = lines(list.standardOutput)
      #expect(rows.count == 2, "\(list.output)\(list.standardError)")
      let found = lines(try sessions(["search", "quince", "--json"], in: home).standardOutput)
      #expect(found.count == 1 && found.first?["step"] as? Int == 0, "\(found)")
      let id = try #require(found.first?["session"] as? String)
      let shown = try sessions(["show", id], in: home)
      #expect(shown.code == 0 && shown.output.contains("He adds 18 quinces."), "\(shown.output)")
      let path = try sessions(["path", id], in: home)
      #expect(path.output == home.library.path + "/\(id)\n")

      let renamed = try sessions(["rename", id, "tom"], in: home)
      #expect(renamed.code == 0 && home.sessions.contains("tom"), "\(renamed.standardError)")
      let bad = try sessions(["rename", "tom", "../tom"], in: home)
      #expect(bad.code == 2 && bad.complaints.count == 1, "\(bad.standardError)")

      let unasked = try sessions(["delete", "tom"], in: home)
      #expect(unasked.code == 2 && unasked.standardError.contains("--yes"))
      #expect(home.sessions.contains("tom"))
      #expect(try sessions(["delete", "tom", "--yes"], in: home).code == 0)
      #expect(try sessions(["search", "quince"], in: home).output.isEmpty)
      #expect(try sessions(["trash"], in: home).output.hasPrefix("tom  "))
      #expect(try sessions(["restore", "tom"], in: home).code == 0)
      #expect(try sessions(["search", "quince"], in: home).output.hasPrefix("tom  "))
      let example = try sessions(["list", "state:example", "--json"], in: home)
      if let id = lines(example.standardOutput).first?["id"] as? String {
        let refused = try sessions(["delete", id, "--yes"], in: home)
        #expect(refused.code == 2 && refused.standardError.contains("example"))
      }
    }

    @Test func `a word of a step is found from home, and its session opens there`() throws {
      let home = try home()
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start()
      try terminal.see("Tom has 17")
      try terminal.see("What is 2 + 2?")
      try terminal.press("/")
      try terminal.type("quince")
      try terminal.seeGone("What is 2 + 2?")
      try terminal.see(/step 1 .*quinces/, "the place of the hit")
      try terminal.press("Enter", "Enter")
      try terminal.see("match 1 of 1")
      try terminal.press("q", "q")
      try terminal.see("Tom has 17")
      try terminal.press("Escape")
      try terminal.see("What is 2 + 2?")
      try terminal.press("!")
      try terminal.type("state:unf")
      try terminal.press("Tab", "Enter")
      try terminal.see("state:unfinished")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `delete asks at a terminal and takes no for an answer`() throws {
      let home = try home()
      let id = try #require(home.sessions.first)
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start("sessions delete \(id)")
      try terminal.see("to the trash? [y/N]")
      try terminal.press("n", "Enter")
      try terminal.see("nothing was deleted")
      #expect(try terminal.exitCode() == 0)
      #expect(home.sessions.contains(id))
      try terminal.start("sessions delete \(id)")
      try terminal.see("to the trash? [y/N]")
      try terminal.press("y", "Enter")
      #expect(try terminal.exitCode() == 0)
      #expect(!home.sessions.contains(id))
    }
  }
}
