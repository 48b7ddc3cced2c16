import Engine
import Sessions
import Synchronization

/// Calls of models: each begins on the session that is open then, and stays with it.
extension Runtime {
  /// What a call writes to, and what it was asked about.
  struct Target {
    var recorder: Recorder
    var serials: SerialCounter
    var session: Session
  }

  /// The model of a spec, connected once; what it can do goes on record.
  func model(_ spec: String, for role: ModelRole) async throws -> any LanguageModel {
    if let known = models[spec] {
      announce(known, spec, role)
      return known
    }
    post(.modelConnecting(role, spec: spec))
    do {
      let model = try await connected(spec, for: role)
      models[spec] = model
      announce(model, spec, role)
      return model
    } catch {
      let sentence =
        Task.isCancelled || error is CancellationError
        ? "Connecting to \(spec) was stopped; ask again to go on." : edges.sentence(error)
      post(.modelFailed(role, spec: spec, sentence: sentence))
      throw error
    }
  }

  private func connected(_ spec: String, for role: ModelRole) async throws -> any LanguageModel {
    let (connect, post) = (edges.connect, post)
    let task =
      connecting[spec]
      ?? Task {
        try await connect(spec) { fraction in
          post(.modelConnecting(role, spec: spec, fraction: fraction))
        }
      }
    connecting[spec] = task
    defer { connecting[spec] = nil }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  private func announce(_ model: any LanguageModel, _ spec: String, _ role: ModelRole) {
    post(.modelConnected(role, spec: spec, model.description))
    guard let recorder = open?.recorder, recorder.session.models[role] != model.description
    else { return }
    recorder.record(
      .modelConnected(ModelConnected(role: role, description: model.description)))
  }

  private func spec(_ role: ModelRole, _ settings: Settings) throws -> String {
    let spec = role == .solver ? settings.solver : settings.critic ?? settings.solver
    guard let spec else { throw RuntimeError.noModel(role) }
    return spec
  }

  /// The model, and the session that was open when it was asked for.
  ///
  /// Connecting takes a while; a session opened meanwhile is not the one that was meant.
  func prepare(
    _ role: ModelRole, _ settings: Settings
  ) async throws -> (any LanguageModel, Target) {
    let spec = try spec(role, settings)
    guard let recorder = try await writable(), let serials = open?.serials else {
      throw RuntimeError.noSession
    }
    let model = try await model(spec, for: role)
    try Task.checkCancellation()
    if role == .solver { try checkReflection(settings, on: model) }
    await recorder.drain()
    return (model, Target(recorder: recorder, serials: serials, session: recorder.session))
  }

  /// With the prompt set a person chose, else the one the model was made for.
  func planner(
    _ settings: Settings, for model: any LanguageModel
  ) throws -> RoundPlanner {
    var prompts = try edges.prompts(settings.promptSet(for: model.description))
    if let system = settings.system { prompts.system = system }
    return RoundPlanner(prompts: prompts, parameters: settings.sampling)
  }

  /// Carries out an attempt, reflecting on it as the person chose.
  private func carryOut(
    _ plan: AttemptPlan, on model: any LanguageModel, _ settings: Settings, _ target: Target,
    reflecting: Bool = true, record: (@Sendable (Event) -> Void)? = nil
  ) async throws {
    var plan = plan
    plan.prompts = try planner(settings, for: model).prompts
    // Recorded, so that the attempt can be made again with and without reflection.
    if model is any WhiteBoxModel {
      plan.parameters.seed = plan.parameters.seed ?? Int.random(in: 0..<1 << 31)
    }
    var dial: ReflectionDial?
    if reflecting, let reflection = settings.reflection.settings(for: model.description) {
      plan.reflection = reflection
      dial = ReflectionDial(reflection)
    }
    // By the dial: an attempt of another session may have the same name.
    let key = dial.map { ObjectIdentifier($0) }
    if let key { dials[key] = dial }
    defer { if let key { dials[key] = nil } }
    await run(
      plan, on: model, serials: target.serials, dial: dial, record: record ?? target.recorder.record
    )
  }

  /// Throws where the model cannot reflect in the way that was chosen.
  private func checkReflection(_ settings: Settings, on model: any LanguageModel) throws {
    if let obstacle = settings.reflection.method?.obstacle(on: model.description) { throw obstacle }
  }

  /// Attempts side by side; with a seed, every attempt of the session has one of its own.
  func attempts(_ count: Int, _ settings: Settings) async throws {
    let (model, target) = try await prepare(.solver, settings)
    let planner = try planner(settings, for: model)
    let earlier = target.session.attempts.count
    let names = target.session.freshAttempts(count)
    let order = StartOrder { target.recorder.record($0) }
    try await withThrowingTaskGroup { group in
      for (sample, name) in names.enumerated() {
        var plan = planner.solve(
          target.session.problem, attempt: name, sample: count > 1 ? sample : nil)
        plan.parameters.seed = plan.parameters.seed.map { $0 &+ earlier &+ sample }
        group.addTask { [plan] in
          try await self.carryOut(plan, on: model, settings, target) {
            order.record($0, of: sample)
          }
        }
      }
      try await group.waitForAll()
    }
    await target.recorder.drain()
  }

  /// Judges greedily, whatever temperature attempts are made at.
  func critique(_ id: AttemptID, _ settings: Settings) async throws {
    let (model, target) = try await prepare(.critic, settings)
    let planner = try planner(settings, for: model)
    var parameters = settings.sampling
    parameters.temperature = 0
    parameters.alternatives = 0
    guard let attempt = target.session.attempt(id),
      let plan = CritiquePlan(
        critique: target.session.freshCritique, of: attempt, problem: target.session.problem,
        prompts: planner.prompts, parameters: parameters)
    else { throw RoundError.nothingWritten }
    await runCritique(plan, on: model, record: target.recorder.record)
    await target.recorder.drain()
  }

  func round(_ request: RoundRequest, _ settings: Settings) async throws {
    let (model, target) = try await prepare(.solver, settings)
    var request = request
    request.usesMarks = target.session.marks.keys.contains { $0.attempt == request.parent }
    let (started, plan) = try planner(settings, for: model).plan(
      request, in: target.session, round: target.session.freshRound,
      attempt: target.session.freshAttempts(1)[0])
    target.recorder.record(.roundStarted(started))
    try await carryOut(plan, on: model, settings, target)
    await target.recorder.drain()
  }

  func resume(_ id: AttemptID, _ settings: Settings) async throws {
    let (model, target) = try await prepare(.solver, settings)
    let plan = try planner(settings, for: model).goOn(
      from: id, in: target.session, attempt: target.session.freshAttempts(1)[0])
    try await carryOut(plan, on: model, settings, target)
    await target.recorder.drain()
  }

  func takeToken(_ request: TokenRequest, _ settings: Settings) async throws {
    let (model, target) = try await prepare(.solver, settings)
    guard model.description.capabilities.continuation != .quoted else {
      throw RoundError.quotesOnly(model: model.description.shortName)
    }
    let plan = try planner(settings, for: model).take(
      request, in: target.session, attempt: target.session.freshAttempts(1)[0])
    try await carryOut(plan, on: model, settings, target)
    await target.recorder.drain()
  }
}

/// What is asked of reflections that were recorded.
extension Runtime {
  /// The same call once more, seed and all, with reflection or without.
  func attemptAgain(_ id: AttemptID, reflecting: Bool, _ settings: Settings) async throws {
    var settings = settings
    settings.reflection.method = reflecting ? settings.reflection.method ?? .srgen : nil
    let (model, target) = try await prepare(.solver, settings)
    guard let old = target.session.attempt(id) else { throw RoundError.noSuchAttempt }
    let call = old.started.call
    var plan = AttemptPlan(
      attempt: target.session.freshAttempts(1)[0], parent: old.started.parent,
      problem: target.session.problem, messages: call.messages, parameters: call.parameters)
    // With what a person put after it, as the model was asked then.
    let prefix = max(old.started.keptBytes, call.prefix?.utf8.count ?? 0)
    plan.keep(old, upTo: min(prefix, old.written.bytes.count))
    plan.idsFrom = target.session.author(of: old)
    try await carryOut(plan, on: model, settings, target)
    await target.recorder.drain()
  }

