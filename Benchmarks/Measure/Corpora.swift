import Foundation
import Sessions

/// Numbers that are the same on every machine and every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  /// SplitMix64. https://prng.di.unimi.it/splitmix64.c
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Sessions as the program itself would have written them, made up.
struct Corpus {
  var tokens: Int
  var tokensPerLine = 10
  var tokensPerStep = 20
  var alternatives = 5

  fileprivate static let words = [
    " the", " 17", " marbles", " so", " =", " and", ".", "\n", " bag", " holds", " 袋",
  ].map { Array($0.utf8) }

  /// Writes one session into `library`, through the program's own writer.
  func write(to library: Library, number: Int) async throws {
    let problem = Problem(
      id: "m-\(number)",
      text: "Tom has \(number) marbles. He buys 3 bags with 6 marbles each and gives 9 to Ann. "
        + "How many marbles has he now?", answer: "\(number + 9)", source: "measure")
    let opened = try library.create(
      problem: problem, program: "measure", wall: 1_700_000_000 + Double(number) * 60)
    guard let writer = opened.writer else { throw MeasureError("the session cannot be written") }
    var lines = Lines(corpus: self, seed: UInt64(number))
    while let events = lines.next() { _ = await writer.append(events.events, at: events.time) }
    _ = await writer.close()
  }

  /// The events alone.
  func events(seed: UInt64) -> [Event] {
    var lines = Lines(corpus: self, seed: seed)
    var all: [Event] = []
    while let piece = lines.next() { all += piece.events }
    return all
  }

  /// The events of one attempt, a piece at a time.
  private struct Lines {
    let corpus: Corpus
    private var random: SeededGenerator
    private var made = 0
    private var bytes = 0
    private var stepStart = 0
    private var inStep = 0
    private var steps = 0
    private var isOver = false
    private let attempt = AttemptID("a1")

    init(corpus: Corpus, seed: UInt64) {
      self.corpus = corpus
      random = SeededGenerator(seed: seed)
    }

    mutating func next() -> (events: [Event], time: Double)? {
      if isOver { return nil }
      var events: [Event] = []
      if made == 0 {
        events.append(.attemptStarted(AttemptStarted(attempt: attempt, segmenter: 1, call: call)))
      }
      while events.count < 2000, made < corpus.tokens { addLine(to: &events) }
      if made >= corpus.tokens {
        isOver = true
        events.append(.attemptFinished(AttemptFinished(attempt: attempt, reason: .stop)))
        events.append(
          .answerExtracted(
            AnswerExtracted(attempt: attempt, answer: "26", method: .boxed, isCorrect: false)))
      }
      return (events, Double(made) / 100)
    }

    private mutating func addLine(to events: inout [Event]) {
      var table = TokenTable()
      for _ in 0..<min(corpus.tokensPerLine, corpus.tokens - made) { table.append(token()) }
      events.append(
        .tokens(
          TokensArrived(attempt: attempt, channel: .answer, firstSerial: made, table: table)))
      made += table.count
      bytes += table.bytes.count
      inStep += table.count
      guard inStep >= corpus.tokensPerStep else { return }
      events.append(
        .stepClosed(
          StepClosed(
            attempt: attempt, index: steps, channel: .answer, start: stepStart, end: bytes,
            segmenter: 1,
            measures: StepMeasures(
              tokens: inStep, measured: inStep, meanLogProbability: -0.312_345,
              minLogProbability: -2.5, meanEntropy: EntropyBounds(lower: 0.3, upper: 0.9),
              maxEntropy: EntropyBounds(lower: 1.3, upper: 1.9), lowestWindow: -1.25,
              meanMargin: 0.75))))
      steps += 1
      stepStart = bytes
      inStep = 0
    }

    private mutating func token() -> Token {
      let alternatives = (0..<corpus.alternatives).map { _ in
        Alternative(bytes: word(), logProbability: -Float.random(in: 0..<12, using: &random))
      }
      return Token(
        bytes: word(), logProbability: -Float.random(in: 0..<4, using: &random),
        entropy: EntropyBounds(
          lower: Float.random(in: 0..<1, using: &random),
          upper: Float.random(in: 1..<3, using: &random)),
        alternatives: alternatives)
    }

    private mutating func word() -> [UInt8] {
      Corpus.words[Int.random(in: 0..<Corpus.words.count, using: &random)]
    }

    private var call: Call {
      Call(
        model: ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities()),
        messages: [ChatMessage(.user, "17 + 18?")], parameters: SamplingParameters())
    }
  }
}
