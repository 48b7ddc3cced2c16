import Engine
import Sessions

/// Lines typed after `:`.
///
/// Any action by its name, and a few words that take a value.
extension State {
  mutating func run(commandLine: String) -> [Effect] {
    let words = commandLine.split(separator: " ", maxSplits: 1).map(String.init)
    guard let name = words.first else { return [] }
    let rest = words.count > 1 ? words[1].trimmedWhitespace : ""
    switch name {
    case "q", "quit": return perform(.quit)
    case "set": return set(rest)
    case "theme":
      guard settings.themeNames.isEmpty || settings.themeNames.contains(rest) else {
        notice = Notice(
          "no theme \u{201C}\(rest)\u{201D}; there are \(settings.themeNames.joined(separator: ", "))",
          .warning)
        return []
      }
      return [.loadTheme(rest)]
    case "signal" where !rest.isEmpty:
      guard let signal = Signal(rawValue: rest) else {
        let all = Signal.allCases.map(\.rawValue).joined(separator: ", ")
        notice = Notice("no signal \u{201C}\(rest)\u{201D}; there are \(all)", .warning)
        return []
      }
      settings.signal = signal
      return []
    case "overlay" where !rest.isEmpty:
      guard let overlay = Overlay(rawValue: rest) else {
        let all = Overlay.allCases.map(\.rawValue).joined(separator: ", ")
        notice = Notice("no overlay \u{201C}\(rest)\u{201D}; there are \(all)", .warning)
        return []
      }
      reading?.overlay = overlay
      return []
    case "seek" where !rest.isEmpty:
      guard reading?.replay != nil else { return perform(.seekTenth) }
      return perform(.seekTenth, rest.count == 1 ? rest.first.map { .character($0) } : nil)
    case "solver": return choose(.solver, spec: rest)
    case "critic": return choose(.critic, spec: rest)
    case "step":
      guard screen == .session, let number = Int(rest), number > 0 else {
        notice = Notice("step takes a number, as in :step 3", .warning)
        return []
      }
      select(number - 1)
      revealItem()
      return []
    default:
      guard let action = Action(rawValue: name) else {
        notice = Notice("no command \u{201C}\(name)\u{201D}; Tab lists them", .warning)
        return []
      }
      return perform(action)
    }
  }

  /// Changes a setting from `name value`, or says what is in force.
  ///
  /// Journaled when a session is open.
  private mutating func set(_ line: String) -> [Effect] {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard let name = words.first else {
      let reflection = ReflectionChoice.allSettings
        .map { "\($0.name) \(shownReflection($0.setting))" }
      notice = Notice(
        (Setting.allCases.map { "\($0.rawValue) \(shown($0))" } + reflection)
          .joined(separator: " · "))
      return []
    }
    if let setting = ReflectionChoice.Name(name) {
      guard words.count > 1 else {
        notice = Notice("\(name) \(shownReflection(setting))")
        return []
      }
      return setReflection(setting, name: name, to: words[1].trimmedWhitespace)
    }
    guard let setting = Setting(rawValue: name) else {
      let all = (Setting.allCases.map(\.rawValue) + ReflectionChoice.Name.allNames)
        .joined(separator: ", ")
      notice = Notice("no setting \u{201C}\(name)\u{201D}; there are \(all)", .warning)
      return []
    }
    guard words.count > 1 else {
      notice = Notice("\(name) \(shown(setting))")
      return []
    }
    let value = words[1].trimmedWhitespace
    guard settings.set(setting, to: value) else {
      notice = Notice("\(name) takes \(setting.allowed)", .warning)
      return []
    }
    notice = Notice("\(name) \(shown(setting)), from the next call on")
    guard screen == .session, reading?.isReadOnly == false, reading?.replay == nil else {
      return []
    }
    return [.record([.settingChanged(SettingChanged(name: name, value: value))])]
  }

  /// The value, and what it comes to where that is the model's choice.
  private func shown(_ setting: Setting) -> String {
    guard setting == .prompts, settings.prompts == nil,
      case .connected(_, let solver) = models[.solver]
    else { return settings[setting] }
    return "auto (\(settings.promptSet(for: solver)))"
  }

