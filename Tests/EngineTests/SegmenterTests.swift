import Sessions
import Testing

@testable import Engine

/// The steps of a text fed in one piece.
func steps(_ text: String, _ channel: Channel = .answer) -> [String] {
  pieces(Array(text.utf8), ends: ends([Array(text.utf8)], channel))
}

private func ends(_ chunks: [[UInt8]], _ channel: Channel) -> [Int] {
  var segmenter = Segmenter(channel: channel)
  return chunks.flatMap { segmenter.append($0) } + segmenter.finish()
}

private func pieces(_ bytes: [UInt8], ends: [Int]) -> [String] {
  zip([0] + ends, ends).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
}

private let nasty = [
  "Step 1: 3 * 6 = 18.\nWait, no.\nStep 2: 17 + 18 = 35.\n\nStep 10: 26.\nAnswer: 26",
  "## Step 1: Ü\n\nPara\n\n## Step 2\n\n- Step 3: x\n\n**Step 4:** y\n<Answer>: 4\n",
  "Para 😀 one。\r\n\r\nPara two\n \t\n\n  indented three\n```swift\nlet a = 1\n\n\nStep 1: no\n```\n\nx",
  "We have\n\n$$\na = 1\n\nb = 2\n$$\n\nso \\[ x\n\n\\] and\n\n\\begin{align}\n1\n\nAnswer: no\n\\end{align}\n\nEnd.",
  "```\nunclosed\n\nStep 1: a\n\nmore",
  "The house cost 80,000\nSo it is 1.5 * 80 = 120\n- a bullet\nA: 90,000\n#### 12",
  "$$ stray $\n\n$$$\n\nStepping on\nStep\nStep 2\nStep2: x\nAnswer",
  "\n\n  \n# Title\n\nText: \n\n~~~\ncode\n~~~~\nAns\n####\n#### x\n#### 5",
  "",
  "\n \n",
]

private let thoughts = [
  String(repeating: "Okay, so I need to find the number of marbles. ", count: 30),
  "First, let me see. " + String(repeating: "The 3 bags hold 18 marbles in all here. ", count: 6)
    + "But that is odd. Wait, let me check that 3 * 6 is 18! 好的。让我们看看。So it is 26.\n\n"
    + String(repeating: "x ", count: 400) + "\n\nHowever, no. Then done",
]

@Suite struct SegmenterTests {
  @Test func `however a text is split in two, its ends are the same`() {
    for (texts, channel) in [(nasty + thoughts, Channel.answer), (nasty + thoughts, .thinking)] {
      for text in texts {
        let bytes = Array(text.utf8)
        let whole = ends([bytes], channel)
        for cut in stride(from: 0, through: bytes.count, by: 1 + bytes.count / 150) {
          let split = ends([Array(bytes[..<cut]), Array(bytes[cut...])], channel)
          #expect(split == whole, "cut \(cut) of \(text.prefix(30))")
        }
        #expect(ends(bytes.map { [$0] }, channel) == whole, "bytes of \(text.prefix(30))")
      }
    }
  }

