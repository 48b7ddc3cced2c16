import Foundation
import Kernels

/// One sequence being read and continued: tokens, their keys and values, and the last logits.
///
/// Not for two threads at once: whoever drives it owns it. Everything the reflection loop needs
/// is here besides: ``hidden(at:)``, ``logits(at:into:)``, ``project(_:into:)``,
/// ``projectBack(_:into:)``.
package final class Decoder {
  package let weights: Weights
  /// Positions at most.
  package let context: Int
  /// Everything in the cache, from the first position on.
  package private(set) var tokens: [Int32] = []
  let cache: KVCache
  let pool: WorkerPool
  private let scratch: Scratch
  let keepsHidden: Bool
  /// Final-norm hidden states, `shape.width` each: of every position when they are kept, else of
  /// the last.
  private var hiddenStates: UnsafeMutablePointer<Float>
  private let logitsBuffer: UnsafeMutablePointer<Float>
  /// Kept from one watched call to the next, where it is small: memory that is warm.
  private var corrector: Corrector?
  private var cosines: [Float] = []
  private var sines: [Float] = []

  var shape: ModelShape { weights.shape }

  /// `scratch` is made for the same shape and context; `keepsHidden` keeps the final hidden state
  /// of every position (`context * width` floats) for ``logits(at:into:)``.
  init(
    _ weights: Weights, context: Int, pool: WorkerPool, scratch: Scratch?,
    keepsHidden: Bool = false, cacheForm: KVCache.Form? = nil
  ) {
    self.weights = weights
    self.context = context
    self.pool = pool
    self.keepsHidden = keepsHidden
    let shape = weights.shape
    cache = KVCache(
      shape, context: context, form: cacheForm ?? shape.cacheForm(context: context))
    self.scratch = scratch ?? Scratch(shape, context: context)
    hiddenStates = .allocate(capacity: (keepsHidden ? context : 1) * shape.width)
    logitsBuffer = .allocate(capacity: shape.vocabulary)
    logitsBuffer.initialize(repeating: 0, count: shape.vocabulary)
  }

  package convenience init(
    _ weights: Weights, context: Int, pool: WorkerPool, keepsHidden: Bool = false
  ) {
    self.init(
      weights, context: context, pool: pool, scratch: nil, keepsHidden: keepsHidden,
      cacheForm: nil)
  }

  deinit {
    hiddenStates.deallocate()
    logitsBuffer.deallocate()
  }

  /// Logits after the last token: `shape.vocabulary` floats, valid until the next ``feed(_:)``.
  package var logits: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: logitsBuffer, count: shape.vocabulary)
  }

  /// How many tokens still fit.
  package var room: Int { context - tokens.count }

  /// Appends tokens, at most ``room``; afterwards ``logits`` are those after the last of them.
  ///
  /// `isCancelled` is asked between batches; true ends with what was fed until then.
  package func feed(_ more: [Int32], isCancelled: () -> Bool = { false }) {
    precondition(more.count <= room, "the caller checks the room")
    var rest = more[...]
    while !rest.isEmpty, !isCancelled() {
      let batch = Array(rest.prefix(scratch.batch))
      rest = rest.dropFirst(batch.count)
      forward(batch)
      tokens += batch
      if rest.isEmpty { finishLogits() }
    }
  }

  /// Forgets all but the first `count` tokens.
  ///
  /// What follows is fed anew; ``logits`` are stale until then.
  package func truncate(to count: Int) {
    tokens.removeLast(max(0, tokens.count - count))
  }

  /// Becomes a copy of the first `count` positions of another decoder of the same weights.
  package func fork(_ other: Decoder, count: Int) {
    precondition(other.weights === weights && count <= min(other.tokens.count, context))
    cache.copy(count, from: other.cache)
    if keepsHidden, other.keepsHidden {
      hiddenStates.update(from: other.hiddenStates, count: count * shape.width)
    }
    tokens = Array(other.tokens.prefix(count))
  }
}

// MARK: - What the reflection loop asks

extension Decoder {
  /// Final-norm hidden state at a position, `shape.width` floats; the last one unless all are kept.
  package func hidden(at position: Int) -> UnsafeBufferPointer<Float> {
    precondition(keepsHidden ? tokens.indices.contains(position) : position == tokens.count - 1)
    let index = keepsHidden ? position : 0
    return UnsafeBufferPointer(start: hiddenStates + index * shape.width, count: shape.width)
  }

