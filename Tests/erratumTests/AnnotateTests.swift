import ArgumentParser
import Engine
import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

/// A library of ten imported chains, two for each of five problems, rated by `gold`.
final class LabelDesk {
  let folder: String
  let library: Library
  let file: String

  init(steps: Int = 3) throws {
    folder =
      FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID().uuidString)").path
    library = Library(root: URL(filePath: folder + "/library", directoryHint: .isDirectory))
    file = folder + "/marbles.jsonl"
    try FileManager.default.createDirectory(
      atPath: library.root.path, withIntermediateDirectories: true)
    var lines = ""
    for index in 0..<10 {
      let steps = (0..<steps).map { "\"Step \($0) of \(index).\"" }.joined(separator: ",")
      let ratings = index < 4 ? ",\"r\":[1,-1,0]" : ""
      lines +=
        "{\"id\":\"m-\(index)\",\"q\":\"Problem \(index / 2) of five?\",\"s\":[\(steps)]\(ratings)}\n"
    }
    try lines.write(toFile: file, atomically: true, encoding: .utf8)
    _ = try ImportJob(
      options: .init(
        format: .jsonl, fields: try FieldMap("problem=q,steps=s,id=id,ratings=r"), isStrict: true),
      settings: .init(library: library.root, program: "1", wall: 1_795_271_130, annotator: "gold")
    ).run([file])
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func find(_ name: String) throws -> NamedChains { try NamedChains.find(name, in: library) }

  func sentence(_ name: String) -> String {
    do {
      _ = try find(name)
      return "it was found"
    } catch {
      return Failure.sentence(for: error)
    }
  }

  /// Rates the first `count` steps of a chain, four seconds each.
  func label(
    _ attempt: Attempt, in folder: SessionFolder, as name: String, steps count: Int = 3,
    verdict: Verdict = .correct
  ) async throws {
    try await Self.label(attempt, in: folder, as: name, steps: count, verdict: verdict)
  }

  static func label(
    _ attempt: Attempt, in folder: SessionFolder, as name: String, steps count: Int = 3,
    verdict: Verdict = .correct
  ) async throws {
    let file = try AnnotationFile.open(folder, annotator: name, program: "1", wall: 1)
    let events = attempt.steps.prefix(count).map { step in
      Event.labelled(
        Labelled(
          step: StepID(attempt: attempt.id, index: step.index),
          digest: attempt.digest(upTo: step), annotator: name, wall: 2, seconds: 4,
          label: Label(verdict)))
    }
    _ = await file.append(events)
    _ = await file.close()
  }

  /// Names and bytes of everything in the library.
  func picture() throws -> [String: Data] {
    let root = library.root.path
    let names = try FileManager.default.subpathsOfDirectory(atPath: root)
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        FileManager.default.contents(atPath: "\(root)/\(name)").map { (name, $0) }
      })
  }
}

private func command(_ arguments: [String]) throws -> AnnotateCommand {
  try #require(try AnnotateCommand.parseAsRoot(arguments) as? AnnotateCommand)
}

@Suite struct AnnotateTests {
  // MARK: What is named

  @Test func `chains are found by file name, with its ending or without, in the file's order`()
    throws
  {
    let desk = try LabelDesk()
    for name in ["marbles", "marbles.jsonl"] {
      let found = try desk.find(name)
      #expect(found.title == "marbles")
      #expect(found.attempts.map(\.imported?.id) == (0..<10).map { "m-\($0)" })
    }
  }

  @Test func `chains are found by session, by the beginning of one, by path and by folder`() throws
  {
    let desk = try LabelDesk()
    let id = try #require(try desk.find("marbles").groups.first).folder.id
    for name in [id, String(id.dropLast(3)), desk.library.root.path + "/" + id] {
      #expect(try desk.find(name).attempts.map(\.imported?.id) == ["m-0", "m-1"])
    }
    let folder = try desk.find(desk.library.root.path)
    #expect(folder.attempts.count == 10)
    #expect(folder.home == desk.library.root.path)
  }