  @Test func `ends rise, reach the end, and hold every byte that is not white space`() {
    for text in nasty + thoughts {
      for channel in Channel.allCases {
        let bytes = Array(text.utf8)
        let found = ends([bytes], channel)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0 < $1 })
        let isEmpty = text.allSatisfy(\.isWhitespace)
        #expect(found.last == (isEmpty ? nil : bytes.count))
        #expect(pieces(bytes, ends: found).allSatisfy { !$0.allSatisfy(\.isWhitespace) })
      }
    }
  }

  @Test func `random mixtures of everything cut the same at any chunking`() {
    let parts = [
      "\n", "\n\n", "Step 1: ", "step 2", "## Step 3", "Answer: ", "```", "~~~\n", "$$", "\\[",
      "\\]", "\\begin{a}", "\\end{a}", "So ", "But ", "Wait, ", "a b c. ", "好。", "😀", "# H",
      "- ", "1. ", "  ", "\t", "\r", "####", " 5", ":", ",", "The end", "Therefore, the answer",
    ].map { Array($0.utf8) }
    for seed in UInt64(0)..<400 {
      var random = Seeded(seed)
      let count = Int.random(in: 1...120, using: &random)
      let bytes = (0..<count).flatMap { _ in
        parts[Int.random(in: 0..<parts.count, using: &random)]
      }
      for channel in Channel.allCases {
        let whole = ends([bytes], channel)
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
          let size = Int.random(in: 1...9, using: &random)
          chunks.append(Array(rest.prefix(size)))
          rest = rest.dropFirst(size)
        }
        #expect(ends(chunks, channel) == whole, "seed \(seed)")
      }
    }
  }

  @Test func `numbered lines and the answer line are steps, remarks between them are not`() {
    #expect(
      steps("Step 1: 3 * 6 = 18.\nWait, 18.\nStep 2: 35.\nAnswer: 26\n") == [
        "Step 1: 3 * 6 = 18.\nWait, 18.\n", "Step 2: 35.\n", "Answer: 26\n",
      ])
  }

  @Test func `a numbered line closes the step before it as soon as its number is there`() {
    var segmenter = Segmenter(channel: .answer)
    #expect(segmenter.append("Step 1: 18.\nStep ".utf8) == [])
    #expect(segmenter.append("2".utf8) == [12])
  }

  @Test func `headings that number steps keep their paragraphs`() {
    #expect(
      steps("## Step 1: Count\n\nThree bags.\n\n## Step 2: Add\n\nMore.\n\nAnswer: 5") == [
        "## Step 1: Count\n\nThree bags.\n\n", "## Step 2: Add\n\nMore.\n\n", "Answer: 5",
      ])
  }

  @Test func `paragraphs are steps where nothing is numbered, and a heading joins its text`() {
    #expect(
      steps("One.\n\nTwo\nlines.\n\n# Three\n\nText.\n\n") == [
        "One.\n\n", "Two\nlines.\n\n", "# Three\n\nText.\n\n",
      ])
  }

  @Test func `plain lines are steps until there is a blank line`() {
    #expect(steps("He has 3.\nShe has 4.\nA: 7") == ["He has 3.\n", "She has 4.\n", "A: 7"])
    #expect(
      steps("A line that\nwraps here.\n\nNext.") == ["A line that\nwraps here.\n\n", "Next."])
    #expect(steps("We need:\n3 eggs,\n4 pears") == ["We need:\n3 eggs,\n4 pears"])
  }

  @Test func `code and display maths are never cut`() {
    let code = "See:\n\n```\nStep 1: a\n\nAnswer: b\n```\n\nDone."
    #expect(steps(code) == ["See:\n\n```\nStep 1: a\n\nAnswer: b\n```\n\n", "Done."])
    let maths = "So\n\n$$\na\n\nAnswer: b\n$$\n\nDone."
    #expect(steps(maths) == ["So\n\n$$\na\n\nAnswer: b\n$$\n\n", "Done."])
    let align = "\\begin{align}\n\n\\begin{a}\n\n\\end{a}\n\nStep 1: x\n\\end{align}\n\nDone."
    #expect(steps(align).count == 2)
  }

  @Test func `a fence that never closes ends with the text`() {
    #expect(steps("One.\n\n```\na\n\nb").count == 2)
  }

  @Test func `a stray pair of dollars gives up after a while`() {
    let text = "It costs $$5.\n\n" + String(repeating: "Some words here.\n\n", count: 400)
    #expect(steps(text).count > 100)
  }

  @Test func `thoughts are cut at marker words, not at objections, and not when short`() {
    let long = String(repeating: "The bags hold some marbles. ", count: 5)
    #expect(steps(long + "So it is 18. " + long, .thinking).count == 2)
    #expect(steps(long + "But it is 18. " + long, .thinking).count == 1)
    #expect(steps("Short. So it is 18. Then 5. Wait.", .thinking).count == 1)
  }

  @Test func `a long thought is cut at a sentence`() {
    let text = String(repeating: "The bags hold some marbles. ", count: 80)
    let cut = steps(text, .thinking)
    #expect(cut.count == 4)
    #expect(cut.allSatisfy { $0.hasPrefix("The bags") })
  }
}
