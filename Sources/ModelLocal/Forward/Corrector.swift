import Kernels

/// SRGen's correction for one sequence: what it fits to, and the vector it fits.
///
/// Driven by whoever drives the decoder, and with no other decoder until ``reset()``. Row i of the
/// prefix is the distribution after token i, which token i + 1 was drawn from.
package final class Corrector {
  /// Logits of the prompt computed at once take about so much.
  private static let batchBytes = 16 << 20

  private let prefix: PrefixDistributions
  private let correction: CorrectiveVector
  private let vocabulary: Int
  let memory: Int
  /// Positions that have their rows, or had them, or never will.
  private var covered = 0..<0
  private var batch: UnsafeMutablePointer<Float>?
  private let moved: UnsafeMutableBufferPointer<Float>

  /// `memory`: bytes that the prefix may take; when they are used up the oldest positions go.
  package init(_ decoder: Decoder, memory: Int) {
    vocabulary = decoder.weights.shape.vocabulary
    self.memory = memory
    prefix = PrefixDistributions(vocabulary: vocabulary, memory: memory)
    correction = CorrectiveVector(output: decoder.weights.output, pool: decoder.pool)
    moved = .allocate(capacity: vocabulary)
    moved.initialize(repeating: 0)
  }

  deinit {
    batch?.deallocate()
    moved.deallocate()
  }

  /// The current logits with the bias: `vocabulary` floats, valid until the next call.
  package var corrected: UnsafeBufferPointer<Float> { UnsafeBufferPointer(moved) }

  /// d, as wide as the hidden state.
  package var vector: UnsafeBufferPointer<Float> { correction.vector }

  /// Bytes held for rows.
  package var bytes: Int { prefix.bytes }

  /// After each draw, before the token is fed: what it was drawn from joins the prefix.
  ///
  /// A caller may leave this out; ``correct(_:_:isCancelled:)`` computes what is missing.
  package func note(_ decoder: Decoder, drew id: Int32) {
    let position = decoder.tokens.count - 1
    guard position >= 0, let logits = decoder.logits.baseAddress else { return }
    if covered.isEmpty || position != covered.upperBound { begin(at: position) }
    prefix.append(logits, next: id, position: position)
    covered = covered.lowerBound..<position + 1
  }

  /// Fits the vector to all that was fed, for the token that comes after it.
  ///
  /// Rows that nobody noted, as the prompt's, are computed first where the decoder keeps hidden
  /// states; where memory is short only the most recent.
  package func correct(
    _ decoder: Decoder, _ settings: CorrectionSettings, isCancelled: () -> Bool = { false }
  ) -> CorrectionTrace {
    guard let logits = decoder.logits.baseAddress else {
      preconditionFailure("there are no logits")
    }
    guard complete(decoder, isCancelled) else {
      correction.clear()
      move(logits)
      return CorrectionTrace(rows: prefix.count, dropped: prefix.dropped, ending: .cancelled)
    }
    let trace = correction.fit(prefix, current: logits, settings, isCancelled: isCancelled)
    move(logits)
    return trace
  }

  /// A control in place of a fitted vector: as long as `norm`, its signs drawn from `seed`.
  ///
  /// All numbers are of one size, as they are after the first of Adam's steps.
  package func randomise(_ decoder: Decoder, norm: Float, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let size = norm / Float(correction.vector.count).squareRoot()
    let vector = correction.vector.map { _ in random.next() >> 63 == 0 ? size : -size }
    vector.withUnsafeBufferPointer { vector in
      if let start = vector.baseAddress { correction.set(start) }
    }
    if let logits = decoder.logits.baseAddress { move(logits) }
  }

  /// Another sequence, or this one cut back: what was noted is forgotten, its memory kept.
  package func reset() {
    prefix.removeAll()
    covered = 0..<0
    correction.clear()
  }

  private func begin(at position: Int) {
    prefix.removeAll()
    covered = position..<position
  }

  private func move(_ logits: UnsafePointer<Float>) {
    guard let start = moved.baseAddress, let bias = correction.bias.baseAddress else { return }
    start.update(from: logits, count: vocabulary)
    Kernel.add(bias, to: start, count: vocabulary)
  }

  /// Gives every position before the last a row, where there is room; false when cancelled.
  ///
  /// The most recent first: with room for some only, the prompt's beginning stays outside.
  private func complete(_ decoder: Decoder, _ isCancelled: () -> Bool) -> Bool {
    let end = max(0, decoder.tokens.count - 1)
    if covered.isEmpty || covered.upperBound > end { begin(at: end) }
    let latest = max(covered.upperBound, end - (decoder.keepsHidden ? prefix.capacity : 0))
    leaveOut(covered.upperBound..<latest)
    while covered.upperBound < end {
      guard !isCancelled() else { return false }
      add(covered.upperBound..<min(end, covered.upperBound + atOnce), decoder)
    }
    while covered.lowerBound > 0 {
      let room = decoder.keepsHidden ? prefix.capacity - prefix.count : 0
      let first = max(0, covered.lowerBound - min(room, atOnce))
      guard first < covered.lowerBound else {
        leaveOut(0..<covered.lowerBound)
        break
      }
      guard !isCancelled() else { return false }
      add(first..<covered.lowerBound, decoder)
    }
    return true
  }

  private func leaveOut(_ positions: Range<Int>) {
    prefix.leaveOut(positions.count)
    extend(positions)
  }

  private func add(_ positions: Range<Int>, _ decoder: Decoder) {
    let rows = reserveBatch()
    decoder.logits(at: positions, into: rows)
    for position in positions {
      prefix.append(
        rows + (position - positions.lowerBound) * vocabulary, next: decoder.tokens[position + 1],
        position: position)
    }
    extend(positions)
  }

  /// By positions just before or just after.
  private func extend(_ positions: Range<Int>) {
    covered =
      min(covered.lowerBound, positions.lowerBound)..<max(covered.upperBound, positions.upperBound)
  }

  /// Positions whose logits are computed together; with four or more that is quicker than each.
  private var atOnce: Int { min(32, max(4, Self.batchBytes / (4 * vocabulary) / 4 * 4)) }

  private func reserveBatch() -> UnsafeMutablePointer<Float> {
    if let batch { return batch }
    let new = UnsafeMutablePointer<Float>.allocate(capacity: atOnce * vocabulary)
    batch = new
    return new
  }
}