  /// Logits of the prefix on demand: row i holds those after token `positions.lowerBound + i`.
  ///
  /// `out` has room for `positions.count * shape.vocabulary` floats. Needs `keepsHidden`.
  package func logits(at positions: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    precondition(keepsHidden && positions.upperBound <= tokens.count)
    let shape = shape
    multiply(
      weights.output, hiddenStates + positions.lowerBound * shape.width, count: positions.count,
      into: out)
  }

  /// W h: a hidden state (or a vector added to it, as SRGen's) as logits.
  package func project(_ vector: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
    multiply(weights.output, vector, count: 1, into: out)
  }

  /// Transposed product: `shape.vocabulary` logits' gradient as one of the hidden state.
  ///
  /// In one thread: the rows are summed in order, so that the result is the same everywhere.
  package func projectBack(_ gradient: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>)
  {
    out.update(repeating: 0, count: shape.width)
    Kernel.multiplyTransposed(
      weights.output, rows: 0..<shape.vocabulary, by: gradient, addingTo: out)
  }
}

extension Decoder {
  /// Rows of a whole context that take more than this are given back after each call.
  private static let keptBytes = 8 << 20

  /// One with nothing noted; `memory` in bytes.
  ///
  /// A decoder has one call at a time, so the one that is kept is never in use twice.
  func freshCorrector(memory: Int) -> Corrector {
    if let corrector, corrector.memory == memory {
      corrector.reset()
      return corrector
    }
    let fresh = Corrector(self, memory: memory)
    corrector = min(memory, 2 * shape.vocabulary * context) <= Self.keptBytes ? fresh : nil
    return fresh
  }
}

// MARK: - The forward pass

extension Decoder {
  /// Runs a batch through all layers; leaves final hidden states where they are asked for.
  private func forward(_ batch: [Int32]) {
    let shape = shape
    let count = batch.count
    prepareAngles(upTo: tokens.count + count)
    for (index, token) in batch.enumerated() {
      Kernel.dequantise(
        weights.embedding, row: Int(token), into: scratch.residual + index * shape.width)
    }
    for index in weights.layers.indices { block(index, count: count) }
    normaliseHidden(count)
  }

  private func block(_ index: Int, count: Int) {
    let layer = weights.layers[index]
    let shape = shape
    let queries = shape.heads * shape.headWidth
    let kept = shape.kvHeads * shape.headWidth

    norm(scratch.residual, layer.attentionNorm, count: count)
    load(scratch.normed, count: count, for: layer.query)
    product(layer.query, into: scratch.query, bias: layer.queryBias, count: count)
    reload(scratch.normed, count: count, for: layer.key, after: layer.query)
    product(layer.key, into: scratch.key, bias: layer.keyBias, count: count)
    reload(scratch.normed, count: count, for: layer.value, after: layer.key)
    product(layer.value, into: scratch.value, bias: layer.valueBias, count: count)
    for position in 0..<count {
      let query = scratch.query + position * queries
      let key = scratch.key + position * kept
      headNorm(query, heads: shape.heads, layer.queryNorm)
      headNorm(key, heads: shape.kvHeads, layer.keyNorm)
      rotate(query, heads: shape.heads, position: tokens.count + position)
      rotate(key, heads: shape.kvHeads, position: tokens.count + position)
    }
    cache.store(
      keys: scratch.key, values: scratch.value, count: count, at: tokens.count, layer: index)
    attend(layer: index, count: count, scratch)

    multiply(layer.attentionOutput, scratch.attended, count: count, into: scratch.normed)
    Kernel.add(scratch.normed, to: scratch.residual, count: count * shape.width)

    norm(scratch.residual, layer.feedForwardNorm, count: count)
    load(scratch.normed, count: count, for: layer.gate)
    product(layer.gate, into: scratch.gate, bias: nil, count: count)
    reload(scratch.normed, count: count, for: layer.up, after: layer.gate)
    product(layer.up, into: scratch.up, bias: nil, count: count)
    Kernel.swiGLU(
      gate: scratch.gate, up: scratch.up, count: count * shape.feedForward, into: scratch.gate)
    multiply(layer.down, scratch.gate, count: count, into: scratch.normed)
    Kernel.add(scratch.normed, to: scratch.residual, count: count * shape.width)
  }

