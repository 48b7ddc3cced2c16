import FaultServer
import Foundation
import Testing

extension Stories {
  /// The same work through a pipe.
  @Suite struct Headless {
    @Test func `what --json prints is what the journal has and what a replay prints`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let run = try Program.run(
        [
          "solve", "-", "--json", "--answer", "26", "--rounds", "1",
          "--solver", server.model("chat@200"), "--critic", server.model("chat"),
        ], in: home, stdin: Data(Stories.marbles.utf8))
      #expect(run.code == 0, "\(run.standardError)")
      #expect(run.complaints == [])
      let session = try #require(home.sessions.last)
      let journal = try Data(contentsOf: home.journal(of: session))
      let replay = try Program.run(["replay", session, "--json"], in: home)
      #expect(replay.code == 0, "\(replay.standardError)")
      #expect(replay.output == String(decoding: journal, as: UTF8.self))
      #expect(run.output == replay.output)
      let kinds = Set(lines(run.standardOutput).compactMap { $0["kind"] as? String })
      for kind in ["attemptStarted", "tokens", "stepClosed", "verdict", "roundStarted"] {
        #expect(kinds.contains(kind), "\(kinds)")
      }
      let answers = lines(run.standardOutput).ofKind("answerExtracted")
      #expect(answers.map { $0["isCorrect"] as? Bool } == [false, true])
    }

    @Test func `plain lines through a pipe tell the run and its replay alike`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      for model in ["chat", "wide", "plain"] {
        let run = try Program.run(
          [
            "solve", Stories.marbles, "--headless", "--rounds", "1",
            "--solver", server.model(model), "--critic", server.model("chat"),
          ], in: home)
        #expect(run.code == 0, "\(run.standardError)")
        #expect(run.output.contains("a1: answer 27"), "\(run.output)")
        #expect(run.output.contains("step 2: incorrect, arithmetic"), "\(run.output)")
        #expect(run.output.contains("a2: answer 26"), "\(run.output)")
        #expect(run.output.contains("[-]") == (model == "plain"), "\(run.output)")
        let session = try #require(home.sessions.last)
        let replay = try Program.run(["replay", session, "--linear"], in: home)
        #expect(replay.output == run.output)
        try FileManager.default.removeItem(at: home.library)
      }
    }

    @Test func `Ctrl-C keeps the partial and exits with 130`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let run = try Running(
        Checkout.binary,
        [
          "solve", Stories.marbles, "--headless", "--solver", server.model("long@50"),
          "--max-tokens", "2000",
        ], in: home)
      #expect(holds { run.outputSoFar.contains("Step 3:") }, "\(run.errorsSoFar)")
      run.send(SIGINT)
      let ended = try run.end()
      #expect(!ended.isStuck)
      #expect(ended.code == 130)
      let events = try home.journal()
      #expect(events.tokenText.contains("Step 3: take 3"))
      #expect(events.ofKind("attemptFinished").map { $0["reason"] as? String } == ["cancelled"])
    }

    @Test func `killed in mid-stream, all but the last moment is in the journal`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let run = try Running(
        Checkout.binary,
        [
          "solve", Stories.marbles, "--json", "--solver", server.model("long@100"),
          "--max-tokens", "2000",
        ], in: home)
      #expect(holds { run.outputSoFar.contains("\"index\":3") }, "\(run.errorsSoFar)")
      let shown = run.outputSoFar
      run.send(SIGKILL)
      #expect(try run.end().code == 137)
      // Written before shown: whatever was printed is in the file.
      let session = try #require(home.sessions.last)
      let journal = try String(contentsOf: home.journal(of: session), encoding: .utf8)
      let whole = shown.split(separator: "\n").dropLast()
      #expect(whole.count > 4)
      for line in whole { #expect(journal.contains(line), "\(line)") }
      let replay = try Program.run(["replay", session, "--headless"], in: home)
      #expect(replay.code == 0)
      #expect(replay.output.contains("Step 3: take 3"), "\(replay.output)")
    }

    @Test func `exit codes tell done, failed, wrong usage`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let solver = server.model("chat")
      for (arguments, code) in [
        (["--version"], Int32(0)), (["--help"], 0), (["solve", "--help"], 0), (["sessions"], 0),
        (["problems"], 0), (["themes"], 0), (["doctor"], 0), (["keys"], 0),
        (["solve", "2 + 2", "--headless", "--solver", solver], 0),
        (["solve", "2 + 2", "--headless", "--solver", server.model("fault-401")], 1),
        (["solve", "2 + 2", "--frobnicate"], 2), (["frobnicate", "x"], 2),
        (["solve", "2 + 2", "--headless", "--temperature", "hot", "--solver", solver], 2),
        (["solve", "2 + 2", "--headless", "--rounds", "-1", "--solver", solver], 2),
        (["solve", "--headless", "--file", "/nowhere/x.txt", "--solver", solver], 2),
        (["replay", "no-such-session", "--headless"], 2), (["replay", "x", "--speed", "99"], 2),
      ] {
        let run = try Program.run(arguments, in: home)
        #expect(run.code == code, "\(arguments): \(run.standardError)")
        #expect(code != 0 || !run.standardOutput.isEmpty, "\(arguments)")
        #expect(code == 0 || !run.standardError.isEmpty, "\(arguments)")
      }
    }
  }
}
