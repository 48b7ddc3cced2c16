import Foundation

extension Reference {
  package static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    var squares: Float = 0
    for i in 0..<count { squares += x[i] * x[i] }
    let scale = 1 / (squares / Float(count) + epsilon).squareRoot()
    for i in 0..<count { out[i] = x[i] * scale * weight[i] }
  }

  package static func add(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    for i in 0..<count { out[i] += x[i] }
  }

  package static func swiGLU(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count { out[i] = gate[i] / (1 + exp(-gate[i])) * up[i] }
  }

  package static func rotateAdjacent(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    for head in 0..<heads {
      let first = x + head * headWidth
      for i in 0..<rotated / 2 { rotate(first + 2 * i, first + 2 * i + 1, cosines[i], sines[i]) }
    }
  }

  package static func rotateHalves(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    for head in 0..<heads {
      let first = x + head * headWidth
      for i in 0..<rotated / 2 {
        rotate(first + i, first + i + rotated / 2, cosines[i], sines[i])
      }
    }
  }

  private static func rotate(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ cosine: Float,
    _ sine: Float
  ) {
    let (x, y) = (a.pointee, b.pointee)
    a.pointee = x * cosine - y * sine
    b.pointee = x * sine + y * cosine
  }

  package static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<UInt16>, values: UnsafePointer<UInt16>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    attend(
      query, positions, stride, width, scale, scores, out, key: { float(half: keys[$0]) },
      value: { float(half: values[$0]) })
  }

  package static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    attend(
      query, positions, stride, width, scale, scores, out, key: { keys[$0] },
      value: { values[$0] })
  }

  private static func attend(
    _ query: UnsafePointer<Float>, _ positions: Int, _ stride: Int, _ width: Int, _ scale: Float,
    _ scores: UnsafeMutablePointer<Float>, _ out: UnsafeMutablePointer<Float>,
    key: (Int) -> Float, value: (Int) -> Float
  ) {
    for p in 0..<positions {
      var dot: Float = 0
      for i in 0..<width { dot += query[i] * key(p * stride + i) }
      scores[p] = dot * scale
    }
    softmax(scores, count: positions, temperature: 1)
    for i in 0..<width { out[i] = 0 }
    for p in 0..<positions {
      for i in 0..<width { out[i] += scores[p] * value(p * stride + i) }
    }
  }

  package static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, temperature: Float) {
    guard count > 0 else { return }
    var largest = -Float.infinity
    for i in 0..<count { largest = max(largest, x[i]) }
    var sum: Float = 0
    for i in 0..<count {
      x[i] = exp((x[i] - largest) / temperature)
      sum += x[i]
    }
    for i in 0..<count { x[i] /= sum }
  }

  package static func measure(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int
  ) -> LogitMeasures {
    let largest = (0..<count).reduce(-Float.infinity) { max($0, logits[$1]) }
    let isNumber = (0..<count).allSatisfy { !logits[$0].isNaN }
    guard isNumber, largest.isFinite else { return .undefined }

    func entropy(at temperature: Double) -> (logSum: Double, entropy: Nats) {
      var (sum, weighted) = (0.0, 0.0)
      for i in 0..<count where logits[i] > -.infinity {
        let distance = (Double(logits[i]) - Double(largest)) / temperature
        sum += exp(distance)
        weighted += distance * exp(distance)
      }
      return (log(sum), Nats(max(0, log(sum) - weighted / sum)))
    }

    let one = entropy(at: 1)
    let logSumExp = Double(largest) + one.logSum
    let order = (0..<count).sorted { (logits[$0], $1) > (logits[$1], $0) }
    return LogitMeasures(
      logSumExp: Float(logSumExp), entropy: one.entropy,
      entropyAtTemperature: temperature > 0 ? entropy(at: Double(temperature)).entropy : .zero,
      top: order.prefix(k).map { (Int32($0), Float(Double(logits[$0]) - logSumExp)) },
      isFinite: true)
  }
}
