import Sessions

/// Why a round cannot be run as asked.
package enum RoundError: Error, Equatable {
  case noSuchAttempt
  case stillRunning
  case nothingWritten
  case noSuchStep(number: Int, count: Int)
  case stepOfThinking
  case noSuchToken
  /// What was to be taken ends the answer there, or is nothing.
  case endsHere
  case partOfCharacter
  /// The model can only be shown the text and asked to go on: it would not keep the tokens.
  case quotesOnly(model: String)

  package var sentence: String {
    switch self {
    case .noSuchAttempt: "There is no such attempt: choose one with { and }."
    case .stillRunning: "The attempt is still being written: stop it with Esc or wait."
    case .nothingWritten: "The attempt has no text to go on from: run it again instead."
    case .noSuchStep(let number, let count):
      "There is no step \(number): choose one from 1 to \(count)."
    case .stepOfThinking:
      "A model cannot be made to go on from its thinking: choose a step of the answer."
    case .noSuchToken: "There is no such token: choose one of the answer with h and l."
    case .endsHere: "That would end the answer here: take a token with text, or type your own."
    case .partOfCharacter:
      "That leaves half a character, which cannot be sent: take the token it begins with, or type."
    case .quotesOnly(let model):
      "\(model) goes on only from a quotation, and may reword it: choose a solver that goes on "
        + "exactly, such as local."
    }
  }
}

/// What a person or a policy asks of a correction round.
package struct RoundRequest: Equatable, Sendable {
  package var parent: AttemptID
  package var strategy: RoundStarted.Strategy
  /// Whose verdicts the model is shown; `nil` for none or for the person's marks.
  package var critique: CritiqueID?
  package var usesMarks: Bool
  /// Attempt-wide index of the first step written anew; `nil` asks for the first error.
  package var fromStep: Int?
  package var hint: String?
  /// The person's own text for that step, which the model goes on from.
  package var editedStep: String?

  package init(
    parent: AttemptID, strategy: RoundStarted.Strategy, critique: CritiqueID? = nil,
    usesMarks: Bool = false, fromStep: Int? = nil, hint: String? = nil, editedStep: String? = nil
  ) {
    self.parent = parent
    self.strategy = strategy
    self.critique = critique
    self.usesMarks = usesMarks
    self.fromStep = fromStep
    self.hint = hint
    self.editedStep = editedStep
  }
}

