import Foundation
import Testing

@testable import Kernels

/// A made-up moment of reflection: an output matrix, a prefix of logits, a token to come.
struct CorrectionProblem {
  let weights: Weights
  let columns: Int
  var prefix: [(logits: [Float], next: Int)]
  var current: [Float]
  var settings = CorrectionSettings()

  init(
    _ type: TensorType = .f32, vocabulary: Int, columns: Int, positions: Int,
    using random: inout Seeded
  ) {
    weights = .random(type, rows: vocabulary, columns: columns, using: &random)
    self.columns = columns
    let spread = Float.random(in: 0.5...6, using: &random)
    func logits() -> [Float] {
      (0..<vocabulary).map { _ in
        spread
          * (Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random))
      }
    }
    prefix = (0..<positions).map { _ in
      (logits(), Int.random(in: 0..<vocabulary, using: &random))
    }
    current = logits()
  }

  var matrix: Matrix { weights.matrix }

  /// A rate at which a step moves no logit by more than a half, however large the weights are.
  mutating func restrain() {
    let largest = (0..<matrix.rows).map { row in
      weights.row(row) { Reference.dequantise($0, row: $1, into: $2) }.reduce(0) { $0 + abs($1) }
    }.max()
    settings.learningRate = 0.5 / (largest ?? 1)
  }

  /// The same for the twin.
  func plain<Number: BinaryFloatingPoint>(_: Number.Type) -> PlainCorrection<Number> {
    let numbers = (0..<matrix.rows).flatMap { row in
      weights.row(row) { Reference.dequantise($0, row: $1, into: $2) }
    }
    return PlainCorrection(
      weights: numbers.map { Number($0) }, columns: columns,
      prefix: prefix.map { ($0.logits.map { Number($0) }, $0.next) },
      current: current.map { Number($0) }, settings: settings)
  }

  func distributions(memory: Int = 1 << 24) -> PrefixDistributions {
    let rows = PrefixDistributions(vocabulary: matrix.rows, memory: memory)
    for (position, (logits, next)) in prefix.enumerated() {
      rows.append(logits, next: Int32(next), position: position)
    }
    return rows
  }

  func fit(pool: WorkerPool? = nil) -> (vector: [Float], bias: [Float], trace: CorrectionTrace) {
    let correction = CorrectiveVector(output: matrix, pool: pool)
    let trace = correction.fit(distributions(), current: current, settings)
    return (Array(correction.vector), Array(correction.bias), trace)
  }
}

/// Length of the difference over that of the second.
func distance<Number: BinaryFloatingPoint>(_ a: [Float], _ b: [Number]) -> Double {
  let (difference, size) = zip(a, b).reduce((0.0, 0.0)) { sums, pair in
    let (x, y) = (Double(pair.0), Double(pair.1))
    return (sums.0 + (x - y) * (x - y), sums.1 + y * y)
  }
  return (difference / max(size, 1e-300)).squareRoot()
}

@Suite struct CorrectionTests {
  @Test func `the twin's gradient is what differences of its loss say`() {
    for seed in UInt64(0)..<12 {
      var random = Seeded(seed)
      var problem = CorrectionProblem(
        vocabulary: Int.random(in: 2...40, using: &random), columns: 8,
        positions: Int(seed % 4) * 3, using: &random)
      problem.settings.entropyWeight = [0.05, 0, 1, 0.5][Int(seed) % 4]
      problem.settings.temperature = [1, 0.6, 0, 2][Int(seed / 2) % 4]
      let plain = problem.plain(Double.self)
      let vector = (0..<8).map { _ in Double.random(in: -0.05...0.05, using: &random) }
      let gradient = plain.gradient(vector)
      let step = 1e-4
      var (worst, size) = (0.0, 0.0)
      for c in 0..<8 {
        func loss(_ steps: Double) -> Double {
          var moved = vector
          moved[c] += steps * step
          return plain.losses(moved).loss
        }
        // Of the fourth order: the error of the next one is below that of rounding.
        let near = 8 * (loss(1) - loss(-1))
        let slope = (near - (loss(2) - loss(-2))) / (12 * step)
        worst = max(worst, abs(slope - gradient[c]))
        size = max(size, abs(gradient[c]))
      }
      #expect(worst <= 1e-7 * size, "seed \(seed)")
    }
  }

