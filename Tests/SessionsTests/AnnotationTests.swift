import Foundation
import Testing

@testable import Sessions

@Suite struct AnnotationTests {
  private let temporary: TemporaryFolder
  private let folder: SessionFolder

  init() throws {
    temporary = try TemporaryFolder()
    let url = temporary.url.appending(path: "s1")
    let frozen = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Journals/1.0/journal.jsonl")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: frozen, to: url.appending(path: "journal.jsonl"))
    folder = SessionFolder(id: "s1", url: url)
  }

  private func open(_ name: String) throws -> AnnotationFile {
    try AnnotationFile.open(folder, annotator: name, program: "1.0.0", wall: 100)
  }

  private func mark(
    _ verdict: Verdict?, by name: String, at wall: Double, end: Int = 29
  ) -> Event {
    .marked(
      Marked(
        step: StepID(attempt: AttemptID("a1"), index: 1), verdict: verdict, annotator: name,
        wall: wall, channel: .answer, start: 19, end: end))
  }

  private func marks() throws -> [StepID: Verdict] {
    var (session, _) = try JournalReader.session(folder.url)
    session.apply(LabelBook.all(in: folder).books)
    return session.marks
  }

  @Test func `marks of several annotators are merged by time`() async throws {
    let ada = try open("ada")
    let bob = try open("Bob-二")
    _ = await ada.append([mark(.correct, by: "ada", at: 10), mark(.incorrect, by: "ada", at: 30)])
    _ = await bob.append([mark(.unsure, by: "Bob-二", at: 20)])
    #expect(try marks().values.map(\.self) == [.incorrect])
    _ = await bob.append([mark(nil, by: "Bob-二", at: 40)])
    #expect(try marks().isEmpty)
  }

  @Test func `a mark made on other bytes is not put on the step there now`() async throws {
    _ = await (try open("ada")).append([mark(.correct, by: "ada", at: 10, end: 28)])
    #expect(try marks().isEmpty)
  }

  @Test func `a file goes on where it ended, torn tail and all`() async throws {
    let first = try open("ada")
    _ = await first.append([mark(.correct, by: "ada", at: 10)])
    #expect(throws: JournalError.self) { try open("ada") }
    #expect(await first.close() == .saved)
    let file = try FileHandle(forWritingTo: URL(filePath: first.path))
    try file.seekToEnd()
    try file.write(contentsOf: Data("{\"n\":1".utf8))
    let second = try open("ada")
    #expect(second.droppedBytes == 6)
    let (records, status) = await second.append([mark(.unsure, by: "ada", at: 20)])
    #expect(records.map(\.n) == [1])
    #expect(status == .saved)
    let changes = try LabelBook.read(atPath: first.path).entries.values.first?.changes
    #expect(changes?.map(\.label.verdict) == [.correct, .unsure])
  }

  @Test func `names that are no file names are refused`() {
    for name in ["", ".", "..", "a/b", "a\nb", "../x", String(repeating: "a", count: 101)] {
      #expect(throws: JournalError.badName(name: name)) { try open(name) }
    }
  }

  @Test func `an unreadable file is told and the others are read`() async throws {
    _ = await (try open("ada")).append([mark(.correct, by: "ada", at: 10)])
    try Data("nonsense\n".utf8).write(to: folder.annotations.appending(path: "eve.jsonl"))
    let (books, damage) = LabelBook.all(in: folder)
    #expect(books.map(\.annotator) == ["ada"])
    #expect(damage == [.notAJournal(path: folder.annotations.appending(path: "eve.jsonl").path)])
  }
}
