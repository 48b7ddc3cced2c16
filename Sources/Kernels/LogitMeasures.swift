import Foundation
import KernelsSIMD

/// What one pass over all the logits of a token tells.
package struct LogitMeasures: Sendable {
  /// At temperature 1: a logit less this is its log-probability.
  package var logSumExp: Float
  /// At temperature 1.
  package var entropy: Nats
  package var entropyAtTemperature: Nats
  /// The likeliest, with their log-probabilities at temperature 1; of equals the lower id first.
  package var top: [(id: Int32, logProbability: Float)]
  /// False when a logit is NaN or positive infinity, or none is above negative infinity.
  ///
  /// Everything else is then NaN, and `top` is empty.
  package var isFinite: Bool

  static var undefined: LogitMeasures {
    LogitMeasures(
      logSumExp: .nan, entropy: Nats(.nan), entropyAtTemperature: Nats(.nan), top: [],
      isFinite: false)
  }
}

extension Kernel {
  /// Measures the distribution that `count` logits stand for.
  ///
  /// At a `temperature` of 0 all of it is on the likeliest token, and its entropy 0. The likeliest
  /// `k` are as the twin has them; the rest agrees to rounding, entropies to about 1e-6 nats.
  package static func measure(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int
  ) -> LogitMeasures {
    guard isFast else {
      return Reference.measure(logits, count: count, temperature: temperature, top: k)
    }
    let work = LogitWork(logits, count: count, temperature: temperature, top: k, shares: 1)
    defer { work.deallocate() }
    work.run(share: 0)
    return work.measures
  }

  /// The same, shared between the threads of `pool`; the same bits, however many these are.
  package static func measure(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int, pool: WorkerPool
  ) -> LogitMeasures {
    guard isFast, pool.threads > 1 else {
      return measure(logits, count: count, temperature: temperature, top: k)
    }
    let work = LogitWork(logits, count: count, temperature: temperature, top: k, shares: 8)
    defer { work.deallocate() }
    pool.run(chunks: work.shares) { work.run(share: $0) }
    return work.measures
  }
}

/// Logits to be measured in parts, some parts a share, some shares a thread.
private struct LogitWork {
  /// Logits of a part; they stay in the first-level cache.
  ///
  /// Each part is summed by itself and the sums are put together in order. That parts are the same
  /// for any number of shares is what makes the result so.
  private static let partLength = 4096

  let shares: Int
  private let logits: UnsafePointer<Float>
  private let count: Int
  private let parts: Int
  private let k: Int
  /// What distances are multiplied with; `nil` at a temperature of 0.
  private let inverse: Float?
  /// `[parts]`
  private let sums: UnsafeMutablePointer<LogitSums>
  /// `[shares]`
  private let tops: UnsafeMutablePointer<TopList>
  /// `[shares][k]`, the rooms of the lists.
  private let topLogits: UnsafeMutablePointer<Float>
  private let topIDs: UnsafeMutablePointer<Int32>

  init(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int, shares: Int
  ) {
    self.logits = logits
    self.count = count
    self.k = min(k, count)
    parts = (count + Self.partLength - 1) / Self.partLength
    self.shares = max(1, min(shares, parts))
    let inverse = 1 / temperature
    self.inverse = temperature > 0 && inverse.isFinite ? inverse : nil
    sums = .allocate(capacity: max(parts, 1))
    tops = .allocate(capacity: self.shares)
    topLogits = .allocate(capacity: max(self.shares * self.k, 1))
    topIDs = .allocate(capacity: max(self.shares * self.k, 1))
  }

  func deallocate() {
    sums.deallocate()
    tops.deallocate()
    topLogits.deallocate()
    topIDs.deallocate()
  }

  func run(share: Int) {
    var top = TopList(logits: topLogits + share * k, ids: topIDs + share * k, capacity: k)
    for part in parts * share / shares..<parts * (share + 1) / shares {
      let first = part * Self.partLength
      let length = min(Self.partLength, count - first)
      sums[part] = Fast.sums(logits + first, count: length, inverse: inverse ?? 1)
      Fast.gather(logits + first, count: length, first: Int32(first), into: &top)
    }
    tops[share] = top
  }

  /// The sums of all parts put together, once all shares are done.
  var measures: LogitMeasures {
    var largest = -Float.infinity
    for part in 0..<parts {
      guard sums[part].areNumbers else { return .undefined }
      largest = max(largest, sums[part].largest)
    }
    guard largest.isFinite else { return .undefined }
    let one = entropy(from: largest, inverse: 1) { ($0.sum, $0.weighted) }
    let logSumExp = Double(largest) + one.logSum
    var other = Nats.zero
    if let inverse {
      other =
        entropy(from: largest, inverse: Double(inverse)) {
          ($0.sumAtTemperature, $0.weightedAtTemperature)
        }.entropy
    }
    return LogitMeasures(
      logSumExp: Float(logSumExp), entropy: one.entropy, entropyAtTemperature: other,
      top: top.map { ($0.id, Float(Double($0.logit) - logSumExp)) }, isFinite: true)
  }

  /// With d the distance of a part's largest logit to that of all, its sum counts e^d times.
  private func entropy(
    from largest: Float, inverse: Double, _ of: (LogitSums) -> (Float, Float)
  ) -> (logSum: Double, entropy: Nats) {
    var (sum, weighted) = (0.0, 0.0)
    for part in 0..<parts where sums[part].largest > -.infinity {
      let distance = (Double(sums[part].largest) - Double(largest)) * inverse
      let (partSum, partWeighted) = of(sums[part])
      sum += exp(distance) * Double(partSum)
      weighted += exp(distance) * (Double(partWeighted) + distance * Double(partSum))
    }
    return (log(sum), Nats(max(0, log(sum) - weighted / sum)))
  }

  /// The likeliest of all shares.
  private var top: [(id: Int32, logit: Float)] {
    var all: [(id: Int32, logit: Float)] = []
    all.reserveCapacity(shares * k)
    for share in 0..<shares {
      let list = tops[share]
      for i in 0..<list.count { all.append((list.ids[i], list.logits[i])) }
    }
    if shares > 1 { all.sort { ($0.logit, $1.id) > ($1.logit, $0.id) } }
    return Array(all.prefix(k))
  }
}
