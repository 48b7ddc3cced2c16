import Foundation

/// The first line of a run's results: all that must stay the same for them to be comparable.
package struct ResultsHeader: Codable, Equatable, Sendable {
  package var format: Header.Version
  package var program: String
  /// Seconds since 1970.
  package var created: Double
  /// The problem set's name, and a hash of all its problems.
  package var set: String
  package var digest: String
  /// The model's name at its server or in its file, and how it is spoken to.
  package var model: String
  package var dialect: String
  /// Settings by the names they have on the command line.
  package var settings: [String: String]

  package init(
    program: String, created: Double, set: String, digest: String, model: String,
    dialect: String, settings: [String: String]
  ) {
    format = Self.currentFormat
    self.program = program
    self.created = created
    self.set = set
    self.digest = digest
    self.model = model
    self.dialect = dialect
    self.settings = settings
  }

  package static let currentFormat = Header.Version(major: 1, minor: 0)
}

/// How one arm of a run reflects; written when the arm is first run.
package struct ResultsArm: Codable, Equatable, Sendable {
  package var arm: String
  /// `nil` for the arm that does not.
  package var reflection: ReflectionSettings?
  package init(arm: String, reflection: ReflectionSettings?) {
    self.arm = arm
    self.reflection = reflection
  }
}

/// What one attempt of a run came to.
package struct ResultsRow: Codable, Equatable, Sendable {
  package var problem: String
  /// The problem's kind, where it has one.
  package var kind: String?
  package var arm: String
  /// From 0.
  package var sample: Int
  package var seed: Int
  package var answer: String?
  /// `nil` when there is no reference answer.
  package var correct: Bool?
  package var reason: StopReason
  /// Tokens the model wrote, as it counts them, and those that stand in the response.
  package var tokens: Int
  package var length: Int
  /// Tokens computed or received that do not stand in the text.
  package var discarded: Int
  /// Runs of the model over a token, for reflections.
  package var forwards: Int
  package var reflections: Int
  package var seconds: Double
  /// The folder of the session it is in.
  package var session: String?

  package init(
    problem: String, kind: String? = nil, arm: String, sample: Int, seed: Int,
    answer: String? = nil, correct: Bool? = nil, reason: StopReason = .stop, tokens: Int,
    length: Int, discarded: Int = 0, forwards: Int = 0, reflections: Int = 0, seconds: Double,
    session: String? = nil
  ) {
    self.problem = problem
    self.kind = kind
    self.arm = arm
    self.sample = sample
    self.seed = seed
    self.answer = answer
    self.correct = correct
    self.reason = reason
    self.tokens = tokens
    self.length = length
    self.discarded = discarded
    self.forwards = forwards
    self.reflections = reflections
    self.seconds = seconds
    self.session = session
  }

  /// What a row is the result of; a run has one row for each.
  package struct Key: Hashable, Sendable {
    package var problem: String
    package var sample: Int
    package var arm: String
    package init(problem: String, sample: Int, arm: String) {
      self.problem = problem
      self.sample = sample
      self.arm = arm
    }
  }
  package var key: Key { Key(problem: problem, sample: sample, arm: arm) }

  /// Whether the numbers are ones that can have been measured.
  fileprivate var isSound: Bool {
    [sample, tokens, length, discarded, forwards, reflections].allSatisfy { $0 >= 0 }
      && seconds >= 0 && seconds.isFinite
  }
}

/// All that a run's file says.
package struct Results: Equatable, Sendable {
  package var header: ResultsHeader
  package var arms: [ResultsArm] = []
  /// In the order of the file, one for each key.
  package var rows: [ResultsRow] = []
  /// Lines that say nothing usable; a half-written last line is not among them.
  package var badLines: [Int] = []

  package init(header: ResultsHeader) { self.header = header }

  /// What an arm was first run with; `nil` when it was not run.
  package func settings(of arm: String) -> ResultsArm? { arms.first { $0.arm == arm } }
}

