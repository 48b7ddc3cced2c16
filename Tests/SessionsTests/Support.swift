import Foundation

@testable import Sessions

/// A folder that is gone when the test is.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "erratum-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Problem {
  static let marbles = Problem(
    id: "p-0042", text: "Tom has 17 marbles. He buys 3 bags with 6 marbles each.", answer: "35",
    source: "typed", kind: "arithmetic")
}

extension Header {
  static let sample = Header(
    program: "1.0.0", session: "20261121-142530-tom-has-17", created: 1_795_271_130,
    problem: .marbles)
}
