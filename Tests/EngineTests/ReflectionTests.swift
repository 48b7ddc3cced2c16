import Foundation
import Sessions
import Testing

@testable import Engine

/// A place whose entropy is known exactly.
private func exactly(_ entropy: Float) -> Doubt {
  Doubt(entropy: EntropyBounds(lower: entropy, upper: entropy))
}

private func between(_ lower: Float, _ upper: Float) -> Doubt {
  Doubt(entropy: EntropyBounds(lower: lower, upper: upper))
}

private func adaptive(
  window: Int = 4, k: Double = 2, minimumDeviation: Double = 0.125, floor: Double = 0.5,
  coldStart: Double = 3
) -> ReflectionSettings {
  ReflectionSettings(
    method: .srgen,
    rule: .adaptive(
      AdaptiveThreshold(
        window: window, k: k, minimumDeviation: minimumDeviation, floor: floor,
        coldStart: coldStart)))
}

extension Reflection {
  /// Feeds entropies one after another; answers the positions that fired.
  fileprivate mutating func feed(_ entropies: [Float]) -> [Int] {
    var fired: [Int] = []
    for entropy in entropies {
      if case .intervene(let found) = consider(exactly(entropy)) { fired.append(found.position) }
      wrote(-0.1)
    }
    return fired
  }
}

@Suite struct ReflectionTests {
  /// 1 + 2 + 3 + 4: mean 2.5; squares 2.25 + 0.25 + 0.25 + 2.25 = 5; deviation sqrt(5/3).
  @Test func `the threshold is the mean and k sample deviations of the window`() {
    let rule = AdaptiveThreshold(window: 4, k: 2, minimumDeviation: 0.5, floor: 1, coldStart: 9)
    #expect(rule.threshold(over: [1, 2, 3, 4]) == 2.5 + 2 * (5.0 / 3).squareRoot())
    #expect(abs(rule.threshold(over: [1, 2, 3, 4]) - 5.081988897471611) < 1e-15)
  }

  @Test func `a small deviation counts as the least, and a low threshold as the floor`() {
    let rule = AdaptiveThreshold(window: 4, k: 2, minimumDeviation: 0.25, floor: 0.75, coldStart: 9)
    #expect(rule.threshold(over: [1, 1, 1, 1]) == 1.5)
    #expect(rule.threshold(over: [0, 0, 0, 0]) == 0.75)
    let published = AdaptiveThreshold.published
    // mean + 4 * 0.5 is never below 2, so the published floor of 1.8 never binds.
    #expect(published.threshold(over: Array(repeating: 0, count: 25)) == 2)
  }

  @Test func `until the window is full the cold start alone is the threshold`() {
    let rule = AdaptiveThreshold(window: 4, k: 2, minimumDeviation: 0.25, floor: 0.75, coldStart: 3)
    #expect(rule.threshold(over: []) == 3)
    #expect(rule.threshold(over: [0, 0, 0]) == 3)
    #expect(rule.threshold(over: [0, 0, 0, 0]) == 0.75)
  }

  @Test func `one value has no deviation`() {
    let rule = AdaptiveThreshold(window: 1, k: 4, minimumDeviation: 0, floor: 0, coldStart: 3)
    #expect(rule.threshold(over: [0.5]) == 0.5)
  }

  /// The first token is neither tested nor recorded: its 100 fires nothing and is in no window.
  @Test func `the first token is neither tested nor recorded`() {
    var reflection = Reflection(adaptive())
    #expect(reflection.feed([100, 1, 1, 1, 1]).isEmpty)
    #expect(reflection.history.lastEntropies(4) == [1, 1, 1, 1])
    #expect(reflection.tally.tested == 4)
  }

  // Cold start 3: 3 itself does not fire. Then the window is 1 1 1 3: mean 1.5, deviation 1,
  // threshold 3.5. 3.5 does not fire (strict), 3.5000002 would.
  @Test func `a threshold that is met and not passed does not fire`() {
    var reflection = Reflection(adaptive())
    #expect(reflection.feed([0, 1, 1, 1, 3]) == [])
    var other = reflection
    #expect(reflection.feed([3.5]) == [])
    #expect(other.feed([Float(3.5).nextUp]) == [5])
  }

