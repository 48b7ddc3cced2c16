import Sessions

/// What a person chose about reflection; what is unset is the model's profile's, else the
/// published value.
package struct ReflectionChoice: Equatable, Sendable {
  /// `nil`: nothing is reflected on.
  package var method: ReflectionMethod?
  /// `nil` leaves it to the method.
  package var rule: TriggerRule.Name?
  /// The published thresholds, whatever the model's profile says.
  package var usesPublished = false
  package var ambiguity = AmbiguityPolicy.midpoint
  package var doubtText: String?
  package var numbers: [ReflectionNumber: Double] = [:]
  package init() {}

  /// Where the thresholds in force come from.
  package enum Source: String, Sendable {
    case profile, published
    /// The person's own numbers, in part at least.
    case own
  }

  package func source(for model: ModelDescription?) -> Source {
    let thresholds: Set<ReflectionNumber> = [.k, .window, .floor, .minimumDeviation, .coldStart]
    if numbers.keys.contains(where: thresholds.contains) { return .own }
    return !usesPublished && model?.profile?.reflection != nil ? .profile : .published
  }

  /// The settings of an attempt; `nil` where nothing is reflected on.
  package func settings(for model: ModelDescription?) -> ReflectionSettings? {
    method.map { settings(for: model, method: $0) }
  }

  /// The settings as they would be, for looking at what would fire where nothing is reflected on.
  package func watching(for model: ModelDescription?) -> ReflectionSettings {
    settings(for: model, method: method ?? .srgen)
  }

  private func settings(
    for model: ModelDescription?, method: ReflectionMethod
  ) -> ReflectionSettings {
    var settings = ReflectionSettings(method: method, rule: rule(method, for: model))
    settings.ambiguity = ambiguity
    settings.doubtText = doubtText ?? settings.doubtText
    settings.maximum = whole(.maximum, settings.maximum)
    settings.steps = whole(.steps, settings.steps)
    settings.learningRate = numbers[.learningRate] ?? settings.learningRate
    settings.entropyWeight =
      method == .entropyOnly ? 1 : numbers[.entropyWeight] ?? settings.entropyWeight
    settings.memory = whole(.memory, settings.memory)
    settings.trials = whole(.trials, method == .cntp ? 10 : 4)
    settings.lowEntropy = numbers[.lowEntropy] ?? settings.lowEntropy
    settings.highEntropy = numbers[.highEntropy] ?? settings.highEntropy
    settings.trialTokens = whole(.trialTokens, settings.trialTokens)
    settings.cooling = numbers[.cooling] ?? settings.cooling
    settings.confident = numbers[.confident] ?? settings.confident
    return settings
  }

  private func whole(_ number: ReflectionNumber, _ usual: Int) -> Int {
    numbers[number].map { Int($0) } ?? usual
  }

  /// The thresholds of the adaptive rule.
  package func thresholds(for model: ModelDescription?) -> AdaptiveThreshold {
    var threshold =
      usesPublished ? .published : model?.profile?.reflection?.threshold ?? .published
    threshold.k = numbers[.k] ?? threshold.k
    threshold.window = whole(.window, threshold.window)
    threshold.floor = numbers[.floor] ?? threshold.floor
    threshold.minimumDeviation = numbers[.minimumDeviation] ?? threshold.minimumDeviation
    threshold.coldStart = numbers[.coldStart] ?? threshold.coldStart
    return threshold
  }

  private func rule(_ method: ReflectionMethod, for model: ModelDescription?) -> TriggerRule {
    let usual: TriggerRule.Name =
      switch method {
      case .idSampling: .growing
      case .psr: .period
      case .randomPlaces: .places
      default: .adaptive
      }
    let thresholds = thresholds(for: model)
    return switch rule ?? usual {
    case .adaptive: .adaptive(thresholds)
    case .fixed: .fixed(FixedThreshold(entropy: numbers[.entropy] ?? thresholds.floor))
    case .quadrant:
      .quadrant(
        VarentropyQuadrant(
          entropy: numbers[.entropy] ?? thresholds.floor, varentropy: numbers[.varentropy] ?? 1))
    case .lowestWindow:
      .lowestWindow(
        LowestWindow(
          length: whole(.window, 16), logProbability: numbers[.windowProbability] ?? -0.25))
    case .momentum:
      .momentum(StepMomentum(decay: numbers[.decay] ?? 0.9, ratio: numbers[.ratio] ?? 0.9))
    case .places:
      .places(
        RandomPlaces(
          share: numbers[.share] ?? model?.profile?.reflection?.share ?? 0.02,
          seed: whole(.placeSeed, 1)))
    case .growing:
      .growing(GrowingBudgets(first: whole(.budget, 64), factor: numbers[.growth] ?? 2))
    case .period: .period(StepPeriod(steps: whole(.period, 2)))
    }
  }
}

