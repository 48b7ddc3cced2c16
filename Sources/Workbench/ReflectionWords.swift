import Engine
import Sessions

extension ReflectionMethod {
  /// What it does, in one line of a menu.
  package var help: String {
    switch self {
    case .srgen: "a vector on the hidden states decides the one token"
    case .cntp: "trials to the next punctuation, the likeliest is kept"
    case .branch: "surrogate of SRGen: goes on from the likeliest tokens"
    case .rewind: "back to the last confident step, then forward again"
    case .idSampling: "words of doubt put in at growing numbers of tokens"
    case .psr: "every few steps the model judges what it has"
    case .restart: "the text so far read again, nothing changed"
    case .argmax: "the likeliest token there"
    case .cooler: "a lower temperature for the one token"
    case .entropyOnly: "SRGen without the likelihood of the text so far"
    case .randomVector: "a vector as long as SRGen's, in any direction"
    case .randomPlaces: "SRGen as often, at random places"
    }
  }

  /// Why `model` cannot do it, in the few words of a menu; ``obstacle(on:)`` has the sentence.
  package func briefObstacle(on model: ModelDescription?) -> String? {
    switch model.flatMap({ obstacle(on: $0) }) {
    case .hiddenStates: "no hidden states here" + (isControl ? "" : "; branch comes nearest")
    case .noLogProbabilities: "no log-probabilities here"
    case .quotesOnly: "a partial can only be quoted here, not gone on from"
    case .notStanding, .otherModel, nil: nil
    }
  }
}

extension TriggerRule.Name {
  package var help: String {
    switch self {
    case .adaptive: "mean and deviations of the last entropies, and a floor"
    case .fixed: "one entropy everywhere"
    case .quadrant: "high entropy and high varentropy"
    case .lowestWindow: "the last tokens were unlikely"
    case .momentum: "a step less sure than those before it"
    case .places: "places left to chance"
    case .growing: "at growing numbers of tokens"
    case .period: "after every few steps"
    }
  }
}

extension ReflectionNumber {
  /// As it is called in a sentence.
  package var title: String {
    switch self {
    case .k: "K"
    case .window: "window"
    case .coldStart: "cold start"
    case .minimumDeviation: "least deviation"
    case .windowProbability: "window's log-probability"
    case .placeSeed: "seed of places"
    case .lowEntropy: "low entropy"
    case .highEntropy: "high entropy"
    case .learningRate: "learning rate"
    case .entropyWeight: "entropy weight"
    case .trialTokens: "trial tokens"
    default: rawValue
    }
  }

  package var unit: String? {
    switch self {
    case .floor, .coldStart, .minimumDeviation, .entropy, .lowEntropy, .highEntropy: "nats"
    case .windowProbability, .confident: "nats"
    case .window, .budget, .trialTokens: "tokens"
    case .varentropy: "squared nats"
    case .memory: "MB"
    default: nil
    }
  }

  /// The number alone: `0.50` in nats, `25`, `3.5`.
  package func plain(_ value: Double) -> String {
    if isWhole { return value.formatted(places: 0) }
    return value.shortest(from: unit == "nats" ? 2 : 0)
  }

  /// `0.53 nats`, `25 tokens`, `3.75`.
  package func words(_ value: Double) -> String {
    guard value.isFinite else { return "none" }
    let number = plain(value)
    return unit.map { "\(number) \($0)" } ?? number
  }
}

extension Double {
  /// So many places, or as many more as are needed, up to four.
  func shortest(from least: Int = 0) -> String {
    for places in least...4 where abs(rounded(toPlaces: places) - self) < 1e-9 {
      return formatted(places: places)
    }
    return formatted(places: 4)
  }
}

extension ReflectionChoice {
  /// Where the numbers of a rule come from, that an attempt was written under.
  package static func source(of rule: TriggerRule, for model: ModelDescription?) -> Source {
    guard case .adaptive(let threshold) = rule else { return .own }
    if threshold == model?.profile?.reflection?.threshold { return .profile }
    return threshold == .published ? .published : .own
  }

  /// Takes the rule and its numbers over from settings that an attempt was written under.
  mutating func adopt(_ settings: ReflectionSettings, for model: ModelDescription?) {
    guard watching(for: model).rule != settings.rule else { return }
    rule = settings.rule.name
    usesPublished = false
    for (number, value) in settings.rule.numbers { numbers[number] = value }
  }
}

extension TriggerRule {
  /// By the names that `:set` has for them.
  package var numbers: [(ReflectionNumber, Double)] {
    switch self {
    case .adaptive(let rule):
      [
        (.k, rule.k), (.window, Double(rule.window)), (.floor, rule.floor),
        (.minimumDeviation, rule.minimumDeviation), (.coldStart, rule.coldStart),
      ]
    case .fixed(let rule): [(.entropy, rule.entropy)]
    case .quadrant(let rule): [(.entropy, rule.entropy), (.varentropy, rule.varentropy)]
    case .lowestWindow(let rule):
      [(.window, Double(rule.length)), (.windowProbability, rule.logProbability)]
    case .momentum(let rule): [(.decay, rule.decay), (.ratio, rule.ratio)]
    case .places(let rule): [(.share, rule.share), (.placeSeed, Double(rule.seed))]
    case .growing(let rule): [(.budget, Double(rule.first)), (.growth, rule.factor)]
    case .period(let rule): [(.period, Double(rule.steps))]
    }
  }
}
