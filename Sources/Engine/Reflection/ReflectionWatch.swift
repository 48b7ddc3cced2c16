import Foundation
import Sessions

/// Settings that may be turned while an attempt is being written; its next token obeys.
package final class ReflectionDial: @unchecked Sendable {
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var current: ReflectionSettings

  package init(_ settings: ReflectionSettings) { current = settings }

  package var settings: ReflectionSettings { lock.withLock { current } }

  /// The method stays: a model is prepared for it when the attempt begins.
  package func turn(to settings: ReflectionSettings) {
    lock.withLock {
      let method = current.method
      current = settings
      current.method = method
    }
  }
}

/// The loop over one response: feeds ``Reflection`` with what is written, wherever that comes from.
///
/// A model in this process asks it before each token; for a server's stream ``ReflectingRun`` asks
/// when the token has arrived.
final class ReflectionWatch: TokenWatch, @unchecked Sendable {
  private struct Standing {
    var reflection: Reflection
    /// One for each channel, for rules that wait for the end of a step.
    var steps: [Channel: StepWatch] = [:]
    /// The last bytes of the answer.
    var tail: [UInt8] = []
    /// Found, and not yet asked for by ``takeFound()``.
    var found: [TriggerFound] = []
    var tunings: [(position: Int, settings: ReflectionSettings)] = []

    /// Whether a call could go on from here: not from half a character, and not from thinking.
    var mayStop: Bool {
      tail.isEmpty ? steps[.thinking] == nil : tail.unfinishedBytes == 0
    }
  }

  private let dial: ReflectionDial
  private let seed: UInt64
  private let lock = NSLock()
  /// Guarded by `lock`.
  private var standing: Standing
  let needsHiddenStates: Bool
  let memory: Int
  private let decidesInPlace: Bool

  /// `decidesInPlace` where the model can decide tokens where they stand.
  init(_ dial: ReflectionDial, seed: Int?, decidesInPlace: Bool) {
    self.dial = dial
    self.seed = UInt64(bitPattern: Int64(seed ?? Int.random(in: 0...(.max))))
    let settings = dial.settings
    standing = Standing(reflection: Reflection(settings))
    needsHiddenStates = settings.method.needsHiddenStates
    memory = settings.memory
    self.decidesInPlace = decidesInPlace
  }

  var needsVarentropy: Bool {
    if case .quadrant = dial.settings.rule { true } else { false }
  }

  func look(at doubt: Doubt) -> WatchAnswer {
    lock.withLock {
      obeyDial()
      let isInPlace = decidesInPlace && standing.reflection.settings.method.isInPlace
      guard isInPlace || standing.mayStop else {
        standing.reflection.pass(doubt)
        return .draw
      }
      guard case .intervene(let found) = standing.reflection.consider(doubt) else { return .draw }
      standing.found.append(found)
      guard isInPlace else { return .pause }
      return .decide(
        InPlaceDecision(
          method: found.settings.method, settings: found.settings,
          seed: Mixer.mix(seed, UInt64(found.position))))
    }
  }

  func wrote(_ token: Token) {
    lock.withLock {
      standing.reflection.wrote(token.logProbability)
      closeSteps(after: token)
    }
  }

  /// A token that is not judged: taken over from a parent, or part of a trial that was chosen.
  func took(_ token: Token, _ doubt: Doubt) {
    lock.withLock {
      standing.reflection.took(doubt, logProbability: token.logProbability)
      closeSteps(after: token)
    }
  }

  /// The answer was cut back to `count` of its tokens, which are `kept`.
  func rewind(to position: Int, channel: Channel, kept: TokenTable) {
    lock.withLock {
      standing.steps[channel] = StepWatch(
        channel, replaying: kept, ends: standing.steps[channel]?.ends ?? [])
      standing.reflection.rewind(
        to: position, steps: standing.steps.values.reduce(0) { $0 + $1.ends.count })
      standing.tail = kept.bytes.suffix(4)
    }
  }

  func spent(_ finished: ReflectionFinished) {
    lock.withLock { standing.reflection.spent(finished) }
  }

  /// The oldest trigger nobody has taken yet.
  func takeFound() -> TriggerFound? {
    lock.withLock { standing.found.isEmpty ? nil : standing.found.removeFirst() }
  }

  /// Changes of the dial since the last call.
  func takeTunings() -> [(position: Int, settings: ReflectionSettings)] {
    lock.withLock {
      defer { standing.tunings = [] }
      return standing.tunings
    }
  }

  var tally: ReflectionTally { lock.withLock { standing.reflection.finalTally } }
  var position: Int { lock.withLock { standing.reflection.history.position } }
  /// The end of the last step that was closed in a channel, as a byte of it; 0 without one.
  func lastStepEnd(_ channel: Channel) -> Int {
    lock.withLock { standing.steps[channel]?.ends.last ?? 0 }
  }

  private func obeyDial() {
    let settings = dial.settings
    guard settings != standing.reflection.settings else { return }
    standing.reflection.settings = settings
    standing.tunings.append((standing.reflection.history.position, settings))
  }

  private func closeSteps(after token: Token) {
    if token.channel == .answer { standing.tail = (standing.tail + token.bytes).suffix(4) }
    let closed = standing.steps[token.channel, default: StepWatch(token.channel)].take(
      token.bytes, token.logProbability)
    for surprisal in closed { standing.reflection.closedStep(surprisal: surprisal) }
  }
}

/// Tells the ends of steps while tokens are written, and how surprising each step was.
package struct StepWatch {
  private var segmenter: Segmenter
  /// Of the open step.
  private var tokens: [(end: Int, logProbability: Float?)] = []
  private var length = 0
  private(set) var ends: [Int] = []

  package init(_ channel: Channel) { segmenter = Segmenter(channel: channel) }

  /// After `table`, of whose steps some were known to end where the text that is left gives no sign
  /// of it yet: what followed them was withdrawn.
  init(_ channel: Channel, replaying table: TokenTable, ends known: [Int]) {
    self.init(channel)
    for index in 0..<table.count {
      _ = take(table.bytes(of: index), table.logProbability(of: index))
    }
    for end in known where end > (ends.last ?? 0) && end <= length { _ = close(end) }
  }

  /// Mean surprisals of the steps the token closed; `nil` for one without numbers.
  package mutating func take(
    _ bytes: some Collection<UInt8>, _ logProbability: Float?
  ) -> [Double?] {
    length += bytes.count
    tokens.append((length, logProbability))
    // Ends that were given once are given again after the text was taken back to one.
    return segmenter.append(bytes).filter { $0 > (ends.last ?? 0) }.map { close($0) }
  }

  private mutating func close(_ end: Int) -> Double? {
    let inside = tokens.prefix { $0.end <= end }
    tokens.removeFirst(inside.count)
    ends.append(end)
    let known = inside.compactMap(\.logProbability).filter(\.isFinite)
    guard !known.isEmpty else { return nil }
    return -known.reduce(0.0) { $0 + Double($1) } / Double(known.count)
  }
}
