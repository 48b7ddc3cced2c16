import Engine
import Foundation
import Sessions

extension Bench {
  /// Five people on 10,000 steps, everything compared with everything, each number with its
  /// interval; by the processor, from labels in memory.
  func agreement(resamples: Int = 1000) -> [Result] {
    let names = ["ada", "ben", "cleo", "dov", "eve"]
    var random = SeededGenerator(seed: 1)
    let types = ["arithmetic", "misread", "units", "circular", "skipped", "format"]
    let chains = (0..<1000).map { number in
      let truth = (0..<10).map { _ in Int.random(in: 0..<8, using: &random) == 0 }
      var chain = RatedChain(id: "c\(number)", problem: "p\(number)", steps: Array(0..<10))
      for name in names + ["gold"] {
        var ratings: [Int: ComparedLabel] = [:]
        for (step, isWrong) in truth.enumerated() {
          let isCalled = (Int.random(in: 0..<10, using: &random) > 0) == isWrong
          ratings[step] = ComparedLabel(
            isCalled ? .incorrect : .correct,
            errorType: isCalled ? types.randomElement(using: &random) : nil,
            wall: Double(number * 10 + step))
        }
        chain.ratings[name] = ratings
        if number < 100 { chain.repeats[name] = ratings }
      }
      return chain
    }
    let values = (0..<runs).map { _ in
      let began = processorTime()
      let found = AnnotatorAgreement(
        chains, annotators: names, gold: "gold", isOrdinal: true,
        bootstrap: Bootstrap(resamples: resamples, seed: 1))
      let seconds = processorTime() - began
      precondition(found.pairs.count == 10 && found.overall.alpha.interval != nil)
      return seconds
    }
    return [
      Result(
        what: "agreement of 5 annotators on 10,000 steps, \(resamples) resamples",
        required: "5 s", unit: "s", values: values)
    ]
  }
}
