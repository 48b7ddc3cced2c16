import Sessions

/// An attempt whose loop stops at uncertain places and decides again.
///
/// A stretch of text is streamed until a rule fires, then the method's ``Response`` is asked what
/// is to stand there, and the next stretch goes on from it. A model in this process decides single
/// tokens without ending the stretch.
struct ReflectingRun {
  private let plan: AttemptPlan
  private let model: any LanguageModel
  private let record: @Sendable (Event) -> Void
  private let watch: ReflectionWatch
  private let settings: ReflectionSettings
  private var run: AttemptRun
  private var reflections = 0
  /// Stretches begun; the first has the plan's own seed.
  private var stretches = 0
  private var promptTokens: Int?
  private var isSent = false
  /// Said in the prompt of the stretch to come.
  private var hint: String?
  private var unmeasured = 0

  init(
    _ plan: AttemptPlan, model: any LanguageModel, serials: SerialCounter, dial: ReflectionDial,
    record: @escaping @Sendable (Event) -> Void
  ) {
    self.plan = plan
    self.model = model
    self.record = record
    settings = dial.settings
    watch = ReflectionWatch(
      dial, seed: plan.parameters.seed, decidesInPlace: model is any WhiteBoxModel)
    run = AttemptRun(plan, model: model.description, serials: serials)
  }

  mutating func carryOut() async {
    run.start().forEach(record)
    for index in 0..<run.answer.count { takeOver(run.answer.token(index, channel: .answer)) }
    var ending: CallEnding?
    while ending == nil {
      guard let request = nextRequest() else {
        ending = .finished(.length, nil)
        break
      }
      switch await stretch(request) {
      case .ended(let end): ending = end
      case .paused(let found, let alternatives, let discarded):
        ending = await reflect(on: found, alternatives, discarded: discarded)
      }
      stretches += 1
    }
    var end = ending ?? .finished(.stop, nil)
    if case .finished(let reason, _) = end {
      end = .finished(reason, Usage(promptTokens: promptTokens, completionTokens: ownTokens))
    }
    run.end(end, reflection: watch.tally).forEach(record)
  }

  private var takenOver: Int { plan.kept.count + plan.added.count }
  /// Tokens of the attempt that are not taken over.
  private var ownTokens: Int { run.thoughtCount + run.answer.count - takenOver }

  /// `nil` when no token is left to be written.
  private func nextRequest() -> GenerationRequest? {
    if stretches == 0 { return plan.request(on: model.description) }
    return caller.request(
      after: run.answer, limit: plan.parameters.maxTokens - ownTokens, hint: hint)
  }

  private var caller: Caller {
    Caller(
      model: model, plan: plan, position: watch.position, stretch: stretches,
      tokensLeft: plan.parameters.maxTokens - ownTokens)
  }
}

// MARK: - A stretch of text

extension ReflectingRun {
  private enum StretchEnd {
    case ended(CallEnding)
    /// A rule fired, before a token that was likely to be one of these; so many tokens that had
    /// come already do not stand.
    case paused(TriggerFound, [Alternative], discarded: Int)
  }

  private mutating func stretch(_ request: GenerationRequest) async -> StretchEnd {
    let white = model as? any WhiteBoxModel
    let stream = white?.generate(request, watch: watch) ?? model.generate(request)
    do {
      for try await output in stream {
        if Task.isCancelled { return .ended(.cancelled) }
        defer { tellTunings() }
        switch output {
        case .finished(let reason, let usage):
          promptTokens = promptTokens ?? usage?.promptTokens
          return .ended(.finished(reason, usage))
        case .tokens(let tokens) where white == nil:
          if let end = look(at: tokens) { return end }
        case .decided(let outcome):
          if let found = watch.takeFound() { tell(outcome, of: found) }
        case .paused(let alternatives):
          guard let found = watch.takeFound() else { break }
          return .paused(found, alternatives, discarded: 0)
        case .sent:
          // What goes on from here is the same, with more of the answer in it.
          if !isSent { run.take(output).forEach(record) }
          isSent = true
        default: run.take(output).forEach(record)
        }
      }
      return .ended(Task.isCancelled ? .cancelled : .finished(.truncated, nil))
    } catch {
      return .ended(CallEnding(error))
    }
  }

  /// Tokens of a server: judged as they come, and given back from the first that is not to stand.
  private mutating func look(at tokens: [Token]) -> StretchEnd? {
    var standing: [Token] = []
    for (index, token) in tokens.enumerated() {
      let token = run.measured(token)
      let doubt = doubt(of: token)
      if token.channel == .thinking {
        // A server cannot be made to go on from its thinking.
        watch.took(token, doubt)
      } else if case .draw = watch.look(at: doubt) {
        watch.wrote(token)
      } else if let found = watch.takeFound() {
        run.take(.tokens(standing)).forEach(record)
        return .paused(found, token.alternatives, discarded: tokens.count - index)
      }
      tellUnmeasured(doubt)
      standing.append(token)
    }
    run.take(.tokens(standing)).forEach(record)
    return nil
  }

  private func doubt(of token: Token) -> Doubt {
    Doubt(
      of: token, temperature: plan.parameters.temperature, limit: plan.parameters.alternatives,
      vocabularySize: model.description.capabilities.vocabularySize,
      needsVarentropy: watch.needsVarentropy)
  }

  private func takeOver(_ token: Token) { watch.took(token, doubt(of: token)) }

