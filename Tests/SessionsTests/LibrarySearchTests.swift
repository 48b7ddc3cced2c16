import Foundation
import GRDB
import Testing

@testable import Sessions

/// A library with what a search can find in it.
struct Shelf {
  let folder: TemporaryFolder
  let library: Library

  init() throws {
    folder = try TemporaryFolder()
    library = Library(root: folder.url.appending(path: "library"))
  }

  /// What the next program would see.
  var fresh: Library { Library(root: library.root, examples: library.examples) }
  var index: URL { library.root.appending(path: "index.sqlite") }

  /// A session with a thought, two steps and a critique.
  @discardableResult
  func add(
    _ problem: String, thought: String = "Bags first.", steps: [String] = ["One.\n", "Two.\n"],
    source: String? = nil, model: String = "m", finish: StopReason? = .stop, wall: Double = 1e9,
    critic: [Event] = []
  ) async throws -> SessionFolder {
    let opened = try library.create(
      problem: Problem(id: "p", text: problem, source: source), program: "1", wall: wall)
    let attempt = AttemptID("a1")
    var call = Call.sample
    call.model.model = model
    var events: [Event] = [
      .attemptStarted(AttemptStarted(attempt: attempt, segmenter: 1, call: call))
    ]
    var serial = 0
    func step(_ text: String, _ index: Int, _ channel: Channel, from start: Int) {
      var table = TokenTable()
      table.append(bytes: Array(text.utf8), id: nil, logProbability: nil, entropy: nil)
      events.append(
        .tokens(
          TokensArrived(attempt: attempt, channel: channel, firstSerial: serial, table: table)))
      events.append(
        .stepClosed(
          StepClosed(
            attempt: attempt, index: index, channel: channel, start: start,
            end: start + text.utf8.count, segmenter: 1, measures: StepMeasures())))
      serial += 1
    }
    step(thought, 0, .thinking, from: 0)
    var start = 0
    for (index, text) in steps.enumerated() {
      step(text, index + 1, .answer, from: start)
      start += text.utf8.count
    }
    if let finish {
      events.append(.attemptFinished(AttemptFinished(attempt: attempt, reason: finish)))
    }
    _ = await opened.writer?.append(events + critic, at: 1)
    _ = await opened.writer?.close()
    return opened.folder
  }

  func label(
    _ folder: SessionFolder, by name: String, _ verdicts: [Int: Verdict], reason: String? = nil
  ) async throws {
    let attempt = try #require(try library.read(folder).session.attempts.first)
    let file = try AnnotationFile.open(folder, annotator: name, program: "1", wall: 1e9)
    let events = verdicts.sorted { $0.key < $1.key }.map { index, verdict in
      var label = Label(verdict)
      label.reason = reason
      return Event.labelled(
        Labelled(
          step: StepID(attempt: attempt.id, index: index), digest: attempt.stepDigests[index],
          annotator: name, wall: 1e9, label: label))
    }
    _ = await file.append(events)
    _ = await file.close()
  }
}

@Suite struct LibrarySearchTests {
  private let shelf: Shelf
  private var library: Library { shelf.library }

  init() throws { shelf = try Shelf() }

  private func place(_ words: String, in folder: SessionFolder) throws -> TextPlace {
    let words = words.split(separator: " ").map(String.init)
    _ = library.list()
    let hits = library.hits(of: words, in: [folder.url.path])
    return try #require(hits[folder.url.path]?.first?.place)
  }

