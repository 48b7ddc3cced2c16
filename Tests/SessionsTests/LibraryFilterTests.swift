import Testing

@testable import Sessions

@Suite struct LibraryFilterTests {
  private func row(_ change: (inout SessionSummary) -> Void = { _ in }) -> SessionSummary {
    var row = SessionSummary(id: "s", title: "T", created: 0, lastActivity: 0, attempts: 1)
    row.ending = .finished
    row.sets = ["prmbench", "My Set"]
    row.models = ["qwen3-8b", "judge"]
    row.annotators = ["ada"]
    row.labels = 3
    change(&row)
    return row
  }

  @Test(arguments: [
    ("set:prmbench", true), ("set:PRMBench", true), ("set:prm", false), ("set:prm*", true),
    ("set:*bench", true), ("set:p*b*h", true), ("set:\"my set\"", true), ("model:judge", true),
    ("model:qwen*", true), ("model:gpt*", false), ("annotator:ada", true), ("annotator:bob", false),
    ("!annotator:bob", true), ("!annotator:ada", false), ("annotator:bob annotator:ada", true),
    ("annotator:ada set:gsm8k", false), ("state:finished", true), ("state:unfinished", false),
    ("!state:rounds", true), ("state:labelled", true), ("disagree:no", true),
    ("disagree:yes", false), ("Annotator:ADA", true), ("", true), ("any words at all", true),
  ])
  func `a filter leaves what it says`(line: String, isLeft: Bool) throws {
    #expect(try LibraryFilter(checking: line).matches(row()) == isLeft)
  }

  @Test func `words are what is no field, and quotation marks hold a phrase together`() throws {
    let filter = try LibraryFilter(
      checking: "bags \"hold 18\" set:a http://x 3:4 \"state:failed\" \"open")
    #expect(filter.words == ["bags", "hold 18", "http://x", "3:4", "state:failed", "open"])
    #expect(filter.terms == [LibraryFilter.Term(.set, "a")])
  }

  @Test func `what is no filter is refused, or left out while it is being typed`() {
    for (line, problem) in [
      ("state:done", LibraryFilter.Problem.unknownValue(.state, "done")),
      ("disagree:maybe", .unknownValue(.disagree, "maybe")), ("set:", .noValue(.set)),
      ("!marbles", .notAField("!marbles")),
    ] {
      #expect(throws: problem) { try LibraryFilter(checking: line) }
      #expect(LibraryFilter(line).isEmpty, "\(line)")
      #expect(problem.sentence.hasSuffix("."))
    }
  }

  @Test func `fields read back as they are written`() throws {
    let filter = try LibraryFilter(checking: "set:\"my set\" !annotator:ada state:failed")
    #expect(try LibraryFilter(checking: filter.termLine) == filter)
  }

  @Test func `every state can be asked for, and a session is unfinished or finished`() {
    var seen: Set<SessionSummary.State> = []
    for ending in [SessionSummary.Ending.finished, .failed, .interrupted, .open, nil] {
      for isMarked in [true, false] {
        let states = row { row in
          row.ending = ending
          row.isWritten = isMarked
          row.rounds = isMarked ? 1 : 0
          row.labels = isMarked ? 1 : 0
          row.isImported = isMarked
          row.isExample = isMarked
          row.damage = isMarked ? "cut short" : nil
        }.states
        seen.formUnion(states)
        #expect(states.contains(.finished) != states.contains(.unfinished))
      }
    }
    #expect(seen == Set(SessionSummary.State.allCases))
  }

  @Test func `a long pattern of stars comes to an end`() {
    let filter = LibraryFilter("set:" + String(repeating: "*a", count: 200) + "b")
    let name = String(repeating: "a", count: 2000)
    #expect(!filter.matches(row { $0.sets = [name] }))
  }
}
