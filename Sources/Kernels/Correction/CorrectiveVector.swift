import CKernels
import Foundation

/// SRGen's correction: a small vector that is added to the final hidden state before one token.
///
/// It is fitted, by a few steps of AdamW, to make the prefix likelier and the token to come less
/// uncertain: (1 - l) CE + l H (<https://arxiv.org/abs/2510.02919>). As W (h + d) = W h + W d it
/// moves all logits of the prefix by one and the same bias, which is why neither hidden states nor
/// a backward pass are needed. The number of threads changes no bit of it.
package final class CorrectiveVector {
  private let output: Matrix
  private let pool: WorkerPool?
  private let width: Int

  /// `output.columns` numbers.
  private let numbers: UnsafeMutablePointer<Float>
  private let slope: UnsafeMutablePointer<Float>
  private var optimiser: AdamW
  /// What parts of the rows add to the slope, one after the other.
  private let partialSlopes: UnsafeMutablePointer<Float>

  // As wide as the vocabulary, rounded up to thirty-twos.
  private let moved: UnsafeMutablePointer<Float>
  private let current: UnsafeMutablePointer<Float>
  private let exponentials: UnsafeMutablePointer<Float>
  private let likeness: UnsafeMutablePointer<Float>
  private let gradient: UnsafeMutablePointer<Float>
  /// Of each part of the vocabulary.
  private let partSums: UnsafeMutablePointer<BiasedSums>

  /// Of each row of the prefix: what its numbers come to under the bias, and one by that.
  private var weighed = UnsafeMutablePointer<Double>.allocate(capacity: 0)
  private var factors = UnsafeMutablePointer<Float>.allocate(capacity: 0)
  private var listed = 0

  /// `output` takes a hidden state to logits.
  ///
  /// All that a fit needs is allocated here, but for two numbers a row of the prefix, by and by.
  package init(output: Matrix, pool: WorkerPool?) {
    self.output = output
    self.pool = pool
    width = Kernel.padded(output.rows)
    numbers = Self.zeros(output.columns)
    slope = Self.zeros(output.columns)
    optimiser = AdamW(count: output.columns)
    partialSlopes = .allocate(capacity: output.columns * Self.rowParts(output).count)
    moved = Self.zeros(width)
    current = Self.zeros(width)
    exponentials = Self.zeros(width)
    likeness = Self.zeros(width)
    gradient = Self.zeros(width)
    partSums = .allocate(capacity: Self.parts(width).count)
  }

  private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
    let all = UnsafeMutablePointer<Float>.allocate(capacity: count)
    all.initialize(repeating: 0, count: count)
    return all
  }

  deinit {
    numbers.deallocate()
    slope.deallocate()
    optimiser.deallocate()
    partialSlopes.deallocate()
    for logits in [moved, current, exponentials, likeness, gradient] { logits.deallocate() }
    partSums.deallocate()
    weighed.deallocate()
    factors.deallocate()
  }

  /// d, as wide as the hidden state.
  package var vector: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: numbers, count: output.columns)
  }

  /// W d, one for each token of the vocabulary.
  package var bias: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: moved, count: output.rows)
  }

  /// Any vector instead, as controls want it: `output.columns` numbers.
  package func set(_ vector: UnsafePointer<Float>) {
    numbers.update(from: vector, count: output.columns)
    _ = project { false }
  }

  /// Back to 0, where it corrects nothing.
  package func clear() {
    numbers.update(repeating: 0, count: output.columns)
    moved.update(repeating: 0, count: width)
  }

  /// One activation: fits the vector, from 0, to a prefix and the token to come.
  ///
  /// `logits` are those of the current position without a correction. `isCancelled` is asked before
  /// each step and, in large models, some times in it; by this thread only.
  package func fit(
    _ prefix: PrefixDistributions, current logits: UnsafePointer<Float>,
    _ settings: CorrectionSettings, isCancelled: () -> Bool = { false }
  ) -> CorrectionTrace {
    // Not a `precondition`: those are gone in -Ounchecked, and this one keeps reads inside a row.
    guard prefix.vocabulary == output.rows else { fatalError("a prefix of another model") }
    var trace = CorrectionTrace(rows: prefix.count, dropped: prefix.dropped)
    clear()
    optimiser.reset()
    reserve(prefix.count)
    current.update(from: logits, count: output.rows)
    (current + output.rows).update(repeating: -.infinity, count: width - output.rows)
    trace.ending =
      prefix.undefined > 0 ? .undefined : run(prefix, settings, into: &trace, isCancelled)
    guard trace.ending == .finished else {
      clear()
      return trace
    }
    trace.norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    trace.largestBias = Kernel.largestMagnitude(moved, width: width)
    return trace
  }

  private func run(
    _ prefix: PrefixDistributions, _ settings: CorrectionSettings,
    into trace: inout CorrectionTrace, _ isCancelled: () -> Bool
  ) -> CorrectionTrace.Ending {
    let inverse = settings.inverseTemperature
    for step in 0..<max(0, settings.steps) {
      guard !isCancelled() else { return .cancelled }
      let entropy = measureEntropy(inverse)
      let isFirst = step == 0
      guard isFirst || weigh(prefix, isCancelled) else { return .cancelled }
      let found = losses(prefix, settings, entropy, isFirst: isFirst)
      guard found.loss.isFinite else { return .undefined }
      trace.steps.append(found)
      differentiate(prefix, settings, entropy, isFirst: isFirst)
      guard projectBack(isCancelled) else { return .cancelled }
      optimiser.move(numbers, against: slope, settings)
      guard project(isCancelled) else { return .cancelled }
    }
    trace.entropyAfter = measureEntropy(inverse).entropy
    let isFinite = trace.entropyAfter.value.isFinite && vector.allSatisfy(\.isFinite)
    return isFinite ? .finished : .undefined
  }

  private func reserve(_ rows: Int) {
    guard rows > listed else { return }
    listed = max(rows, 2 * listed, 64)
    weighed.deallocate()
    factors.deallocate()
    weighed = .allocate(capacity: listed)
    factors = .allocate(capacity: listed)
  }
}

