import FaultServer
import Foundation
import Testing

/// What a server does wrong, and what is to come of it.
struct Fault: Sendable, CustomTestStringConvertible {
  /// The model that plays it.
  var name: String
  var code: Int32
  /// Part of the sentence on standard error; `nil` when there is nothing to complain about.
  var says: String?
  /// Text that came before things went wrong, or in spite of it, and must be kept.
  var keeps: String?
  /// The server is ill from the first call on, not only when it is to answer.
  var isIllAtOnce = false

  var testDescription: String { isIllAtOnce ? "\(name) at once" : name }

  static let all: [Fault] = [
    Fault(name: "fault-401", code: 1, says: "refused the key"),
    Fault(name: "fault-401", code: 1, says: "refused the key", isIllAtOnce: true),
    Fault(name: "fault-404", code: 1, says: "does not have the model"),
    Fault(name: "fault-429", code: 1, says: "limits the rate"),
    Fault(name: "fault-429-retry-after", code: 0, keeps: "Answer: 27"),
    Fault(name: "fault-500-once", code: 0, keeps: "Answer: 27"),
    Fault(name: "fault-503", code: 1, says: "still loading"),
    Fault(name: "fault-400-logprobs", code: 0, keeps: "Answer: 27"),
    Fault(name: "fault-context", code: 1, says: "shorten the problem"),
    Fault(name: "fault-500-midstream", code: 1, says: "out of memory", keeps: "Hello"),
    Fault(name: "fault-cut", code: 1, says: "was lost", keeps: "Hello"),
    Fault(name: "fault-close", code: 1, says: "without saying", keeps: "Hello"),
    Fault(name: "fault-stall", code: 1, says: "sent nothing for", keeps: "Hello"),
    Fault(name: "fault-silence", code: 1, says: "sent nothing for"),
    Fault(name: "fault-endless", code: 0, keeps: " and on and on"),
    Fault(name: "fault-1mb-event", code: 0, keeps: "marbles marbles"),
    Fault(name: "fault-10mb", code: 1, says: "not a model's answer"),
    Fault(name: "fault-invalid-utf8", code: 0, keeps: "o"),
    Fault(name: "fault-nul", code: 0, keeps: "o"),
    Fault(name: "fault-cr-only", code: 0, keeps: "Hello"),
    Fault(name: "fault-cut-json", code: 0, keeps: "Hello"),
    Fault(name: "fault-logprobs-null", code: 0, keeps: "Answer: 26"),
    Fault(name: "fault-floor", code: 0, keeps: "A"),
    Fault(name: "fault-mismatch", code: 0, keeps: "One two three"),
    Fault(name: "fault-html", code: 1, says: "web page"),
    Fault(name: "fault-html", code: 1, says: "web page", isIllAtOnce: true),
    Fault(name: "fault-html-502", code: 1, says: "502", isIllAtOnce: true),
    Fault(name: "fault-empty", code: 1, says: "nothing"),
    Fault(name: "fault-error-200", code: 1, says: "the model crashed"),
    Fault(name: "fault-escapes", code: 0, keeps: "Answer: 26"),
    Fault(name: "fault-thinking", code: 0, keeps: "Answer: 26"),
  ]
}

extension Stories {
  /// Every way a server has to be wrong: one sentence, the right exit code, nothing lost.
  @Suite struct ServerFaults {
    /// All at once: most of them are a wait for the next try.
    @Test func `a server's fault costs one sentence and nothing that had come`() throws {
      let server = try FaultServer()
      defer { server.stop() }
      let outcomes = try inParallel(Fault.all) { try Outcome(of: $0, on: server) }
      for outcome in outcomes { try check(outcome) }
    }

    private struct Outcome {
      var fault: Fault
      var run: Program
      var replay: Program?

      init(of fault: Fault, on server: FaultServer) throws {
        let home = try Household()
        let path = fault.isIllAtOnce ? "/\(fault.name)/v1" : "/v1"
        try home.configure(
          """
          [models.ill]
          endpoint = "\(server.endpoint)\(path)"
          model = "\(fault.name)"
          first_byte_timeout = 2
          idle_timeout = 2
          """)
        self.fault = fault
        run = try Program.run(
          [
            "solve", Stories.marbles, "--headless", "--solver", "ill",
            "--max-tokens", "200",
          ], in: home, seconds: 90)
        replay = try home.sessions.last.map {
          try Program.run(["replay", $0, "--json"], in: home)
        }
      }
    }

    private func check(_ outcome: Outcome) throws {
      let (fault, run) = (outcome.fault, outcome.run)
      let name = fault.testDescription
      #expect(!run.isStuck, "\(name) hung")
      #expect(run.code == fault.code, "\(name): \(run.standardError)")
      if let says = fault.says {
        let complaint = run.complaints.last ?? ""
        #expect(run.complaints.count == 1, "\(name): \(run.standardError)")
        #expect(
          complaint.hasPrefix("erratum: ") && complaint.contains(says), "\(name): \(complaint)")
        // What to do next comes last: after a colon or a semicolon.
        #expect(complaint.contains(/[:;] [^:;]+\.$/), "\(name): \(complaint)")
      } else {
        #expect(!run.standardError.contains("rror"), "\(name): \(run.standardError)")
      }
      #expect(!run.standardOutput.contains(0x1B) && !run.standardError.utf8.contains(0x1B))
      let replay = try #require(outcome.replay, "\(name) left no session")
      #expect(replay.code == 0, "\(name): \(replay.standardError)")
      guard let keeps = fault.keeps else { return }
      let events = lines(replay.standardOutput)
      #expect(events.tokenText.contains(keeps), "\(name): \(events.tokenText.prefix(200))")
      #expect(!events.ofKind("attemptFinished").isEmpty, "\(name)")
    }

    @Test func `no server, a wrong address and a wrong port each get their sentence`() throws {
      let home = try Household()
      let server = try FaultServer()
      let port = server.port
      server.stop()
      for (solver, says) in [
        ("http://127.0.0.1:\(port)/v1#chat", "start the server or correct the address"),
        ("http://nowhere.invalid/v1#chat", "correct the address"),
        ("ftp://127.0.0.1/v1", "http://host:port/v1"),
        ("http://", "http://host:port/v1"), ("no-such-profile", "no profile has that name"),
      ] {
        let run = try Program.run(["solve", "2 + 2", "--json", "--solver", solver], in: home)
        #expect(run.code == 1 || run.code == 2, "\(solver): \(run.standardError)")
        #expect(run.complaints.count == 1, "\(solver): \(run.standardError)")
        #expect(run.standardError.contains(says), "\(solver): \(run.standardError)")
      }
    }
  }
}
