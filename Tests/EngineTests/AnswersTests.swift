import Sessions
import Testing

@testable import Engine

@Suite struct AnswersTests {
  @Test func `the answer is found where it is said, the last of its kind`() {
    let cases: [(String, String, AnswerExtracted.Method)] = [
      ("Step 1: 18\nAnswer: 26", "26", .answerLine),
      ("Answer: 5\nWait.\n**Answer:** 26 marbles.", "26 marbles", .answerLine),
      ("**Final Answer**: \\boxed{\\frac{1}{2}}", "\\frac{1}{2}", .answerLine),
      ("So he has 5.\nA: 90,000", "90,000", .answerLine),
      ("Therefore, the final answer is 7.", "7", .answerLine),
      ("We get 3.\n#### 1,234", "1,234", .hashes),
      ("so \\boxed{1} and \\boxed{\\text{a {b} c}}", "\\text{a {b} c}", .boxed),
      ("It is $3.50 or 12 and -4", "-4", .lastNumber),
      ("It costs $1,250.75.", "1,250.75", .lastNumber),
      ("10 - 4 = 6, which is 3/4", "3/4", .lastNumber),
      ("about 12%", "12%", .lastNumber),
    ]
    for (text, answer, method) in cases {
      #expect(
        Answers.extract(from: text) == Answers.Found(answer: answer, method: method), "\(text)")
    }
    #expect(Answers.extract(from: "no idea") == nil)
    #expect(Answers.extract(from: "") == nil)
  }

  @Test func `boxes that never close and answers without end are none`() {
    #expect(Answers.extract(from: String(repeating: "\\boxed{", count: 2_000)) == nil)
    #expect(Answers.extract(from: "\\boxed{5} and \\boxed{6")?.answer == "5")
    #expect(Answers.extract(from: "Answer: " + String(repeating: "x", count: 9_000)) == nil)
    #expect(!Answers.isEquivalent(String(repeating: "\\frac", count: 300), "1/2"))
  }

  @Test func `a choice is looked for only where the problem asks for one`() {
    let text = "It is option (A) or maybe (C)"
    #expect(Answers.extract(from: text, isChoice: true)?.answer == "C")
    #expect(Answers.extract(from: text) == nil)
    #expect(Answers.isChoice(Problem(id: "1", text: "", answer: "(B)")))
    #expect(!Answers.isChoice(Problem(id: "1", text: "", answer: "12")))
  }

  @Test func `answers that say the same are the same`() {
    let same = [
      ("26", "26"), ("26 marbles", "26"), ("26.", "26"), ("$1,234", "1234"), ("1234.00", "1,234"),
      ("0.5", "1/2"), ("\\frac{1}{2}", "0.50"), ("\\dfrac12", "1/2"), ("$\\frac{3}{4}$", "0.75"),
      ("1 1/2", "1.5"), ("2\\frac{1}{4}", "9/4"), ("-3", "−3"), ("12%", "12 percent"),
      ("12%", "0.12"), ("12\\%", "12"), ("\\text{yes}", "Yes"), ("True", "yes"), ("(A)", "A"),
      ("b.", "(B)"), ("\\text{(C)}", "C"), ("x = 5", "5"), ("90^\\circ", "90"),
      ("90 degrees", "90°"), ("\\left( 3 \\right)", "( 3 )"), ("5 cm^2", "5"), ("€ 3", "3"),
      ("She has 26 marbles left.", "26"), ("1{,}000", "1000"), ("Monday", "monday"),
      ("0.1", "1/10"), ("007", "7"), ("3.0 kg", "3"),
    ]
    for (a, b) in same {
      #expect(Answers.isEquivalent(a, b), "\(a) and \(b)")
      #expect(Answers.isEquivalent(b, a), "\(b) and \(a)")
    }
  }

  @Test func `answers that differ are different`() {
    let different = [
      ("26", "27"), ("0.333", "1/3"), ("1/2", "2"), ("A", "B"), ("yes", "no"), ("", "0"),
      ("12%", "0.13"), ("1,23", "123"), ("-3", "3"), ("Monday", "Tuesday"), ("1/0", "0"),
      ("3 or 4", "4"), ("12", "0.12"), ("99999999999999999999", "99999999999999999998"),
    ]
    for (a, b) in different { #expect(!Answers.isEquivalent(a, b), "\(a) and \(b)") }
  }

  @Test func `fractions agree with integers cross-multiplied`() throws {
    for seed in UInt64(0)..<500 {
      var random = Seeded(seed)
      let (a, b) = (
        Int.random(in: -99...99, using: &random), Int.random(in: 1...99, using: &random)
      )
      let (c, d) = (
        Int.random(in: -99...99, using: &random), Int.random(in: 1...99, using: &random)
      )
      let isSame = a * d == c * b
      #expect(Answers.isEquivalent("\(a)/\(b)", "\(c)/\(d)") == isSame, "seed \(seed)")
      #expect(Answers.isEquivalent("\(a * 7)/\(b * 7)", "\(a)/\(b)"), "seed \(seed)")
    }
  }
}

@Test func `of a text that repeats itself for ever only the end is looked at`() {
  let loop = String(repeating: "\\boxed{", count: 100_000)
  #expect(Answers.extract(from: "Answer: 1\n" + loop + "\nAnswer: 26")?.answer == "26")
  #expect(Answers.extract(from: "Answer: 1\n" + loop)?.method != .answerLine)
}
