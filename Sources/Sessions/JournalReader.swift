import Foundation

/// Reads a journal from its file, piece by piece.
package struct JournalReader: Sendable {
  package let path: String
  package let header: Header
  private let file: FileHandleBox
  /// Where the events begin.
  let firstLine: Int

  /// Opens a journal and reads its first line; `url` names the file or the session's folder.
  package init(_ url: URL) throws(JournalError) {
    let folder = url.appending(path: "journal.jsonl", directoryHint: .notDirectory).path
    path = FileManager.default.fileExists(atPath: folder) ? folder : url.path
    file = try Self.open(path)
    let first = try Self.firstLine(of: file, path)
    firstLine = first.count + 1
    header = try Self.header(first, path)
  }

  static func open(_ path: String) throws(JournalError) -> FileHandleBox {
    let file: FileHandleBox
    let status: stat
    do {
      file = try FileHandleBox.open(path)
      status = try file.status()
    } catch  where error.code == ENOENT {
      throw .notFound(name: path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAJournal(path: path) }
    guard status.st_size > 0 else { throw .empty(path: path) }
    return file
  }

  static func firstLine(of file: FileHandleBox, _ path: String) throws(JournalError) -> [UInt8] {
    var first: [UInt8]?
    do {
      _ = try LineReader(file, pieceSize: 1 << 16).lines { line, _ in
        first = line.map { Array($0) }
        return false
      }
      if first == nil, let start = try? file.bytes(at: 0, count: 64) {
        throw Self.looksLikeHeader(start)
          ? JournalError.damagedHeader(path: path) : .notAJournal(path: path)
      }
    } catch let error as JournalError {
      throw error
    } catch {
      throw .unreadable(path: path, reason: (error as? StorageError)?.reason ?? "\(error)")
    }
    guard let first else { throw .notAJournal(path: path) }
    return first
  }

  private static func looksLikeHeader(_ bytes: [UInt8]) -> Bool {
    let mark = Array(#"{"erratum":"#.utf8)
    return bytes.prefix(mark.count).elementsEqual(mark.prefix(bytes.count))
  }

  private struct Mark: Decodable {
    var erratum: String
    var format: Header.Version
  }

  static func header(_ line: [UInt8], _ path: String) throws(JournalError) -> Header {
    try decode(Header.self, "journal", line, path)
  }

  /// Reads a first line in three looks: is it ours, is it not too new, is it whole.
  static func decode<Content: Decodable>(
    _ type: Content.Type, _ kind: String, _ line: [UInt8], _ path: String
  ) throws(JournalError) -> Content {
    let decoder = JSONDecoder()
    let data = Data(line)
    guard let mark = try? decoder.decode(Mark.self, from: data) else {
      throw looksLikeHeader(line) ? .damagedHeader(path: path) : .notAJournal(path: path)
    }
    guard mark.erratum == kind else { throw .notAJournal(path: path) }
    guard mark.format.major <= Header.currentFormat.major else {
      throw .newerFormat(path: path, version: mark.format.major)
    }
    guard let content = try? decoder.decode(type, from: data) else {
      throw .damagedHeader(path: path)
    }
    return content
  }

  /// Hands over the records in batches, oldest first, until `body` answers false.
  ///
  /// - Parameter body: gets a batch and how much of the file has been read, from 0 to 1.
  @discardableResult
  package func records(
    batchSize: Int = 512, _ body: (_ batch: [Record], _ progress: Double) throws -> Bool
  ) throws -> JournalDamage {
    try records(from: firstLine, batchSize: batchSize, body)
  }

  /// - Parameters:
  ///   - start: where a line begins.
  ///   - end: lines that begin there or later are left alone.
  func records(
    from start: Int, upTo end: Int = .max, batchSize: Int = 512,
    decoder: JournalDecoder = JournalDecoder(),
    _ body: (_ batch: [Record], _ progress: Double) throws -> Bool
  ) throws -> JournalDamage {
    let size = max(file.size, 1)
    var damage = JournalDamage()
    var batch: [Record] = []
    batch.reserveCapacity(batchSize)
    var number = 1
    var goesOn = true
    let torn = try LineReader(file).lines(from: start) { bytes, offset in
      guard offset < end else { return false }
      number += 1
      guard let bytes else {
        damage.note(line: number, "longer than any event")
        return true
      }
      let line = decoder.line(bytes)
      if let problem = line.problem { damage.note(line: number, problem) }
      if let record = line.record { batch.append(record) }
      guard batch.count >= batchSize else { return true }
      goesOn = try body(batch, Double(offset) / Double(size))
      batch.removeAll(keepingCapacity: true)
      return goesOn
    }
    if goesOn && !batch.isEmpty { _ = try body(batch, 1) }
    damage.tornBytes = torn
    return damage
  }

  /// The records, all at once: for journals of an ordinary size.
  package func allRecords() throws -> [Record] {
    var all: [Record] = []
    try records { batch, _ in
      all += batch
      return true
    }
    return all
  }

  /// The session as the journal tells it, to the end.
  package func session(
    progress: (Double) -> Void = { _ in }
  ) throws -> (session: Session, damage: JournalDamage) {
    var session = Session(header: header)
    let damage = try records { batch, done in
      for record in batch { session.apply(record) }
      progress(done)
      return true
    }
    return (session, damage)
  }

  package static func session(
    _ url: URL
  ) throws -> (session: Session, damage: JournalDamage) {
    try JournalReader(url).session()
  }

  var fileSize: Int { file.size }
  var fileHandle: FileHandleBox { file }
}
