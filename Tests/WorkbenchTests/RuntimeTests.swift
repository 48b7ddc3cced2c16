import Engine
import Foundation
import Sessions
import Testing

@testable import Workbench

@Suite struct RuntimeTests {
  private func bench(_ solver: [Script], _ critic: [Script] = [.findings]) throws -> Bench {
    try Bench([
      "solver": ScriptedModel(scripts: solver), "critic": ScriptedModel(scripts: critic),
    ])
  }

  @Test func `what is told is what the journal has, in its order`() async throws {
    let bench = try bench([.wrong])
    await bench.carryOut(.begin(.marbles, samples: 1), .critique(AttemptID("a1")))
    await bench.runtime.shutDown()
    let (session, records) = try bench.journal()
    #expect(bench.records == records)
    #expect(records.map(\.n) == Array(0..<records.count))
    #expect(session.attempts.map(\.answer?.answer) == ["27"])
    #expect(session.attempts[0].answer?.isCorrect == false)
    #expect(session.critiques.map(\.firstError) == [1])
    #expect(await bench.runtime.session == nil)
  }

  @Test func `the state that took the messages is the session that was read`() async throws {
    let bench = try bench([.wrong, .right])
    await bench.carryOut(.begin(.marbles, samples: 1), .critique(AttemptID("a1")))
    await bench.carryOut(
      .round(
        RoundRequest(
          parent: AttemptID("a1"), strategy: .fromScratch, critique: CritiqueID("c1"))))
    await bench.runtime.shutDown()
    var state = State(size: Size(columns: 100, rows: 30))
    for message in bench.messages { _ = reduce(&state, message) }
    let (session, _) = try bench.journal()
    #expect(state.reading?.session == session)
    #expect(session.rounds.map(\.started.trigger) == [.critique])
    #expect(session.attempts.last?.answer?.answer == "26")
    #expect(state.screen == .session)
  }

  @Test func `samples stand side by side, each with a seed of its own`() async throws {
    let bench = try bench([.wrong, .right, .right])
    var settings = bench.settings
    settings.sampling.seed = 7
    await bench.runtime.carryOut(.begin(.marbles, samples: 3), settings)
    await bench.runtime.carryOut(.attempt, settings)
    await bench.runtime.shutDown()
    let session = try bench.journal().session
    #expect(session.attempts.map(\.id.description) == ["a1", "a2", "a3", "a4"])
    #expect(session.attempts.map(\.started.sample) == [0, 1, 2, nil])
    #expect(Set(session.attempts.map(\.id)).count == 4)
    #expect(session.attempts.compactMap(\.started.call.parameters.seed).sorted() == [7, 8, 9, 10])
    #expect(session.attempts.allSatisfy { !$0.isRunning })
  }

  @Test func `a round from a step keeps the bytes before it`() async throws {
    let solver = AskedModel([
      .wrong, Script(text: "17 + 18 = 35.\nStep 3: 35 - 9 = 26.\nAnswer: 26\n"),
    ])
    let bench = try Bench(["solver": solver])
    await bench.carryOut(
      .begin(.marbles, samples: 1),
      .round(RoundRequest(parent: AttemptID("a1"), strategy: .fromStep, fromStep: 1)))
    await bench.runtime.shutDown()
    let attempts = try bench.journal().session.attempts
    let kept = attempts[0].written.bytes.prefix(attempts[0].steps[0].range.upperBound)
    #expect(attempts[1].started.keptBytes == kept.count)
    #expect(attempts[1].written.bytes.starts(with: kept))
    #expect(attempts[1].steps[0].range == attempts[0].steps[0].range)
    #expect(solver.requests.withLock { $0.last?.prefix } == String(decoding: kept, as: UTF8.self))
  }

