import Foundation
import Kernels

extension Decoder {
  /// Causal attention of the `count` newest positions, each over all positions up to its own.
  ///
  /// Queries in, `scratch.attended` out; keys and values are in the cache already.
  func attend(layer: Int, count: Int, _ scratch: Scratch) {
    let heads = Heads(shape)
    // A few queries are quickest one by one; many share the work of unpacking keys and values.
    if count >= 8, heads.width % 16 == 0 {
      share(chunks: shape.kvHeads, products: shape.heads * count * tokens.count * heads.width) {
        let lane = scratch.lanes.take()
        attendTogether(layer: layer, kvHead: $0, count: count, heads, scratch, lane)
        scratch.lanes.giveBack(lane)
      }
    } else {
      share(chunks: shape.heads, products: shape.heads * count * tokens.count * heads.width) {
        attendEach(layer: layer, head: $0, count: count, heads, scratch)
      }
    }
  }

  /// Fewer products than this are done before a second thread has heard of them.
  static var worthwhile: Int { 1 << 19 }

  private func share(chunks: Int, products: Int, _ body: (Int) -> Void) {
    if pool.threads > 1, products > Self.worthwhile {
      pool.run(chunks: chunks, body)
    } else {
      for chunk in 0..<chunks { body(chunk) }
    }
  }

  private func attendEach(
    layer: Int, head: Int, count: Int, _ heads: Heads, _ scratch: Scratch
  ) {
    let offset = head / heads.group * heads.width
    let scores = scratch.scores + head * context
    for position in 0..<count {
      let place = position * heads.queries + head * heads.width
      switch cache.form {
      case .floats:
        let (keys, values) = cache.floats(layer: layer)
        Kernel.attend(
          query: scratch.query + place, keys: keys + offset, values: values + offset,
          positions: tokens.count + position + 1, stride: heads.kept, width: heads.width,
          scale: heads.scale, scores: scores, into: scratch.attended + place)
      case .halves:
        let (keys, values) = cache.halves(layer: layer)
        Kernel.attend(
          query: scratch.query + place, keys: keys + offset, values: values + offset,
          positions: tokens.count + position + 1, stride: heads.kept, width: heads.width,
          scale: heads.scale, scores: scores, into: scratch.attended + place)
      }
    }
  }

  /// All queries of the heads that share one key-value head, as two matrix products.
  private func attendTogether(
    layer: Int, kvHead: Int, count: Int, _ heads: Heads, _ scratch: Scratch, _ lane: AttentionLane
  ) {
    let positions = tokens.count + count
    let padded = (positions + 15) / 16 * 16
    lane.reserve(width: heads.width, positions: padded, queries: count)
    lane.unpack(
      cache, layer: layer, offset: kvHead * heads.width, positions: positions, padded: padded,
      width: heads.width)
    for head in kvHead * heads.group..<(kvHead + 1) * heads.group {
      let place = head * heads.width
      Kernel.product(
        scratch.query + place, heads.queries, lane.keys, padded, lane.scores, padded,
        m: count, k: heads.width, n: padded)
      for query in 0..<count {
        let row = lane.scores + query * padded
        let visible = tokens.count + query + 1
        Kernel.softmax(row, count: visible, temperature: 1 / heads.scale)
        (row + visible).update(repeating: 0, count: padded - visible)
      }
      Kernel.product(
        lane.scores, padded, lane.values, heads.width, scratch.attended + place, heads.queries,
        m: count, k: positions, n: heads.width)
    }
  }
}

/// How the heads of a layer lie in their rows.
private struct Heads {
  let width: Int
  /// Query heads to a key-value head.
  let group: Int
  /// Floats of a position's queries, and of its keys.
  let queries: Int
  let kept: Int
  let scale: Float

  init(_ shape: ModelShape) {
    width = shape.headWidth
    group = shape.heads / shape.kvHeads
    queries = shape.heads * shape.headWidth
    kept = shape.kvHeads * shape.headWidth
    scale = 1 / Float(width).squareRoot()
  }
}

/// What one thread needs to attend to many queries at once.
final class AttentionLane {
  /// Keys transposed, `width` rows of a position each.
  fileprivate private(set) var keys = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  /// Values, a position a row.
  fileprivate private(set) var values = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  fileprivate private(set) var scores = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  private var sizes = (keys: 1, scores: 1)

  deinit {
    keys.deallocate()
    values.deallocate()
    scores.deallocate()
  }

  fileprivate func reserve(width: Int, positions: Int, queries: Int) {
    if sizes.keys < width * positions {
      sizes.keys = width * positions * 2
      keys.deallocate()
      values.deallocate()
      keys = .allocate(capacity: sizes.keys)
      values = .allocate(capacity: sizes.keys)
    }
    if sizes.scores < queries * positions {
      sizes.scores = queries * positions * 2
      scores.deallocate()
      scores = .allocate(capacity: sizes.scores)
    }
  }

  /// Keys and values of one head of a layer, as single precision, keys turned.
  fileprivate func unpack(
    _ cache: KVCache, layer: Int, offset: Int, positions: Int, padded: Int, width: Int
  ) {
    switch cache.form {
    case .floats:
      let (cachedKeys, cachedValues) = cache.floats(layer: layer)
      Kernel.toColumns(
        cachedKeys + offset, rows: positions, stride: cache.width, width: width, into: keys,
        columns: padded)
      for position in 0..<positions {
        (values + position * width).update(
          from: cachedValues + offset + position * cache.width, count: width)
      }
    case .halves:
      let (halfKeys, halfValues) = cache.halves(layer: layer)
      widen(halfKeys + offset, positions: positions, stride: cache.width, width: width)
      Kernel.toColumns(
        values, rows: positions, stride: width, width: width, into: keys, columns: padded)
      widen(halfValues + offset, positions: positions, stride: cache.width, width: width)
    }
  }

  private func widen(
    _ halves: UnsafePointer<UInt16>, positions: Int, stride: Int, width: Int
  ) {
    for position in 0..<positions {
      Kernel.toFloat(halves + position * stride, count: width, into: values + position * width)
    }
  }
}

/// Lanes to be taken by whichever thread comes; as many are made as threads ever came at once.
final class AttentionLanes: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var free: [AttentionLane] = []

  func take() -> AttentionLane { lock.withLock { free.popLast() } ?? AttentionLane() }
  func giveBack(_ lane: AttentionLane) { lock.withLock { free.append(lane) } }
}