/// A number of a reflection's settings, by its name after `:set` and `--set`.
package enum ReflectionNumber: String, CaseIterable, Sendable {
  case k, window, floor
  case minimumDeviation = "min-deviation"
  case coldStart = "cold-start"
  case entropy, varentropy
  case windowProbability = "window-probability"
  case decay, ratio, share
  case placeSeed = "place-seed"
  case budget, growth, period
  case maximum = "reflections"
  case steps
  case learningRate = "learning-rate"
  case entropyWeight = "entropy-weight"
  case memory, trials
  case trialTokens = "trial-tokens"
  case lowEntropy = "low-entropy"
  case highEntropy = "high-entropy"
  case cooling, confident

  package var range: ClosedRange<Double> {
    switch self {
    case .k: 0...100
    case .window: 1...1000
    case .floor, .minimumDeviation, .coldStart, .entropy: 0...20
    case .lowEntropy, .highEntropy: 0...20
    case .varentropy: 0...400
    case .windowProbability, .confident: -50...0
    case .decay, .share, .entropyWeight: 0...1
    case .ratio: 0.01...1
    case .placeSeed: 0...2_147_483_647
    case .budget: 1...1_000_000
    case .growth: 1...100
    case .period: 1...1000
    case .maximum: 0...1000
    case .steps: 0...1000
    case .learningRate: 0...10
    case .memory: 1...65_536
    case .trials: 1...64
    case .trialTokens: 1...4096
    case .cooling: 0...10
    }
  }

  package var isWhole: Bool {
    switch self {
    case .window, .placeSeed, .budget, .period, .maximum, .steps, .memory, .trials, .trialTokens:
      true
    default: false
    }
  }

  /// What it is, in a few words.
  package var help: String {
    switch self {
    case .k: "deviations above the mean that a token's entropy has to be"
    case .window: "entropies that mean and deviation are taken over"
    case .floor: "entropy below which nothing fires, in nats"
    case .minimumDeviation: "what the deviation counts as at least, in nats"
    case .coldStart: "threshold until the window is full, in nats"
    case .entropy: "threshold of the fixed and quadrant rules, in nats"
    case .varentropy: "threshold of the quadrant rule, in squared nats"
    case .windowProbability: "mean log-probability the lowest-window rule fires below"
    case .decay: "what is left of the momentum rule's mean when a step ends"
    case .ratio: "how much less sure than the mean a step must be for the momentum rule"
    case .share: "share of tokens that random places take"
    case .placeSeed: "seed of the random places"
    case .budget: "tokens before ID-sampling first puts doubt in"
    case .growth: "what that budget grows by each time"
    case .period: "steps between self-assessments"
    case .maximum: "reflections an attempt may have"
    case .steps: "steps of the optimisation"
    case .learningRate: "learning rate of the optimisation"
    case .entropyWeight: "share of the entropy in the loss"
    case .memory: "megabytes for the distributions of the text so far"
    case .trials: "trials at most"
    case .trialTokens: "tokens a trial may have"
    case .lowEntropy: "entropy up to which CNTP makes one trial, in nats"
    case .highEntropy: "entropy from which CNTP makes all its trials, in nats"
    case .cooling: "what the cooler control multiplies the temperature with"
    case .confident: "mean log-probability of a step that rewind goes back to"
    }
  }

  /// What it takes, for the sentence that refuses anything else.
  package var allowed: String {
    func shown(_ value: Double) -> String {
      value == value.rounded() ? String(Int(value)) : String(value)
    }
    return "a \(isWhole ? "whole number" : "number") from \(shown(range.lowerBound)) to "
      + "\(shown(range.upperBound)), or \u{201C}auto\u{201D}"
  }
}

