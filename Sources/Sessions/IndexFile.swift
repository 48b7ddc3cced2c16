import Foundation
import GRDB

/// The tables of the library's index, and how a file of them is opened.
enum IndexFile {
  /// A file with another number is made anew.
  static let version = 2

  private static let tables = """
    DROP TABLE IF EXISTS words;
    DROP TABLE IF EXISTS text;
    DROP TABLE IF EXISTS session;
    CREATE TABLE session (
      key INTEGER PRIMARY KEY, path TEXT UNIQUE, size INTEGER, modified INTEGER,
      annotations INTEGER, active REAL, isExample INTEGER, id TEXT, title TEXT, created REAL,
      attempts INTEGER, rounds INTEGER, tokens INTEGER, answer TEXT, isCorrect INTEGER,
      damage TEXT, ending TEXT, sets TEXT, models TEXT, annotators TEXT, labels INTEGER,
      disagreements INTEGER, isImported INTEGER);
    CREATE INDEX sessionActive ON session (isExample, active DESC, id);
    CREATE TABLE text (key INTEGER PRIMARY KEY, body TEXT, places TEXT);
    CREATE VIRTUAL TABLE words USING fts5(
      body, content='text', content_rowid='key', prefix='1 2 3',
      tokenize="unicode61 remove_diacritics 2");
    PRAGMA user_version = \(version);
    """

  // MARK: Opening

