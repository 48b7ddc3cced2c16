import Foundation
import Testing

/// A real llama.cpp server and a small real model, where a checkout has them beside it.
private enum RealModel {
  static let shared = Checkout.root.deletingLastPathComponent().appending(path: "shared")
  static let server = shared.appending(path: "tools/llama_server.py")
  static let model = shared.appending(path: "pilot-model/pilot-q8_0.gguf")

  static let obstacle: String? = {
    if let obstacle = Checkout.obstacle { return obstacle }
    for file in [server, model] where !FileManager.default.fileExists(atPath: file.path) {
      return "there is no \(file.path)"
    }
    guard let python = Tool.python, let home = try? Household(),
      let probe = try? Running(python, ["-c", "import xllamacpp"], in: home).end(),
      probe.code == 0
    else { return "python3 has no xllamacpp" }
    return nil
  }()
}

extension Stories {
  @Suite(
    .enabled(if: RealModel.obstacle == nil, "\(RealModel.obstacle ?? "nothing is in the way")"))
  struct RealModelStory {
    @Test func `the main job runs on a real model`() throws {
      let home = try Household()
      let python = try #require(Tool.python)
      let port = try freePort()
      let server = try Running(
        python, [RealModel.server.path, RealModel.model.path, "\(port)"], in: home)
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
