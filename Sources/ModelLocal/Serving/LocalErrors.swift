import Engine
import Foundation

/// Turns whatever goes wrong with a weights file into the one error that leaves this module.
func withLocalErrors<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
  do { return try body() } catch { throw localError(error, path: path) }
}

private func localError(_ error: any Error, path: String) -> any Error {
  let name = URL(filePath: path).lastPathComponent
  let sentence =
    switch error {
    case is ModelError, is CancellationError: String?.none
    case let error as GGUFError: error.sentence(file: name)
    case let error as TokenizerError: error.sentence(file: name)
    case let error as ShapeError: error.sentence(file: name)
    case let error as TemplateError: error.sentence(file: name)
    default: "\(name) cannot be read (\(error)): check it and try again."
    }
  return sentence.map { ModelError.weights(path: path, sentence: $0) } ?? error
}

/// What the machine has, asked before much of it is taken.
package enum Memory {
  /// Bytes that can be had without others being pushed out, and within what this program is
  /// allowed; `nil` where the system does not say.
  package static var available: Int? {
    [machine, groupLimit].compactMap(\.self).min()
  }

  /// What the control group of a container allows.
  private static var groupLimit: Int? {
    let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
    return text.flatMap { Int($0.filter { !$0.isNewline }) }
  }

  private static var machine: Int? {
    #if os(Linux)
      guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      return min(kilobytes * 1024, container ?? .max)
    #else
      return Int(clamping: ProcessInfo.processInfo.physicalMemory)
    #endif
  }

  /// What a container may have at most, where this runs in one.
  private static var container: Int? {
    (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8))
      .flatMap { Int($0.split(separator: "\n").first ?? "") }
  }

  /// Refuses a model that would not fit, with both numbers.
  static func check(_ needed: Int, path: String) throws {
    guard let available, needed > available else { return }
    throw ModelError.weights(
      path: path,
      sentence: "The model needs \(megabytes(needed)) and \(megabytes(available)) are free: "
        + "choose a smaller file, or a smaller context in its profile.")
  }

  static func megabytes(_ bytes: Int) -> String {
    bytes < 10 << 30 ? "\((bytes + (1 << 19)) >> 20) MB" : "\(bytes >> 30) GB"
  }
}
