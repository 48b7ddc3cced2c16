import Foundation
import Testing

@testable import erratum

@Suite struct OutputTests {
  @Test func `JSON for a pipe says the same without control characters`() throws {
    for scalar in [0x7F, 0x80, 0x85, 0x9B, 0x9F, 0xA0, 0xE9, 0x202E] as [UInt32] {
      let text = "é" + String(try #require(Unicode.Scalar(scalar))) + "31m é"
      let line = Array(try JSONEncoder().encode([text]))
      let safe = line.withoutControls
      #expect(try JSONDecoder().decode([String].self, from: Data(safe)) == [text])
      let isControl = { (scalar: Unicode.Scalar) in
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      }
      #expect(!String(decoding: safe, as: UTF8.self).unicodeScalars.contains(where: isControl))
    }
  }

  @Test func `bytes that only look like control characters stay`() {
    for bytes in [[0xC2], [0xC3, 0x9B], [0xE2, 0x82, 0xAC], [0xC2, 0xA9]] as [[UInt8]] {
      #expect(bytes.withoutControls == bytes)
    }
  }
}
