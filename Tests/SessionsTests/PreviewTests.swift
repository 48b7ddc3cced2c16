import Foundation
import Testing

@testable import Sessions

@Suite struct PreviewTests {
  private let folder: TemporaryFolder
  private let reader: JournalReader
  private let preview: JournalPreview

  init() throws {
    folder = try TemporaryFolder()
    try LongJournal(tokens: 4_000, attempts: 4).write(in: folder.url)
    reader = try JournalReader(folder.url)
    preview = JournalPreview(reader, tailSize: 1 << 16)
  }

  private var journal: URL { folder.url.appending(path: "journal.jsonl") }

  private func expectSame(_ early: Session, _ whole: Session, _ comment: Comment? = nil) {
    #expect(early.eventCount == whole.eventCount, comment)
    #expect(early.time == whole.time, comment)
    #expect(early.nextSerial == whole.nextSerial, comment)
    #expect(early.markers == whole.markers, comment)
    #expect(early.attempts.count == whole.attempts.count, comment)
    for (left, right) in zip(early.attempts, whole.attempts) {
      #expect(left.steps == right.steps, comment)
      #expect(left.finishedAt == right.finishedAt, comment)
      #expect(left.firstTokenAt == right.firstTokenAt, comment)
      #expect(left.tokenCount == right.tokenCount, comment)
      #expect(left.written.bytes.count == right.written.bytes.count, comment)
      let missing = left.written.missingBytes
      #expect(
        left.written.bytes.dropFirst(missing) == right.written.bytes.dropFirst(missing), comment)
    }
  }

  @Test func `a preview differs from the whole only in tokens it leaves blank`() throws {
    let (whole, _) = try reader.session()
    let early = try reader.preview(preview.condensed())
    expectSame(early, whole)
    let first = try #require(early.attempts.first?.written)
    #expect(first.missingBytes == first.bytes.count)
    let last = try #require(early.attempts.last?.written)
    #expect(last.missingBytes < last.bytes.count)
    #expect(
      last.token(last.count - 1, channel: .answer)
        == whole.attempts.last?.written.token(last.count - 1, channel: .answer))
  }

  @Test func `the kept index serves a journal that has grown, and is made anew when damaged`()
    async throws
  {
    _ = try preview.condensed()
    let index = URL(filePath: preview.indexPath)
    let kept = try Data(contentsOf: index)
    let writer = try JournalWriter.open(folder.url, program: "1.0.0", wall: 1)
    _ = await writer.append([.failed(Failed(target: nil, message: "later"))], at: 1e6)
    _ = await writer.close()
    let grown = try JournalReader(folder.url)
    expectSame(try grown.preview(preview.condensed()), try grown.session().session)
    #expect(try Data(contentsOf: index) == kept)

    for damaged in [Data(), kept.dropLast(9), Data("{}\n".utf8), kept + kept] {
      try damaged.write(to: index)
      expectSame(try grown.preview(preview.condensed()), try grown.session().session)
      #expect(try Data(contentsOf: index) != damaged)
    }
  }

  @Test func `an index of another journal is not believed`() throws {
    _ = try preview.condensed()
    var other = try Data(contentsOf: journal)
    let place = try #require(other.range(of: Data("Tom has".utf8)))
    other.replaceSubrange(place, with: Data("Ann has".utf8))
    try other.write(to: journal)
    let before = try Data(contentsOf: URL(filePath: preview.indexPath))
    let changed = try JournalReader(folder.url)
    _ = try JournalPreview(changed, tailSize: 1 << 16).condensed()
    #expect(try Data(contentsOf: URL(filePath: preview.indexPath)) != before)
  }

  @Test func `rewinds, notes and openings between tokens leave every offset right`() throws {
    for seed in UInt64(0)..<40 {
      let events = Story(seed: seed).events
      let encoder = JournalEncoder()
      var bytes = encoder.line(Header.sample)
      for (n, event) in events.enumerated() {
        encoder.append(Record(n: n, t: Double(n) / 8, event: event), to: &bytes)
      }
      try Data(bytes).write(to: journal)
      let story = try JournalReader(folder.url)
      let early = try story.preview(
        JournalPreview(story, tailSize: [0, 500, 3000][Int(seed % 3)]).condensed())
      let (whole, damage) = try story.session()
      #expect(damage.isEmpty)
      expectSame(early, whole, "seed \(seed)")
      try FileManager.default.removeItem(atPath: preview.indexPath)
    }
  }

  @Test func `a short journal needs no preview`() throws {
    #expect(try reader.preview() == nil)
  }
}

/// A session as an engine would tell it, with rewinds in odd places.
private struct Story {
  var events: [Event] = [.opened(Opened(wall: 0, program: "1.0.0"))]

  init(seed: UInt64) {
    var random = RandomEvents(seed: seed)
    var serial = 0
    for number in 1...2 {
      let attempt = AttemptID("a\(number)")
      var session = Session(header: .sample)
      func add(_ event: Event) {
        events.append(event)
        session.apply(Record(n: events.count, t: 0, event: event))
      }
      add(.attemptStarted(AttemptStarted(attempt: attempt, segmenter: 1, call: .sample)))
      for _ in 0..<60 {
        guard let now = session.attempt(attempt) else { return }
        switch random.number(0..<10) {
        case 0: add(.rewound(attempt: attempt, toSerial: max(0, serial - random.number(0..<12))))
        case 1: add(.noted(Noted(target: .attempt(attempt), kind: .other, text: "x")))
        case 2, 3:
          let channel = random.pick(Channel.allCases)
          let open = now.openRange(channel)
          add(
            .stepClosed(
              StepClosed(
                attempt: attempt, index: now.steps.count, channel: channel,
                start: open.lowerBound, end: open.upperBound, segmenter: 1,
                measures: random.measures())))
        default:
          let table = random.table()
          add(
            .tokens(
              TokensArrived(
                attempt: attempt, channel: random.pick([.answer, .answer, .thinking]),
                firstSerial: serial, table: table)))
          serial += table.count
        }
      }
      add(.opened(Opened(wall: 1, program: "1.0.0")))
    }
  }
}
