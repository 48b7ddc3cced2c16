import Engine
import Sessions

/// Carries out effects and answers with messages; the same for the screen, pipes and tests.
///
/// One session is open at a time. Model calls run as tasks beside it; what they find goes
/// through the ``Recorder`` to disk first and comes back as ``Message/recorded(_:)``.
package actor Runtime {
  package let edges: Edges
  let post: @Sendable (Message) -> Void
  private nonisolated let inbox: AsyncStream<Errand>.Continuation
  var open: Open?
  var models: [String: any LanguageModel] = [:]
  /// Connections being made: whoever else wants the model waits for the same one.
  var connecting: [String: Task<any LanguageModel, any Error>] = [:]
  /// Of the attempts being written.
  var dials: [ObjectIdentifier: ReflectionDial] = [:]
  private var calls: [Int: Task<Void, Never>] = [:]
  /// Looking around: nobody waits for these, and they are not model calls.
  private var lookouts: [Int: Task<Void, Never>] = [:]
  private var nextTask = 0
  /// What is looked for now: an answer to anything before it would be of no use.
  var wanted: [String] = []

  private enum Errand: Sendable {
    case effect(Effect, Settings)
    /// Resumed when everything submitted before has been begun.
    case barrier(CheckedContinuation<Void, Never>)
  }

  package init(edges: Edges, post: @escaping @Sendable (Message) -> Void) {
    self.edges = edges
    self.post = post
    let (stream, continuation) = AsyncStream.makeStream(of: Errand.self)
    inbox = continuation
    Task { [weak self] in
      for await errand in stream {
        switch errand {
        case .effect(let effect, let settings): await self?.begin(effect, settings)
        case .barrier(let reached): reached.resume()
        }
      }
    }
  }

  /// Has an effect carried out, in the order of the calls.
  package nonisolated func submit(_ effect: Effect, _ settings: Settings) {
    inbox.yield(.effect(effect, settings))
  }

  /// Model calls run beside what comes next; all else is done before the next effect.
  private func begin(_ effect: Effect, _ settings: Settings) async {
    let id = nextTask
    nextTask += 1
    if effect.asksModel {
      calls[id] = Task {
        await self.carryOut(effect, settings)
        await self.open?.recorder?.drain()
        self.ended(call: id)
      }
      return
    }
    switch effect {
    case .connect, .findServers, .listLibrary, .findText, .locateText:
      lookouts[id] = Task {
        await self.carryOut(effect, settings)
        self.lookouts[id] = nil
      }
    default: await carryOut(effect, settings)
    }
  }

  private func ended(call id: Int) {
    calls[id] = nil
    if calls.isEmpty { post(.settled) }
  }

  /// Does what the effect asks and returns when it is done.
  package func carryOut(_ effect: Effect, _ settings: Settings) async {
    do {
      switch effect {
      case .listLibrary: await list()
      case .findText(let words): await findText(words)
      case .locateText(let words, let paths): await locate(words, in: paths)
      case .findServers: post(.serversFound(await edges.discover()))
      case .connect(let role, let spec):
        // Its failure is told of by ``Message/modelFailed(_:spec:sentence:)``.
        _ = try? await model(spec, for: role)
      case .begin(let problem, let samples):
        try await create(problem)
        try await attempts(samples, settings)
      case .attempt: try await attempts(1, settings)
      case .open(let name, let isReplaying): try await openSession(name, isReplaying: isReplaying)
      case .loadRecords(let start): try await loadRecords(from: start)
      case .critique(let attempt): try await critique(attempt, settings)
      case .round(let request): try await round(request, settings)
      case .takeToken(let request): try await takeToken(request, settings)
      case .continueAttempt(let attempt): try await resume(attempt, settings)
      case .record(let events):
        guard let recorder = try await writable() else { return }
        events.forEach(recorder.record)
      case .tuneReflection(let settings): tune(settings)
      case .compareControls(let attempt, let reflection):
        try await compareControls(attempt, reflection, settings)
      case .attemptAgain(let attempt, let reflecting):
        try await attemptAgain(attempt, reflecting: reflecting, settings)
      case .openItem(let item): await openItem(item)
      case .alternatives(let step, let count):
        try await alternatives(for: step, count: count, settings)
      case .annotate(let acts): await annotate(acts, settings)
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
    await withCheckedContinuation { inbox.yield(.barrier($0)) }
    lookouts.values.forEach { $0.cancel() }
    let running = calls.values
    running.forEach { $0.cancel() }
    for call in running { await call.value }
    await closeSession()
  }

  /// The open session with all that is recorded.
  package var session: Session? { open?.session }

  /// A model that failed goes on record; a wish that cannot be granted is only told of.
  private func tell(_ error: any Error) {
    let sentence = edges.sentence(error)
    if error is ModelError, let recorder = open?.recorder {
      recorder.record(.failed(Failed(target: nil, message: sentence)))
    } else {
      post(.noticed(Notice(sentence, .error)))
    }
  }
}

/// What stands in the way before any model is asked.
package enum RuntimeError: Error, Equatable {
  case noModel(ModelRole)
  case noSession
  case otherChain
  case labelsWait(reason: String)

  package var sentence: String {
    switch self {
    case .noModel(.solver):
      "No solver is chosen; name one with --solver, or m on the screen."
    case .noModel(.critic):
      "No critic is chosen; name one with --critic, or m on the screen."
    case .noSession: "No session is open; open one or begin a problem first."
    case .otherChain:
      "That step is not in the session that is open, so nothing was recorded; label it again."
    case .labelsWait(let reason):
      "The labels of this chain are not saved yet: \(reason); make room, then go on."
    }
  }
}
