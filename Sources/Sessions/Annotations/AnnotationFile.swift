import Foundation

/// The first line of an annotator's file.
package struct AnnotationHeader: Codable, Equatable, Sendable {
  package var format: Header.Version
  package var program: String
  package var session: String
  package var annotator: String
  /// Seconds since 1970.
  package var created: Double
  package init(
    format: Header.Version = Header.currentFormat, program: String, session: String,
    annotator: String, created: Double
  ) {
    self.format = format
    self.program = program
    self.session = session
    self.annotator = annotator
    self.created = created
  }
}

/// One annotator's labels on one session: a file of its own, with a lock of its own.
///
/// Lines have the journal's envelope; their `t` is the wall clock, seconds since 1970.
package actor AnnotationFile {
  package nonisolated let path: String
  /// Bytes of a half-written last line that opening took away.
  package nonisolated let droppedBytes: Int
  private var file: AppendFile
  private let encoder = JournalEncoder()
  private var next: Int
  /// Everything in the file.
  package private(set) var book: LabelBook
  package private(set) var status: SaveStatus = .saved

  private init(file: AppendFile, next: Int, book: LabelBook) {
    self.file = file
    self.next = next
    self.book = book
    path = file.path
    droppedBytes = file.droppedBytes
  }

  /// Opens or begins the file of `annotator` for a session; a second writer gets `locked`.
  package static func open(
    _ folder: SessionFolder, annotator: String, program: String, wall: Double,
    files: FileSystem = .real
  ) throws(JournalError) -> AnnotationFile {
    guard !folder.isExample else { throw .isExample(name: folder.id) }
    guard isUsable(annotator) else { throw .badName(name: annotator) }
    let path = folder.annotations.appending(path: "\(annotator).jsonl").path
    guard FileManager.default.fileExists(atPath: path) else {
      let header = AnnotationHeader(
        program: program, session: folder.id, annotator: annotator, created: wall)
      let file = try AppendFile.create(
        path: path, first: JournalEncoder().line(header), program: program, files: files)
      return AnnotationFile(file: file, next: 0, book: LabelBook(annotator: annotator))
    }
    let first = try JournalReader.firstLine(of: JournalReader.open(path), path)
    _ = try header(first, annotator: annotator, path)
    let file = try AppendFile.open(path: path, program: program, files: files)
    let last = try file.lastPlace(after: first.count + 1)
    return AnnotationFile(
      file: file, next: last.map { $0.n + 1 } ?? 0, book: try LabelBook.read(atPath: path))
  }

  /// Throws `locked` when another program writes the file of `annotator` for a session.
  ///
  /// Only looks: nothing is locked, written or made.
  package static func checkIsFree(
    _ folder: SessionFolder, annotator: String
  ) throws(JournalError) {
    let path = folder.annotations.appending(path: "\(annotator).jsonl").path
    if case .held(let holder) = FileLock.look(atPath: AppendFile.lockPath(path)) {
      throw .locked(path: path, holder: holder)
    }
  }

  /// A file copied under another name would have two people agree in everything.
  static func header(
    _ line: [UInt8], annotator: String, _ path: String
  ) throws(JournalError) -> AnnotationHeader {
    let header = try JournalReader.decode(AnnotationHeader.self, "annotations", line, path)
    guard header.annotator == annotator else {
      throw .otherAnnotator(path: path, name: header.annotator)
    }
    return header
  }

  /// Whether a person's name can be a file's.
  package static func isUsable(_ name: String) -> Bool {
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "-_. ".unicodeScalars
          .contains($0)
    }
    return isPlain && !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".")
  }

  /// Puts events on record; they are on disk when this returns, unless the status says not.
  package func append(_ events: [Event]) -> (records: [Record], status: SaveStatus) {
    var lines: [UInt8] = []
    let records = events.map { event in
      defer { next += 1 }
      return Record(n: next, t: max(0, event.wall ?? 0), event: event)
    }
    for record in records {
      encoder.append(record, to: &lines)
      book.apply(record.event)
    }
    file.enqueue(lines, count: records.count)
    status = file.flush(sync: true)
    return (records, status)
  }

  /// Tries again what could not be written, and lets the lock go.
  package func close() -> SaveStatus {
    status = file.flush(sync: true)
    file.close()
    return status
  }
}

extension Event {
  /// When a person said so, in seconds since 1970; `nil` for what no person says.
  package var wall: Double? {
    switch self {
    case .marked(let event): event.wall
    case .labelDetailed(let event): event.wall
    case .labelled(let event): event.wall
    case .revealed(let event): event.wall
    case .chainJudged(let event): event.wall
    default: nil
    }
  }
}

extension LabelBook {
  /// The file of the annotator it is named for, as far as its last whole line.
  ///
  /// - Parameter damage: told of every line that makes no sense, by its number from 1.
  package static func read(
    atPath path: String, damage: (_ line: Int, _ reason: String) -> Void = { _, _ in }
  ) throws(JournalError) -> LabelBook {
    let name = URL(filePath: path).deletingPathExtension().lastPathComponent
    let file = try JournalReader.open(path)
    let first = try JournalReader.firstLine(of: file, path)
    _ = try AnnotationFile.header(first, annotator: name, path)
    let decoder = JournalDecoder()
    var book = LabelBook(annotator: name)
    var number = 1
    do {
      _ = try LineReader(file).lines(from: first.count + 1) { bytes, _ in
        number += 1
        guard let line = bytes.flatMap({ decoder.line($0) }) else {
          damage(number, "too long")
          return true
        }
        if let problem = line.problem { damage(number, problem) }
        if let event = line.record?.event { book.apply(event) }
        return true
      }
    } catch {
      throw .unreadable(path: path, reason: (error as? StorageError)?.reason ?? "\(error)")
    }
    return book
  }

  /// Everybody's labels on a session, by name; a file that cannot be read is damage.
  package static func all(
    in folder: SessionFolder
  ) -> (books: [LabelBook], damage: [JournalError]) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path))
    var books: [LabelBook] = []
    var damage: [JournalError] = []
    for name in (names ?? []).sorted() where name.hasSuffix(".jsonl") && !name.hasPrefix(".") {
      let path = folder.annotations.appending(path: name).path
      do throws(JournalError) {
        books.append(
          try read(atPath: path) { damage.append(.badLabel(path: path, number: $0, reason: $1)) })
      } catch {
        damage.append(error)
      }
    }
    return (books, damage)
  }
}

extension Session {
  /// Takes in what annotators' labels say now; where two differ the later one stands.
  ///
  /// A label whose step no longer has the bytes it was made on says nothing of the step there now.
  package mutating func apply(_ books: [LabelBook]) {
    guard books.contains(where: { !$0.isEmpty }) else { return }
    var labels: [Labelled] = []
    for attempt in attempts {
      let digests = attempt.stepDigests
      for book in books {
        labels += book.standing(in: attempt, digests: digests).values.map(\.current)
      }
    }
    // Equal times in the order of names, then of steps.
    let order = labels.sorted {
      ($0.wall, $0.annotator, $0.step) < ($1.wall, $1.annotator, $1.step)
    }
    for label in order { apply(Record(n: 0, t: 0, event: .labelled(label))) }
  }
}
