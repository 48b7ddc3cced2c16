import Sessions

/// After ID-sampling (arXiv 2502.05449): words of doubt are put in, and the model goes on from them.
///
/// At the end of a step, where such words can stand. The authors' words, first budget and growth
/// are not published with code; the defaults are ours.
struct DoubtResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    var decision = ReflectionDecision()
    decision.keeps = place.boundary(atByte: place.lastStepEnd)
    decision.written.append(Token(bytes: Array(place.settings.doubtText.utf8)))
    return decision
  }
}
