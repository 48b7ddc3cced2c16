import Engine
import Sessions

/// What a run came to: one line a vote when there were several attempts, then the answer.
struct Conclusion {
  let lines: [String]

  init(_ session: Session) {
    let last = session.attempts.last { $0.answer != nil }
    // A corrected answer stands; votes are for attempts made side by side.
    guard session.rounds.isEmpty, session.attempts.count > 1 else {
      lines = last?.answer.map { ["answer: \($0.answer)"] } ?? []
      return
    }
    let ballots = session.attempts.compactMap { Ballot($0) }
    let tallies = Votes.tallies(ballots, kind: session.problem.kind)
    lines =
      tallies.map(Self.line)
      + (tallies.first?.winner.map { ["answer: \($0)"] } ?? [])
  }

  private static func line(_ tally: Tally) -> String {
    let shares = tally.shares.map { share in
      let weight =
        tally.method == .majority
        ? "\(share.attempts.count)" : share.weight.formatted(places: 2)
      return "\(share.answer) \(weight)"
    }
    return "vote by \(tally.method.rawValue), \(tally.source): \(shares.joined(separator: ", "))"
  }
}
