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

    private let problem =
      "Tom has 17 marbles. He buys 3 bags with 6 marbles each. "
      + "How many marbles does Tom have?"
  }
}
