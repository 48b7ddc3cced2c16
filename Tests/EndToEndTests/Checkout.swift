import Foundation

/// Where the program under test is, and what it ships.
enum Checkout {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// `$ERRATUM_BINARY`, else the program that was built with these tests.
  static let binary: URL = {
    if let path = ProcessInfo.processInfo.environment["ERRATUM_BINARY"] {
      return URL(filePath: path)
    }
    let bundles = Bundle.allBundles.map(\.bundleURL) + [Bundle.main.bundleURL]
    let bundle = bundles.first { $0.pathExtension == "xctest" }
    let folders = [
      bundle?.deletingLastPathComponent(),
      Bundle.main.executableURL?.deletingLastPathComponent(),
      root.appending(path: ".build/debug"),
    ].compactMap(\.self)
    return folders.map { $0.appending(path: "erratum") }.first(where: isExecutable)
      ?? root.appending(path: ".build/debug/erratum")
  }()

  /// Why the stories cannot be told here; `nil` when they can.
  static let obstacle: String? = {
    let environment = ProcessInfo.processInfo.environment
    guard environment["ERRATUM_E2E"] != nil || environment["CI"] != nil else {
      return "told by `make e2e`, which sets ERRATUM_E2E"
    }
    guard Tool.tmux != nil else { return "tmux is not installed" }
    return isExecutable(binary) ? nil : "\(binary.path) is not built"
  }()

  /// Whether everything the stories need has to be there: then none is left out for want of it.
  static let isComplete = ProcessInfo.processInfo.environment["CI"] == "true"

  /// Says which of these files is not there.
  static func missing(_ files: [URL]) -> String? {
    files.first { !FileManager.default.fileExists(atPath: $0.path) }
      .map { "there is no \($0.path)" }
  }

  private static func isExecutable(_ url: URL) -> Bool {
    FileManager.default.isExecutableFile(atPath: url.path)
  }
}

/// Other people's programs.
enum Tool {
  static let tmux = find("tmux")

  static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { URL(filePath: String($0)).appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}
