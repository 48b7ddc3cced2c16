import Sessions

/// The loop's decisions: a pure state machine, fed one place at a time.
///
/// Before each token ``consider(_:)`` is asked, after it ``wrote(_:)`` is told. It follows SRGen's
/// trigger with the choices of a loop that corrects in place: the first token of a response is
/// neither tested nor recorded; a corrected place is recorded once, with the entropy it had before,
/// and not tested again; the window outlives the interventions; a maximum of 20 means 20.
package struct Reflection: Sendable {
  /// May be changed at any time; the next place is judged by what stands here then.
  package var settings: ReflectionSettings
  package private(set) var history = DoubtHistory()
  package private(set) var tally = ReflectionTally()

  package init(_ settings: ReflectionSettings) { self.settings = settings }

  package enum Answer: Equatable, Sendable {
    case emit
    case intervene(TriggerFound)
    /// The threshold lay between the bounds, and the policy is to go on.
    case ambiguous(TriggerFound)
    case unmeasured
  }

  /// Judges the next place, and records its entropy; a place that was judged before is passed.
  package mutating func consider(_ doubt: Doubt) -> Answer {
    guard history.entropies.count <= history.position else { return .emit }
    let isFirst = history.position == 0
    let judgement =
      isFirst || isExhausted ? nil : settings.rule.trigger.judge(doubt, after: history)
    if !isFirst { history.record(doubt.entropy) }
    guard let judgement else { return .emit }
    tally.tested += 1
    let found = TriggerFound(
      position: history.position, judgement: judgement, settings: settings, doubt: doubt)
    switch judgement.answer {
    case .holds: return .emit
    case .unmeasured:
      tally.unmeasured += 1
      return .unmeasured
    case .fires: break
    case .ambiguous:
      tally.ambiguous += 1
      guard settings.ambiguity.fires(judgement) else { return .ambiguous(found) }
    }
    history.fire()
    tally.reflections += 1
    return .intervene(found)
  }

  /// Records the next place without judging it: the loop could not stop here.
  package mutating func pass(_ doubt: Doubt) {
    if history.position > 0, history.entropies.count <= history.position {
      history.record(doubt.entropy)
    }
  }

  /// A token was written at the place considered last.
  package mutating func wrote(_ logProbability: Float?) { history.write(logProbability) }

  /// A token came without being considered: taken over, or part of a trial that was chosen.
  package mutating func took(_ doubt: Doubt, logProbability: Float?) {
    pass(doubt)
    history.write(logProbability)
  }

  package mutating func closedStep(surprisal: Double?) { history.close(surprisal: surprisal) }

  /// Tokens from this position on were withdrawn; so many of the closed steps stand.
  package mutating func rewind(to position: Int, steps: Int) {
    history.rewind(to: position, steps: steps)
  }

  /// Adds what a reflection cost.
  package mutating func spent(_ finished: ReflectionFinished) {
    tally.discardedTokens += finished.discardedTokens
    tally.forwards += finished.forwards
    tally.milliseconds += finished.milliseconds
  }

  private var isExhausted: Bool { tally.reflections >= settings.maximum }

  /// What it came to; called when the response has ended.
  package var finalTally: ReflectionTally {
    var tally = tally
    tally.isExhausted = isExhausted && settings.maximum > 0
    return tally
  }
}

/// A place where a rule fired.
package struct TriggerFound: Equatable, Sendable {
  /// Tokens of the response before it.
  package var position: Int
  package var judgement: Judgement
  package var settings: ReflectionSettings
  /// What was known of the place, whatever of it the rule looked at.
  package var doubt: Doubt
}

extension AmbiguityPolicy {
  func fires(_ judgement: Judgement) -> Bool {
    switch self {
    case .fire: true
    case .hold: false
    case .midpoint: judgement.isMiddleAbove
    }
  }
}
