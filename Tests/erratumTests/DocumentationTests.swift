import Engine
import Foundation
import Sessions
import Testing
import Workbench

@testable import erratum

private func page() throws -> String {
  try #require(try TextFile.read(checkout + "/docs/configuration.md", atMost: 1 << 20))
}

/// The TOML examples of the page.
private func examples() throws -> [String] {
  try page().components(separatedBy: "```toml\n").dropFirst().map {
    $0.components(separatedBy: "```")[0]
  }
}

@Test func `the examples of the page are taken as they stand`() throws {
  let known = Configuration.Known(
    modes: ["read"],
    commands: { _ in ["critique": [.character("c")], "round": [], "quit": [.character("q")]] })
  let examples = try examples()
  #expect(examples.count == 3)
  for example in examples {
    if example.contains("[roles]") {
      _ = try ThemeFile.load(example, file: "example.toml")
    } else {
      #expect(
        try Configuration.read(example, file: "/c/config.toml", home: "/home/me", known: known)
          != Configuration())
    }
  }
}

@Test func `every key, role, ground and shipped set stands on the page`() throws {
  let page = try page()
  let document = { (text: String) -> [String] in
    do {
      _ = try Configuration.read(text, file: "c", known: Configuration.Known())
      return []
    } catch {
      // The complaint lists what is allowed.
      let words = "\(error)".components(separatedBy: "use one of: ")
      return words.count == 2 ? words[1].dropLast().components(separatedBy: ", ") : []
    }
  }
  let top = document("zzzzzz = 1")
  let defaults = document("[defaults]\nzzzzzz = 1")
  let model = document("[models.m]\nendpoint = \"http://x\"\nzzzzzz = 1")
  let annotate = document("[annotate]\nzzzzzz = 1")
  #expect(top.count == 12)
  #expect(annotate.count == 5)
  #expect(defaults.count == 10)
  #expect(model.count == 14)
  for name in top where !["annotate", "defaults", "keys", "models"].contains(name) {
    #expect(page.contains("| `\(name)` |"), "\(name)")
  }
  for name in defaults + model + annotate { #expect(page.contains("| `\(name)` |"), "\(name)") }
  for role in Role.allCases where role != .entropy2 && role != .entropy3 {
    #expect(page.contains("`\(role)`"), "\(role)")
  }
  for ground in Ground.allCases { #expect(page.contains("`\(ground)`"), "\(ground)") }
  for set in ProblemSets.list(in: checkout + "/problems") {
    #expect(page.contains("`\(set.name)`"), "\(set.name)")
  }
}

@Test func `every method, rule and number of reflection stands on its page`() throws {
  let page = try #require(try TextFile.read(checkout + "/docs/run.md", atMost: 1 << 20))
  for method in ReflectionMethod.allCases {
    #expect(page.contains("`\(method.rawValue)`"), "\(method)")
  }
  for rule in TriggerRule.Name.allCases { #expect(page.contains("`\(rule.rawValue)`"), "\(rule)") }
  for number in ReflectionNumber.allCases {
    let (low, high) = (number.range.lowerBound, number.range.upperBound)
    let range = "\(SweepRange.short(low)) to \(SweepRange.short(high))"
    let line =
      "| `\(number.rawValue)` | \(range)\(number.isWhole ? ", whole" : "") | \(number.help) |"
    #expect(page.contains(line), "\(line)")
  }
  for word in ["ambiguity", "doubt-text"] { #expect(page.contains("| `\(word)` |")) }
}

@Test func `every reason for which agreement is undefined stands on its page`() throws {
  let page = try #require(try TextFile.read(checkout + "/docs/agreement.md", atMost: 1 << 20))
  for reason in Undefined.allCases { #expect(page.contains("`\(reason.rawValue)`"), "\(reason)") }
}
