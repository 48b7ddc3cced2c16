import Sessions

/// The ratings of several people as a grid: problems, chains, steps, people.
struct RatedGrid: Sendable {
  struct Chain: Sendable {
    /// Steps x people; `nil` is missing, and so is unsure.
    var categories: [[Int?]]
    /// Steps x people: the error type of a step called incorrect.
    var types: [[Int?]]
    /// Steps x people, in seconds since 1970.
    var walls: [[Double]]
    var firstErrors: [FirstError?]
  }

  let people: [String]
  let types: [String]
  /// Chains by problem, in the order in which the problems were first met.
  let problems: [[Chain]]
  let draws: Draws

  /// - Parameter ratings: what is held against what: a person's first ratings, or second ones.
  init(
    _ chains: [RatedChain], people: [String], draws: Draws, problems names: [String],
    ratings: (RatedChain, String) -> [Int: ComparedLabel]
  ) {
    self.people = people
    self.draws = draws
    let found = chains.map { chain in people.map { ratings(chain, $0) } }
    let types = Set(
      found.flatMap { $0.flatMap { $0.values.compactMap(\.errorType) } }
    ).sorted()
    self.types = types
    let typePlaces = Dictionary(uniqueKeysWithValues: zip(types, types.indices))
    let problemPlaces = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    var problems = [[Chain]](repeating: [], count: names.count)
    for (chain, ratings) in zip(chains, found) {
      guard let problem = problemPlaces[chain.problem] else { continue }
      let rows = chain.steps.map { step in ratings.map { $0[step] } }
      problems[problem].append(
        Chain(
          categories: rows.map { $0.map { $0?.category } },
          types: rows.map { row in
            row.map { rating in
              rating?.verdict == .incorrect
                ? rating?.errorType.flatMap { typePlaces[$0] } : nil
            }
          },
          walls: rows.map { $0.map { $0?.wall ?? 0 } },
          firstErrors: ratings.map { FirstError(of: chain.steps, in: $0) }))
    }
    self.problems = problems
  }

  /// Steps that both put in a category.
  func pair(_ first: Int, _ second: Int) -> Resampled<PairTable> {
    Resampled(PairTable(categories: ComparedLabel.categories.count), draws) { problem, sums in
      for chain in problems[problem] {
        for row in chain.categories {
          if let left = row[first], let right = row[second] { sums.add(left, right) }
        }
      }
    }
  }

  func firstErrors(_ first: Int, _ second: Int) -> Resampled<FirstErrorSums> {
    Resampled(FirstErrorSums(), draws) { problem, sums in
      for chain in problems[problem] {
        if let left = chain.firstErrors[first], let right = chain.firstErrors[second] {
          sums.add(left, right)
        }
      }
    }
  }

  /// Steps that both called incorrect and gave a type.
  func pairTypes(_ first: Int, _ second: Int) -> Resampled<NominalPair> {
    Resampled(NominalPair(categories: types.count), draws) { problem, sums in
      for chain in problems[problem] {
        for row in chain.types {
          if let left = row[first], let right = row[second] { sums.add(left, right) }
        }
      }
    }
  }

  /// For every step of every problem, how many of the people put it in each category.
  func counts(of people: Range<Int>) -> [[[Int]]] {
    problems.map { chains in
      chains.flatMap { chain in
        chain.categories.map { row in
          var counts = [Int](repeating: 0, count: ComparedLabel.categories.count)
          for person in people {
            if let category = row[person] { counts[category] += 1 }
          }
          return counts
        }
      }
    }
  }

  func typeCoincidences(of people: Range<Int>) -> Resampled<TypeCoincidences> {
    Resampled(TypeCoincidences(categories: types.count), draws) { problem, sums in
      for chain in problems[problem] {
        for row in chain.types { sums.add(people.compactMap { row[$0] }) }
      }
    }
  }

  /// Labels of one person that can be held against the gold, or else against the others.
  func drift(of person: Int, among people: Range<Int>, gold: Int?) -> [Drift.Point] {
    let others = gold.map { [$0] } ?? people.filter { $0 != person }
    var points: [Drift.Point] = []
    for (problem, chains) in problems.enumerated() {
      for chain in chains {
        for (row, walls) in zip(chain.categories, chain.walls) {
          guard let own = row[person] else { continue }
          let compared = others.compactMap { row[$0] }
          guard !compared.isEmpty else { continue }
          points.append(
            Drift.Point(
              problem: problem, wall: walls[person],
              agreement: Double(compared.count { $0 == own }) / Double(compared.count),
              isIncorrect: own == 0))
        }
      }
    }
    return points
  }
}
