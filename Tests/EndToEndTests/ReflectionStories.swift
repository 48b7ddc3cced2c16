import Foundation
import Testing

extension Stories {
  /// Reflection as a person sees it, on the model that comes along.
  @Suite(
    .enabled(
      if: EmbeddedModel.missing == nil || Checkout.isComplete, "\(EmbeddedModel.missing ?? "")"))
  struct Reflecting {
    @Test func `a reflection is watched, opened, held against controls, and tuned by key`() throws {
      let home = try Household()
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start(
        "solve '\(Stories.marbles)' --reflect srgen --set floor=0.05 --set cold-start=0.05 "
          + "--temperature 0.9 --seed 3")
      try terminal.wait("the end of the attempt") { $0.contains("SAVED") }
      try terminal.see(/reflections [1-9]/, "reflections in the overview")
      try terminal.see("reflects: SRGen")
      try terminal.press("g", "l", "]", "Enter")
      try terminal.see("before")
      try terminal.press("c")
      try terminal.see(/argmax/, "what the controls would have chosen")
      try terminal.press("q")
      try terminal.press(")")
      try terminal.see(/was \d/, "the threshold moved")
      try terminal.press("W")
      try terminal.see("What if")
      try terminal.press("q")
      try terminal.press("D")
      try terminal.see("attempt 2/2")
      try terminal.wait("the end of the second") { $0.contains("SAVED") }
      try terminal.press("d")
      try terminal.see(/differ|same/, "where they part")
      try terminal.press("q")
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)

      let events = try home.journal()
      let started = events.ofKind("attemptStarted")
      #expect(started.map { $0["reflection"] != nil } == [true, false])
      #expect(!events.ofKind("reflectionTriggered").isEmpty)
      #expect(
        events.ofKind("reflectionTriggered").count == events.ofKind("reflectionFinished").count)
      #expect(events.ofKind("controlsCompared").count == 1)
    }

    @Test func `the same settings and seed tell the same events twice`() throws {
      let home = try Household()
      let arguments = [
        "solve", Stories.marbles, "--reflect", "cntp", "--rule", "fixed", "--set", "entropy=0.2",
        "--temperature", "0.9", "--seed", "3", "--json",
      ]
      func told() throws -> [String] {
        let run = try Program.run(arguments, in: home)
        #expect(run.code == 0, "\(run.standardError)")
        return lines(run.standardOutput).filter {
          ["reflectionTriggered", "trialWritten", "trialChosen", "answerExtracted"]
            .contains($0["kind"] as? String ?? "")
        }.map { event in
          ["kind", "position", "score", "trial", "answer", "text"]
            .map { "\(event[$0] ?? "-")" }.joined(separator: " ")
        }
      }
      let first = try told()
      #expect(first.contains { $0.hasPrefix("trialChosen") })
      #expect(try told() == first)
    }
  }
}
