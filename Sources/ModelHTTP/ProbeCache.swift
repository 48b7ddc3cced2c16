import Foundation
import Sessions

/// Remembers what probing found, per endpoint, model and kind of server, for a week.
///
/// A file that cannot be read or written costs one probe and nothing else.
struct ProbeCache: Sendable {
  let path: String?
  private static let week: Double = 7 * 24 * 3600
  /// Writers of one process take turns; other processes win or lose whole files.
  private static let lock = NSLock()

  private struct Entry: Codable {
    var found: Double
    var capabilities: Capabilities
  }

  init(path: String?) { self.path = path }

  func capabilities(_ endpoint: String, _ model: String, _ kind: String) -> Capabilities? {
    guard let entry = entries()[key(endpoint, model, kind)],
      Date().timeIntervalSince1970 - entry.found < Self.week
    else { return nil }
    return entry.capabilities
  }

  func remember(
    _ capabilities: Capabilities, _ endpoint: String, _ model: String, _ kind: String
  ) {
    guard let path else { return }
    Self.lock.withLock {
      var all = entries()
      all[key(endpoint, model, kind)] = Entry(
        found: Date().timeIntervalSince1970, capabilities: capabilities)
      let url = URL(fileURLWithPath: path)
      try? FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? JSONEncoder().encode(all).write(to: url, options: .atomic)
    }
  }

  private func entries() -> [String: Entry] {
    guard let path, let data = FileManager.default.contents(atPath: path) else { return [:] }
    return (try? JSONDecoder().decode([String: Entry].self, from: data)) ?? [:]
  }

  private func key(_ endpoint: String, _ model: String, _ kind: String) -> String {
    "\(endpoint)#\(model) \(kind)"
  }
}
