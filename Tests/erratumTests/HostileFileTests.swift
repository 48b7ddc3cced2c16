import Foundation
import Testing

@testable import erratum

@Suite struct HostileFileTests {
  private func refuses(_ text: String) -> Bool {
    (try? ThemeFile.read(text, file: "theme.toml")) == nil
  }

  @Test(arguments: ["a", "\"a\"", "'a'", "a "])
  func `a key without end is refused`(_ piece: String) {
    for count in [200, 2_000, 40_000] {
      let key = Array(repeating: piece, count: count).joined(separator: ".")
      #expect(refuses(key + " = 1"))
      #expect(refuses("[\(key)]\nx = 1"))
      #expect(refuses("x = { \(key) = 1 }"))
    }
  }

  @Test(arguments: [
    "x=[", "x={a=", "x = [\n{" + Array(repeating: "a", count: 100).joined(separator: ".") + "=[",
  ])
  func `values as deep as they come are no crash`(_ piece: String) {
    for count in [120, 2_000, 10_000] {
      #expect(refuses(String(repeating: piece, count: count)))
    }
  }

  @Test(arguments: ["[é]", "[.x]", "[ #]", "[", "[[*]]", "[\u{1F600}]", "[ [x]]", "[=]", "  [\t+1"])
  func `a table without a name is refused on its line`(_ header: String) {
    for after in ["", "\n", "\nx = 1\n"] {
      let error = #expect(throws: FileError.self) {
        try ThemeFile.read("name = \"n\"\n" + header + after, file: "t.toml")
      }
      #expect(error?.problems.first?.line == 2)
    }
  }

  @Test func `what looks like a table within a string is none`() throws {
    let theme = try ThemeFile.read("summary = \"\"\"\n[*] one\n[é]\"\"\"", file: "t.toml")
    #expect(theme.summary?.contains("[*] one") == true)
  }

  @Test func `prose may have dots`() throws {
    let summary = String(repeating: "So. ", count: 200)
    #expect(try ThemeFile.read("summary = \"\(summary)\"", file: "t.toml").summary == summary)
  }

  @Test func `no change of a byte makes the reader of themes fall over`() throws {
    let share = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let theme = Array(try Data(contentsOf: share.appending(path: "themes/dark.toml")))
    let rounds = ProcessInfo.processInfo.environment["ERRATUM_FUZZ"].flatMap { Int($0) } ?? 40
    for seed in 0..<rounds {
      var random = Mutator(seed: UInt64(seed))
      let text = String(decoding: random.mutated(theme), as: UTF8.self)
      do {
        _ = try ThemeFile.read(text, file: "theme.toml")
      } catch let error as FileError {
        #expect(!error.problems.isEmpty, "seed \(seed)")
        #expect(!error.description.contains("\u{1B}"), "seed \(seed)")
      }
      do {
        _ = try Configuration.read(text, file: "config.toml", known: .erratum)
      } catch is FileError {}
    }
  }
}
