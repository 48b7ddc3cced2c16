import Foundation

/// The plain twin of ``CorrectiveVector``: the published algorithm with its gradient written out.
///
/// Every position's logits are moved and made probabilities anew in each step. In single precision
/// it is what the fast one is timed against; in double, what is true.
package struct PlainCorrection<Number: BinaryFloatingPoint> {
  /// Rows of the output matrix, one after the other, `columns` each.
  package var weights: [Number]
  package var columns: Int
  /// Of each position its logits, and the token that came next.
  package var prefix: [(logits: [Number], next: Int)]
  /// Logits of the token to come.
  package var current: [Number]
  package var settings: CorrectionSettings

  package init(
    weights: [Number], columns: Int, prefix: [(logits: [Number], next: Int)], current: [Number],
    settings: CorrectionSettings
  ) {
    self.weights = weights
    self.columns = columns
    self.prefix = prefix
    self.current = current
    self.settings = settings
  }

  package struct Losses {
    package var crossEntropy: Number
    package var entropy: Number
    package var loss: Number
  }

  /// u = W d.
  package func bias(_ vector: [Number]) -> [Number] {
    current.indices.map { row in
      (0..<columns).reduce(0) { $0 + weights[row * columns + $1] * vector[$1] }
    }
  }

  package func losses(_ vector: [Number]) -> Losses {
    let bias = bias(vector)
    var crossEntropy: Number = 0
    for (logits, next) in prefix {
      crossEntropy -= logProbabilities(logits, bias, 1)[next] / Number(prefix.count)
    }
    let log = logProbabilities(current, bias, inverse)
    let entropy = log.reduce(0) { $0 + informed(probability($1), $1) }
    return Losses(
      crossEntropy: crossEntropy, entropy: entropy,
      loss: (1 - weight) * crossEntropy + weight * entropy)
  }

  /// Of the loss, by the vector.
  package func gradient(_ vector: [Number]) -> [Number] {
    let bias = bias(vector)
    var byBias = [Number](repeating: 0, count: current.count)
    for (logits, next) in prefix {
      let share = (1 - weight) / Number(prefix.count)
      let log = logProbabilities(logits, bias, 1)
      for j in log.indices { byBias[j] += share * probability(log[j]) }
      byBias[next] -= share
    }
    let log = logProbabilities(current, bias, inverse)
    let entropy = log.reduce(0) { $0 + informed(probability($1), $1) }
    for j in log.indices {
      let q = probability(log[j])
      byBias[j] -= weight * inverse * (q * entropy - informed(q, log[j]))
    }
    var out = [Number](repeating: 0, count: columns)
    for row in byBias.indices {
      for c in 0..<columns { out[c] += byBias[row] * weights[row * columns + c] }
    }
    return out
  }

  /// The vector after all steps, the losses before each, and the entropy after the last.
  package func fit() -> (vector: [Number], steps: [Losses], entropyAfter: Number) {
    var vector = [Number](repeating: 0, count: columns)
    var (first, second) = (vector, vector)
    var steps: [Losses] = []
    let (b1, b2) = (Number(settings.firstDecay), Number(settings.secondDecay))
    let rate = Number(settings.learningRate)
    for step in 1..<max(1, settings.steps + 1) {
      steps.append(losses(vector))
      let gradient = gradient(vector)
      let (left1, left2) = (power(b1, step), power(b2, step))
      for c in 0..<columns {
        first[c] = b1 * first[c] + (1 - b1) * gradient[c]
        second[c] = b2 * second[c] + (1 - b2) * gradient[c] * gradient[c]
        vector[c] *= 1 - rate * Number(settings.weightDecay)
        let deviation = (second[c] / (1 - left2)).squareRoot() + Number(settings.epsilon)
        vector[c] -= rate * first[c] / (1 - left1) / deviation
      }
    }
    return (vector, steps, losses(vector).entropy)
  }

  private var weight: Number { Number(settings.entropyWeight) }
  private var inverse: Number { Number(settings.inverseTemperature) }

  private func logProbabilities(
    _ logits: [Number], _ bias: [Number], _ inverse: Number
  ) -> [Number] {
    let moved = zip(logits, bias).map { ($0 + $1) * inverse }
    let largest = moved.max() ?? 0
    let sum = moved.reduce(0) { $0 + probability($1 - largest) }
    let logSum = largest + Number(log(Double(sum)))
    return moved.map { $0 - logSum }
  }

  private func probability(_ log: Number) -> Number { Number(exp(Double(log))) }

  /// What a token adds to the entropy.
  private func informed(_ q: Number, _ log: Number) -> Number { q > 0 ? -q * log : 0 }

  private func power(_ x: Number, _ count: Int) -> Number {
    (0..<count).reduce(1) { product, _ in product * x }
  }
}

extension Reference {
  /// The plain twin in single precision, compiled for it.
  package static func correct(_ plain: PlainCorrection<Float>) -> [Float] { plain.fit().vector }
}
