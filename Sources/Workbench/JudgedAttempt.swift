import Engine
import Sessions

/// An attempt's tokens held against two settings: those it was written under, and those chosen
/// now.
///
/// Fed as tokens come, so that a frame and a key cost nothing: the doubt of a token is reckoned
/// once, and judged again only when a setting changes.
struct JudgedAttempt: Sendable {
  /// A token, judged.
  struct Place: Equatable, Sendable {
    /// What is held against the threshold; `nil` where nothing was measured.
    var value: Double?
    /// `nil` where the rule looks at no entropy.
    var threshold: Double?
    var isTested: Bool
    /// The loop would reflect here.
    var fires: Bool
    /// The threshold lies between the bounds, and the policy is to go on.
    var isAmbiguous: Bool
  }

  private var key: Key?
  private var doubts: [Doubt] = []
  /// By what the screen says is in force.
  private(set) var drawn = JudgedPlaces()
  /// By what is chosen now, where that is something else.
  private var other: JudgedPlaces?

  /// By what is chosen now.
  var present: JudgedPlaces { other ?? drawn }
  var isKnown: Bool { !doubts.isEmpty }

  /// What must be the same for the doubts known so far to stand.
  private struct Key: Equatable, Sendable {
    var attempt: AttemptID
    var thinking: Int
    var written: Int
    var lastThinking: Int?
    var lastWritten: Int?
  }

  /// Beyond so many tokens an attempt is not looked at token by token.
  static let tokenLimit = 16_384

  init() {}

  init(_ attempt: Attempt, drawn: [JudgedPlaces.Period], present: ReflectionSettings) {
    update(attempt, drawn: drawn, present: present)
  }

  mutating func update(
    _ attempt: Attempt, drawn periods: [JudgedPlaces.Period], present settings: ReflectionSettings
  ) {
    guard attempt.tokenCount > 0, attempt.hasEntropyStrip else {
      self = JudgedAttempt()
      return
    }
    let isSame = addDoubts(of: attempt)
    drawn.update(attempt, doubts, periods, isSame: isSame)
    let now = [JudgedPlaces.Period(from: 0, settings: settings)]
    guard periods != now else {
      other = nil
      return
    }
    if other == nil { other = JudgedPlaces() }
    other?.update(attempt, doubts, now, isSame: isSame)
  }

  /// Reckons the doubts of the tokens that came; `false` where those known do not stand any more.
  private mutating func addDoubts(of attempt: Attempt) -> Bool {
    let isSame = stands(attempt)
    if !isSame { doubts = [] }
    let thinking = attempt.thinking.count
    if doubts.isEmpty { doubts.reserveCapacity(attempt.tokenCount) }
    let call = attempt.started.call
    for place in doubts.count..<attempt.tokenCount {
      let channel: Channel = place < thinking ? .thinking : .answer
      let token = attempt.tokens(channel)
        .token(place < thinking ? place : place - thinking, channel: channel)
      doubts.append(
        Doubt(
          of: token, temperature: call.parameters.temperature,
          limit: call.parameters.alternatives,
          vocabularySize: call.model.capabilities.vocabularySize, needsVarentropy: true))
    }
    key = Key(
      attempt: attempt.id, thinking: thinking, written: attempt.written.count,
      lastThinking: attempt.serial(of: thinking - 1, in: .thinking),
      lastWritten: attempt.serial(of: attempt.written.count - 1, in: .answer))
    return isSame
  }

  private func stands(_ attempt: Attempt) -> Bool {
    guard let key, key.attempt == attempt.id else { return false }
    // Thinking comes first: more of it after the answer has begun moves all places.
    guard key.thinking == attempt.thinking.count || key.written == 0,
      key.thinking <= attempt.thinking.count, key.written <= attempt.written.count
    else { return false }
    return attempt.serial(of: key.thinking - 1, in: .thinking) == key.lastThinking
      && attempt.serial(of: key.written - 1, in: .answer) == key.lastWritten
  }
}

/// The places of an attempt, judged by settings that may change on the way.
struct JudgedPlaces: Sendable {
  /// What holds from a position on.
  struct Period: Equatable, Sendable {
    var from: Int
    var settings: ReflectionSettings
  }

  private(set) var periods: [Period] = []
  /// One for each token, thinking first.
  private(set) var places: [JudgedAttempt.Place] = []
  private(set) var tally = ReflectionTally()
  /// As it stands after the last place: what the next one would be judged with.
  private var reflection: Reflection?
  private var stepCount = 0
  /// What the last place was held against; `nil` before there is one.
  private(set) var standing: ThresholdTerm?

  init() {}

  var settings: ReflectionSettings? { periods.last?.settings }

  fileprivate mutating func update(
    _ attempt: Attempt, _ doubts: [Doubt], _ periods: [Period], isSame: Bool
  ) {
    // Rules that wait for steps look at what is closed behind them: judged all over again.
    let isSteady = periods.allSatisfy { !$0.settings.rule.waitsForSteps }
    let isOld = !isSame || periods != self.periods || places.count > doubts.count
    guard isOld || places.count < doubts.count || attempt.steps.count != stepCount else { return }
    if isOld || !isSteady { self = JudgedPlaces() }
    self.periods = periods
    stepCount = attempt.steps.count
    guard let first = periods.first else { return }
    // Taken out, so that its history grows where it is.
    var reflection = self.reflection.take() ?? Reflection(first.settings)
    places.reserveCapacity(doubts.count)
    var closing = ClosingSteps(attempt, skips: isSteady)
    for place in places.count..<doubts.count {
      if let period = periods.last(where: { $0.from <= place }) {
        reflection.settings = period.settings
      }
      closing.close(before: place, in: &reflection)
      if place == doubts.count - 1 {
        standing = ThresholdTerm(
          reflection.settings.rule, after: reflection.history, doubts[place])
      }
      places.append(judge(doubts[place], &reflection))
      reflection.wrote(attempt.logProbability(at: place))
    }
    tally = reflection.finalTally
    self.reflection = reflection
  }

