import Foundation
import Testing

@testable import Sessions

@Suite struct ModelProfileTests {
  private let calibration = Calibration(
    signal: "meanLogProbability", steps: 412, problems: 60,
    knots: [[-2, 0.25], [-1, 0.25], [-0.5, 0.75], [0, 1]])

  @Test func `a probability is linear between knots and that of the nearest one beyond`() {
    for (value, expected) in [
      (-9.0, 0.25), (-2, 0.25), (-1.5, 0.25), (-0.75, 0.5), (-0.5, 0.75), (-0.25, 0.875), (0, 1),
      (3, 1), (-.infinity, 0.25), (.infinity, 1),
    ] {
      #expect(calibration.probability(at: value) == expected, "\(value)")
    }
    #expect(calibration.probability(at: .nan) == nil)
  }

  @Test func `knots that are none give no probability`() {
    for knots in [[], [[1.0]], [[0, 0], [1, 1, 1]]] {
      let odd = Calibration(signal: "margin", steps: 1, problems: 1, knots: knots)
      #expect(odd.probability(at: 0.5) == nil)
    }
    let alone = Calibration(signal: "margin", steps: 1, problems: 1, knots: [[0.5, 0.7]])
    #expect(alone.probability(at: 0.1) == 0.7)
  }

  @Test func `what journals before 1.1 lack is taken for no, and not written`() throws {
    let old =
      #"{"alternatives":0,"continuation":"quoted","logProbabilities":false,"#
      + #""scoring":false,"streaming":true,"thinking":false,"tokenIDs":false,"trueBytes":false}"#
    let read = try JSONDecoder().decode(Capabilities.self, from: Data(old.utf8))
    #expect(read.hiddenStates == false)
    #expect(read == Capabilities())
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(read), as: UTF8.self) == old)
    let new = try encoder.encode(Capabilities(hiddenStates: true))
    #expect(String(decoding: new, as: UTF8.self).contains(#""hiddenStates":true"#))
    #expect(try JSONDecoder().decode(Capabilities.self, from: new).hiddenStates)
  }
}