  @Test func `words are found in thoughts, steps, critiques, answers and labels, and where`()
    async throws
  {
    let attempt = AttemptID("a1")
    let critic: [Event] = [
      .critiqueStarted(
        CritiqueStarted(critique: CritiqueID("c1"), attempt: attempt, steps: [1, 2], call: .sample)),
      .critiqueText(critique: CritiqueID("c1"), bytes: Array("Quince is a fruit.".utf8)),
      .verdict(
        VerdictGiven(
          critique: CritiqueID("c1"), step: 2, verdict: .incorrect, reason: "medlar, not plum")),
      .answerExtracted(
        AnswerExtracted(attempt: attempt, answer: "damson", method: .boxed, isCorrect: nil)),
    ]
    let folder = try await shelf.add(
      "Which fruit?", thought: "Perhaps a sloe.", steps: ["A pear.\n", "An apple.\n"],
      critic: critic)
    try await shelf.label(folder, by: "ada", [1: .correct], reason: "greengage")
    #expect(try place("sloe", in: folder) == TextPlace(.thinking, attempt: attempt, step: 0))
    #expect(try place("apple", in: folder) == TextPlace(.answer, attempt: attempt, step: 2))
    #expect(try place("damson", in: folder) == TextPlace(.answer, attempt: attempt))
    let critique = CritiqueID("c1")
    #expect(
      try place("quince", in: folder)
        == TextPlace(.critique, attempt: attempt, critique: critique))
    #expect(
      try place("medlar", in: folder)
        == TextPlace(.verdict, attempt: attempt, critique: critique, step: 2))
    #expect(
      try place("greengage", in: folder)
        == TextPlace(.label, attempt: attempt, annotator: "ada", step: 1))
    // Words of one session may stand in different places; the problem is the last to be shown.
    #expect(library.search("sloe apple greengage").map(\.id) == [folder.id])
    #expect(library.search("sloe banana").isEmpty)
    #expect(try place("fruit", in: folder).kind == .critique)
  }

  @Test func `a hit is shown with what stands around it, and what was found is marked`()
    async throws
  {
    let long = String(repeating: "and so on ", count: 30)
    let folder = try await shelf.add("P", steps: [long + "the Marbles " + long + "\n"])
    _ = library.list()
    let hits = library.hits(of: ["marb"], in: [folder.url.path])
    let hit = try #require(hits[folder.url.path]?.first)
    let bytes = Array(hit.snippet.utf8)
    #expect(String(decoding: bytes[hit.range], as: UTF8.self) == "Marbles")
    #expect(hit.match == "Marbles")
    #expect(hit.snippet.hasPrefix("\u{2026}") && hit.snippet.hasSuffix("\u{2026}"))
    #expect(bytes.count < 140 && !hit.snippet.contains("\n"))
  }

  @Test func `scripts without blanks are found by what stands in their middle`() async throws {
    let folder = try await shelf.add("小明有十七颗弹珠。", steps: ["三袋弹珠一共有十八颗。\n"])
    #expect(library.search("弹珠").map(\.id) == [folder.id])
    #expect(library.search("弹三").isEmpty)
    let hits = library.hits(of: ["一共"], in: [folder.url.path])
    #expect(hits[folder.url.path]?.first?.match == "一共")
  }

  @Test func `accents and capitals count for nothing, a phrase for its order`() async throws {
    let folder = try await shelf.add("Élan vital", steps: ["bags hold marbles\n"])
    func found(_ line: String) -> Bool {
      library.list(matching: LibraryFilter(line)).map(\.id) == [folder.id]
    }
    #expect(found("elan") && found("VITAL") && found("\"bags hold\""))
    #expect(!found("\"hold bags\""))
  }

  @Test func `text that was withdrawn is not found`() async throws {
    let folder = try await shelf.add(
      "P", steps: ["Kept.\n", "Dropped.\n"], finish: nil,
      critic: [.rewound(attempt: AttemptID("a1"), toSerial: 2)])
    #expect(library.search("kept").map(\.id) == [folder.id])
    #expect(library.search("dropped").isEmpty)
  }

  @Test func `marks an index makes are nobody's to forge`() async throws {
    let folder = try await shelf.add("P", steps: ["a \u{1}forged\u{2} mark \u{0} here\n"])
    _ = library.list()
    let hits = library.hits(of: ["here"], in: [folder.url.path])
    let hit = try #require(hits[folder.url.path]?.first)
    #expect(hit.match == "here")
    #expect(!hit.snippet.utf8.contains { $0 < 0x20 })
  }

  @Test func `labels make a row old as the journal does`() async throws {
    let folder = try await shelf.add("P")
    #expect(library.list().first?.annotators == [])
    try await shelf.label(folder, by: "ada", [1: .correct, 2: .incorrect])
    var row = try #require(library.list().first)
    #expect(row.annotators == ["ada"] && row.labels == 2 && row.disagreements == 0)
    try await shelf.label(folder, by: "bob", [1: .correct, 2: .neutral])
    row = try #require(library.list().first)
    #expect(row.annotators == ["ada", "bob"] && row.labels == 4 && row.disagreements == 1)
    // Appending to a file leaves its folder's time as it is.
    try await shelf.label(folder, by: "bob", [2: .incorrect])
    #expect(library.list().first?.disagreements == 0)
    try await shelf.label(folder, by: "consensus", [2: .correct])
    #expect(library.list().first?.disagreements == 0, "a consensus is no side")
    #expect(shelf.fresh.list() == library.list())
  }

  @Test func `labels of bytes that have changed are not counted`() async throws {
    let folder = try await shelf.add("P")
    let file = try AnnotationFile.open(folder, annotator: "ada", program: "1", wall: 1e9)
    _ = await file.append([
      .labelled(
        Labelled(
          step: StepID(attempt: AttemptID("a1"), index: 1), digest: "0", annotator: "ada",
          wall: 1e9, label: Label(.correct)))
    ])
    _ = await file.close()
    let row = try #require(library.list().first)
    #expect(row.annotators == ["ada"] && row.labels == 0)
  }

  @Test func `sets, models and how it ended are listed`() async throws {
    try await shelf.add("A", source: "prmbench", model: "org/model-7b")
    try await shelf.add("B", finish: .cancelled)
    try await shelf.add("C", finish: .error)
    let open = try await shelf.add("D", finish: nil)
    _ = try library.create(problem: Problem(id: "e", text: "E"), program: "1", wall: 2)
    func row(_ title: String) throws -> SessionSummary {
      try #require(library.list().first { $0.title == title })
    }
    #expect(try row("A").sets == ["prmbench"])
    #expect(try row("A").models == ["org/model-7b"])
    #expect(try row("A").states.contains(.finished))
    #expect(try row("B").states.contains(.interrupted))
    #expect(try row("C").states.contains(.failed))
    #expect(try row("D").states.contains(.interrupted), "nobody writes it any more")
    #expect(try row("E").states.contains(.empty))
    let lock = try FileLock(
      path: AppendFile.lockPath(open.journal.path), holder: "a program at work")
    #expect(try row("D").states.contains(.running))
    withExtendedLifetime(lock) {}
  }
}

