import Engine
import Foundation
import Sessions
import Synchronization
import Workbench

/// Carries out a plan: every problem, sample and arm that has no result yet.
struct SetRun: Sendable {
  /// The work is given up when so many attempts in a row have failed: the model is gone.
  static let mostFailures = 3

  let plan: RunPlan
  let fleet: ModelFleet
  let planner: RoundPlanner
  let sessions: CaseSessions
  let file: ResultsFile
  let progress: RunProgress
  private let ledger: Ledger
  private let reflections: [String: ReflectionSettings?]

  init(
    plan: RunPlan, fleet: ModelFleet, planner: RoundPlanner, sessions: CaseSessions,
    file: ResultsFile, isTerminal: Bool = isatty(STDERR_FILENO) != 0
  ) {
    self.plan = plan
    self.fleet = fleet
    self.planner = planner
    self.sessions = sessions
    self.file = file
    ledger = Ledger(plan, earlier: file.earlier.rows)
    progress = RunProgress(
      total: plan.cases.count * plan.arms.count, done: ledger.doneAtStart, isTerminal: isTerminal)
    reflections = Dictionary(
      plan.recorded(for: fleet.description).map { ($0.arm, $0.reflection) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Runs what is left, every model on a case of its own; answers the failures, oldest first.
  ///
  /// Ends when all is done, the task is cancelled, or the model is gone.
  func carryOut() async -> [String] {
    let known = Set(file.earlier.arms.map(\.arm))
    await file.append(
      plan.recorded(for: fleet.description).filter { !known.contains($0.arm) })
    await withTaskGroup { group in
      for model in fleet.models {
        group.addTask {
          while !Task.isCancelled, let work = ledger.next() { await attempt(work, on: model) }
        }
      }
      let teller = Task { await progress.tell() }
      await group.waitForAll()
      teller.cancel()
      await teller.value
    }
    progress.end()
    return ledger.failures
  }

  /// Attempts that have no result.
  var left: Int { ledger.left }

  /// All results of the plan's own attempts, earlier ones included.
  var rows: [ResultsRow] { ledger.rows }

  /// The arms that one case still lacks, one after the other in one session.
  private func attempt(_ work: RunPlan.Case, on model: any LanguageModel) async {
    let session: CaseSession
    do {
      session = try await sessions.open(
        work.problem, earlier: ledger.session(of: work), solver: model.description)
    } catch {
      return fail(Failure.sentence(for: error))
    }
    await read(work, by: model)
    for arm in plan.arms where !Task.isCancelled && ledger.lacks(work, arm) {
      await attempt(work, arm, on: model, in: session)
    }
    await session.close()
  }

  /// Has a model in this process read the problem before the first arm is timed.
  ///
  /// It keeps what it read, so that the first arm alone would pay for it. A server is not asked: it
  /// may charge, and may keep nothing.
  private func read(_ work: RunPlan.Case, by model: any LanguageModel) async {
    guard plan.arms.count > 1, model.description.capabilities.hiddenStates else { return }
    var request = planner.solve(work.problem, attempt: AttemptID("a0"))
      .request(on: model.description)
    request.parameters.maxTokens = 1
    do {
      for try await _ in model.generate(request) {}
    } catch {
      // The arms will tell what is wrong.
    }
  }

  private func attempt(
    _ work: RunPlan.Case, _ arm: RunArm, on model: any LanguageModel, in session: CaseSession
  ) async {
    let srgen = ledger.row(work, RunArm(method: .srgen))
    // Places are drawn to match another arm's; without it there is nothing to match.
    if arm.method == .randomPlaces, srgen == nil { return }
    let name = await session.settled().freshAttempts(1)[0]
    var attempt = planner.solve(
      work.problem, attempt: name, sample: plan.samples > 1 ? work.sample : nil)
    let seed = plan.seed &+ work.sample
    attempt.parameters.seed = seed
    attempt.prompts = planner.prompts
    attempt.reflection = arm.settings(
      reflections[arm.name] ?? nil, seed: seed, problem: work.problem.id, after: srgen)
    let start = ContinuousClock.now
    await run(attempt, on: model, serials: session.serials, record: session.record)
    let seconds = start.duration(to: .now).seconds
    guard let made = await session.settled().attempt(name), let finished = made.finished else {
      return fail("An attempt was not recorded; run the same command again.")
    }
    switch finished.reason {
    case .cancelled: break
    case .error, .truncated: fail(finished.message ?? "An attempt was cut off.")
    case .stop, .length, .tool, .filtered:
      let row = ResultsRow(
        made, finished, of: work, arm: arm.name, seed: seed,
        seconds: seconds, session: session.path)
      if case .notSaved(let reason, _) = await file.append([], [row]) {
        ledger.stop()
        progress.note(
          RunError.notWritable(path: file.path.visible, reason: reason).sentence)
      }
      ledger.take(row)
      progress.finished()
    }
  }

  private func fail(_ sentence: String) {
    if ledger.fail(sentence) { progress.note(sentence) }
  }
}

extension ResultsRow {
  /// What an attempt that ended came to.
  init(
    _ attempt: Attempt, _ finished: AttemptFinished, of work: RunPlan.Case, arm: String,
    seed: Int, seconds: Double, session: String?
  ) {
    let problem = work.problem
    let tally = finished.reflection ?? ReflectionTally()
    let length = attempt.tokenCount
    self.init(
      problem: problem.id, kind: problem.kind, arm: arm, sample: work.sample, seed: seed,
      answer: attempt.answer?.answer,
      // No answer is no right answer, where there is one to give.
      correct: problem.answer == nil ? nil : attempt.answer?.isCorrect ?? false,
      reason: finished.reason, tokens: finished.usage?.completionTokens ?? length,
      length: length, discarded: tally.discardedTokens, forwards: tally.forwards,
      reflections: tally.reflections, seconds: (seconds * 1000).rounded() / 1000,
      session: session)
  }
}

/// What is done and what comes next, for all who work on a run.
private final class Ledger: Sendable {
  private struct Pages {
    var rows: [ResultsRow.Key: ResultsRow] = [:]
    /// In the order they came.
    var keys: [ResultsRow.Key] = []
    /// Last first.
    var waiting: [RunPlan.Case] = []
    var failures: [String] = []
    var failuresInARow = 0
    var isStopped = false
  }

  let doneAtStart: Int
  private let total: Int
  private let pages: Mutex<Pages>

  init(_ plan: RunPlan, earlier: [ResultsRow]) {
    let cases = plan.cases
    var pages = Pages()
    let wanted = Set(
      cases.flatMap { work in plan.arms.map { Self.key(work, $0) } })
    for row in earlier where wanted.contains(row.key) {
      pages.rows[row.key] = row
      pages.keys.append(row.key)
    }
    pages.waiting = cases.filter { work in
      plan.arms.contains { pages.rows[Self.key(work, $0)] == nil }
    }.reversed()
    total = wanted.count
    doneAtStart = pages.rows.count
    self.pages = Mutex(pages)
  }

  private static func key(_ work: RunPlan.Case, _ arm: RunArm) -> ResultsRow.Key {
    ResultsRow.Key(problem: work.problem.id, sample: work.sample, arm: arm.name)
  }

  var left: Int { pages.withLock { total - $0.rows.count } }
  var failures: [String] { pages.withLock(\.failures) }
  var rows: [ResultsRow] {
    pages.withLock { pages in pages.keys.compactMap { pages.rows[$0] } }
  }

  func next() -> RunPlan.Case? { pages.withLock { $0.isStopped ? nil : $0.waiting.popLast() } }

  func lacks(_ work: RunPlan.Case, _ arm: RunArm) -> Bool {
    pages.withLock { !$0.isStopped && $0.rows[Self.key(work, arm)] == nil }
  }

  func row(_ work: RunPlan.Case, _ arm: RunArm) -> ResultsRow? {
    pages.withLock { $0.rows[Self.key(work, arm)] }
  }

  /// The session that holds what was done of a case before.
  func session(of work: RunPlan.Case) -> String? {
    pages.withLock { pages in
      RunArm.all.compactMap { pages.rows[Self.key(work, $0)]?.session }.first
    }
  }

  func take(_ row: ResultsRow) {
    pages.withLock { pages in
      if pages.rows.updateValue(row, forKey: row.key) == nil { pages.keys.append(row.key) }
      pages.failuresInARow = 0
    }
  }

  /// Answers whether this sentence has not been told yet.
  func fail(_ sentence: String) -> Bool {
    pages.withLock { pages in
      defer { pages.failures.append(sentence) }
      pages.failuresInARow += 1
      if pages.failuresInARow >= SetRun.mostFailures { pages.isStopped = true }
      return !pages.failures.contains(sentence)
    }
  }

  /// No more is begun.
  func stop() { pages.withLock { $0.isStopped = true } }
}
