import Foundation
import GRDB

/// What lists and searches need of every session, kept in SQLite.
///
/// Derived and disposable: whatever is wrong with the file, it is made again from the sessions,
/// and where it cannot be written it lives in memory. `docs/library.md` says what is in it.
final class LibraryIndex: Sendable {
  private let path: String
  /// Opened when first needed.
  private let queue = Guarded<DatabaseQueue?>(nil)
  /// Held while sessions are read, so that two lists do not read them twice.
  private let reading = Guarded(())

  /// Sessions read and written at a time, and bytes of their journals.
  private static let batch = (sessions: 128, bytes: 64 << 20)

  init(path: String) { self.path = path }

  private func database() -> DatabaseQueue? {
    queue.with { queue in
      if queue == nil { queue = IndexFile.open(path) }
      return queue
    }
  }

  // MARK: Lists

  /// What was known when the index was last brought up to date; the newest `most` of it.
  ///
  /// Looks at no session, and is there at once.
  func remembered(most: Int) -> [SessionSummary] {
    let known = try? database()?.read { db in try IndexFile.rows(db, most: most) }
    return (known ?? []).map(\.summary)
  }

  /// Brings the index up to date with `files` and answers what it then says.
  ///
  /// - Parameter progress: told how many of the sessions that had to be read have been, and of
  ///   how many.
  func refresh(
    _ files: [SessionFiles], progress: (Int, Int) -> Void = { _, _ in }
  ) -> [SessionSummary] {
    reading.with { _ in
      var known: [String: IndexFile.Known] = [:]
      for row in (try? database()?.read { try IndexFile.rows($0) }) ?? [] {
        known[row.summary.path] = row
      }
      var summaries: [SessionSummary] = []
      summaries.reserveCapacity(files.count)
      var stale: [SessionFiles] = []
      for file in files {
        if let row = known.removeValue(forKey: file.path), row.isCurrent(file) {
          summaries.append(row.summary)
        } else {
          stale.append(file)
        }
      }
      // Those left over have no folder any more.
      forget(Array(known.keys))
      summaries += read(stale, progress)
      for index in summaries.indices where summaries[index].ending == .open {
        summaries[index].isWritten = SessionFiles.isWritten(summaries[index].path)
      }
      return summaries
    }
  }

  private func read(
    _ stale: [SessionFiles], _ progress: (Int, Int) -> Void
  ) -> [SessionSummary] {
    var summaries: [SessionSummary] = []
    var next = stale.startIndex
    while next < stale.endIndex {
      var end = next
      var bytes = 0
      while end < stale.endIndex, end - next < Self.batch.sessions, bytes < Self.batch.bytes {
        bytes += stale[end].size
        end += 1
      }
      let files = Array(stale[next..<end])
      let surveys = Self.surveys(of: files)
      keep(Array(zip(files, surveys)))
      summaries += surveys.map(\.summary)
      next = end
      progress(next, stale.count)
    }
    return summaries
  }

  /// On all cores: most of the time goes into reading JSON.
  private static func surveys(of files: [SessionFiles]) -> [SessionSurvey] {
    guard files.count > 1 else { return files.map(SessionSurvey.init) }
    let surveys = Guarded([SessionSurvey?](repeating: nil, count: files.count))
    DispatchQueue.concurrentPerform(iterations: files.count) { index in
      let survey = SessionSurvey(files[index])
      surveys.with { $0[index] = survey }
    }
    return surveys.with { $0 }.compactMap(\.self)
  }

  private func keep(_ batch: [(SessionFiles, SessionSurvey)]) {
    write { db in
      for (files, survey) in batch {
        try IndexFile.delete(survey.summary.path, db)
        try IndexFile.insert(files, survey, db)
      }
    }
  }

  private func forget(_ paths: [String]) {
    guard !paths.isEmpty else { return }
    write { db in for path in paths { try IndexFile.delete(path, db) } }
  }

  /// Where the file cannot be written (any more), what it says goes on in memory.
  private func write(_ body: (Database) throws -> Void) {
    guard let database = database() else { return }
    if (try? database.write(body)) != nil { return }
    guard let copy = IndexFile.inMemory(copying: database) else { return }
    queue.with { $0 = copy }
    try? copy.write(body)
  }

  // MARK: Words

  /// Paths of the sessions that hold all words; `nil` when there is no word to look for.
  func paths(holding words: [String]) -> Set<String>? {
    guard let pattern = Self.pattern(words) else { return nil }
    let found = try? database()?.read { db in
      try String.fetchSet(
        db,
        sql: """
          SELECT session.path FROM words JOIN session ON session.key = words.rowid
          WHERE words MATCH ?
          """, arguments: [pattern])
    }
    return found ?? []
  }

  /// Where in each of the sessions the words stand, at most so many places each.
  func hits(of words: [String], in paths: [String], most: Int) -> [String: [TextHit]] {
    guard let pattern = Self.pattern(words) else { return [:] }
    let hits = try? database()?.read { db in
      var hits: [String: [TextHit]] = [:]
      for path in paths {
        guard
          let row = try Row.fetchOne(
            db,
            sql: """
              SELECT highlight(words, 0, ?, ?), text.places
              FROM session JOIN words ON words.rowid = session.key
              JOIN text ON text.key = session.key
              WHERE words MATCH ? AND session.path = ?
              """, arguments: [HitReader.opening, HitReader.closing, pattern, path])
        else { continue }
        let text = PlaceList.decode(row[1])
        hits[path] = HitReader(marked: row[0], text: text).hits(most: most)
      }
      return hits
    }
    return hits ?? [:]
  }

  /// All words, each perhaps the beginning of a longer one; a piece with blanks is a phrase.
  private static func pattern(_ words: [String]) -> String? {
    let parts = words.compactMap { word -> String? in
      // SQLite finds letters and digits only: the rest would make it look for nothing.
      guard word.unicodeScalars.contains(where: isSearched) else { return nil }
      let quoted = SessionText.separated(word).replacing("\"", with: " ").replacing("\0", with: " ")
      return "\"\(quoted)\"" + (word.contains(where: \.isWhitespace) ? "" : "*")
    }
    return parts.isEmpty ? nil : parts.joined(separator: " AND ")
  }

  private static func isSearched(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
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