  /// After one step with no Adam in the way, the vector tells the gradient.
  private func gradient(_ problem: CorrectionProblem) -> [Float] {
    var problem = problem
    problem.settings.steps = 1
    // Moments of one step cancel, and so large an epsilon makes it plain descent.
    problem.settings.epsilon = 1e12
    problem.settings.learningRate = 1e12
    problem.settings.weightDecay = 0
    return problem.fit().vector.map { -$0 }
  }

  @Test func `the first gradient is the twin's`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      var problem = CorrectionProblem(
        type, vocabulary: Int.random(in: 30...120, using: &random),
        columns: max(20, type.blockLength),
        positions: seed % 8 == 0 ? 0 : Int.random(in: 8...40, using: &random), using: &random)
      problem.settings.temperature = [1, 0.6, 2][Int(seed) % 3]
      let zero = [Double](repeating: 0, count: problem.columns)
      let wanted = problem.plain(Double.self).gradient(zero)
      // Probabilities are halves, right to 2.4e-4. Over tokens and positions that evens out, less
      // so where a few rows of weights are much larger than the others, as in random blocks.
      let tolerance = type.blockLength == 1 ? 1e-4 : 3e-4
      #expect(distance(gradient(problem), wanted) < tolerance, "\(type.name), seed \(seed)")
    }
  }

  @Test func `three steps come to where the twin's do, for every type of weights`() {
    for seed in UInt64(0)..<40 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      var problem = CorrectionProblem(
        type, vocabulary: Int.random(in: 30...120, using: &random),
        columns: max(24, type.blockLength),
        positions: Int.random(in: 1...40, using: &random), using: &random)
      problem.settings.temperature = [0.6, 1][Int(seed) % 2]
      problem.restrain()
      let (vector, bias, trace) = problem.fit()
      let plain = problem.plain(Double.self)
      let wanted = plain.fit()
      #expect(distance(vector, wanted.vector) < 2e-3, "\(type.name), seed \(seed)")
      #expect(distance(bias, plain.bias(wanted.vector)) < 2e-3, "\(type.name), seed \(seed)")
      #expect(trace.ending == .finished && trace.rows == problem.prefix.count)
      #expect(trace.steps.count == 3)
      for (step, twin) in zip(trace.steps, wanted.steps) {
        #expect(abs(step.crossEntropy.value - twin.crossEntropy) < 2e-4, "seed \(seed)")
        #expect(abs(step.entropy.value - twin.entropy) < 2e-4, "seed \(seed)")
        #expect(abs(step.loss - twin.loss) < 2e-4, "seed \(seed)")
      }
      #expect(abs(trace.entropyAfter.value - wanted.entropyAfter) < 2e-4, "seed \(seed)")
      #expect(trace.norm == vector.reduce(0) { $0 + $1 * $1 }.squareRoot())
      #expect(trace.largestBias == bias.map { abs($0) }.max())
    }
  }

  @Test func `the loss falls`() {
    for seed in UInt64(0)..<10 {
      var random = Seeded(seed)
      var problem = CorrectionProblem(
        .q8_0, vocabulary: 300, columns: 64, positions: 50, using: &random)
      problem.settings.steps = 12
      let losses = problem.fit().trace.steps.map(\.loss)
      #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 > $1 }, "seed \(seed)")
    }
  }

  /// Worked out by hand: m = 0.1 g, v = 0.001 g^2, then both corrected to g and g^2.
  @Test func `AdamW steps as PyTorch's does`() {
    var settings = CorrectionSettings()
    settings.weightDecay = 0.1
    var adam = AdamW(count: 2)
    defer { adam.deallocate() }
    var x: [Float] = [1, -2]
    adam.move(&x, against: [0.5, 0], settings)
    // 1 * (1 - 0.001) - 0.01 * 0.5 / (0.5 + 1e-5), and -2 * (1 - 0.001).
    #expect(abs(x[0] - 0.9890002) < 1e-7 && abs(x[1] + 1.998) < 1e-7)
    adam.move(&x, against: [-1, 0], settings)
    // m = 0.045 - 0.1 = -0.055, by 0.19; v = 0.00024975 + 0.001, by 0.001999.
    let deviation = (0.00124975 / 0.001999).squareRoot() + 1e-5
    #expect(abs(Double(x[0]) - (0.9890002 * 0.999 + 0.01 * 0.055 / 0.19 / deviation)) < 2e-7)
    adam.reset()
    x = [0, 0]
    adam.move(&x, against: [-3, 1e-5], settings)
    #expect(abs(x[0] - 0.01) < 1e-7 && abs(x[1] + 0.005) < 1e-7)
  }

  @Test func `without a prefix only the entropy counts, without steps nothing does`() {
    var random = Seeded(7)
    var problem = CorrectionProblem(vocabulary: 50, columns: 16, positions: 0, using: &random)
    var (vector, _, trace) = problem.fit()
    #expect(trace.steps.allSatisfy { $0.crossEntropy == .zero })
    #expect(trace.steps[2].entropy < trace.steps[0].entropy)
    #expect(distance(vector, problem.plain(Double.self).fit().vector) < 1e-4)

    problem = CorrectionProblem(vocabulary: 50, columns: 16, positions: 5, using: &random)
    problem.settings.steps = 0
    (vector, _, trace) = problem.fit()
    #expect(vector.allSatisfy { $0 == 0 } && trace.steps.isEmpty && trace.norm == 0)
    #expect(trace.isFinite && trace.entropyAfter.value > 0)
  }

  @Test func `a temperature of 0 counts as 1`() {
    var random = Seeded(8)
    var problem = CorrectionProblem(vocabulary: 50, columns: 16, positions: 5, using: &random)
    let one = problem.fit()
    for temperature in [Float(0), -1, .leastNonzeroMagnitude, .nan] {
      problem.settings.temperature = temperature
      #expect(problem.fit().vector == one.vector)
    }
  }

  @Test func `tokens that cannot be change nothing`() {
    var random = Seeded(9)
    var problem = CorrectionProblem(vocabulary: 50, columns: 16, positions: 6, using: &random)
    for row in 0..<6 {
      for token in 0..<50 where token % 7 == row && token != problem.prefix[row].next {
        problem.prefix[row].logits[token] = -.infinity
      }
    }
    problem.current[3] = -.infinity
    let (vector, _, trace) = problem.fit()
    #expect(trace.isFinite)
    #expect(distance(vector, problem.plain(Double.self).fit().vector) < 1e-3)
  }

  @Test func `what is no number is said to be none, and corrects nothing`() {
    var random = Seeded(10)
    let sound = CorrectionProblem(vocabulary: 50, columns: 16, positions: 6, using: &random)
    func expectUndefined(_ what: String, _ change: (inout CorrectionProblem) -> Void) {
      var problem = sound
      change(&problem)
      let (vector, bias, trace) = problem.fit()
      #expect(!trace.isFinite && !trace.isCancelled, "\(what)")
      #expect(vector.allSatisfy { $0 == 0 } && bias.allSatisfy { $0 == 0 }, "\(what)")
    }
    for bad in [Float.nan, .infinity] {
      expectUndefined("\(bad) now") { $0.current[20] = bad }
      expectUndefined("\(bad) in the prefix") { $0.prefix[3].logits[49] = bad }
      expectUndefined("\(bad) as a rate") { $0.settings.learningRate = bad }
    }
    expectUndefined("nothing possible") { $0.current = [Float](repeating: -.infinity, count: 50) }
    expectUndefined("nothing possible before") {
      $0.prefix[0].logits = [Float](repeating: -.infinity, count: 50)
    }
    expectUndefined("an impossible token came") {
      $0.prefix[0].logits[$0.prefix[0].next] = -.infinity
    }
    expectUndefined("steps far too long") { $0.settings.learningRate = 1e6 }
  }

  @Test func `a vector that was cancelled is none`() {
    var random = Seeded(11)
    let problem = CorrectionProblem(vocabulary: 50, columns: 16, positions: 6, using: &random)
    let correction = CorrectiveVector(output: problem.matrix, pool: nil)
    let prefix = problem.distributions()
    for patience in 0..<3 {
      var asked = 0
      let trace = correction.fit(prefix, current: problem.current, problem.settings) {
        asked += 1
        return asked > patience
      }
      #expect(trace.isCancelled && trace.isFinite && trace.steps.count == patience)
      #expect(correction.vector.allSatisfy { $0 == 0 } && correction.bias.allSatisfy { $0 == 0 })
    }
    let trace = correction.fit(prefix, current: problem.current, problem.settings)
    #expect(trace.ending == .finished)
    #expect(Array(correction.vector) == problem.fit().vector)
  }

  @Test func `a vector of somebody else's has its bias`() {
    var random = Seeded(12)
    let problem = CorrectionProblem(
      .q8_0, vocabulary: 70, columns: 64, positions: 0, using: &random)
    let correction = CorrectiveVector(output: problem.matrix, pool: nil)
    let vector = numbers(64, using: &random)
    correction.set(vector)
    #expect(Array(correction.vector) == vector)
    let wanted = problem.plain(Double.self).bias(vector.map { Double($0) })
    #expect(distance(Array(correction.bias), wanted) < 1e-6)
    correction.clear()
    #expect(correction.vector.allSatisfy { $0 == 0 } && correction.bias.allSatisfy { $0 == 0 })
  }

  @Test func `a vocabulary of many parts, a prefix of many groups`() {
    var random = Seeded(13)
    var problem = CorrectionProblem(vocabulary: 70_000, columns: 4, positions: 12, using: &random)
    problem.settings.learningRate = 0.1
    let alone = problem.fit()
    #expect(distance(alone.vector, Reference.correct(problem.plain(Float.self))) < 1e-3)
    for threads in 2...3 {
      let shared = problem.fit(pool: WorkerPool(threads: threads))
      #expect(shared.vector == alone.vector && shared.bias == alone.bias, "\(threads) threads")
      #expect(shared.trace == alone.trace)
    }
    // A moment in which only part of the work is done: nothing of it shows.
    let correction = CorrectiveVector(output: problem.matrix, pool: WorkerPool(threads: 2))
    let prefix = problem.distributions()
    for patience in 1..<5 {
      var asked = 0
      let trace = correction.fit(prefix, current: problem.current, problem.settings) {
        asked += 1
        return asked > patience
      }
      #expect(trace.isCancelled && correction.vector.allSatisfy { $0 == 0 }, "\(patience)")
    }
  }

  @Test func `the number of threads changes no bit`() {
    for (seed, type) in [TensorType.q8_0, .f16, .q4_K].enumerated() {
      var random = Seeded(UInt64(seed))
      // Enough for every part of the work to be shared.
      let problem = CorrectionProblem(
        type, vocabulary: 9000, columns: 256, positions: 75, using: &random)
      let alone = problem.fit()
      for threads in 1...3 {
        let shared = problem.fit(pool: WorkerPool(threads: threads))
        #expect(shared.vector == alone.vector, "\(type.name), \(threads) threads")
        #expect(shared.bias == alone.bias && shared.trace == alone.trace)
      }
    }
  }
}