  func commandCompletions(of line: String) -> [String] {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count > 1 else {
      let names =
        ["set", "theme", "solver", "critic", "step"] + Action.allCases.map(\.rawValue)
      return names.sorted().filter { $0.hasPrefix(line) }
    }
    let values: [String] =
      switch words[0] {
      case "set":
        switch words.count {
        case 2: Setting.allCases.map(\.rawValue) + ReflectionChoice.Name.allNames
        case 3: ReflectionChoice.Name(words[1])?.choices ?? []
        default: []
        }
      case "theme": settings.themeNames
      case "signal": Signal.allCases.map(\.rawValue)
      case "overlay": Overlay.allCases.map(\.rawValue)
      case "solver", "critic": settings.profiles + home.servers
      default: []
      }
    let typed = words[words.count - 1]
    let head = words.dropLast().joined(separator: " ") + " "
    return values.filter { $0.hasPrefix(typed) }.map { head + $0 }
  }
}

/// What `:set` and the command line's options change.
package enum Setting: String, CaseIterable, Sendable {
  case temperature
  case topP = "top-p"
  case topK = "top-k"
  case minP = "min-p"
  case repetitionPenalty = "repetition-penalty"
  case maxTokens = "max-tokens"
  case seed, samples, system, prompts, alternatives

  /// What it takes, for the sentence that refuses anything else.
  package var allowed: String {
    switch self {
    case .temperature: "a number from 0 to 2"
    case .topP: "a number above 0 and up to 1, or \u{201C}off\u{201D}"
    case .topK: "a whole number from 1 to 1000, or \u{201C}off\u{201D}"
    case .minP: "a number from 0 to 1, or \u{201C}off\u{201D}"
    case .repetitionPenalty: "a number from 0.5 to 2, or \u{201C}off\u{201D}"
    case .maxTokens: "a whole number from 1 to 1000000"
    case .seed: "a whole number, or \u{201C}off\u{201D}"
    case .samples: "a whole number from 1 to 64"
    case .system: "a text, or \u{201C}off\u{201D}"
    case .prompts: "the name of a prompt set, such as general or plain, or \u{201C}auto\u{201D}"
    case .alternatives: "a whole number from 0 to 20"
    }
  }
}

extension Settings {
  package subscript(setting: Setting) -> String {
    switch setting {
    case .temperature: String(sampling.temperature)
    case .topP: sampling.topP.map { String($0) } ?? "off"
    case .topK: sampling.topK.map { String($0) } ?? "off"
    case .minP: sampling.minP.map { String($0) } ?? "off"
    case .repetitionPenalty: sampling.repetitionPenalty.map { String($0) } ?? "off"
    case .maxTokens: String(sampling.maxTokens)
    case .seed: sampling.seed.map { String($0) } ?? "off"
    case .samples: String(samples)
    case .system: system ?? "off"
    case .prompts: prompts ?? "auto"
    case .alternatives: String(sampling.alternatives)
    }
  }

  /// `false`, and no change, when the value is not one the setting takes.
  package mutating func set(_ setting: Setting, to value: String) -> Bool {
    switch setting {
    case .temperature:
      guard let number = Double(value), (0...2).contains(number) else { return false }
      sampling.temperature = number
    case .topP:
      guard Self.set(&sampling.topP, to: value, in: Double.leastNormalMagnitude...1) else {
        return false
      }
    case .topK:
      guard let number = value == "off" ? 1 : Int(value), (1...1000).contains(number) else {
        return false
      }
      sampling.topK = value == "off" ? nil : number
    case .minP:
      guard Self.set(&sampling.minP, to: value, in: 0...1) else { return false }
    case .repetitionPenalty:
      guard Self.set(&sampling.repetitionPenalty, to: value, in: 0.5...2) else { return false }
    case .maxTokens:
      guard let number = Int(value), (1...1_000_000).contains(number) else { return false }
      sampling.maxTokens = number
    case .seed:
      if value == "off" {
        sampling.seed = nil
      } else {
        guard let number = Int(value) else { return false }
        sampling.seed = number
      }
    case .samples:
      guard let number = Int(value), (1...64).contains(number) else { return false }
      samples = number
    case .system: system = value == "off" ? nil : value
    case .prompts:
      guard !value.isEmpty, !value.contains("/") else { return false }
      prompts = value == "auto" ? nil : value
    case .alternatives:
      guard let number = Int(value), (0...20).contains(number) else { return false }
      sampling.alternatives = number
    }
    return true
  }

  private static func set(
    _ number: inout Double?, to value: String, in range: ClosedRange<Double>
  ) -> Bool {
    let new = value == "off" ? nil : Double(value)
    guard value == "off" || new.map(range.contains) == true else { return false }
    number = new
    return true
  }
}
