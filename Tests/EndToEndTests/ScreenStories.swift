import FaultServer
import Foundation
import Testing

extension Stories {
  /// Sizes, keyboards, editors and foreign bytes.
  @Suite struct Screen {
    @Test func `a storm of resizes while tokens stream leaves a whole screen`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("long@60")) --max-tokens 400")
      try terminal.see("Step 2: take 2")
      for index in 0..<40 {
        try terminal.resize(columns: 30 + (index * 37) % 170, rows: 8 + (index * 13) % 52)
      }
      try terminal.resize(columns: 30, rows: 8)
      let tiny = try terminal.see(/40.12/, "the line that names the least size")
      #expect(
        tiny.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.count <= 2,
        "\(tiny)")
      for (columns, rows) in [(80, 24), (200, 60), (40, 12), (120, 36)] {
        try terminal.resize(columns: columns, rows: rows)
        try terminal.wait("the screen at \(columns)x\(rows)") { screen in
          screen.contains("Step") && screen.contains("READ")
            && screen.split(separator: "\n", omittingEmptySubsequences: false).count >= rows
        }
      }
      try terminal.press("Escape")
      try terminal.see("stopped")
      // The first one takes the notice away.
      try terminal.press("C-l")
      let screen = try terminal.settled()
      try terminal.press("C-l")
      let repainted = try terminal.settled()
      #expect(repainted == screen, "a full repaint changed \(screen) to \(repainted)")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `a server that asks to wait is waited for with a countdown`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(in: home)
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("fault-429-retry-after"))")
      try terminal.see(/try 2 in 2 s/, "the wait the server asked for")
      try terminal.see(/try 2 in 1 s/, "the same, a second later")
      try terminal.see("Answer: ")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    @Test func `Ctrl-X Ctrl-E edits the problem in one's own editor`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let editor = try home.write(
        "#!/bin/sh\nprintf '%s\\n' 'Edited: how many marbles are left?' >>\"$1\"\n", to: "editor",
        mode: 0o700)
      home.environment["EDITOR"] = editor.path
      home.environment["VISUAL"] = ""
      let terminal = try TerminalSession(in: home)
      try terminal.start("--solver \(server.model("chat"))")
      try terminal.see("Problem sets")
      try terminal.press("i")
      try terminal.see("Type or paste the problem.")
      try terminal.type("First line.")
      try terminal.press("C-x", "C-e")
      try terminal.see("Edited: how many marbles")
      #expect(try terminal.ask("#{alternate_on}") == "1")
      try terminal.press("Enter")
      try terminal.see("Answer: 27")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let problem = try #require(try home.journal().first?["problem"] as? [String: Any])
      let text = try #require(problem["text"] as? String)
      #expect(text.contains("First line.") && text.contains("Edited:"), "\(text)")
    }

    @Test func `a problem of several lines is pasted, not run line by line`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(in: home)
      try terminal.start("--solver \(server.model("chat"))")
      try terminal.see("Problem sets")
      try terminal.paste("Tom has 17 marbles.\nq\n袋 😀 has 3\nHow many?")
      let pasted = try terminal.see("How many?")
      #expect(pasted.contains("袋 😀 has 3"), "\(pasted)")
      try terminal.press("Enter")
      try terminal.see("Answer: 27")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let problem = try #require(try home.journal().first?["problem"] as? [String: Any])
      #expect(problem["text"] as? String == "Tom has 17 marbles.\nq\n袋 😀 has 3\nHow many?")
    }

    @Test func `nothing a model writes is acted on by the terminal`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      let file = try terminal.record(to: "bytes")
      try terminal.start(
        "solve '\(Stories.marbles)' --solver \(server.model("fault-escapes"))")
      try terminal.see("Answer: 26")
      try terminal.press("e")
      try terminal.press("X")
      _ = try terminal.settled()
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let bytes = Array(try Data(contentsOf: file))
      #expect(bytes.count > 2000, "the screen was recorded")
      for (name, sequence) in forbidden {
        #expect(!contains(bytes, sequence), "\(name) reached the terminal")
      }
    }

    /// What the hostile text holds and must never come out of the program.
    private let forbidden: [(String, [UInt8])] = [
      ("OSC 52", Array("\u{1B}]52".utf8)), ("OSC 8", Array("\u{1B}]8;".utf8)),
      ("a C1 sequence introducer", Array("\u{9B}".utf8)), ("C1 next line", Array("\u{85}".utf8)),
      ("a bidi override", Array("\u{202E}".utf8)), ("a bidi isolate", Array("\u{2066}".utf8)),
      ("NUL", [0]),
      ("a tower of marks", Array(String(repeating: "\u{0301}", count: 20).utf8)),
    ]

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
      bytes.indices.contains { bytes[$0...].starts(with: part) }
    }
  }
}
