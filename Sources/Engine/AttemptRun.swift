import Sessions

/// An attempt under way: outputs of a model go in, events come out.
struct AttemptRun {
  private let plan: AttemptPlan
  private let model: ModelDescription
  private let serials: SerialCounter
  private var thinking: ChannelRun
  private var written: ChannelRun
  private var stepCount = 0

  init(_ plan: AttemptPlan, model: ModelDescription, serials: SerialCounter) {
    self.plan = plan
    self.model = model
    self.serials = serials
    thinking = ChannelRun(.thinking)
    written = ChannelRun(.answer)
  }

  /// The attempt's beginning, with what it took over.
  mutating func start() -> [Event] {
    var events = [Event.attemptStarted(plan.started(on: model))]
    if !plan.kept.isEmpty {
      events.append(tokens(plan.kept, .answer))
      let segmented = written.append(plan.kept)
      let last = plan.keptEnds.last ?? 0
      // Imported chains keep the ends they came with, whatever ours would be.
      for end in plan.keptEnds + segmented.filter({ $0 > last }) {
        if let closed = close(end, .answer) { events.append(closed) }
      }
    }
    if !plan.added.isEmpty { events += append(plan.added, .answer) }
    return events
  }

  mutating func take(_ output: ModelOutput) -> [Event] {
    switch output {
    case .sent(let request):
      return [.prompted(Prompted(target: .attempt(plan.attempt), request: request))]
    case .tokens(let tokens): return take(tokens)
    case .note(let kind, let byte, let text):
      return [
        .noted(Noted(target: .attempt(plan.attempt), kind: kind, byte: byte, text: text))
      ]
    case .retrying(let delay, let number, let reason):
      return [
        .retryScheduled(
          RetryScheduled(
            target: .attempt(plan.attempt), delay: delay.seconds, number: number, reason: reason))
      ]
    case .finished, .decided, .paused: return []
    }
  }

  mutating func end(_ ending: CallEnding, reflection: ReflectionTally? = nil) -> [Event] {
    var events = finish(.thinking) + finish(.answer)
    let message = ending.sentence
    events.append(
      .attemptFinished(
        AttemptFinished(
          attempt: plan.attempt, reason: ending.reason, usage: ending.usage, message: message,
          reflection: reflection)))
    if let answer = answer(ending.reason) { events.append(.answerExtracted(answer)) }
    if let message {
      events.append(.failed(Failed(target: .attempt(plan.attempt), message: message)))
    }
    return events
  }

  /// An unfinished text has an answer only where it says so itself: its last number is just the
  /// last one so far.
  private func answer(_ reason: StopReason) -> AnswerExtracted? {
    let text = String(decoding: written.table.bytes, as: UTF8.self)
    let found = Answers.event(for: plan.attempt, text: text, problem: plan.problem)
    if reason != .stop, let method = found?.method, method == .lastNumber || method == .choice {
      return nil
    }
    return found
  }

  /// Splits a batch where the channel changes, and fills in the entropies.
  private mutating func take(_ tokens: [Token]) -> [Event] {
    var events: [Event] = []
    var rest = tokens[...]
    while let channel = rest.first?.channel {
      var table = TokenTable()
      for token in rest.prefix(while: { $0.channel == channel }) { table.append(measured(token)) }
      rest = rest.dropFirst(table.count)
      if channel == .answer { events += finish(.thinking) }
      events += append(table, channel)
    }
    return events
  }

  /// The answer so far, what was taken over included.
  var answer: TokenTable { written.table }
  var thoughtCount: Int { thinking.table.count }
  /// The answer's steps: where each ends, and what it measured.
  var steps: [(end: Int, measures: StepMeasures)] { written.steps }

  /// Writes tokens that were decided upon elsewhere.
  mutating func write(_ table: TokenTable) -> [Event] {
    finish(.thinking) + append(table, .answer)
  }

  /// Withdraws all of the answer from its token `count` on.
  mutating func rewind(to count: Int) -> [Event] {
    guard count < written.table.count, let serial = written.serial(of: count) else { return [] }
    let withdrawn = written.rewind(to: count)
    stepCount -= withdrawn
    return [.rewound(attempt: plan.attempt, toSerial: serial)]
  }

  func measured(_ token: Token) -> Token {
    guard token.entropy == nil, !token.alternatives.isEmpty else { return token }
    var token = token
    token.entropy = EntropyBounds(
      alternatives: token.alternatives, limit: plan.parameters.alternatives,
      vocabularySize: model.capabilities.vocabularySize)
    return token
  }

  private mutating func append(_ table: TokenTable, _ channel: Channel) -> [Event] {
    let event = tokens(table, channel)
    let ends = channel == .thinking ? thinking.append(table) : written.append(table)
    return [event] + ends.compactMap { close($0, channel) }
  }

  private mutating func finish(_ channel: Channel) -> [Event] {
    let ends = channel == .thinking ? thinking.finish() : written.finish()
    return ends.compactMap { close($0, channel) }
  }

  private mutating func tokens(_ table: TokenTable, _ channel: Channel) -> Event {
    let first = serials.take(table.count)
    if channel == .answer { written.note(serial: first) }
    return .tokens(
      TokensArrived(attempt: plan.attempt, channel: channel, firstSerial: first, table: table))
  }

  private mutating func close(_ end: Int, _ channel: Channel) -> Event? {
    let closed = channel == .thinking ? thinking.close(end) : written.close(end)
    guard let (range, measures) = closed else { return nil }
    defer { stepCount += 1 }
    return .stepClosed(
      StepClosed(
        attempt: plan.attempt, index: stepCount, channel: channel, start: range.lowerBound,
        end: range.upperBound, segmenter: Segmenter.version, measures: measures))
  }
}

/// One channel of an attempt under way.
private struct ChannelRun {
  private let channel: Channel
  private(set) var table = TokenTable()
  private(set) var steps: [(end: Int, measures: StepMeasures)] = []
  private var segmenter: Segmenter
  /// Where runs of consecutive serials begin.
  private var serials: [(index: Int, serial: Int)] = []
  private var closedEnd: Int { steps.last?.end ?? 0 }

  init(_ channel: Channel) {
    self.channel = channel
    segmenter = Segmenter(channel: channel)
  }

  /// The next token to be appended has this serial, and those after it follow.
  mutating func note(serial: Int) { serials.append((table.count, serial)) }

  func serial(of index: Int) -> Int? {
    serials.last { $0.index <= index }.map { $0.serial + (index - $0.index) }
  }

  /// Forgets all but the first `count` tokens; answers how many steps that withdraws.
  mutating func rewind(to count: Int) -> Int {
    table.truncate(to: count)
    serials.removeAll { $0.index >= count }
    let before = steps.count
    steps.removeAll { $0.end > table.bytes.count }
    // Steps given once do not move: the ends it gives again are those that still stand.
    segmenter = Segmenter(channel: channel)
    _ = segmenter.append(table.bytes)
    return before - steps.count
  }

  mutating func append(_ more: TokenTable) -> [Int] {
    table.append(contentsOf: more)
    return segmenter.append(more.bytes)
  }

  mutating func finish() -> [Int] { segmenter.finish() }

  /// The bytes from the last end to this one, and what their tokens measure.
  mutating func close(_ end: Int) -> (Range<Int>, StepMeasures)? {
    guard end > closedEnd, end <= table.bytes.count else { return nil }
    let range = closedEnd..<end
    let measures = StepMeasures(of: table, in: table.indices(startingIn: range))
    steps.append((end, measures))
    return (range, measures)
  }
}

extension Duration {
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