// MARK: - The token to come

/// What is known of the biased distribution of the token to come.
private struct TiltedEntropy {
  var largest: Float
  /// Of e^distance over all, as a logarithm.
  var logSum: Double
  /// Of the distances, each as likely as its token.
  var mean: Double
  /// Rounding may make it less than nothing; NaN it stays.
  var entropy: Nats { Nats(logSum < mean ? 0 : logSum - mean) }
}

extension CorrectiveVector {
  /// Leaves e^distance in `likeness`, distances being to the largest of each part.
  private func measureEntropy(_ inverse: Float) -> TiltedEntropy {
    let parts = Self.parts(width)
    share(parts.count, work: 16 * width) { part in
      let columns = parts[part]
      partSums[part] = Kernel.biasedSums(
        current + columns.lowerBound, bias: moved + columns.lowerBound, width: columns.count,
        inverse: inverse, into: likeness + columns.lowerBound)
    }
    var largest = -Float.infinity
    for part in 0..<parts.count where partSums[part].largest > largest {
      largest = partSums[part].largest
    }
    var (sum, weighted) = (0.0, 0.0)
    for part in 0..<parts.count {
      let sums = partSums[part]
      let distance = max((Double(sums.largest) - Double(largest)) * Double(inverse), -10_000)
      sum += exp(distance) * Double(sums.sum)
      weighted += exp(distance) * (Double(sums.weighted) + distance * Double(sums.sum))
    }
    return TiltedEntropy(largest: largest, logSum: log(sum), mean: weighted / sum)
  }
}

// MARK: - The prefix

extension CorrectiveVector {
  /// What every row comes to under the bias, and their sum, each divided by it, in `gradient`.
  ///
  /// False when cancelled.
  /// A few rows at a time, so that they come from memory once: the second reading finds them in the
  /// cache. A column is summed in the order of rows, however few they are.
  private func weigh(_ prefix: PrefixDistributions, _ isCancelled: () -> Bool) -> Bool {
    let parts = Self.parts(width)
    share(parts.count, work: 8 * width) { part in
      let columns = parts[part]
      Kernel.exponentials(
        moved + columns.lowerBound, width: columns.count,
        into: exponentials + columns.lowerBound)
    }
    gradient.update(repeating: 0, count: width)
    let groups = rowGroups(prefix)
    for group in 0..<groups.count {
      guard group == 0 || !isCancelled() else { return false }
      let rows = groups[group]
      let fours = Parts(total: rows.count, length: 4)
      share(fours.count, work: rows.count * width) { four in
        let some = fours[four]
        let first = rows.lowerBound + some.lowerBound
        Kernel.dots(
          prefix.rows(first..<first + some.count), with: exponentials, width: width,
          into: weighed + first)
      }
      for row in rows { factors[row] = Float(1 / weighed[row]) }
      share(parts.count, work: rows.count * width) { part in
        let columns = parts[part]
        for block in prefix.blocks(of: rows) {
          Kernel.addRows(
            prefix.rows(block, column: columns.lowerBound), by: factors + block.lowerBound,
            width: columns.count, to: gradient + columns.lowerBound)
        }
      }
    }
    return true
  }

  /// Two megabytes or more, of whole blocks; with more threads there are more rows to share out.
  private func rowGroups(_ prefix: PrefixDistributions) -> Parts {
    let blocks = max(1, (1 << 20) / (prefix.rowsPerBlock * width))
    let threads = pool?.threads ?? 1
    return Parts(total: prefix.count, length: prefix.rowsPerBlock * blocks * ((threads + 1) / 2))
  }

