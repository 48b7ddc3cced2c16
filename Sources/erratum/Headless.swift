import Engine
import Foundation
import Sessions
import Synchronization
import Workbench

/// Writes events to standard output as they are recorded: as journal lines, or as plain ones.
final class EventPrinter: Sendable {
  enum Format: Sendable { case plain, json }

  private struct Progress {
    /// When a weights file was begun to be read; `nil` while none is.
    var readingSince: ContinuousClock.Instant?
    /// Something stands on the line that is written over and over.
    var isLineOpen = false
    var teller: LinearTeller?
    var sessionID: String?
    var failure: String?
  }

  private let format: Format
  private let signal: Signal
  private let progress = Mutex(Progress())

  init(_ format: Format, signal: Signal) {
    self.format = format
    self.signal = signal
  }

  /// The last failure told of, if any: the work did not get done.
  var failure: String? { progress.withLock { $0.failure } }

  func take(_ message: Message) {
    progress.withLock { progress in
      switch message {
      case .sessionOpened(let opened):
        begin(opened.session.header, &progress)
      case .recorded(let records):
        for record in records {
          tell(record, &progress)
          if let sentence = Self.failure(record.event) { complain(sentence, &progress) }
        }
      case .modelConnecting(let role, let spec, let fraction):
        guard let fraction else {
          progress.readingSince = .now
          note("connecting to \(role.rawValue) \(spec)")
          break
        }
        tellReading(spec, fraction, &progress)
      case .modelConnected, .modelFailed: endReading(&progress)
      case .savingChanged(.notSaved(let reason)): note("NOT SAVED: \(reason)")
      case .savingChanged(.saved): note("saved again")
      case .noticed(let notice):
        if notice.weight == .error { complain(notice.text, &progress) } else { note(notice.text) }
      default: break
      }
    }
  }

  /// How much of a large file has been read, once that takes a while and for a person who waits.
  private func tellReading(_ spec: String, _ fraction: Double, _ progress: inout Progress) {
    guard isatty(STDERR_FILENO) != 0, let since = progress.readingSince,
      since.duration(to: .now) > .seconds(1)
    else { return }
    let percent = (min(max(fraction, 0), 1) * 100).formatted(places: 0)
    let words = Gate().plain("erratum: reading \(weightsName(of: spec)) \(percent)%")
    StandardStream.error.write("\r\(words)\u{1B}[K")
    progress.isLineOpen = true
  }

  private func endReading(_ progress: inout Progress) {
    progress.readingSince = nil
    if progress.isLineOpen { StandardStream.error.write("\r\u{1B}[K") }
    progress.isLineOpen = false
  }

  /// Why the work did not get done, if this is why.
  private static func failure(_ event: Event) -> String? {
    switch event {
    case .failed(let failed): failed.message
    // No error, and yet no end: the server closed the connection without a word.
    case .attemptFinished(let finished)
    where finished.reason == .truncated && finished.message == nil:
      "The answer was cut off: continue from what was kept, or run it again."
    default: nil
    }
  }

  /// The same failure on two ways here is told once.
  private func complain(_ sentence: String, _ progress: inout Progress) {
    if progress.failure != sentence { note(sentence) }
    progress.failure = sentence
  }

  private func begin(_ header: Header, _ progress: inout Progress) {
    progress.sessionID = header.session
    switch format {
    case .json: write(JournalEncoder().line(header).withoutControls)
    case .plain:
      let teller = LinearTeller(header: header, signal: signal)
      teller.opening.forEach { write(Array(($0 + "\n").utf8)) }
      progress.teller = teller
      note("session \(header.session)")
    }
  }

  private func tell(_ record: Record, _ progress: inout Progress) {
    switch format {
    case .json: write(JournalEncoder().line(record).withoutControls)
    case .plain:
      for line in progress.teller?.lines(for: record) ?? [] { write(Array((line + "\n").utf8)) }
    }
  }

  /// Tells a recorded session from its first event; answers what was wrong with the file.
  func replay(_ reader: JournalReader) throws -> String? {
    progress.withLock { begin(reader.header, &$0) }
    let damage = try reader.records { batch, _ in
      progress.withLock { progress in batch.forEach { tell($0, &progress) } }
      return true
    }
    if let session = progress.withLock({ $0.teller?.session }) { conclude(session) }
    return damage.sentence
  }

  /// The outcome, after everything else: the votes of several attempts, and the answer.
  ///
  /// JSON has it in its events already.
  func conclude(_ session: Session) {
    guard format == .plain else { return }
    let conclusion = Conclusion(session)
    for line in conclusion.lines { write(Array((Gate().plain(line) + "\n").utf8)) }
  }

  private func write(_ bytes: [UInt8]) { StandardStream.output.write(bytes) }

  private func note(_ text: String) {
    warn(text)
  }
}

/// The main job without a screen: attempts, then critiques and rounds.
struct HeadlessRun: Sendable {
  var setup: Setup
  var settings: Settings
  var printer: EventPrinter
  /// Rounds at most; the last attempt is criticised when this is 0 and a critic is named.
  var rounds: Int
  var criticises: Bool

  /// Returns the exit code.
  ///
  /// A signal stops the models, keeps what they wrote and says so in the code; a second one ends
  /// the program there and then.
  func solve(_ problem: Problem) async -> Int32 {
    let printer = printer
    let log = setup.log
    let runtime = Runtime(edges: setup.edges) { message in
      log.took(message)
      printer.take(message)
    }
    let work = Task {
      await runtime.carryOut(.begin(problem, samples: settings.samples), settings)
      await correct(with: runtime)
    }
    let interrupt = Interrupt { work.cancel() }
    await work.value
    // Half a run has no outcome.
    if interrupt.signal == nil, let session = await runtime.session { printer.conclude(session) }
    await runtime.shutDown()
    if let signal = interrupt.signal { return 128 + signal }
    return printer.failure == nil ? 0 : 1
  }

  private func correct(with runtime: Runtime) async {
    guard criticises || rounds > 0 else { return }
    var round = 0
    while printer.failure == nil, !Task.isCancelled,
      let attempt = await runtime.session?.attempts.last
    {
      await runtime.carryOut(.critique(attempt.id), settings)
      guard round < rounds, let critique = await runtime.session?.critiques.last,
        critique.firstError != nil
      else { return }
      await runtime.carryOut(
        .round(
          RoundRequest(parent: attempt.id, strategy: .fromScratch, critique: critique.id)),
        settings)
      round += 1
    }
  }
}

/// The signals that ask a program to end, taken as events for as long as this is kept.
final class Interrupt {
  private final class First: Sendable {
    let signal = Mutex<Int32?>(nil)

    /// Whether this was the first one.
    func take(_ number: Int32) -> Bool {
      signal.withLock { signal in
        defer { signal = signal ?? number }
        return signal == nil
      }
    }
  }

  private let first: First
  private let sources: [any DispatchSourceSignal]

  init(_ body: @escaping @Sendable () -> Void) {
    let first = First()
    self.first = first
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      Foundation.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        guard first.take(number) else { exit(128 + number) }
        body()
      }
      source.resume()
      return source
    }
  }

  deinit { sources.forEach { $0.cancel() } }

  /// The first one that came.
  var signal: Int32? { first.signal.withLock { $0 } }
}
