import Engine
import Foundation
import Sessions
import Testing

@testable import Workbench

/// Labels on their way to the disk, where the disk or somebody else is in the way.
@Suite struct RuntimeLabelTests {
  private let first = LabelAct.label(
    StepID(attempt: AttemptID("a1"), index: 0), Label(.correct), pass: 0, seconds: nil)

  private func opened() async throws -> (bench: Bench, folder: SessionFolder, item: LabelItem) {
    let bench = try Bench(["solver": ScriptedModel(scripts: [.wrong])])
    await bench.carryOut(.begin(.marbles, samples: 1))
    await bench.carryOut(.closeSession)
    let id = try bench.journal().session.header.session
    let folder = try bench.library.resolve(id)
    let item = LabelItem(session: folder.url.path, attempt: AttemptID("a1"))
    await bench.carryOut(.openItem(item))
    return (bench, folder, item)
  }

  private func savings(_ bench: Bench) -> [Saving] {
    bench.messages.compactMap { if case .savingChanged(let saving) = $0 { saving } else { nil } }
  }

  @Test func `a file that somebody else writes refuses the label, and says so`() async throws {
    let (bench, folder, _) = try await opened()
    let other = try AnnotationFile.open(
      folder, annotator: Settings().annotator, program: "other", wall: 1)
    await bench.carryOut(.annotate([first]))
    guard case .labelsRefused(let notice)? = bench.messages.last else {
      Issue.record("the label was not refused: \(String(describing: bench.messages.last))")
      return
    }
    #expect(notice.weight == .error)
    _ = await other.close()
    await bench.runtime.shutDown()
  }

  @Test func `a label of a session that is not open is refused`() async throws {
    let (bench, _, _) = try await opened()
    let stranger = LabelAct.label(
      StepID(attempt: AttemptID("elsewhere"), index: 0), Label(.correct), pass: 0, seconds: nil)
    await bench.carryOut(.annotate([stranger]))
    #expect(
      bench.messages.last
        == .labelsRefused(Notice(RuntimeError.otherChain.sentence, .error)))
    await bench.runtime.shutDown()
  }

  @Test func `a chain that cannot be opened leaves the one on screen open`() async throws {
    let (bench, folder, _) = try await opened()
    await bench.carryOut(
      .openItem(LabelItem(session: "/nowhere/at/all", attempt: AttemptID("a1"))))
    guard case .itemRefused? = bench.messages.last else {
      Issue.record("nothing was said: \(String(describing: bench.messages.last))")
      return
    }
    await bench.carryOut(.annotate([first]))
    await bench.runtime.shutDown()
    #expect(LabelBook.all(in: folder).books.map(\.entries.count) == [1])
  }

  @Test func `labels wait for the disk, and nothing is closed over them`() async throws {
    let (bench, folder, item) = try await opened()
    // Where the folder of labels would be there is a file: nothing can be written.
    try Data().write(to: folder.annotations)
    await bench.carryOut(.annotate([first]))
    guard case .notSaved? = savings(bench).last else {
      Issue.record("it was not said that the label is not saved")
      return
    }
    await bench.carryOut(.openItem(item))
    guard case .itemRefused? = bench.messages.last else {
      Issue.record("the chain was closed over labels that are not saved")
      return
    }
    try FileManager.default.removeItem(at: folder.annotations)
    await bench.carryOut(.annotate([]))
    #expect(savings(bench).last == .saved)
    await bench.runtime.shutDown()
    #expect(LabelBook.all(in: folder).books.map(\.entries.count) == [1])
  }

  @Test func `closing says what was not saved`() async throws {
    let (bench, folder, _) = try await opened()
    try Data().write(to: folder.annotations)
    await bench.carryOut(.annotate([first]))
    let told = savings(bench).count
    await bench.carryOut(.closeSession)
    #expect(savings(bench).count == told + 1)
    await bench.runtime.shutDown()
  }
}
