import Foundation
import Testing

@testable import Sessions

@Suite struct LibraryKeepingTests {
  private let shelf: Shelf
  private var library: Library { shelf.library }

  init() throws { shelf = try Shelf() }

  private func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  @Test func `a session gets another name and is the same under it`() async throws {
    let folder = try await shelf.add("Count the apples")
    try await shelf.label(folder, by: "ada", [1: .correct])
    let before = try library.read(folder).session
    let renamed = try library.rename(folder, to: "apples.v2")
    #expect(library.list().map(\.id) == ["apples.v2"])
    #expect(try library.read(library.resolve("apples")).session == before)
    #expect(library.search("apples").map(\.annotators) == [["ada"]])
    #expect(!exists(folder.url) && exists(renamed.url))
    let opened = try library.open("apples.v2", program: "1", wall: 2e9)
    #expect(opened.whyReadOnly == nil)
  }

  @Test(arguments: [
    "", ".", "..", ".hidden", "a/b", "../x", "a\u{0}", "a\nb", "-x", "index.sqlite", "x.jsonl",
    "tab\t", "a b", String(repeating: "x", count: 201),
  ])
  func `a bad name is refused`(_ name: String) async throws {
    let folder = try await shelf.add("Count the apples")
    #expect(throws: LibraryError.badID(name)) { try library.rename(folder, to: name) }
    #expect(exists(folder.url))
  }

  @Test func `a name that is taken is refused`() async throws {
    let one = try await shelf.add("One")
    let other = try await shelf.add("Other")
    #expect(throws: LibraryError.taken(id: other.id)) { try library.rename(one, to: other.id) }
    #expect(throws: LibraryError.taken(id: one.id)) { try library.rename(one, to: one.id) }
    #expect(library.list().count == 2)
  }

  @Test func `what somebody writes is neither renamed nor deleted`() async throws {
    let opened = try library.create(
      problem: Problem(id: "p", text: "Apples"), program: "7", wall: 1e9)
    let id = opened.folder.id
    func isRefused(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return false
      } catch LibraryError.inUse(id, let holder) {
        return holder?.hasPrefix("erratum 7") == true
      } catch {
        return false
      }
    }
    #expect(isRefused { _ = try library.rename(opened.folder, to: "x") })
    #expect(isRefused { _ = try library.delete(opened.folder) })
    _ = await opened.writer?.close()
    // An annotator's file counts as well.
    let labels = try AnnotationFile.open(opened.folder, annotator: "ada", program: "7", wall: 1)
    _ = await labels.append([
      .revealed(Revealed(attempt: AttemptID("a1"), annotator: "ada", wall: 1))
    ])
    #expect(isRefused { _ = try library.delete(opened.folder) })
    _ = await labels.close()
    #expect(try library.delete(opened.folder) == id)
  }

  @Test func `an example and a folder elsewhere stay where they are`() async throws {
    let examples = shelf.folder.url.appending(path: "examples")
    let made = try await shelf.add("Apples")
    let example = examples.appending(path: "apples")
    try FileManager.default.createDirectory(at: examples, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: made.url, to: example)
    let outside = shelf.folder.url.appending(path: "outside")
    try FileManager.default.copyItem(at: made.url, to: outside)
    let library = Library(root: library.root, examples: [examples])
    #expect(throws: LibraryError.isExample(id: "apples", toDo: "deleted")) {
      try library.delete(library.resolve("apples"))
    }
    #expect(throws: LibraryError.outside(path: outside.path, library: library.root.path)) {
      try library.delete(library.resolve(outside.path))
    }
    #expect(throws: LibraryError.taken(id: "apples")) { try library.rename(made, to: "apples") }
    #expect(exists(example) && exists(outside))
  }

  @Test func `what is deleted is out of sight and can be brought back`() async throws {
    let folder = try await shelf.add("Count the apples")
    let list = library.list()
    let name = try library.delete(folder)
    #expect(library.list().isEmpty && library.search("apples").isEmpty)
    #expect(throws: JournalError.notFound(name: folder.id)) { try library.resolve(folder.id) }
    #expect(library.trashed().map(\.id) == [name])
    #expect(try library.restore(name).id == folder.id)
    #expect(library.list().map(\.title) == list.map(\.title))
    #expect(library.trashed().isEmpty)
  }

  @Test func `two of one name share the trash, and come back side by side`() async throws {
    var names: [String] = []
    for _ in 0..<2 { names.append(try library.delete(try await shelf.add("Apples"))) }
    #expect(names[1] == names[0] + "~2")
    let back = try names.map { try library.restore($0).id }
    #expect(back == [names[0], names[0] + "-2"])
    #expect(throws: LibraryError.notInTrash(id: "pears", nearest: nil)) {
      try library.restore("pears")
    }
    for name in ["../" + back[0], "", "."] {
      #expect(throws: LibraryError.self) { try library.restore(name) }
    }
  }

  @Test func `the trash is emptied, and a link in it leads nowhere`() async throws {
    let precious = shelf.folder.url.appending(path: "precious")
    try FileManager.default.createDirectory(at: precious, withIntermediateDirectories: true)
    try Data("years".utf8).write(to: precious.appending(path: "work"))
    _ = try library.delete(try await shelf.add("Apples"))
    try FileManager.default.createSymbolicLink(
      at: library.trash.appending(path: "link"), withDestinationURL: precious)
    #expect(try library.emptyTrash() == 1)
    #expect(!exists(library.trash) && exists(precious.appending(path: "work")))
    #expect(try library.emptyTrash() == 0)
  }
}
