import ArgumentParser
import Foundation
import ModelLocal

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time reading a prompt and writing after one.",
    discussion: """
      Tokens are written after a prompt of 128, each measured and chosen as while solving. Memory \
      is what the process holds at its peak beyond the file and the keys and values.
      """)

  @OptionGroup var arguments: ModelArguments
  @Option(help: "Tokens of the prompt whose reading is timed.")
  var prompt = 512
  @Option(help: "Tokens to write.")
  var generate = 128
  @Option(help: "When the process was started, in nanoseconds of the monotonic clock.")
  var started: UInt64?

  private struct Figures: Encodable {
    var prefillPerSecond: Double
    var decodePerSecond: Double
    var firstTokenSeconds: Double
    var peakBytes: Int
    var fileBytes: Int
    var cacheBytes: Int
    var restBytes: Int
  }

  func run() throws {
    let start = started ?? now()
    let before = 128
    let context = max(prompt, before + generate)
    let decoder = try arguments.decoder(context: context)
    let shape = decoder.weights.shape
    let text = (0..<context).map { Int32(($0 * 7919 + 13) % shape.vocabulary) }

    decoder.feed(Array(text.prefix(before)))
    var next = decoder.likeliest?.id ?? 0
    let firstToken = seconds(since: start)

    let writing = now()
    for _ in 0..<generate {
      decoder.feed([next])
      next = decoder.likeliest?.id ?? 0
    }
    let decode = Double(generate) / seconds(since: writing)

    decoder.truncate(to: 0)
    let reading = now()
    decoder.feed(Array(text.prefix(prompt)))
    let prefill = Double(prompt) / seconds(since: reading)

    let memory = shape.memoryNeeded(context: context)
    let peak = peakMemory()
    try printJSON(
      Figures(
        prefillPerSecond: prefill, decodePerSecond: decode, firstTokenSeconds: firstToken,
        peakBytes: peak, fileBytes: memory.weights, cacheBytes: memory.cache,
        restBytes: peak - memory.total))
  }

  private func seconds(since start: UInt64) -> Double { Double(now() - start) / 1e9 }
}

/// Nanoseconds of the clock that other processes can read, too.
private func now() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Bytes resident at the highest, the file's pages among them.
private func peakMemory() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  #endif
}
