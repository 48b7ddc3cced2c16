import Sessions

/// A correction as a person asked for it.
package struct RoundRequest: Equatable, Sendable {
  package var parent: AttemptID
  package var strategy: RoundStarted.Strategy
  package var critique: CritiqueID?
  /// Attempt-wide index of the first step written anew.
  package var fromStep: Int?
  package var hint: String?
  /// The person's own text for that step; the model goes on after it.
  package var editedStep: String?
  package init(
    parent: AttemptID, strategy: RoundStarted.Strategy, critique: CritiqueID? = nil,
    fromStep: Int? = nil, hint: String? = nil, editedStep: String? = nil
  ) {
    self.parent = parent
    self.strategy = strategy
    self.critique = critique
    self.fromStep = fromStep
    self.hint = hint
    self.editedStep = editedStep
  }
}

/// Why a call cannot be planned.
package enum PlanError: Error, Equatable {
  case noSuchAttempt(AttemptID)
  case noSteps(AttemptID)
  case noSuchStep(Int)
  /// Part of a model's thinking cannot be kept.
  case notAnAnswerStep(Int)
  case nothingToContinue(AttemptID)

  package var sentence: String {
    switch self {
    case .noSuchAttempt(let id):
      "There is no attempt \(id) in this session; choose one of those shown."
    case .noSteps(let id):
      "Attempt \(id) has no steps to judge; wait for one, or make another attempt."
    case .noSuchStep(let index):
      "There is no step \(index + 1) in this attempt; choose one of those shown."
    case .notAnAnswerStep(let index):
      "Step \(index + 1) is thinking, which cannot be kept in part; choose a step of the answer."
    case .nothingToContinue(let id):
      "Attempt \(id) has no text to go on from; make another attempt."
    }
  }
}