@Suite struct LibraryIndexTests {
  private let shelf: Shelf
  init() throws { shelf = try Shelf() }

  @Test func `what is remembered is there without a look at any session`() async throws {
    for number in 1...5 { try await shelf.add("Problem \(number)", wall: 1e9 + Double(number)) }
    let all = shelf.library.list()
    let library = shelf.fresh
    #expect(library.remembered(most: 3) == Array(all.prefix(3)))
    for summary in all { try FileManager.default.removeItem(atPath: summary.path) }
    #expect(library.remembered(most: 100) == all, "the folders were not asked")
    #expect(library.list().isEmpty)
    #expect(library.remembered(most: 100).isEmpty)
  }

  @Test func `an index made anew is told of as it goes, and nothing is read twice`() async throws {
    for number in 1...3 { try await shelf.add("Problem \(number)", wall: 1e9 + Double(number)) }
    var told: [[Int]] = []
    _ = shelf.library.list { told.append([$0, $1]) }
    #expect(told == [[3, 3]])
    told = []
    _ = shelf.library.list { told.append([$0, $1]) }
    #expect(told.isEmpty)
  }

  @Test func `an index of another version or without its tables is made anew`() async throws {
    try await shelf.add("Count the apples")
    let before = shelf.library.list()
    for damage in ["PRAGMA user_version = 1", "DROP TABLE words", "DROP TABLE session"] {
      do {
        let queue = try DatabaseQueue(path: shelf.index.path)
        try await queue.write { try $0.execute(sql: damage) }
        try queue.close()
      }
      let library = shelf.fresh
      #expect(library.list() == before, "\(damage)")
      #expect(library.search("apples").count == 1, "\(damage)")
    }
  }

