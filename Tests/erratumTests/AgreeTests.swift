import Engine
import Foundation
import Sessions
import Testing

@testable import erratum

/// Two people's libraries with the same imported chains.
private final class AgreeDesk {
  let url: URL
  var complaints: [String] = []
  /// The sets that are imported into every library: name to texts of chains, a letter a step.
  private let sets: [(name: String, chains: [String])]

  init(_ sets: [(name: String, chains: [String])] = [("pilot", ["abc", "abcd", "ab"])]) throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "erratum-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    self.sets = sets
    for (name, chains) in sets {
      let lines = chains.enumerated().map { number, steps in
        let completions = steps.map { "\"\($0)\"" }.joined(separator: ",")
        let labels = steps.map { _ in "true" }.joined(separator: ",")
        return #"{"prompt":"\#(name) \#(number)?","completions":[\#(completions)],"#
          + #""labels":[\#(labels)]}"#
      }
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(
        to: url.appending(path: "\(name).jsonl"))
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  @discardableResult func library(_ name: String) throws -> Library {
    let library = Library(root: url.appending(path: name))
    guard !FileManager.default.fileExists(atPath: library.root.path) else { return library }
    let job = ImportJob(
      options: ImportJob.Options(format: .trlStepwise, fields: nil, isStrict: true),
      settings: ChainImporter.Settings(
        library: library.root, program: "1.0.0", wall: 1_795_271_130))
    _ = try job.run(sets.map { url.appending(path: "\($0.name).jsonl").path })
    return library
  }

  /// The session of a set's problem of that number.
  func session(_ set: String, _ number: Int, in name: String) throws -> OpenedSession {
    let library = try library(name)
    let summary = try #require(library.list().first { $0.title == "\(set) \(number)?" })
    return try library.read(try library.resolve(summary.id))
  }

  /// `c`, `i`, `n`, `u` and `.`; each chain's labels a step a letter.
  func label(
    _ texts: [String], by person: String, in name: String, set: String = "pilot",
    filled: Bool = false, wall: Double = 1_795_272_000
  ) async throws {
    for (number, text) in texts.enumerated() where !text.isEmpty {
      let opened = try session(set, number, in: name)
      let attempt = try #require(opened.session.attempts.first)
      let file = try AnnotationFile.open(
        opened.folder, annotator: person, program: "1.0.0", wall: wall)
      var events: [Event] = []
      for (step, letter) in zip(attempt.steps, text) {
        let verdicts: [Character: Verdict] = [
          "c": .correct, "i": .incorrect, "n": .neutral, "u": .unsure,
        ]
        guard let verdict = verdicts[letter] else { continue }
        var label = Label(verdict)
        if filled { label.isFilled = true }
        events.append(
          .labelled(
            Labelled(
              step: StepID(attempt: attempt.id, index: step.index),
              digest: attempt.digest(upTo: step), annotator: person,
              wall: wall + Double(number) + Double(step.index) / 100, label: label)))
      }
      _ = await file.append(events)
      _ = await file.close()
    }
  }

  func agree(
    _ places: [String], in name: String = "ada", as people: String? = nil, gold: String? = nil,
    which: LabelGathering.Which = .blind
  ) throws -> AgreeJob.Outcome {
    var job = AgreeJob(library: try library(name), bootstrap: Bootstrap(resamples: 100, seed: 1))
    job.complain = { self.complaints.append($0) }
    job.which = which
    return try job.run(
      places.map { $0.hasPrefix("/") ? url.path + $0 : $0 }, as: people, gold: gold)
  }

  /// The sentence it is refused with; every refusal is bad input.
  func refusal(
    _ places: [String] = [], as people: String? = nil, gold: String? = nil
  ) -> String {
    do {
      _ = try agree(places, as: people, gold: gold)
      return "(agreed)"
    } catch {
      #expect(Failure.code(for: error) == 2)
      return Failure.sentence(for: error)
    }
  }
}

@Suite struct AgreeTests {
  @Test func `two people's libraries are compared chain by chain`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci", "cccc"], by: "ada", in: "ada")
    try await desk.label(["cii", "cccc", "cc"], by: "ben", in: "ben")
    let outcome = try desk.agree(["/ada", "/ben"])
    #expect(outcome.choice.people == ["ada", "ben"])
    #expect(outcome.choice.leftOut == ["trl-stepwise"])
    #expect(outcome.agreement.chains == 3 && outcome.agreement.steps == 9)
    let pair = try #require(outcome.agreement.pairs.first)
    #expect(pair.steps == 7)
    #expect(pair.percent.value == 6.0 / 7)
    #expect(pair.firstErrors.chains == 2 && pair.firstErrors.bothNone == 1)
    #expect(outcome.agreement.annotators.first?.missing == 2)
    // The same folder twice is one.
    #expect(try desk.agree(["/ada", "/ben", "/ada"]).agreement == outcome.agreement)
  }

