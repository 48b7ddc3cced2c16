import Testing

@testable import erratum

@Test(arguments: [
  ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("teh", "the", 1), ("them", "theme", 1),
  ("naïve", "naive", 1),
]) func `distance counts edits and swaps`(left: String, right: String, distance: Int) {
  #expect(editDistance(left, right) == distance)
  #expect(editDistance(right, left) == distance)
}

@Test func `distance is at most the longer word and zero only for the same`() {
  for seed in 1...50 as ClosedRange<UInt64> {
    var state = seed
    func word() -> String {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let length = Int(state >> 60)
      return String((0..<length).map { index in "abc"[index, state] })
    }
    let one = word()
    let other = word()
    let distance = editDistance(one, other)
    #expect(distance <= max(one.count, other.count), "seed \(seed)")
    #expect(distance >= abs(one.count - other.count), "seed \(seed)")
    #expect((distance == 0) == (one == other), "seed \(seed)")
  }
}

extension String {
  fileprivate subscript(index: Int, state: UInt64) -> Character {
    let letters = Array(self)
    return letters[Int((state >> (UInt64(index) * 3)) % UInt64(letters.count))]
  }
}

@Test func `only a near name is offered`() {
  #expect(nearest(to: "drak", in: ["dark", "light"]) == "dark")
  #expect(nearest(to: "LIGHT", in: ["dark", "light"]) == "light")
  #expect(nearest(to: "zebra", in: ["dark", "light"]) == nil)
  #expect(nearest(to: "", in: ["dark"]) == nil)
  #expect(allowed([], insteadOf: "x").contains("remove it"))
}

@Test func `control and direction characters are shown as marks`() {
  #expect("a\u{1B}b\u{202E}c\u{85}d".visible == "a?b?c?d")
  #expect("naïve 木".visible == "naïve 木")
}
