import Sessions
import Testing

@testable import ModelHTTP

struct ReconcilerTests {
  private func entry(
    _ bytes: [UInt8]?, _ value: Float = -0.5, released: [UInt8]? = nil, id: Int32? = nil
  ) -> Entry {
    Entry(
      bytes: bytes, released: released, id: id, logProbability: value,
      alternatives: [Alternative(bytes: [0x78], logProbability: -1)])
  }

  private func run(_ deltas: [Delta]) -> (tokens: [Token], reconciler: Reconciler) {
    var reconciler = Reconciler(wantsAlternatives: true)
    var tokens: [Token] = []
    for delta in deltas { reconciler.add(delta, to: &tokens) }
    reconciler.finish(&tokens)
    return (tokens, reconciler)
  }

  private func delta(_ text: String, _ entries: [Entry] = []) -> Delta {
    var delta = Delta()
    delta.answer = Array(text.utf8)
    delta.entries = entries
    return delta
  }

  @Test func `a character in two tokens keeps both tokens' numbers`() {
    let (tokens, reconciler) = run([
      delta("", [entry([0xF0, 0x9F], -0.1)]), delta("😀", [entry([0x98, 0x80], -0.2)]),
    ])
    #expect(tokens.map(\.bytes) == [[0xF0, 0x9F], [0x98, 0x80]])
    #expect(tokens.map(\.logProbability) == [-0.1, -0.2])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `a merged character gives its last token's numbers to its last bytes`() {
    let (tokens, reconciler) = run([
      delta("a😀", [entry([0x61]), entry([0x98, 0x80], -0.2, released: Array("😀".utf8), id: 7)])
    ])
    #expect(tokens.map(\.bytes) == [[0x61], [0xF0, 0x9F], [0x98, 0x80]])
    #expect(tokens.map(\.logProbability) == [-0.5, nil, -0.2])
    #expect(tokens.map(\.id) == [nil, nil, 7])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `text held back for a stop string meets its tokens later`() {
    let (tokens, reconciler) = run([
      delta("", [entry([0x0A], -0.1, released: [])]),
      delta("\nx", [entry([0x78], -0.2, released: Array("\nx".utf8))]),
    ])
    #expect(tokens.map(\.bytes) == [[0x0A], [0x78]])
    #expect(tokens.map(\.logProbability) == [-0.1, -0.2])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `held text ends with a token whose own bytes nobody said`() {
    let (tokens, reconciler) = run([
      delta("", [entry([0x31], -0.1, released: [])]),
      delta("12", [entry(nil, -0.2, released: Array("12".utf8))]),
    ])
    #expect(tokens.map(\.bytes) == [[0x31], [0x32]])
    #expect(tokens.map(\.logProbability) == [-0.1, -0.2])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `tokens without text of their own keep their numbers and their place`() {
    let (tokens, _) = run([
      delta("", [entry([], -0.1)]), delta("袋", [entry(Array("袋".utf8), -0.2)]),
      delta("", [entry([], -0.3)]),
    ])
    #expect(tokens.map(\.bytes) == [[], Array("袋".utf8)])
    #expect(tokens.map(\.logProbability) == [-0.1, -0.2])
  }

  @Test func `an end-of-turn token that has no text is left out`() {
    let (tokens, reconciler) = run([
      delta("a", [entry([0x61])]), delta("", [entry(Array("<|im_end|>".utf8))]),
    ])
    #expect(tokens.map(\.bytes) == [[0x61]])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `text without entries between measured text is kept without numbers`() {
    let (tokens, reconciler) = run([
      delta("a", [entry([0x61])]), delta("b"), delta("c", [entry([0x63])]),
    ])
    #expect(tokens.map(\.bytes) == [[0x61], [0x62], [0x63]])
    #expect(tokens.map { $0.logProbability != nil } == [true, false, true])
    #expect(reconciler.mismatch == nil)
  }

  @Test func `from a token that does not fit on there is text and no numbers`() {
    let (tokens, reconciler) = run([
      delta("ab", [entry([0x61])]), delta("cd", [entry([0x7A])]), delta("e", [entry([0x65])]),
    ])
    #expect(tokens.text() == "abcde")
    #expect(reconciler.mismatch == 2)
    #expect(tokens.dropFirst().allSatisfy { $0.logProbability == nil })
  }

  @Test func `accepted draft tokens count as unmeasured`() {
    var draft = entry([0x61], 0)
    draft.alternatives = []
    let (tokens, reconciler) = run([delta("a", [draft]), delta("b", [entry([0x62], 0)])])
    #expect(tokens.map(\.logProbability) == [nil, 0])
    #expect(reconciler.speculativeCount == 1)
  }

  @Test func `whatever the entries say, the bytes are the text`() {
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix(state: seed)
      let text = Array("Step 1: 袋 😀 has 3 * 6 = 18 — <think> ok.\n".utf8)
      var deltas: [Delta] = []
      var rest = text[...]
      while !rest.isEmpty {
        var delta = Delta()
        delta.answer = Array(rest.prefix(Int(random.next() % 7)))
        rest = rest.dropFirst(delta.answer.count)
        for _ in 0..<random.next() % 3 {
          let start = Int(random.next() % UInt64(text.count))
          let end = min(text.count, start + Int(random.next() % 4))
          let bytes = random.next() % 3 == 0 ? delta.answer : Array(text[start..<end])
          delta.entries.append(entry(random.next() % 5 == 0 ? nil : bytes, released: bytes))
        }
        deltas.append(delta)
      }
      let (tokens, _) = run(deltas)
      #expect(tokens.flatMap(\.bytes) == text, "seed \(seed)")
    }
  }
}

/// A small generator whose sequence a seed fixes.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
