import Sessions

/// What a method does at a place, by asking the model to go on from text.
protocol Response: Sendable {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision
}

extension ReflectionMethod {
  /// How the method works by continuation; single tokens over a server, which has no other way.
  var response: any Response {
    switch self {
    case .cntp: CNTPResponse()
    case .branch: BranchResponse()
    case .rewind: RewindResponse()
    case .idSampling: DoubtResponse()
    case .psr: SelfAssessmentResponse()
    case .restart: RestartResponse()
    case .argmax: ArgmaxResponse()
    case .cooler: CoolerResponse()
    // Refused before the attempt begins: see ``ReflectionError``.
    case .srgen, .entropyOnly, .randomVector, .randomPlaces: NoResponse()
    }
  }
}

/// Where a rule fired, and what stands before it.
struct ReflectionPlace: Sendable {
  var found: TriggerFound
  /// The answer up to the place.
  var answer: TokenTable
  /// The answer's steps: where each ends, and what it measured.
  var steps: [(end: Int, measures: StepMeasures)]
  /// What could have been written, as far as it is known.
  var alternatives: [Alternative]
  /// Byte at which the last closed step ends; 0 before the first.
  var lastStepEnd: Int
  /// Reflections of the attempt, this one included.
  var reflections: Int
  /// Tokens of the answer that no method withdraws: those taken over, which a person chose to keep,
  /// and the first after thinking, without which a call would think again.
  var fixed: Int

  var settings: ReflectionSettings { found.settings }

  /// Not from a token that ends the answer, nor from half a character.
  func canGoOn(from alternative: Alternative) -> Bool {
    !alternative.bytes.isEmpty && alternative.logProbability.isFinite
      && String(validating: alternative.bytes, as: UTF8.self) != nil
  }

  /// One of the alternatives as the token of this place, with the numbers the place has.
  func token(_ alternative: Alternative, temperature: Double) -> Token {
    let tempered = temperature == 0 || temperature == 1 ? nil : found.doubt.entropy
    return Token(
      bytes: alternative.bytes, id: alternative.id, logProbability: alternative.logProbability,
      entropy: found.doubt.entropyAtOne,
      temperedEntropy: tempered.flatMap { $0.isExact ? $0.lower : nil }, alternatives: alternatives)
  }

  /// Tokens of the answer that end at or before a byte.
  func tokens(endingAt byte: Int) -> Int {
    answer.indices(startingIn: 0..<byte).filter { answer.byteRange(of: $0).upperBound <= byte }
      .count
  }

  /// Where the answer may be taken back to, at the end of a step or as near to it as may be.
  func boundary(atByte end: Int) -> Int { max(tokens(endingAt: end), fixed) }

  func answer(upTo count: Int) -> TokenTable {
    var table = answer
    table.truncate(to: count)
    return table
  }
}

/// What is to stand at a place.
struct ReflectionDecision: Sendable {
  /// Tokens of the answer that stay; all of them when `nil`.
  var keeps: Int?
  /// What comes after them, before the model goes on.
  var written = TokenTable()
  var trials: [Trial] = []
  var chosen: Int?
  /// As the choice stood after it was made.
  var alternatives: [Alternative] = []
  /// The chosen trial ended the answer.
  var ending: StopReason?
  var discarded = 0
  var forwards = 0
  /// Said in the prompt up to the next reflection.
  var hint: String?
  var message: String?

  var firstWritten: [Alternative] {
    guard !written.isEmpty else { return [] }
    return [
      Alternative(
        bytes: Array(written.bytes(of: 0)), id: written.id(of: 0),
        logProbability: written.logProbability(of: 0) ?? 0)
    ]
  }
}

/// A way the text might go on.
struct Trial: Sendable {
  var table: TokenTable
  /// Set where the answer ended with it.
  var reason: StopReason?
  /// Tokens that came and are no part of it.
  var discarded = 0

  /// Mean log-probability at temperature 1, of the tokens that have one; more is better.
  var score: Double? {
    let known = (0..<table.count).compactMap { table.logProbability(of: $0) }.filter(\.isFinite)
    guard !known.isEmpty else { return nil }
    return known.reduce(0.0) { $0 + Double($1) } / Double(known.count)
  }
}

extension [Trial] {
  /// Place of the one with the best score, the first of equals; one without numbers is worst.
  var best: Int? {
    indices.max { (self[$0].score ?? -.infinity, $1) < (self[$1].score ?? -.infinity, $0) }
  }

  /// Takes one trial's text for the place, and counts the others as discarded.
  func decision(taking chosen: Int?) -> ReflectionDecision {
    var decision = ReflectionDecision()
    decision.trials = self
    decision.chosen = chosen
    if let chosen {
      decision.written = self[chosen].table
      decision.ending = self[chosen].reason
    }
    decision.discarded = reduce(0) { $0 + $1.table.count + $1.discarded } - decision.written.count
    decision.forwards = decision.discarded
    return decision
  }
}

/// Where a trial ends, if its tokens do not run out before.
enum TrialEnd: Sendable {
  /// After a token of nothing but punctuation, CNTP's: `. , ; : ? ! ) ] }` and line ends.
  ///
  /// The reference code knows single marks only; `).` or `.` and a line end in one token count here.
  case punctuation
  /// After a line end, once there is something on the line.
  case step

  func ends(with token: Token, after table: TokenTable) -> Bool {
    switch self {
    case .punctuation:
      let marks = token.bytes.filter { $0 != ASCII.space }
      return !marks.isEmpty && marks.allSatisfy { Self.marks.contains($0) }
    case .step:
      guard token.bytes.contains(ASCII.newline) else { return false }
      return (table.bytes + token.bytes).contains { !ASCII.isSpace($0) }
    }
  }

  private static let marks = Set(".,\n?!:;)]}".utf8)
}
