import Foundation
import Testing

@testable import Sessions

@Suite struct LabelBookTests {
  private let session: Session
  private let attempt: Attempt

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Journals/1.0")
    session = try JournalReader(folder).session().session
    attempt = try #require(session.attempt(AttemptID("a1")))
  }

  private func label(
    _ verdict: Verdict?, step: Int, wall: Double, pass: Int? = nil, digest: String? = nil
  ) -> Event {
    .labelled(
      Labelled(
        step: StepID(attempt: attempt.id, index: step),
        digest: digest ?? attempt.stepDigests[step], annotator: "ada", wall: wall, pass: pass,
        label: Label(verdict)))
  }

  private func book(_ events: [Event]) -> LabelBook {
    var book = LabelBook(annotator: "ada")
    events.forEach { book.apply($0) }
    return book
  }

  @Test func `a digest is the SHA-256 of everything up to the end of the step`() throws {
    // What sha256sum says of the two beginnings.
    let started = AttemptStarted(attempt: AttemptID("x"), segmenter: 0, call: .sample)
    var table = TokenTable()
    table.append(
      bytes: Array("Tom has 17.\nSo 17.".utf8), id: nil, logProbability: nil, entropy: nil)
    func closed(_ index: Int, _ start: Int, _ end: Int) -> Event {
      .stepClosed(
        StepClosed(
          attempt: AttemptID("x"), index: index, channel: .answer, start: start, end: end,
          segmenter: 0, measures: StepMeasures()))
    }
    let events: [Event] = [
      .attemptStarted(started),
      .tokens(
        TokensArrived(attempt: AttemptID("x"), channel: .answer, firstSerial: 0, table: table)),
      closed(0, 0, 11), closed(1, 11, 18),
    ]
    let made = Session(
      header: .sample, replaying: events.enumerated().map { Record(n: $0, t: 0, event: $1) })
    let attempt = try #require(made.attempts.first)
    #expect(
      attempt.stepDigests == [
        "b6d27e43b40191972058b9ea66cd07bebffb8e18a86554ac9b05a2786cfb7b05",
        "f03cc852d8be19d10a7c1da33f6ac8a6eb4b9df6312dd5b3cf3efaff8ee6d6a0",
      ])
    #expect(attempt.steps.map(attempt.digest) == attempt.stepDigests)
  }

  @Test func `an answer's digest covers the thinking before it`() {
    for step in attempt.steps { #expect(attempt.digest(upTo: step).count == 64) }
    #expect(attempt.steps.map(attempt.digest) == attempt.stepDigests)
  }

  @Test func `what was said blind stays beside what was said after the reveal`() throws {
    let shown = Event.revealed(Revealed(attempt: attempt.id, annotator: "ada", wall: 3))
    let book = book([
      label(.correct, step: 0, wall: 1), label(.neutral, step: 0, wall: 2), shown,
      label(.incorrect, step: 0, wall: 4), label(.correct, step: 1, wall: 5),
    ])
    let first = try #require(book.standing(in: attempt)[0])
    #expect(first.blind.verdict == .neutral)
    #expect(first.current.label.verdict == .incorrect)
    #expect(first.changes.map(\.label.verdict) == [.correct, .neutral, .incorrect])
    let second = try #require(book.standing(in: attempt)[1])
    #expect(second.first == nil)
    #expect(second.blind.verdict == .correct)
  }

  @Test func `one step's reveal leaves the others blind`() {
    let shown = Event.revealed(Revealed(attempt: attempt.id, step: 0, annotator: "ada", wall: 1))
    let book = book([shown, label(.correct, step: 0, wall: 2), label(.correct, step: 1, wall: 3)])
    #expect(book.standing(in: attempt).mapValues { $0.first != nil } == [0: false, 1: true])
    #expect(book.isRevealed(StepID(attempt: attempt.id, index: 0)))
    #expect(!book.isRevealed(StepID(attempt: attempt.id, index: 1)))
  }

  @Test func `a label on other bytes is an orphan, and is never moved`() {
    let book = book([
      label(.correct, step: 0, wall: 1, digest: String(repeating: "0", count: 64)),
      label(.incorrect, step: 1, wall: 2),
      .labelled(
        Labelled(
          step: StepID(attempt: AttemptID("gone"), index: 0), digest: "", annotator: "ada", wall: 3,
          label: Label(.correct))),
    ])
    #expect(book.standing(in: attempt).keys.sorted() == [1])
    #expect(book.orphans(in: session).map(\.wall) == [1, 3])
  }

  @Test func `a label on other bytes does not change what was said of the old ones`() throws {
    let book = book([
      label(.correct, step: 0, wall: 1, digest: "other"), label(.incorrect, step: 0, wall: 2),
    ])
    let entry = try #require(book.standing(in: attempt)[0])
    #expect(entry.changes.map(\.label.verdict) == [.incorrect])
  }

  @Test func `a second pass is kept apart from the first`() {
    let book = book([
      label(.correct, step: 0, wall: 1), label(.incorrect, step: 0, wall: 2, pass: 1),
    ])
    #expect(book.standing(in: attempt)[0]?.current.label.verdict == .correct)
    #expect(book.standing(in: attempt, pass: 1)[0]?.current.label.verdict == .incorrect)
    #expect(book.repeats.keys.sorted() == [1])
    #expect(book.last?.pass == 1)
  }

  @Test func `marks and details of imported data are labels like others`() throws {
    let step = attempt.steps[1]
    let id = StepID(attempt: attempt.id, index: 1)
    let book = book([
      .marked(
        Marked(
          step: id, verdict: .incorrect, annotator: "ada", wall: 1, channel: step.channel,
          start: step.range.lowerBound, end: step.range.upperBound)),
      .labelDetailed(LabelDetailed(step: id, annotator: "ada", wall: 1, reason: "no")),
    ])
    let label = try #require(book.standing(in: attempt)[1]).current.label
    #expect(label.verdict == .incorrect)
    #expect(label.reason == "no")
  }

  @Test func `a file under another name is not read as that person's`() async throws {
    let temporary = try TemporaryFolder()
    let folder = SessionFolder(id: "s1", url: temporary.url)
    let file = try AnnotationFile.open(folder, annotator: "ada", program: "1", wall: 1)
    _ = await file.append([label(.correct, step: 0, wall: 1)])
    _ = await file.close()
    let copy = folder.annotations.appending(path: "bob.jsonl")
    try FileManager.default.copyItem(at: URL(filePath: file.path), to: copy)
    let (books, damage) = LabelBook.all(in: folder)
    #expect(books.map(\.annotator) == ["ada"])
    #expect(damage == [.otherAnnotator(path: copy.path, name: "ada")])
    #expect(throws: JournalError.otherAnnotator(path: copy.path, name: "ada")) {
      try AnnotationFile.open(folder, annotator: "bob", program: "1", wall: 2)
    }
  }

  @Test func `a line edited by hand into nonsense is named, and the others count`() async throws {
    let temporary = try TemporaryFolder()
    let folder = SessionFolder(id: "s1", url: temporary.url)
    let file = try AnnotationFile.open(folder, annotator: "ada", program: "1", wall: 1)
    _ = await file.append([label(.correct, step: 0, wall: 1), label(.correct, step: 1, wall: 2)])
    _ = await file.close()
    let url = URL(filePath: file.path)
    var text = try String(contentsOf: url, encoding: .utf8)
    text.replace("\"step\":0", with: "\"step\":-1")
    text += "{\"n\":9,\"t\":1,\"kind\":\"labelled\""
    try text.write(to: url, atomically: true, encoding: .utf8)
    let (books, damage) = LabelBook.all(in: folder)
    #expect(books.first?.standing(in: attempt).keys.sorted() == [1])
    #expect(
      damage == [
        .badLabel(path: file.path, number: 2, reason: "a labelled that does not make sense")
      ])
  }
}