  // Window 0.25 0.25 0.25 0.25: threshold 0.25 + 2 * 0.125 = 0.5, the floor. A spike of 4.25 fires;
  // then the window is 0.25 0.25 0.25 4.25: mean 1.25, deviation 2, threshold 5.25, and a second
  // spike of 4.25 is held against that.
  @Test func `a spike inflates the window for those after it`() {
    var reflection = Reflection(adaptive())
    #expect(reflection.feed([0, 0.25, 0.25, 0.25, 0.25, 4.25, 4.25]) == [5])
    var found: TriggerFound?
    if case .intervene(let trigger) = reflection.consider(exactly(9)) { found = trigger }
    // 0.25 0.25 4.25 4.25: mean 2.25, squares 4 * 4 = 16, deviation sqrt(16/3).
    #expect(found?.judgement.threshold == 2.25 + 2 * (16.0 / 3).squareRoot())
    #expect(found?.judgement.window == [0.25, 0.25, 4.25, 4.25])
  }

  @Test func `a corrected place is recorded once, uncorrected, and not tested again`() {
    var reflection = Reflection(adaptive(coldStart: 1))
    reflection.wrote(0)
    guard case .intervene = reflection.consider(exactly(2)) else {
      Issue.record("2 is above 1")
      return
    }
    #expect(reflection.consider(exactly(9)) == .emit)
    reflection.wrote(-1)
    #expect(reflection.history.lastEntropies(9) == [2])
    guard case .intervene = reflection.consider(exactly(2)) else {
      Issue.record("the next place is tested as ever")
      return
    }
    #expect(reflection.history.lastEntropies(9) == [2, 2])
  }

  @Test func `a maximum of three means three, and the window goes on`() {
    var settings = adaptive(coldStart: 1)
    settings.maximum = 3
    var reflection = Reflection(settings)
    #expect(reflection.feed([0, 2, 2, 2]) == [1, 2, 3])
    #expect(reflection.feed([50, 60]) == [])
    #expect(reflection.history.lastEntropies(2) == [50, 60])
    #expect(reflection.finalTally.isExhausted)
    #expect(reflection.tally.reflections == 3)
  }

  @Test func `no reflection at all is what a maximum of none means`() {
    var settings = adaptive(coldStart: 0)
    settings.maximum = 0
    var reflection = Reflection(settings)
    #expect(reflection.feed([1, 1, 1, 1, 1, 1]) == [])
    #expect(!reflection.finalTally.isExhausted)
  }

  @Test func `bounds around the threshold are ambiguous, and the policy decides`() {
    for (policy, fires) in [
      (AmbiguityPolicy.midpoint, true), (.fire, true), (.hold, false),
    ] {
      var settings = adaptive(coldStart: 1)
      settings.ambiguity = policy
      var reflection = Reflection(settings)
      reflection.wrote(0)
      switch reflection.consider(between(0.5, 2)) {
      case .intervene(let found):
        #expect(fires && found.judgement.answer == .ambiguous)
      case .ambiguous(let found):
        #expect(!fires && found.judgement.threshold == 1)
      default: Issue.record("the threshold lies between the bounds")
      }
      #expect(reflection.tally.ambiguous == 1)
      #expect(reflection.history.lastEntropies(1) == [1.25])
    }
    var reflection = Reflection(adaptive(coldStart: 1))
    reflection.wrote(0)
    #expect(reflection.consider(between(0.25, 1)) == .emit, "the upper bound is not above it")
  }

  @Test(arguments: [nil, EntropyBounds(lower: .nan, upper: .nan)] as [EntropyBounds?])
  func `what is not measured fires nothing and stands in no window`(entropy: EntropyBounds?) {
    var reflection = Reflection(adaptive(coldStart: 0))
    reflection.wrote(0)
    #expect(reflection.consider(Doubt(entropy: entropy)) == .unmeasured)
    reflection.wrote(nil)
    #expect(reflection.history.lastEntropies(4) == [])
    #expect(reflection.tally.unmeasured == 1)
  }

