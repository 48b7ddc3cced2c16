import Foundation
import Testing

/// A real llama.cpp server (`scripts/parity/setup` fetches it) and the model that is shipped.
private enum RealModel {
  static let python = Checkout.root.appending(path: ".build/parity-venv/bin/python")
  static let server = Checkout.root.appending(path: "scripts/parity/llama.py")
  static let model =
    ProcessInfo.processInfo.environment["ERRATUM_MODEL"].map { URL(filePath: $0) }
    ?? Checkout.root.appending(path: "models/erratum-small-q8_0.gguf")

  static let obstacle = Checkout.obstacle ?? Checkout.missing([python, server, model])
}

extension Stories {
  @Suite(
    .enabled(
      if: RealModel.obstacle == nil || Checkout.isComplete,
      "\(RealModel.obstacle ?? "nothing is in the way")"))
  struct RealModelStory {
    @Test func `the main job runs on a real model`() throws {
      try #require(RealModel.obstacle == nil)
      let home = try Household()
      let port = try freePort()
      let server = try Running(
        RealModel.python, [RealModel.server.path, RealModel.model.path, "\(port)"], in: home)
      let solver = "http://127.0.0.1:\(port)"
      #expect(
        try holds(within: 60) {
          try Program.run(["models", solver], in: home).code == 0
        }, "\(server.errorsSoFar)")

      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start("solve '\(problem)' --prompts plain --temperature 0 --solver \(solver)")
      try terminal.see(/1 █+.? +[01]\.\d\d +Step 1:/, "a bar on step 1")
      try terminal.see("Answer:", within: 60)
      try terminal.see(/READ +answer \d+/, "the answer")
      try terminal.press("C")
      try terminal.see("critique done", within: 60)
      try terminal.press("R")
      try terminal.see("attempt 2/2", within: 60)
      try terminal.see(/READ +answer \d+/, "the second answer")
      try terminal.press("d")
      try terminal.see("Rounds")
      try terminal.press("q")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)

      let events = try home.journal()
      #expect(events.ofKind("attemptFinished").count == 2)
      #expect(!events.ofKind("verdict").isEmpty)
      let tokens = events.ofKind("tokens")
      #expect(tokens.allSatisfy { $0["lp"] != nil && $0["ids"] != nil && $0["alts"] != nil })
      #expect(events.tokenText.contains("Step 1:"))
    }

    @Test func `a server reflects by what it can, and is told what it cannot`() throws {
      try #require(RealModel.obstacle == nil)
      let home = try Household()
      let port = try freePort()
      let server = try Running(
        RealModel.python, [RealModel.server.path, RealModel.model.path, "\(port)"], in: home)
      let solver = "http://127.0.0.1:\(port)"
      #expect(
        try holds(within: 60) {
          try Program.run(["models", solver], in: home).code == 0
        }, "\(server.errorsSoFar)")
      let common = [
        "solve", problem, "--solver", solver, "--prompts", "plain", "--json", "--seed", "3",
        "--temperature", "0.9", "--alternatives", "10", "--rule", "fixed", "--set", "entropy=0.05",
      ]
      for method in ["argmax", "cooler", "restart", "branch", "cntp", "rewind"] {
        let run = try Program.run(common + ["--reflect", method], in: home)
        #expect(run.code == 0, "\(method): \(run.standardError)")
        let events = lines(run.standardOutput)
        let triggered = events.ofKind("reflectionTriggered")
        #expect(!triggered.isEmpty, "\(method)")
        #expect(triggered.count == events.ofKind("reflectionFinished").count, "\(method)")
        #expect(events.ofKind("failed").isEmpty, "\(method)")
        let session = try #require(home.sessions.last)
        let replay = try Program.run(["replay", session, "--json"], in: home)
        #expect(replay.output == run.output, "\(method)")
      }
      let refused = try Program.run(common + ["--reflect", "srgen"], in: home)
      #expect(refused.code == 1)
      #expect(refused.standardError.contains("use branch, its surrogate for servers"))

      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(problem)' --prompts plain --solver \(solver) --reflect branch --rule fixed "
          + "--set entropy=0.05 --temperature 0.9 --seed 3 --alternatives 10")
      try terminal.see(/READ +answer \d+/, "the answer", within: 60)
      try terminal.see(/reflections [1-9]/, "reflections in the overview")
      try terminal.press("g", "l", "]", "Enter")
      try terminal.see("surrogate")
      try terminal.press("q", ")")
      try terminal.see(/was \d/, "the threshold moved")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
    }

    private let problem =
      "Tom has 17 marbles. He buys 3 bags with 6 marbles each. "
      + "How many marbles does Tom have?"
  }
}
