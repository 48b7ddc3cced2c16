import ArgumentParser
import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

private func command(_ arguments: String...) throws -> AdjudicateCommand {
  try #require(
    try AdjudicateCommand.parseAsRoot(arguments) as? AdjudicateCommand)
}

@Suite struct AdjudicateTests {
  private func disputes(
    _ desk: LabelDesk, of names: String? = "ada,bob", isFinal: Bool = false
  ) throws -> Disputes {
    try Disputes(try desk.find("marbles"), of: names, isFinal: isFinal)
  }

  private func sentence(_ desk: LabelDesk, of names: String? = nil) -> String {
    do {
      return try disputes(desk, of: names).nothingToSettle ?? "there is something to settle"
    } catch {
      return Failure.sentence(for: error)
    }
  }

  /// Ada and Bob differ on the first two steps of the second chain, and agree on the first chain.
  private func differing() async throws -> LabelDesk {
    let desk = try LabelDesk()
    let groups = try desk.find("marbles").groups
    let (first, second) = (groups[0].attempts[0], groups[0].attempts[1])
    for name in ["ada", "bob"] {
      let file = try AnnotationFile.open(
        groups[0].folder, annotator: name, program: "1", wall: 1)
      var events: [Event] = []
      let isAda = name == "ada"
      for (attempt, verdicts) in [
        (first, [Verdict.correct, .correct, .correct]),
        (second, isAda ? [.correct, .neutral, .correct] : [.incorrect, .correct, .correct]),
      ] {
        for (step, verdict) in zip(attempt.steps, verdicts) {
          var label = Label(verdict)
          if verdict == .incorrect { label.errorType = "units" }
          events.append(
            .labelled(
              Labelled(
                step: StepID(attempt: attempt.id, index: step.index),
                digest: attempt.digest(upTo: step), annotator: name, wall: 2, label: label)))
        }
      }
      _ = await file.append(events)
      _ = await file.close()
    }
    return desk
  }

  @Test func `the steps that those named differ on are listed, others' labels aside`() async throws
  {
    let desk = try await differing()
    let found = try disputes(desk)
    #expect(found.names == ["ada", "bob"])
    #expect(found.chains.map(\.weighing.disputed) == [[0, 1]])
    #expect(found.common.steps == 6 && found.common.chains == 2)
    #expect(found.queue.items.map(\.disputes) == [2])
    let lines = found.report.lines
    #expect(lines[0] == "marbles: 2 disputes in 1 chain, 0 settled, 2 left")
    #expect(lines[1].hasSuffix("step 1: ada correct; bob incorrect, units; open"))
    #expect(lines.count == 3)
  }

