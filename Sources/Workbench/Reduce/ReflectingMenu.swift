import Sessions

/// The panel that chooses how to reflect.
extension State {
  /// What it offers, in its order.
  package enum ReflectingChoice: Equatable, Sendable {
    case method(ReflectionMethod?)
    case rule(TriggerRule.Name?)
    /// Thresholds of the model's profile, or the published ones.
    case thresholds(published: Bool)
    /// A number, typed by hand.
    case number(ReflectionNumber)

    package enum Section: String, Sendable { case methods, controls, rule, thresholds, numbers }

    package var section: Section {
      switch self {
      case .method(let method): method?.isControl == true ? .controls : .methods
      case .rule: .rule
      case .thresholds: .thresholds
      case .number: .numbers
      }
    }
  }

  package var reflectingChoices: [ReflectingChoice] {
    let methods = ReflectionMethod.allCases.map { ReflectingChoice.method($0) }
    let rules = TriggerRule.Name.allCases.map { ReflectingChoice.rule($0) }
    let settings = settings.reflection.watching(for: reflectingModel)
    let numbers = settings.rule.numbers.map(\.0) + [.maximum] + settings.method.numbers
    return [.method(nil)] + methods + [.rule(nil)] + rules
      + [.thresholds(published: false), .thresholds(published: true)]
      + numbers.map { .number($0) }
  }

  func isInForce(_ choice: ReflectingChoice) -> Bool {
    switch choice {
    case .method(let method): settings.reflection.method == method
    case .rule(let rule): settings.reflection.rule == rule
    case .thresholds(let published):
      settings.reflection.source(for: reflectingModel) == (published ? .published : .profile)
    case .number(let number): settings.reflection.numbers[number] != nil
    }
  }

  var chosenReflectingRow: Int {
    reflectingChoices.firstIndex(of: .method(settings.reflection.method)) ?? 0
  }

  mutating func chooseReflecting(_ selection: Int) -> [Effect] {
    let choices = reflectingChoices
    guard choices.indices.contains(selection) else { return [] }
    switch choices[selection] {
    case .method(let method):
      if let obstacle = obstacle(to: method) {
        notice = Notice(obstacle.sentence, .warning)
        return []
      }
      return setReflection(.word(.reflect), to: method?.rawValue ?? "none")
    case .rule(let rule): return setReflection(.word(.rule), to: rule?.rawValue ?? "auto")
    case .thresholds(let published):
      guard published || reflectingModel?.profile?.reflection != nil else {
        notice = Notice("this model has no profile with thresholds of its own", .warning)
        return []
      }
      return setReflection(.word(.thresholds), to: published ? "published" : "profile")
    case .number(let number):
      prompt = Prompt(.command, text: "set \(number.rawValue) ")
      return []
    }
  }

  private mutating func setReflection(_ setting: ReflectionChoice.Name, to value: String)
    -> [Effect]
  {
    let name: String =
      switch setting {
      case .word(let word): word.rawValue
      case .number(let number): number.rawValue
      }
    return setReflection(setting, name: name, to: value)
  }
}

extension ReflectionMethod {
  /// What of its settings can be chosen.
  package var numbers: [ReflectionNumber] {
    switch self {
    case .srgen, .randomVector, .randomPlaces:
      [.steps, .learningRate, .entropyWeight, .memory]
    case .entropyOnly: [.steps, .learningRate, .memory]
    case .cntp: [.trials, .trialTokens, .lowEntropy, .highEntropy]
    case .branch: [.trials, .trialTokens]
    case .rewind: [.trials, .trialTokens, .confident]
    case .cooler: [.cooling]
    case .idSampling, .psr, .restart, .argmax: []
    }
  }
}
