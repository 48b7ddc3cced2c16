import Foundation
import Testing

@testable import Sessions

@Suite struct JournalCodecTests {
  private let encoder = JournalEncoder()
  private let decoder = JournalDecoder()

  private func decoded(_ line: String) -> JournalDecoder.Line { decoder.line(Array(line.utf8)) }

  @Test func `every kind of event reads back as it was written`() throws {
    for seed in UInt64(0)..<400 {
      var random = RandomEvents(seed: seed)
      for kind in 0..<RandomEvents.kindCount {
        let event = random.event(kind: kind)
        let isUnknown = kind == RandomEvents.kindCount - 1
        let record = Record(
          n: isUnknown ? 7 : random.number(0..<1_000_000), t: isUnknown ? 1 : 0.1 * Double(seed),
          event: event)
        let line = encoder.line(record)
        #expect(line.filter { $0 == 0x0A }.count == 1 && line.last == 0x0A)
        let back = decoder.line(Array(line.dropLast()))
        #expect(
          back == JournalDecoder.Line(record: record, problem: nil),
          "seed \(seed), kind \(kind): \(String(decoding: line, as: UTF8.self))")
      }
    }
  }
}
