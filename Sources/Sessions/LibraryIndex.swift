import Foundation
import GRDB

/// A journal as the file system shows it, before it is opened.
struct JournalFile {
  var folder: SessionFolder
  var size: Int
  /// Nanoseconds since 1970.
  var modified: Int

  /// The session folders in `folder`; none when it is missing or cannot be read.
  static func all(in folder: URL, isExample: Bool) -> [JournalFile] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.compactMap { name in
      guard !name.hasPrefix(".") else { return nil }
      let path = "\(folder.path)/\(name)"
      var status = stat()
      guard stat("\(path)/journal.jsonl", &status) == 0 else { return nil }
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      return JournalFile(
        folder: SessionFolder(
          id: name, url: URL(filePath: path, directoryHint: .isDirectory), isExample: isExample),
        size: Int(status.st_size), modified: time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }
  }
}

/// What lists and searches need of every session, kept in SQLite.
///
/// Derived and disposable: whatever is wrong with the file, it is made again from the journals,
/// and where it cannot be made it lives in memory.
final class LibraryIndex: Sendable {
  private let path: String
  private static let version = 1
  /// Opened when first needed; `NSLock` guards it.
  private let queue = Guarded<DatabaseQueue?>(nil)

  init(path: String) { self.path = path }

  private func database() -> DatabaseQueue? {
    queue.with { queue in
      if queue == nil { queue = Self.open(path) }
      return queue
    }
  }

  private static func open(_ path: String) -> DatabaseQueue? {
    var configuration = Configuration()
    configuration.busyMode = .timeout(1)
    let folder = URL(filePath: path).deletingLastPathComponent().path
    if FileManager.default.fileExists(atPath: folder) {
      for _ in 0..<2 {
        if let queue = try? DatabaseQueue(path: path, configuration: configuration),
          (try? prepare(queue)) != nil
        {
          return queue
        }
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
      }
    }
    guard let queue = try? DatabaseQueue() else { return nil }
    return (try? prepare(queue)) == nil ? nil : queue
  }

  private static func prepare(_ queue: DatabaseQueue) throws {
    try queue.write { db in
      if try Int.fetchOne(db, sql: "PRAGMA user_version") == version {
        _ = try Row.fetchOne(db, sql: "SELECT * FROM session LIMIT 1")
        return
      }
      try db.execute(
        sql: """
          DROP TABLE IF EXISTS session;
          DROP TABLE IF EXISTS words;
          CREATE TABLE session (
            path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, isExample INTEGER, id TEXT,
            title TEXT, problemID TEXT, problemText TEXT, created REAL, attempts INTEGER, rounds INTEGER,
            tokens INTEGER, answer TEXT, isCorrect INTEGER, damage TEXT);
          CREATE VIRTUAL TABLE words USING fts5(path UNINDEXED, text);
          PRAGMA user_version = \(version);
          """)
    }
  }

  /// Brings the index up to date with `files` and answers what it then says.
  func refresh(_ files: [JournalFile]) -> [SessionSummary] {
    let database = database()
    let known = database.flatMap { try? $0.read(Self.rows) } ?? [:]
    var summaries: [SessionSummary] = []
    var fresh: [(JournalFile, SessionSummary)] = []
    summaries.reserveCapacity(files.count)
    var paths = Set<String>()
    for file in files {
      let path = file.folder.url.path
      paths.insert(path)
      if let row = known[path], row.size == file.size, row.modified == file.modified {
        summaries.append(row.summary)
      } else {
        let summary = SessionSummary(
          folder: file.folder, size: file.size, modified: Double(file.modified) / 1e9,
          continuing: known[path].map { ($0.summary, $0.size) })
        fresh.append((file, summary))
        summaries.append(summary)
      }
    }
    let gone = known.keys.filter { !paths.contains($0) }
    if !fresh.isEmpty || !gone.isEmpty {
      try? database?.write { db in
        for path in gone { try Self.delete(path, db) }
        for (file, summary) in fresh { try Self.insert(file, summary, db) }
      }
    }
    return summaries
  }

  private struct Known {
    var size: Int
    var modified: Int
    var summary: SessionSummary
  }

  @Sendable private static func rows(_ db: Database) throws -> [String: Known] {
    var known: [String: Known] = [:]
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT path, size, modified, isExample, id, title, problemID, problemText, created,
          attempts, rounds, tokens, answer, isCorrect, damage FROM session
        """)
    while let row = try rows.next() {
      let path: String = row[0]
      let modified: Int = row[2]
      known[path] = Known(
        size: row[1], modified: modified,
        summary: SessionSummary(
          id: row[4], path: path, title: row[5], problemID: row[6], problemText: row[7],
          created: row[8], lastActivity: Double(modified) / 1e9, attempts: row[9],
          rounds: row[10], tokens: row[11], answer: row[12], isCorrect: row[13],
          isExample: row[3], damage: row[14]))
    }
    return known
  }

  private static func delete(_ path: String, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM session WHERE path = ?", arguments: [path])
    try db.execute(sql: "DELETE FROM words WHERE path = ?", arguments: [path])
  }

  private static func insert(
    _ file: JournalFile, _ summary: SessionSummary, _ db: Database
  ) throws {
    try delete(summary.path, db)
    try db.execute(
      sql: "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        summary.path, file.size, file.modified, summary.isExample, summary.id, summary.title,
        summary.problemID, summary.problemText, summary.created, summary.attempts, summary.rounds,
        summary.tokens,
        summary.answer, summary.isCorrect, summary.damage,
      ])
    let text = [summary.problemText, summary.problemID, summary.answer, summary.id]
    try db.execute(
      sql: "INSERT INTO words VALUES (?, ?)",
      arguments: [summary.path, text.compactMap { $0 }.joined(separator: "\n")])
  }

  /// Paths of the sessions that hold all words; `nil` when there is no word to look for.
  func search(_ text: String) -> Set<String>? {
    guard let pattern = FTS5Pattern(matchingAllPrefixesIn: text) else { return nil }
    let found = try? database()?.read { db in
      try String.fetchSet(
        db, sql: "SELECT path FROM words WHERE words MATCH ?", arguments: [pattern])
    }
    return found ?? []
  }
}

/// A value behind a lock.
///
/// The lock is `lock`; nothing reaches `value` but through ``with(_:)``.
final class Guarded<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
