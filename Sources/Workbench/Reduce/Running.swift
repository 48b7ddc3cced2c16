import Engine
import Sessions

/// Keys that ask a model for something, and marks made by hand.
extension State {
  mutating func performRunning(_ action: Action) -> [Effect] {
    switch action {
    case .annotate:
      // Marks go to a file of one's own: a session others write, or an example, can be marked.
      beginLabelling()
      return []
    case .playPause, .eventForward, .eventBack, .secondsForward, .secondsBack, .faster, .slower,
      .seekTenth, .branch:
      let key = bindings.keys(for: .replay, in: mode).first?.name ?? ":replay"
      notice = Notice("\(action.rawValue) works in a replay; \(key) begins one")
      return []
    case .compareControls: return askControls()
    case .allAttempts:
      toggleWhatIfScope()
      return []
    case _ where Action.labelling.contains(action):
      let key = bindings.keys(for: .annotate, in: .read).first?.name ?? ":annotate"
      notice = Notice("\(action.rawValue) works while labelling; \(key) begins that")
      return []
    default: break
    }
    if let refusal = refusesWriting() {
      notice = refusal
      return []
    }
    switch action {
    case .critique: prompt = Prompt(.critic, text: settings.critic ?? settings.solver ?? "")
    case .critiqueNow: return askCritique()
    case .round: prompt = Prompt(.round)
    case .roundNow: return askRound(hint: nil)
    case .correct:
      if let step = correctableStep() { prompt = Prompt(.correction, step: step) }
    case .correctNow:
      if let step = correctableStep() { return askCorrection(step, hint: nil, text: nil) }
    case .attempt: return ask(.attempt, needing: .solver)
    case .resume: return askToContinue()
    case .takeToken: openOtherTokens()
    case .compareReflection: return askCompareReflection()
    default: notice = Notice("nothing to do here")
    }
    return []
  }

  /// Why this session cannot be changed; `nil` when it can.
  mutating func refusesWriting() -> Notice? {
    guard reading?.replay == nil else {
      return Notice("a replay cannot be changed; b branches off here", .warning)
    }
    guard let reading, reading.isReadOnly else { return nil }
    if case .readOnly(let reason) = saving { return Notice(reason, .warning) }
    return Notice("this session is read-only; p then b makes a session of your own", .warning)
  }

  mutating func askCritique() -> [Effect] {
    guard let attempt = reading?.attempt, attempt.steps.contains(where: { $0.channel == .answer })
    else {
      notice = Notice("no steps to judge yet", .warning)
      return []
    }
    return ask(.critique(attempt.id), needing: .critic)
  }

  mutating func askRound(hint: String?) -> [Effect] {
    guard let attempt = reading?.attempt else { return [] }
    return ask(
      .round(
        RoundRequest(
          parent: attempt.id, strategy: .fromScratch, critique: reading?.critique?.id, hint: hint)),
      needing: .solver)
  }

  mutating func askCorrection(
    _ step: Prompt.StepReference, hint: String?, text: String?
  ) -> [Effect] {
    ask(
      .round(
        RoundRequest(
          parent: step.attempt, strategy: .fromStep, critique: reading?.critique?.id,
          fromStep: step.index, hint: hint, editedStep: text)),
      needing: .solver)
  }

  private mutating func askToContinue() -> [Effect] {
    guard let attempt = reading?.attempt, let finished = attempt.finished else {
      notice = Notice("nothing was cut off here")
      return []
    }
    guard finished.reason != .stop, !attempt.written.isEmpty else {
      notice = Notice("this attempt ended by itself; A makes another")
      return []
    }
    return ask(.continueAttempt(attempt.id), needing: .solver)
  }

  /// Runs at once, or when the model that is running has stopped.
  mutating func ask(_ effect: Effect, needing role: ModelRole) -> [Effect] {
    let spec = role == .solver ? settings.solver : settings.critic ?? settings.solver
    guard spec != nil else {
      prompt = Prompt(role == .solver ? .solver : .critic)
      notice = Notice("no \(role.rawValue) yet: name one", .warning)
      return []
    }
    guard !isBusy else {
      queue.append(effect)
      notice = Notice("queued; it runs when the model stops")
      return []
    }
    if case .critique = effect {} else { reading?.awaitsAttempt = true }
    return [effect]
  }

  private mutating func correctableStep() -> Prompt.StepReference? {
    guard let reading, let attempt = reading.attempt, attempt.steps.indices.contains(reading.item)
    else {
      notice = Notice("choose a finished step first", .warning)
      return nil
    }
    let step = attempt.steps[reading.item]
    guard step.channel == .answer else {
      notice = Notice("thinking cannot be kept in part; choose a step of the answer", .warning)
      return nil
    }
    return Prompt.StepReference(attempt: attempt.id, index: step.index, number: step.number)
  }
}
