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

  private func expectSame(_ early: Session, _ whole: Session) {
    #expect(early.eventCount == whole.eventCount)
    #expect(early.time == whole.time)
    #expect(early.nextSerial == whole.nextSerial)
    #expect(early.markers == whole.markers)
    #expect(early.attempts.count == whole.attempts.count)
    for (left, right) in zip(early.attempts, whole.attempts) {
      #expect(left.steps == right.steps)
      #expect(left.finishedAt == right.finishedAt)
      #expect(left.firstTokenAt == right.firstTokenAt)
      #expect(left.tokenCount == right.tokenCount)
      #expect(left.written.bytes.count == right.written.bytes.count)
      let missing = left.written.missingBytes
      #expect(left.written.bytes[missing...] == right.written.bytes[missing...])
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

  @Test func `a short journal needs no preview`() throws {
    #expect(try reader.preview() == nil)
  }
}
