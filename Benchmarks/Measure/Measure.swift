import ArgumentParser
import Foundation

/// Measures the program as people meet it: at a terminal, over a socket, on a disk.
///
/// Prints one line of a Markdown table for each row of `docs/performance.md`.
@main
struct Measure: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure the program at a terminal, over a socket, on a disk.")

  enum Row: String, CaseIterable, ExpressibleByArgument {
    case home, library, stream, keys, long, parse, crowd, hot, kernels, reflection, agreement
    case label
  }

  @Argument(help: "Which rows: \(Row.allCases.map(\.rawValue).joined(separator: ", ")).")
  var rows: [Row] = Row.allCases
  @Option(help: "The program to measure.")
  var program = ".build/release/erratum"
  @Option(help: "Runs of each row; the median is what counts.")
  var runs = 5
  @Option(help: "Seconds of streaming a run.")
  var seconds = 10.0
  @Option(help: "Tokens of the long session.")
  var tokens = 1_000_000
  @Option(help: "Folder for made-up sessions; kept, and used again, when named.")
  var folder: String?

  func run() async throws {
    let place = folder ?? NSTemporaryDirectory() + "erratum-measure-\(getpid())"
    defer { if folder == nil { try? FileManager.default.removeItem(atPath: place) } }
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let bench = Bench(program: program, place: place, runs: runs, seconds: seconds)
    say(Result.heading)
    for row in rows {
      for result in try await measure(row, bench) { say(result.line) }
    }
    say("\nLoad average over 1, 5 and 15 minutes: \(bench.load)")
  }

  /// Not kept back in a buffer: a run takes minutes.
  private func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private func measure(_ row: Row, _ bench: Bench) async throws -> [Result] {
    switch row {
    case .home: try await bench.home(sessions: 1000)
    case .library: try await bench.library(sessions: 10_000, tokens: 500)
    case .stream: try bench.stream(tokensPerSecond: 100)
    case .keys: try bench.keys(tokensPerSecond: 2000, after: 20_000)
    case .long: try await bench.long(tokens: tokens)
    case .parse: try bench.parse()
    case .crowd: try bench.crowd(streams: 64, tokensPerSecond: 100)
    case .hot: bench.hot()
    case .kernels: bench.kernels()
    case .reflection: try bench.reflection()
    case .agreement: bench.agreement()
    case .label: try bench.label(steps: 300) + bench.label(steps: 5000)
    }
  }
}

/// What all rows share: the program, a place for its files, how often.
struct Bench {
  var program: String
  var place: String
  var runs: Int
  var seconds: Double

  /// A home of its own: no configuration, no cache, no library of the person's.
  func environment(_ library: String) -> [String: String] {
    [
      "HOME": place, "XDG_CONFIG_HOME": place + "/config", "XDG_CACHE_HOME": place + "/cache",
      "ERRATUM_LIBRARY": library, "TERM": "xterm-256color", "LANG": "C.UTF-8",
      "PATH": "/usr/bin:/bin", "USER": "measure",
    ]
  }

  func library(_ name: String) -> String { "\(place)/\(name)" }

  func start(_ arguments: [String], library: String) throws -> Child {
    try Child(program, arguments, environment: environment(library))
  }

  var load: String {
    var loads = [0.0, 0, 0]
    getloadavg(&loads, 3)
    return loads.map(short).joined(separator: ", ")
  }
}