/// The results of a run: `results.jsonl`, append-only, with a lock of its own.
///
/// `docs/run.md` specifies the file.
package actor ResultsFile {
  package nonisolated let path: String
  /// Bytes of a half-written last line that opening took away.
  package nonisolated let droppedBytes: Int
  /// What was there when the file was opened.
  package nonisolated let earlier: Results
  private var file: AppendFile
  package private(set) var status: SaveStatus = .saved

  private init(_ file: AppendFile, earlier: Results) {
    self.file = file
    self.earlier = earlier
    path = file.path
    droppedBytes = file.droppedBytes
  }

  package static func path(in folder: String) -> String {
    URL(filePath: folder, directoryHint: .isDirectory)
      .appending(path: "results.jsonl", directoryHint: .notDirectory).path
  }

  /// Goes on with the results in `folder`, or begins them.
  ///
  /// Throws ``JournalError``: `locked` when another run writes them, `readOnly` when they cannot be
  /// written. Whether what is there was made with the same settings is the caller's to look at.
  package static func open(
    in folder: String, beginning header: ResultsHeader, program: String,
    files: FileSystem = .real
  ) throws(JournalError) -> ResultsFile {
    let path = path(in: folder)
    if FileManager.default.fileExists(atPath: path) {
      // Opening cuts off half a line: not before it is certain that the file is ours.
      _ = try read(path)
      let file = try AppendFile.open(path: path, program: program, files: files)
      // Read again behind the lock: another run may have been at its last lines.
      return ResultsFile(file, earlier: try read(path))
    }
    var file = try AppendFile.create(
      path: path, first: ResultsCoding.line(header), program: program, files: files)
    if case .notSaved(let reason, _) = file.flush(sync: true) {
      throw .readOnly(path: path, reason: reason)
    }
    return ResultsFile(file, earlier: Results(header: header))
  }

  /// Puts results on disk; those that cannot be written wait, in order, until they can.
  @discardableResult
  package func append(_ arms: [ResultsArm] = [], _ rows: [ResultsRow] = []) -> SaveStatus {
    for arm in arms { file.enqueue(ResultsCoding.line(arm)) }
    for row in rows { file.enqueue(ResultsCoding.line(row)) }
    status = file.flush(sync: false)
    return status
  }

  /// Tries again what could not be written, and lets the lock go.
  package func close() -> SaveStatus {
    status = file.flush(sync: true)
    file.close()
    return status
  }

  /// Reads results, also while a run writes them.
  package static func read(_ path: String) throws(JournalError) -> Results {
    let file = try JournalReader.open(path)
    let first = try JournalReader.firstLine(of: file, path)
    let header = try JournalReader.decode(ResultsHeader.self, "results", first, path)
    var results = Results(header: header)
    var seen: Set<ResultsRow.Key> = []
    var number = 1
    do {
      _ = try LineReader(file).lines(from: first.count + 1) { bytes, _ in
        number += 1
        switch bytes.flatMap({ ResultsCoding.line($0) }) {
        case .arm(let arm) where results.settings(of: arm.arm) == nil: results.arms.append(arm)
        case .row(let row) where row.isSound && seen.insert(row.key).inserted:
          results.rows.append(row)
        case .arm, .row, nil: results.badLines.append(number)
        }
        return true
      }
    } catch {
      throw .unreadable(path: path, reason: (error as? StorageError)?.reason ?? "\(error)")
    }
    return results
  }
}

private enum ResultsCoding {
  enum Line {
    case arm(ResultsArm)
    case row(ResultsRow)
  }

  private struct Mark: Decodable { var row: String }

  static func line(_ header: ResultsHeader) -> [UInt8] {
    encode(#"{"erratum":"results""#, header)
  }
  static func line(_ arm: ResultsArm) -> [UInt8] { encode(#"{"row":"arm""#, arm) }
  static func line(_ row: ResultsRow) -> [UInt8] { encode(#"{"row":"attempt""#, row) }

  private static func encode(_ head: String, _ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let object = try? encoder.encode(value), object.count > 2 else { return [] }
    return Array(head.utf8) + [UInt8(ascii: ",")] + object.dropFirst() + [0x0A]
  }

  static func line(_ bytes: UnsafeBufferPointer<UInt8>) -> Line? {
    let (decoder, data) = (JSONDecoder(), Data(bytes))
    switch try? decoder.decode(Mark.self, from: data).row {
    case "arm": return (try? decoder.decode(ResultsArm.self, from: data)).map(Line.arm)
    case "attempt": return (try? decoder.decode(ResultsRow.self, from: data)).map(Line.row)
    default: return nil
    }
  }
}
