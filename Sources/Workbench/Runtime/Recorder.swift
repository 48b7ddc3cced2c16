import Sessions
import Synchronization

/// Puts events on disk a frame at a time, then tells of them.
///
/// Tokens arrive faster than anyone can see: what came since the last write goes out as one line
/// for each stream. The end of an attempt, a critique or a round does not wait for the frame,
/// and waits for the disk.
package final class Recorder: Sendable {
  /// Seconds between writes while tokens stream; at most this much is lost when the power goes.
  package static let frame: Duration = .milliseconds(40)

  private struct Buffer {
    var events: [Event] = []
    var isScheduled = false
    var isWriting = false
    /// Continuations of those who wait until everything recorded so far is out.
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let writer: JournalWriter
  private let clock: @Sendable () -> Double
  private let openedAt: Double
  private let startTime: Double
  private let post: @Sendable (Message) -> Void
  private let buffer = Mutex(Buffer())
  private let folded: Mutex<Session>
  private let saving = Mutex<Saving>(.saved)
  private let isRetrying = Mutex(false)

  /// Seconds between tries to write what could not be written.
  package static let retryPause: Duration = .seconds(2)

  /// - Parameters:
  ///   - session: as it stands, the writer's opening included.
  ///   - time: session time to go on from, when it is not the writer's.
  ///   - clock: seconds that never go back.
  package init(
    writer: JournalWriter, session: Session, from time: Double? = nil,
    clock: @escaping @Sendable () -> Double, post: @escaping @Sendable (Message) -> Void
  ) {
    self.writer = writer
    self.clock = clock
    self.post = post
    openedAt = clock()
    startTime = time ?? writer.startTime
    folded = Mutex(session)
  }

  /// The session with everything in it that is on disk.
  package var session: Session { folded.withLock { $0 } }

  /// Takes in records that were written elsewhere: marks, in their annotator's own file.
  package func fold(_ records: [Record]) {
    folded.withLock { session in records.forEach { session.apply($0) } }
  }

  /// Takes an event in; it is on disk, and told of, a frame later at most.
  package func record(_ event: Event) {
    let isUrgent = event.endsSomething
    let mustSchedule = buffer.withLock { buffer in
      buffer.events.appendMerging(event)
      let must = isUrgent || !buffer.isScheduled
      if !isUrgent { buffer.isScheduled = true }
      return must
    }
    guard mustSchedule else { return }
    Task {
      if !isUrgent { try? await Task.sleep(for: Self.frame) }
      await write()
    }
  }

  /// Returns when everything recorded before is written and told of.
  package func drain() async {
    await withCheckedContinuation { continuation in
      buffer.withLock { $0.waiters.append(continuation) }
      Task { await write() }
    }
  }

  package func close() async {
    await drain()
    report(await writer.close(), retrying: false)
  }

  /// Says so when not even the beginning could be written.
  package func reportStanding() {
    Task { report(await writer.status) }
  }

  /// One writer at a time, so that events keep their order.
  private func write() async {
    let mayWrite = buffer.withLock { buffer in
      buffer.isScheduled = false
      if buffer.isWriting { return false }
      buffer.isWriting = true
      return true
    }
    guard mayWrite else { return }
    while true {
      let (events, waiters) = buffer.withLock { buffer in
        let taken = (buffer.events, buffer.events.isEmpty ? buffer.waiters : [])
        buffer.events = []
        if taken.0.isEmpty {
          buffer.waiters = []
          buffer.isWriting = false
        }
        return taken
      }
      guard !events.isEmpty else {
        waiters.forEach { $0.resume() }
        return
      }
      let written = await writer.append(
        events, at: startTime + clock() - openedAt,
        sync: events.contains(where: \.endsSomething))
      folded.withLock { session in written.records.forEach { session.apply($0) } }
      post(.recorded(written.records))
      report(written.status)
    }
  }

  private func report(_ status: SaveStatus, retrying: Bool = true) {
    let new: Saving =
      switch status {
      case .saved: .saved
      case .notSaved(let reason, _): .notSaved(reason: reason)
      }
    let isChanged = saving.withLock { saving in
      defer { saving = new }
      return saving != new
    }
    if isChanged { post(.savingChanged(new)) }
    if new != .saved, retrying { retry() }
  }

  /// Tries again now and then, also when nothing new comes to be written.
  private func retry() {
    let begins = isRetrying.withLock { isRetrying in
      defer { isRetrying = true }
      return !isRetrying
    }
    guard begins else { return }
    Task { [weak self] in
      try? await Task.sleep(for: Self.retryPause)
      guard let self else { return }
      isRetrying.withLock { $0 = false }
      report(await writer.flush())
    }
  }
}

extension Event {
  /// Whether a person would mind losing it: such events are written at once and waited for.
  fileprivate var endsSomething: Bool {
    switch self {
    case .attemptFinished, .critiqueFinished, .roundStarted, .failed, .answerExtracted: true
    default: false
    }
  }
}

extension [Event] {
  /// Appends, joining a critic's words to its last ones, and tokens to their stream's last ones
  /// where no serial is skipped.
  fileprivate mutating func appendMerging(_ event: Event) {
    if case .critiqueText(let critique, let more) = event,
      case .critiqueText(critique, let bytes) = last
    {
      self[count - 1] = .critiqueText(critique: critique, bytes: bytes + more)
      return
    }
    if case .tokens(let new) = event {
      for index in indices.reversed() {
        guard case .tokens(var old) = self[index] else { break }
        guard old.attempt == new.attempt, old.channel == new.channel else { continue }
        guard old.firstSerial + old.table.count == new.firstSerial else { break }
        // Taken out first: the table must not be held twice while it grows.
        self[index] = .unknown(kind: "", line: [])
        old.table.append(contentsOf: new.table)
        self[index] = .tokens(old)
        return
      }
    }
    append(event)
  }
}
