import FaultServer
import Foundation
import Sessions

extension Bench {
  /// A session that streams at this rate, past its first second.
  private func streaming(
    _ server: FaultServer, rate: Int, tokens: Int, library: String
  ) throws -> Child {
    try? FileManager.default.removeItem(atPath: library)
    let child = try start(
      [
        "solve", "Count.", "--solver", "\(server.endpoint)/v1#long@\(rate)", "--max-tokens",
        String(tokens),
      ], library: library)
    guard child.wait(for: "Step 1", seconds: 20) != nil else {
      throw MeasureError("nothing streamed")
    }
    child.drain(seconds: 1)
    return child
  }

  /// Tokens on disk in the library's only session.
  private func tokensOnDisk(_ library: String) throws -> Int {
    guard let session = try session(library) else { return 0 }
    return session.attempts.reduce(0) { $0 + $1.tokenCount }
  }

  func session(_ library: String) throws -> Session? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
    guard let name = names.first(where: { !$0.hasPrefix("index.") }) else { return nil }
    return try JournalReader.session(URL(filePath: "\(library)/\(name)")).session
  }

  /// Processor, bytes painted, memory; and how soon Esc ends the stream.
  func stream(tokensPerSecond rate: Int) throws -> [Result] {
    let server = try FaultServer()
    defer { server.stop() }
    let folder = library("stream")
    var (cpu, bytes, memory, stops) = ([Double](), [Double](), [Double](), [Double]())
    for _ in 0..<runs {
      let child = try streaming(server, rate: rate, tokens: 100_000, library: folder)
      let (began, before, painted) = (now(), Usage(of: child.pid), child.byteCount)
      let tokens = try tokensOnDisk(folder)
      child.drain(seconds: seconds)
      let passed = now() - began
      if let before, let after = Usage(of: child.pid) {
        cpu.append(100 * (after.cpu - before.cpu) / passed)
        memory.append(after.residentMegabytes)
      }
      bytes.append(
        Double(child.byteCount - painted) / Double(max(try tokensOnDisk(folder) - tokens, 1)))
      let pressed = now()
      child.type("\u{1B}")
      if let stopped = child.wait(for: "stopped", seconds: 5) {
        stops.append((stopped - pressed) * 1000)
      }
      _ = child.end()
    }
    return [
      Result(
        what: "CPU while \(rate) tokens/s stream", required: "5% of a core", unit: "%",
        values: cpu),
      Result(
        what: "resident memory, ordinary session", required: "40 MB", unit: "MB", values: memory),
      Result(
        what: "bytes sent to the terminal for one streamed token", required: "under 200",
        unit: "bytes", values: bytes, note: "\(rate) tokens/s"),
      Result(
        what: "Esc to the stopped partial on screen", required: "100 ms", unit: "ms",
        values: stops),
    ]
  }

  /// From a key's byte in to the cells it changes out, beside a fast stream.
  func keys(tokensPerSecond rate: Int, after count: Int) throws -> [Result] {
    let server = try FaultServer()
    defer { server.stop() }
    let folder = library("keys")
    let child = try streaming(server, rate: rate, tokens: 900_000, library: folder)
    let limit = now() + 10 * Double(count) / Double(rate)
    while try tokensOnDisk(folder) < count {
      guard now() < limit else { throw MeasureError("the stream is too slow") }
      child.drain(seconds: 1)
    }
    // From the top the stream repaints only its counters; the mark before a step is the key's.
    child.type("g")
    child.drain(seconds: 0.5)
    guard child.wait(for: "▸", seconds: 2) == nil else {
      throw MeasureError("the stream repaints the mark that a key is known by")
    }
    var times: [Double] = []
    var random = SeededGenerator(seed: 1)
    let (began, tokens) = (now(), try tokensOnDisk(folder))
    for press in 0..<(60 * runs) {
      // At no fixed place between two frames.
      child.drain(seconds: Double.random(in: 0.02..<0.05, using: &random))
      let pressed = now()
      child.type(press % 2 == 0 ? "j" : "k")
      guard let painted = child.wait(for: "▸", seconds: 2) else {
        throw MeasureError("a key was not answered")
      }
      times.append((painted - pressed) * 1000)
    }
    let speed = Double(try tokensOnDisk(folder) - tokens) / (now() - began)
    _ = child.end()
    return [
      Result(
        what: "key byte in to cell bytes out, 99th percentile", required: "16 ms", unit: "ms",
        values: times, quantile: 0.99,
        note: "\(Int(speed)) tokens/s into \(tokens) tokens; median \(short(times.quantile(0.5)))")
    ]
  }
}