  @Test func `one person's labels from two places are put together, the later ones count`()
    async throws
  {
    let desk = try AgreeDesk()
    try await desk.label(["ccc", "cccc"], by: "ada", in: "ada", wall: 100)
    try await desk.label(["iii", "", "cc"], by: "ada", in: "ben", wall: 200)
    let outcome = try desk.agree(["/ben", "/ada"], gold: "trl-stepwise")
    #expect(outcome.agreement.annotators.first?.rated == 9)
    #expect(outcome.agreement.againstGold.first?.accuracy.value == 6.0 / 9)
  }

  @Test func `imported ratings are nobody's unless they are asked for`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci", "cccc", "cc"], by: "ada", in: "ada")
    try await desk.label(["ccc"], by: "consensus", in: "ada")
    #expect(try desk.agree([]).choice.people == ["ada"])
    #expect(try desk.agree([]).choice.leftOut == ["consensus", "trl-stepwise"])
    let asked = try desk.agree([], as: "ada, trl-stepwise,ada")
    #expect(asked.choice.people == ["ada", "trl-stepwise"])
    #expect(asked.agreement.pairs.first?.percent.value == 8.0 / 9)
    let gold = try desk.agree([], gold: "consensus")
    #expect(gold.choice.people == ["ada"])
    #expect(gold.agreement.againstGold.first?.steps == 3)
  }

  @Test func `a set is named by the file it was imported from`() async throws {
    let desk = try AgreeDesk([("pilot", ["abc"]), ("other", ["ab"])])
    try await desk.label(["cci"], by: "ada", in: "ada", set: "pilot")
    try await desk.label(["ci"], by: "ada", in: "ada", set: "other")
    #expect(try desk.agree(["other"]).agreement.steps == 2)
    #expect(try desk.agree(["other.jsonl", "pilot"]).agreement.steps == 5)
    #expect(desk.refusal(["pilto"]).hasSuffix("did you mean \u{201C}pilot\u{201D}?"))
    #expect(desk.refusal(["nothing-like-it"]).contains("`erratum sessions` lists"))
  }

  @Test func `changes of mind after the reveal count only in the end`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["ccc"], by: "ada", in: "ada")
    let opened = try desk.session("pilot", 0, in: "ada")
    let attempt = try #require(opened.session.attempts.first)
    let file = try AnnotationFile.open(
      opened.folder, annotator: "ada", program: "1.0.0", wall: 2_000_000_000)
    let step = try #require(attempt.steps.last)
    _ = await file.append([
      .revealed(Revealed(attempt: attempt.id, annotator: "ada", wall: 2_000_000_000)),
      .labelled(
        Labelled(
          step: StepID(attempt: attempt.id, index: step.index),
          digest: attempt.digest(upTo: step), annotator: "ada", wall: 2_000_000_001,
          label: Label(.incorrect))),
    ])
    _ = await file.close()
    let gold = "trl-stepwise"
    #expect(try desk.agree([], gold: gold).agreement.againstGold.first?.accuracy.value == 1)
    let final = try desk.agree([], gold: gold, which: .final)
    #expect(final.agreement.againstGold.first?.accuracy.value == 2.0 / 3)
    #expect(AgreeTable(final).lines.joined(separator: " ").contains("as they stand now"))
  }

  @Test func `labels that lost their step are counted and said`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci"], by: "ada", in: "ada")
    let opened = try desk.session("pilot", 0, in: "ada")
    let attempt = try #require(opened.session.attempts.first)
    let file = try AnnotationFile.open(
      opened.folder, annotator: "ben", program: "1.0.0", wall: 100)
    _ = await file.append([
      .labelled(
        Labelled(
          step: StepID(attempt: attempt.id, index: 0), digest: "of other bytes",
          annotator: "ben", wall: 100, label: Label(.correct)))
    ])
    _ = await file.close()
    let outcome = try desk.agree([])
    #expect(outcome.gathering.orphans == ["ben": 1])
    #expect(outcome.choice.people == ["ada"])
    #expect(AgreeTable(outcome).lines.contains { $0.hasPrefix("Left out: 1 label by ben") })
  }

  @Test func `a damaged file is named and the rest goes on`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci", "cccc"], by: "ada", in: "ada")
    try await desk.label(["cci", "cccc"], by: "ben", in: "ada")
    let folder = try desk.session("pilot", 0, in: "ada").folder
    let path = folder.annotations.appending(path: "ben.jsonl")
    try Data("{\"erratum\":\"annot".utf8).write(to: path)
    let outcome = try desk.agree([])
    #expect(outcome.agreement.pairs.first?.steps == 4)
    #expect(desk.complaints.count == 1)
    #expect(desk.complaints.first?.contains("ben.jsonl") == true)
    #expect(outcome.gathering.damage == 1)
  }

  @Test func `a session that cannot be read is skipped, unless it is the only one`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci", "cccc"], by: "ada", in: "ada")
    let folder = try desk.session("pilot", 0, in: "ada").folder
    try Data("nothing\n".utf8).write(to: folder.journal)
    #expect(try desk.agree(["/ada"]).agreement.steps == 4)
    #expect(desk.complaints.contains { $0.hasPrefix("skipped: ") })
    #expect(desk.refusal([folder.url.path]).hasSuffix("."))
  }
}

