import Foundation
import Testing

private enum OfflineModel {
  static let obstacle = Checkout.missing([
    Checkout.root.appending(path: "models/erratum-small-q8_0.gguf")
  ])
}

extension Stories {
  /// The main job with the model that comes along, where there is no network, not even loopback.
  @Suite(
    .enabled(
      if: OfflineModel.obstacle == nil || Checkout.isComplete,
      "\(OfflineModel.obstacle ?? "nothing is in the way")"))
  struct Offline {
    /// Starts a program with no network interface, where the system lets us.
    private static let prefix: [String] = {
      let words = ["unshare", "--net", "--map-root-user"]
      guard let unshare = Tool.find(words[0]), let home = try? Household(),
        let trial = try? Running(unshare, words.dropFirst() + ["true"], in: home).end(),
        trial.code == 0
      else { return [] }
      return [unshare.path] + words.dropFirst()
    }()

    private let problem =
      "Tom has 17 marbles. He buys 3 bags with 6 marbles each. How many marbles does Tom have now?"

    @Test func `on the screen a problem is solved, judged and corrected`() throws {
      let home = try Household()
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(problem)' --temperature 0", prefix: Self.prefix.joined(separator: " "))
      try terminal.see(/1 █+.? +[01]\.\d\d +Step 1:/, "a bar on step 1")
      try terminal.see(/READ +answer \d+/, "the answer")
      try terminal.press("C")
      try terminal.see("critique done")
      try terminal.press("R")
      try terminal.see("attempt 2/2")
      try terminal.see(/READ +answer \d+/, "the second answer")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let events = try home.journal()
      #expect(events.ofKind("attemptFinished").count == 2)
      #expect(!events.ofKind("verdict").isEmpty)
    }

    @Test func `through a pipe it comes to the same`() throws {
      let home = try Household()
      let command =
        Self.prefix + [
          Checkout.binary.path, "solve", problem, "--headless", "--rounds", "1",
          "--temperature", "0",
        ]
      let run = try Running(URL(filePath: command[0]), Array(command.dropFirst()), in: home).end()
      #expect(run.code == 0, "\(run.standardError)")
      #expect(run.output.contains("a1: answer "), "\(run.output)")
      #expect(try !home.journal().ofKind("verdict").isEmpty)
    }
  }
}
