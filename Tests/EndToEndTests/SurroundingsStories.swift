import FaultServer
import Foundation
import Testing

extension Stories {
  /// Config files, terminals, locales and problems that are not as they should be.
  @Suite struct Surroundings {
    @Test(arguments: [
      ("glyphs = \"unicode\"\nthemme = \"dark\"\n", ":2:", "theme"),
      ("glyphs = \"fancy\"\n", ":1:", "ascii"),
      ("mouse = true\nmouse = [\n", ":", "config.toml"),
      ("[keys.read]\ncritique = \"x\"\nround = \"x\"\n", ":3:", "already"),
      ("[keys.read]\n\ncritiqe = \"x\"\n", ":3:", "critique"),
      ("[models.judge]\napi_key = \"secret-1234\"\n", ":2:", "api_key_env"),
      ("theme = \"drak\"\n", "drak", "dark"),
    ])
    func `a slip in the config file is named with its line and what is allowed`(
      text: String, place: String, allowed: String
    ) throws {
      let home = try Household()
      try home.configure(text)
      for arguments in [["solve", "2 + 2", "--headless", "--solver", "http://127.0.0.1:1"], []] {
        let run = try Program.run(arguments, in: home)
        #expect(run.code == 2, "\(run.standardError)")
        #expect(run.standardError.contains(place), "\(run.standardError)")
        #expect(run.standardError.contains(allowed), "\(run.standardError)")
        #expect(!run.standardError.contains("secret-1234"))
      }
    }

    @Test func `a slip in a theme is named with its file, its line and what is allowed`() throws {
      let home = try Household()
      try home.write(
        "[roles]\ntext = \"standard\"\ncorect = \"#00ff00\"\n",
        to: "config/erratum/themes/mine.toml")
      try home.configure("theme = \"mine\"\n")
      let run = try Program.run([], in: home)
      #expect(run.code == 2, "\(run.standardError)")
      #expect(run.standardError.contains("mine.toml:3:"), "\(run.standardError)")
      #expect(run.standardError.contains("correct"), "\(run.standardError)")
    }

    @Test func `without a terminal that can draw, it says so and does not try`() throws {
      let home = try Household()
      let piped = try Program.run(["solve", "2 + 2"], in: home)
      #expect(piped.code == 2 && piped.standardOutput.isEmpty)
      #expect(piped.standardError.contains("--headless"), "\(piped.standardError)")

      let terminal = try TerminalSession(in: home)
      for (prefix, says) in [
        ("env -u TERM", "TERM is not set"), ("TERM=dumb", "cannot draw a screen"),
        ("TERM=no-such-terminal", "is not known here"),
      ] {
        try terminal.start(prefix: prefix)
        #expect(try terminal.exitCode() == 2, "\(prefix)")
        let screen = try terminal.screen()
        #expect(screen.contains(says) && screen.contains("--headless"), "\(screen)")
      }
      try terminal.start("sessions | cat")
      #expect(try terminal.exitCode() == 0)
      #expect(!(try terminal.screen().contains("\u{1B}")))
    }

    @Test func `LANG=C still draws lines, and ASCII glyphs draw nothing else`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(in: home)
      let run = "solve '\(Stories.marbles)' --solver \(server.model("wide"))"
      try terminal.start(run, prefix: "LANG=C LC_ALL=C")
      let wide = try terminal.see("Answer: 27")
      #expect(wide.contains("袋") && wide.contains("😀") && wide.contains("█"), "\(wide)")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)

      try home.configure("glyphs = \"ascii\"\n")
      try terminal.start("solve '\(Stories.marbles)' --solver \(server.model("chat"))")
      try terminal.see("Answer: 27")
      let screen = try terminal.settled()
      let foreign = screen.unicodeScalars.filter { !$0.isASCII }
      #expect(foreign.isEmpty, "\(foreign.map(String.init)) in \(screen)")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `NO_COLOR is heard, and states keep their glyphs and words`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, in: home)
      let file = try terminal.record(to: "bytes")
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("chat"))", prefix: "NO_COLOR=1")
      try terminal.see("Answer: 27")
      try terminal.see("answer 27")
      try terminal.press("C")
      try terminal.see("✗ incorrect")
      _ = try terminal.settled()
      let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      let colours = text.matches(of: /\u{1B}\[[\d;]*m/).map(\.output).filter { sequence in
        sequence.dropFirst(2).dropLast().split(separator: ";")
          .contains { word in Int(word).map { (30...38) ~= $0 || (40...48) ~= $0 } ?? false }
      }
      #expect(colours.isEmpty, "\(Set(colours))")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `an empty problem and one of 200 KB and a byte are refused with a sentence`()
      throws
    {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let limit = 200 * 1024
      let solver = ["--headless", "--solver", server.model("chat")]
      for (text, says) in [
        ("", "problem is empty"), (" \n\t\n", "problem is empty"),
        (String(repeating: "a", count: limit + 1), "200 KB"),
      ] {
        let piped = try Program.run(
          ["solve", "-"] + solver, in: home, stdin: Data(text.utf8))
        #expect(piped.code == 2, "\(piped.standardError)")
        #expect(piped.complaints.count == 1 && piped.standardError.contains(says))
        let file = try home.write(text, to: "problem.txt")
        let read = try Program.run(["solve", "--file", file.path] + solver, in: home)
        #expect(read.code == 2 && read.standardError.contains(says), "\(read.standardError)")
      }
      #expect(home.sessions.isEmpty)
      let largest = Data(repeating: UInt8(ascii: "a"), count: limit)
      let run = try Program.run(["solve", "-"] + solver, in: home, stdin: largest)
      #expect(run.code == 0, "\(run.standardError)")
    }
  }
}