  private func norm(_ x: UnsafeMutablePointer<Float>, _ weight: [Float], count: Int) {
    let shape = shape
    weight.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      for position in 0..<count {
        Kernel.rmsNorm(
          x + position * shape.width, weight: weight, count: shape.width, epsilon: shape.epsilon,
          into: scratch.normed + position * shape.width)
      }
    }
  }

  private func headNorm(_ x: UnsafeMutablePointer<Float>, heads: Int, _ weight: [Float]?) {
    guard let weight else { return }
    let width = shape.headWidth
    weight.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      for head in 0..<heads {
        let place = x + head * width
        Kernel.rmsNorm(place, weight: weight, count: width, epsilon: shape.epsilon, into: place)
      }
    }
  }

  private func normaliseHidden(_ count: Int) {
    let shape = shape
    let first = keepsHidden ? 0 : count - 1
    weights.outputNorm.withUnsafeBufferPointer { weight in
      guard let weight = weight.baseAddress else { return }
      for position in first..<count {
        let place = keepsHidden ? tokens.count + position : 0
        Kernel.rmsNorm(
          scratch.residual + position * shape.width, weight: weight, count: shape.width,
          epsilon: shape.epsilon, into: hiddenStates + place * shape.width)
      }
    }
  }

  private func finishLogits() {
    let last = keepsHidden ? tokens.count - 1 : 0
    multiply(
      weights.output, hiddenStates + last * shape.width, count: 1, into: logitsBuffer)
  }
}

// MARK: - Products, shared between threads

extension Decoder {
  private func load(_ x: UnsafePointer<Float>, count: Int, for matrix: Matrix) {
    scratch.activations.load(x, count: count, width: matrix.columns, for: matrix.type)
  }

  /// As ``load(_:count:for:)``, unless what was loaded for the matrix before is in the same form.
  private func reload(
    _ x: UnsafePointer<Float>, count: Int, for matrix: Matrix, after previous: Matrix
  ) {
    if matrix.type != previous.type { load(x, count: count, for: matrix) }
  }

  private func multiply(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    load(x, count: count, for: matrix)
    product(matrix, into: out, bias: nil, count: count)
  }

  /// Each row is computed by one thread alone: the number of threads changes no bit of it.
  private func product(
    _ matrix: Matrix, into out: UnsafeMutablePointer<Float>, bias: [Float]?, count: Int
  ) {
    let activations = scratch.activations
    let isLarge = matrix.rows * matrix.columns * count > Self.worthwhile
    if isLarge, pool.threads > 1 {
      // Whole tiles of rows; a few chunks a thread, so that a late thread costs little.
      let chunk = max(16, (matrix.rows / (pool.threads * 4) + 15) / 16 * 16)
      pool.run(chunks: (matrix.rows + chunk - 1) / chunk) { index in
        let rows = index * chunk..<min(matrix.rows, (index + 1) * chunk)
        Kernel.multiply(matrix, rows: rows, by: activations, into: out, stride: matrix.rows)
      }
    } else {
      Kernel.multiply(
        matrix, rows: 0..<matrix.rows, by: activations, into: out, stride: matrix.rows)
    }
    guard let bias else { return }
    bias.withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      for position in 0..<count {
        Kernel.add(bias, to: out + position * matrix.rows, count: matrix.rows)
      }
    }
  }

  private func prepareAngles(upTo count: Int) {
    let pairs = weights.turns.count
    var position = pairs == 0 ? count : cosines.count / pairs
    // Ahead of need, so that a token a time does not grow them a token a time.
    let wanted = min(context, max(count, position + (count > position ? 256 : 0)))
    while position < wanted {
      for turn in weights.turns {
        let angle = Float(position) * turn
        cosines.append(cos(angle))
        sines.append(sin(angle))
      }
      position += 1
    }
  }

  private func rotate(_ x: UnsafeMutablePointer<Float>, heads: Int, position: Int) {
    let shape = shape
    let start = position * weights.turns.count
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
        switch shape.ropeStyle {
        case .adjacent:
          Kernel.rotateAdjacent(
            x, heads: heads, headWidth: shape.headWidth, rotated: shape.ropeRotated,
            cosines: cosines + start, sines: sines + start)
        case .halves:
          Kernel.rotateHalves(
            x, heads: heads, headWidth: shape.headWidth, rotated: shape.ropeRotated,
            cosines: cosines + start, sines: sines + start)
        }
      }
    }
  }
}
