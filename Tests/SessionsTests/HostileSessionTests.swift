import Foundation
import Testing

@testable import Sessions

/// Session folders from people who mean harm.
@Suite struct HostileSessionTests {
  private func session(_ folder: TemporaryFolder) async throws -> SessionFolder {
    let library = Library(root: folder.url)
    let opened = try library.create(problem: .marbles, program: "1", wall: 1e9)
    _ = await opened.writer?.close()
    return opened.folder
  }

  @Test func `a link in a lock's place leaves what it leads to as it is`() async throws {
    let folder = try TemporaryFolder()
    let found = try await session(folder)
    let precious = folder.url.appending(path: "precious")
    try Data("years of work".utf8).write(to: precious)
    let lock = URL(filePath: found.journal.path + ".lock")
    try? FileManager.default.removeItem(at: lock)
    try FileManager.default.createSymbolicLink(at: lock, withDestinationURL: precious)
    let opened = try Library(root: folder.url).open(found.id, program: "1", wall: 2e9)
    #expect(opened.writer == nil && opened.whyReadOnly != nil)
    #expect(try String(contentsOf: precious, encoding: .utf8) == "years of work")
  }

  @Test func `a pipe or a device in a journal's place is refused at once`() async throws {
    let folder = try TemporaryFolder()
    let found = try await session(folder)
    try FileManager.default.removeItem(at: found.journal)
    #expect(mkfifo(found.journal.path, 0o600) == 0)
    #expect(throws: JournalError.self) { try JournalReader(found.url) }
    #expect(Library(root: folder.url).list().first?.damage != nil)
    unlink(found.journal.path)
    try FileManager.default.createSymbolicLink(
      at: found.journal, withDestinationURL: URL(filePath: "/dev/zero"))
    #expect(throws: JournalError.self) { try JournalReader(found.url) }
  }

  @Test(arguments: ["../../x", "..", "/etc/passwd", "a/b", "", ".hidden", "a\u{0}b", "a\nb"])
  func `no annotator's name leads out of the folder`(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let found = try await session(folder)
    #expect(throws: JournalError.badName(name: name)) {
      try AnnotationFile.open(found, annotator: name, program: "1", wall: 1)
    }
  }

  @Test func `a problem's text cannot choose where its session lives`() {
    for text in ["../../x", "/etc/passwd", "\u{0}", "..\\..\\x", "漢字"] {
      let problem = Problem(id: "../x", text: text, source: "../y")
      let id = Library.id(problem: problem, wall: 1e300)
      #expect(id.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
    }
  }

  @Test func `a step's index is its place, whatever its line says`() {
    var session = Session(header: .sample)
    let line =
      #"{"n":1,"t":0,"kind":"stepClosed","attempt":"a1","channel":"answer","index":900,"start":0,"#
      + #""end":4503599627370495,"segmenter":1,"measures":{"tokens":4294967295,"measured":1}}"#
    var random = RandomEvents(seed: 1)
    while session.attempts.isEmpty {
      if case .attemptStarted(var started) = random.event(kind: 3) {
        started.attempt = AttemptID("a1")
        session.apply(Record(n: 0, t: 0, event: .attemptStarted(started)))
      }
    }
    for _ in 0..<3 {
      if let record = JournalDecoder().line(Array(line.utf8)).record { session.apply(record) }
    }
    #expect(session.attempts[0].steps.map(\.index) == [0, 1, 2])
    #expect(session.attempts[0].steps.allSatisfy { session.attempts[0].bytes(of: $0).isEmpty })
  }

  @Test(arguments: [
    #"{"n":0,"t":0,"kind":"retryScheduled","target":{"attempt":"a1"},"delay":1,"number":9223372036854775807,"reason":""}"#,
    #"{"n":0,"t":0,"kind":"stepClosed","attempt":"a1","channel":"answer","index":0,"start":0,"end":1,"segmenter":1,"measures":{"tokens":9223372036854775807,"measured":0}}"#,
    #"{"n":0,"t":0,"kind":"stepClosed","attempt":"a1","channel":"answer","index":0,"start":0,"end":1,"segmenter":1,"measures":{"tokens":1,"measured":-1}}"#,
  ])
  func `numbers that sums could not bear are refused`(_ text: String) {
    #expect(JournalDecoder().line(Array(text.utf8)).problem != nil)
  }

  @Test func `an index cannot stand for more than its journal could hold`() async throws {
    let folder = try TemporaryFolder()
    let found = try await session(folder)
    let reader = try JournalReader(found.url)
    let size = reader.fileSize
    let line =
      #"{"n":1,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"count":\#(size),"bytes":\#(size)}"#
    let lines = Array(String(repeating: line + "\n", count: 5).utf8)
    #expect(throws: JournalError.self) {
      try reader.preview(JournalPreview.Condensed(lines: lines, tail: size))
    }
  }
}
