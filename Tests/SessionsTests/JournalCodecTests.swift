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

  @Test func `a kind nobody knows is kept byte for byte`() throws {
    let text = #"{ "kind":"trialChosen","n":3,  "t":1e1,"trial":{"x":[1,2.50,"\u00e9"]}}"#
    let line = decoded(text)
    #expect(line.problem == nil)
    let record = try #require(line.record)
    #expect(record.n == 3 && record.t == 10)
    #expect(encoder.line(record) == Array((text + "\n").utf8))
  }

  @Test(arguments: [
    #"{"n":0,"t":0,"kind":"verdict","critique":"c1","step":1,"verdict":"brilliant"}"#,
    #"{"n":0,"t":0,"kind":"attemptFinished","attempt":"a1","reason":"bored"}"#,
    #"{"n":0,"t":0,"kind":"attemptFinished","attempt":7,"reason":"stop"}"#,
    #"{"n":0,"t":0,"kind":"tokens"}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":-1,"text":["a"]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"inner","first":0,"text":["a"]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":[1]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":[{"b":"%"}]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"lp":[]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"lp":["x"]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"ids":[-5]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"ids":[9e9]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"el":[1]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"alts":[7]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"text":["a"],"alts":[[["b"]]]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":9223372036854775807,"text":[]}"#,
    #"{"n":0,"t":0,"kind":"tokens","attempt":"a1","channel":"answer","first":0,"count":9,"bytes":9}"#,
    #"{"n":0,"t":0,"kind":"stepClosed","attempt":"a1","channel":"answer","index":0,"start":9,"end":1,"segmenter":1,"measures":{"tokens":0,"measured":0}}"#,
    #"{"n":0,"t":0,"kind":"stepClosed","attempt":"a1","channel":"answer","index":-1,"start":0,"end":1,"segmenter":1,"measures":{"tokens":0,"measured":0}}"#,
    #"{"n":0,"t":0,"kind":"rewound","attempt":"a1","toSerial":-9223372036854775808}"#,
    #"{"n":0,"t":0,"kind":"verdict","critique":"c1","step":-1,"verdict":"correct"}"#,
    #"{"n":0,"t":0,"kind":"critiqueFinished","critique":"c1","reason":"stop","firstError":-3,"format":"json"}"#,
    #"{"n":0,"t":0,"kind":"roundStarted","round":"r1","parent":"a1","strategy":"fromStep","trigger":"asked","fromStep":-1}"#,
    #"{"n":0,"t":0,"kind":"attemptStarted","attempt":"a2","parent":"a1","keptBytes":1,"branch":{"replaced":-1,"taken":"typed"},"segmenter":1,"call":{"model":{"capabilities":{"alternatives":0,"continuation":"quoted","logProbabilities":false,"scoring":false,"streaming":true,"thinking":false,"tokenIDs":false,"trueBytes":false},"dialect":"d","fallbacks":[],"model":"m"},"messages":[],"parameters":{"alternatives":0,"maxTokens":1,"stop":[],"temperature":0}}}"#,
    #"{"n":0,"t":0,"kind":"attemptStarted","attempt":"a2","keptBytes":0,"segmenter":1,"call":{"model":{"capabilities":{"alternatives":0,"continuation":"quoted","logProbabilities":false,"scoring":false,"streaming":true,"thinking":false,"tokenIDs":false,"trueBytes":false},"dialect":"d","fallbacks":[],"model":"m"},"messages":[],"parameters":{"alternatives":0,"maxTokens":9223372036854775807,"stop":[],"temperature":0}}}"#,
    #"{"n":0,"t":0,"kind":"attemptStarted","attempt":"a2","keptBytes":0,"segmenter":1,"call":{"model":{"capabilities":{"alternatives":0,"continuation":"quoted","logProbabilities":false,"scoring":false,"streaming":true,"thinking":false,"tokenIDs":false,"trueBytes":false},"dialect":"d","fallbacks":[],"model":"m"},"messages":[],"parameters":{"alternatives":-1,"maxTokens":9,"stop":[],"temperature":0}}}"#,
    #"{"n":0,"t":0,"kind":"critiqueText","critique":"c1","text":{"b":7}}"#,
    #"{"n":0,"t":0,"kind":"critiqueFinished","critique":"c1","reason":"stop","firstError":"x","format":"json"}"#,
  ])
  func `a known kind that makes no sense is named and kept`(_ text: String) throws {
    let line = decoded(text)
    #expect(line.problem?.hasSuffix("that does not make sense") == true)
    guard case .unknown(_, let kept) = line.record?.event else {
      Issue.record("\(String(describing: line.record))")
      return
    }
    #expect(kept == Array(text.utf8))
  }

  @Test(arguments: [
    "", "null", "[]", "7", "{", #"{"n":0,"t":0}"#, #"{"n":-1,"t":0,"kind":"opened"}"#,
    #"{"n":9223372036854775807,"t":0,"kind":"opened"}"#, #"{"n":0,"t":-1,"kind":"opened"}"#,
    #"{"n":0,"t":1e300,"kind":"opened"}"#, #"{"n":"0","t":0,"kind":"opened"}"#,
    #"{"n":0,"t":0,"kind":7}"#, #"{"n":0.5,"t":0,"kind":"opened"}"#,
  ])
  func `a line without a place is no record`(_ text: String) {
    let line = decoded(text)
    #expect(line.record == nil)
    #expect(line.problem != nil)
  }

  @Test func `no change of a byte makes the reader or the fold fall over`() throws {
    for seed in UInt64(0)..<30 {
      var random = RandomEvents(seed: seed)
      var session = Session(header: .sample)
      for kind in 0..<RandomEvents.kindCount {
        let event = random.event(kind: kind)
        var line = encoder.line(Record(n: kind, t: 1, event: event))
        line.removeLast()
        for _ in 0..<20 where !line.isEmpty {
          line[random.number(0..<line.count)] = random.pick(Array(#"09-"{}[],:e.nx"#.utf8))
          if let record = decoder.line(line).record { session.apply(record) }
        }
      }
      for attempt in session.attempts {
        for step in attempt.steps { _ = attempt.bytes(of: step).count }
        _ = Channel.allCases.map { attempt.openRange($0) }
      }
      #expect(session.eventCount >= 0, "seed \(seed)")
    }
  }
}