/// Turns what is wanted into calls, from the session as it stands.
package struct Planner {
  private let session: Session
  private var prompts: PromptSet

  package init(session: Session, prompts: PromptSet, system: String? = nil) {
    self.session = session
    self.prompts = prompts
    if let system { self.prompts.system = system }
  }

  /// New attempts at the problem; with a seed, each sample has one of its own.
  package func attempts(_ count: Int, parameters: SamplingParameters) -> [AttemptPlan] {
    (0..<max(count, 1)).map { sample in
      var own = parameters
      own.seed = parameters.seed.map { $0 &+ sample }
      return AttemptPlan(
        attempt: attemptID(offset: sample), sample: count > 1 ? sample : nil,
        problem: session.problem,
        messages: prompts.solve(session.problem.text), parameters: own)
    }
  }

  /// A critique of the answer's steps; thinking is not judged. Greedy, whatever is set.
  package func critique(
    of id: AttemptID, parameters: SamplingParameters
  ) throws -> CritiquePlan {
    guard let attempt = session.attempt(id) else { throw PlanError.noSuchAttempt(id) }
    let steps = attempt.steps.filter { $0.channel == .answer }
    guard !steps.isEmpty else { throw PlanError.noSteps(id) }
    var own = parameters
    own.temperature = 0
    own.alternatives = 0
    own.stop = []
    return CritiquePlan(
      critique: CritiqueID("c\(session.critiques.count + 1)"), attempt: id,
      steps: steps.map(\.index),
      messages: prompts.critique(
        session.problem.text, draft: draft(of: attempt),
        steps: steps.map { text(of: $0, in: attempt) }),
      parameters: own)
  }

  package func round(
    _ request: RoundRequest, parameters: SamplingParameters
  ) throws -> (RoundStarted, AttemptPlan) {
    guard let parent = session.attempt(request.parent) else {
      throw PlanError.noSuchAttempt(request.parent)
    }
    let judgement = judgement(of: parent, critique: request.critique)
    let started = RoundStarted(
      round: RoundID("r\(session.rounds.count + 1)"), parent: parent.id,
      strategy: request.strategy, trigger: judgement.trigger(hint: request.hint),
      critique: judgement.critique, fromStep: request.fromStep, hint: request.hint,
      editedStep: request.editedStep)
    var plan = AttemptPlan(
      attempt: attemptID(), parent: parent.id, round: started.round, problem: session.problem,
      messages: [], parameters: parameters)
    switch request.strategy {
    case .fromScratch:
      plan.messages = prompts.revise(
        session.problem.text, draft: draft(of: parent), critique: judgement.text,
        hint: request.hint)
    case .fromStep:
      plan.kept = try kept(from: parent, request)
      plan.messages = prompts.goOn(
        session.problem.text, hint: hint(request, judgement, parent: parent))
    }
    return (started, plan)
  }

  /// Goes on from the whole of a partial, with the prompt it was begun with.
  package func continuing(
    _ id: AttemptID, parameters: SamplingParameters
  ) throws -> AttemptPlan {
    guard let attempt = session.attempt(id) else { throw PlanError.noSuchAttempt(id) }
    guard !attempt.written.isEmpty else { throw PlanError.nothingToContinue(id) }
    return AttemptPlan(
      attempt: attemptID(), parent: id, round: attempt.started.round, problem: session.problem,
      messages: attempt.started.call.messages, kept: attempt.written, parameters: parameters)
  }

  /// What a continuation is told: the person's hint, and what was said of the step itself.
  private func hint(
    _ request: RoundRequest, _ judgement: Judgement, parent: Attempt
  ) -> String? {
    let given = judgement.critique.flatMap { session.critique($0) }?.verdicts[request.fromStep ?? 0]
    let said = [given?.reason, given?.repair].compactMap(\.self).joined(separator: " ")
    let parts = [request.hint ?? "", said].filter { !$0.isEmpty }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private func attemptID(offset: Int = 0) -> AttemptID {
    AttemptID("a\(session.attempts.count + 1 + offset)")
  }

  private func text(of step: Step, in attempt: Attempt) -> String {
    String(decoding: attempt.bytes(of: step), as: UTF8.self)
  }

  private func draft(of attempt: Attempt) -> String {
    String(decoding: attempt.written.bytes, as: UTF8.self)
  }

  /// The parent's tokens up to the step, then the person's own text for it, if any.
  private func kept(from parent: Attempt, _ request: RoundRequest) throws -> TokenTable {
    let index = request.fromStep ?? 0
    guard let step = parent.steps.first(where: { $0.index == index }) else {
      throw PlanError.noSuchStep(index)
    }
    guard step.channel == .answer else { throw PlanError.notAnAnswerStep(index) }
    var kept = parent.written.prefix(bytes: step.range.lowerBound)
    if let edited = request.editedStep, !edited.isEmpty {
      // What ended the replaced step (a line feed, mostly) ends the person's text as well.
      let old = parent.bytes(of: step)
      let ending = old.suffix(while: { [0x0A, 0x0D, 0x20].contains($0) })
      let text = Array(edited.utf8) + (ending.isEmpty ? [0x0A] : Array(ending))
      kept.append(bytes: text, id: nil, logProbability: nil, entropy: nil)
    }
    return kept
  }

  // MARK: - What was said of the parent

  private struct Judgement {
    var critique: CritiqueID?
    var text = ""
    var isByHand = false

    func trigger(hint: String?) -> RoundStarted.Trigger {
      if isByHand { return .marks }
      if critique != nil { return .critique }
      return hint == nil ? .asked : .hint
    }
  }

  /// A person's marks outweigh a model's verdicts step by step.
  private func judgement(of attempt: Attempt, critique id: CritiqueID?) -> Judgement {
    let critique = id.flatMap { session.critique($0) }
    let marks = attempt.steps.compactMap { step in
      session.marks[StepID(attempt: attempt.id, index: step.index)].map { (step, $0) }
    }
    guard !marks.isEmpty else {
      guard let critique else { return Judgement() }
      return Judgement(critique: critique.id, text: words(of: critique, attempt))
    }
    let byHand = Dictionary(uniqueKeysWithValues: marks.map { ($0.0.index, $0.1) })
    var lines: [String] = []
    var firstError: Int?
    for step in attempt.steps where step.channel == .answer {
      let given = critique?.verdicts[step.index]
      guard let verdict = byHand[step.index] ?? given?.verdict else { continue }
      let agrees = given?.verdict == verdict
      lines.append(line(step.number, verdict, agrees ? given : nil))
      if verdict == .incorrect, firstError == nil { firstError = step.number }
    }
    lines.append("First error: \(firstError.map { "step \($0)" } ?? "none")")
    return Judgement(
      critique: critique?.id, text: lines.joined(separator: "\n"), isByHand: true)
  }

  /// The critic's own words where the prompts were made for them, else its verdicts as lines.
  private func words(of critique: Critique, _ attempt: Attempt) -> String {
    let raw = String(decoding: critique.bytes, as: UTF8.self)
    guard prompts.name != PromptSet.plain.name, !critique.verdicts.isEmpty else { return raw }
    return critique.started.steps.enumerated().compactMap { position, index in
      critique.verdicts[index].map { line(position + 1, $0.verdict, $0) }
    }.joined(separator: "\n")
  }

  private func line(_ number: Int, _ verdict: Verdict, _ given: VerdictGiven?) -> String {
    var line = "Step \(number): \(verdict.rawValue)"
    if let type = given?.errorType { line += " (\(type))" }
    if let reason = given?.reason { line += ". \(reason)" }
    if let repair = given?.repair { line += " Repair: \(repair)" }
    return line
  }
}

extension TokenTable {
  /// The tokens of the first `count` bytes; of a token astride the end, its bytes without numbers.
  package func prefix(bytes count: Int) -> TokenTable {
    var prefix = self
    let whole = index(atByte: count) ?? self.count
    prefix.truncate(to: whole)
    if prefix.bytes.count < count {
      prefix.append(
        bytes: bytes[prefix.bytes.count..<min(count, bytes.count)], id: nil, logProbability: nil,
        entropy: nil)
    }
    return prefix
  }
}

extension BidirectionalCollection {
  /// The longest run at the end whose elements all satisfy `isIncluded`.
  fileprivate func suffix(while isIncluded: (Element) -> Bool) -> SubSequence {
    var start = endIndex
    while start != startIndex, isIncluded(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
