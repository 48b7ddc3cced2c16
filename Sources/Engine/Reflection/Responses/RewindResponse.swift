import Sessions

/// After RAIN (arXiv 2309.07124): back to the end of the last step that was sure, and forward again.
///
/// A few continuations of one line are judged by the model itself, and the best is kept: by its
/// judgement, then by its mean log-probability. If all are judged wrong as many are tried once
/// more. RAIN searches a tree of tokens with visits and similarities; this is its rewinding and its
/// self-evaluation, one level deep and within a budget of calls.
struct RewindResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    let sure = place.steps.last { step in
      step.end <= place.answer.bytes.count
        && Double(step.measures.meanLogProbability ?? -.infinity) >= place.settings.confident
    }
    let boundary = place.boundary(atByte: sure?.end ?? 0)
    let before = place.answer(upTo: boundary)
    let ends = place.steps.map(\.end).filter { $0 <= before.bytes.count }
    var trials: [Trial] = []
    var values: [Int] = []
    var tokens = 0
    let count = caller.temperature > 0 ? max(1, place.settings.trials) : 1
    for round in 0..<2 {
      let more = try await caller.trials(count) { number in
        try await caller.trial(
          round * count + number, after: before, until: .step,
          limit: place.settings.trialTokens)
      }
      for trial in more {
        var text = before
        text.append(contentsOf: trial.table)
        let judged = try await caller.judgeLastStep(of: text, ends: ends + [text.bytes.count])
        values.append(judged.value)
        tokens += judged.tokens
      }
      trials += more
      if values.contains(where: { $0 >= 0 }) { break }
    }
    let best = trials.indices.max { a, b in
      (values[a], trials[a].score ?? -.infinity, -a) < (
        values[b], trials[b].score ?? -.infinity, -b
      )
    }
    var decision = trials.decision(taking: best)
    decision.keeps = boundary
    decision.forwards += tokens
    decision.discarded += tokens
    return decision
  }
}
