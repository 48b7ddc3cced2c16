import Foundation
import struct Sessions.Problem
import Testing
import Workbench

@testable import erratum

private func read(_ text: String) throws -> ProblemSet {
  try ProblemSet.read(Array(text.utf8), file: "sets/mine.jsonl")
}

private func complaint(_ text: String) -> String {
  do {
    _ = try read(text)
    return "it was taken"
  } catch {
    return "\(error)".replacingOccurrences(of: "sets/mine.jsonl", with: "mine")
  }
}

@Test func `a set is one problem a line, blank lines and CR-LF allowed`() throws {
  let set = try read(
    #"{"id":"a","problem":"1 + 1?","answer":"2","kind":"arithmetic"}"# + "\r\n\n"
      + #"{"problem":"Why?","answer":7}"# + "\n" + #"{"id":3,"problem":"木\nfin","answer":null}"#)
  #expect(set.name == "mine")
  #expect(
    set.problems == [
      Problem(id: "a", text: "1 + 1?", answer: "2", source: "mine", kind: "arithmetic"),
      Problem(id: "mine-3", text: "Why?", answer: "7", source: "mine"),
      Problem(id: "3", text: "木\nfin", source: "mine"),
    ])
}

@Test func `GSM8K lines are taken as they are`() throws {
  let set = try read(
    #"{"question":"How many?","answer":"3 * 400 = 1200\n#### 1,200"}"# + "\n"
      + #"{"question":"And?","answer":"x #### y\n#### a, b"}"#)
  #expect(set.problems.map(\.answer) == ["1200", "a, b"])
  #expect(set.problems.map(\.id) == ["mine-1", "mine-2"])
  #expect(complaint(#"{"question":"?","answer":"12"}"#).contains("has no \"####\""))
  #expect(complaint(#"{"question":"?","answer":"so #### "}"#).contains("nothing stands after"))
}

@Test func `every bad line is named`() {
  let words = complaint(
    #"{"id":"a","problem":"x"}"# + "\n" + #"{"id":"a","problem":"y"}"# + "\nnope\n"
      + #"{"id":"b"}"# + "\n[1]\n" + #"{"id":"c","problem":" \n"}"# + "\n"
      + #"{"id":"d","problem":"z","answer":{}}"# + "\n" + #"{"id":"","problem":"z"}"#)
  let lines = words.split(separator: "\n").map(String.init)
  #expect(lines.count == 7)
  #expect(lines.first == #"mine:2: the id "a" is on line 1 already; give each its own id."#)
  #expect(lines.map { $0.prefix(7) } == (2...8).map { "mine:\($0):".prefix(7) })
  #expect(lines.dropFirst().first?.contains("this is not JSON") == true)
}

@Test func `an empty set says so`() {
  for text in ["", "\n\n", " \r\n"] {
    #expect(complaint(text) == "mine: there are no problems in it; write one a line, as JSON.")
  }
}

@Test func `a problem may have 200 KB and not a byte more`() throws {
  func line(_ count: Int) -> String {
    #"{"id":"a","problem":""# + String(repeating: "x", count: count) + #""}"#
  }
  #expect(try read(line(200 * 1024)).problems.first?.text.utf8.count == 200 * 1024)
  #expect(complaint(line(200 * 1024 + 1)) == "mine:1: the problem is over 200 KB; shorten it.")
  #expect(complaint(line(2_000_000)) == "mine:1: the problem is over 200 KB; shorten it.")
}

@Test func `a file of rubbish is not complained about line by line for ever`() {
  let words = complaint(String(repeating: "rubbish\n", count: 5000))
  #expect(words.split(separator: "\n").count == 20)
}

@Test func `broken bytes and control characters in ids do no harm`() throws {
  #expect(throws: FileError.self) {
    try ProblemSet.read([0x7B, 0xFF, 0xFE, 0x7D, 10], file: "x.jsonl")
  }
  let words = complaint("{\"id\":\"\\u001b[2J\",\"problem\":\"x\"}")
  #expect(words.contains("plain text"))
  #expect(!words.contains("\u{1B}"))
}

@Test func `random bytes never do more than be refused`() {
  for seed in 1...200 as ClosedRange<UInt64> {
    var state = seed
    let bytes = (0..<200).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let alphabet = Array(#"{}[]":,\u0 idproblem"#.utf8) + [10, 0xFF, 0]
      return alphabet[Int(state >> 33) % alphabet.count]
    }
    #expect(throws: FileError.self, "seed \(seed)") {
      try ProblemSet.read(bytes, file: "x.jsonl")
    }
  }
}

@Test func `a set is found by name or by path`() throws {
  let shipped = checkout + "/problems"
  #expect(try ProblemSets.find("logic", in: shipped).name == "logic")
  #expect(try ProblemSets.find(shipped + "/logic.jsonl", in: nil).name == "logic")
  do {
    _ = try ProblemSets.find("lgic", in: shipped)
    Issue.record("there is no such set")
  } catch {
    #expect("\(error)" == #"lgic: there is no such problem set; did you mean "logic"?"#)
  }
  #expect(throws: FileError.self) { try ProblemSets.find("./none.jsonl", in: shipped) }
}
