import Foundation

/// A home folder of its own: nothing of the person's is read or changed.
final class Household {
  let root: URL
  /// Added to the environment of everything that is started here; empty values unset.
  var environment: [String: String]

  init() throws {
    // Short, because tmux keeps its socket below it and a socket's path has 100 bytes at most.
    root = FileManager.default.temporaryDirectory
      .appending(path: "erratum-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    environment = [
      "HOME": root.path,
      "XDG_CONFIG_HOME": root.path + "/config",
      "XDG_DATA_HOME": root.path + "/data",
      "XDG_CACHE_HOME": root.path + "/cache",
      "TMUX_TMPDIR": root.path,
      "ERRATUM_SHARE": Checkout.root.path,
      "ERRATUM_BINARY": Checkout.binary.path,
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "LANG": "C.UTF-8",
      "TERM": "xterm-256color",
      "USER": "ada",
      // A crash is to be seen, not to wait for the crash helper.
      "SWIFT_BACKTRACE": "enable=no",
    ]
    for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
      environment[name] = ProcessInfo.processInfo.environment[name]
    }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  var library: URL { root.appending(path: "data/erratum/sessions") }

  func url(_ path: String) -> URL { root.appending(path: path) }

  @discardableResult
  func write(_ text: String, to path: String, mode: Int = 0o600) throws -> URL {
    let file = url(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    return file
  }

  func configure(_ text: String) throws { try write(text, to: "config/erratum/config.toml") }

  /// Ids of the sessions in the library, oldest first.
  var sessions: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
    return names.filter { FileManager.default.fileExists(atPath: journal(of: $0).path) }.sorted()
  }

  func journal(of session: String) -> URL {
    library.appending(path: session).appending(path: "journal.jsonl")
  }

  /// Lines of the newest session's journal, each as an object.
  func journal() throws -> [[String: Any]] {
    guard let newest = sessions.last else { return [] }
    return lines(try Data(contentsOf: journal(of: newest)))
  }
}

/// JSON objects, one a line; what is no object is left out.
func lines(_ data: Data) -> [[String: Any]] {
  data.split(separator: 0x0A).compactMap {
    (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
  }
}

extension [[String: Any]] {
  func ofKind(_ kind: String) -> [[String: Any]] { filter { $0["kind"] as? String == kind } }

  /// All that models wrote; tokens that are no UTF-8 by themselves stand in base64.
  var tokenText: String {
    var bytes = Data()
    for token in ofKind("tokens").flatMap({ $0["text"] as? [Any] ?? [] }) {
      if let text = token as? String { bytes += Data(text.utf8) }
      if let object = token as? [String: String], let base64 = object["b"] {
        bytes += Data(base64Encoded: base64) ?? Data()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
