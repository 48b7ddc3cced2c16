import ArgumentParser
import Foundation
import Kernels
import ModelLocal

/// Runs the embedded model without the program around it, for scripts/parity and
/// scripts/reflection.
@main
struct Probe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe-model",
    abstract: "Print what the embedded model computes, and how fast.",
    subcommands: [
      LogitsCommand.self, GreedyCommand.self, BenchCommand.self, CorrectCommand.self,
      RespondCommand.self,
    ])
}

/// Which file, and how it is run.
struct ModelArguments: ParsableArguments {
  @Argument(help: "A weights file (GGUF).")
  var model: String
  @Option(help: "Threads that share the work.")
  var threads = 1

  /// A decoder with nothing in it.
  func decoder(context: Int = 2048) throws -> Decoder {
    Decoder(
      try Weights(path: model), context: context, pool: WorkerPool(threads: threads))
  }
}

/// JSON values of one type, one a line, until the input ends.
func linesOfInput<Value: Decodable>(as type: Value.Type) throws -> [Value] {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  var values: [Value] = []
  while let line = readLine() { values.append(try decoder.decode(type, from: Data(line.utf8))) }
  return values
}

func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = .sortedKeys
  FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
}

extension Decoder {
  /// The likeliest next token and how many nats it is ahead of the second.
  var likeliest: (id: Int32, gap: Float)? {
    guard let start = logits.baseAddress else { return nil }
    let top = Kernel.measure(start, count: logits.count, temperature: 1, top: 2).top
    guard let first = top.first, let second = top.last else { return nil }
    return (first.id, first.logProbability - second.logProbability)
  }
}
