import Sessions

/// A response judged again, token by token, without calling any model.
///
/// What would have been written after another decision is not known: every place is judged in the
/// text as it stands.
package struct TriggerTrace: Equatable, Sendable {
  package struct Place: Equatable, Sendable {
    package var channel: Channel
    /// Token of the channel.
    package var index: Int
    package var entropy: EntropyBounds?
    /// `nil` where the place was not tested.
    package var threshold: Double?
    package var answer: Judgement.Answer?
    /// Whether the loop would reflect here, the policy and the maximum in force.
    package var fires: Bool
  }
  /// One for each token, thinking first, those taken over included.
  package var places: [Place] = []
  package var tally = ReflectionTally()

  package init() {}

  package var fired: [Int] { places.indices.filter { places[$0].fires } }
  /// Whether any place had an entropy.
  package var isMeasured: Bool { places.contains { $0.entropy != nil } }
}

/// The doubts of an attempt's tokens, computed once and judged as often as one likes.
package struct MeasuredResponse: Sendable {
  private struct Entry: Sendable {
    var channel: Channel
    var index: Int
    var doubt: Doubt
    var logProbability: Float?
    /// Mean surprisals of the steps this token showed to be closed.
    var closed: [Double?]
  }
  private var entries: [Entry] = []

  /// Needs the alternatives, or entropies, of the tokens; a response without any is all unmeasured.
  package init(_ attempt: Attempt) {
    let call = attempt.started.call
    for channel in Channel.allCases {
      let table = attempt.tokens(channel)
      var steps = StepWatch(channel)
      for index in 0..<table.count {
        let token = table.token(index, channel: channel)
        entries.append(
          Entry(
            channel: channel, index: index,
            doubt: Doubt(
              of: token, temperature: call.parameters.temperature,
              limit: call.parameters.alternatives,
              vocabularySize: call.model.capabilities.vocabularySize, needsVarentropy: true),
            logProbability: token.logProbability,
            closed: steps.take(token.bytes, token.logProbability)))
      }
    }
  }

  /// Judges all places by one setting, or by those in force at each: pairs of a position and what
  /// holds from there on, the first at 0.
  package func trace(_ settings: [(from: Int, ReflectionSettings)]) -> TriggerTrace {
    var trace = TriggerTrace()
    guard let first = settings.first else { return trace }
    var reflection = Reflection(first.1)
    var rest = settings.dropFirst()
    trace.places.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() {
      while let next = rest.first, next.from <= position {
        reflection.settings = next.1
        rest = rest.dropFirst()
      }
      let threshold = reflection.threshold(at: entry.doubt)
      let answer = reflection.consider(entry.doubt)
      reflection.wrote(entry.logProbability)
      for surprisal in entry.closed { reflection.closedStep(surprisal: surprisal) }
      var place = TriggerTrace.Place(
        channel: entry.channel, index: entry.index, entropy: entry.doubt.entropy,
        threshold: threshold, answer: .holds, fires: false)
      switch answer {
      case .emit: place.answer = threshold == nil ? nil : .holds
      case .unmeasured: place.answer = .unmeasured
      case .ambiguous: place.answer = .ambiguous
      case .intervene(let found):
        place.answer = found.judgement.answer
        place.fires = true
      }
      trace.places.append(place)
    }
    trace.tally = reflection.finalTally
    return trace
  }

  package func trace(_ settings: ReflectionSettings) -> TriggerTrace { trace([(0, settings)]) }
}

extension Reflection {
  /// What the next place will be held against; `nil` where it is not tested.
  fileprivate func threshold(at doubt: Doubt) -> Double? {
    guard history.position > 0, tally.reflections < settings.maximum else { return nil }
    return settings.rule.trigger.judge(doubt, after: history).threshold
  }
}

extension Attempt {
  /// Settings and the positions they were in force from; empty where nothing was reflected on.
  package var reflectionSettings: [(from: Int, ReflectionSettings)] {
    guard let first = started.reflection else { return [] }
    return [(0, first)] + tunings.map { ($0.position, $0.settings) }
  }
}
