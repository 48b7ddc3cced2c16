import Kernels

extension Kernel {
  /// ``measure(_:count:temperature:top:)`` over a buffer, which has at least one logit.
  static func measure(
    _ logits: UnsafeBufferPointer<Float>, temperature: Float, top: Int, pool: WorkerPool? = nil
  ) -> LogitMeasures {
    guard let start = logits.baseAddress else { preconditionFailure("there are no logits") }
    // Below this a second thread has not woken before the first is done.
    guard let pool, pool.threads > 1, logits.count > 32_768 else {
      return measure(start, count: logits.count, temperature: temperature, top: top)
    }
    return measure(start, count: logits.count, temperature: temperature, top: top, pool: pool)
  }
}
