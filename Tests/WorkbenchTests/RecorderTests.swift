import Engine
import Foundation
import Sessions
import Synchronization
import Testing

@testable import Workbench

@Suite struct RecorderTests {
  private final class Said: Sendable {
    let messages = Mutex<[Message]>([])
    let isFull = Mutex(false)
    var records: [Record] {
      messages.withLock {
        $0.flatMap(\.records)
      }
    }
    var saving: [Saving] {
      messages.withLock {
        $0.compactMap { if case .savingChanged(let new) = $0 { new } else { nil } }
      }
    }
  }

  private func folder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "erratum-\(UUID().uuidString)")
  }

  private func recorder(
    _ folder: URL, _ said: Said, files: FileSystem = .real
  ) throws -> Recorder {
    let header = Header(program: "test", session: "s", created: 0, problem: .marbles)
    let writer = try JournalWriter.create(
      in: folder, header: header, program: "test", wall: 0, files: files)
    return Recorder(
      writer: writer, session: Session(header: header, replaying: writer.opening), clock: { 0 },
      post: { message in said.messages.withLock { $0.append(message) } })
  }

  /// What each of some streams says, in an order of its own.
  private func stream(_ index: Int, _ random: inout Seeded) -> [Event] {
    let attempt = AttemptID("a\(index)")
    var events = [
      Event.attemptStarted(
        AttemptStarted(
          attempt: attempt, segmenter: 1,
          call: Call(model: .local, messages: [], parameters: SamplingParameters())))
    ]
    var (end, closed, step) = (0, 0, 0)
    for _ in 0..<(5 + random.below(40)) {
      if random.below(4) == 0, end > closed {
        events.append(
          .stepClosed(
            StepClosed(
              attempt: attempt, index: step, channel: .answer, start: closed, end: end,
              segmenter: 1, measures: StepMeasures())))
        (closed, step) = (end, step + 1)
        continue
      }
      var table = TokenTable()
      let channel: Channel = random.below(5) == 0 ? .thinking : .answer
      for _ in 0...random.below(3) {
        let bytes = (0...random.below(4)).map { _ in UInt8(97 + random.below(26)) }
        table.append(bytes: bytes, id: nil, logProbability: nil, entropy: nil)
      }
      if channel == .answer { end += table.bytes.count }
      events.append(
        .tokens(
          TokensArrived(attempt: attempt, channel: channel, firstSerial: 0, table: table)))
    }
    events.append(.attemptFinished(AttemptFinished(attempt: attempt, reason: .stop)))
    return events
  }

  @Test(arguments: 0..<40)
  func `streams however interleaved replay to the same chains`(seed: Int) async throws {
    var random = Seeded(UInt64(seed))
    let place = folder()
    defer { try? FileManager.default.removeItem(at: place) }
    let said = Said()
    let recorder = try recorder(place, said)
    var streams = (1...(1 + random.below(4))).map { stream($0, &random)[...] }
    var plain = Session(header: recorder.session.header)
    var serial = 0
    var n = 0
    while let index = streams.indices.filter({ !streams[$0].isEmpty })
      .randomElement(using: &random)
    {
      guard var event = streams[index].popFirst() else { break }
      if case .tokens(var tokens) = event {
        tokens.firstSerial = serial
        serial += tokens.table.count
        event = .tokens(tokens)
      }
      recorder.record(event)
      plain.apply(Record(n: n, t: 0, event: event))
      n += 1
      if random.below(12) == 0 { await recorder.drain() }
    }
    await recorder.close()
    let (read, damage) = try JournalReader.session(place)
    #expect(damage.sentence == nil)
    for one in plain.attempts {
      let other = try #require(read.attempt(one.id), "seed \(seed)")
      #expect(other.written == one.written, "seed \(seed)")
      #expect(other.thinking == one.thinking, "seed \(seed)")
      #expect(other.steps == one.steps, "seed \(seed)")
      #expect(!other.isRunning, "seed \(seed)")
    }
    #expect(read.nextSerial == plain.nextSerial)
    #expect(said.records.map(\.n) == Array(1..<read.eventCount), "seed \(seed)")
    #expect(recorder.session == read, "seed \(seed)")
  }

  @Test func `a full disk is told of once, nothing is lost, and saving resumes`() async throws {
    let place = folder()
    defer { try? FileManager.default.removeItem(at: place) }
    let said = Said()
    var files = FileSystem.real
    let real = files.write
    files.write = { file, bytes, offset in
      if said.isFull.withLock({ $0 }) {
        errno = ENOSPC
        return -1
      }
      return real(file, bytes, offset)
    }
    let recorder = try recorder(place, said, files: files)
    said.isFull.withLock { $0 = true }
    for value in ["1", "2"] {
      recorder.record(.settingChanged(SettingChanged(name: "seed", value: value)))
      await recorder.drain()
    }
    #expect(recorder.session.settings == ["seed": "2"])
    #expect(try JournalReader.session(place).session.settings == [:])
    guard said.saving.count == 1, case .notSaved = said.saving[0] else {
      Issue.record("told \(said.saving)")
      return
    }
    said.isFull.withLock { $0 = false }
    // Nothing new comes: it tries again by itself.
    while said.saving.last != .saved { try? await Task.sleep(for: .milliseconds(5)) }
    #expect(said.saving.count == 2)
    #expect(try JournalReader.session(place).session.settings == ["seed": "2"])
    await recorder.close()
  }

  @Test func `records of one wait are one message, other messages keep their place`() {
    let mailbox = Mailbox()
    func record(_ n: Int) -> Record {
      Record(n: n, t: 0, event: .critiqueText(critique: CritiqueID("c"), bytes: []))
    }
    mailbox.post(.recorded([record(0)]))
    mailbox.post(.recorded([record(1), record(2)]))
    mailbox.post(.settled)
    mailbox.post(.recorded([record(3)]))
    #expect(
      mailbox.takeAll()
        == [.recorded([record(0), record(1), record(2)]), .settled, .recorded([record(3)])])
    #expect(mailbox.takeAll() == [])
  }
}
