import Engine
import Foundation
import Sessions
import Testing

@testable import Workbench

/// Opening, going on, copying and branching.
@Suite struct RuntimeSessionTests {
  private let models: [String: any LanguageModel] = [
    "solver": ScriptedModel(scripts: [.wrong, .right]),
    "critic": ScriptedModel(scripts: [.findings]),
  ]

  /// A library with one session of an attempt and a critique, closed.
  private func saved() async throws -> (bench: Bench, id: String) {
    let bench = try Bench(models)
    await bench.carryOut(.begin(.marbles, samples: 1), .critique(AttemptID("a1")))
    await bench.carryOut(.closeSession)
    return (bench, try bench.journal().session.header.session)
  }

  @Test func `a session goes on where it ended`() async throws {
    let (bench, id) = try await saved()
    let before = try bench.journal()
    await bench.carryOut(.open(session: id, replaying: false), .attempt)
    await bench.runtime.shutDown()
    let after = try bench.journal()
    #expect(after.records.prefix(before.records.count).elementsEqual(before.records))
    #expect(after.session.attempts.map(\.id.description) == ["a1", "a2"])
    #expect(zip(after.records, after.records.dropFirst()).allSatisfy { $0.t <= $1.t })
    let serials = after.records.compactMap { record in
      if case .tokens(let tokens) = record.event { tokens.firstSerial } else { nil }
    }
    #expect(Set(serials).count == serials.count)
  }

  @Test func `a replay writes nothing until something is asked for`() async throws {
    let (bench, id) = try await saved()
    let before = try bench.journal().records
    await bench.carryOut(.open(session: id, replaying: true))
    #expect(bench.opened.last?.isReadOnly == false)
    #expect(bench.messages.contains(.recordsLoaded(before, from: 0)))
    #expect(try bench.journal().records == before)
    await bench.carryOut(.attempt)
    await bench.runtime.shutDown()
    #expect(try bench.journal().session.attempts.count == 2)
  }

  @Test func `a second program may read and mark, and is told why not more`() async throws {
    let (first, id) = try await saved()
    await first.carryOut(.open(session: id, replaying: false))
    let second = try Bench(models, sharing: first)
    await second.carryOut(.open(session: id, replaying: false))
    #expect(second.opened.last?.isReadOnly == true)
    let reasons = second.messages.compactMap {
      if case .savingChanged(.readOnly(let reason)) = $0 { reason } else { nil }
    }
    #expect(reasons.map { $0.hasPrefix("written by ") } == [true])
    let before = try first.journal().records
    await second.carryOut(.attempt)
    #expect(second.notices.map { $0.contains("is being written by ") } == [true])
    let step = StepID(attempt: AttemptID("a1"), index: 0)
    await second.carryOut(.annotate([.label(step, Label(.correct), pass: 0, seconds: nil)]))
    #expect(await second.runtime.session?.marks == [step: .correct])
    #expect(try first.journal().records == before)
    await second.runtime.shutDown()
    await first.runtime.shutDown()
  }

  @Test func `an example is copied before it is gone on with or marked`() async throws {
    let (source, id) = try await saved()
    for effect in [
      Effect.attempt,
      .annotate([
        .label(StepID(attempt: AttemptID("a1"), index: 0), Label(.correct), pass: 0, seconds: nil)
      ]),
    ] {
      let before = try source.journal().records
      let bench = try Bench(models, examples: [source.folder])
      await bench.carryOut(.open(session: id, replaying: false), effect)
      #expect(bench.opened.allSatisfy { !$0.isReadOnly })
      await bench.runtime.shutDown()
      #expect(try source.journal().records == before)
      let copy = try bench.library.read(bench.library.resolve(bench.folder.path + "/" + id))
      #expect(!copy.folder.isExample)
      #expect(copy.session.attempts.count + copy.session.marks.count == 2)
      #expect(bench.notices.count == 1)
    }
  }

  @Test(arguments: 0..<12)
  func `a branch has the records up to there, with their times, and goes on`(seed: Int)
    async throws
  {
    let (bench, id) = try await saved()
    let all = try bench.journal(id).records
    var random = Seeded(UInt64(seed))
    let count = random.below(all.count + 1)
    await bench.carryOut(.open(session: id, replaying: true), .branch(count: count))
    let shown = try #require(bench.opened.last)
    #expect(!shown.isReadOnly)
    let new = shown.session.header.session
    #expect(new != id)
    #expect(shown.session.header.branchedFrom?.session == id)
    #expect(!shown.session.isRunning, "seed \(seed)")
    await bench.carryOut(.attempt)
    await bench.runtime.shutDown()
    let branch = try bench.journal(new)
    let taken = branch.records.dropFirst().prefix(count)
    #expect(taken.map(\.event) == all.prefix(count).map(\.event), "seed \(seed)")
    #expect(taken.map(\.t) == all.prefix(count).map(\.t), "seed \(seed)")
    #expect(zip(branch.records, branch.records.dropFirst()).allSatisfy { $0.t <= $1.t })
    let last = all.prefix(count).last?.t ?? 0
    #expect((branch.records.last?.t ?? 0) > last, "seed \(seed)")
    #expect(branch.session.attempts.allSatisfy { !$0.isRunning })
    #expect(try bench.journal(id).records == all)
  }

  @Test func `a session that is not there is a sentence`() async throws {
    let bench = try Bench()
    await bench.carryOut(.open(session: "nothing-like-it", replaying: false))
    #expect(bench.notices == [JournalError.notFound(name: "nothing-like-it").sentence])
    #expect(bench.opened.isEmpty)
  }
}