/// Turns requests for attempts, critiques and rounds into plans.
package struct RoundPlanner: Sendable {
  package var prompts: PromptSet
  package var parameters: SamplingParameters

  package init(prompts: PromptSet, parameters: SamplingParameters) {
    self.prompts = prompts
    self.parameters = parameters
  }

  /// A first attempt.
  package func solve(
    _ problem: Problem, attempt: AttemptID, sample: Int? = nil, hint: String? = nil
  ) -> AttemptPlan {
    AttemptPlan(
      attempt: attempt, sample: sample, problem: problem,
      messages: prompts.solve(problem.text, hint: hint), parameters: parameters)
  }

  /// Goes on from all an attempt had when it was stopped or cut off.
  package func goOn(
    from parent: AttemptID, in session: Session, attempt: AttemptID
  ) throws(RoundError) -> AttemptPlan {
    let old = try self.attempt(parent, in: session)
    let kept = old.written.wholeCharacters
    guard !kept.isEmpty else { throw .nothingWritten }
    let ends = old.steps.filter { $0.channel == .answer }.map(\.range.upperBound)
    // The last step was closed by the interruption, not by its own end.
    var plan = AttemptPlan(
      attempt: attempt, parent: parent, problem: session.problem,
      messages: old.started.call.messages, parameters: old.started.call.parameters, kept: kept,
      keptEnds: ends.filter { $0 < kept.bytes.count && $0 < old.written.bytes.count })
    plan.idsFrom = session.author(of: old)
    return plan
  }

  /// The record of a round and the attempt that carries it out.
  package func plan(
    _ request: RoundRequest, in session: Session, round: RoundID, attempt: AttemptID
  ) throws(RoundError) -> (RoundStarted, AttemptPlan) {
    let parent = try self.attempt(request.parent, in: session)
    let critique = request.critique.flatMap(session.critique)
    var started = RoundStarted(
      round: round, parent: parent.id, strategy: request.strategy, trigger: request.trigger,
      critique: critique?.id, hint: request.hint)
    var plan = AttemptPlan(
      attempt: attempt, parent: parent.id, round: round, problem: session.problem, messages: [],
      parameters: parameters)
    switch request.strategy {
    case .fromScratch:
      plan.messages = prompts.revise(
        session.problem.text, draft: String(decoding: parent.written.bytes, as: UTF8.self),
        critique: said(of: parent, critique, request.usesMarks ? session.marks : [:]),
        hint: request.hint)
    case .fromStep:
      let marked = parent.steps.first { step in
        session.marks[StepID(attempt: parent.id, index: step.index)] == .incorrect
      }
      let index = request.fromStep ?? critique?.firstError ?? marked?.index
      let step = try self.step(index, of: parent)
      plan.messages = prompts.goOn(
        session.problem.text, hint: hint(request.hint, critique?.verdicts[step.index]))
      plan.keep(parent, before: step, edited: request.editedStep)
      plan.idsFrom = session.author(of: parent)
      started.fromStep = step.index
      started.editedStep = request.editedStep
    }
    return (started, plan)
  }

  func attempt(_ id: AttemptID, in session: Session) throws(RoundError) -> Attempt {
    guard let attempt = session.attempt(id) else { throw .noSuchAttempt }
    if attempt.isRunning { throw .stillRunning }
    if attempt.written.isEmpty { throw .nothingWritten }
    return attempt
  }

  private func step(_ index: Int?, of attempt: Attempt) throws(RoundError) -> Step {
    let answer = attempt.steps.filter { $0.channel == .answer }
    guard let first = answer.first else { throw .nothingWritten }
    guard let index else { return first }
    guard let step = attempt.steps.first(where: { $0.index == index }) else {
      throw .noSuchStep(number: index + 1, count: answer.count)
    }
    if step.channel == .thinking { throw .stepOfThinking }
    return step
  }

  /// What was typed, and what the critic said of the step; models trained on bare formats never
  /// saw such a remark, and get only what was typed.
  private func hint(_ typed: String?, _ given: VerdictGiven?) -> String? {
    guard !prompts.isPlain, let given, given.verdict == .incorrect, let reason = given.reason else {
      return typed
    }
    return [typed, "an earlier version of the next step was wrong: \(reason)"].compactMap { $0 }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The critique as the revising model is to read it.
  ///
  /// A critic's lines go in as they are: models trained on a format expect it. JSON is reworded,
  /// and a person's marks are worded the way the critic's lines would be.
  private func said(
    of attempt: Attempt, _ critique: Critique?, _ marks: [StepID: Verdict]
  ) -> String {
    var verdicts = critique?.verdicts ?? [:]
    var isMarked = false
    for step in attempt.steps {
      if let mark = marks[StepID(attempt: attempt.id, index: step.index)] {
        isMarked = true
        if verdicts[step.index]?.verdict != mark {
          verdicts[step.index] = VerdictGiven(
            critique: critique?.id ?? CritiqueID(""), step: step.index, verdict: mark)
        }
      }
    }
    if let critique, !isMarked, critique.finished?.format != "json" || verdicts.isEmpty {
      return String(decoding: critique.bytes, as: UTF8.self)
    }
    return worded(verdicts, attempt)
  }

  private func worded(_ verdicts: [Int: VerdictGiven], _ attempt: Attempt) -> String {
    let steps = attempt.steps.filter { $0.channel == .answer }
    var lines: [String] = []
    var firstError: Int?
    for step in steps {
      guard let given = verdicts[step.index] else { continue }
      if given.verdict == .incorrect { firstError = firstError ?? step.number }
      lines.append(prompts.isPlain ? plainLine(step, given, attempt) : line(step, given))
      if prompts.isPlain, firstError != nil { break }
    }
    lines.append(firstError.map { "First error: step \($0)" } ?? "First error: none")
    return lines.joined(separator: "\n")
  }

  private func line(_ step: Step, _ given: VerdictGiven) -> String {
    var line = "Step \(step.number): \(given.verdict.rawValue)"
    if let type = given.errorType { line += " (\(type))" }
    if let reason = given.reason { line += " - \(reason)" }
    if let repair = given.repair { line += " It should read: \(repair)" }
    return line
  }

  /// `Step 2: 10 - 4 = 6, wrong`: the plain models' critiques name the equation first.
  private func plainLine(_ step: Step, _ given: VerdictGiven, _ attempt: Attempt) -> String {
    let text = String(decoding: attempt.bytes(of: step), as: UTF8.self)
    let word = given.verdict == .incorrect ? "wrong" : "correct"
    guard let equation = given.repair.flatMap(Equation.last) ?? Equation.last(in: text) else {
      return "Step \(step.number): \(word)"
    }
    return "Step \(step.number): \(equation), \(word)"
  }
}

extension RoundRequest {
  var trigger: RoundStarted.Trigger {
    if critique != nil { return .critique }
    if usesMarks { return .marks }
    return hint?.isEmpty == false ? .hint : .asked
  }
}

extension PromptSet {
  var isPlain: Bool { name == PromptSet.plain.name }
}

extension Session {
  /// Names not used yet in the session: `a1`, `a2` ...
  package func freshAttempts(_ count: Int) -> [AttemptID] {
    Self.fresh(count, "a", attempts.map(\.id.description)).map(AttemptID.init)
  }
  package var freshCritique: CritiqueID {
    CritiqueID(Self.fresh(1, "c", critiques.map(\.id.description))[0])
  }
  package var freshRound: RoundID {
    RoundID(Self.fresh(1, "r", rounds.map(\.id.description))[0])
  }

  private static func fresh(_ count: Int, _ letter: String, _ used: [String]) -> [String] {
    let last = used.compactMap { $0.hasPrefix(letter) ? Int($0.dropFirst()) : nil }.max() ?? 0
    return (0..<count).map { "\(letter)\(last + 1 + $0)" }
  }
}
