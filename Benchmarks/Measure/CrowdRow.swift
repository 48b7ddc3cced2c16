import FaultServer
import Foundation
import Sessions

extension Bench {
  /// Many streams into one session, without a screen.
  func crowd(streams: Int, tokensPerSecond rate: Int) throws -> [Result] {
    let server = try FaultServer()
    defer { server.stop() }
    let folder = library("crowd")
    let tokens = Int(seconds) * rate
    var (cpu, share, memory, speed) = ([Double](), [Double](), [Double](), [Double]())
    for _ in 0..<runs {
      try? FileManager.default.removeItem(atPath: folder)
      let child = try start(
        [
          "solve", "Count.", "--headless", "--samples", String(streams), "--solver",
          "\(server.endpoint)/v1#long@\(rate)", "--max-tokens", String(tokens),
        ], library: folder)
      let cost = child.reap(within: 10 * seconds + 30)
      let passed = now() - child.startedAt
      speed.append(Double(streams * tokens) / passed)
      cpu.append(100 * cost.cpu / passed)
      memory.append(cost.peakMegabytes)
      let recorded = try session(folder)?.attempts.map(\.tokenCount) ?? []
      share.append(100 * Double(recorded.reduce(0, +)) / Double(streams * tokens))
    }
    let what = "\(streams) concurrent streams at \(rate) tokens/s each, one process"
    return [
      Result(
        what: "\(what): CPU", required: "under 50% of a core", unit: "%", values: cpu,
        note: "\(Int(speed.quantile(0.5))) tokens/s, start-up included"),
      Result(
        what: "the same: tokens recorded", required: "all", unit: "%", values: share,
        note: "of \(streams * tokens)"),
      Result(what: "the same: peak memory", required: "", unit: "MB", values: memory),
    ]
  }
}
