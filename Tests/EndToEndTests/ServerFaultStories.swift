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
    Fault(name: "fault-close", code: 1, says: "cut off", keeps: "Hello"),
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
    @Test(arguments: Fault.all)
    func `a server's fault costs one sentence and nothing that had come`(fault: Fault) throws {
      let (server, home) = (try FaultServer(), try Household())
      defer { server.stop() }
      let path = fault.isIllAtOnce ? "/\(fault.name)/v1" : "/v1"
      try home.configure(
        """
        [models.ill]
        endpoint = "\(server.endpoint)\(path)"
        model = "\(fault.name)"
        first_byte_timeout = 1
        idle_timeout = 1
        """)
      let run = try Program.run(
        [
          "solve", Stories.marbles, "--headless", "--solver", "ill", "--max-tokens", "200",
        ], in: home, seconds: 60)
      #expect(!run.isStuck, "\(fault.testDescription) hung")
      #expect(run.code == fault.code, "\(run.standardError)")
      if let says = fault.says {
        let complaint = run.complaints.last ?? ""
        #expect(run.complaints.count == 1, "\(run.standardError)")
        #expect(complaint.hasPrefix("erratum: ") && complaint.contains(says), "\(complaint)")
        // What to do next comes last: after a colon or a semicolon.
        #expect(complaint.contains(/[:;] [^:;]+\.$/), "\(complaint)")
      } else {
        #expect(!run.standardError.contains("rror"), "\(run.standardError)")
      }
      #expect(!run.standardOutput.contains(0x1B) && !run.standardError.utf8.contains(0x1B))
      try keep(fault, in: home)
    }

    private func keep(_ fault: Fault, in home: Household) throws {
      let session = try #require(home.sessions.last)
      let replay = try Program.run(["replay", session, "--json"], in: home)
      #expect(replay.code == 0, "\(replay.standardError)")
      let events = lines(replay.standardOutput)
      guard let keeps = fault.keeps else { return }
      let text = events.tokenText
      #expect(text.contains(keeps), "\(text.prefix(200))")
      #expect(!events.ofKind("attemptFinished").isEmpty)
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
