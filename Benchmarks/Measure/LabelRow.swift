import Foundation

extension Bench {
  /// From a label's key to the next step painted, and to the label in its file.
  func label(steps count: Int) throws -> [Result] {
    let folder = library("label-\(count)")
    try? FileManager.default.removeItem(atPath: folder)
    let steps = (1...count).map { "Step \($0): \($0) + \($0) = \(2 * $0), so there are that many." }
    let record: [String: Any] = [
      "prompt": "How many?", "completions": steps, "labels": steps.map { _ in true },
    ]
    let file = "\(place)/chain-\(count).jsonl"
    try JSONSerialization.data(withJSONObject: record).write(to: URL(filePath: file))
    let child = try start(["annotate", file, "--as", "measure"], library: folder)
    guard child.wait(for: "not rated yet", seconds: 20) != nil else {
      throw MeasureError("the chain did not appear")
    }
    child.drain(seconds: 0.5)
    var (painted, kept) = ([Double](), [Double]())
    var random = SeededGenerator(seed: 1)
    for press in 0..<(60 * runs) {
      child.drain(seconds: Double.random(in: 0.05..<0.1, using: &random))
      let before = size(of: folder)
      let pressed = now()
      child.type("3")
      if press % 2 == 0 {
        guard let time = child.wait(for: "▸", seconds: 2) else {
          throw MeasureError("a label's key was not answered")
        }
        painted.append((time - pressed) * 1000)
      } else {
        while size(of: folder) == before, now() - pressed < 2 { usleep(100) }
        kept.append((now() - pressed) * 1000)
        child.drain(seconds: 0.05)
      }
      // Back to the same step: at the bottom of the screen its mark would not be painted anew.
      child.type("z")
    }
    _ = child.end()
    let note = "a chain of \(count) steps; median "
    return [
      Result(
        what: "label key to next step painted, 99th percentile", required: "16 ms", unit: "ms",
        values: painted, quantile: 0.99, note: note + short(painted.quantile(0.5))),
      Result(
        what: "label key to the line in its file, 99th percentile", required: "100 ms", unit: "ms",
        values: kept, quantile: 0.99, note: note + short(kept.quantile(0.5))),
    ]
  }

  /// Bytes of the one annotator's file there is.
  private func size(of library: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
    for name in names {
      var status = stat()
      if stat("\(library)/\(name)/annotations/measure.jsonl", &status) == 0 {
        return Int(status.st_size)
      }
    }
    return 0
  }
}
