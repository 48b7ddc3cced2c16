import Foundation
import Testing

@testable import Sessions

@Suite struct LibraryTests {
  private let folder: TemporaryFolder
  private let library: Library

  init() throws {
    folder = try TemporaryFolder()
    let examples = folder.url.appending(path: "examples")
    let frozen = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Journals/1.0")
    try FileManager.default.createDirectory(at: examples, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: frozen, to: examples.appending(path: "marbles"))
    library = Library(root: folder.url.appending(path: "library"), examples: [examples])
  }

  private func create(_ text: String, wall: Double = 1_795_271_130) throws -> OpenedSession {
    try library.create(
      problem: Problem(id: "p", text: text), program: "1.0.0", wall: wall, suffix: { "x7" })
  }

  private func open(_ name: String) throws -> OpenedSession {
    try library.open(name, program: "1.0.0", wall: 1_795_271_999)
  }

  @Test func `the library's place comes from the first that says one`() {
    func root(_ explicit: String?, _ environment: [String: String]) -> String {
      Library.root(explicit: explicit, environment: environment).path
    }
    let all = ["ERRATUM_LIBRARY": "/e", "XDG_DATA_HOME": "/x", "HOME": "/h"]
    #expect(root("/a", all) == "/a")
    #expect(root("", all) == "/e")
    #expect(root(nil, all) == "/e")
    #expect(root("~/s", all) == "/h/s")
    #expect(root(nil, ["XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/erratum/sessions")
    #expect(
      root(nil, ["XDG_DATA_HOME": "relative", "HOME": "/h"]) == "/h/.local/share/erratum/sessions")
    #expect(root(nil, ["HOME": "/h"]) == "/h/.local/share/erratum/sessions")
  }

  @Test func `ids sort by time and say what they are about`() {
    func id(_ text: String) -> String {
      Library.id(problem: Problem(id: "p", text: text), wall: 1_795_271_130)
    }
    #expect(id("What is the sum of 17 and 18?") == "20261121-142530-sum-17-and")
    #expect(id("数を足す") == "20261121-142530-session")
    #expect(id("../../etc/passwd") == "20261121-142530-etc-passwd")
  }

  @Test func `a library without sessions lists the examples`() throws {
    let list = library.list()
    #expect(list.map(\.id) == ["marbles"])
    let example = try #require(list.first)
    #expect(example.isExample)
    #expect(example.lastActivity == example.created)
    #expect(example.title == "Tom has 17 marbles. He buys 3 bags with 6 marbles each. How ...")
    #expect(example.attempts == 2)
    #expect(example.rounds == 1)
    #expect(example.answer == "36")
    #expect(example.isCorrect == false)
    #expect(example.tokens == 8)
    #expect(!FileManager.default.fileExists(atPath: library.root.path))
  }

  @Test func `sessions are listed, opened and gone on with`() async throws {
    let first = try create("Count the apples")
    let second = try create("Count the apples")
    #expect(first.folder.id == "20261121-142530-count-apples")
    #expect(second.folder.id == "20261121-142530-count-apples-x7")
    let records = await first.writer?.append(
      [.failed(Failed(target: nil, message: "no server"))], at: 1.5
    ).records
    _ = await first.writer?.close()
    #expect(Set(library.list().map(\.id)).count == 3)

    let again = try open(first.folder.id)
    #expect(again.whyReadOnly == nil)
    #expect(again.session.eventCount == 3)
    #expect(again.session.time == 1.5)
    #expect(records?.first?.n == 1)
    #expect(again.writer?.startTime == 1.5)
    _ = second
  }

  @Test func `a name is an id, the beginning of one id, or a path`() async throws {
    let session = try create("Count the apples")
    let id = session.folder.id
    for name in [id, "20261121", session.folder.url.path, session.folder.journal.path] {
      let found = try library.resolve(name)
      #expect(found.id == id, "\(name)")
      #expect(!found.isExample)
    }
    #expect(try library.resolve("marb").isExample)
    #expect(
      try library.resolve(folder.url.appending(path: "examples/marbles").path).isExample)
    #expect(throws: JournalError.notFound(name: "pears")) { try library.resolve("pears") }
    #expect(throws: JournalError.notFound(name: "")) { try library.resolve("") }
    #expect(throws: JournalError.notFound(name: "/no/such")) { try library.resolve("/no/such") }
    _ = try create("Count the apples")
    #expect(throws: JournalError.ambiguous(name: "2026", candidates: [id, id + "-x7"])) {
      try library.resolve("2026")
    }
  }

  @Test func `a session written elsewhere opens for reading and says so`() throws {
    let first = try create("Count the apples")
    let second = try open(first.folder.id)
    #expect(second.writer == nil)
    guard case .locked(_, let holder?) = second.whyReadOnly else {
      Issue.record("\(String(describing: second.whyReadOnly))")
      return
    }
    #expect(holder.hasPrefix("erratum 1.0.0, process "))
    #expect(second.session == first.session)
  }

  @Test func `an example opens for reading, and its copy for writing`() async throws {
    let example = try open("marbles")
    #expect(example.writer == nil)
    #expect(example.whyReadOnly == .isExample(name: "marbles"))
    #expect(example.session.marks.count == 1)
    let copy = try library.copyExample(example.folder)
    let opened = try open(copy.url.path)
    #expect(!opened.folder.isExample)
    #expect(opened.writer != nil)
    #expect(opened.session.marks == example.session.marks)
    #expect(try library.copyExample(example.folder).id == "marbles-2")
  }

  @Test func `damaged sessions are listed with what is wrong`() throws {
    let session = try create("Count the apples")
    let empty = library.root.appending(path: "empty")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    try Data().write(to: empty.appending(path: "journal.jsonl"))
    let torn = try FileHandle(forWritingTo: session.folder.journal)
    try torn.seekToEnd()
    try torn.write(contentsOf: Data("{\"n\":1,\"t".utf8))
    let list = library.list()
    #expect(list.first { $0.id == "empty" }?.damage?.contains("is empty") == true)
    #expect(
      list.first { $0.id == session.folder.id }?.damage?.contains("9 bytes were dropped") == true)
  }

  @Test func `search finds words of problems and answers`() throws {
    let apples = try create("Count the green apples")
    _ = try create("Count the pears")
    #expect(library.search("appl green").map(\.id) == [apples.folder.id])
    #expect(library.search("36").map(\.id) == ["marbles"])
    #expect(library.search("\"( ' * -").count == 3)
    #expect(library.search("OR NEAR( \"").isEmpty)
    #expect(library.search("plums").isEmpty)
    #expect(library.search("").count == 3)
  }

  @Test func `the index is derived and disposable`() throws {
    _ = try create("Count the apples")
    let before = library.list()
    let index = library.root.appending(path: "index.sqlite")
    #expect(FileManager.default.fileExists(atPath: index.path))
    try Data("this is no database, and long enough to be one".utf8).write(to: index)
    func fresh() -> Library { Library(root: library.root, examples: library.examples) }
    #expect(fresh().list() == before)
    #expect(try Data(contentsOf: index).starts(with: Data("SQLite format 3".utf8)))
    try FileManager.default.removeItem(at: index)
    try FileManager.default.createDirectory(at: index, withIntermediateDirectories: true)
    #expect(fresh().list() == before)
    #expect(fresh().search("apples").count == 1)
  }

  @Test func `a changed journal is read again and a deleted one is gone`() async throws {
    let session = try create("Count the apples")
    #expect(library.list().first?.answer == nil)
    _ = await session.writer?.append(
      [
        .answerExtracted(
          AnswerExtracted(
            attempt: AttemptID("a1"), answer: "12", method: .boxed, isCorrect: nil))
      ], at: 1)
    #expect(library.list().first?.answer == "12")
    _ = await session.writer?.append(
      [
        .roundStarted(
          RoundStarted(
            round: RoundID("r1"), parent: AttemptID("a1"), strategy: .fromScratch, trigger: .asked))
      ], at: 2)
    let grown = try #require(library.list().first)
    #expect(grown.answer == "12" && grown.rounds == 1)
    let fresh = Library(root: folder.url.appending(path: "library"), examples: [])
    try FileManager.default.removeItem(at: library.root.appending(path: "index.sqlite"))
    #expect(fresh.list().first == grown)
    try FileManager.default.removeItem(at: session.folder.url)
    #expect(library.list().map(\.id) == ["marbles"])
    #expect(library.search("apples").isEmpty)
  }
}
