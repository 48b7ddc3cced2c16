import Foundation

/// Adam with decoupled weight decay, step for step as PyTorch's `torch.optim.AdamW`.
///
/// <https://arxiv.org/abs/1711.05101>. Moments are single precision, their corrections double.
struct AdamW {
  private let count: Int
  private let first: UnsafeMutablePointer<Float>
  private let second: UnsafeMutablePointer<Float>
  private var step = 0

  init(count: Int) {
    self.count = count
    first = .allocate(capacity: count)
    second = .allocate(capacity: count)
    reset()
  }

  func deallocate() {
    first.deallocate()
    second.deallocate()
  }

  mutating func reset() {
    step = 0
    first.update(repeating: 0, count: count)
    second.update(repeating: 0, count: count)
  }

  /// Moves `x` against its gradient.
  mutating func move(
    _ x: UnsafeMutablePointer<Float>, against gradient: UnsafePointer<Float>,
    _ settings: CorrectionSettings
  ) {
    step += 1
    let (b1, b2) = (settings.firstDecay, settings.secondDecay)
    let shrink = 1 - settings.learningRate * settings.weightDecay
    let length = Float(Double(settings.learningRate) / (1 - pow(Double(b1), Double(step))))
    let spread = Float(1 / (1 - pow(Double(b2), Double(step))).squareRoot())
    for i in 0..<count {
      let g = gradient[i]
      first[i] = b1 * first[i] + (1 - b1) * g
      second[i] = b2 * second[i] + (1 - b2) * g * g
      let deviation = second[i].squareRoot() * spread + settings.epsilon
      x[i] = x[i] * shrink - length * first[i] / deviation
    }
  }
}
