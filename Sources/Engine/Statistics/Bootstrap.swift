/// Random numbers from a seed, the same everywhere: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
package struct SplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// At least 0, below `count`; which of them is as good as evenly chosen.
  package mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }
}

/// What a change did to one problem: answers it won less those it lost, of so many pairs.
package struct PairedScore: Equatable, Sendable {
  package var gain: Int
  package var pairs: Int
  package init(gain: Int = 0, pairs: Int = 0) {
    self.gain = gain
    self.pairs = pairs
  }
}

/// Resamples problems, not answers: samples of one problem are alike, and what a method is to be
/// shown to do it is to do on other problems.
package struct Bootstrap: Equatable, Sendable {
  package var resamples = 10_000
  package var seed: UInt64 = 1
  package init() {}
  package init(resamples: Int, seed: UInt64) {
    self.resamples = resamples
    self.seed = seed
  }

  /// 95% intervals of the mean gain a pair, one for each change; percentiles.
  ///
  /// A change has as many scores as there are problems, those without pairs included; every change
  /// is judged on the same draws of problems. `nil` where a change has no pairs, or there is but
  /// one problem with any: resampling one problem shows no spread.
  package func intervals(of changes: [[PairedScore]]) -> [Interval?] {
    guard let problems = changes.first?.count, problems > 0 else { return changes.map { _ in nil } }
    precondition(changes.allSatisfy { $0.count == problems }, "scores of the same problems")
    var random = SplitMix(seed: seed)
    var means = changes.map { _ in [Double]() }
    var draw = [Int](repeating: 0, count: problems)
    for _ in 0..<resamples {
      for place in draw.indices { draw[place] = random.index(below: problems) }
      for (change, scores) in changes.enumerated() {
        var (gain, pairs) = (0, 0)
        for problem in draw {
          gain += scores[problem].gain
          pairs += scores[problem].pairs
        }
        if pairs > 0 { means[change].append(Double(gain) / Double(pairs)) }
      }
    }
    return zip(changes, means).map { scores, means in
      guard scores.count(where: { $0.pairs > 0 }) > 1 else { return nil }
      let sorted = means.sorted()
      guard let lower = Statistics.quantile(0.025, of: sorted),
        let upper = Statistics.quantile(0.975, of: sorted)
      else { return nil }
      return Interval(lower: lower, upper: upper)
    }
  }
}
