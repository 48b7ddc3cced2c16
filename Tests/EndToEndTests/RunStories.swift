import FaultServer
import Foundation
import Testing

extension Stories {
  /// A whole problem set, through a pipe: stopped, killed, gone on with, read and judged.
  @Suite struct Runs {
    /// So many times the problem the scripted model knows.
    private func set(_ count: Int, in home: Household, answer: String? = "26") throws -> String {
      let lines = (1...count).map { number in
        #"{"id":"m-\#(number)","problem":"\#(Stories.marbles)""#
          + (answer.map { #","answer":"\#($0)""# } ?? "") + "}"
      }
      return try home.write(lines.joined(separator: "\n"), to: "set.jsonl").path
    }

    private func rows(_ home: Household, _ folder: String = "out") throws -> [[String: Any]] {
      lines(try Data(contentsOf: home.url(folder + "/results.jsonl")))
        .filter { $0["row"] as? String == "attempt" }
    }

    private func run(
      _ arguments: [String], in home: Household, seconds: Double = 60
    ) throws -> Program {
      try Program.run(["run"] + arguments, in: home, seconds: seconds)
    }

    @Test func `a set is run, told of, gone on with and told of again`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let set = try set(3, in: home)
      let out = home.url("out").path
      let arguments = [set, "--solver", server.model("chat"), "--samples", "2", "--out", out]
      let first = try run(arguments, in: home)
      #expect(first.code == 0, "\(first.standardError)")
      #expect(first.complaints == [])
      #expect(first.output.hasPrefix("set by chat\n"), "\(first.output)")
      #expect(first.output.contains("0.0 (0.0 to 56.1)"), "\(first.output)")
      #expect(try rows(home).count == 6 && home.sessions.count == 6)
      let calls = server.requests.count
      let again = try run(arguments, in: home)
      #expect(again.code == 0 && again.output == first.output)
      #expect(try rows(home).count == 6)
      let more = try run(arguments.map { $0 == "2" ? "3" : $0 }, in: home)
      #expect(more.code == 0, "\(more.standardError)")
      #expect(try rows(home).count == 9 && home.sessions.count == 9)
      #expect(server.requests.count > calls)
      let report = try run(["--report", out, "--json"], in: home)
      let line = try #require(lines(report.standardOutput).first)
      let arms = try #require(line["arms"] as? [[String: Any]])
      #expect(arms.count == 1 && arms[0]["attempts"] as? Int == 9)
      #expect(arms[0]["accuracy"] as? Double == 0)
    }

    @Test func `other settings, another run, a place that cannot be written: all refused`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let set = try set(1, in: home)
      let out = home.url("out").path
      let solver = server.model("chat")
      #expect(try run([set, "--solver", solver, "--out", out], in: home).code == 0)
      try home.write("not a folder", to: "file")
      let locked = home.url("locked")
      try FileManager.default.createDirectory(at: locked, withIntermediateDirectories: true)
      for (arguments, says) in [
        (
          [set, "--solver", solver, "--out", out, "--temperature", "0.9"],
          "temperature 0.7, not 0.9"
        ),
        ([set, "--solver", server.model("wide"), "--out", out], "solver chat, not wide"),
        ([set, "--solver", solver, "--out", home.url("file/x").path], "cannot be written"),
        (
          [set, "--solver", solver, "--out", home.url("o2").path, "--library", "/proc/x"],
          "The library"
        ),
        (
          [set, "--solver", solver, "--reflect", "none,srgen", "--out", locked.path],
          "hidden states"
        ),
        (
          [set, "--solver", server.model("plain"), "--reflect", "cntp", "--out", locked.path],
          "looks at log-probabilities"
        ),
      ] as [([String], String)] {
        let refused = try run(arguments, in: home)
        // What the model cannot do is no slip of the person's.
        let code: Int32 = arguments.contains("--reflect") ? 1 : 2
        #expect(refused.code == code, "\(arguments): \(refused.standardError)")
        #expect(refused.standardError.contains(says), "\(refused.standardError)")
      }
      #expect(try rows(home).count == 1)
    }