  /// Attempts being written reflect by these settings from their next token on.
  func tune(_ settings: ReflectionSettings) {
    for dial in dials.values { dial.turn(to: settings) }
  }

  /// What each control would have chosen at the place of a reflection, with the draw that it had.
  func compareControls(
    _ id: AttemptID, _ reflection: ReflectionID, _ settings: Settings
  ) async throws {
    var plain = settings
    plain.reflection.method = nil
    let (model, target) = try await prepare(.solver, plain)
    guard let attempt = target.session.attempt(id),
      let found = attempt.reflections.last(where: { $0.id == reflection })
    else { return }
    guard let model = model as? any WhiteBoxModel else {
      throw ReflectionError.hiddenStates(.srgen, model: model.description.shortName)
    }
    // What was thought before the answer is no part of a request to go on from it.
    guard found.triggered.channel == .answer, attempt.thinking.isEmpty,
      found.triggered.position <= attempt.written.count
    else { throw ReflectionError.notStanding }
    let call = attempt.started.call
    guard call.model.isSameModel(as: model.description) else {
      throw ReflectionError.otherModel(call.model.shortName)
    }
    var kept = attempt.written
    kept.truncate(to: found.triggered.position)
    guard kept.bytes.count == found.triggered.byte else { throw ReflectionError.notStanding }
    var plan = AttemptPlan(
      attempt: id, problem: target.session.problem, messages: call.messages,
      parameters: call.parameters, kept: kept)
    plan.idsFrom = target.session.author(of: attempt)
    let takenOver = attempt.written.indices(startingIn: 0..<(call.prefix?.utf8.count ?? 0)).count
    let choices = try await model.decisions(
      after: plan.request(on: model.description),
      by: [.srgen, .entropyOnly, .randomVector, .argmax, .cooler, .restart],
      attempt.started.reflection ?? settings.reflection.watching(for: model.description),
      drawn: max(0, kept.count - takenOver))
    target.recorder.record(
      .controlsCompared(
        ControlsCompared(attempt: id, reflection: reflection, choices: choices)))
    await target.recorder.drain()
  }
}

/// Lets attempts that run at once begin in the order of their numbers.
///
/// Tasks start in any order; a person looks for the first sample first.
private final class StartOrder: Sendable {
  private struct Waiting {
    /// How many have begun.
    var begun = 0
    var held: [Int: [Event]] = [:]
  }
  private let waiting = Mutex(Waiting())
  private let next: @Sendable (Event) -> Void

  init(_ next: @escaping @Sendable (Event) -> Void) { self.next = next }

  /// Passes an event on, or keeps it until those before its attempt have begun.
  func record(_ event: Event, of index: Int) {
    waiting.withLock { waiting in
      guard index <= waiting.begun else {
        waiting.held[index, default: []].append(event)
        return
      }
      next(event)
      guard index == waiting.begun else { return }
      waiting.begun += 1
      while let events = waiting.held.removeValue(forKey: waiting.begun) {
        events.forEach(next)
        waiting.begun += 1
      }
    }
  }
}
