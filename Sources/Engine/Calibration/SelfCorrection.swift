import Sessions

/// What correcting did to answers, over rounds whose answers can be checked.
///
/// Confidence level, critique score and relative self-correction score of "Confidence v.s. Critique"
/// (arXiv 2412.19513): for problem i, `a` is the share of right answers before, `b` that of right
/// ones kept right, `c` that of wrong ones made right.
package struct SelfCorrection: Codable, Equatable, Sendable {
  /// One round: whether the answer was right before and after.
  package struct Turn: Equatable, Sendable {
    package var problem: String
    package var before: Bool
    package var after: Bool
    /// 1 for the first correction of a first attempt.
    package var round: Int
    /// The critic whose verdicts the model was shown; `nil` for rounds without.
    package var critic: String?
    package init(problem: String, before: Bool, after: Bool, round: Int, critic: String? = nil) {
      self.problem = problem
      self.before = before
      self.after = after
      self.round = round
      self.critic = critic
    }
  }

  package var turns: Int
  package var problems: Int
  package var fixed: Int
  package var broken: Int
  package var stillRight: Int
  package var stillWrong: Int
  /// Means over problems; rounds of one problem are samples of it.
  package var before: Double
  package var after: Double
  /// Share of right answers that were kept right; `nil` where none was right.
  package var confidenceLevel: Double?
  /// Share of wrong answers that were made right; `nil` where none was wrong.
  package var critiqueScore: Double?
  /// The accuracy after, between the worst and the best that the accuracy before allows.
  ///
  /// Above one half it rose. `nil` where all were right before, or none.
  package var relativeScore: Double?

  /// `nil` for no turns.
  package init?(_ turns: [Turn]) {
    guard !turns.isEmpty else { return nil }
    self.turns = turns.count
    fixed = turns.count { !$0.before && $0.after }
    broken = turns.count { $0.before && !$0.after }
    stillRight = turns.count { $0.before && $0.after }
    stillWrong = turns.count { !$0.before && !$0.after }
    let byProblem = Dictionary(grouping: turns, by: \.problem).sorted { $0.key < $1.key }
    problems = byProblem.count
    var (right, wrong, kept, mended) = (0.0, 0.0, 0.0, 0.0)
    for (_, turns) in byProblem {
      let each = 1 / Double(turns.count)
      for turn in turns {
        if turn.before { right += each } else { wrong += each }
        if turn.after, turn.before { kept += each }
        if turn.after, !turn.before { mended += each }
      }
    }
    let count = Double(byProblem.count)
    before = right / count
    after = (kept + mended) / count
    let (hasRight, hasWrong) = (turns.contains(where: \.before), turns.contains { !$0.before })
    confidenceLevel = hasRight ? kept / right : nil
    critiqueScore = hasWrong ? mended / wrong : nil
    relativeScore =
      hasRight && hasWrong ? (after - before * before) / (2 * before * (1 - before)) : nil
  }

  /// The rounds of a session whose answers before and after can be checked.
  ///
  /// An attempt without an answer counts as wrong where the problem has a reference.
  ///
  /// - Parameter made: only rounds that made one of these attempts; all where left out.
  package static func turns(of session: Session, by made: Set<AttemptID>? = nil) -> [Turn] {
    guard session.problem.answer != nil else { return [] }
    var depth: [AttemptID: Int] = [:]
    return session.rounds.compactMap { round in
      guard let parent = session.attempt(round.started.parent),
        let child = session.attempts.last(where: { $0.started.round == round.id })
      else { return nil }
      let number = (depth[parent.id] ?? 0) + 1
      depth[child.id] = number
      guard made?.contains(child.id) ?? true, let before = parent.isRight,
        let after = child.isRight
      else { return nil }
      let critique = round.started.critique.flatMap(session.critique)
      return Turn(
        problem: session.problem.text, before: before, after: after, round: number,
        critic: critique?.started.call.model.shortName)
    }
  }
}

extension Attempt {
  /// Whether the answer is the reference's; `nil` for an attempt that did not come to its end.
  package var isRight: Bool? {
    guard let reason = finished?.reason, reason != .error, reason != .truncated,
      reason != .cancelled
    else { return nil }
    return answer.map { $0.isCorrect } ?? false
  }
}
