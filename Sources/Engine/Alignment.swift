import Sessions

/// How the steps of a revised attempt correspond to those it was made from.
package struct Alignment: Equatable, Sendable {
  package enum Change: String, Sendable, CaseIterable {
    /// The same bytes, white space at the ends aside.
    case kept
    /// Similar words, or the same numbers in the same order.
    case reworded
    /// Only in the later attempt.
    case new
    /// Only in the earlier attempt.
    case dropped
  }
  package struct Row: Equatable, Sendable {
    /// Attempt-wide step indices.
    package var old: Int?
    package var new: Int?
    package var change: Change
  }
  package var rows: [Row]

  /// Pairs below this likeness (of 1) are two different steps.
  static let leastLikeness = 0.5

  /// Aligns the answer steps of two attempts, in order, so that the sum of likenesses is largest
  /// (Needleman and Wunsch, gaps free).
  package init(from old: Attempt, to new: Attempt) {
    self.init(StepText.all(of: old), StepText.all(of: new))
  }

  init(_ old: [StepText], _ new: [StepText]) {
    // What a round kept is most of a long attempt; the table below is quadratic in the rest.
    let same = zip(old, new).prefix { $0.bytes == $1.bytes }
    rows = same.map { Row(old: $0.index, new: $1.index, change: .kept) }
    align(Array(old.dropFirst(rows.count)), Array(new.dropFirst(rows.count)))
  }

  private mutating func align(_ old: [StepText], _ new: [StepText]) {
    var best = Array(repeating: Array(repeating: 0.0, count: new.count + 1), count: old.count + 1)
    var likeness = best
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        likeness[i][j] = old[i].likeness(to: new[j])
        let pair = likeness[i][j] >= Self.leastLikeness ? likeness[i][j] + best[i + 1][j + 1] : 0
        best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
      }
    }
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      let isPair =
        i < old.count && j < new.count && likeness[i][j] >= Self.leastLikeness
        && best[i][j] == likeness[i][j] + best[i + 1][j + 1]
      if isPair {
        let isKept = old[i].bytes == new[j].bytes
        rows.append(
          Row(old: old[i].index, new: new[j].index, change: isKept ? .kept : .reworded))
        i += 1
        j += 1
      } else if i < old.count, j == new.count || best[i + 1][j] >= best[i][j + 1] {
        rows.append(Row(old: old[i].index, new: nil, change: .dropped))
        i += 1
      } else {
        rows.append(Row(old: nil, new: new[j].index, change: .new))
        j += 1
      }
    }
  }
}

/// A step as alignment compares it.
struct StepText: Equatable {
  let index: Int
  let bytes: [UInt8]
  private let words: [String]
  private let numbers: [String]

  init(index: Int, text: String) {
    self.index = index
    bytes = Array(text.trimmingSpace.utf8)
    words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    numbers = text.split { !$0.isNumber && $0 != "." }.map {
      $0.hasSuffix(".") ? String($0.dropLast()) : String($0)
    }.filter { $0.contains(where: \.isNumber) }
  }

  static func all(of attempt: Attempt) -> [StepText] {
    attempt.steps.filter { $0.channel == .answer }.map {
      StepText(index: $0.index, text: String(decoding: attempt.bytes(of: $0), as: UTF8.self))
    }
  }

  /// 1 for the same bytes, else the larger of shared words (Dice) and, at 0.9, equal numbers.
  func likeness(to other: StepText) -> Double {
    if bytes == other.bytes { return 1 }
    var left: [String: Int] = [:]
    for word in words { left[word, default: 0] += 1 }
    var shared = 0
    for word in other.words where left[word, default: 0] > 0 {
      left[word, default: 0] -= 1
      shared += 1
    }
    let total = words.count + other.words.count
    let dice = total == 0 ? 0 : 2 * Double(shared) / Double(total)
    // The step's own number says nothing: two numbers more are an equation.
    let sameNumbers = numbers.count >= 3 && numbers == other.numbers
    return min(max(dice, sameNumbers ? 0.9 : 0), 0.99)
  }
}

/// What a round fixed and broke, and what it cost.
package struct Ledger: Equatable, Sendable {
  package enum AnswerChange: String, Sendable { case fixed, broken, stillRight, stillWrong }
  /// `nil` when either answer could not be checked.
  package var answer: AnswerChange?
  /// Old steps judged incorrect whose successor was judged right, or that are gone from an attempt
  /// that was itself judged or has the right answer.
  package var stepsFixed: [Int]
  /// New steps judged incorrect that were not there, or not judged incorrect, before.
  package var stepsBroken: [Int]
  /// Old steps judged incorrect of which nobody has said that what replaced them is better.
  package var stepsUnjudged: [Int]
  /// Tokens the new attempt wrote, without those it took over.
  package var tokens: Int
  package var seconds: Double?

  /// Verdicts are by attempt-wide step index, each on its own attempt.
  package init(
    from old: Attempt, _ oldVerdicts: [Int: Verdict], to new: Attempt,
    _ newVerdicts: [Int: Verdict]
  ) {
    stepsFixed = []
    stepsBroken = []
    stepsUnjudged = []
    let isVouchedFor = !newVerdicts.isEmpty || new.answer?.isCorrect == true
    for row in Alignment(from: old, to: new).rows {
      let was = row.old.flatMap { oldVerdicts[$0] }
      let isNow = row.new.flatMap { newVerdicts[$0] }
      if let step = row.old, was == .incorrect, isNow != .incorrect {
        let isGone = row.new == nil && isVouchedFor
        if isGone || isNow == .correct || isNow == .neutral {
          stepsFixed.append(step)
        } else {
          stepsUnjudged.append(step)
        }
      }
      if let step = row.new, isNow == .incorrect, was != .incorrect { stepsBroken.append(step) }
    }
    answer = Self.answerChange(old.answer?.isCorrect, new.answer?.isCorrect)
    let given = new.started.call.prefix?.utf8.count ?? 0
    tokens = new.thinking.count + new.written.count - new.written.firstIndex(afterBytes: given)
    seconds = new.finishedAt.map { $0 - new.startedAt }
  }

  private static func answerChange(_ was: Bool?, _ isNow: Bool?) -> AnswerChange? {
    switch (was, isNow) {
    case (false, true): .fixed
    case (true, false): .broken
    case (true, true): .stillRight
    case (false, false): .stillWrong
    default: nil
    }
  }
}