  @Test func `entropies that are all zero fire nothing`() {
    var settings = adaptive(minimumDeviation: 0, floor: 0, coldStart: 0)
    settings.maximum = 5
    var reflection = Reflection(settings)
    #expect(reflection.feed(Array(repeating: 0, count: 50)) == [])
  }

  @Test func `a window longer than the response stays cold`() {
    var reflection = Reflection(adaptive(window: 1000, floor: 0, coldStart: 2))
    #expect(reflection.feed([0] + Array(repeating: 1, count: 99) + [2.5]) == [100])
  }

  @Test func `settings may change between two tokens`() {
    var reflection = Reflection(adaptive(coldStart: 3))
    #expect(reflection.feed([0, 1, 1]) == [])
    reflection.settings = adaptive(coldStart: 0.5)
    #expect(reflection.feed([1]) == [3])
    reflection.settings.rule = .fixed(FixedThreshold(entropy: 5))
    #expect(reflection.feed([1, 6]) == [5])
  }

  @Test func `what was withdrawn is forgotten`() {
    var reflection = Reflection(adaptive())
    #expect(reflection.feed([0, 1, 2, 3, 4]) == [4])
    reflection.rewind(to: 3, steps: 0)
    #expect(reflection.history.position == 3)
    #expect(reflection.history.lastEntropies(9) == [1, 2])
    #expect(reflection.feed([2.5]) == [], "three are too few for the window of four")
    #expect(reflection.history.lastEntropies(9) == [1, 2, 2.5])
  }
}

@Suite struct TriggerTests {
  private func history(_ entropies: [Float] = [], _ logProbabilities: [Float] = []) -> DoubtHistory
  {
    var history = DoubtHistory()
    for (index, value) in logProbabilities.enumerated() {
      if index < entropies.count {
        history.record(EntropyBounds(lower: entropies[index], upper: entropies[index]))
      }
      history.write(value)
    }
    return history
  }

  @Test func `the quadrant asks for both, and doubt about either is doubt`() {
    let rule = VarentropyQuadrant(entropy: 1, varentropy: 2)
    func answer(_ entropy: (Float, Float), _ varentropy: (Float, Float)) -> Judgement.Answer {
      rule.judge(
        Doubt(
          entropyAtOne: EntropyBounds(lower: entropy.0, upper: entropy.1),
          varentropy: EntropyBounds(lower: varentropy.0, upper: varentropy.1)),
        after: DoubtHistory()
      ).answer
    }
    #expect(answer((1.5, 1.5), (3, 3)) == .fires)
    #expect(answer((1.5, 1.5), (1, 1)) == .holds)
    #expect(answer((0.5, 0.5), (3, 3)) == .holds)
    #expect(answer((0.5, 1.5), (3, 3)) == .ambiguous)
    #expect(answer((1.5, 1.5), (1, 3)) == .ambiguous)
    #expect(answer((0.5, 1.5), (1, 2)) == .holds)
  }

  @Test func `the middle of both bounds is looked at where the quadrant is ambiguous`() {
    let rule = VarentropyQuadrant(entropy: 1, varentropy: 2)
    func fires(_ entropy: (Float, Float), _ varentropy: (Float, Float)) -> Bool {
      let judgement = rule.judge(
        Doubt(
          entropyAtOne: EntropyBounds(lower: entropy.0, upper: entropy.1),
          varentropy: EntropyBounds(lower: varentropy.0, upper: varentropy.1)),
        after: DoubtHistory())
      return judgement.answer == .ambiguous && AmbiguityPolicy.midpoint.fires(judgement)
    }
    #expect(fires((1.5, 1.5), (1.5, 3)))
    #expect(!fires((1.5, 1.5), (0.5, 3)), "a varentropy of 1.75 is below 2")
    #expect(fires((0.6, 1.6), (3, 3)))
    #expect(!fires((0.2, 1.6), (3, 3)))
    #expect(!fires((0.6, 1.6), (0.5, 3)))
  }