  /// The index at `path`, made anew where it is damaged or of another version.
  ///
  /// In memory where the file cannot be written or another program keeps it: a copy of what it
  /// says, if it can be read. `nil` only when SQLite itself fails.
  static func open(_ path: String) -> DatabaseQueue? {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else { return inMemory() }
    for _ in 0..<2 {
      let queue = try? DatabaseQueue(path: path, configuration: configuration)
      do {
        guard let queue else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN) }
        if (try? isCurrent(queue)) != true { try make(queue) }
        return queue
      } catch let error as DatabaseError {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_READONLY, .SQLITE_PERM:
          // Somebody else's work, or a place that is not ours to write: nothing to clear away.
          return inMemory(copying: queue)
        default: break
        }
      } catch { break }
      for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }
    return inMemory()
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(1)
    return configuration
  }

  private static func isCurrent(_ queue: DatabaseQueue) throws -> Bool {
    try queue.read { db in
      guard try Int.fetchOne(db, sql: "PRAGMA user_version") == version else { return false }
      _ = try Row.fetchOne(db, sql: "SELECT key, disagreements FROM session LIMIT 1")
      _ = try Row.fetchOne(db, sql: "SELECT rowid FROM words WHERE words MATCH 'a' LIMIT 1")
      return true
    }
  }

  private static func make(_ queue: DatabaseQueue) throws {
    try queue.write { try $0.execute(sql: tables) }
  }

  /// An index that is gone with the program.
  static func inMemory(copying file: DatabaseQueue? = nil) -> DatabaseQueue? {
    guard let queue = try? DatabaseQueue() else { return nil }
    if let file, (try? isCurrent(file)) == true, (try? file.backup(to: queue)) != nil {
      return queue
    }
    return (try? make(queue)) == nil ? nil : queue
  }

  // MARK: Rows

  struct Known {
    var size: Int
    var modified: Int
    var annotations: Int
    var summary: SessionSummary

    func isCurrent(_ files: SessionFiles) -> Bool {
      size == files.size && modified == files.modified && annotations == files.annotations
        && summary.isExample == files.folder.isExample
    }
  }

  private static let columns = """
    path, size, modified, annotations, isExample, id, title, created, attempts, rounds, tokens,
    answer, isCorrect, damage, ending, sets, models, annotators, labels, disagreements, isImported
    """

  /// The newest first where only some are wanted, else as they lie.
  static func rows(_ db: Database, most: Int? = nil) throws -> [Known] {
    let order =
      most.map { "ORDER BY isExample, active DESC, id LIMIT \($0)" } ?? ""
    let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM session \(order)")
    var known: [Known] = []
    while let row = try rows.next() {
      let modified: Int = row[2]
      var summary = SessionSummary(
        id: row[5], path: row[0], title: row[6], created: row[7],
        lastActivity: Double(modified) / 1e9, attempts: row[8], rounds: row[9], tokens: row[10],
        answer: row[11], isCorrect: row[12], isExample: row[4], damage: row[13])
      summary.ending = (row[14] as String?).flatMap(SessionSummary.Ending.init)
      summary.sets = split(row[15])
      summary.models = split(row[16])
      summary.annotators = split(row[17])
      summary.labels = row[18]
      summary.disagreements = row[19]
      summary.isImported = row[20]
      known.append(
        Known(size: row[1], modified: modified, annotations: row[3], summary: summary))
    }
    return known
  }

  /// Names hold no line feeds that matter: one that does is cut in two.
  private static func split(_ names: String?) -> [String] {
    guard let names, !names.isEmpty else { return [] }
    return names.split(separator: "\n").map(String.init)
  }

  static func delete(_ path: String, _ db: Database) throws {
    guard
      let key = try Int64.fetchOne(
        db, sql: "SELECT key FROM session WHERE path = ?", arguments: [path])
    else { return }
    // The index has no text of its own: it must be told what is taken away.
    try db.execute(
      sql: """
        INSERT INTO words (words, rowid, body) SELECT 'delete', key, body FROM text WHERE key = ?
        """, arguments: [key])
    try db.execute(sql: "DELETE FROM text WHERE key = ?", arguments: [key])
    try db.execute(sql: "DELETE FROM session WHERE key = ?", arguments: [key])
  }

  static func insert(_ files: SessionFiles, _ survey: SessionSurvey, _ db: Database) throws {
    let summary = survey.summary
    let activity = summary.isExample ? summary.created : summary.lastActivity
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO session (active, \(columns))
        VALUES (?\(String(repeating: ", ?", count: 21)))
        """)
    let values: [(any DatabaseValueConvertible)?] = [
      activity, summary.path, files.size, files.modified, files.annotations, summary.isExample,
      summary.id, summary.title, summary.created, summary.attempts, summary.rounds,
      summary.tokens, summary.answer, summary.isCorrect, summary.damage,
      summary.ending?.rawValue, summary.sets.joined(separator: "\n"),
      summary.models.joined(separator: "\n"), summary.annotators.joined(separator: "\n"),
      summary.labels, summary.disagreements, summary.isImported,
    ]
    try insert.execute(arguments: StatementArguments(values))
    let key = db.lastInsertedRowID
    let body = survey.text.body
    try db.cachedStatement(sql: "INSERT INTO text VALUES (?, ?, ?)")
      .execute(arguments: [key, body, PlaceList.encode(survey.text)])
    try db.cachedStatement(sql: "INSERT INTO words (rowid, body) VALUES (?, ?)")
      .execute(arguments: [key, body])
  }
}

/// The places of a session's text as one short column: names once, then numbers.
struct PlaceList: Codable {
  private var names: [String] = []
  /// Start, kind, attempt, critique, annotator, step; -1 for what is not there.
  private var rows: [[Int]] = []

  private static let kinds: [TextPlace.Kind] = [
    .problem, .thinking, .answer, .critique, .verdict, .label, .hint,
  ]

  static func encode(_ text: SessionText) -> String {
    var list = PlaceList()
    var numbers: [String: Int] = [:]
    func number(_ name: String?) -> Int {
      guard let name else { return -1 }
      if let known = numbers[name] { return known }
      numbers[name] = list.names.count
      list.names.append(name)
      return list.names.count - 1
    }
    for (place, start) in zip(text.places, text.starts) {
      list.rows.append([
        start, kinds.firstIndex(of: place.kind) ?? 0, number(place.attempt?.description),
        number(place.critique?.description), number(place.annotator), place.step ?? -1,
      ])
    }
    return (try? JSONEncoder().encode(list)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Without the words; nothing for a column that somebody else wrote.
  static func decode(_ column: String) -> SessionText {
    guard let list = try? JSONDecoder().decode(PlaceList.self, from: Data(column.utf8)) else {
      return SessionText()
    }
    var text: (places: [TextPlace], starts: [Int]) = ([], [])
    for row in list.rows where row.count == 6 && kinds.indices.contains(row[1]) {
      func name(_ index: Int) -> String? {
        list.names.indices.contains(row[index]) ? list.names[row[index]] : nil
      }
      text.starts.append(row[0])
      text.places.append(
        TextPlace(
          kinds[row[1]], attempt: name(2).map { AttemptID($0) },
          critique: name(3).map { CritiqueID($0) }, annotator: name(4),
          step: row[5] < 0 ? nil : row[5]))
    }
    return SessionText(places: text.places, starts: text.starts)
  }
}
