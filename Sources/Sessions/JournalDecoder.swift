import Foundation
import JSONReader

/// Turns journal lines into records.
///
/// Lines are foreign: a wrong one is an answer, never a trap.
///
/// Tokens and steps, which come by the hundred thousand, go straight from simdjson into their
/// places; the other kinds are Foundation's.
package struct JournalDecoder {
  private let reader = JSONReader()
  private let json = JSONDecoder()

  /// Bytes and tokens that lines without columns may stand for, at most; 0 in a journal, whose
  /// lines all have them.
  private let missingLimit: Int

  package init() { self.init(missingTokens: 0) }

  init(missingTokens limit: Int) {
    missingLimit = limit
    json.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  /// A line as far as it could be understood.
  package struct Line: Equatable {
    /// `nil` when not even its place in the journal could be read.
    package var record: Record?
    /// What was wrong, in a few words.
    package var problem: String?
  }

  /// Serials, indices and places in a journal stay below this, so that sums of two cannot overflow.
  static let numberLimit = 1 << 52

  /// Reads one line, without its line feed.
  ///
  /// A kind, or a word in a known kind, that only a newer version knows makes an
  /// ``Event/unknown(kind:line:)`` that keeps the line as it is.
  package func line(_ bytes: UnsafeBufferPointer<UInt8>) -> Line {
    do {
      return try reader.read(bytes) { line($0, bytes) }
    } catch {
      return Line(problem: "not JSON")
    }
  }

  package func line(_ bytes: [UInt8]) -> Line {
    bytes.withUnsafeBufferPointer { line($0) }
  }

  private func line(_ members: JSON, _ bytes: UnsafeBufferPointer<UInt8>) -> Line {
    guard let n = members["n"]?.int, (0..<Self.numberLimit).contains(n) else {
      return Line(problem: "no place in the journal")
    }
    guard let t = members["t"]?.double, t >= 0, t < 1e15 else {
      return Line(problem: "no time")
    }
    guard let kind = members["kind"]?.string else { return Line(problem: "no kind") }
    func unknown() -> Record { Record(n: n, t: t, event: .unknown(kind: kind, line: Array(bytes))) }
    do {
      guard let event = try event(kind, members, bytes) else { return Line(record: unknown()) }
      return Line(record: Record(n: n, t: t, event: event))
    } catch {
      return Line(record: unknown(), problem: "a \(kind) that does not make sense")
    }
  }

  /// Why a payload of a known kind was refused; the line names the kind.
  private struct Refused: Error {}

  private func event(
    _ kind: String, _ members: JSON, _ bytes: UnsafeBufferPointer<UInt8>
  ) throws -> Event? {
    func payload<Payload: Decodable>(_ type: Payload.Type = Payload.self) throws -> Payload {
      try json.decode(Payload.self, from: Data(buffer: bytes))
    }
    switch kind {
    case "tokens":
      guard let arrived = tokens(members) else { throw Refused() }
      return .tokens(arrived)
    case "stepClosed":
      guard let closed = stepClosed(members) else { throw Refused() }
      return .stepClosed(closed)
    case "critiqueText":
      guard let critique = members["critique"]?.string, let text = members["text"]?.textBytes
      else { throw Refused() }
      return .critiqueText(critique: CritiqueID(critique), bytes: text)
    case "rewound":
      guard let attempt = members["attempt"]?.string, let serial = members.count("toSerial")
      else { throw Refused() }
      return .rewound(attempt: AttemptID(attempt), toSerial: serial)
    case "opened": return .opened(try payload())
    case "settingChanged": return .settingChanged(try payload())
    case "modelConnected": return .modelConnected(try payload())
    case "attemptStarted":
      let started: AttemptStarted = try payload()
      let parameters = started.call.parameters
      for number in [
        started.keptBytes, started.sample, started.branch?.replaced, parameters.maxTokens,
        parameters.alternatives,
      ] { try Self.check(number) }
      return .attemptStarted(started)
    case "prompted": return .prompted(try payload())
    case "reflectionTriggered":
      let triggered: ReflectionTriggered = try payload()
      for number in [triggered.position, triggered.byte] { try Self.check(number) }
      return .reflectionTriggered(triggered)
    case "trialWritten":
      guard let trial = trial(members) else { throw Refused() }
      return .trialWritten(trial)
    case "trialChosen":
      // Without a reflection it is what some other version means by the word.
      guard members["reflection"] != nil else { return nil }
      let chosen: TrialChosen = try payload()
      try Self.check(chosen.trial)
      return .trialChosen(chosen)
    case "reflectionFinished":
      let finished: ReflectionFinished = try payload()
      for number in [
        finished.positions, finished.positionsLeftOut, finished.discardedTokens, finished.forwards,
      ] { try Self.check(number) }
      return .reflectionFinished(finished)
    case "reflectionTuned":
      let tuned: ReflectionTuned = try payload()
      try Self.check(tuned.position)
      return .reflectionTuned(tuned)
    case "controlsCompared": return .controlsCompared(try payload())
    case "noted":
      let noted = try payload(NotedLine.self).noted
      try Self.check(noted.byte)
      return .noted(noted)
    case "retryScheduled":
      let retry: RetryScheduled = try payload()
      try Self.check(retry.number)
      return .retryScheduled(retry)
    case "attemptFinished": return .attemptFinished(try payload())
    case "answerExtracted": return .answerExtracted(try payload())
    case "chainImported": return .chainImported(try payload())
    case "critiqueStarted":
      let started: CritiqueStarted = try payload()
      for step in started.steps { try Self.check(step) }
      return .critiqueStarted(started)
    case "verdict":
      let given: VerdictGiven = try payload()
      try Self.check(given.step)
      return .verdict(given)
    case "critiqueFinished":
      let finished: CritiqueFinished = try payload()
      if case .step(let index) = finished.firstError { try Self.check(index) }
      return .critiqueFinished(finished)
    case "roundStarted":
      let started: RoundStarted = try payload()
      try Self.check(started.fromStep)
      return .roundStarted(started)
    case "marked":
      let mark: Marked = try payload()
      for number in [mark.step.index, mark.start, mark.end] { try Self.check(number) }
      return .marked(mark)
    case "labelDetailed":
      let detail: LabelDetailed = try payload()
      for number in [detail.step.index, detail.chosen] { try Self.check(number) }
      return .labelDetailed(detail)
    case "labelled":
      let labelled: Labelled = try payload()
      let (label, span) = (labelled.label, labelled.label.span)
      for number in [labelled.step, labelled.pass, label.chosen, span?.start, span?.end] {
        try Self.check(number)
      }
      if let span, span.start >= span.end { throw Refused() }
      return .labelled(labelled)
    case "revealed":
      let revealed: Revealed = try payload()
      for number in [revealed.step, revealed.pass] { try Self.check(number) }
      return .revealed(revealed)
    case "chainJudged":
      let judged: ChainJudged = try payload()
      try Self.check(judged.pass)
      return .chainJudged(judged)
    case "alternativesWritten":
      let written: AlternativesWritten = try payload()
      try Self.check(written.step.index)
      return .alternativesWritten(written)
    case "failed": return .failed(try payload())
    default: return nil
    }
  }

  /// Throws for what can be no index, offset or size.
  private static func check(_ number: Int?) throws {
    if let number, !(0..<numberLimit).contains(number) { throw Refused() }
  }

  private func tokens(_ members: JSON) -> TokensArrived? {
    guard let attempt = members["attempt"]?.string,
      let channel = members["channel"]?.string.flatMap(Channel.init),
      let first = members.count("first"), let table = table(members)
    else { return nil }
    return TokensArrived(
      attempt: AttemptID(attempt), channel: channel, firstSerial: first, table: table)
  }

  private func trial(_ members: JSON) -> TrialWritten? {
    guard let attempt = members["attempt"]?.string, let reflection = members["reflection"]?.string,
      let trial = members.count("trial"), var columns = TokenColumns(members),
      let table = columns.table()
    else { return nil }
    return TrialWritten(
      attempt: AttemptID(attempt), reflection: ReflectionID(reflection), trial: trial,
      table: table, score: members["score"]?.double)
  }

  private func table(_ members: JSON) -> TokenTable? {
    if var columns = TokenColumns(members) { return columns.table() }
    guard let count = members.count("count"), let bytes = members.count("bytes"),
      count <= missingLimit, bytes <= missingLimit
    else { return nil }
    return TokenTable(missingTokens: count, bytes: bytes)
  }

  private func stepClosed(_ members: JSON) -> StepClosed? {
    guard let attempt = members["attempt"]?.string, let index = members.count("index"),
      let channel = members["channel"]?.string.flatMap(Channel.init),
      let start = members.count("start"), let end = members.count("end"), start <= end,
      let segmenter = members["segmenter"]?.int,
      let measures = members["measures"].flatMap(StepMeasures.init(json:))
    else { return nil }
    return StepClosed(
      attempt: AttemptID(attempt), index: index, channel: channel, start: start, end: end,
      segmenter: segmenter, measures: measures)
  }
}

extension JSON {
  /// A whole number that can be a size, an offset or a serial.
  func count(_ key: StaticString) -> Int? {
    guard let number = self[key]?.int, (0..<JournalDecoder.numberLimit).contains(number) else {
      return nil
    }
    return number
  }

  /// A number as Foundation's encoder was told to write it, infinities and all.
  fileprivate func measure(_ key: StaticString) -> Float? {
    guard let value = self[key] else { return nil }
    if let number = value.double { return Float(number) }
    switch value.string {
    case "inf": return .infinity
    case "-inf": return -.infinity
    case "nan": return .nan
    default: return nil
    }
  }

  fileprivate func bounds(_ key: StaticString) -> EntropyBounds? {
    guard let value = self[key], let lower = value.measure("lower"),
      let upper = value.measure("upper")
    else { return nil }
    return EntropyBounds(lower: lower, upper: upper)
  }
}

extension StepMeasures {
  fileprivate init?(json: JSON) {
    // Below 32 bits, so that the sum over any number of steps cannot overflow.
    guard let tokens = json.count("tokens"), let measured = json.count("measured"),
      max(tokens, measured) <= Int(UInt32.max)
    else { return nil }
    self.init(
      tokens: tokens, measured: measured,
      meanLogProbability: json.measure("meanLogProbability"),
      minLogProbability: json.measure("minLogProbability"),
      meanEntropy: json.bounds("meanEntropy"), maxEntropy: json.bounds("maxEntropy"),
      lowestWindow: json.measure("lowestWindow"), meanMargin: json.measure("meanMargin"))
  }
}