/// Settings of reflection that are words.
package enum ReflectionWord: String, CaseIterable, Sendable {
  case reflect, rule, thresholds, ambiguity
  case doubtText = "doubt-text"

  /// The words it takes; empty where any text will do.
  package var choices: [String] {
    switch self {
    case .reflect: ["none"] + ReflectionMethod.allCases.map(\.rawValue)
    case .rule: ["auto"] + TriggerRule.Name.allCases.map(\.rawValue)
    case .thresholds: ["profile", "published"]
    case .ambiguity: AmbiguityPolicy.allCases.map(\.rawValue)
    case .doubtText: []
    }
  }

  package var allowed: String {
    choices.isEmpty ? "a text, or \u{201C}auto\u{201D}" : choices.joined(separator: ", ")
  }
}

extension ReflectionChoice {
  package enum Name: Equatable, Sendable {
    case word(ReflectionWord)
    case number(ReflectionNumber)

    package init?(_ name: String) {
      if let word = ReflectionWord(rawValue: name) {
        self = .word(word)
      } else if let number = ReflectionNumber(rawValue: name) {
        self = .number(number)
      } else {
        return nil
      }
    }

    package static var allNames: [String] {
      ReflectionWord.allCases.map(\.rawValue) + ReflectionNumber.allCases.map(\.rawValue)
    }

    /// What may be completed after its name.
    package var choices: [String] {
      switch self {
      case .word(let word): word.choices.isEmpty ? ["auto"] : word.choices
      case .number: ["auto"]
      }
    }

    package var allowed: String {
      switch self {
      case .word(let word): word.allowed
      case .number(let number): number.allowed
      }
    }
  }

  /// Every setting with its name, in the order they are listed in.
  package static var allSettings: [(name: String, setting: Name)] {
    Name.allNames.compactMap { name in Name(name).map { (name, $0) } }
  }

  /// `false`, and no change, when the value is not one it takes.
  package mutating func set(_ name: Name, to value: String) -> Bool {
    switch name {
    case .number(let number):
      if value == "auto" {
        numbers[number] = nil
        return true
      }
      guard let new = Double(value), number.range.contains(new),
        !number.isWhole || new == new.rounded()
      else { return false }
      numbers[number] = new
      return true
    case .word(let word): return set(word, to: value)
    }
  }

  private mutating func set(_ word: ReflectionWord, to value: String) -> Bool {
    switch word {
    case .reflect:
      guard value == "none" || ReflectionMethod(rawValue: value) != nil else { return false }
      method = ReflectionMethod(rawValue: value)
    case .rule:
      guard value == "auto" || TriggerRule.Name(rawValue: value) != nil else { return false }
      rule = TriggerRule.Name(rawValue: value)
    case .thresholds:
      guard value == "profile" || value == "published" else { return false }
      usesPublished = value == "published"
      for number in [ReflectionNumber.k, .window, .floor, .minimumDeviation, .coldStart] {
        numbers[number] = nil
      }
    case .ambiguity:
      guard let policy = AmbiguityPolicy(rawValue: value) else { return false }
      ambiguity = policy
    case .doubtText: doubtText = value == "auto" ? nil : value
    }
    return true
  }

  /// What is in force, in the words that ``set(_:to:)`` takes.
  package func value(_ name: Name, for model: ModelDescription?) -> String {
    switch name {
    case .number(let number):
      numbers[number].map { number.isWhole ? String(Int($0)) : String($0) }
        ?? inForce(number, for: model).map { "auto (\($0))" } ?? "auto"
    case .word(.reflect): method?.rawValue ?? "none"
    case .word(.rule): rule?.rawValue ?? "auto (\(watching(for: model).rule.name.rawValue))"
    case .word(.thresholds): source(for: model).rawValue
    case .word(.ambiguity): ambiguity.rawValue
    case .word(.doubtText): doubtText ?? "auto (\(watching(for: model).doubtText))"
    }
  }

  private func inForce(_ number: ReflectionNumber, for model: ModelDescription?) -> String? {
    let thresholds = thresholds(for: model)
    let settings = watching(for: model)
    return switch number {
    case .k: String(thresholds.k)
    case .window: String(thresholds.window)
    case .floor: String(thresholds.floor)
    case .minimumDeviation: String(thresholds.minimumDeviation)
    case .coldStart: String(thresholds.coldStart)
    case .maximum: String(settings.maximum)
    case .steps: String(settings.steps)
    case .learningRate: String(settings.learningRate)
    case .entropyWeight: String(settings.entropyWeight)
    case .memory: String(settings.memory)
    case .trials: String(settings.trials)
    case .trialTokens: String(settings.trialTokens)
    default: nil
    }
  }
}
