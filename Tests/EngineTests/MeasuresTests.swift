import Foundation
import Sessions
import Testing

@testable import Engine

private func table(_ logProbabilities: [Float?], entropy: EntropyBounds? = nil) -> TokenTable {
  var table = TokenTable()
  for value in logProbabilities {
    table.append(Token(bytes: [0x61], logProbability: value, entropy: entropy))
  }
  return table
}

@Suite struct MeasuresTests {
  @Test func `means leave out what is absent and what is a floor, and count it`() throws {
    let measures = StepMeasures(of: table([-1, nil, -.infinity, -9_999, -3]), in: 0..<5)
    #expect(measures.tokens == 5)
    #expect(measures.measured == 2)
    #expect(measures.meanLogProbability == -2)
    #expect(measures.minLogProbability == -3)
    #expect(measures.meanEntropy == nil)
    #expect(measures.meanMargin == nil)
  }

  @Test func `without log-probabilities there is no bar`() {
    let measures = StepMeasures(of: table([nil, nil]), in: 0..<2)
    for signal in Signal.allCases {
      #expect(signal.value(in: measures) == nil)
      #expect(signal.confidence(in: measures, by: nil) == nil)
    }
  }

  @Test func `the lowest window is the worst stretch, not the worst token`() throws {
    let calm = [Float](repeating: -0.1, count: 40)
    let rough = [Float](repeating: -2, count: StepMeasures.window)
    let measures = StepMeasures(of: table(calm + rough + calm), in: 0..<96)
    #expect(abs(try #require(measures.lowestWindow) + 2) < 1e-4)
    let short = StepMeasures(of: table([-1, -3]), in: 0..<2)
    #expect(short.lowestWindow == -2)
  }

  @Test func `every confidence lies between 0 and 1 and names its unit`() {
    for seed in UInt64(0)..<200 {
      var random = Seeded(seed)
      var table = TokenTable()
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let p = Float.random(in: 0.001...1, using: &random)
        table.append(
          Token(
            bytes: [0x61], logProbability: log(p),
            entropy: EntropyBounds(lower: p, upper: p * 2),
            alternatives: [
              Alternative(bytes: [0x61], logProbability: log(p)),
              Alternative(bytes: [0x62], logProbability: log(1.0001 - p)),
            ]))
      }
      let measures = StepMeasures(of: table, in: 0..<table.count)
      for signal in Signal.allCases {
        let confidence = signal.confidence(in: measures, by: nil)
        #expect(confidence.map { (0...1).contains($0) } == true, "seed \(seed), \(signal)")
        #expect(!signal.unit.isEmpty && !signal.name.isEmpty && !signal.source.isEmpty)
      }
      let entropy = Signal.meanEntropy.value(in: measures)
      #expect(entropy?.isExact == false, "seed \(seed)")
    }
  }

  @Test func `the sampled token that a server adds to its top k is left out of the bounds`() {
    let two = [
      Alternative(bytes: [0x61], logProbability: log(0.5)),
      Alternative(bytes: [0x62], logProbability: log(0.2)),
    ]
    let extra = two + [Alternative(bytes: [0x63], logProbability: log(0.001))]
    let expected = EntropyBounds(alternatives: two, limit: 2, vocabularySize: 100)
    #expect(EntropyBounds(alternatives: extra, limit: 2, vocabularySize: 100) == expected)
    let doubled = [two[0], two[0], two[1]]
    #expect(EntropyBounds(alternatives: doubled, limit: 2, vocabularySize: 100) == expected)
  }

  @Test func `a token's overlay shows nothing where nothing is known`() {
    let table = table([nil, -.infinity, 0])
    #expect(TokenSignal.probability.value(at: 0, in: table) == nil)
    #expect(TokenSignal.probability.value(at: 1, in: table)?.value == 0)
    #expect(TokenSignal.probability.value(at: 2, in: table)?.value == 1)
    #expect(TokenSignal.entropy.value(at: 2, in: table) == nil)
  }
}
