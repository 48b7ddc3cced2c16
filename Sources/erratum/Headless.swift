import Engine
import Foundation
import Sessions
import Synchronization
import Workbench

/// Writes events to standard output as they are recorded: as journal lines, or as plain ones.
final class EventPrinter: Sendable {
  enum Format: Sendable { case plain, json }

  private struct Progress {
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
      // What is on record already was told when it happened, but for the opening.
      case .recorded(let records):
        for record in records {
          tell(record, &progress)
          if case .failed(let failed) = record.event { complain(failed.message, &progress) }
        }
      case .modelConnecting(let role, let spec): note("connecting to \(role.rawValue) \(spec)")
      case .savingChanged(.notSaved(let reason)): note("NOT SAVED: \(reason)")
      case .savingChanged(.saved): note("saved again")
      case .noticed(let notice):
        if notice.weight == .error { complain(notice.text, &progress) } else { note(notice.text) }
      default: break
      }
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
    case .json: write(JournalEncoder().line(header))
    case .plain:
      let teller = LinearTeller(header: header, signal: signal)
      teller.opening.forEach { write(Array(($0 + "\n").utf8)) }
      progress.teller = teller
      note("session \(header.session)")
    }
  }

  private func tell(_ record: Record, _ progress: inout Progress) {
    switch format {
    case .json: write(JournalEncoder().line(record))
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
    return damage.sentence
  }

  private func write(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }

  private func note(_ text: String) {
    FileHandle.standardError.write(Data("erratum: \(text)\n".utf8))
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
  func solve(_ problem: Problem) async -> Int32 {
    let printer = printer
    let log = setup.log
    let runtime = Runtime(edges: setup.edges) { message in
      log.took(message)
      printer.take(message)
    }
    let interrupt = Interrupt.handle {
      await runtime.shutDown()
      exit(130)
    }
    defer { interrupt.cancel() }
    await runtime.carryOut(.begin(problem, samples: settings.samples), settings)
    await correct(with: runtime)
    await runtime.shutDown()
    return printer.failure == nil ? 0 : 1
  }

  private func correct(with runtime: Runtime) async {
    guard criticises || rounds > 0 else { return }
    var round = 0
    while printer.failure == nil, let attempt = await runtime.session?.attempts.last {
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

/// Control-C, taken as an event.
enum Interrupt {
  static func handle(_ body: @escaping @Sendable () async -> Void) -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { Task { await body() } }
    source.resume()
    return source
  }
}
