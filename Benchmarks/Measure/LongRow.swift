import Foundation
import Sessions

extension Bench {
  /// Opens a long session from home: Enter to its last screen, and to its whole history.
  func long(tokens: Int) async throws -> [Result] {
    let folder = library("long-\(tokens)")
    let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
    if library.list().isEmpty { try await Corpus(tokens: tokens).write(to: library, number: 1) }
    var (last, indexed, whole, memory) = ([Double](), [Double](), [Double](), [Double]())
    for run in 0..<(2 * runs) {
      let isCold = run % 2 == 0
      if isCold, let session = library.list().first {
        unlink(session.path + "/journal.index")
      }
      let child = try start([], library: folder)
      guard child.wait(for: "Tom has", seconds: 20) != nil else {
        throw MeasureError("home did not list the long session")
      }
      child.drain(seconds: 0.3)
      let pressed = now()
      child.type("\r")
      guard let painted = child.wait(for: "reading the rest", seconds: 60) else {
        throw MeasureError("the long session did not open")
      }
      if isCold {
        last.append(painted - pressed)
      } else {
        indexed.append(painted - pressed)
      }
      // Before the whole history is in, the first steps are blanks.
      child.type("g")
      child.wait(for: "step 1", seconds: 5)
      guard let read = child.wait(for: "holds", seconds: 60) else {
        throw MeasureError("its history never came")
      }
      whole.append(read - pressed)
      memory.append(child.end().peakMegabytes)
    }
    let what = "open a session of \(tokens) tokens, 5 alternatives each"
    return [
      Result(what: "\(what): last screen", required: "1.0 s", unit: "s", values: last),
      Result(what: "the same, opened before", required: "", unit: "s", values: indexed),
      Result(what: "the same: whole history", required: "4 s", unit: "s", values: whole),
      Result(what: "the same: peak memory", required: "400 MB", unit: "MB", values: memory),
    ]
  }
}
