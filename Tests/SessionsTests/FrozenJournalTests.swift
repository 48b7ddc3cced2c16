import Foundation
import Testing

@testable import Sessions

/// One journal of every released format stays here, and still opens.
@Suite struct FrozenJournalTests {
  private let here = URL(filePath: #filePath).deletingLastPathComponent()
  private var folder: URL { here.appending(path: "Journals/1.0") }

  @Test func `a journal of format 1.0 opens whole`() throws {
    let (session, damage) = try JournalReader.session(folder)
    #expect(damage.isEmpty)
    #expect(session.header.format == Header.Version(major: 1, minor: 0))
    #expect(session.eventCount == 26)
    #expect(session.time == 8)
    #expect(session.settings == ["temperature": "0.7"])
    #expect(session.models[.critic]?.model == "judge-1")
    let attempt = try #require(session.attempt(AttemptID("a1")))
    let text = "3 bags€ hold 18.\nAnswer: 36"
    #expect(String(decoding: attempt.written.bytes, as: UTF8.self) == text)
    #expect(String(decoding: attempt.thinking.bytes, as: UTF8.self) == "Easy.")
    #expect(attempt.written.logProbability(of: 1) == -.infinity)
    #expect(attempt.written.logProbability(of: 2) == nil)
    #expect(
      attempt.written.alternatives(of: 0) == [
        Alternative(bytes: Array("3 bags".utf8), id: 13, logProbability: -0.25),
        Alternative(bytes: Array("6".utf8), id: 14, logProbability: -2.5),
      ])
    #expect(attempt.steps.map(\.range) == [0..<19, 19..<29])
    #expect(attempt.steps.first?.measures.meanLogProbability == -.infinity)
    #expect(attempt.answer?.isCorrect == false)
    #expect(session.critiques.first?.firstError == 1)
    #expect(session.critiques.first?.verdicts[1]?.repair == "Answer: 35")
    #expect(session.rounds.first?.started.hint == "add again")
    #expect(session.attempts.last?.finished?.reason == .truncated)
    #expect(session.failures.count == 1)
  }

  @Test func `its records are written again byte for byte`() throws {
    let whole = try [UInt8](Data(contentsOf: folder.appending(path: "journal.jsonl")))
    let reader = try JournalReader(folder)
    let encoder = JournalEncoder()
    var again = encoder.line(reader.header)
    for record in try reader.allRecords() { encoder.append(record, to: &again) }
    #expect(again == whole)
  }

  @Test func `its annotations are merged`() throws {
    let (books, damage) = LabelBook.all(in: SessionFolder(id: "1.0", url: folder))
    #expect(damage.isEmpty)
    var (session, _) = try JournalReader.session(folder)
    let before = (session.eventCount, session.time)
    session.apply(books)
    #expect(session.marks == [StepID(attempt: AttemptID("a1"), index: 1): .incorrect])
    #expect((session.eventCount, session.time) == before)
  }

  @Test func `every example line in the specification is a line of its kind`() throws {
    let page = here.appending(path: "../../docs/journal.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("{\"n\"") }
    let decoder = JournalDecoder()
    var kinds: Set<String> = []
    for line in lines {
      let read = decoder.line(Array(line.utf8))
      #expect(read.problem == nil, "\(line)")
      let event = try #require(read.record?.event, "\(line)")
      if case .unknown = event { Issue.record("unknown kind: \(line)") }
      let kind = line.split(separator: "\"kind\":\"").last?.prefix { $0 != "\"" }
      kinds.insert(String(try #require(kind)))
      #expect(text.contains("`\(kind ?? "")`"))
    }
    #expect(kinds.count == 31)
  }

  @Test func `replay in two halves is replay at once`() throws {
    let records = try JournalReader(folder).allRecords()
    let whole = Session(header: .sample, replaying: records)
    for cut in 0...records.count {
      var session = Session(header: .sample, replaying: records.prefix(cut))
      for record in records.dropFirst(cut) { session.apply(record) }
      #expect(session == whole, "cut at \(cut)")
    }
  }
}