  @Test func `the lowest window fires below its bound, and then waits for a new window`() {
    let rule = LowestWindow(length: 4, logProbability: -1)
    func answer(_ history: DoubtHistory) -> Judgement.Answer {
      rule.judge(Doubt(), after: history).answer
    }
    #expect(answer(history([], [-9, -9, -9])) == .holds, "no whole window yet")
    #expect(answer(history([], [-1, -1, -1, -1])) == .holds, "met, not passed")
    var low = history([], [-0.5, -1, -1, -2])
    #expect(answer(low) == .fires)
    low.fire()
    low.write(-9)
    #expect(answer(low) == .holds)
    for _ in 0..<3 { low.write(-9) }
    #expect(answer(low) == .fires)
    #expect(answer(history([], [-1, -1, -.infinity, -1])) == .unmeasured)
    #expect(answer(history([], [-1, -1, .nan, -1])) == .unmeasured)
  }

  // Steps of 0.2, 0.4: m = 0.2, fires above 0.2 + 0.105. Then m = 0.9 * 0.2 + 0.1 * 0.4 = 0.22.
  @Test func `momentum holds a step against those before it`() throws {
    let rule = StepMomentum(decay: 0.9, ratio: 0.9)
    var history = DoubtHistory()
    history.write(-1)
    history.close(surprisal: 0.2)
    #expect(rule.judge(Doubt(), after: history).answer == .holds, "never at the first step")
    history.write(-1)
    history.close(surprisal: 0.4)
    let second = rule.judge(Doubt(), after: history)
    #expect(second.answer == .fires)
    #expect(abs(try #require(second.threshold) - (0.2 - log(0.9))) < 1e-12)
    history.write(-1)
    #expect(rule.judge(Doubt(), after: history).answer == .holds, "no step was closed here")
    history.close(surprisal: 0.3)
    let third = rule.judge(Doubt(), after: history)
    #expect(abs(try #require(third.threshold) - (0.22 - log(0.9))) < 1e-12)
    #expect(third.answer == .holds)
  }

  @Test func `random places are those given, or a share of all`() {
    let given = RandomPlaces(positions: [2, 5], share: 0, seed: 1)
    var history = DoubtHistory()
    var fired: [Int] = []
    for position in 0..<8 {
      if given.judge(Doubt(), after: history).answer == .fires { fired.append(position) }
      history.write(0)
    }
    #expect(fired == [2, 5])
    let chance = RandomPlaces(share: 0.1, seed: 7)
    history = DoubtHistory()
    var count = 0
    for _ in 0..<10_000 {
      if chance.judge(Doubt(), after: history).answer == .fires { count += 1 }
      history.write(0)
    }
    // Five standard deviations about 1,000.
    #expect((850...1150).contains(count))
  }

  @Test func `budgets grow, and wait for the end of a step`() {
    let rule = GrowingBudgets(first: 4, factor: 2)
    var history = DoubtHistory()
    var fired: [Int] = []
    for position in 0..<40 {
      if position % 3 == 0 { history.close(surprisal: nil) }
      if rule.judge(Doubt(), after: history).answer == .fires {
        fired.append(position)
        history.fire()
      }
      history.write(0)
    }
    // 4, 8, 16, 32, each at the next multiple of 3.
    #expect(fired == [6, 9, 18, 33])
  }

  @Test func `a period counts the steps since the last reflection`() {
    let rule = StepPeriod(steps: 2)
    var history = DoubtHistory()
    var fired: [Int] = []
    for position in 0..<20 {
      if position > 0, position % 4 == 0 { history.close(surprisal: nil) }
      if rule.judge(Doubt(), after: history).answer == .fires {
        fired.append(position)
        history.fire()
      }
      history.write(0)
    }
    #expect(fired == [8, 16])
  }

  @Test func `a window is waited for anew where the text was taken back`() {
    let rule = LowestWindow(length: 2, logProbability: -1)
    var history = history([], [-2, -2, -2, -2, -2])
    history.fire()
    history.rewind(to: 1, steps: 0)
    history.write(-2)
    #expect(rule.judge(Doubt(), after: history).answer == .holds)
    history.write(-2)
    #expect(rule.judge(Doubt(), after: history).answer == .fires)
  }

