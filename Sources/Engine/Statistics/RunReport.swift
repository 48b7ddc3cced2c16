import Sessions

/// What a run over a problem set came to, arm by arm.
package struct RunReport: Codable, Equatable, Sendable {
  /// One way of reflecting, or none; shares from 0 to 1, costs as means over attempts.
  ///
  /// What cannot be told is `nil`: without reference answers nothing is right or wrong.
  package struct Arm: Codable, Equatable, Sendable {
    package var arm: String
    package var attempts = 0
    package var problems = 0
    /// Attempts in which no answer was found, and those cut off at the most tokens allowed.
    package var unanswered = 0
    package var cut = 0
    /// Right attempts out of all that could be checked: pass@1.
    package var accuracy: Double?
    package var accuracyInterval: Interval?
    /// Problems whose most frequent answer is right; a plurality, not "most samples are right".
    package var vote: Double?
    package var voteInterval: Interval?
    /// Against `none`, on pairs of one problem and seed.
    package var pairs: Int?
    package var difference: Double?
    package var differenceInterval: Interval?
    /// Wrong without and right with, and the other way round.
    package var fixed: Int?
    package var broken: Int?
    /// Tokens computed beyond those of `none`, over all pairs, and for each answer won.
    package var extraTokens: Int?
    package var extraTokensPerAnswerWon: Double?
    package var tokens = 0.0
    package var discarded = 0.0
    package var forwards = 0.0
    package var seconds = 0.0
    package var reflections = 0.0
    /// Reflections for each token of the responses.
    package var triggeredShare = 0.0

    package init(arm: String) { self.arm = arm }
  }

  /// Problems whose ids begin alike.
  package struct Group: Codable, Equatable, Sendable {
    package var name: String
    package var arms: [Arm]
    package init(name: String, arms: [Arm]) {
      self.name = name
      self.arms = arms
    }
  }

  package var arms: [Arm]
  /// Empty when all problems are of one group.
  package var groups: [Group]
  package var resamples: Int
  package var seed: UInt64

  /// The arm that the others are held against.
  package static let baseline = "none"

  /// - Parameter order: the arms in the order they are to be told in; others follow.
  package init(_ rows: [ResultsRow], order: [String] = [], bootstrap: Bootstrap = Bootstrap()) {
    let found = rows.reduce(into: [String]()) { names, row in
      if !names.contains(row.arm) { names.append(row.arm) }
    }
    let names = order.filter(found.contains) + found.filter { !order.contains($0) }
    arms = Self.arms(rows, names, bootstrap)
    let grouped = Dictionary(grouping: rows) { Self.group(of: $0.problem) }
    groups =
      grouped.count < 2
      ? []
      : grouped.sorted { $0.key < $1.key }.map { name, rows in
        Group(name: name, arms: Self.arms(rows, names, bootstrap))
      }
    resamples = bootstrap.resamples
    seed = bootstrap.seed
  }

  /// What an id begins with: `held-out` of `held-out-017`; empty for an id that is only a number.
  package static func group(of id: String) -> String {
    var name = id[...]
    while let last = name.last, last.isNumber { name.removeLast() }
    while let last = name.last, "-_. ".contains(last) { name.removeLast() }
    return String(name)
  }

  private static func arms(
    _ rows: [ResultsRow], _ names: [String], _ bootstrap: Bootstrap
  ) -> [Arm] {
    let byArm = Dictionary(grouping: rows, by: \.arm)
    // A fixed order, so that the same results give the same draws.
    let problems = Set(rows.map(\.problem)).sorted()
    let baseline = byArm[Self.baseline] ?? []
    let pairings = names.map { Pairing(byArm[$0] ?? [], against: baseline) }
    let intervals = bootstrap.intervals(of: pairings.map { $0.scores(of: problems) })
    return zip(names, zip(pairings, intervals)).map { name, compared in
      var arm = Arm(byArm[name] ?? [], name: name)
      if name != Self.baseline, !compared.0.pairs.isEmpty {
        arm.take(compared.0, interval: compared.1)
      }
      return arm
    }
  }
}

