import Sessions

/// One bar of a reliability diagram: units of like confidence, and how many of them were right.
package struct ReliabilityBin: Codable, Equatable, Sendable {
  /// The confidences it is for; in a diagram of equal mass, those it holds.
  package var lower: Double
  package var upper: Double
  package var count: Int
  package var right: Int
  /// Mean confidence of the units in it.
  package var confidence: Double
  package var share: Double { Double(right) / Double(count) }
  /// Wilson's, at the effective number of units: those of one problem are alike.
  package var interval: Interval?

  private enum CodingKeys: String, CodingKey {
    case lower, upper, count, right, confidence, interval
  }
}

extension ScoredSet {
  package enum Binning: String, Codable, CaseIterable, Sendable { case equalWidth, equalMass }

  /// Bins with units in them, by rising confidence; at most `count`.
  ///
  /// Units of equal confidence are never parted: where many are alike, bins of equal mass are fewer.
  package func bins(_ binning: Binning, count: Int = 10) -> [ReliabilityBin] {
    let sums = sums(binning, count: count, weights: ones)
    var members: [Int: [Int]] = [:]
    for (place, bin) in zip(byConfidence, binOfSorted(binning, count: count, weights: ones)) {
      members[bin, default: []].append(place)
    }
    return sums.enumerated().compactMap { bin, sum in
      guard sum.count > 0, let places = members[bin] else { return nil }
      let confidences = places.map { units[$0].confidence }
      let isWidth = binning == .equalWidth
      var scores: [Int: Score] = [:]
      for place in places {
        scores[problemOf[place], default: Score()].count += 1
        scores[problemOf[place], default: Score()].right += units[place].isRight ? 1 : 0
      }
      return ReliabilityBin(
        lower: isWidth ? Double(bin) / Double(count) : confidences.min() ?? 0,
        upper: isWidth ? Double(bin + 1) / Double(count) : confidences.max() ?? 0,
        count: Int(sum.count), right: Int(sum.right), confidence: sum.confidence / sum.count,
        interval: Statistics.interval(
          ofShareIn: scores.sorted { $0.key < $1.key }.map(\.value)))
    }
  }

  /// Expected calibration error: the mean distance between confidence and share right, by bin.
  ///
  /// Naeini, Cooper and Hauskrecht, AAAI 2015, with equal width; with equal mass Nguyen and
  /// O'Connor, EMNLP 2015, which no empty bin can flatter. Both are too high on few units: the
  /// noise of a bin counts as error.
  package func expectedCalibrationError(_ binning: Binning, count: Int = 10) -> Double? {
    expectedCalibrationError(binning, count: count, weights: ones)
  }

  /// Mean squared distance between confidence and outcome, 1 for right and 0 for wrong.
  ///
  /// Brier, Monthly Weather Review 78 (1950), in the form for two outcomes.
  package var brier: Double? { brier(weights: ones) }

  func expectedCalibrationError(_ binning: Binning, count: Int = 10, weights: [Int]) -> Double? {
    let sums = sums(binning, count: count, weights: weights)
    let total = sums.reduce(0) { $0 + $1.count }
    guard total > 0 else { return nil }
    return sums.reduce(0) { $0 + abs($1.confidence - $1.right) } / total
  }

  func brier(weights: [Int]) -> Double? {
    var (sum, total) = (0.0, 0)
    for (unit, weight) in zip(units, weights) where weight > 0 {
      let off = unit.confidence - (unit.isRight ? 1 : 0)
      sum += Double(weight) * off * off
      total += weight
    }
    return total > 0 ? sum / Double(total) : nil
  }

  struct BinSum: Equatable {
    var count = 0.0
    var right = 0.0
    var confidence = 0.0
  }

  private func sums(_ binning: Binning, count: Int, weights: [Int]) -> [BinSum] {
    var sums = [BinSum](repeating: BinSum(), count: count)
    for (place, bin) in zip(byConfidence, binOfSorted(binning, count: count, weights: weights)) {
      let weight = Double(weights[place])
      sums[bin].count += weight
      sums[bin].right += units[place].isRight ? weight : 0
      sums[bin].confidence += weight * units[place].confidence
    }
    return sums
  }

  /// The bin of each unit, in the order of ``byConfidence``.
  private func binOfSorted(_ binning: Binning, count: Int, weights: [Int]) -> [Int] {
    switch binning {
    case .equalWidth:
      return byConfidence.map { min(Int(units[$0].confidence * Double(count)), count - 1) }
    case .equalMass:
      let total = weights.reduce(0, +)
      var bins: [Int] = []
      bins.reserveCapacity(byConfidence.count)
      var (before, start) = (0, 0)
      while start < byConfidence.count {
        let confidence = units[byConfidence[start]].confidence
        var (end, weight) = (start, 0)
        while end < byConfidence.count, units[byConfidence[end]].confidence == confidence {
          weight += weights[byConfidence[end]]
          end += 1
        }
        // A tie lies where its middle does.
        let bin = total > 0 ? (2 * before + weight) * count / (2 * total) : 0
        bins.append(contentsOf: repeatElement(min(bin, count - 1), count: end - start))
        before += weight
        start = end
      }
      return bins
    }
  }
}