    @Test func `Ctrl-C keeps what is done, a second run waits its turn, and it goes on`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let set = try set(40, in: home)
      let out = home.url("out").path
      let arguments = [
        "run", set, "--solver", server.model("chat@40"), "--out", out, "--jobs", "2",
      ]
      let running = try Running(Checkout.binary, arguments, in: home)
      #expect(holds { (try? rows(home).count).map { $0 > 3 } ?? false }, "\(running.errorsSoFar)")
      let second = try Program.run(arguments, in: home)
      #expect(second.code == 2)
      #expect(
        second.standardError.contains("is being written by erratum"), "\(second.standardError)")
      running.send(SIGINT)
      let ended = try running.end()
      #expect(!ended.isStuck && ended.code == 130, "\(ended.standardError)")
      #expect(ended.standardOutput.isEmpty)
      #expect(ended.standardError.contains("attempts to go; the same command goes on"))
      let done = try rows(home).count
      #expect(done < 40)
      var quick = arguments
      quick[3] = server.model("chat")
      // The rate is part of the scripted model's name: it is another model.
      #expect(try Program.run(quick, in: home).code == 2)
      let rest = try Program.run(arguments.dropLast() + ["16"], in: home, seconds: 60)
      #expect(rest.code == 0, "\(rest.standardError)")
      let all = try rows(home)
      #expect(all.count == 40 && Set(all.compactMap { $0["problem"] as? String }).count == 40)
    }

    @Test func `a model that goes away costs what is not done, and exit 1`() throws {
      let (server, home) = (try FaultServer(), try Household())
      let set = try set(40, in: home)
      let out = home.url("out").path
      let running = try Running(
        Checkout.binary,
        ["run", set, "--solver", server.model("chat@400"), "--out", out, "--jobs", "1"], in: home)
      #expect(holds { (try? rows(home).count).map { $0 > 2 } ?? false }, "\(running.errorsSoFar)")
      server.stop()
      let ended = try running.end(within: 60)
      #expect(!ended.isStuck && ended.code == 1, "\(ended.standardError)")
      #expect(ended.standardError.contains("the same command tries them again"))
      #expect(try rows(home).count > 2)
      #expect(ended.output.contains("none"), "what is done is told: \(ended.output)")
    }

    @Test func `results that were edited by hand are read as far as they can be`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let set = try set(2, in: home)
      let out = home.url("out")
      let arguments = [
        set, "--solver", server.model("chat"), "--out", out.path, "--no-sessions", "--jobs", "1",
      ]
      #expect(try run(arguments, in: home).code == 0)
      #expect(home.sessions.isEmpty)
      let file = out.appending(path: "results.jsonl")
      let text = try String(contentsOf: file, encoding: .utf8)
      let edited = text.replacingOccurrences(of: #""problem":"m-1""#, with: #""problem":"#)
      try Data((edited + "{\"row\":\"att").utf8).write(to: file)
      let report = try run(["--report", out.path], in: home)
      #expect(report.code == 0 && report.standardError.contains("1 line could not be used (3)"))
      let again = try run(arguments, in: home)
      #expect(again.code == 0, "\(again.standardError)")
      #expect(again.standardError.contains("cut short"), "\(again.standardError)")
      #expect(try rows(home).count == 2)
      try Data("{\"erratum\":\"results\"}\n".utf8).write(to: file)
      for refused in [try run(arguments, in: home), try run(["--report", out.path], in: home)] {
        #expect(refused.code == 2)
        #expect(refused.standardError.contains("is not the results of a run"))
      }
    }

    @Test func `over a server what goes on from a text reflects, and the rest is left out`() throws
    {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let set = try set(2, in: home, answer: nil)
      let run = try run(
        [
          set, "--solver", "\(server.endpoint)/llama#scripted", "--reflect", "all", "--set",
          "floor=0", "--set", "cold-start=0.01", "--out", home.url("out").path,
        ], in: home)
      #expect(run.code == 0, "\(run.standardError)")
      #expect(run.standardError.contains("srgen is left out. SRGen changes hidden states"))
      let arms = Set(try rows(home).compactMap { $0["arm"] as? String })
      #expect(arms.contains("none") && arms.contains("cntp") && !arms.contains("srgen"))
      let none = run.output.split(separator: "\n").first { $0.hasPrefix("none") } ?? ""
      #expect(none.split(separator: " ").prefix(4) == ["none", "2", "-", "-"], "\(run.output)")
    }
  }

  /// The same on the model that comes along, which reflects in every way.
  @Suite(.enabled(if: EmbeddedModel.missing == nil || Checkout.isComplete))
  struct ReflectingRuns {
    private let problems = Checkout.root.appending(path: "models/training/heldout.jsonl").path

    private func rows(_ home: Household, _ folder: String) throws -> [String: String] {
      let all = lines(try Data(contentsOf: home.url(folder + "/results.jsonl")))
        .filter { $0["row"] as? String == "attempt" }
      return Dictionary(
        all.map { row in
          let text = { (key: String) in row[key].map { "\($0)" } ?? "-" }
          return (
            ["problem", "sample", "arm"].map(text).joined(separator: " "),
            ["answer", "tokens", "discarded", "reflections"].map(text).joined(separator: " ")
          )
        }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `killed and gone on with, by one or by two, it comes to the same`() throws {
      let home = try Household()
      func arguments(_ folder: String, _ more: String...) -> [String] {
        [
          "run", problems, "--ids", "held-out-", "--limit", "6", "--samples", "2", "--reflect",
          "none,srgen,cntp,random-places", "--seed", "3", "--out", home.url(folder).path,
        ] + more
      }
      let whole = try Program.run(
        arguments("whole", "--jobs", "1", "--no-sessions"), in: home, seconds: 120)
      #expect(whole.code == 0, "\(whole.standardError)")
      let running = try Running(Checkout.binary, arguments("cut", "--jobs", "2"), in: home)
      #expect(holds { ((try? rows(home, "cut").count) ?? 0) > 10 }, "\(running.errorsSoFar)")
      running.send(SIGKILL)
      #expect(try running.end().code == 137)
      let rest = try Program.run(arguments("cut", "--jobs", "2"), in: home, seconds: 120)
      #expect(rest.code == 0, "\(rest.standardError)")
      #expect(try rows(home, "cut") == rows(home, "whole"))
      #expect(try rows(home, "cut").count == 48)
      // Places at random are as many as srgen's own.
      let random = try rows(home, "whole").filter { $0.key.hasSuffix("random-places") }
      #expect(random.count == 12)
      let report = try Program.run(["run", "--report", home.url("cut").path], in: home)
      #expect(report.output.contains("random-places"))
      let session = try #require(home.sessions.last)
      let list = try Program.run(["reflect", session], in: home)
      #expect(list.code == 0 && !list.output.isEmpty)
      let sweep = try Program.run(
        ["reflect", "--what-if"] + home.sessions.prefix(4) + ["--k", "1:5:0.5"], in: home)
      #expect(sweep.code == 0, "\(sweep.standardError)")
      #expect(sweep.output.contains("triggers") && sweep.output.contains("Nobody judged"))
    }

    @Test func `thresholds are proposed and put into a profile`() throws {
      let home = try Household()
      let profile = home.url("p.toml").path
      let arguments = [
        "models", "calibrate", "--problems", problems, "--limit", "12", "--share", "0.03",
      ]
      let text = try Program.run(arguments + ["--write", profile], in: home, seconds: 60)
      #expect(text.code == 0, "\(text.standardError)")
      #expect(text.output.contains("proposed") && text.output.contains("published"))
      #expect(try String(contentsOfFile: profile, encoding: .utf8).contains("[reflection]"))
      let json = try Program.run(arguments + ["--json"], in: home, seconds: 60)
      let survey = try #require(lines(json.standardOutput).first)
      #expect(survey["isExact"] as? Bool == true && survey["responses"] as? Int == 12)
      for (more, code) in [(["--share", "2"], Int32(2)), (["--write", "/proc/p.toml"], 2)] {
        #expect(try Program.run(arguments + more, in: home).code == code)
      }
    }

    @Test func `a problem is solved with a method, rule and numbers of one's own`() throws {
      let home = try Household()
      let run = try Program.run(
        [
          "solve", Stories.marbles, "--headless", "--reflect", "srgen", "--rule", "fixed", "--set",
          "entropy=0", "--set", "reflections=2", "--seed", "1",
        ], in: home)
      #expect(run.code == 0, "\(run.standardError)")
      #expect(run.output.contains("reflects by SRGen"), "\(run.output)")
      let events = try home.journal()
      #expect(events.ofKind("reflectionTriggered").count == 2)
      let tally = events.ofKind("attemptFinished").first?["reflection"] as? [String: Any]
      #expect(tally?["isExhausted"] as? Bool == true, "\(String(describing: tally))")
    }
  }

  /// Sessions and models that have nothing to sweep or to calibrate.
  @Suite struct NothingMeasured {
    @Test func `without log-probabilities there is one sentence`() throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let solver = server.model("plain")
      #expect(
        try Program.run(["solve", Stories.marbles, "--json", "--solver", solver], in: home).code
          == 0)
      let session = try #require(home.sessions.last)
      let sweep = try Program.run(["reflect", "--what-if", session, "--k", "1:5"], in: home)
      #expect(sweep.code == 2 && sweep.standardOutput.isEmpty)
      #expect(sweep.standardError.contains("has no entropies"), "\(sweep.standardError)")
      let list = try Program.run(["reflect", session], in: home)
      #expect(list.code == 0 && list.output.contains("nothing was reflected on"))
      let set = try home.write("{\"problem\":\"1 + 1?\"}", to: "s.jsonl").path
      let calibration = try Program.run(
        ["models", "calibrate", solver, "--problems", set], in: home)
      #expect(calibration.code == 1, "\(calibration.standardError)")
      #expect(calibration.standardError.contains("sends no log-probabilities"))
      for arguments in [
        ["reflect", "no-such-session"], ["reflect", "--what-if", session, "--k", "5:1"],
        ["reflect", "--what-if", session],
      ] {
        #expect(try Program.run(arguments, in: home).code == 2)
      }
    }
  }
}
