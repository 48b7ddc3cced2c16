import Foundation

@testable import Sessions

/// A journal as long as wanted, written without an engine.
struct LongJournal {
  var tokens = 1_000_000
  var tokensPerEvent = 10
  var tokensPerStep = 20
  var alternatives = 5
  var attempts = 1

  private static let words = [" the", " 17", " marbles", " so", " =", " and", ".", "\n", " bag"]

  /// Writes to `<folder>/journal.jsonl`, by way of the one encoder there is.
  func write(in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: "journal.jsonl")
    let encoder = JournalEncoder()
    var out = encoder.line(Header.sample)
    var n = 0
    var t = 0.0
    try Data().write(to: url)
    let handle = try FileHandle(forWritingTo: url)
    func record(_ event: Event) throws {
      encoder.append(Record(n: n, t: t, event: event), to: &out)
      n += 1
      t += 0.05
      guard out.count > 1 << 20 else { return }
      try handle.write(contentsOf: out)
      out.removeAll(keepingCapacity: true)
    }
    var random = SeededGenerator(seed: 1)
    var serial = 0
    try record(.opened(Opened(wall: 0, program: "1.0.0")))
    for number in 1...attempts {
      let attempt = AttemptID("a\(number)")
      try record(
        .attemptStarted(
          AttemptStarted(attempt: attempt, segmenter: 1, call: Call.sample)))
      var bytes = 0
      var steps = 0
      var stepStart = 0
      var sinceStep = 0
      for _ in 0..<(tokens / tokensPerEvent / attempts) {
        var table = TokenTable()
        for _ in 0..<tokensPerEvent { table.append(token(&random)) }
        bytes += table.bytes.count
        sinceStep += table.count
        try record(
          .tokens(
            TokensArrived(
              attempt: attempt, channel: .answer, firstSerial: serial, table: table)))
        serial += table.count
        guard sinceStep >= tokensPerStep else { continue }
        try record(
          .stepClosed(
            StepClosed(
              attempt: attempt, index: steps, channel: .answer, start: stepStart, end: bytes,
              segmenter: 1, measures: Self.measures)))
        steps += 1
        stepStart = bytes
        sinceStep = 0
      }
      try record(.attemptFinished(AttemptFinished(attempt: attempt, reason: .stop)))
    }
    try handle.write(contentsOf: out)
    try handle.close()
  }

  private static let measures = StepMeasures(
    tokens: 20, measured: 20, meanLogProbability: -0.312_345, minLogProbability: -2.5,
    meanEntropy: EntropyBounds(lower: 0.3, upper: 0.9),
    maxEntropy: EntropyBounds(lower: 1.3, upper: 1.9), lowestWindow: -1.25, meanMargin: 0.75)

  private func token(_ random: inout SeededGenerator) -> Token {
    func word() -> [UInt8] {
      Array(Self.words[Int.random(in: 0..<Self.words.count, using: &random)].utf8)
    }
    func logProbability() -> Float { -Float.random(in: 0..<12, using: &random) }
    return Token(
      bytes: word(), logProbability: logProbability(),
      entropy: EntropyBounds(
        lower: Float.random(in: 0..<1, using: &random),
        upper: Float.random(in: 1..<3, using: &random)),
      alternatives: (0..<alternatives).map { _ in
        Alternative(bytes: word(), logProbability: logProbability())
      })
  }
}

extension Call {
  static let sample = Call(
    model: ModelDescription(model: "m", dialect: "scripted", capabilities: Capabilities()),
    messages: [ChatMessage(.user, "17 + 18?")], parameters: SamplingParameters())
}
