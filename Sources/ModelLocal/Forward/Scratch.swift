import Kernels

/// Working memory of forward passes over at most `batch` positions.
///
/// Decoders that the same thread drives share one.
package final class Scratch {
  let batch: Int
  let residual: UnsafeMutablePointer<Float>
  let normed: UnsafeMutablePointer<Float>
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
  let value: UnsafeMutablePointer<Float>
  let attended: UnsafeMutablePointer<Float>
  let gate: UnsafeMutablePointer<Float>
  let up: UnsafeMutablePointer<Float>
  let scores: UnsafeMutablePointer<Float>
  let activations = Activations()
  /// One for each thread that attends to a prompt.
  let lanes = AttentionLanes()
  private let all: UnsafeMutablePointer<Float>

  /// Every head may be attended to at once, each with scores for a whole context.
  package init(_ shape: ModelShape, context: Int, batch: Int = 128) {
    let batch = min(batch, context)
    let heads = shape.heads
    self.batch = batch
    let queries = shape.heads * shape.headWidth
    let kept = shape.kvHeads * shape.headWidth
    let sizes = [
      batch * shape.width, batch * max(shape.width, queries), batch * queries, batch * kept,
      batch * kept, batch * queries, batch * shape.feedForward, batch * shape.feedForward,
      heads * context,
    ]
    all = .allocate(capacity: sizes.reduce(0, +))
    all.initialize(repeating: 0, count: sizes.reduce(0, +) - heads * context)
    var next = all
    func take(_ size: Int) -> UnsafeMutablePointer<Float> {
      defer { next += size }
      return next
    }
    residual = take(sizes[0])
    normed = take(sizes[1])
    query = take(sizes[2])
    key = take(sizes[3])
    value = take(sizes[4])
    attended = take(sizes[5])
    gate = take(sizes[6])
    up = take(sizes[7])
    scores = take(sizes[8])
  }

  deinit { all.deallocate() }
}
