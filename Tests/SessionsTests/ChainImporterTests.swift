import Foundation
import JSONReader
import Testing

@testable import Sessions

private func chains() -> [AnnotatedChain] {
  (0..<40).map { seed in
    var random = RandomChains(seed: UInt64(seed))
    var chain = random.chain()
    // A few problems, so that sessions hold several chains.
    chain.problem = Problem(id: "p", text: "Problem \(seed / 4)?", source: "chains")
    chain.annotator = chain.isRated ? "ada" : nil
    return chain
  }
}

@Suite struct ChainImporterTests {
  private let folder: TemporaryFolder
  private var library: URL { folder.url.appending(path: "library") }

  init() throws { folder = try TemporaryFolder() }

  @discardableResult private func put(
    _ chains: [AnnotatedChain], as name: String? = nil, dry: Bool = false,
    wall: Double = 1_795_271_130
  ) throws -> ChainImporter.Counts {
    var importer = ChainImporter(
      ChainImporter.Settings(
        library: library, program: "1.0.0", wall: wall, annotator: name, isDryRun: dry))
    for chain in chains { try importer.take(chain) }
    try importer.finish()
    return importer.counts
  }

  private func stored() throws -> [AttemptID: AnnotatedChain] {
    var out: [AttemptID: AnnotatedChain] = [:]
    for id in try FileManager.default.contentsOfDirectory(atPath: library.path).sorted() {
      let place = SessionFolder(id: id, url: library.appending(path: id))
      let (session, damage) = try JournalReader.session(place.url)
      #expect(damage.isEmpty)
      let labels = SessionChains.labels(in: place).first
      for chain in SessionChains.chains(of: session, labels: labels) {
        out[SessionChains.attemptID(of: chain)] = chain
      }
    }
    return out
  }

  @Test func `chains lie in the library as they came`() throws {
    let chains = chains()
    let counts = try put(chains)
    #expect(counts.newSessions == 10)
    let stored = try stored()
    #expect(stored.count == counts.newChains)
    var seen: Set<AttemptID> = []
    for chain in chains where seen.insert(SessionChains.attemptID(of: chain)).inserted {
      #expect(stored[SessionChains.attemptID(of: chain)] == chain)
    }
  }