  @Test func `as JSON each dispute has its session, attempt, step and labels`() async throws {
    let desk = try await differing()
    let found = try disputes(desk)
    let json = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(found.report))
        as? [String: Any])
    let steps = try #require(json["disputes"] as? [[String: Any]])
    #expect(steps.map { $0["step"] as? Int } == [0, 1])
    #expect(steps[0]["session"] as? String == found.chains[0].folder.id)
    #expect(steps[0]["attempt"] as? String == found.chains[0].attempt.id.description)
    let labels = try #require(steps[0]["labels"] as? [[String: Any]])
    #expect(labels.map { $0["annotator"] as? String } == ["ada", "bob"])
    #expect(labels.map { $0["verdict"] as? String } == ["correct", "incorrect"])
    #expect(labels[1]["errorType"] as? String == "units")
  }

  @Test func `imported ratings take a side when they are named`() async throws {
    let desk = try LabelDesk()
    let group = try desk.find("marbles").groups[0]
    try await desk.label(group.attempts[0], in: group.folder, as: "ada")
    try FileManager.default.moveItem(
      atPath: group.folder.annotations.path + "/gold.jsonl",
      toPath: group.folder.annotations.path + "/prmbench.jsonl")
    let path = group.folder.annotations.path + "/prmbench.jsonl"
    var text = try String(contentsOfFile: path, encoding: .utf8)
    text.replace("\"annotator\":\"gold\"", with: "\"annotator\":\"prmbench\"")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try disputes(desk, of: "ada,prmbench").chains.map(\.weighing.disputed) == [[1, 2]])
    let id = group.folder.id
    let alone = try NamedChains.find(id, in: desk.library)
    #expect(throws: AnnotateError.nobodyToSettle(title: alone.title, names: ["ada"])) {
      try Disputes(alone, of: nil, isFinal: false)
    }
  }

  @Test func `a settled chain is done, and its decisions are told with it`() async throws {
    let desk = try await differing()
    let chain = try disputes(desk).chains[0]
    try await desk.label(chain.attempt, in: chain.folder, as: "consensus", steps: 1)
    #expect(try disputes(desk).report.lines[0].hasSuffix("1 settled, 1 left"))
    #expect(try disputes(desk).queue.items.map(\.settled) == [1])
    try await desk.label(chain.attempt, in: chain.folder, as: "consensus")
    let found = try disputes(desk)
    #expect(found.report.left == 0)
    #expect(found.report.lines[1].hasSuffix("; consensus correct"))
    #expect(found.queue.items.map(\.isDone) == [true])
  }

  @Test func `chains that nobody differs on go into the consensus, once`() async throws {
    let desk = try await differing()
    let found = try disputes(desk)
    #expect(found.agreed.count == 1)
    try found.takeAgreed(program: "1", wall: 3)
    let book = try #require(
      try desk.find("marbles").groups[0].books.first { $0.annotator == "consensus" })
    #expect(book.entries.count == 3)
    let sources = book.entries.values.map { $0.current.sources?.map(\.annotator) }
    #expect(sources.allSatisfy { $0 == ["ada", "bob"] })
    #expect(try disputes(desk).agreed.isEmpty)
    #expect(try disputes(desk).report.left == 2)
    // Somebody who differs now was not heard when that was written.
    let folder = found.agreed[0].folder
    try await desk.label(found.agreed[0].attempt, in: folder, as: "eve", verdict: .neutral)
    let later = try disputes(desk, of: "ada,bob,eve")
    #expect(later.chains.first { $0.attempt.id == found.agreed[0].attempt.id }?.open == [0, 1, 2])
  }

  @Test func `labels on other text are not weighed, and that is said`() async throws {
    let desk = try await differing()
    let chain = try disputes(desk).chains[0]
    let path = chain.folder.annotations.path + "/ada.jsonl"
    var text = try String(contentsOfFile: path, encoding: .utf8)
    text.replace(
      "\"digest\":\"\(chain.attempt.digest(upTo: chain.attempt.steps[0]))\"",
      with: "\"digest\":\"other\"")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let found = try disputes(desk)
    #expect(found.chains.map(\.weighing.disputed) == [[1]])
    #expect(found.report.orphans == 1)
    #expect(
      found.orphanWarning?.hasPrefix("1 label stands on text that is no longer there") == true)
  }

  @Test func `where nobody differs one sentence says so`() async throws {
    let desk = try LabelDesk()
    let group = try desk.find("marbles").groups[0]
    try await desk.label(group.attempts[0], in: group.folder, as: "ada")
    try await desk.label(group.attempts[1], in: group.folder, as: "bob")
    #expect(
      sentence(desk, of: "ada,bob")
        == "ada and bob rated no step of marbles in common; there is nothing to settle.")
    try await desk.label(group.attempts[0], in: group.folder, as: "bob", steps: 2)
    #expect(
      sentence(desk, of: "ada, bob")
        == "ada and bob agree on all they rated in common in marbles (2 steps of 1 chain); there is "
        + "nothing to settle.")
  }

  @Test func `one annotator, an unknown name, one name and the consensus are refused`()
    async throws
  {
    let desk = try LabelDesk()
    #expect(sentence(desk).hasPrefix("Only gold has labelled marbles, so nobody differs; "))
    let group = try desk.find("marbles").groups[0]
    try await desk.label(group.attempts[0], in: group.folder, as: "adam")
    try await desk.label(group.attempts[0], in: group.folder, as: "consensus")
    #expect(sentence(desk, of: "adam,golt").hasSuffix("did you mean \"gold\"?"))
    #expect(sentence(desk, of: "adam").hasPrefix("--of takes two names or more"))
    #expect(sentence(desk, of: ",").hasPrefix("--of takes two names or more"))
    #expect(sentence(desk, of: "adam,consensus").hasSuffix("leave it out of --of."))
  }

  @Test func `only one settles a session at a time`() async throws {
    let desk = try await differing()
    let folder = try disputes(desk).chains[0].folder
    let file = try AnnotationFile.open(folder, annotator: "consensus", program: "1", wall: 1)
    #expect(throws: JournalError.self) {
      try AnnotationFile.checkIsFree(folder, annotator: "consensus")
    }
    _ = await file.close()
    try AnnotationFile.checkIsFree(folder, annotator: "consensus")
  }

  @Test func `the options are those of the command line`() throws {
    let all = try command("marbles", "--of", "ada,bob", "--final", "--taxonomy", "steps", "--json")
    #expect(all.people == "ada,bob" && all.final && all.json && !all.status)
    #expect(all.texts.taxonomy == "steps")
    #expect(throws: (any Error).self) { try command() }
  }
}
