import Foundation
import Testing
import Workbench

@testable import Terminal

/// Text whose columns programs have been known to count differently.
private let samples = [
  "plain", "漢字 かな 한글 ｶﾅ", "e\u{301}a\u{308}\u{323}o\u{30A}", "👩‍💻 👨‍👩‍👧 end", "❤️ ☎️ ✂︎",
  "👍🏽 👍", "🇩🇪🇯🇵", "█▉▊▋▌▍▎▏▁▂▃▄▅▆▇█", "⠿⣿ ┌─┬┐ ▸✓✗▲●·", "a\tb\tc", "\u{1B}[31mred\u{1B}[0m",
  "\u{9B}31m\u{7}\u{8}\r\n", "\u{202E}abc\u{2066}", "\u{AD}soft", "\u{1FAE8}\u{10FFFD}\u{E000}",
  "שלום مرحبا", "नमस्ते ไทย தமிழ்", "\u{200B}\u{FEFF}\u{2060}x", "½ × ÷ ≤ ∑ 𝛼 √2 ℝ", "①②㈱㎏",
]

private func path(ofTool name: String) -> String? {
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
}

extension TerminalTests {
  @Test(.enabled(if: path(ofTool: "tmux") != nil && path(ofTool: "bash") != nil))
  func `the columns we count are those a terminal moves its cursor`() throws {
    let pty = try Pty(Size(columns: 80, rows: 24))
    let options = Terminal.Options(
      input: pty.terminal, output: pty.terminal, type: "xterm-256color")
    let gate = try Terminal.run(options) { Gate(widths: $0.cellWidths) }
    let gated = samples.map { gate.cells($0, Style()) }
    let columns = try cursorColumns(after: gated.map(text))
    #expect(columns.count == samples.count)
    for (index, column) in columns.enumerated() {
      let counted = gated[index].reduce(0) { $0 + Int($1.width) }
      #expect(column - 1 == counted, "\(samples[index].debugDescription)")
    }
  }
}

private func text(_ cells: [Cell]) -> String {
  var scalars = String.UnicodeScalarView()
  for cell in cells { scalars.append(contentsOf: [cell.base] + cell.marks) }
  return String(scalars)
}

/// Prints each line in a tmux window and asks the terminal where its cursor is.
private func cursorColumns(after lines: [String]) throws -> [Int] {
  let folder = FileManager.default.temporaryDirectory.appending(path: "widths-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let (input, output) = (folder.appending(path: "in"), folder.appending(path: "out"))
  try (lines.joined(separator: "\n") + "\n").write(to: input, atomically: true, encoding: .utf8)
  let script = folder.appending(path: "ask")
  try """
  stty raw -echo
  while IFS= read -r line <&3; do
    printf '\\r\\033[2K%s\\033[6n' "$line"
    IFS=';' read -rsd R _ column
    echo "$column" >> '\(output.path)'
  done 3< '\(input.path)'
  """.write(to: script, atomically: true, encoding: .utf8)
  let socket = folder.appending(path: "tmux").path
  try runTmux(
    socket, ["new-session", "-d", "-x", "80", "-y", "24", "bash '\(script.path)'; sleep 60"])
  defer { try? runTmux(socket, ["kill-server"]) }
  for _ in 0..<1_000 {
    let answers = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
    let columns = answers.split(separator: "\n").compactMap { Int($0) }
    if columns.count == lines.count, answers.hasSuffix("\n") { return columns }
    usleep(20_000)
  }
  return []
}

/// Foundation's `Process` would wait for the server, which inherits its descriptors.
private func runTmux(_ socket: String, _ arguments: [String]) throws {
  let words = ["env", "LC_ALL=C.UTF-8", "tmux", "-u", "-S", socket, "-f", "/dev/null"] + arguments
  var pointers = words.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  let inherited = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") }
  defer { inherited.forEach { free($0) } }
  var process = pid_t()
  guard posix_spawn(&process, "/usr/bin/env", nil, nil, &pointers, inherited + [nil]) == 0
  else { throw POSIXError(.ENOENT) }
  var status: Int32 = 0
  while waitpid(process, &status, 0) == -1, errno == EINTR {}
}
