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

/// One annotator's marks on one session: a file of its own, with a lock of its own.
///
/// Lines have the journal's envelope; their `t` is the wall clock, seconds since 1970.
package actor AnnotationFile {
  package nonisolated let path: String
  /// Bytes of a half-written last line that opening took away.
  package nonisolated let droppedBytes: Int
  private var file: AppendFile
  private let encoder = JournalEncoder()
  private var next: Int
  package private(set) var status: SaveStatus = .saved

  private init(file: AppendFile, next: Int) {
    self.file = file
    self.next = next
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
      return AnnotationFile(file: file, next: 0)
    }
    let first = try JournalReader.firstLine(of: JournalReader.open(path), path)
    _ = try JournalReader.decode(AnnotationHeader.self, "annotations", first, path)
    let file = try AppendFile.open(path: path, program: program, files: files)
    let last = try file.lastPlace(after: first.count + 1)
    return AnnotationFile(file: file, next: last.map { $0.n + 1 } ?? 0)
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

  /// Puts marks on record; they are on disk when this returns, unless the status says not.
  package func append(_ marks: [Marked]) -> (records: [Record], status: SaveStatus) {
    var lines: [UInt8] = []
    let records = marks.map { mark in
      defer { next += 1 }
      return Record(n: next, t: max(0, mark.wall), event: .marked(mark))
    }
    for record in records { encoder.append(record, to: &lines) }
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

  /// Every annotator's marks on a session, oldest first; a file that cannot be read is damage.
  package static func marks(
    in folder: SessionFolder
  ) -> (marks: [Marked], damage: [JournalError]) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path))
    var marks: [Marked] = []
    var damage: [JournalError] = []
    for name in (names ?? []).sorted() where name.hasSuffix(".jsonl") {
      do throws(JournalError) {
        marks += try read(folder.annotations.appending(path: name).path)
      } catch {
        damage.append(error)
      }
    }
    // Stable for equal times: the order of names, then of lines.
    let order = marks.enumerated().sorted { left, right in
      (left.element.wall, left.offset) < (right.element.wall, right.offset)
    }
    return (order.map(\.element), damage)
  }

  /// The marks in one annotator's file, oldest first.
  package static func read(_ path: String) throws(JournalError) -> [Marked] {
    let file = try JournalReader.open(path)
    let first = try JournalReader.firstLine(of: file, path)
    _ = try JournalReader.decode(AnnotationHeader.self, "annotations", first, path)
    let decoder = JournalDecoder()
    var marks: [Marked] = []
    do {
      _ = try LineReader(file).lines(from: first.count + 1) { line, _ in
        if case .marked(let mark) = line.flatMap({ decoder.line($0) })?.record?.event {
          marks.append(mark)
        }
        return true
      }
    } catch {
      throw .unreadable(path: path, reason: (error as? StorageError)?.reason ?? "\(error)")
    }
    return marks
  }
}

extension Session {
  /// Takes in marks from annotators' files, oldest first.
  ///
  /// A mark whose step no longer has the bytes it was made on says nothing of the step there now.
  package mutating func apply(_ marks: [Marked]) {
    for mark in marks {
      guard
        let step = attempt(mark.step.attempt)?.steps.first(where: {
          $0.index == mark.step.index
        }), step.channel == mark.channel, step.range.lowerBound == mark.start,
        step.range.upperBound == mark.end
      else { continue }
      apply(Record(n: 0, t: 0, event: .marked(mark)))
    }
  }
}