@Suite struct AgreeRefusalTests {
  @Test func `without labels there is nothing to compare`() throws {
    let desk = try AgreeDesk([])
    #expect(desk.refusal().hasPrefix("There are no sessions in "))
    let imported = try AgreeDesk()
    #expect(
      imported.refusal()
        == "Only trl-stepwise rated these chains, which came with the data; label them with "
        + "`erratum annotate`, or compare what is there with --as trl-stepwise.")
    let folder = try imported.session("pilot", 0, in: "ada").folder
    try FileManager.default.removeItem(at: folder.annotations)
    #expect(
      imported.refusal([folder.id])
        == "Nobody labelled these chains; label them with `erratum annotate`, or name others.")
  }

  @Test func `a name nobody has is told with the one that was meant`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci"], by: "ada", in: "ada")
    #expect(desk.refusal(as: "adda").hasSuffix("did you mean \u{201C}ada\u{201D}?"))
    #expect(desk.refusal(gold: "zebra").hasSuffix("use one of: ada, trl-stepwise."))
    #expect(desk.refusal(as: " , ").contains("--as takes names with commas"))
    #expect(desk.refusal(as: "ada", gold: "ada").contains("leave it out of --as or of --gold"))
    #expect(desk.refusal(["/nowhere"]).contains("No session named"))
    try FileManager.default.createDirectory(
      at: desk.url.appending(path: "empty"), withIntermediateDirectories: true)
    #expect(desk.refusal(["/empty"]).contains("There are no sessions in "))
  }

  @Test func `alone there is no agreement, and one is told what to do`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci"], by: "ada", in: "ada")
    let outcome = try desk.agree([])
    #expect(
      outcome.choice.advice
        == "only ada labelled these chains, so agreement is undefined; hold the labels against "
        + "those of the data with --gold trl-stepwise.")
    let lines = AgreeTable(outcome).lines
    #expect(lines.contains { $0.hasSuffix("undefined") })
    #expect(lines.joined(separator: " ").contains("only one person labelled."))
    #expect(try desk.agree([], gold: "trl-stepwise").choice.advice == nil)
  }

  @Test func `no overlap and one category are said, not numbers`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["cci"], by: "ada", in: "ada")
    try await desk.label(["", "cccc"], by: "ben", in: "ada")
    let apart = AgreeTable(try desk.agree([])).lines.joined(separator: " ")
    #expect(apart.contains("no step has labels of both"))
    #expect(!apart.contains("0.000") && !apart.contains("1.000"))
    try await desk.label(["", "cccc", "cc"], by: "cleo", in: "ada")
    let alike = AgreeTable(try desk.agree([], as: "ben,cleo")).lines.joined(separator: " ")
    #expect(
      alike.contains(
        "Undefined (Cohen's kappa; Krippendorff's alpha; Gwet's AC1): every label is the same"))
  }

  @Test func `JSON says why a measure is undefined`() async throws {
    let desk = try AgreeDesk()
    try await desk.label(["ccc", "cccc"], by: "ada", in: "ada", filled: true)
    try await desk.label(["ccc", "cccc"], by: "ben", in: "ada")
    let data = try JSONEncoder().encode(AgreeOutput(try desk.agree([])))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let agreement = try #require(json["agreement"] as? [String: Any])
    let pair = try #require((agreement["pairs"] as? [[String: Any]])?.first)
    #expect(pair["kappa"] as? [String: String] == ["undefined": "oneCategory"])
    #expect((pair["percent"] as? [String: Double])?["value"] == 1)
    let ada = try #require((agreement["annotators"] as? [[String: Any]])?.first)
    #expect(ada["filled"] as? Int == 7 && ada["rated"] as? Int == 7)
  }

  @Test func `the table fits eighty columns, whatever people are called`() async throws {
    let desk = try AgreeDesk([("pilot", (0..<30).map { _ in "abcde" })])
    let names = [String(repeating: "w", count: 60), "Zoë van der Berg-Ó", "x"]
    for (place, name) in names.enumerated() {
      let texts = (0..<30).map { ($0 + place).isMultiple(of: 3) ? "ccinc" : "ccccc" }
      try await desk.label(texts, by: name, in: "ada", wall: 100 + Double(place))
    }
    let outcome = try desk.agree([], gold: "trl-stepwise")
    for line in AgreeTable(outcome).lines {
      #expect(line.count <= 80, "\(line)")
    }
    let together = try desk.agree([])
    for line in AgreeTable(together).lines { #expect(line.count <= 80, "\(line)") }
    #expect(AgreeTable(together).lines.contains { $0.hasPrefix("All together: 150 steps") })
    #expect(AgreeTable(together).lines.contains { $0.hasPrefix("Over time: ") })
  }
}
