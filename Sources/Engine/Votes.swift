import Foundation
import Sessions

/// The outcome of one way of voting over the answers of several attempts.
package struct Tally: Equatable, Sendable {
  package enum Method: String, CaseIterable, Sendable {
    /// One attempt, one vote.
    case majority
    /// An attempt votes with its exp(mean log-probability).
    case confidence
    /// Attempts are ranked by a score; rank r of N votes with (N - r + 1)^p.
    case borda
    /// Reasoning-pruning perplexity consistency: exp(mean log-probability) is summed over
    /// distinct texts, after the improbable ones were dropped.
    case rpc
  }
  package struct Share: Equatable, Sendable {
    /// The answer in the words of the first attempt that gave it.
    package var answer: String
    package var attempts: [AttemptID]
    package var weight: Double
  }
  package var method: Method
  /// What the weights were made from.
  package var source: String
  /// Heaviest first; at equal weight the answer given first.
  package var shares: [Share]
  package var winner: String? { shares.first?.answer }
}

/// One attempt as it goes to the vote.
package struct Ballot: Equatable, Sendable {
  package var attempt: AttemptID
  package var answer: String
  /// Over all tokens of the answer channel; `nil` when the server sent none.
  package var meanLogProbability: Double?
  /// Mean KL from uniform over the full vocabulary; only models that give all logits have it.
  package var selfCertainty: Double?
  /// The answer's bytes: copies of one text are one path.
  package var text: [UInt8]

  package init(
    attempt: AttemptID, answer: String, meanLogProbability: Double? = nil,
    selfCertainty: Double? = nil, text: [UInt8] = []
  ) {
    self.attempt = attempt
    self.answer = answer
    self.meanLogProbability = meanLogProbability
    self.selfCertainty = selfCertainty
    self.text = text
  }

  /// `nil` while the attempt runs, and when no answer was found in it.
  package init?(_ attempt: Attempt) {
    guard !attempt.isRunning, let answer = attempt.answer?.answer else { return nil }
    let measures = StepMeasures(of: attempt.written, in: 0..<attempt.written.count)
    self.init(
      attempt: attempt.id, answer: answer,
      meanLogProbability: measures.meanLogProbability.map(Double.init),
      text: attempt.written.bytes)
  }
}

package enum Votes {
  /// Every vote that the ballots allow; those that need log-probabilities only where each has one.
  package static func tallies(_ ballots: [Ballot], kind: String? = nil) -> [Tally] {
    guard !ballots.isEmpty else { return [] }
    let groups = groups(ballots, kind)
    var tallies = [
      tally(.majority, "attempts", ballots, groups, ballots.map { _ in 1 })
    ]
    let means = ballots.compactMap(\.meanLogProbability)
    guard means.count == ballots.count else { return tallies }
    let confidences = means.map { exp($0) }
    tallies.append(
      tally(.confidence, "exp(mean log-probability)", ballots, groups, confidences))
    let certainties = ballots.compactMap(\.selfCertainty)
    let hasAll = certainties.count == ballots.count
    tallies.append(
      tally(
        .borda, hasAll ? "rank by self-certainty" : "rank by mean log-probability", ballots,
        groups, borda(hasAll ? certainties : means)))
    let distinct = firstOfEachText(ballots)
    let kept = PathPruning.keeps(confidences)
    let weights = confidences.indices.map { kept[$0] && distinct[$0] ? confidences[$0] : 0 }
    tallies.append(
      tally(.rpc, "perplexity consistency, pruned", ballots, groups, weights))
    return tallies
  }

  /// Self-Certainty (arXiv 2502.18581): p = 0 is the majority, large p the single best attempt.
  package static let bordaPower = 0.5

  /// (N - rank + 1)^p; equal scores share the mean of their ranks' weights.
  static func borda(_ scores: [Double], power: Double = bordaPower) -> [Double] {
    scores.map { score in
      let better = scores.count { $0 > score }
      let equal = scores.count { $0 == score }
      let weights = (0..<equal).map { pow(Double(scores.count - better - $0), power) }
      return weights.reduce(0, +) / Double(max(equal, 1))
    }
  }

  /// For each ballot the index of the first with an equivalent answer.
  static func groups(_ ballots: [Ballot], _ kind: String?) -> [Int] {
    var leaders: [Int] = []
    return ballots.indices.map { index in
      let leader = leaders.first {
        Answers.isEquivalent(ballots[index].answer, ballots[$0].answer, kind: kind)
      }
      if leader == nil { leaders.append(index) }
      return leader ?? index
    }
  }

  private static func firstOfEachText(_ ballots: [Ballot]) -> [Bool] {
    var seen: Set<[UInt8]> = []
    return ballots.map { $0.text.isEmpty || seen.insert($0.text).inserted }
  }

  private static func tally(
    _ method: Tally.Method, _ source: String, _ ballots: [Ballot], _ groups: [Int],
    _ weights: [Double]
  ) -> Tally {
    var shares: [(leader: Int, share: Tally.Share)] = []
    for index in ballots.indices {
      if let place = shares.firstIndex(where: { $0.leader == groups[index] }) {
        shares[place].share.attempts.append(ballots[index].attempt)
        shares[place].share.weight += weights[index]
      } else {
        let share = Tally.Share(
          answer: ballots[index].answer, attempts: [ballots[index].attempt],
          weight: weights[index])
        shares.append((groups[index], share))
      }
    }
    shares.sort { ($0.share.weight, -$0.leader) > ($1.share.weight, -$1.leader) }
    return Tally(method: method, source: source, shares: shares.map(\.share))
  }
}
