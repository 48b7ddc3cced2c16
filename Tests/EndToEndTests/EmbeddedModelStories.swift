import FaultServer
import Foundation
import Testing

extension Stories {
  /// The model that comes along, without server or key; told where its file is.
  @Suite(
    .enabled(
      if: EmbeddedModel.missing == nil || Checkout.isComplete, "\(EmbeddedModel.missing ?? "")"))
  struct Embedded {
    @Test func `a problem is solved, judged and corrected with nothing set up`() throws {
      let home = try Household()
      let run = try Program.run(
        [
          "solve", Stories.marbles, "--json", "--answer", "26", "--rounds", "1", "--seed", "1",
          "--max-tokens", "300",
        ], in: home)
      #expect(run.code == 0, "\(run.standardError)")
      let events = lines(run.standardOutput)
      let model = events.ofKind("modelConnected").first?["description"] as? [String: Any]
      #expect(model?["dialect"] as? String == "local")
      #expect((model?["profile"] as? [String: Any])?["prompts"] as? String == "plain")
      #expect(events.ofKind("stepClosed").count > 1)
      #expect(!events.ofKind("critiqueFinished").isEmpty)
      let session = try #require(home.sessions.last)
      let replay = try Program.run(["replay", session, "--json"], in: home)
      #expect(replay.output == run.output)
    }

    @Test func `make run's first screen leads to a session and to another token`() throws {
      let home = try Household()
      let terminal = try TerminalSession(columns: 120, rows: 36, in: home)
      try terminal.start("")
      try terminal.see("solver local, runs here: no key, no server")
      try terminal.press("i")
      try terminal.see("Type or paste the problem.")
      try terminal.type("Tom has 17 marbles and buys 3. How many has he now?")
      try terminal.press("Enter")
      try terminal.see("attempt 1/1")
      try terminal.wait("the end of the attempt") { $0.contains("SAVED") }
      try terminal.press("g", "l", "l", "o")
      try terminal.see("Another token")
      try terminal.press("Enter")
      try terminal.see("attempt 2/2 other token")
      try terminal.wait("the end of the second") { $0.contains("SAVED") }
      try terminal.press("C-q")
      #expect(try terminal.exitCode() == 0)
      let started = try home.journal().ofKind("attemptStarted")
      #expect(started.count == 2 && started[1]["branch"] != nil)
    }

    @Test func `models lists, describes and checks it`() throws {
      let home = try Household()
      let list = try Program.run(["models"], in: home)
      #expect(list.output.hasPrefix("local  erratum-small"), "\(list.output)")
      let one = try Program.run(["models", "local"], in: home)
      #expect(one.output.contains("badge               full"), "\(one.output)")
      let check = try Program.run(["models", "check", "local", "--json"], in: home)
      #expect(check.code == 0, "\(check.standardError)")
      #expect(lines(check.standardOutput).first?["fits"] as? Bool == true)
      let doctor = try Program.run(["doctor"], in: home)
      #expect(doctor.code == 0 && doctor.output.contains("ok    embedded model"))
    }
  }

  /// Files that are no models; these need no model.
  @Suite struct WeightsFiles {
    @Test func `a file that is none is refused with 2 and a sentence`() throws {
      let home = try Household()
      let text = try home.write("no weights at all", to: "a b.gguf").path
      let cut = try home.write("GGUF\u{3}", to: "cut.gguf").path
      for arguments in [
        ["models", "check", text], ["models", "check", cut], ["models", "check", "/none.gguf"],
        ["models", "local:" + text], ["models", "local:~/a b.gguf#nonsense"],
        ["solve", "2 + 2", "--headless", "--solver", "local:" + text],
        ["solve", "2 + 2", "--headless", "--solver", "local:/none.gguf"],
      ] {
        let run = try Program.run(arguments, in: home)
        #expect(run.code == 2, "\(arguments): \(run.code) \(run.standardError)")
        #expect(run.standardError.contains("erratum: "), "\(arguments): \(run.standardError)")
        #expect(!run.standardError.contains("unforeseen"), "\(run.standardError)")
      }
    }
  }
}

enum EmbeddedModel {
  static let missing = Checkout.missing([
    Checkout.root.appending(path: "models/erratum-small-q8_0.gguf")
  ])
}
