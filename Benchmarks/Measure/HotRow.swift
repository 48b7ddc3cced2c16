import Foundation
import Kernels
import Sessions
import Workbench

extension Bench {
  /// What is done for every token, event and frame, inside one process.
  func hot() -> [Result] {
    [entropy(), journalOut(), journalIn(), frame()]
  }

  /// Times `body`, by the processor; in units of `scale` for each of its `count` pieces.
  private func time(
    _ what: String, _ unit: String, _ scale: Double, count: Int, _ body: () -> Void
  ) -> Result {
    body()
    let values = (0..<(4 * runs)).map { _ in
      let began = processorTime()
      body()
      return (processorTime() - began) * scale / Double(count)
    }
    return Result(what: what, required: "", unit: unit, values: values)
  }

  private func entropy() -> Result {
    var random = SeededGenerator(seed: 1)
    let tops = (0..<10_000).map { _ in
      (0..<20).map { _ in -Float.random(in: 3..<12, using: &random) }
    }
    var sum = 0.0
    let result = time("entropy bounds of a token, k = 20", "ns", 1e9, count: tops.count) {
      for top in tops {
        let bounds = Entropy.bounds(topLogProbabilities: top, vocabularySize: 32000)
        sum += bounds?.upper.value ?? 0
      }
    }
    precondition(sum.isFinite)
    return result
  }

  private var records: [Record] {
    let events = Corpus(tokens: 20_000).events(seed: 1)
    return events.enumerated().map { Record(n: $0.offset, t: Double($0.offset), event: $0.element) }
  }

  private func journalOut() -> Result {
    let (records, encoder) = (records, JournalEncoder())
    var bytes: [UInt8] = []
    return time("journal out, a token with 5 alternatives", "µs", 1e6, count: 20_000) {
      bytes.removeAll(keepingCapacity: true)
      for record in records { encoder.append(record, to: &bytes) }
    }
  }

  private func journalIn() -> Result {
    let encoder = JournalEncoder()
    let lines = records.map { record in
      var line: [UInt8] = []
      encoder.append(record, to: &line)
      line.removeLast()
      return line
    }
    let decoder = JournalDecoder()
    var read = 0
    let result = time("journal in, the same", "µs", 1e6, count: 20_000) {
      for line in lines where decoder.line(line).record != nil { read += 1 }
    }
    precondition(read >= lines.count)
    return result
  }

  /// A key's whole way but for the terminal: the state changed, the screen drawn into cells.
  private func frame() -> Result {
    let header = Header(
      program: "measure", session: "m", created: 0, problem: Problem(id: "m", text: "Count."))
    var state = State(size: Size(columns: 100, rows: 30))
    let session = Session(header: header, replaying: records)
    _ = reduce(
      &state, .sessionOpened(SessionShown(session: session, isReadOnly: false, isWhole: true)))
    var isDown = false
    return time("a key and its frame, 20,000 tokens, 100x30", "ms", 1e3, count: 20) {
      for _ in 0..<20 {
        isDown.toggle()
        _ = reduce(&state, .keyPressed(.character(isDown ? "j" : "k")))
        _ = view(state)
      }
    }
  }
}
