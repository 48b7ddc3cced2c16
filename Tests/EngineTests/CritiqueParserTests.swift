import Sessions
import Testing

@testable import Engine

private struct Reading: Equatable {
  var verdicts: [Int: Verdict]
  var firstError: CritiqueFinished.FirstError
  var format: String
}

private func parser(_ count: Int = 5) -> CritiqueParser {
  // Indices start at 10, so that a mix-up of number and index shows.
  CritiqueParser(critique: CritiqueID("c1"), steps: Array(10..<(10 + count)))
}

private func given(_ text: String, chunk: Int = .max) -> [VerdictGiven] {
  var parser = parser()
  return feed(&parser, text, chunk)
}

private func feed(_ parser: inout CritiqueParser, _ text: String, _ chunk: Int) -> [VerdictGiven] {
  var given: [VerdictGiven] = []
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    given += parser.append(rest.prefix(chunk))
    rest = rest.dropFirst(chunk)
  }
  return given + parser.finish()
}

private func reading(_ text: String, chunk: Int = .max) -> Reading {
  var parser = parser()
  let given = feed(&parser, text, chunk)
  return Reading(
    verdicts: Dictionary(given.map { ($0.step, $0.verdict) }) { first, _ in first },
    firstError: parser.firstError, format: parser.format)
}

private let pilot = """
  Step 1: 2 * 5 = 10, correct
  Step 2: 10 - 4 = 6, wrong
  First error: step 2
  """
private let jsonLines = """
  {"step": 1, "verdict": "correct", "type": null, "reason": "3 * 6 is 18", "repair": null}
  {"step": 2, "verdict": "incorrect", "type": "arithmetic", "reason": "it is 35", "repair": "17 + 18 = 35"}
  {"first_error": 2}
  """
private let texts: [(String, Reading)] = [
  (
    pilot,
    Reading(verdicts: [10: .correct, 11: .incorrect], firstError: .step(11), format: "lines")
  ),
  (
    "Step 1: not needed, wrong\nFirst error: step 1\n",
    Reading(verdicts: [10: .incorrect], firstError: .step(10), format: "lines")
  ),
  (
    "Step 1: 2 * 5 = 10, correct\nFirst error: none",
    Reading(verdicts: [10: .correct], firstError: .none, format: "lines")
  ),
  (
    "**Step 1:** Correct.\n- Step 2: incorrect - 17 + 18 is 35\nStep 3 is not correct: x\nStep 4: unsure",
    Reading(
      verdicts: [10: .correct, 11: .incorrect, 12: .incorrect, 13: .unsure],
      firstError: .notSaid, format: "lines")
  ),
  (
    jsonLines,
    Reading(verdicts: [10: .correct, 11: .incorrect], firstError: .step(11), format: "json")
  ),
  (
    "Here:\n```json\n[\n {\"step\": \"1\", \"verdict\": \"OK\",},\n {\"step\": 3, \"verdict\": \"wrong\", \"reason\": \"a } in a \\\"string\\\" {\"}\n,]\n```\n",
    Reading(verdicts: [10: .correct, 12: .incorrect], firstError: .notSaid, format: "json")
  ),
  (
    "{\"verdicts\": [{\"step\": 1, \"verdict\": \"neutral\"}], \"first_error\": null}",
    Reading(verdicts: [10: .neutral], firstError: .none, format: "json")
  ),
  (
    "{\"step\": 1, \"verdict\": \"correct\"}\n{\"step\": 2, \"verdict\": \"incor",
    Reading(verdicts: [10: .correct], firstError: .notSaid, format: "json")
  ),
  (
    "The first is fine. The set {1, 2} is odd.\n\nSo the first wrong one is \\boxed{3}.",
    Reading(verdicts: [12: .incorrect], firstError: .step(12), format: "boxed")
  ),
  ("All is well: $\\boxed{-1}$", Reading(verdicts: [:], firstError: .none, format: "boxed")),
  (
    "I think step 2 might be wrong, but who knows.\nStep 2 looks like it could be wrong here.",
    Reading(verdicts: [:], firstError: .notSaid, format: "text")
  ),
  (
    "Step 9: wrong\nStep 0: wrong\n{\"step\": 7, \"verdict\": \"wrong\"}\n\\boxed{99}",
    Reading(verdicts: [:], firstError: .notSaid, format: "text")
  ),
  (
    "{\"step\": 1, \"verdict\": \"maybe so\"}\n{\"step\": 2, \"verdict\": 5}",
    Reading(verdicts: [:], firstError: .notSaid, format: "text")
  ),
]

@Suite struct CritiqueParserTests {
  @Test func `critics are read in every form they are known to write`() {
    for (text, expected) in texts { #expect(reading(text) == expected, "\(text)") }
  }

  @Test func `the chunks a critique comes in change nothing`() {
    for (text, expected) in texts {
      for chunk in [1, 2, 3, 7] { #expect(reading(text, chunk: chunk) == expected, "\(text)") }
    }
  }

  @Test func `a verdict is there as soon as its object or line is whole`() {
    var parser = parser()
    #expect(parser.append(#"{"step": 1, "verdict": "correct""#.utf8).isEmpty)
    #expect(parser.append("}".utf8).map(\.step) == [10])
    #expect(parser.append("\nStep 2: 5 = 5, wrong".utf8).isEmpty)
    #expect(parser.append("\n".utf8).map(\.verdict) == [.incorrect])
  }

  @Test func `type, reason and repair come along`() throws {
    let second = try #require(given(jsonLines).last)
    #expect(second.errorType == "arithmetic")
    #expect(second.reason == "it is 35")
    #expect(second.repair == "17 + 18 = 35")
    #expect(given("Step 2: 10 - 4 = 6, wrong").first?.reason == "10 - 4 = 6")
    #expect(given("Step 2: incorrect - it is 35").first?.reason == "it is 35")
  }

  @Test func `objects within objects without end cost no more than their bytes`() {
    let deep =
      String(repeating: #"{"a":"#, count: 5_000) + "1" + String(repeating: "}", count: 5_000)
    #expect(given(deep + "\nStep 1: wrong\n").map(\.step) == [10])
    let text =
      String(repeating: "{ not an object } ", count: 2_000) + #"{"step": 2, "verdict": "ok"}"#
    #expect(given(text).map(\.step) == [11])
  }

  @Test func `the first verdict on a step stands`() {
    #expect(given("Step 1: correct\nStep 1: wrong\n").map(\.verdict) == [.correct])
  }

  @Test func `random bytes give no verdicts on steps that are not there`() {
    let parts = [
      "{", "}", "\"step\"", ":", " 1", "\"verdict\"", "\"wrong\"", ",", "\n", "Step 2: ",
      "correct", "[", "]", "\\boxed{", "😀", "\\", "First error: ", "step 3", "none",
    ]
    for seed in UInt64(0)..<500 {
      var random = Seeded(seed)
      let text = (0..<80).map { _ in parts[Int.random(in: 0..<parts.count, using: &random)] }
        .joined()
      let whole = given(text)
      #expect(whole.allSatisfy { (10..<15).contains($0.step) }, "seed \(seed)")
      #expect(given(text, chunk: 1) == whole, "seed \(seed)")
    }
  }
}
