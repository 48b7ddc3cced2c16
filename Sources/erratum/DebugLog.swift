import Engine
import Foundation
import Logging
import Sessions
import Workbench

/// What went on, for a report of a fault: effects, models and the ends of calls, by time.
///
/// Goes to the file `$ERRATUM_LOG` names and nowhere else. Prompts, keys and model text stay out
/// of it: only names, counts and our own words are written.
struct DebugLog: Sendable {
  private let logger: Logger?

  /// No variable, no log; a file that cannot be written is said at once.
  init(environment: [String: String]) throws {
    guard let path = environment["ERRATUM_LOG"], !path.isEmpty else {
      logger = nil
      return
    }
    let sink = try FileSink(path: path)
    logger = Logger(label: "erratum") { _ in FileLogHandler(sink: sink) }
    logger?.info("started", metadata: ["version": "\(Setup.program)"])
  }

  func asked(_ effect: Effect) {
    logger?.debug("effect", metadata: ["kind": "\(effect.kindForLog)"])
  }

  func took(_ message: Message) {
    guard let logger else { return }
    switch message {
    case .sessionOpened(let shown):
      logger.info("session", metadata: ["id": "\(shown.session.header.session)"])
    case .recorded(let records):
      for record in records { ended(record.event, logger) }
    case .modelConnecting(let role, let spec, fraction: nil):
      logger.info("connecting", metadata: ["role": "\(role.rawValue)", "at": "\(place(spec))"])
    case .modelConnected(let role, _, let model):
      logger.info(
        "connected",
        metadata: [
          "role": "\(role.rawValue)", "dialect": "\(model.dialect)", "badge": "\(model.badge)",
        ])
    case .modelFailed(let role, let spec, _):
      logger.warning(
        "not connected", metadata: ["role": "\(role.rawValue)", "at": "\(place(spec))"])
    case .savingChanged(.notSaved): logger.warning("not saved")
    case .savingChanged(.saved): logger.info("saved again")
    case .settled: logger.debug("settled")
    default: break
    }
  }

  private func ended(_ event: Event, _ logger: Logger) {
    switch event {
    case .attemptFinished(let finished):
      logger.info(
        "attempt ended",
        metadata: ["attempt": "\(finished.attempt)", "reason": "\(finished.reason.rawValue)"])
    case .critiqueFinished(let finished):
      logger.info(
        "critique ended",
        metadata: ["critique": "\(finished.critique)", "reason": "\(finished.reason.rawValue)"])
    case .failed: logger.warning("failed")
    default: break
    }
  }

  /// Host and port alone: a person may have typed anything, a key too, where a model is named.
  private func place(_ spec: String) -> String {
    if spec == Settings.embedded || spec.hasPrefix("local:") { return "local" }
    guard let parts = URLComponents(string: spec), let host = parts.host else { return "profile" }
    return host.visible + (parts.port.map { ":\($0)" } ?? "")
  }
}

extension Effect {
  /// The case's own name, without the values it carries: those may be a person's words.
  fileprivate var kindForLog: String {
    Mirror(reflecting: self).children.first?.label ?? "\(self)"
  }
}

/// Appends whole lines; the system keeps those of two threads apart.
private final class FileSink: Sendable {
  private let file: FileHandle

  init(path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else {
      throw FileError(
        file: path.visible,
        problems: [
          FileProblem(
            message: "the log of $ERRATUM_LOG cannot be written; name a file in a folder of yours.")
        ])
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ line: String) {
    try? file.write(contentsOf: Data(line.utf8))
  }
}

private struct FileLogHandler: LogHandler {
  let sink: FileSink
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .debug

  init(sink: FileSink) { self.sink = sink }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
    sink.write("\(Date().ISO8601Format()) \(event.level) \(event.message)\(pairs.joined())\n")
  }
}
