import Engine
import Foundation
import Sessions

/// The text of a profile, with its `[reflection]` table to be replaced and all else left.
struct ProfileText {
  let path: String
  private var lines: [String]
  private let isNew: Bool

  /// Reads the profile at `path`, which need not be there.
  init(_ path: String) throws {
    self.path = path
    let text = try TextFile.read(path, atMost: TOMLDocument.largestFile)
    if let text { _ = try ProfileFile.read(text, file: path) }
    isNew = text == nil
    lines =
      text.map { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
      ?? []
    let folder = URL(filePath: path).deletingLastPathComponent().path
    guard access(text == nil ? folder : path, W_OK) == 0 else {
      throw FileError(
        file: path.visible,
        problems: [
          FileProblem(
            message: "it cannot be written (\(String(cString: strerror(errno)))); "
              + "choose another file.")
        ])
    }
  }

  /// The table as the file has it.
  static func table(_ found: ReflectionThresholds, temperature: Double) -> [String] {
    [
      "# Entropies in nats, measured at temperature \(temperature) by `erratum models calibrate`.",
      "[reflection]", "window = \(found.window)", "k = \(found.k)",
      "minimum_deviation = \(found.minimumDeviation)", "floor = \(found.floor)",
      "cold_start = \(found.coldStart)",
      "share = \((found.share * 1e5).rounded() / 1e5)",
    ]
  }

  /// Puts the table in, and writes the file.
  mutating func take(
    _ found: ReflectionThresholds, name: String, prompts: String, temperature: Double
  ) throws {
    let table = Self.table(found, temperature: temperature)
    if isNew {
      lines = ["name = \(quoted(name))", "prompts = \(quoted(prompts))", ""] + table + [""]
    } else {
      removeTable()
      while lines.last?.isEmpty == true { lines.removeLast() }
      lines += [""] + table + [""]
    }
    let text = lines.joined(separator: "\n")
    _ = try ProfileFile.read(text, file: path)
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw FileError(
        file: path.visible,
        problems: [
          FileProblem(
            message: "it cannot be written (\(error.localizedDescription.visible)); choose another "
              + "file.")
        ])
    }
  }

  /// From the table's head, and the remarks right above it, to the next table.
  private mutating func removeTable() {
    func head(_ line: String) -> String {
      String(line.prefix { $0 != "#" }.filter { !$0.isWhitespace })
    }
    guard var start = lines.firstIndex(where: { head($0) == "[reflection]" }) else { return }
    var end = lines[(start + 1)...].firstIndex { head($0).hasPrefix("[") } ?? lines.count
    while end > start + 1, end < lines.count, lines[end - 1].hasPrefix("#") { end -= 1 }
    while start > 0, lines[start - 1].hasPrefix("#") { start -= 1 }
    lines.removeSubrange(start..<end)
  }

  private func quoted(_ text: String) -> String {
    let plain = text.visible.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    return "\"\(plain)\""
  }
}
