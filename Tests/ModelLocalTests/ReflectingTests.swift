import Engine
import Foundation
import Sessions
import Testing

@testable import ModelLocal

/// The loop on the model that comes with the program: its text, tokens and cache stay whole
/// whatever is decided.
@Suite struct ReflectingTests {
  private static let path = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../models/erratum-small-q8_0.gguf").standardizedFileURL.path

  private static let problem = Problem(
    id: "p",
    text: "Lena has 17 marbles. She buys 3 bags with 6 marbles each and gives 9 to Ann. "
      + "How many marbles does Lena have now?", answer: "26")

  private func open() async throws -> LocalModel {
    try await LocalModel.open(path: Self.path, options: LocalModelOptions(threads: 1))
  }

  private func plan(
    _ reflection: ReflectionSettings?, temperature: Double = 0.9, seed: Int? = 3,
    maxTokens: Int = 200
  ) -> AttemptPlan {
    var plan = AttemptPlan(
      attempt: AttemptID("a1"), problem: Self.problem,
      messages: PromptSet.plain.solve(Self.problem.text),
      parameters: SamplingParameters(
        temperature: temperature, maxTokens: maxTokens, seed: seed, alternatives: 5))
    plan.reflection = reflection
    plan.prompts = .plain
    return plan
  }

  private func settings(_ method: ReflectionMethod, above entropy: Double) -> ReflectionSettings {
    var settings = ReflectionSettings(
      method: method, rule: .fixed(FixedThreshold(entropy: entropy)))
    if method == .idSampling { settings.rule = .growing(GrowingBudgets(first: 20, factor: 2)) }
    if method == .psr { settings.rule = .period(StepPeriod(steps: 2)) }
    settings.trials = 3
    settings.highEntropy = 0.3
    settings.maximum = 6
    return settings
  }

  private func session(_ plan: AttemptPlan, on model: LocalModel) async -> Session {
    let recorder = Recorded()
    await run(plan, on: model, serials: SerialCounter(next: 0), record: recorder.record)
    return Session(
      header: Header(program: "test", session: "s", created: 0, problem: Self.problem),
      replaying: recorder.events.enumerated().map { Record(n: $0, t: Double($0), event: $1) })
  }

  private final class Recorded: @unchecked Sendable {
    private let lock = NSLock()
    /// Guarded by `lock`.
    private var stored: [Event] = []
    var events: [Event] { lock.withLock { stored } }
    func record(_ event: Event) { lock.withLock { stored.append(event) } }
  }

