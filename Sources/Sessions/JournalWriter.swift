import Foundation

/// Whether what happened is on disk.
package enum SaveStatus: Equatable, Sendable {
  case saved
  /// Lines wait in memory and every later write tries them again.
  case notSaved(reason: String, lines: Int)
}

/// Extends one journal, and is the only one to.
///
/// An event that cannot be written stays in memory, in order, until it can be: a full disk
/// costs a person nothing that happened before it was full. `docs/journal.md` has the rules.
package actor JournalWriter {
  package struct Written: Sendable {
    /// The events with their places; apply these, so that screen and disk agree.
    package var records: [Record]
    package var status: SaveStatus
  }

  package nonisolated let path: String
  /// What opening put on record: apply it before anything else.
  package nonisolated let opening: [Record]
  /// Session time at which the journal goes on: add to it what passes from now.
  package nonisolated let startTime: Double
  /// Bytes of a half-written last line that opening took away.
  package nonisolated let droppedBytes: Int

  private var file: AppendFile
  private let encoder = JournalEncoder()
  private var next: Int
  private var time: Double
  package private(set) var status: SaveStatus

  private init(file: AppendFile, next: Int, time: Double, opened: Opened) {
    var file = file
    path = file.path
    droppedBytes = file.droppedBytes
    startTime = time
    let record = Record(n: next, t: time, event: .opened(opened))
    opening = [record]
    self.next = next + 1
    self.time = time
    file.enqueue(encoder.line(record))
    status = file.flush(sync: true)
    self.file = file
  }

  /// Begins a journal in `folder`, which is made if need be.
  ///
  /// A library that cannot be written makes a writer all the same, whose events wait in memory.
  package static func create(
    in folder: URL, header: Header, program: String, wall: Double,
    files: FileSystem = .real
  ) throws(JournalError) -> JournalWriter {
    let path = folder.appending(path: "journal.jsonl", directoryHint: .notDirectory).path
    let first = JournalEncoder().line(header)
    let file = try AppendFile.create(path: path, first: first, program: program, files: files)
    return JournalWriter(
      file: file, next: 0, time: 0, opened: Opened(wall: wall, program: program))
  }

  /// Goes on with a journal, after taking away what a crash left of a last line.
  package static func open(
    _ folder: URL, program: String, wall: Double, files: FileSystem = .real
  ) throws(JournalError) -> JournalWriter {
    let reader = try JournalReader(folder)
    let file = try AppendFile.open(path: reader.path, program: program, files: files)
    let last = try file.lastPlace(after: reader.firstLine)
    return JournalWriter(
      file: file, next: last.map { $0.n + 1 } ?? 0, time: last?.t ?? 0,
      opened: Opened(wall: wall, program: program))
  }

  /// Puts events on record and writes them with one call, before anyone sees them.
  ///
  /// - Parameters:
  ///   - t: seconds of session time; never goes backwards in the journal.
  ///   - sync: whether to wait until the disk has it; so at the end of attempts, critiques, rounds.
  package func append(_ events: [Event], at t: Double, sync: Bool = false) -> Written {
    write(events.lazy.map { (t, $0) }, sync: sync)
  }

  /// Takes over what another session recorded, times and all, as the beginning of a branch.
  ///
  /// Lines of unknown kinds stay behind: they carry a place that is not theirs here.
  package func adopt(_ records: some Sequence<Record>) -> Written {
    let known = records.lazy.filter { record in
      if case .unknown = record.event { false } else { true }
    }
    return write(known.map { ($0.t, $0.event) }, sync: true)
  }

  private func write(_ events: some Sequence<(Double, Event)>, sync: Bool) -> Written {
    var records: [Record] = []
    var lines: [UInt8] = []
    for (t, event) in events {
      // To the millisecond, which is what the disk then says too.
      if t.isFinite && t < 1e12 { time = max(time, (t * 1000).rounded() / 1000) }
      let record = Record(n: next, t: time, event: event)
      next += 1
      encoder.append(record, to: &lines)
      records.append(record)
    }
    file.enqueue(lines, count: records.count)
    status = file.flush(sync: sync)
    return Written(records: records, status: status)
  }

  /// Tries again what could not be written, and waits for the disk.
  package func flush() -> SaveStatus {
    status = file.flush(sync: true)
    return status
  }

  /// Writes what is left and lets the lock go.
  package func close() -> SaveStatus {
    status = file.flush(sync: true)
    file.close()
    return status
  }
}
