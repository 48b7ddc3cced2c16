import Foundation
import Sessions

extension Bench {
  /// A library of many sessions: its index made, its list painted, words found in it.
  func library(sessions count: Int, tokens: Int) async throws -> [Result] {
    let folder = library("library-\(count)")
    let made = (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    if made < count {
      try? FileManager.default.removeItem(atPath: folder)
      let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
      for number in 1...count {
        try await Corpus(tokens: tokens, tokensPerLine: 20).write(to: library, number: number)
      }
    }
    let what = "\(count) sessions of \(tokens) tokens"
    return try indexed(folder, count, what) + painted(folder, count, what)
      + searched(folder, what)
  }

  private func indexed(_ folder: String, _ count: Int, _ what: String) throws -> [Result] {
    var (cold, warm, size) = ([Double](), [Double](), [Double]())
    for _ in 0..<min(runs, 3) {
      for suffix in ["", "-journal"] { unlink("\(folder)/index.sqlite\(suffix)") }
      cold.append(try timed { try sessions(in: folder, count) })
      warm.append(try timed { try sessions(in: folder, count) } * 1000)
      let file = try FileManager.default.attributesOfItem(atPath: folder + "/index.sqlite")
      size.append(((file[.size] as? Double) ?? 0) / 1e6)
    }
    return [
      Result(what: "index of \(what) made anew", required: "60 s", unit: "s", values: cold),
      Result(what: "the same, nothing having changed", required: "", unit: "ms", values: warm),
      Result(what: "size of the index", required: "", unit: "MB", values: size),
    ]
  }

  private func sessions(in folder: String, _ count: Int) throws {
    let found = Library(root: URL(filePath: folder, directoryHint: .isDirectory)).list().count
    guard found == count else { throw MeasureError("\(found) of \(count) sessions listed") }
  }

  private func timed(_ body: () throws -> Void) rethrows -> Double {
    let start = now()
    try body()
    return now() - start
  }

  /// From exec to the newest session on screen.
  private func painted(_ folder: String, _ count: Int, _ what: String) throws -> [Result] {
    var (first, memory) = ([Double](), [Double]())
    for run in 0...(3 * runs) {
      let child = try start([], library: folder)
      guard let painted = child.wait(for: "Tom has \(count)", seconds: 20) else {
        throw MeasureError("the list did not appear")
      }
      let cost = child.end()
      // The first run finds nothing in memory, of the program itself too: not counted.
      if run == 0 { continue }
      first.append((painted - child.startedAt) * 1000)
      memory.append(cost.peakMegabytes)
    }
    return [
      Result(
        what: "exec to the list painted, \(what)", required: "100 ms", unit: "ms", values: first),
      Result(what: "peak memory till then", required: "", unit: "MB", values: memory),
    ]
  }

  private func searched(_ folder: String, _ what: String) throws -> [Result] {
    let library = Library(root: URL(filePath: folder, directoryHint: .isDirectory))
    let newest = library.list().prefix(100).map(\.path)
    let queries = [["marbles"], ["m"], ["bag", "holds"], ["77"], ["bag holds"], ["xyzzy"], ["袋"]]
    var times: [Double] = []
    var located: [Double] = []
    for _ in 0..<(4 * runs) {
      for words in queries {
        times.append(timed { _ = library.paths(holding: words) } * 1000)
        located.append(timed { _ = library.hits(of: words, in: newest) } * 1000)
      }
    }
    return [
      Result(
        what: "full text of \(what), slowest of \(queries.count) queries", required: "50 ms",
        unit: "ms", values: times, quantile: 0.99),
      Result(what: "the same, median", required: "", unit: "ms", values: times),
      Result(
        what: "places and lines of the hits in 100 sessions, slowest", required: "", unit: "ms",
        values: located, quantile: 0.99),
    ]
  }
}
