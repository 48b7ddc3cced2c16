import Foundation
import Testing

@testable import Sessions

@Suite struct JournalFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var journal: URL { folder.url.appending(path: "journal.jsonl") }

  private func tokens(_ words: String..., serial: Int) -> Event {
    var table = TokenTable()
    for word in words { table.append(Token(bytes: Array(word.utf8), logProbability: -0.5)) }
    return .tokens(
      TokensArrived(
        attempt: AttemptID("a1"), channel: .answer, firstSerial: serial, table: table))
  }

  private var started: Event {
    .attemptStarted(
      AttemptStarted(
        attempt: AttemptID("a1"), segmenter: 1,
        call: Call(
          model: ModelDescription(
            model: "m", dialect: "scripted", capabilities: Capabilities()),
          messages: [ChatMessage(.user, "17 + 18?")], parameters: SamplingParameters())))
  }

  private func create(files: FileSystem = .real) throws -> JournalWriter {
    try JournalWriter.create(
      in: folder.url, header: .sample, program: "1.0.0", wall: 10, files: files)
  }

  private func open() throws -> JournalWriter {
    try JournalWriter.open(folder.url, program: "1.0.0", wall: 20)
  }

  /// A small journal of four events after the opening.
  private func write() async throws -> [Record] {
    let writer = try create()
    var records = writer.opening
    records += await writer.append([started], at: 0.5).records
    records += await writer.append([tokens("a ", "b ", serial: 0)], at: 1).records
    records += await writer.append([tokens("c", serial: 2)], at: 2, sync: true).records
    records += await writer.append(
      [.attemptFinished(AttemptFinished(attempt: AttemptID("a1"), reason: .stop))], at: 3
    ).records
    #expect(await writer.close() == .saved)
    return records
  }

  @Test func `what was written is read, header and all`() async throws {
    let records = try await write()
    let reader = try JournalReader(folder.url)
    #expect(reader.header == .sample)
    #expect(try reader.allRecords() == records)
    let (session, damage) = try reader.session()
    #expect(damage.isEmpty)
    #expect(session == Session(header: .sample, replaying: records))
    #expect(session.attempts.first?.written.bytes == Array("a b c".utf8))
  }

  @Test func `a journal cut anywhere opens up to its last whole line and goes on`() async throws {
    let records = try await write()
    let whole = try [UInt8](Data(contentsOf: journal))
    let headerEnd = try #require(whole.firstIndex(of: 0x0A))
    for cut in stride(from: headerEnd + 1, to: whole.count, by: 1) {
      try Data(whole[..<cut]).write(to: journal)
      let lines = whole[..<cut].filter { $0 == 0x0A }.count - 1
      let kept = whole[..<cut].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      let reader = try JournalReader(folder.url)
      let (session, damage) = try reader.session()
      #expect(damage == JournalDamage(tornBytes: cut - kept), "cut at \(cut)")
      #expect(session == Session(header: .sample, replaying: records.prefix(lines)))

      let writer = try open()
      #expect(writer.droppedBytes == cut - kept)
      #expect(writer.opening.first?.n == lines)
      #expect(writer.startTime == records.prefix(lines).last?.t ?? 0)
      let next = await writer.append([.failed(Failed(target: nil, message: "x"))], at: 0)
      #expect(next.records.first?.t == writer.startTime)
      _ = await writer.close()
      let all = try JournalReader(folder.url).allRecords()
      #expect(all == records.prefix(lines) + writer.opening + next.records, "cut at \(cut)")
    }
  }

  @Test func `a header cut anywhere is said to be cut`() async throws {
    _ = try await write()
    let whole = try [UInt8](Data(contentsOf: journal))
    let headerEnd = try #require(whole.firstIndex(of: 0x0A))
    for cut in 1...headerEnd {
      try Data(whole[..<cut]).write(to: journal)
      #expect(throws: JournalError.damagedHeader(path: journal.path), "cut at \(cut)") {
        try JournalReader(folder.url)
      }
    }
  }

  @Test func `each kind of file that is no journal has its own error`() throws {
    func error(_ content: String) throws -> JournalError? {
      try Data(content.utf8).write(to: journal)
      return #expect(throws: JournalError.self) { try JournalReader(folder.url) }
    }
    let path = journal.path
    #expect(try error("") == .empty(path: path))
    #expect(try error("hello\n") == .notAJournal(path: path))
    #expect(try error("no line feed") == .notAJournal(path: path))
    #expect(
      try error("{\"erratum\":\"annotations\",\"format\":{\"major\":1,\"minor\":0}}\n")
        == .notAJournal(path: path))
    #expect(
      try error("{\"erratum\":\"journal\",\"format\":{\"major\":2,\"minor\":0}}\n")
        == .newerFormat(path: path, version: 2))
    #expect(
      try error("{\"erratum\":\"journal\",\"format\":{\"major\":1,\"minor\":0}}\n")
        == .damagedHeader(path: path))
    try FileManager.default.removeItem(at: journal)
    #expect(throws: JournalError.notAJournal(path: folder.url.path)) {
      try JournalReader(folder.url)
    }
    let nowhere = folder.url.appending(path: "nowhere")
    #expect(throws: JournalError.notFound(name: nowhere.path)) { try JournalReader(nowhere) }
    try FileManager.default.createDirectory(at: journal, withIntermediateDirectories: true)
    #expect(throws: JournalError.notAJournal(path: path)) { try JournalReader(folder.url) }
  }

  @Test func `lines that make no sense are stepped over and counted`() async throws {
    let records = try await write()
    var bytes = try Data(contentsOf: journal)
    bytes += Data("garbage\n\u{0}\u{0}\n{\"n\":-1,\"t\":0,\"kind\":\"opened\"}\n[]\n\n".utf8)
    bytes += Data([0xFF, 0xFE, 0x0A])
    bytes += Data("{\"n\":9,\"t\":4,\"kind\":\"failed\",\"message\":\"last\"}\n".utf8)
    try bytes.write(to: journal)
    let (session, damage) = try JournalReader(folder.url).session()
    #expect(damage.lineCount == 6)
    #expect(damage.lines.first == .badLine(number: records.count + 2, reason: "not JSON"))
    #expect(session.failures == [Failed(target: nil, message: "last")])
    #expect(session.eventCount == 10)
  }

  @Test func `a second writer is told who the first one is`() async throws {
    let first = try create()
    let error = #expect(throws: JournalError.self) { try open() }
    #expect(
      error
        == .locked(
          path: journal.path,
          holder: "erratum 1.0.0, process \(ProcessInfo.processInfo.processIdentifier)"))
    #expect(try JournalReader(folder.url).allRecords() == first.opening)
    _ = await first.close()
    _ = await (try open()).close()
  }

  @Test func `a folder that cannot be written opens for reading only`() async throws {
    let records = try await write()
    // A folder where the lock file should be stops even a superuser.
    let lock = URL(filePath: journal.path + ".lock")
    try FileManager.default.removeItem(at: lock)
    try FileManager.default.createDirectory(at: lock, withIntermediateDirectories: true)
    #expect(throws: JournalError.readOnly(path: journal.path, reason: "Is a directory")) {
      try open()
    }
    #expect(try JournalReader(folder.url).allRecords() == records)
  }

  @Test func `a branch takes over records with their times`() async throws {
    let records = try await write()
    let branch = folder.url.appending(path: "branch")
    let writer = try JournalWriter.create(
      in: branch, header: .sample, program: "1.0.0", wall: 30)
    let unknown = Record(n: 9, t: 9, event: .unknown(kind: "x", line: [UInt8](#"{"n":9}"#.utf8)))
    let adopted = await writer.adopt(records + [unknown])
    #expect(adopted.status == .saved)
    #expect(adopted.records.map(\.event) == records.map(\.event))
    #expect(adopted.records.map(\.t) == records.map(\.t))
    #expect(adopted.records.map(\.n) == records.map { $0.n + 1 })
    #expect(try JournalReader(branch).allRecords() == writer.opening + adopted.records)
    #expect(await writer.close() == .saved)
    #expect(await writer.close() == .saved)
  }

  @Test func `every error is a sentence that ends with what to do`() {
    let errors: [JournalError] = [
      .notFound(name: "x"), .ambiguous(name: "x", candidates: ["x1", "x2"]),
      .notAJournal(path: "x"), .empty(path: "x"), .damagedHeader(path: "x"),
      .newerFormat(path: "x", version: 2), .unreadable(path: "x", reason: "y"),
      .locked(path: "x", holder: nil), .readOnly(path: "x", reason: "y"),
      .alreadyExists(path: "x"), .badName(name: ""), .isExample(name: "x"),
      .badLine(number: 3, reason: "y"),
    ]
    for error in errors {
      #expect(error.sentence.hasSuffix(".") && error.sentence.contains(" "), "\(error)")
      #expect(!error.sentence.contains("Optional"), "\(error)")
    }
    #expect(
      JournalError.locked(path: "/s", holder: "erratum 1.0, process 7").sentence
        == "/s is being written by erratum 1.0, process 7; it is open for reading only,"
        + " close the other one to go on here.")
  }

  @Test func `an existing journal is never begun again`() async throws {
    _ = try await write()
    #expect(throws: JournalError.alreadyExists(path: journal.path)) { try create() }
  }

  @Test func `what a full disk refused is written in order when there is room`() async throws {
    let disk = FullDisk()
    let writer = try create(files: disk.files)
    var records = writer.opening
    disk.room.with { $0 = 40 }
    let refused = await writer.append([started, tokens("a", serial: 0)], at: 1)
    records += refused.records
    #expect(refused.status == .notSaved(reason: "No space left on device", lines: 2))
    #expect(try JournalReader(folder.url).allRecords() == writer.opening)
    records += await writer.append([tokens("b", serial: 1)], at: 2).records
    #expect(
      await writer.status == .notSaved(reason: "No space left on device", lines: 3))
    disk.room.with { $0 = .max }
    records += await writer.append([tokens("c", serial: 2)], at: 3).records
    #expect(await writer.status == .saved)
    let (session, damage) = try JournalReader(folder.url).session()
    #expect(damage.isEmpty)
    #expect(session == Session(header: .sample, replaying: records))
  }

  @Test func `a library that cannot be made keeps events in memory until it can`() async throws {
    let blocked = folder.url.appending(path: "library")
    try Data("a file in the way".utf8).write(to: blocked)
    let place = blocked.appending(path: "s1")
    let writer = try JournalWriter.create(
      in: place, header: .sample, program: "1.0.0", wall: 10)
    let first = await writer.append([started], at: 1)
    #expect(first.status == .notSaved(reason: "Not a directory", lines: 3))
    try FileManager.default.removeItem(at: blocked)
    let second = await writer.append([tokens("a", serial: 0)], at: 2, sync: true)
    #expect(second.status == .saved)
    #expect(
      try JournalReader(place).allRecords() == writer.opening + first.records + second.records)
  }

  @Test func `a device that is always full is said to be`() async throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    _ = try await write()
    let files = FileSystem(
      write: { _, bytes, offset in
        let full = Foundation.open("/dev/full", O_WRONLY)
        defer { close(full) }
        return pwrite(full, bytes.baseAddress, bytes.count, off_t(offset))
      }, sync: { _ in 0 }, makeFolder: { _ in 0 })
    let writer = try JournalWriter.open(folder.url, program: "1.0.0", wall: 20, files: files)
    #expect(
      await writer.status == .notSaved(reason: "No space left on device", lines: 1))
  }
}

/// A disk with so many bytes of room, which writes as much as fits and then refuses.
final class FullDisk: Sendable {
  let room = Guarded(Int.max)

  var files: FileSystem {
    FileSystem(
      write: { [room] file, bytes, offset in
        room.with { room in
          let count = min(room, bytes.count)
          guard count > 0 else {
            errno = ENOSPC
            return -1
          }
          if room != .max { room -= count }
          return pwrite(file, bytes.baseAddress, count, off_t(offset))
        }
      }, sync: FileSystem.real.sync, makeFolder: FileSystem.real.makeFolder)
  }
}
