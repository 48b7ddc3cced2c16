import ArgumentParser
import Foundation
import Kernels

struct CorrectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correct",
    abstract: "Fit SRGen's vector to a made-up prefix, and time it.",
    discussion: """
      The file has four 64-bit numbers (tokens of the vocabulary, width of a hidden state, positions \
      before the last, steps), the output matrix as Q8_0, hidden states of all positions, the last \
      included, as 32-bit floats, and for each position but the last the token that came next as \
      32-bit numbers; all in the machine's byte order. Then each line of the input is a command: \
      "fit N" fits N times and answers with the median in seconds (of the processor on one thread, of \
      the clock on more), "all N" the same with the rows of the prefix made anew from hidden states, \
      "vector" answers with the numbers of the vector and "bytes" with the memory of the rows.
      """)

  @Argument(help: "What to fit to; scripts/reflection/peers.py writes it.")
  var file: String
  @Option(help: "Threads that share the work.")
  var threads = 1

  func run() throws {
    let problem = try CorrectionFile(path: file)
    let bench = CorrectionBench(problem, threads: threads)
    while let line = readLine() {
      let words = line.split(separator: " ")
      let count = words.count > 1 ? Int(words[1]) ?? 1 : 1
      switch words.first {
      case "fit": answer("\(bench.seconds(count) { bench.fit() })")
      case "all":
        answer("\(bench.seconds(count) { bench.makeRows(); bench.fit() })")
        // What follows is again to be compared with what knows no rounding of hidden states.
        bench.makeExactRows()
      case "vector":
        bench.fit()
        answer(bench.correction.vector.map { "\($0)" }.joined(separator: " "))
      case "bytes": answer("\(bench.prefix.bytes)")
      default: throw ValidationError("no such command: \(line)")
      }
    }
  }

  private func answer(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}

/// A problem as the script wrote it, checked as far as sizes go.
private final class CorrectionFile {
  let vocabulary: Int
  let width: Int
  let positions: Int
  let steps: Int
  let output: Matrix
  let hidden: UnsafePointer<Float>
  let next: UnsafePointer<Int32>
  private let storage: UnsafeMutableRawBufferPointer

  init(path: String) throws {
    let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    storage = .allocate(byteCount: max(data.count, 32), alignment: 64)
    data.copyBytes(to: storage)
    let numbers = storage.bindMemory(to: Int64.self).prefix(4).map { Int($0) }
    (vocabulary, width, positions, steps) = (numbers[0], numbers[1], numbers[2], numbers[3])
    let matrixBytes = vocabulary * TensorType.q8_0.byteCount(of: width)
    let hiddenBytes = 4 * width * (positions + 1)
    guard storage.count == 32 + matrixBytes + hiddenBytes + 4 * positions,
      let base = UnsafeRawPointer(storage.baseAddress)
    else { throw ValidationError("\(path) has another size than it says") }
    output = Matrix(type: .q8_0, rows: vocabulary, columns: width, base: base + 32)
    let states = base + 32 + matrixBytes
    hidden = states.assumingMemoryBound(to: Float.self)
    next = (states + hiddenBytes).assumingMemoryBound(to: Int32.self)
  }

  deinit { storage.deallocate() }
}

private final class CorrectionBench {
  let prefix: PrefixDistributions
  let correction: CorrectiveVector
  private let problem: CorrectionFile
  private let pool: WorkerPool
  private let current: UnsafeMutablePointer<Float>
  private let activations = Activations()
  private let batch: UnsafeMutablePointer<Float>
  private let atOnce = 32

  init(_ problem: CorrectionFile, threads: Int) {
    self.problem = problem
    pool = WorkerPool(threads: threads)
    prefix = PrefixDistributions(vocabulary: problem.vocabulary, memory: 1 << 32)
    correction = CorrectiveVector(output: problem.output, pool: pool)
    current = .allocate(capacity: problem.vocabulary)
    batch = .allocate(capacity: atOnce * problem.vocabulary)
    project(problem.positions, into: current)
    makeExactRows()
  }

  deinit {
    current.deallocate()
    batch.deallocate()
  }

  func fit() {
    var settings = CorrectionSettings()
    settings.steps = problem.steps
    let trace = correction.fit(prefix, current: current, settings)
    precondition(trace.ending == .finished && trace.rows == problem.positions)
  }

  /// Rows from hidden states that are not rounded to bytes first.
  func makeExactRows() {
    prefix.removeAll()
    for position in 0..<problem.positions {
      project(position, into: batch)
      prefix.append(batch, next: problem.next[position], position: position)
    }
  }

  /// Rows as the embedded model makes those of a prompt.
  func makeRows() {
    prefix.removeAll()
    let (vocabulary, width) = (problem.vocabulary, problem.width)
    for first in stride(from: 0, to: problem.positions, by: atOnce) {
      let count = min(atOnce, problem.positions - first)
      activations.load(problem.hidden + first * width, count: count, width: width, for: .q8_0)
      share { rows in
        Kernel.multiply(
          problem.output, rows: rows, by: activations, into: batch, stride: vocabulary)
      }
      for index in 0..<count {
        prefix.append(
          batch + index * vocabulary, next: problem.next[first + index], position: first + index)
      }
    }
  }

  private func project(_ position: Int, into out: UnsafeMutablePointer<Float>) {
    share { rows in
      Kernel.multiply(
        problem.output, rows: rows, byFloats: problem.hidden + position * problem.width, into: out)
    }
  }

  private func share(_ body: (Range<Int>) -> Void) {
    let parts = pool.threads * 4
    pool.run(chunks: parts) { part in
      let rows = problem.vocabulary
      body(
        (rows * part / parts + 15) / 16 * 16..<min(rows, (rows * (part + 1) / parts + 15) / 16 * 16)
      )
    }
  }

  /// The median of `count` runs.
  func seconds(_ count: Int, _ body: () -> Void) -> Double {
    let times = (0..<max(1, count)).map { _ in
      let start = time
      body()
      return time - start
    }
    return times.sorted()[times.count / 2]
  }

  private var time: Double {
    var time = timespec()
    clock_gettime(pool.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
