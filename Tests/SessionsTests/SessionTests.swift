import Testing

@testable import Sessions

@Suite struct SessionTests {
  private let attempt = AttemptID("a1")
  private var session = Session(header: .sample)

  init() {
    apply(.attemptStarted(AttemptStarted(attempt: attempt, segmenter: 1, call: .sample)))
  }

  private mutating func apply(_ event: Event) {
    let n = session.eventCount
    session.apply(Record(n: n, t: Double(n), event: event))
  }

  private mutating func tokens(_ words: [String], first: Int, _ channel: Channel = .answer) {
    var table = TokenTable()
    for word in words { table.append(Token(bytes: Array(word.utf8))) }
    apply(
      .tokens(
        TokensArrived(attempt: attempt, channel: channel, firstSerial: first, table: table)))
  }

  private mutating func close(_ index: Int, _ start: Int, _ end: Int, _ channel: Channel = .answer)
  {
    apply(
      .stepClosed(
        StepClosed(
          attempt: attempt, index: index, channel: channel, start: start, end: end, segmenter: 1,
          measures: StepMeasures())))
  }

  private func text(_ channel: Channel = .answer) -> String? {
    session.attempt(attempt).map { String(decoding: $0.tokens(channel).bytes, as: UTF8.self) }
  }

  @Test mutating func `a rewind withdraws tokens of both channels from a serial on`() {
    tokens(["a", "b"], first: 0, .thinking)
    tokens(["c", "d"], first: 2)
    tokens(["e"], first: 4, .thinking)
    tokens(["f"], first: 5)
    apply(.rewound(attempt: attempt, toSerial: 3))
    #expect(text(.thinking) == "ab")
    #expect(text() == "c")
    tokens(["g"], first: 6)
    apply(.rewound(attempt: attempt, toSerial: 6))
    #expect(text() == "c")
    #expect(session.nextSerial == 7)
    apply(.rewound(attempt: attempt, toSerial: 0))
    #expect(text() == "" && text(.thinking) == "")
  }

  @Test mutating func `a token is found by its serial, and only while it stands`() throws {
    tokens(["a", "b"], first: 0)
    tokens(["c"], first: 5)
    let found = { (session: Session, serial: Int) in
      session.attempts[0].token(withSerial: serial, in: .answer)
    }
    #expect([0, 1, 2, 4, 5, 6].map { found(session, $0) } == [0, 1, nil, nil, 2, nil])
    #expect(session.attempts[0].serial(of: 2, in: .answer) == 5)
    #expect(session.attempts[0].serial(of: 3, in: .answer) == nil)
    #expect(session.attempts[0].serial(of: 0, in: .thinking) == nil)
    apply(.rewound(attempt: attempt, toSerial: 1))
    #expect([0, 1, 5].map { found(session, $0) } == [0, nil, nil])
  }

  @Test mutating func `a step that lost bytes is withdrawn with all after it, and its marks`() {
    tokens(["aa", "bb", "cc"], first: 0)
    close(0, 0, 2)
    close(1, 2, 4)
    close(2, 4, 6)
    for index in 0..<3 {
      apply(
        .marked(
          Marked(
            step: StepID(attempt: attempt, index: index), verdict: .correct, annotator: "ada",
            wall: 5, channel: .answer, start: 2 * index, end: 2 * index + 2)))
    }
    let count = session.eventCount
    apply(.rewound(attempt: attempt, toSerial: 1))
    #expect(session.attempt(attempt)?.steps.map(\.index) == [0])
    #expect(Set(session.marks.keys.map(\.index)) == [0])
    #expect(session.eventCount == count + 1)
    #expect(session.attempt(attempt)?.openRange(.answer) == 2..<2)
  }

  @Test mutating func `steps are numbered from 1 in their own channel`() {
    tokens(["aa"], first: 0, .thinking)
    tokens(["bb", "cc"], first: 1)
    close(0, 0, 2, .thinking)
    close(1, 0, 2)
    close(2, 2, 4)
    #expect(session.attempt(attempt)?.steps.map(\.number) == [1, 1, 2])
  }

  @Test mutating func `opening ends what a crash left running`() {
    tokens(["a"], first: 0)
    apply(.opened(Opened(wall: 0, program: "1.0.0")))
    #expect(session.attempt(attempt)?.finished?.reason == .truncated)
    #expect(session.isRunning == false)
  }

  @Test mutating func `events about things nobody started change nothing but the count`() {
    let before = session
    apply(.rewound(attempt: AttemptID("none"), toSerial: 0))
    apply(.critiqueText(critique: CritiqueID("none"), bytes: [1]))
    #expect(session.attempts == before.attempts)
    #expect(session.critiques.isEmpty)
    #expect(session.eventCount == before.eventCount + 2)
  }

  @Test func `missing tokens keep the extent of those they stand for`() {
    for (count, bytes) in [(1, 0), (3, 10), (7, 3), (1000, 4321)] {
      var table = TokenTable(missingTokens: count, bytes: bytes)
      #expect(table.count == count && table.bytes.count == bytes)
      #expect(table.byteRange(of: count - 1).upperBound == bytes)
      #expect(table.logProbability(of: 0) == nil && table.alternatives(of: 0).isEmpty)
      table.append(contentsOf: TokenTable(missingTokens: 2, bytes: 5))
      #expect(table.missingBytes == bytes + 5)
      table.append(Token(bytes: [65], logProbability: -1))
      table.append(contentsOf: TokenTable(missingTokens: 1, bytes: 1))
      #expect(table.missingBytes == bytes + 7)
      table.truncate(to: count)
      #expect(table.missingBytes == bytes)
    }
  }
}
