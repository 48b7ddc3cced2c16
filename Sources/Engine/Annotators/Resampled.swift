import Sessions

/// Numbers of which those of two sets of steps add up to those of both.
///
/// Every measure of agreement here is a function of such sums, so that a resample of problems is
/// an addition of what each problem came to, and no label is looked at twice.
package protocol Sums: Sendable {
  var cells: [Double] { get set }
}

/// How often each problem was drawn, resample by resample.
///
/// Problems are drawn, not steps: the steps of a chain, and the chains of a problem, are alike.
package struct Draws: Sendable {
  package let problems: Int
  /// Resamples x problems.
  ///
  /// Of more than 255 problems none is drawn more than 255 times in any number of resamples that
  /// anyone could wait for.
  let counts: [[UInt8]]

  package init(problems: Int, bootstrap: Bootstrap) {
    self.problems = problems
    var random = SplitMix(seed: bootstrap.seed)
    counts =
      problems < 2
      ? []
      : (0..<bootstrap.resamples).map { _ in
        var count = [UInt8](repeating: 0, count: problems)
        for _ in 0..<problems {
          let drawn = random.index(below: problems)
          count[drawn] = count[drawn] &+ 1
        }
        return count
      }
  }
}

/// Sums over all problems, and over each resample of them.
struct Resampled<S: Sums>: Sendable {
  let total: S
  private let draws: [S]
  /// At least two problems say something; of one, every resample that holds it is the same.
  private let showsSpread: Bool

  /// - Parameters:
  ///   - empty: sums of nothing.
  ///   - fill: adds what the problem of that number came to.
  init(_ empty: S, _ draws: Draws, fill: (Int, inout S) -> Void) {
    var total = empty
    // Only cells that are not zero are kept: a problem has few of them.
    var cells: [Int32] = []
    var amounts: [Double] = []
    var starts = [0]
    var scratch = empty
    var telling = 0
    for problem in 0..<draws.problems {
      fill(problem, &scratch)
      for cell in scratch.cells.indices where scratch.cells[cell] != 0 {
        cells.append(Int32(cell))
        amounts.append(scratch.cells[cell])
        total.cells[cell] += scratch.cells[cell]
        scratch.cells[cell] = 0
      }
      if cells.count > starts[problem] { telling += 1 }
      starts.append(cells.count)
    }
    self.total = total
    showsSpread = telling > 1
    guard showsSpread else {
      self.draws = []
      return
    }
    self.draws = draws.counts.map { counts in
      var sums = empty
      sums.cells.withUnsafeMutableBufferPointer { sums in
        for (problem, count) in counts.enumerated() where count > 0 {
          let weight = Double(count)
          for place in starts[problem]..<starts[problem + 1] {
            sums[Int(cells[place])] += weight * amounts[place]
          }
        }
      }
      return sums
    }
  }

  /// The measure with its percentile interval.
  func estimate(_ measure: (S) -> Measured) -> AgreementEstimate {
    let measured = measure(total)
    guard showsSpread, measured.value != nil else { return AgreementEstimate(measured) }
    let values = draws.compactMap { measure($0).value }.sorted()
    guard Double(draws.count - values.count) <= 0.025 * Double(draws.count),
      let lower = Statistics.quantile(0.025, of: values),
      let upper = Statistics.quantile(0.975, of: values)
    else { return AgreementEstimate(measured) }
    return AgreementEstimate(measured, interval: Interval(lower: lower, upper: upper))
  }
}
