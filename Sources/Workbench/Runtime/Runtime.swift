import Engine
import Sessions

/// Carries out effects and answers with messages; the same for the screen, pipes and tests.
///
/// One session is open at a time. Model calls run as tasks beside it; what they find goes
/// through the ``Recorder`` to disk first and comes back as ``Message/recorded(_:)``.
package actor Runtime {
  package let edges: Edges
  private let post: @Sendable (Message) -> Void
  private nonisolated let inbox: AsyncStream<(Effect, Settings)>.Continuation
  private var open: Open?
  private var models: [String: any LanguageModel] = [:]
  private var calls: [Int: Task<Void, Never>] = [:]
  private var nextCall = 0

  /// The session that is open, and where its events go.
  private struct Open {
    var folder: SessionFolder
    var header: Header
    /// `nil` when it may only be read.
    var recorder: Recorder?
    var serials: SerialCounter
    var annotations: AnnotationFile?
  }

  package init(edges: Edges, post: @escaping @Sendable (Message) -> Void) {
    self.edges = edges
    self.post = post
    let (stream, continuation) = AsyncStream.makeStream(of: (Effect, Settings).self)
    inbox = continuation
    Task { [weak self] in
      for await (effect, settings) in stream { await self?.begin(effect, settings) }
    }
  }

  /// Has an effect carried out, in the order of the calls.
  package nonisolated func submit(_ effect: Effect, _ settings: Settings) {
    inbox.yield((effect, settings))
  }

  /// Model calls run beside what comes next; all else is done before the next effect.
  private func begin(_ effect: Effect, _ settings: Settings) async {
    switch effect {
    case .attempt, .critique, .round, .continueAttempt, .begin, .connect, .findServers,
      .listLibrary:
      let id = nextCall
      nextCall += 1
      calls[id] = Task {
        await self.carryOut(effect, settings)
        self.ended(id)
      }
    default: await carryOut(effect, settings)
    }
  }

  private func ended(_ id: Int) {
    calls[id] = nil
    if calls.isEmpty { post(.settled) }
  }

  /// Does what the effect asks and returns when it is done.
  package func carryOut(_ effect: Effect, _ settings: Settings) async {
    do {
      switch effect {
      case .listLibrary: await list()
      case .findServers: post(.serversFound(await edges.discover()))
      case .connect(let role, let spec): _ = try await model(spec, for: role)
      case .begin(let problem, let samples):
        try await create(problem)
        try await attempts(samples, settings)
      case .attempt: try await attempts(1, settings)
      case .open(let name, let isReplaying):
        try await openSession(name)
        if isReplaying { try loadRecords(from: 0) }
      case .loadRecords(let start): try loadRecords(from: start)
      case .critique(let attempt): try await critique(attempt, settings)
      case .round(let request): try await round(request, settings)
      case .continueAttempt(let attempt): try await resume(attempt, settings)
      case .record(let events): events.forEach { open?.recorder?.record($0) }
      case .mark(let step, let verdict): try await mark(step, verdict, settings)
      case .branch(let count): try await branch(count: count)
      case .stop: calls.values.forEach { $0.cancel() }
      case .closeSession: await closeSession()
      case .copy, .edit, .setMouse, .loadTheme, .suspend, .redraw, .quit: break
      }
    } catch is CancellationError {
      // Stopping is not failing.
    } catch {
      tell(error)
    }
  }

  /// Stops what runs, waits for it, and leaves everything on disk.
  package func shutDown() async {
    let running = calls.values
    running.forEach { $0.cancel() }
    for call in running { await call.value }
    await closeSession()
  }

  /// The open session with all that is recorded.
  package var session: Session? { open?.recorder?.session }

  private func tell(_ error: any Error) {
    let sentence = edges.sentence(error)
    if let recorder = open?.recorder {
      recorder.record(.failed(Failed(target: nil, message: sentence)))
    } else {
      post(.noticed(Notice(sentence, .error)))
    }
  }

  // MARK: - Sessions

  private func list() async {
    let edges = edges
    let (sessions, sets) = await Task.detached {
      (edges.library.list(), edges.problemSets())
    }.value
    post(.libraryListed(sessions))
    post(.problemSetsFound(sets))
  }

  private func create(_ problem: Problem, branchedFrom: Header.Branch? = nil) async throws {
    await closeSession()
    let created = try edges.library.create(
      problem: problem, program: edges.program, wall: edges.wall(), branchedFrom: branchedFrom)
    adopt(created)
  }

  private func openSession(_ name: String) async throws {
    await closeSession()
    // A large session shows its end at once and its whole history when it is read.
    if let preview = try JournalReader(edges.library.resolve(name).url).preview() {
      post(.sessionOpened(SessionShown(session: preview, isReadOnly: true, isWhole: false)))
    }
    let (library, program, wall) = (edges.library, edges.program, edges.wall())
    let opened = try await Task.detached {
      try library.open(name, program: program, wall: wall)
    }.value
    adopt(opened)
    if let damage = opened.damage.sentence { post(.noticed(Notice(damage, .warning))) }
  }

  private func adopt(_ opened: OpenedSession) {
    let recorder = opened.writer.map {
      Recorder(writer: $0, session: opened.session, clock: edges.clock, post: post)
    }
    open = Open(
      folder: opened.folder, header: opened.session.header, recorder: recorder,
      serials: SerialCounter(next: opened.session.nextSerial))
    post(
      .sessionOpened(
        SessionShown(
          session: opened.session, isReadOnly: recorder == nil, isWhole: true,
          opening: opened.writer?.opening ?? [])))
    if let why = opened.whyReadOnly { post(.savingChanged(.readOnly(reason: why.brief))) }
  }

  private func closeSession() async {
    await open?.recorder?.close()
    open = nil
  }

  private func loadRecords(from start: Int) throws {
    guard let open else { return }
    let records = try JournalReader(open.folder.url).allRecords()
    post(.recordsLoaded(records, from: start))
  }

  /// A new session that begins with the first `count` records of this one.
  private func branch(count: Int) async throws {
    guard let old = open else { return }
    let records = try JournalReader(old.folder.url).allRecords().prefix(count)
    try await create(
      old.header.problem,
      branchedFrom: Header.Branch(session: old.header.session, n: records.last?.n ?? 0))
    for record in records {
      if case .opened = record.event { continue }
      open?.recorder?.record(record.event)
    }
    // What was being written at that point has nobody to write on.
    let past = Session(header: old.header, replaying: records)
    for attempt in past.attempts where attempt.isRunning {
      open?.recorder?.record(
        .attemptFinished(AttemptFinished(attempt: attempt.id, reason: .cancelled)))
    }
    for critique in past.critiques where critique.isRunning {
      open?.recorder?.record(
        .critiqueFinished(
          CritiqueFinished(
            critique: critique.id, reason: .cancelled, firstError: .notSaid, format: "text")))
    }
    open?.serials = SerialCounter(next: past.nextSerial)
    await open?.recorder?.drain()
  }

  private func mark(_ id: StepID, _ verdict: Verdict?, _ settings: Settings) async throws {
    guard let open, let session = open.recorder?.session, let attempt = session.attempt(id.attempt),
      attempt.steps.indices.contains(id.index)
    else { return }
    let step = attempt.steps[id.index]
    let mark = Marked(
      step: id, verdict: verdict, annotator: settings.annotator, wall: edges.wall(),
      channel: step.channel, start: step.range.lowerBound, end: step.range.upperBound)
    if open.annotations == nil {
      self.open?.annotations = try AnnotationFile.open(
        open.folder, annotator: settings.annotator, program: edges.program, wall: edges.wall())
    }
    if let written = await self.open?.annotations?.append([mark]) {
      open.recorder?.fold(written.records)
      post(.recorded(written.records))
    }
  }

  // MARK: - Model calls

  /// The model of a spec, connected once; what it can do goes on record.
  private func model(_ spec: String, for role: ModelRole) async throws -> any LanguageModel {
    if let known = models[spec] {
      announce(known, spec, role)
      return known
    }
    post(.modelConnecting(role, spec: spec))
    do {
      let model = try await edges.connect(spec)
      models[spec] = model
      announce(model, spec, role)
      return model
    } catch {
      post(.modelFailed(role, spec: spec, sentence: edges.sentence(error)))
      throw error
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

  /// The recorder and session of what is open, once everything recorded so far is in it.
  private func writable() async throws -> (Recorder, Session) {
    guard let recorder = open?.recorder else { throw RuntimeError.readOnly }
    await recorder.drain()
    return (recorder, recorder.session)
  }

  private func planner(_ settings: Settings) throws -> RoundPlanner {
    var prompts = try edges.prompts(settings.prompts)
    if let system = settings.system { prompts.system = system }
    return RoundPlanner(prompts: prompts, parameters: settings.sampling)
  }

  /// Attempts side by side; with a seed, each has one of its own.
  private func attempts(_ count: Int, _ settings: Settings) async throws {
    let model = try await model(spec(.solver, settings), for: .solver)
    let (recorder, session) = try await writable()
    guard let serials = open?.serials else { return }
    let planner = try planner(settings)
    let names = session.freshAttempts(count)
    await withTaskGroup { group in
      for (sample, name) in names.enumerated() {
        var plan = planner.solve(session.problem, attempt: name, sample: count > 1 ? sample : nil)
        plan.parameters.seed = plan.parameters.seed.map { $0 &+ sample }
        group.addTask { [plan] in
          await run(plan, on: model, serials: serials, record: recorder.record)
        }
      }
    }
    await recorder.drain()
  }

  /// Judges greedily, whatever temperature attempts are made at.
  private func critique(_ id: AttemptID, _ settings: Settings) async throws {
    let model = try await model(spec(.critic, settings), for: .critic)
    let (recorder, session) = try await writable()
    let planner = try planner(settings)
    var parameters = settings.sampling
    parameters.temperature = 0
    parameters.alternatives = 0
    guard let attempt = session.attempt(id),
      let plan = CritiquePlan(
        critique: session.freshCritique, of: attempt, problem: session.problem,
        prompts: planner.prompts, parameters: parameters)
    else { throw RoundError.nothingWritten }
    await runCritique(plan, on: model, record: recorder.record)
    await recorder.drain()
  }

  private func round(_ request: RoundRequest, _ settings: Settings) async throws {
    let model = try await model(spec(.solver, settings), for: .solver)
    let (recorder, session) = try await writable()
    guard let serials = open?.serials else { return }
    var request = request
    request.usesMarks = session.marks.keys.contains { $0.attempt == request.parent }
    let (started, plan) = try planner(settings).plan(
      request, in: session, round: session.freshRound, attempt: session.freshAttempts(1)[0])
    recorder.record(.roundStarted(started))
    await run(plan, on: model, serials: serials, record: recorder.record)
    await recorder.drain()
  }

  private func resume(_ id: AttemptID, _ settings: Settings) async throws {
    let model = try await model(spec(.solver, settings), for: .solver)
    let (recorder, session) = try await writable()
    guard let serials = open?.serials else { return }
    let plan = try planner(settings).goOn(
      from: id, in: session, attempt: session.freshAttempts(1)[0])
    await run(plan, on: model, serials: serials, record: recorder.record)
    await recorder.drain()
  }
}

/// What stands in the way before any model is asked.
package enum RuntimeError: Error, Equatable {
  case noModel(ModelRole)
  case readOnly

  package var sentence: String {
    switch self {
    case .noModel(.solver):
      "No solver is chosen; name one with --solver, or m on the screen."
    case .noModel(.critic):
      "No critic is chosen; name one with --critic, or m on the screen."
    case .readOnly:
      "This session is read-only; replay it and branch off to get one of your own."
    }
  }
}