  private func judge(_ doubt: Doubt, _ reflection: inout Reflection) -> JudgedAttempt.Place {
    let settings = reflection.settings
    var place = JudgedAttempt.Place(
      value: doubt.entropy?.compared(by: settings.ambiguity), threshold: nil,
      isTested: reflection.history.position > 0 && reflection.tally.reflections < settings.maximum,
      fires: false, isAmbiguous: false)
    if settings.rule.looksAtEntropy {
      place.threshold = settings.rule.trigger.judge(doubt, after: reflection.history).threshold
    }
    switch reflection.consider(doubt) {
    case .emit, .unmeasured: break
    case .ambiguous: place.isAmbiguous = true
    case .intervene: place.fires = true
    }
    return place
  }
}

/// Steps that are known to have ended when a place is reached, told to the loop as it reaches it.
private struct ClosingSteps {
  private var ends: [(place: Int, surprisal: Double?)] = []
  private var next = 0

  init(_ attempt: Attempt, skips: Bool) {
    guard !skips else { return }
    var place = 0
    for channel in [Channel.thinking, .answer] {
      let table = attempt.tokens(channel)
      var steps = StepWatch(channel)
      for index in 0..<table.count {
        place += 1
        ends += steps.take(table.bytes(of: index), table.logProbability(of: index))
          .map { (place, $0) }
      }
    }
  }

  mutating func close(before place: Int, in reflection: inout Reflection) {
    while next < ends.count, ends[next].place <= place {
      reflection.closedStep(surprisal: ends[next].surprisal)
      next += 1
    }
  }
}

/// What the threshold of a rule is made of at a place.
struct ThresholdTerm: Equatable, Sendable {
  enum Term: Equatable, Sendable {
    /// The adaptive rule: which of its parts is the threshold.
    case coldStart, floor, deviations(k: Double)
    case rule(TriggerRule.Name)
  }
  var term: Term
  /// `nil` for rules that hold nothing against a number.
  var threshold: Double?

  init(_ rule: TriggerRule, after history: DoubtHistory, _ doubt: Doubt) {
    threshold = rule.trigger.judge(doubt, after: history).threshold
    guard case .adaptive(let adaptive) = rule else {
      term = .rule(rule.name)
      return
    }
    let values = history.lastEntropies(max(adaptive.window, 1))
    let threshold = adaptive.threshold(over: values)
    self.threshold = threshold
    if values.count < max(adaptive.window, 1) {
      term = .coldStart
    } else {
      term = threshold > adaptive.floor ? .deviations(k: adaptive.k) : .floor
    }
  }
}

extension EntropyBounds {
  /// The number that a policy holds against the threshold.
  func compared(by policy: AmbiguityPolicy) -> Double? {
    let value: Double =
      switch policy {
      case .midpoint: (Double(lower) + Double(upper)) / 2
      case .fire: Double(upper)
      case .hold: Double(lower)
      }
    if value.isFinite { return value }
    return lower.isFinite ? Double(lower) : nil
  }
}

extension TriggerRule {
  /// Whether its threshold is one on the entropy of a token.
  var looksAtEntropy: Bool {
    switch self {
    case .adaptive, .fixed, .quadrant: true
    case .lowestWindow, .momentum, .places, .growing, .period: false
    }
  }

  /// Whether it looks at the steps closed so far.
  fileprivate var waitsForSteps: Bool {
    switch self {
    case .momentum, .period, .growing: true
    case .adaptive, .fixed, .quadrant, .lowestWindow, .places: false
    }
  }
}

extension Attempt {
  /// Tokens stand in a row: those of the thinking, then those of the answer.
  func place(of index: Int, in channel: Channel) -> Int {
    channel == .thinking ? index : thinking.count + index
  }

  fileprivate func logProbability(at place: Int) -> Float? {
    place < thinking.count
      ? thinking.logProbability(of: place) : written.logProbability(of: place - thinking.count)
  }

  /// Whether there is, or may be, a reflection to show.
  var reflects: Bool { started.reflection != nil || !reflections.isEmpty }

  /// Whether its overview is one of entropies; told beforehand by what its model can do.
  var hasEntropyStrip: Bool {
    guard tokenCount > 0 else {
      let can = started.call.model.capabilities
      return can.hiddenStates || (can.logProbabilities && can.alternatives > 0)
    }
    return tokenCount <= JudgedAttempt.tokenLimit && isUncertaintyKnown
  }

  /// Whether the first tokens came with entropies, or with alternatives to reckon them from.
  var isUncertaintyKnown: Bool {
    Channel.allCases.contains { channel in
      let table = tokens(channel)
      return (0..<min(table.count, 64)).contains {
        table.entropy(of: $0) != nil || table.alternativeCount(of: $0) > 0
      }
    }
  }
}
