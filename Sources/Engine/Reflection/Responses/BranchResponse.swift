import Sessions

/// What a server can do in SRGen's stead, and no more than a surrogate of it: each of the likeliest
/// tokens at the place is gone on from, greedily to the end of the line, and the token whose line is
/// likeliest is written.
struct BranchResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    let candidates = place.alternatives.filter(place.canGoOn)
      .prefix(max(1, place.settings.trials))
    guard candidates.count > 1 else {
      var decision = ReflectionDecision()
      decision.message = "there is no other token to branch to: ask for more alternatives"
      return decision
    }
    let forced = candidates.map { place.token($0, temperature: caller.temperature) }
    let trials = try await caller.trials(forced.count) { number in
      try await caller.trial(
        number, after: place.answer, forced: forced[number], until: .step,
        limit: place.settings.trialTokens, temperature: 0)
    }
    guard let best = trials.best else { return ReflectionDecision() }
    var decision = trials.decision(taking: best)
    // One token is decided, as by SRGen; what was tried after it is not kept.
    decision.written.truncate(to: 1)
    decision.ending = nil
    decision.forwards = trials.reduce(-1) { $0 + $1.table.count + $1.discarded }
    // The tokens branched to were not computed for it: they are those the place could have had.
    decision.discarded = decision.forwards + 1 - trials.count
    decision.alternatives = Array(candidates)
    return decision
  }
}