  @Test func `a step's edited text is recorded as the person's and gone on from`() async throws {
    let bench = try bench([.wrong, Script(text: "Answer: 26\n")])
    await bench.carryOut(
      .begin(.marbles, samples: 1),
      .round(
        RoundRequest(
          parent: AttemptID("a1"), strategy: .fromStep, fromStep: 1,
          editedStep: "Step 2: 17 + 18 = 35.")))
    await bench.runtime.shutDown()
    let session = try bench.journal().session
    #expect(session.rounds.first?.started.editedStep == "Step 2: 17 + 18 = 35.")
    let attempt = session.attempts[1]
    #expect(
      String(decoding: attempt.written.bytes, as: UTF8.self)
        == "Step 1: 3 * 6 = 18.\nStep 2: 17 + 18 = 35.\nAnswer: 26\n")
    #expect(attempt.written.logProbability(of: attempt.written.count - 1) == nil)
  }

  @Test func `stopping keeps the partial, and going on begins where it ended`() async throws {
    let bench = try Bench(["solver": HangingModel(), "other": ScriptedModel(scripts: [.right])])
    bench.runtime.submit(.begin(.marbles, samples: 1), bench.settings)
    await bench.wait { await $0.runtime.session?.attempts.first?.written.isEmpty == false }
    bench.runtime.submit(.stop, bench.settings)
    await bench.wait { $0.settledCount > 0 }
    let stopped = await bench.runtime.session?.attempts.first
    #expect(stopped?.finished?.reason == .cancelled)
    #expect(stopped?.steps.count == 2)
    var settings = bench.settings
    settings.solver = "other"
    await bench.runtime.carryOut(.continueAttempt(AttemptID("a1")), settings)
    await bench.runtime.shutDown()
    let attempts = try bench.journal().session.attempts
    #expect(attempts.map(\.started.parent) == [nil, AttemptID("a1")])
    #expect(attempts[1].written.bytes.starts(with: attempts[0].written.bytes))
  }

  @Test func `a wait for a busy server can be stopped`() async throws {
    let bench = try Bench(["solver": HangingModel(says: nil)])
    bench.runtime.submit(.begin(.marbles, samples: 1), bench.settings)
    await bench.wait { await $0.runtime.session?.attempts.first?.progress.retry != nil }
    bench.runtime.submit(.stop, bench.settings)
    await bench.wait { $0.settledCount > 0 }
    await bench.runtime.shutDown()
    let attempt = try #require(try bench.journal().session.attempts.first)
    #expect(attempt.finished?.reason == .cancelled)
    #expect(attempt.progress.retry == nil)
    #expect(try bench.journal().session.failures.isEmpty)
  }

  @Test func `shutting down in mid-stream records the end of what ran`() async throws {
    let bench = try Bench(["solver": HangingModel()])
    bench.runtime.submit(.begin(.marbles, samples: 3), bench.settings)
    await bench.wait { await $0.runtime.session?.attempts.count == 3 }
    await bench.runtime.shutDown()
    let session = try bench.journal().session
    #expect(session.attempts.map(\.finished?.reason) == [.cancelled, .cancelled, .cancelled])
  }

  @Test func `a mark submitted just before the end is on disk`() async throws {
    let bench = try bench([.wrong])
    await bench.carryOut(.begin(.marbles, samples: 1))
    let step = StepID(attempt: AttemptID("a1"), index: 1)
    bench.runtime.submit(
      .annotate([.label(step, Label(.incorrect), pass: 0, seconds: nil)]), bench.settings)
    await bench.runtime.shutDown()
    let id = try bench.journal().session.header.session
    let opened = try bench.library.read(bench.library.resolve(id))
    #expect(opened.session.marks == [step: .incorrect])
  }

  @Test func `settled is told once, when the last model call has ended`() async throws {
    let bench = try bench([.wrong, .right])
    bench.runtime.submit(.listLibrary, bench.settings)
    bench.runtime.submit(.findServers, bench.settings)
    bench.runtime.submit(.connect(.critic, spec: "critic"), bench.settings)
    await bench.wait { bench in
      bench.messages.contains { if case .serversFound = $0 { true } else { false } }
        && bench.messages.contains { if case .problemSetsFound = $0 { true } else { false } }
        && bench.messages.contains { if case .modelConnected = $0 { true } else { false } }
    }
    #expect(bench.settledCount == 0)
    bench.runtime.submit(.begin(.marbles, samples: 2), bench.settings)
    await bench.wait { $0.settledCount > 0 }
    await bench.runtime.shutDown()
    #expect(bench.settledCount == 1)
    let settled = bench.messages.lastIndex(of: .settled) ?? 0
    let after = bench.messages[settled...].filter {
      if case .recorded = $0 { true } else { false }
    }
    #expect(after.isEmpty)
  }

  @Test func `a model wanted twice at once is connected once`() async throws {
    let bench = try Bench(["solver": ScriptedModel(scripts: [.wrong])], slowly: true)
    bench.runtime.submit(.connect(.solver, spec: "solver"), bench.settings)
    bench.runtime.submit(.begin(.marbles, samples: 1), bench.settings)
    await bench.wait { $0.settledCount > 0 }
    await bench.runtime.shutDown()
    #expect(bench.connections == ["solver"])
  }

  @Test func `connecting can be stopped, and the problem is kept`() async throws {
    let bench = try Bench()
    var settings = bench.settings
    settings.solver = "silent"
    bench.runtime.submit(.begin(.marbles, samples: 1), settings)
    await bench.wait { $0.connections == ["silent"] }
    bench.runtime.submit(.stop, settings)
    await bench.wait { $0.settledCount > 0 }
    await bench.runtime.shutDown()
    let session = try bench.journal().session
    #expect(session.problem == .marbles)
    #expect(session.failures.isEmpty)
    let sentences = bench.messages.compactMap { message in
      if case .modelFailed(.solver, "silent", let sentence) = message { sentence } else { nil }
    }
    #expect(sentences == ["Connecting to silent was stopped; ask again to go on."])
  }

  @Test func `a server that is not there is a sentence on record and leaves the session`()
    async throws
  {
    let bench = try Bench()
    await bench.carryOut(.begin(.marbles, samples: 1))
    await bench.runtime.shutDown()
    let session = try bench.journal().session
    #expect(session.failures.count == 1)
    #expect(session.attempts.isEmpty)
    #expect(session.problem == .marbles)
  }

  @Test func `a wish that cannot be granted is told of and not recorded`() async throws {
    let bench = try bench([.wrong])
    await bench.carryOut(
      .begin(.marbles, samples: 1),
      .round(RoundRequest(parent: AttemptID("a9"), strategy: .fromScratch)))
    #expect(bench.notices == [RoundError.noSuchAttempt.sentence])
    await bench.runtime.shutDown()
    #expect(try bench.journal().session.failures.isEmpty)
  }
}