  @Test(arguments: ReflectionMethod.allCases)
  func `every method leaves a whole answer, made of the model's own tokens`(
    method: ReflectionMethod
  ) async throws {
    let model = try await open()
    let session = await session(plan(settings(method, above: 0.05)), on: model)
    let attempt = try #require(session.attempts.first)
    #expect(attempt.finished?.reason == .stop || attempt.finished?.reason == .length)
    #expect(!attempt.reflections.isEmpty, "0.05 nats are passed somewhere")
    #expect(attempt.reflections.allSatisfy { $0.finished != nil })
    #expect(attempt.finished?.reflection?.reflections == attempt.reflections.count)
    #expect(String(validating: attempt.written.bytes, as: UTF8.self) != nil)
    for reflection in attempt.reflections where method.isInPlace {
      let position = reflection.triggered.position
      guard position < attempt.written.count else { continue }
      #expect(
        reflection.finished?.chosen.all.first?.id == attempt.written.id(of: position),
        "\(method) \(position)")
      #expect(reflection.triggered.byte == attempt.written.byteRange(of: position).lowerBound)
      #expect(
        reflection.finished?.chosen.all.first?.logProbability
          == attempt.written.logProbability(of: position), "\(method) \(position)")
    }
  }

  @Test func `a threshold nothing passes leaves the text as it is without reflection`()
    async throws
  {
    let model = try await open()
    let plain = await session(plan(nil), on: model)
    for method in ReflectionMethod.allCases where method.isInPlace {
      let watched = await session(plan(settings(method, above: 19)), on: model)
      #expect(watched.attempts[0].written == plain.attempts[0].written)
      #expect(watched.attempts[0].reflections.isEmpty)
    }
  }

  @Test func `no step and a learning rate of nothing change nothing`() async throws {
    let model = try await open()
    let plain = await session(plan(nil), on: model)
    for (steps, rate) in [(0, 0.01), (3, 0)] {
      var settings = settings(.srgen, above: 0.05)
      settings.steps = steps
      settings.learningRate = rate
      let watched = await session(plan(settings), on: model)
      #expect(watched.attempts[0].written.bytes == plain.attempts[0].written.bytes)
      #expect(watched.attempts[0].reflections.first?.finished?.norm == 0)
    }
  }

  @Test func `what a reflection did is told in full`() async throws {
    let model = try await open()
    var settings = settings(.srgen, above: 0.05)
    settings.learningRate = 0.1
    let session = await session(plan(settings), on: model)
    let found = try #require(session.attempts[0].reflections.first)
    let finished = try #require(found.finished)
    #expect(finished.losses?.count == 3)
    #expect((finished.norm ?? 0) > 0)
    #expect(finished.positions.map { $0 > 40 } == true, "the prompt counts")
    #expect(finished.positionsLeftOut == 0)
    #expect(found.triggered.alternatives.all.count == 10 && finished.alternatives.all.count == 10)
    let value = try #require(found.triggered.value)
    #expect(value.isExact && value.lower > 0.05)
    // The entropy term pulls the entropy down, and a rate of 0.1 makes it seen.
    #expect(finished.entropy.map { $0.lower < value.lower } == true)
  }

  @Test func `a vector that grows beyond all numbers is told of, and the plain draw taken`()
    async throws
  {
    let model = try await open()
    let plain = await session(plan(nil), on: model)
    var settings = settings(.srgen, above: 0.05)
    settings.learningRate = 1e30
    let session = await session(plan(settings), on: model)
    #expect(session.attempts[0].written.bytes == plain.attempts[0].written.bytes)
    #expect(session.attempts[0].reflections.allSatisfy { $0.finished?.outcome == .failed })
  }

  @Test func `where memory is short the latest positions count, and it is said`() async throws {
    let model = try await open()
    var settings = settings(.srgen, above: 0.05)
    settings.memory = 0
    let session = await session(plan(settings), on: model)
    let finished = try #require(session.attempts[0].reflections.first?.finished)
    #expect((finished.positionsLeftOut ?? 0) > 0)
  }

  @Test func `the controls are compared at the same place with the same draw`() async throws {
    let model = try await open()
    let settings = settings(.srgen, above: 0.05)
    let plan = plan(settings)
    let session = await session(plan, on: model)
    let attempt = session.attempts[0]
    let plain = await self.session(self.plan(nil), on: model)
    let found = try #require(attempt.reflections.first)
    var kept = attempt.written
    kept.truncate(to: found.triggered.position)
    var again = plan
    again.kept = kept
    again.idsFrom = model.description
    let choices = try await model.decisions(
      after: again.request(on: model.description), by: [.srgen, .argmax, .restart], settings,
      drawn: kept.count)
    #expect(choices.map(\.method) == [nil, .srgen, .argmax, .restart])
    // Up to the first reflection both texts are the same.
    #expect(
      choices[0].chosen.all.first?.id
        == plain.attempts[0].written.id(of: found.triggered.position))
    #expect(choices[1].chosen.all.first?.id == found.finished?.chosen.all.first?.id)
    #expect(choices[2].chosen.all.first?.id == choices[2].alternatives.all.first?.id)
    #expect(choices[3].chosen == choices[0].chosen)
  }

  @Test func `what-if judges the places of a branch by what the loop saw there`() async throws {
    let model = try await open()
    let session = await session(plan(settings(.branch, above: 0.05)), on: model)
    let attempt = session.attempts[0]
    let trace = MeasuredResponse(attempt).trace(attempt.reflectionSettings)
    #expect(trace.fired == attempt.reflections.map(\.triggered.position))
    for found in attempt.reflections.map(\.triggered) where found.position < attempt.written.count {
      #expect(trace.places[found.position].entropy == found.value)
    }
  }

  @Test func `a random vector compared is the one that the control has there`() async throws {
    let model = try await open()
    let settings = settings(.randomVector, above: 0.05)
    let plan = plan(settings)
    let attempt = await session(plan, on: model).attempts[0]
    let found = try #require(attempt.reflections.first)
    var again = plan
    again.kept = attempt.written
    again.kept.truncate(to: found.triggered.position)
    again.idsFrom = model.description
    let choices = try await model.decisions(
      after: again.request(on: model.description), by: [.randomVector], settings,
      drawn: found.triggered.position)
    #expect(choices[1].alternatives.all.map(\.id) == found.finished?.alternatives.all.map(\.id))
    #expect(choices[1].chosen.all.first?.id == found.finished?.chosen.all.first?.id)
  }

  @Test func `what was taken over took no draws, and a restart leaves no trace`() async throws {
    let model = try await open()
    let whole = await session(plan(nil), on: model).attempts[0].written
    var kept = whole
    kept.truncate(to: 7)
    var settings = settings(.restart, above: 0.02)
    settings.maximum = 0
    var plan = plan(settings, seed: 11)
    plan.kept = kept
    plan.idsFrom = model.description
    let written = await session(plan, on: model).attempts[0].written
    var checked = 0
    for position in 8..<written.count {
      var again = plan
      again.kept = written
      again.kept.truncate(to: position)
      guard written.id(of: position) != nil else { continue }
      let choices = try await model.decisions(
        after: again.request(on: model.description), by: [.restart, .argmax, .srgen], settings,
        drawn: position - kept.count)
      #expect(choices[0].chosen.all.first?.id == written.id(of: position), "\(position)")
      let alone = try await model.decisions(
        after: again.request(on: model.description), by: [.srgen], settings,
        drawn: position - kept.count)
      #expect(choices[3].chosen == alone[1].chosen, "\(position)")
      checked += 1
    }
    #expect(checked > 5)
  }

  @Test func `comparing what controls would choose can be stopped`() async throws {
    let model = try await open()
    var settings = settings(.srgen, above: 0.05)
    settings.steps = 1 << 40
    let request = plan(nil).request(on: model.description)
    let task = Task { [settings] in
      try await model.decisions(after: request, by: [.srgen], settings, drawn: 0)
    }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    // A trillion steps would take months.
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `stopping in the middle of an optimisation keeps what was written`() async throws {
    let model = try await open()
    var settings = settings(.srgen, above: 0.01)
    settings.steps = 1_000_000
    let plan = plan(settings)
    let recorder = Recorded()
    let task = Task {
      await run(plan, on: model, serials: SerialCounter(next: 0), record: recorder.record)
    }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    await task.value
    let reasons = recorder.events.compactMap { event -> StopReason? in
      if case .attemptFinished(let finished) = event { finished.reason } else { nil }
    }
    #expect(reasons == [.cancelled])
    let after = await session(self.plan(nil), on: model)
    #expect(after.attempts[0].finished?.reason == .stop, "the model is free again")
  }

  @Test func `the same seed makes the same text, reflected on or not`() async throws {
    let model = try await open()
    for method in [ReflectionMethod.srgen, .cntp, .rewind, .randomVector] {
      let first = await session(plan(settings(method, above: 0.05)), on: model)
      let second = await session(plan(settings(method, above: 0.05)), on: try await open())
      #expect(first.attempts[0].written.bytes == second.attempts[0].written.bytes, "\(method)")
    }
  }
}
