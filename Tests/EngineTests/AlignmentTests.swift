import Testing

@testable import Engine

private func texts(_ steps: [String]) -> [StepText] {
  steps.enumerated().map { StepText(index: $0, text: $1) }
}

private func changes(_ old: [String], _ new: [String]) -> [Alignment.Change] {
  Alignment(texts(old), texts(new)).rows.map(\.change)
}

@Suite struct AlignmentTests {
  @Test func `steps are kept, reworded, new and dropped`() {
    #expect(changes(["a b c", "d e f"], ["a b c", "d e f"]) == [.kept, .kept])
    #expect(changes(["the bags hold 18"], ["all the bags hold 18"]) == [.reworded])
    #expect(changes(["a b c"], ["a b c", "x y z"]) == [.kept, .new])
    #expect(changes(["a b c", "x y z", "d e f"], ["a b c", "d e f"]) == [.kept, .dropped, .kept])
    #expect(changes(["Step 1: 3 * 6 = 18 marbles"], ["Step 1: so 3 × 6 = 18"]) == [.reworded])
    #expect(changes([], ["a"]) == [.new])
    #expect(changes([], []) == [])
  }

  @Test func `every step stands in one row, in order, whatever the texts`() {
    let words = ["3 * 6 = 18", "bags", "marbles", "so", "17 + 18 = 35", "the", "answer", "26"]
    for seed in UInt64(0)..<200 {
      var random = Seeded(seed)
      func attempt() -> [String] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
          (0..<Int.random(in: 1...4, using: &random)).map { _ in
            words[Int.random(in: 0..<words.count, using: &random)]
          }.joined(separator: " ")
        }
      }
      let (old, new) = (attempt(), attempt())
      let rows = Alignment(texts(old), texts(new)).rows
      #expect(rows.compactMap(\.old) == Array(old.indices), "seed \(seed)")
      #expect(rows.compactMap(\.new) == Array(new.indices), "seed \(seed)")
      #expect(changes(old, old).allSatisfy { $0 == .kept }, "seed \(seed)")
    }
  }
}