  @Test func `a file's chains are its own, whatever else lies in their sessions`() throws {
    let desk = try LabelDesk()
    let chains = try desk.find("marbles").groups.suffix(2).flatMap { group in
      group.attempts.map { (session: group.folder.id, attempt: $0.id) }
    }
    let named = try NamedChains.imported(
      [chains[3], chains[0], chains[3]], from: desk.file, in: desk.library)
    #expect(named.attempts.map(\.id) == [chains[3].attempt, chains[0].attempt])
    #expect(named.home == desk.folder)
  }

  @Test func `a name that is nothing is told with a near one, or with the sets there are`() throws {
    let desk = try LabelDesk()
    #expect(
      desk.sentence("marbels")
        == "There is no session, set, folder or file \"marbels\"; did you mean \"marbles\"?")
    #expect(desk.sentence("quite-another").hasSuffix("the sets are: marbles."))
    #expect(desk.sentence("").hasSuffix("the sets are: marbles."))
    #expect(desk.sentence(desk.folder + "/none").hasPrefix("No session named"))
    #expect(desk.sentence(desk.folder).hasPrefix("There are no sessions in"))
    let long = String(repeating: "x", count: 300)
    #expect(desk.sentence(long).utf8.count < 250)
    #expect(!desk.sentence("a\u{1B}[31m").contains("\u{1B}"))
  }

  @Test func `chains without steps are counted and not among those to label`() throws {
    let desk = try LabelDesk()
    let created = try desk.library.create(
      problem: Problem(id: "empty", text: "Nothing?", source: "typed"), program: "1", wall: 1)
    let named = try desk.find(created.folder.id)
    #expect(named.groups.isEmpty && named.stepless == 0)
    #expect(
      AnnotateError.noSteps(title: "empty", chains: 2).sentence
        == "None of the 2 chains of empty has steps, so there is nothing to label; name another, or "
        + "import with steps.")
  }

  @Test func `looking at chains leaves no trace, labels and all`() async throws {
    let desk = try LabelDesk()
    let group = try #require(try desk.find("marbles").groups.first)
    try await desk.label(group.attempts[0], in: group.folder, as: "ada")
    let before = try desk.picture()
    let named = try desk.find("marbles")
    _ = named.candidates(for: "ada", gold: "gold", signal: .standard)
    try AnnotationFile.checkIsFree(group.folder, annotator: "ada")
    try AnnotationFile.checkIsFree(group.folder, annotator: "nobody")
    #expect(try desk.picture() == before)
  }

  @Test func `a data file is told from a session's files and from folders`() throws {
    let desk = try LabelDesk()
    let group = try #require(try desk.find("marbles").groups.first)
    #expect(AnnotateCommand.isDataFile(desk.file))
    #expect(!AnnotateCommand.isDataFile(group.folder.journal.path))
    #expect(!AnnotateCommand.isDataFile(group.folder.annotations.path + "/gold.jsonl"))
    #expect(!AnnotateCommand.isDataFile(desk.folder))
    #expect(!AnnotateCommand.isDataFile("marbles"))
  }

  @Test func `sessions that ship are copied once, and labelled in the copy`() async throws {
    let desk = try LabelDesk()
    let library = Library(
      root: URL(filePath: desk.folder + "/own", directoryHint: .isDirectory),
      examples: [desk.library.root])
    let before = try desk.picture()
    for name in [desk.library.root.path, try desk.find("marbles").groups[0].folder.url.path] {
      var named = try NamedChains.find(name, in: library)
      let isFirst = name == desk.library.root.path
      #expect(try named.copyExamples(into: library).count == (isFirst ? 5 : 0))
      #expect(named.groups.allSatisfy { !$0.folder.isExample })
      #expect(named.annotators == (isFirst ? ["gold"] : ["ada", "gold"]))
      if isFirst {
        let group = try #require(named.groups.first { $0.attempts[0].imported?.id == "m-0" })
        try await desk.label(group.attempts[0], in: group.folder, as: "ada")
      }
    }
    #expect(try desk.picture() == before)
  }

  @Test func `a label file cut short, edited by hand or of another is told, the rest counts`()
    async throws
  {
    let desk = try LabelDesk()
    let group = try #require(try desk.find("marbles").groups.first)
    try await desk.label(group.attempts[0], in: group.folder, as: "ada")
    let folder = group.folder.annotations.path
    var text = try String(contentsOfFile: folder + "/ada.jsonl", encoding: .utf8)
    try text.write(toFile: folder + "/bob.jsonl", atomically: true, encoding: .utf8)
    text.replace("\"step\":2", with: "\"step\":-2")
    text += "{\"n\":9,\"t\":1,\"kind\":\"label"
    try text.write(toFile: folder + "/ada.jsonl", atomically: true, encoding: .utf8)
    try "not ours\n".write(toFile: folder + "/carol.jsonl", atomically: true, encoding: .utf8)
    let named = try desk.find("marbles")
    #expect(named.annotators == ["ada", "gold"])
    #expect(named.damage.count == 3, "\(named.damage)")
    let chain = named.candidates(for: "ada", gold: nil, signal: .standard)[0]
    #expect(chain.progress.rated == 2 && chain.progress.steps == 3)
  }

  @Test(arguments: [(1, 10), (5000, 10), (3, 50_000)])
  func `a chain of one step, of thousands, and of long ones is counted like others`(
    steps: Int, size: Int
  ) throws {
    let desk = try LabelDesk()
    let step = String(repeating: "x", count: size)
    let list = (0..<steps).map { "\"\($0) \(step)\"" }.joined(separator: ",")
    let file = desk.folder + "/long.jsonl"
    try "{\"q\":\"Long?\",\"s\":[\(list)]}\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    _ = try ImportJob(
      options: .init(format: .jsonl, fields: try FieldMap("problem=q,steps=s"), isStrict: true),
      settings: .init(library: desk.library.root, program: "1", wall: 1)
    ).run([file])
    let status = AnnotationStatus(
      try desk.find("long"), plan: QueuePlan(), me: "ada", signal: .standard, gold: nil)
    #expect(status.steps == steps && status.chains == 1)
  }

  // MARK: What a queue goes by

  @Test func `gold, progress and disagreement come from the labels of those concerned`()
    async throws
  {
    let desk = try LabelDesk()
    let groups = try desk.find("marbles").groups
    let first = groups[0]
    try await desk.label(first.attempts[0], in: first.folder, as: "ada", steps: 2)
    try await desk.label(first.attempts[0], in: first.folder, as: "bob", verdict: .incorrect)
    try await desk.label(first.attempts[0], in: first.folder, as: "consensus", verdict: .neutral)
    let named = try desk.find("marbles")
    func chain(_ name: String, gold: String?) -> LabelCandidate {
      named.candidates(for: name, gold: gold, signal: .standard)[0]
    }
    let mine = chain("ada", gold: "gold")
    #expect(mine.progress.rated == 2 && mine.progress.isBegun)
    #expect(mine.hasGold && mine.disagreements == 0)
    #expect(chain("carol", gold: "gold").disagreements == 2)
    #expect(chain("carol", gold: nil).disagreements == 3)
    #expect(!chain("carol", gold: nil).hasGold)
    let all = named.candidates(for: "ada", gold: "gold", signal: .standard)
    #expect(all.map(\.hasGold) == (0..<10).map { $0 < 4 })
    #expect(all.allSatisfy { $0.uncertainty == nil })
    #expect(named.annotators == ["ada", "bob", "consensus", "gold"])
  }

  @Test func `a right answer by a wrong road conflicts, and so does the reverse`() {
    func conflict(_ isRight: Bool?, bars: [Int: Double]) -> Double {
      NamedChains.conflict(isRight: isRight, critique: nil, bars: bars)
    }
    #expect(conflict(nil, bars: [0: 0.1]) == 0)
    #expect(conflict(true, bars: [:]) == 0)
    #expect(conflict(true, bars: [0: 0.9, 1: 0.25]) == 0.75)
    #expect(conflict(false, bars: [0: 0.9, 1: 0.75]) == 0.75)
  }

  // MARK: Status and summary

  @Test func `the status tells how far everybody is, in words and as JSON`() async throws {
    let desk = try LabelDesk()
    let groups = try desk.find("marbles").groups
    try await desk.label(groups[0].attempts[0], in: groups[0].folder, as: "ada")
    try await desk.label(groups[1].attempts[0], in: groups[1].folder, as: "ada", steps: 1)
    var plan = QueuePlan()
    plan.asksAboutChain = false
    let status = AnnotationStatus(
      try desk.find("marbles"), plan: plan, me: "bob", signal: .standard, gold: nil)
    #expect(
      status.lines == [
        "marbles: 10 chains, 30 steps",
        "  ada   1 of 10 done, 1 begun, 4 steps rated, 4.0 s a step",
        "  bob   0 of 10 done, 0 begun, 0 steps rated",
        "  gold  4 of 10 done, 0 begun, 12 steps rated",
      ])
    let json = String(decoding: try JSONEncoder().encode(status.annotators[0]), as: UTF8.self)
    for part in ["\"name\":\"ada\"", "\"done\":1", "\"secondsPerStep\":4", "\"chains\":10"] {
      #expect(json.contains(part), "\(json)")
    }
  }

  @Test func `another's part is the one that what they labelled falls into`() async throws {
    let desk = try LabelDesk()
    let named = try desk.find("marbles")
    var plan = QueuePlan()
    plan.part = .init(number: 1, count: 2)
    let candidates = named.candidates(for: "ada", gold: nil, signal: .standard)
    for (group, attempt) in named.groups.flatMap({ group in group.attempts.map { (group, $0) } }) {
      let chain = try #require(candidates.first { $0.attempt == attempt.id })
      guard plan.owner(of: chain, among: 2) == 2 else { continue }
      try await desk.label(attempt, in: group.folder, as: "ada", steps: 1)
    }
    let status = AnnotationStatus(
      try desk.find("marbles"), plan: plan, me: "bob", signal: .standard, gold: nil)
    #expect(status.annotators.first { $0.name == "ada" }?.part == "2/2")
    #expect(status.annotators.first { $0.name == "bob" }?.part == "1/2")
  }

  @Test func `the summary counts what was done between two looks and what is left`() async throws {
    let desk = try LabelDesk()
    var plan = QueuePlan()
    plan.asksAboutChain = false
    let groups = try desk.find("marbles").groups
    try await desk.label(groups[0].attempts[0], in: groups[0].folder, as: "ada")
    let before = try desk.find("marbles").candidates(for: "ada", gold: nil, signal: .standard)
    try await desk.label(groups[1].attempts[0], in: groups[1].folder, as: "ada")
    try await desk.label(groups[2].attempts[0], in: groups[2].folder, as: "ada", steps: 1)
    let after = try desk.find("marbles").candidates(for: "ada", gold: nil, signal: .standard)
    let summary = AnnotationSummary(before: before, after: after, plan: plan)
    #expect(
      summary.line == "1 chain done this time, 4 steps rated, 4.0 s a step; 8 of 10 left, the same "
        + "command goes on where you stopped.")
    let none = AnnotationSummary(before: before, after: before, plan: plan)
    #expect(none.line.hasPrefix("0 chains done this time, 0 steps rated; 9 of 10 left"))
  }

  // MARK: The command line

  @Test(arguments: [
    ["--part", "0/5"], ["--part", "6/5"], ["--part", "2"], ["--part", "a/b"], ["--part", "2/5/1"],
    ["--part=-1/5"], ["--part", ""],
  ]) func `a part that is none is refused`(arguments: [String]) throws {
    let parsed = try command(["x"] + arguments)
    #expect(throws: AnnotateError.self) { try parsed.plan(Settings()) }
  }

  @Test(arguments: [
    ["--open", "--blind", "step"], ["--overlap", "1.5"], ["--overlap", "nan"], ["--repeat", "-1"],
    ["--gold-every", "3"], ["--screen", "2"], ["--gold", "g", "--gold-every", "1"], ["--json"],
    ["--order", "best"], ["--blind", "never"], ["--task", "all"], ["--seed", "x"],
  ]) func `options that make no sense are refused`(arguments: [String]) throws {
    _ = try command(["x"])
    #expect(throws: (any Error).self) { try command(["x"] + arguments) }
  }

  @Test func `names that are no person's or no file's are refused in one sentence`() throws {
    try withTemporaryFolder { folder in
      let setup = try Setup(library: folder, environment: ["HOME": folder, "USER": "ada"])
      func refusal(_ arguments: [String]) throws -> String {
        let parsed = try command(["x"] + arguments)
        do {
          return "taken: " + (try parsed.settings(setup).annotator)
        } catch {
          return Failure.sentence(for: error)
        }
      }
      #expect(try refusal([]) == "taken: ada")
      #expect(try refusal(["--as", "bob"]) == "taken: bob")
      for bad in ["a/b", "../x", "", ".hidden", "a\u{7}b", String(repeating: "n", count: 300)] {
        let sentence = try refusal(["--as", bad])
        #expect(sentence.contains("cannot name an annotator; use letters"), "\(sentence)")
        #expect(sentence.utf8.count < 250 && !sentence.contains("\u{7}"))
      }
      #expect(try refusal(["--as", "prmbench"]).hasSuffix("choose another name with --as."))
      #expect(try refusal(["--as", "consensus"]).hasSuffix("choose another name with --as."))
      #expect(
        try refusal(["--as", "bob", "--gold", "bob"])
          == "--gold bob are your own labels; name somebody else's.")
    }
  }

  @Test func `the config file gives the name, the pause and the kinds, and the command line wins`()
    throws
  {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/.config/erratum", withIntermediateDirectories: true)
      try "[[kind]]\nid = \"mine\"".write(
        toFile: folder + "/.config/erratum/kinds.toml", atomically: true, encoding: .utf8)
      try """
      [annotate]
      name = "carol"
      idle = 30
      taxonomy = "kinds.toml"
      questions = false
      """.write(
        toFile: folder + "/.config/erratum/config.toml", atomically: true, encoding: .utf8)
      let setup = try Setup(
        library: folder, environment: ["HOME": folder, "USER": "ada", "ERRATUM_SHARE": checkout])
      let settings = try command(["x"]).settings(setup)
      #expect(settings.annotator == "carol")
      #expect(settings.labelling.idle == 30)
      #expect(settings.labelling.taxonomy.kinds.map(\.id) == ["mine"])
      #expect(!settings.labelling.asksAboutChain)
      #expect(settings.labelling.blindness == .chain)
      let other = try command(
        ["x", "--as", "ada", "--taxonomy", "steps", "--open", "--task", "prm800k"]
      ).settings(setup)
      #expect(other.annotator == "ada")
      #expect(other.labelling.taxonomy == .standard)
      #expect(other.labelling.blindness == .open)
      #expect(other.labelling.isFull)
    }
  }

  @Test func `a second program under the same name is refused, and nothing is lost`() async throws {
    let desk = try LabelDesk()
    let group = try #require(try desk.find("marbles").groups.first)
    let file = try AnnotationFile.open(group.folder, annotator: "ada", program: "1", wall: 1)
    #expect(throws: JournalError.self) {
      try AnnotationFile.checkIsFree(group.folder, annotator: "ada")
    }
    try AnnotationFile.checkIsFree(group.folder, annotator: "bob")
    _ = await file.close()
    try AnnotationFile.checkIsFree(group.folder, annotator: "ada")
  }
}
