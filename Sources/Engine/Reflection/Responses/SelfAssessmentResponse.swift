import Sessions

/// Periodic self-assessment: the model criticises its own steps, and goes on from before the first
/// it finds wrong.
///
/// As many times as the problem has statements at most: a longer problem has more to get wrong.
/// That rule and the period are ours.
struct SelfAssessmentResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    var decision = ReflectionDecision()
    let ends = place.steps.map(\.end).filter { $0 <= place.lastStepEnd }
    let rounds = Self.rounds(for: caller.plan.problem.text)
    guard place.reflections <= rounds else {
      decision.message = "this problem's \(rounds) self-assessments are used up"
      return decision
    }
    let assessment = try await caller.criticise(place.answer, ends: ends)
    decision.forwards = assessment.tokens
    decision.discarded = assessment.tokens
    let wrong = assessment.verdicts.filter { $0.value == .incorrect }.keys.min()
    guard let wrong, ends.indices.contains(wrong) else {
      decision.message = assessment.verdicts.isEmpty ? "the model gave no verdict" : nil
      return decision
    }
    guard place.tokens(endingAt: ends[wrong]) > place.fixed else {
      decision.message = "the model finds step \(wrong + 1) wrong, which was taken over and stays"
      return decision
    }
    decision.keeps = place.boundary(atByte: wrong == 0 ? 0 : ends[wrong - 1])
    decision.message = "the model finds step \(wrong + 1) wrong"
    if !caller.plan.prompts.isPlain, let reason = assessment.reasons[wrong] {
      decision.hint = "an earlier version of the next step was wrong: \(reason)"
    }
    return decision
  }

  /// Statements of the problem: what ends in a full stop, a question mark or an exclamation mark.
  static func rounds(for problem: String) -> Int {
    var count = 0
    var isOpen = false
    for character in problem {
      if ".?!。？！".contains(character) {
        if isOpen { count += 1 }
        isOpen = false
      } else if character.isLetter || character.isNumber {
        isOpen = true
      }
    }
    return max(1, count + (isOpen ? 1 : 0))
  }
}
