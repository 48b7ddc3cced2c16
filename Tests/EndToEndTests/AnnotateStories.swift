import Foundation
import Testing

extension Stories {
  /// Labelling, as far as it goes without a screen.
  @Suite struct Annotate {
    private func write(_ home: Household, steps: [String]) throws -> String {
      let record: [String: Any] = [
        "prompt": "How many are 2 and 3?", "completions": steps,
        "labels": steps.map { _ in true },
      ]
      let line = try JSONSerialization.data(withJSONObject: record)
      return try home.write(String(decoding: line, as: UTF8.self) + "\n", to: "sums.jsonl").path
    }

    @Test func `a data file becomes a set, and its status is told in words and as JSON`() throws {
      let home = try Household()
      let file = try write(home, steps: ["2 and 3 are 5.", "# Answer\n\n5"])
      let first = try Program.run(["annotate", file, "--status"], in: home)
      #expect(first.code == 0, "\(first.standardError)")
      #expect(first.output.hasPrefix("sums: 1 chain, 2 steps\n  ada "), "\(first.output)")
      let again = try Program.run(["annotate", "sums", "--status", "--json"], in: home)
      #expect(again.code == 0, "\(again.standardError)")
      let status = try #require(lines(again.standardOutput).first)
      #expect(status["chains"] as? Int == 1)
      #expect(again.complaints == [])
    }

    @Test func `what cannot be labelled is refused in one sentence, with exit code 2`() throws {
      let home = try Household()
      let file = try write(home, steps: ["2 and 3 are 5."])
      #expect(try Program.run(["annotate", file, "--status"], in: home).code == 0)
      for (arguments, words) in [
        (["sums"], "Labelling needs a terminal"),
        (["smus", "--status"], "did you mean \"sums\"?"),
        (["sums", "--status", "--as", "a/b"], "cannot name an annotator"),
        (["sums", "--status", "--gold", "nobody"], "Nobody named \"nobody\""),
        (["sums", "--status", "--part", "3/2"], "--part takes one share"),
        (["sums", "--status", "--taxonomy", "none"], "there is no such taxonomy"),
      ] {
        let run = try Program.run(["annotate"] + arguments, in: home)
        #expect(run.code == 2, "\(arguments)")
        #expect(run.output.isEmpty)
        #expect(run.standardError.contains(words), "\(run.standardError)")
        #expect(run.standardError.split(separator: "\n").count == 1, "\(run.standardError)")
      }
    }

    @Test func `what nobody differs on goes into the consensus, a dispute waits for a terminal`()
      throws
    {
      let home = try Household()
      for (name, ratings) in [("ada", "[1,1]"), ("bob", "[1,1]"), ("eve", "[1,-1]")] {
        let record = "{\"q\":\"2 and 3?\",\"s\":[\"It is 5.\",\"5\"],\"r\":\(ratings)}\n"
        let file = try home.write(record, to: "\(name).jsonl").path
        let run = try Program.run(
          [
            "import", file, "--format", "jsonl", "--fields", "problem=q,steps=s,ratings=r", "--as",
            name, "--into", "sums",
          ], in: home)
        #expect(run.code == 0, "\(run.standardError)")
      }
      let agreed = try Program.run(["adjudicate", "sums", "--of", "ada,bob"], in: home)
      #expect(agreed.code == 0, "\(agreed.standardError)")
      #expect(agreed.output.contains("went into the consensus"), "\(agreed.output)")
      #expect(agreed.output.contains("there is nothing to settle."), "\(agreed.output)")
      let listed = try Program.run(["adjudicate", "sums", "--status"], in: home)
      #expect(listed.code == 0)
      #expect(listed.output.hasPrefix("sums: 1 dispute in 1 chain, 0 settled, 1 left\n"))
      let all = try Program.run(["adjudicate", "sums", "--json"], in: home)
      #expect(try #require(lines(all.standardOutput).first)["left"] as? Int == 1)
      let refused = try Program.run(["adjudicate", "sums"], in: home)
      #expect(refused.code == 2)
      #expect(refused.standardError.contains("Settling needs a terminal"))
      let unknown = try Program.run(["adjudicate", "sums", "--of", "ada,bbo"], in: home)
      #expect(unknown.code == 2)
      #expect(unknown.standardError.contains("did you mean \"bob\"?"))
    }
  }
}
