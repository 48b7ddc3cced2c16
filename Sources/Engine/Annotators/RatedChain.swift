import Sessions

/// What one person said of one step, as far as agreement asks.
package struct ComparedLabel: Equatable, Sendable {
  package var verdict: Verdict
  package var errorType: String?
  /// The verdict follows from the mark of a first error.
  package var isFilled: Bool
  /// Marked as the chain's first error: nothing after it needs a rating.
  package var isFirstError: Bool
  /// Seconds since 1970.
  package var wall: Double
  package init(
    _ verdict: Verdict, errorType: String? = nil, isFilled: Bool = false,
    isFirstError: Bool = false, wall: Double = 0
  ) {
    self.verdict = verdict
    self.errorType = errorType
    self.isFilled = isFilled
    self.isFirstError = isFirstError
    self.wall = wall
  }

  /// A neutral step is no error.
  var withoutNeutral: ComparedLabel {
    var label = self
    if verdict == .neutral { label.verdict = .correct }
    return label
  }

  /// Place of the verdict among ``categories``; `nil` for unsure, which is no rating.
  var category: Int? { Self.categories.firstIndex(of: verdict) }

  /// From worst to best: the order that the ordinal measure goes by.
  package static let categories: [Verdict] = [.incorrect, .neutral, .correct]
}

/// One chain with everybody's ratings, by attempt-wide step index.
package struct RatedChain: Equatable, Sendable {
  /// The attempt; told apart from those of other sessions.
  package var id: String
  /// What is resampled: chains of one problem are alike.
  package var problem: String
  /// The steps to be rated, ascending.
  package var steps: [Int]
  package var ratings: [String: [Int: ComparedLabel]]
  /// The same person's second ratings.
  package var repeats: [String: [Int: ComparedLabel]]
  package init(
    id: String, problem: String, steps: [Int], ratings: [String: [Int: ComparedLabel]] = [:],
    repeats: [String: [Int: ComparedLabel]] = [:]
  ) {
    self.id = id
    self.problem = problem
    self.steps = steps
    self.ratings = ratings
    self.repeats = repeats
  }
}

/// Where a chain goes wrong first, by one person's word.
package enum FirstError: Equatable, Sendable {
  /// Counted among the chain's steps to be rated, from 0.
  case place(Int)
  case none

  /// `nil` when the person has not said enough to know.
  ///
  /// That is so when a step before the first incorrect one, or any step of a chain without one, has
  /// no rating. Unsure is a rating that calls no error.
  init?(of steps: [Int], in ratings: [Int: ComparedLabel]) {
    guard !steps.isEmpty else { return nil }
    for (place, step) in steps.enumerated() {
      guard let rating = ratings[step] else {
        // A mark says it of all that came before.
        guard let marked = steps[place...].firstIndex(where: { ratings[$0]?.isFirstError == true })
        else { return nil }
        self = .place(marked)
        return
      }
      if rating.verdict == .incorrect {
        self = .place(place)
        return
      }
    }
    self = .none
  }
}

/// First errors of the same chains by two people.
struct FirstErrorSums: Sums, Equatable {
  /// Chains; the same place or none for both; that or one step apart; none for both; and more.
  ///
  /// The others go by the second person's word: erroneous chains, and the first's same place there;
  /// correct chains, and the first's "none" there.
  var cells = [Double](repeating: 0, count: 8)

  mutating func add(_ first: FirstError, _ second: FirstError) {
    cells[0] += 1
    switch (first, second) {
    case (.none, .none):
      for cell in [1, 2, 3, 6, 7] { cells[cell] += 1 }
    case (.place(let left), .place(let right)):
      cells[1] += left == right ? 1 : 0
      cells[2] += abs(left - right) <= 1 ? 1 : 0
      cells[4] += 1
      cells[5] += left == right ? 1 : 0
    case (.none, .place): cells[4] += 1
    case (.place, .none): cells[6] += 1
    }
  }

  var chains: Int { Int(cells[0]) }
  var bothNone: Int { Int(cells[3]) }
  var exact: Measured { .share(cells[1], of: cells[0], else: .noFirstErrors) }
  var withinOne: Measured { .share(cells[2], of: cells[0], else: .noFirstErrors) }
  /// Of the chains in which at least one of them sees an error.
  var exactAmongErrors: Measured {
    guard cells[0] > 0 else { return .undefined(.noFirstErrors) }
    return .share(cells[1] - cells[3], of: cells[0] - cells[3], else: .noErrors)
  }

  /// Of ProcessBench's three figures (arXiv 2412.06559), the second person being the gold.
  var onErroneous: Measured {
    guard cells[0] > 0 else { return .undefined(.noFirstErrors) }
    return .share(cells[5], of: cells[4], else: .noErroneousChains)
  }
  var onCorrect: Measured {
    guard cells[0] > 0 else { return .undefined(.noFirstErrors) }
    return .share(cells[7], of: cells[6], else: .noCorrectChains)
  }
  var f1: Measured {
    let (wrong, right) = (onErroneous, onCorrect)
    guard let left = wrong.value else { return wrong }
    guard let other = right.value else { return right }
    return .value(left + other > 0 ? 2 * left * other / (left + other) : 0)
  }
}
