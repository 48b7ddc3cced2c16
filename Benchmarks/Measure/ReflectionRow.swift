import Foundation
import Kernels
import ModelLocal

extension Bench {
  /// One activation of SRGen's correction: three steps, from the rows of a prefix to the vector.
  func reflection() throws -> [Result] {
    var results = [64, 128, 256].map { small(positions: $0) }
    results += large(positions: 512)
    return results + (try shipped())
  }

  /// On one thread, by the processor, beside the plain twin.
  private func small(positions: Int) -> Result {
    let moment = Moment(vocabulary: 1024, width: 256, positions: positions)
    let correction = CorrectiveVector(output: moment.weights.matrix, pool: nil)
    let times = (0..<100 * runs).map { _ in
      let began = processorTime()
      moment.fit(correction)
      return (processorTime() - began) * 1e6
    }
    let plain = moment.plain
    let began = processorTime()
    _ = Reference.correct(plain)
    let twin = (processorTime() - began) * 1e6
    return Result(
      what: "correction, V 1,024, d 256, prefix \(positions)", required: "", unit: "µs",
      values: times, note: "plain \(short(twin)), \(short(twin / times.quantile(0.5))) times")
  }

  /// One thread by the processor, beside the plain twin; two by the clock.
  private func large(positions: Int) -> [Result] {
    let moment = Moment(vocabulary: 151_936, width: 896, positions: positions)
    let name = "correction, V 151,936, d 896, prefix \(positions)"
    let alone = CorrectiveVector(output: moment.weights.matrix, pool: nil)
    let times = (0..<4 * runs).map { _ in
      let began = processorTime()
      moment.fit(alone)
      return (processorTime() - began) * 1e3
    }
    let shared = CorrectiveVector(output: moment.weights.matrix, pool: WorkerPool(threads: 2))
    let clock = wall(4 * runs) { moment.fit(shared) }.map { $0 * 1e3 }
    let plain = moment.plain
    let began = processorTime()
    _ = Reference.correct(plain)
    let twin = (processorTime() - began) * 1e3
    return [
      Result(
        what: name, required: "260 ms", unit: "ms", values: times,
        note: "plain \(short(twin)), \(short(twin / times.quantile(0.5))) times"),
      Result(what: "the same on two threads", required: "260 ms", unit: "ms", values: clock),
      Result(
        what: "memory of its rows", required: "200 MB", unit: "MB",
        values: [Double(moment.prefix.bytes) / 1e6]),
    ]
  }

  /// With the embedded model: a prompt of 60, of which nothing was kept, and 68 tokens written.
  private func shipped() throws -> [Result] {
    let weights = try ModelLocal.Weights(path: "models/erratum-small-q8_0.gguf")
    return [1, 2].flatMap { threads in
      let decoder = Decoder(
        weights, context: 256, pool: WorkerPool(threads: threads), keepsHidden: true)
      let corrector = Corrector(decoder, memory: 1 << 26)
      var (steps, notes, first, more) = ([Double](), [Double](), [Double](), [Double]())
      for round in 0..<10 * runs {
        var random = SeededGenerator(seed: UInt64(round))
        func token() -> Int32 { Int32.random(in: 0..<1024, using: &random) }
        corrector.reset()
        decoder.truncate(to: 0)
        decoder.feed((0..<60).map { _ in token() })
        for _ in 0..<68 {
          let id = token()
          notes += wall(1) { corrector.note(decoder, drew: id) }
          steps += wall(1) { decoder.feed([id]) }
        }
        first += wall(1) { _ = corrector.correct(decoder, CorrectionSettings()) }
        more += wall(1) { _ = corrector.correct(decoder, CorrectionSettings()) }
      }
      let step = steps.quantile(0.5)
      func result(_ what: String, _ times: [Double], required: String = "") -> Result {
        Result(
          what: "\(what), \(threads) thread\(threads == 1 ? "" : "s")", required: required,
          unit: "µs", values: times.map { $0 * 1e6 },
          note: "\(short(times.quantile(0.5) / step)) decode steps")
      }
      return [
        result("shipped model: a decode step", steps), result("a token joins the prefix", notes),
        result("first correction, prefix 127 of which 60 prompt", first, required: "2 steps"),
        result("correction after it", more, required: "2 steps"),
      ]
    }
  }

  /// Seconds that went by, `count` times.
  private func wall(_ count: Int, _ body: () -> Void) -> [Double] {
    (0..<count).map { _ in
      let start = ContinuousClock.now
      body()
      let duration = (ContinuousClock.now - start).components
      return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
    }
  }
}

/// A made-up moment at which a vector is fitted.
private final class Moment {
  let weights: MadeUpWeights
  let prefix: PrefixDistributions
  private let positions: Int
  private let current: [Float]

  init(vocabulary: Int, width: Int, positions: Int) {
    weights = MadeUpWeights(.q8_0, rows: vocabulary, columns: width)
    prefix = PrefixDistributions(vocabulary: vocabulary, memory: 1 << 30)
    self.positions = positions
    current = Self.logits(vocabulary, seed: 0)
    for position in 0..<positions {
      let row = Self.logits(vocabulary, seed: position + 1)
      prefix.append(row, next: Int32(Self.next(position, vocabulary)), position: position)
    }
    fit(CorrectiveVector(output: weights.matrix, pool: nil))
  }

  func fit(_ correction: CorrectiveVector) {
    let trace = correction.fit(prefix, current: current, settings)
    precondition(trace.ending == .finished)
  }

  /// Steps as short as made-up weights are large; they take as long as others.
  private var settings: CorrectionSettings {
    var settings = CorrectionSettings()
    settings.learningRate = 1e-5
    return settings
  }

  var plain: PlainCorrection<Float> {
    let matrix = weights.matrix
    let numbers = [Float](unsafeUninitializedCapacity: matrix.rows * matrix.columns) {
      buffer, filled in
      guard let start = buffer.baseAddress else { return }
      for row in 0..<matrix.rows {
        Kernel.dequantise(matrix, row: row, into: start + row * matrix.columns)
      }
      filled = buffer.count
    }
    return PlainCorrection(
      weights: numbers, columns: matrix.columns,
      prefix: (0..<positions).map {
        (Self.logits(matrix.rows, seed: $0 + 1), Self.next($0, matrix.rows))
      },
      current: current, settings: settings)
  }

  private static func logits(_ count: Int, seed: Int) -> [Float] {
    var random = SeededGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in
      4 * (Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random))
    }
  }

  private static func next(_ position: Int, _ vocabulary: Int) -> Int {
    (position * 7919 + 13) % vocabulary
  }
}