  @Test func `a long response without numbers is gone over in no time`() {
    var reflection = Reflection(adaptive(window: 1000, coldStart: 0))
    let clock = ContinuousClock()
    let time = clock.measure {
      for _ in 0..<60_000 {
        _ = reflection.consider(Doubt())
        reflection.wrote(nil)
      }
    }
    #expect(time < .seconds(2))
  }

  @Test func `trials are as many as the doubt is deep`() {
    var settings = ReflectionSettings(method: .cntp, rule: .fixed(FixedThreshold(entropy: 0.1)))
    settings.trials = 10
    func count(_ entropy: Float) -> Int {
      CNTPResponse.trials(at: EntropyBounds(lower: entropy, upper: entropy), settings)
    }
    // int(1 + 9 * clamp((h - 0.01) / 1.49)): two from 0.176 nats on, ten from 1.5.
    #expect(count(0) == 1 && count(0.01) == 1 && count(0.175) == 1)
    #expect(count(0.18) == 2)
    #expect(count(0.755) == 5)
    #expect(count(1.49) == 9 && count(1.51) == 10 && count(9) == 10)
    #expect(CNTPResponse.trials(at: nil, settings) == 10)
  }

  @Test func `every rule survives a journal`() throws {
    let rules: [TriggerRule] = [
      .adaptive(.published), .fixed(FixedThreshold(entropy: 0.5)),
      .quadrant(VarentropyQuadrant(entropy: 1, varentropy: 2)),
      .lowestWindow(LowestWindow(length: 16, logProbability: -0.5)),
      .momentum(StepMomentum(decay: 0.9, ratio: 0.9)),
      .places(RandomPlaces(positions: [1, 2], share: 0.02, seed: 3)),
      .growing(GrowingBudgets(first: 64, factor: 2)), .period(StepPeriod(steps: 2)),
    ]
    #expect(Set(rules.map(\.name)) == Set(TriggerRule.Name.allCases))
    for rule in rules {
      let data = try JSONEncoder().encode(rule)
      #expect(try JSONDecoder().decode(TriggerRule.self, from: data) == rule)
    }
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(TriggerRule.self, from: Data("{}".utf8))
    }
  }
}

@Suite struct TemperedEntropyTests {
  /// Entropies of a distribution over `count` tokens lie within the bounds its top k give.
  @Test(arguments: [0.3, 0.6, 0.7, 1.2, 2.0])
  func `bounds hold at any temperature`(temperature: Double) {
    for seed in 0..<200 as Range<UInt64> {
      var random = Seeded(seed)
      let count = Int.random(in: 2...400, using: &random)
      let sharpness = Double.random(in: 0.2...4, using: &random)
      let logits = (0..<count).map { _ in Double.random(in: -3...3, using: &random) * sharpness }
      let sum = log(logits.reduce(0) { $0 + exp($1) })
      let all = logits.map { Float($0 - sum) }.sorted(by: >)
      let k = Int.random(in: 1...min(20, count), using: &random)
      let token = Token(
        bytes: [97],
        alternatives: all.prefix(k).map { Alternative(bytes: [97], logProbability: $0) })
      // Alternatives of equal bytes and log-probability would count once.
      let distinct = Token(
        bytes: [97],
        alternatives: token.alternatives.enumerated().map {
          Alternative(bytes: [97], id: Int32($0), logProbability: $1.logProbability)
        })
      let doubt = Doubt(
        of: distinct, temperature: temperature, limit: k, vocabularySize: count)
      let largest = logits.max() ?? 0
      let weights = logits.map { exp(($0 - largest) / temperature) }
      let total = weights.reduce(0, +)
      var exact = 0.0
      for weight in weights where weight > 0 { exact -= weight / total * log(weight / total) }
      guard let bounds = doubt.entropy else {
        Issue.record("no bounds, seed \(seed)")
        continue
      }
      #expect(
        Double(bounds.lower) <= exact + 1e-4 && exact <= Double(bounds.upper) + 1e-4,
        "seed \(seed): \(exact) outside \(bounds)")
    }
  }
}
