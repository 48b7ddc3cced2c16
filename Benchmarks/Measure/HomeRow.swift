import Foundation
import Sessions

extension Bench {
  /// From exec to the first frame, and to the frame that lists the sessions.
  func home(sessions count: Int) async throws -> [Result] {
    let folder = library("thousand")
    let made = (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    if made < count {
      let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
      for number in 1...count {
        try await Corpus(tokens: 200, tokensPerLine: 20).write(to: library, number: number)
      }
    }
    var (first, warm, cold, memory) = ([Double](), [Double](), [Double](), [Double]())
    for run in 0...(4 * runs) {
      let isCold = run % 4 == 0
      if isCold {
        for suffix in ["", "-wal", "-shm"] {
          unlink(folder + "/index.sqlite" + suffix)
        }
      }
      let child = try start([], library: folder)
      // The title is on the first line; the key bar, drawn last, closes the frame.
      guard let painted = child.wait(for: "help", seconds: 10),
        let listed = child.wait(for: "Tom has \(count)", seconds: 20)
      else { throw MeasureError("home did not appear") }
      let cost = child.end()
      // The first run finds nothing in memory, of the program itself too: not counted.
      if run == 0 { continue }
      first.append((painted - child.startedAt) * 1000)
      memory.append(cost.peakMegabytes)
      if isCold {
        cold.append((listed - child.startedAt) * 1000)
      } else {
        warm.append((listed - child.startedAt) * 1000)
      }
    }
    let what = "exec to first paint of home, \(count) sessions"
    return [
      Result(what: what, required: "60 ms", unit: "ms", values: first),
      Result(what: "the same, to the sessions listed", required: "", unit: "ms", values: warm),
      Result(
        what: "the same, the index made anew", required: "", unit: "ms", values: cold),
      Result(what: "peak memory at home", required: "", unit: "MB", values: memory),
    ]
  }
}