  /// A server that was to send log-probabilities and does not is told of once.
  private mutating func tellUnmeasured(_ doubt: Doubt) {
    guard settings.method.needsEntropies, unmeasured >= 0 else { return }
    unmeasured = doubt.entropy == nil ? unmeasured + 1 : -1
    guard unmeasured == Self.patience else { return }
    unmeasured = -1
    record(
      .noted(
        Noted(
          target: .attempt(plan.attempt), kind: .other,
          text: "no log-probabilities come, so nothing is reflected on: use idsampling or psr, "
            + "which need none, or a server that sends them")))
  }

  /// Tokens without numbers from which it is plain that none will come.
  private static var patience: Int { 16 }

  private func tellTunings() {
    for tuning in watch.takeTunings() {
      record(
        .reflectionTuned(
          ReflectionTuned(
            attempt: plan.attempt, position: tuning.position, settings: tuning.settings)))
    }
  }
}

// MARK: - A reflection

extension ReflectingRun {
  private mutating func begin(
    _ found: TriggerFound, _ alternatives: [Alternative], channel: Channel = .answer
  ) -> ReflectionID {
    tellTunings()
    reflections += 1
    let id = ReflectionID("f\(reflections)")
    let isThinking = channel == .thinking
    record(
      .reflectionTriggered(
        ReflectionTriggered(
          attempt: plan.attempt, reflection: id, channel: channel,
          position: isThinking ? run.thoughtCount : run.answer.count,
          byte: isThinking ? 0 : run.answer.bytes.count, method: found.settings.method,
          rule: found.settings.rule, value: found.judgement.value,
          threshold: found.judgement.threshold, temperature: plan.parameters.temperature,
          window: found.judgement.window.map { Float($0) },
          isAmbiguous: found.judgement.answer == .ambiguous,
          alternatives: Array(alternatives.prefix(10)))))
    return id
  }

  private mutating func finish(_ finished: ReflectionFinished) {
    watch.spent(finished)
    record(.reflectionFinished(finished))
  }

  /// A token decided by the model where it stands.
  private mutating func tell(_ outcome: InPlaceOutcome, of found: TriggerFound) {
    let id = begin(found, outcome.before, channel: outcome.channel)
    finish(
      ReflectionFinished(
        attempt: plan.attempt, reflection: id,
        outcome: outcome.isCancelled ? .cancelled : outcome.failure == nil ? .decided : .failed,
        chosen: outcome.chosen.map { [$0] } ?? [], alternatives: outcome.after,
        entropy: outcome.entropyAfter.flatMap {
          $0.isNaN ? nil : EntropyBounds(lower: $0, upper: $0)
        },
        losses: outcome.losses, norm: outcome.norm, positions: outcome.positions,
        positionsLeftOut: outcome.positionsLeftOut, milliseconds: outcome.milliseconds,
        forwards: outcome.forwards, message: outcome.failure))
  }

  /// Asks the method what is to stand at the place; how the attempt ended, if it has.
  private mutating func reflect(
    on found: TriggerFound, _ alternatives: [Alternative], discarded: Int
  ) async -> CallEnding? {
    let id = begin(found, alternatives)
    let clock = ContinuousClock()
    let start = clock.now
    let place = ReflectionPlace(
      found: found, answer: run.answer, steps: run.steps, alternatives: alternatives,
      lastStepEnd: watch.lastStepEnd(.answer), reflections: reflections,
      fixed: max(takenOver, run.thoughtCount > 0 ? min(1, run.answer.count) : 0))
    var finished = ReflectionFinished(attempt: plan.attempt, reflection: id, outcome: .kept)
    var decision = ReflectionDecision()
    var failure: CallEnding?
    let caller = caller
    do {
      decision = try await found.settings.method.response.respond(at: place, with: caller)
    } catch {
      failure = CallEnding(error)
      decision.discarded = caller.received.total
      decision.forwards = decision.discarded
    }
    for (index, trial) in decision.trials.enumerated() {
      record(
        .trialWritten(
          TrialWritten(
            attempt: plan.attempt, reflection: id, trial: index, table: trial.table,
            score: trial.score)))
    }
    if let chosen = decision.chosen {
      record(
        .trialChosen(TrialChosen(attempt: plan.attempt, reflection: id, trial: chosen)))
    }
    let keeps = decision.keeps ?? run.answer.count
    let withdrawn = max(0, run.answer.count - keeps)
    if withdrawn > 0 { withdraw(to: keeps) }
    finished.outcome =
      failure == .cancelled
      ? .cancelled
      : failure != nil ? .failed : withdrawn > 0 || !decision.written.isEmpty ? .decided : .kept
    finished.message = failure?.sentence ?? decision.message
    finished.chosen = AlternativeList(decision.firstWritten)
    finished.alternatives = AlternativeList(Array(decision.alternatives.prefix(10)))
    finished.milliseconds = (clock.now - start).seconds * 1000
    finished.discardedTokens = discarded + withdrawn + decision.discarded
    finished.forwards = decision.forwards
    finish(finished)
    run.write(decision.written).forEach(record)
    for index in 0..<decision.written.count {
      takeOver(decision.written.token(index, channel: .answer))
    }
    hint = decision.hint
    // A method that failed leaves the attempt to go on; a model that failed does not.
    return failure ?? decision.ending.map { .finished($0, nil) }
  }

  private mutating func withdraw(to count: Int) {
    run.rewind(to: count).forEach(record)
    watch.rewind(to: run.thoughtCount + run.answer.count, channel: .answer, kept: run.answer)
  }
}

extension CallEnding {
  init(_ error: any Error) {
    if Task.isCancelled || error is CancellationError {
      self = .cancelled
    } else if let error = error as? ModelError {
      self = .failed(error)
    } else {
      self = .failed(.badStream(endpoint: "The model", reason: "\(type(of: error))"))
    }
  }
}
