import Engine
import Foundation
import Sessions

/// The text of a profile, with tables of it to be replaced and all else left.
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

  /// - Parameter remarks: what it was measured on and how good it is, a line each.
  static func table(_ found: Calibration, remarks: [String]) -> [String] {
    remarks.map { "# " + $0 } + [
      "[calibration]", "signal = \(quoted(found.signal))", "steps = \(found.steps)",
      "problems = \(found.problems)", "knots = [",
    ] + found.knots.map { "  [\($0.map { "\($0)" }.joined(separator: ", "))]," } + ["]"]
  }

  static func table(_ found: CriticStanding, remarks: [String]) -> [String] {
    func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
    return remarks.map { "# " + $0 } + [
      "[critic]", "f1 = \(rounded(found.f1))", "wrong_chains = \(found.wrongChains)",
      "right_chains = \(found.rightChains)",
    ] + (found.kappa.map { ["kappa = \(rounded($0))"] } ?? [])
  }

  /// Puts the thresholds in, and writes the file.
  mutating func take(
    _ found: ReflectionThresholds, name: String, prompts: String, temperature: Double
  ) throws {
    try put(
      ["reflection": Self.table(found, temperature: temperature)], name: name, prompts: prompts)
  }

  /// Puts tables in by their names, and writes the file; all else in it stays.
  ///
  /// - Parameters:
  ///   - name: the model's, for a new file.
  ///   - prompts: the prompt set's, for a new file.
  mutating func put(_ tables: [String: [String]], name: String, prompts: String?) throws {
    if isNew, lines.isEmpty {
      lines = ["name = \(Self.quoted(name))"]
      if let prompts { lines.append("prompts = \(Self.quoted(prompts))") }
    }
    for (table, text) in tables.sorted(by: { $0.key < $1.key }) {
      removeTable(table)
      while lines.last?.isEmpty == true { lines.removeLast() }
      lines += (lines.isEmpty ? [] : [""]) + text + [""]
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
  private mutating func removeTable(_ name: String) {
    func bare(_ line: String) -> String {
      String(line.prefix { $0 != "#" }.filter { !$0.isWhitespace })
    }
    guard var start = lines.firstIndex(where: { bare($0) == "[\(name)]" }) else { return }
    // A line of a list begins with a bracket too: heads stand where no list is open.
    var (end, depth) = (start + 1, 0)
    while end < lines.count {
      let line = bare(lines[end])
      if depth == 0, line.hasPrefix("[") { break }
      depth += line.count { $0 == "[" } - line.count { $0 == "]" }
      end += 1
    }
    while end > start + 1, end < lines.count, lines[end - 1].hasPrefix("#") { end -= 1 }
    while start > 0, lines[start - 1].hasPrefix("#") { start -= 1 }
    lines.removeSubrange(start..<end)
  }

  private static func quoted(_ text: String) -> String {
    let plain = text.visible.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    return "\"\(plain)\""
  }
}