  @Test func `importing again adds nothing, and another machine makes the same names`() throws {
    let chains = chains()
    try put(chains)
    let names = try FileManager.default.contentsOfDirectory(atPath: library.path).sorted()
    let before = try stored()
    let again = try put(chains, wall: 1_800_000_000)
    #expect(again.newChains == 0 && again.newSessions == 0 && again.alreadyThere == 40)
    #expect(again.newRatings == 0 && again.otherRatings == 0)
    #expect(try stored() == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: library.path).sorted() == names)
    let other = try ChainImporterTests()
    try other.put(chains.reversed(), wall: 7)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: other.library.path).sorted() == names)
    #expect(
      try other.stored().keys.sorted { $0.description < $1.description }
        == before.keys.sorted { $0.description < $1.description })
  }

  @Test func `a session that is there gets what it lacks`() throws {
    let chains = chains()
    try put(chains.enumerated().filter { $0.offset % 4 == 0 }.map(\.element))
    let counts = try put(chains)
    #expect(counts.newSessions == 0)
    #expect(counts.alreadyThere >= 10)
    let whole = try ChainImporterTests()
    try whole.put(chains)
    #expect(try stored() == whole.stored())
  }

  @Test func `other ratings of a chain stay beside those that are there`() throws {
    var chain = AnnotatedChain(
      problem: .marbles, steps: AnnotatedChain.steps(["a", "b"]), annotator: "prm800k",
      origin: ChainOrigin(format: "prm800k"))
    chain.steps[0].rating = StepRating(.correct)
    try put([chain])
    chain.steps[0].rating = StepRating(.incorrect)
    #expect(try put([chain]).otherRatings == 1)
    #expect(try stored().values.first?.steps[0].rating?.verdict == .correct)
    #expect(try put([chain], as: "second").newRatings == 1)
    let id = SessionChains.sessionID(of: chain.problem)
    let (books, _) = LabelBook.all(in: SessionFolder(id: id, url: library.appending(path: id)))
    #expect(books.map(\.annotator) == ["prm800k", "second"])
    let verdicts = books.map { $0.entries.values.map(\.current.label.verdict) }
    #expect(verdicts == [[.correct], [.incorrect]])
  }

  @Test func `annotators of different chains can be taken together, of one chain not`() throws {
    let chains = ["a", "b"].map { name in
      var chain = AnnotatedChain(
        problem: .marbles, steps: AnnotatedChain.steps([name]), annotator: name,
        origin: ChainOrigin(format: "jsonl"))
      chain.problem.source = "chains"
      chain.steps[0].rating = StepRating(.correct, source: .person)
      return chain
    }
    try put(chains)
    let id = SessionChains.sessionID(of: chains[0].problem)
    let place = SessionFolder(id: id, url: library.appending(path: id))
    let joined = try #require(SessionChains.Labels(joining: SessionChains.labels(in: place)))
    let (session, _) = try JournalReader.session(place.url)
    let back = SessionChains.chains(of: session, labels: joined)
    #expect(back.map(\.annotator) == ["a", "b"])
    #expect(back.map(\.steps) == chains.map(\.steps))
    try put([chains[0]], as: "c")
    #expect(SessionChains.Labels(joining: SessionChains.labels(in: place)) == nil)
  }

  @Test func `a name out of a record never leads out of the session`() throws {
    var chain = AnnotatedChain(
      problem: .marbles, steps: AnnotatedChain.steps(["a"]), annotator: "../../ada",
      origin: ChainOrigin(format: "jsonl"))
    chain.steps[0].rating = StepRating(.correct)
    var other = chain
    other.steps[0].rating = StepRating(.incorrect)
    #expect(try put([chain, other]).otherRatings == 1)
    let id = SessionChains.sessionID(of: chain.problem)
    let place = SessionFolder(id: id, url: library.appending(path: id))
    #expect(SessionChains.labels(in: place).map(\.name) == ["jsonl"])
  }

  @Test func `a dry run counts the same and writes nothing`() throws {
    let chains = chains()
    let dry = try put(chains, dry: true)
    #expect(!FileManager.default.fileExists(atPath: library.path))
    let real = try put(chains)
    #expect((dry.newChains, dry.newSessions) == (real.newChains, real.newSessions))
    #expect(try put(chains, dry: true).alreadyThere == 40)
  }

  @Test func `what was left half done is no session`() throws {
    try put([chains()[0]])
    let begun = library.appending(path: ".importing-1/half")
    try FileManager.default.createDirectory(at: begun, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: begun.appending(path: "journal.jsonl"))
    #expect(Library(root: library).list().count == 1)
  }

  @Test func `five thousand steps and steps of 50 KB go in and come out`() throws {
    let many = AnnotatedChain(
      problem: Problem(id: "p", text: "many", source: nil),
      steps: AnnotatedChain.steps((0..<5000).map { "step \($0)" }),
      origin: ChainOrigin(format: "jsonl"))
    let large = AnnotatedChain(
      problem: Problem(id: "p", text: "large", source: nil),
      steps: AnnotatedChain.steps((0..<4).map { String(repeating: "\($0)漢\"", count: 10_000) }),
      origin: ChainOrigin(format: "jsonl"))
    try put([many, large])
    let stored = try stored()
    #expect(stored[SessionChains.attemptID(of: many)] == many)
    #expect(stored[SessionChains.attemptID(of: large)] == large)
  }

  @Test func `the lines written by hand are those of the encoder`() throws {
    let json = JSONEncoder()
    json.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for seed in UInt64(0)..<100 {
      var random = RandomEvents(seed: seed)
      let closed = StepClosed(
        attempt: AttemptID("a\(seed)"), index: random.number(0..<99), channel: .answer, start: 1,
        end: random.number(1..<99), segmenter: 0, measures: StepMeasures())
      let mark = Marked(
        step: StepID(attempt: AttemptID("a/1"), index: 3), verdict: random.maybe { _ in .neutral },
        annotator: "ada \"b\" é", wall: random.pick([0, 1_795_271_900, 1_795_271_900.25]),
        channel: .thinking, start: 0, end: 4)
      for (event, payload) in [
        (Event.stepClosed(closed), try json.encode(closed)), (.marked(mark), try json.encode(mark)),
      ] {
        let line = JournalEncoder().line(Record(n: 0, t: 0, event: event))
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        #expect(
          text.hasSuffix(String(decoding: payload.dropFirst(), as: UTF8.self)), "seed \(seed)")
      }
    }
  }
}