  private func losses(
    _ prefix: PrefixDistributions, _ settings: CorrectionSettings, _ entropy: TiltedEntropy,
    isFirst: Bool
  ) -> CorrectionTrace.Step {
    var crossEntropy = prefix.crossEntropy
    if !isFirst, prefix.count > 0 {
      let change = (0..<prefix.count).reduce(0.0) { sum, row in
        sum + log(weighed[row] / prefix.rowSums[row]) - Double(moved[Int(prefix.next[row])])
      }
      crossEntropy += change / Double(prefix.count)
    }
    let weight = Double(settings.entropyWeight)
    return CorrectionTrace.Step(
      crossEntropy: Nats(crossEntropy), entropy: entropy.entropy,
      loss: (1 - weight) * crossEntropy + weight * entropy.entropy.value)
  }

  /// The gradient of the loss by the bias, from the sum of rows where it is not the first.
  private func differentiate(
    _ prefix: PrefixDistributions, _ settings: CorrectionSettings, _ entropy: TiltedEntropy,
    isFirst: Bool
  ) {
    let share = prefix.count > 0 ? (1 - settings.entropyWeight) / Float(prefix.count) : 0
    let inverse = settings.inverseTemperature
    let parts = Self.parts(width)
    self.share(parts.count, work: 2 * width) { part in
      let columns = parts[part]
      let first = columns.lowerBound
      // e^distance is of the distance to the part's largest.
      let distance = (partSums[part].largest - entropy.largest) * inverse
      let factors = GradientFactors(
        rows: share,
        entropy: settings.entropyWeight * inverse
          * Float(exp(max(Double(distance), -10_000) - entropy.logSum)),
        largest: entropy.largest, inverse: inverse, mean: Float(entropy.mean))
      if isFirst {
        Kernel.firstGradient(
          current + first, bias: moved + first, likeness + first, sums: prefix.sums + first,
          width: columns.count, factors, into: gradient + first)
      } else {
        Kernel.gradient(
          current + first, bias: moved + first, likeness + first,
          exponentials: exponentials + first, width: columns.count, factors,
          inPlaceOf: gradient + first)
      }
    }
    for row in 0..<prefix.count { gradient[Int(prefix.next[row])] -= share }
  }
}

// MARK: - The output matrix, both ways

extension CorrectiveVector {
  /// The bias of the vector; false when cancelled.
  private func project(_ isCancelled: () -> Bool) -> Bool {
    let parts = Self.rowParts(output)
    return share(parts.count, work: output.rows * output.columns, isCancelled) { part in
      Kernel.multiply(output, rows: parts[part], byFloats: numbers, into: moved)
    }
  }

  /// The slope: the gradient by the vector; false when cancelled.
  private func projectBack(_ isCancelled: () -> Bool) -> Bool {
    let parts = Self.rowParts(output)
    let columns = output.columns
    let isDone = share(parts.count, work: output.rows * columns, isCancelled) { part in
      let sums = partialSlopes + part * columns
      sums.update(repeating: 0, count: columns)
      Kernel.multiplyTransposed(output, rows: parts[part], by: gradient, addingTo: sums)
    }
    guard isDone else { return false }
    slope.update(from: partialSlopes, count: columns)
    for part in 1..<max(1, parts.count) {
      Kernel.add(partialSlopes + part * columns, to: slope, count: columns)
    }
    return true
  }
}

// MARK: - Parts, and who works on them

/// Something cut into parts of one length; the last may be shorter.
private struct Parts {
  let total: Int
  let length: Int
  var count: Int { (total + length - 1) / length }
  subscript(part: Int) -> Range<Int> { part * length..<min(total, (part + 1) * length) }
}

extension CorrectiveVector {
  /// Of the vocabulary; what a part needs stays in the second-level cache.
  private static func parts(_ width: Int) -> Parts { Parts(total: width, length: 8192) }

  /// Of the output matrix's rows.
  ///
  /// Sums over rows are put together from those of parts: the parts depend on the shape alone.
  private static func rowParts(_ output: Matrix) -> Parts {
    Parts(total: output.rows, length: max(2048, (output.rows / 32 + 7) / 8 * 8))
  }

  /// Less work than this is done before a second thread has heard of it.
  private static var worthwhile: Int { 1 << 19 }
  /// Between two such pieces of work one asks whether to stop: a millisecond or two.
  private static var patience: Int { 1 << 25 }

  /// Calls `body` for each part; false when cancelled in between.
  @discardableResult private func share(
    _ parts: Int, work: Int, _ isCancelled: () -> Bool = { false }, _ body: (Int) -> Void
  ) -> Bool {
    let atOnce = max(1, min(parts, parts * Self.patience / max(work, 1)))
    var first = 0
    while first < parts {
      guard first == 0 || !isCancelled() else { return false }
      let count = min(atOnce, parts - first)
      if let pool, pool.threads > 1, work > Self.worthwhile {
        pool.run(chunks: count) { body(first + $0) }
      } else {
        for part in first..<first + count { body(part) }
      }
      first += count
    }
    return true
  }
}
