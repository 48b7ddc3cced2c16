/// How far somebody is with one chain, in one pass.
package struct ChainProgress: Equatable, Sendable {
  /// Steps that are to be rated: all there are, or those up to the first error.
  package var steps = 0
  /// Of these, those with a standing verdict.
  package var rated = 0
  /// Whether it was said of the chain as a whole if its answer is right; how far it got may be
  /// left open, as it is by who is unsure of it.
  package var isJudged = false
  /// Whether it was left, as a bad problem or given up.
  package var isExited = false
  /// Whether anything stands of what was said of it.
  package var isBegun = false
  /// The last act of those that stand, in seconds since 1970; 0 where nothing does.
  package var wall = 0.0
  /// Time on the steps whose time was measured, idle excluded.
  package var seconds = 0.0
  package var timedSteps = 0
  package init() {}

  /// Whether its annotator has nothing left to do there.
  package func isComplete(asksAboutChain: Bool) -> Bool {
    isExited || (rated == steps && (isJudged || !asksAboutChain))
  }
}

extension Label {
  /// Whether its step needs no verdict any more: the mark of the first error is one by itself.
  package var isRated: Bool { verdict != nil || isFirstError == true }
}

extension Attempt {
  /// All steps there are, or those up to the first error: what follows it is not rated.
  package func stepsToRate(_ label: (Int) -> Label?) -> ArraySlice<Step> {
    let end = steps.firstIndex { label($0.index)?.isFirstError == true }
    return steps[..<(end.map { $0 + 1 } ?? steps.count)]
  }
}

extension LabelBook {
  /// Whether its annotator has nothing left to do with a chain.
  ///
  /// That is so when they left it (`U`), or when every step of every channel that holds steps has a
  /// verdict that stands (unsure is one); of a chain with a first error only the steps before it
  /// need one, since what follows is not rated. Where the chain as a whole is asked about, it must
  /// be said as well whether its answer is right. Labels on bytes that have changed since do not
  /// count.
  package func isComplete(
    _ attempt: Attempt, pass: Int = 0, asksAboutChain: Bool, digests: [String]? = nil
  ) -> Bool {
    progress(in: attempt, pass: pass, digests: digests).isComplete(asksAboutChain: asksAboutChain)
  }

  /// - Parameter digests: ``Attempt/stepDigests``, where somebody has them already.
  package func progress(
    in attempt: Attempt, pass: Int = 0, digests: [String]? = nil
  ) -> ChainProgress {
    var progress = ChainProgress()
    let standing = self.standing(in: attempt, pass: pass, digests: digests)
    let steps = attempt.stepsToRate { standing[$0]?.current.label }
    progress.steps = steps.count
    progress.rated = steps.count { standing[$0.index]?.current.label.isRated == true }
    for entry in standing.values where !entry.current.label.isEmpty {
      progress.isBegun = true
      progress.wall = max(progress.wall, entry.current.wall)
      if let seconds = entry.current.seconds, seconds.isFinite, seconds > 0 {
        progress.seconds += seconds
        progress.timedSteps += 1
      }
    }
    if let judged = judgement(of: attempt.id, pass: pass) {
      progress.isBegun = true
      progress.isExited = judged.exit != nil
      progress.isJudged = judged.answer != nil
      progress.wall = max(progress.wall, judged.wall)
    }
    return progress
  }
}