  @Test func `an index another program holds stays as it is, and lists all the same`() async throws
  {
    try await shelf.add("Count the apples")
    _ = shelf.library.list()
    try await shelf.add("Count the pears", wall: 2e9)
    try whileHeld {
      let library = shelf.fresh
      #expect(library.list().count == 2)
      #expect(library.search("pears").count == 1)
    }
  }

  /// Another program writes the index all the time; it has one row before and after.
  private func whileHeld(_ body: () -> Void) throws {
    let holder = try DatabaseQueue(path: shelf.index.path)
    try holder.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN EXCLUSIVE")
      body()
      try db.execute(sql: "ROLLBACK")
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM session") == 1)
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
  func `a library that cannot be written is listed and searched`() async throws {
    try await shelf.add("Count the apples")
    _ = shelf.library.list()
    try await shelf.add("Count the pears", wall: 2e9)
    chmod(shelf.library.root.path, 0o500)
    chmod(shelf.index.path, 0o400)
    defer { chmod(shelf.library.root.path, 0o700) }
    let library = shelf.fresh
    #expect(library.list().count == 2)
    #expect(library.search("pears").count == 1)
  }

  @Test func `sessions that go while they are listed do no harm`() async throws {
    for number in 1...40 { try await shelf.add("Problem \(number)", wall: 1e9 + Double(number)) }
    let files = SessionFiles.all(in: shelf.library.root, isExample: false)
    for file in files.prefix(20) { try FileManager.default.removeItem(at: file.folder.url) }
    // As when they went between the look at the folder and the reading.
    let index = LibraryIndex(path: shelf.index.path)
    let rows = index.refresh(files)
    #expect(rows.count == 40)
    #expect(rows.count { $0.damage != nil } == 20)
    #expect(shelf.fresh.list().count == 20)
  }

  @Test(arguments: ["naïve\u{301}", "a b", "% \\ '", "日本", "-rf", "x\ny", "index.sqlite2"])
  func `a folder's name is a name, whatever is in it`(_ name: String) async throws {
    let made = try await shelf.add("Count the apples")
    let folder = shelf.library.root.appending(path: name)
    try FileManager.default.moveItem(at: made.url, to: folder)
    let row = try #require(shelf.library.list().first)
    #expect(row.id.unicodeScalars.elementsEqual(name.unicodeScalars) || row.id == name)
    #expect(shelf.fresh.search("apples") == [row])
    #expect(shelf.library.hits(of: ["apples"], in: [row.path])[row.path]?.count == 1)
  }

  @Test func `what a killed import left goes when its process is gone`() throws {
    let root = shelf.library.root
    func leave(_ name: String, age: Double) throws -> String {
      let folder = root.appending(path: name)
      try FileManager.default.createDirectory(
        at: folder.appending(path: "half"), withIntermediateDirectories: true)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: folder.path)
      return folder.path
    }
    // Process ids end far below this number on every system.
    let gone = try leave(".importing-2147483600", age: 3600)
    let young = try leave(".importing-2147483601", age: 1)
    let alive = try leave(".importing-\(getpid())", age: 3600)
    let other = try leave(".importing-mine", age: 3600)
    _ = shelf.library.list()
    #expect(!FileManager.default.fileExists(atPath: gone))
    for path in [young, alive, other] { #expect(FileManager.default.fileExists(atPath: path)) }
  }
}
