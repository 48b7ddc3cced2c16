import Sessions

/// Cautious next-token prediction (arXiv 2507.03038): several trials to the next punctuation, the
/// one of lowest perplexity is kept.
///
/// How many is told by the entropy: one up to ``ReflectionSettings/lowEntropy``, all of
/// ``ReflectionSettings/trials`` from ``ReflectionSettings/highEntropy`` on
/// (`generation/utils.py` 4025-4030). Perplexities are at temperature 1; the reference code takes
/// the warped probabilities, which servers do not send. Where a rule judges steps the trials write
/// the last step anew, and it stands beside them: that is MUR (facts of
/// `scale_discriminator.py`).
struct CNTPResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    guard caller.temperature > 0 else {
      var decision = ReflectionDecision()
      decision.message = "at temperature 0 every trial would be the same: raise the temperature"
      return decision
    }
    if place.settings.rule.judgesSteps { return try await again(at: place, with: caller) }
    let count = Self.trials(at: place.found.doubt.entropy, place.settings)
    guard count > 1 else { return ReflectionDecision() }
    let trials = try await caller.trials(count) { number in
      try await caller.trial(
        number, after: place.answer, until: .punctuation, limit: place.settings.trialTokens)
    }
    return trials.decision(taking: trials.best)
  }

  /// The closed step against others in its place.
  private func again(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    let end = place.tokens(endingAt: place.lastStepEnd)
    let ends = place.steps.map(\.end).filter { $0 < place.lastStepEnd }
    let start = place.boundary(atByte: ends.last ?? 0)
    guard end > start else { return ReflectionDecision() }
    let before = place.answer(upTo: start)
    var own = Trial(table: TokenTable())
    for index in start..<end { own.table.append(place.answer.token(index, channel: .answer)) }
    var trials = try await caller.trials(place.settings.trials) { number in
      try await caller.trial(
        number, after: before, until: .step, limit: place.settings.trialTokens)
    }
    trials.append(own)
    guard let best = trials.best, best < trials.count - 1 else {
      var decision = trials.decision(taking: nil)
      decision.discarded -= own.table.count
      decision.forwards -= own.table.count
      decision.chosen = trials.count - 1
      return decision
    }
    var decision = trials.decision(taking: best)
    decision.keeps = start
    // The step itself is counted with what is withdrawn.
    decision.discarded -= own.table.count
    decision.forwards -= own.table.count
    return decision
  }

  static func trials(at value: EntropyBounds?, _ settings: ReflectionSettings) -> Int {
    let most = max(settings.trials, 1)
    guard let value else { return most }
    let entropy = (Double(value.lower) + Double(value.upper)) / 2
    let width = settings.highEntropy - settings.lowEntropy
    guard width > 0 else { return entropy > settings.lowEntropy ? most : 1 }
    let share = min(max((entropy - settings.lowEntropy) / width, 0), 1)
    return Int(1 + Double(most - 1) * share)
  }
}