extension RunReport.Arm {
  fileprivate init(_ rows: [ResultsRow], name: String) {
    self.init(arm: name)
    let byProblem = Dictionary(grouping: rows, by: \.problem)
    attempts = rows.count
    problems = byProblem.count
    unanswered = rows.count { $0.answer == nil }
    cut = rows.count { $0.reason == .length }
    guard !rows.isEmpty else { return }
    func mean(_ value: (ResultsRow) -> Double) -> Double {
      rows.reduce(0) { $0 + value($1) } / Double(rows.count)
    }
    tokens = mean { Double($0.tokens) }
    discarded = mean { Double($0.discarded) }
    forwards = mean { Double($0.forwards) }
    seconds = mean(\.seconds)
    reflections = mean { Double($0.reflections) }
    let written = rows.reduce(0) { $0 + $1.length }
    if written > 0 { triggeredShare = reflections * Double(rows.count) / Double(written) }

    let scores = byProblem.values.map { rows in
      Score(right: rows.count { $0.correct == true }, count: rows.count { $0.correct != nil })
    }.filter { $0.count > 0 }
    let count = scores.reduce(0) { $0 + $1.count }
    guard count > 0 else { return }
    accuracy = Double(scores.reduce(0) { $0 + $1.right }) / Double(count)
    accuracyInterval = Statistics.interval(ofShareIn: scores)
    takeVote(byProblem.values.filter { $0.contains { $0.correct != nil } })
  }

  /// Samples without an answer do not vote; a problem on which nobody does is not solved.
  private mutating func takeVote(_ problems: [[ResultsRow]]) {
    guard problems.contains(where: { $0.count > 1 }) else { return }
    let right = problems.count { Self.winner(of: $0)?.correct == true }
    vote = Double(right) / Double(problems.count)
    voteInterval = Statistics.wilson(right: Double(right), of: Double(problems.count))
  }

  /// The first row with the answer given most often; of answers given as often, the first given.
  private static func winner(of rows: [ResultsRow]) -> ResultsRow? {
    let rows = rows.sorted { $0.sample < $1.sample }
    let ballots = rows.enumerated().compactMap { place, row in
      row.answer.map { Ballot(attempt: AttemptID("\(place)"), answer: $0) }
    }
    let tally = Votes.tallies(ballots, kind: rows.first?.kind).first { $0.method == .majority }
    return tally?.shares.first?.attempts.first.flatMap { Int($0.description) }.map { rows[$0] }
  }

  fileprivate mutating func take(_ pairing: Pairing, interval: Interval?) {
    pairs = pairing.pairs.count
    let checked = pairing.pairs.filter { $0.with.correct != nil && $0.without.correct != nil }
    let extra = pairing.pairs.reduce(0) { sum, pair in
      sum + pair.with.computed - pair.without.computed
    }
    extraTokens = extra
    guard !checked.isEmpty else { return }
    let won = checked.count { $0.with.correct == true && $0.without.correct == false }
    let lost = checked.count { $0.with.correct == false && $0.without.correct == true }
    fixed = won
    broken = lost
    difference = Double(won - lost) / Double(checked.count)
    differenceInterval = interval
    if won > lost { extraTokensPerAnswerWon = Double(extra) / Double(won - lost) }
  }
}

extension ResultsRow {
  fileprivate var computed: Int { tokens + discarded }
}

/// Attempts of one arm beside those of another, on the same problems and seeds.
private struct Pairing {
  var pairs: [(with: ResultsRow, without: ResultsRow)] = []

  private struct Place: Hashable {
    var problem: String
    var sample: Int
  }

  init(_ rows: [ResultsRow], against baseline: [ResultsRow]) {
    let others = Dictionary(
      baseline.map { (Place(problem: $0.problem, sample: $0.sample), $0) },
      uniquingKeysWith: { first, _ in first })
    for row in rows {
      guard let other = others[Place(problem: row.problem, sample: row.sample)],
        other.seed == row.seed
      else { continue }
      pairs.append((row, other))
    }
  }

  func scores(of problems: [String]) -> [PairedScore] {
    var scores: [String: PairedScore] = [:]
    for (with, without) in pairs {
      guard let right = with.correct, let before = without.correct else { continue }
      scores[with.problem, default: PairedScore()].pairs += 1
      scores[with.problem, default: PairedScore()].gain +=
        (right ? 1 : 0) - (before ? 1 : 0)
    }
    return problems.map { scores[$0] ?? PairedScore() }
  }
}
