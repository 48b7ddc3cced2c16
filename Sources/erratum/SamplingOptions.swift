import ArgumentParser
import Workbench

/// How a model is asked; what is left out stands in the config file, or is usual.
struct SamplingOptions: ParsableArguments {
  @Option(name: .long, help: "Sampling temperature, 0 to 2.")
  var temperature: String?
  @Option(name: .long, help: "Nucleus sampling, above 0 and up to 1.")
  var topP: String?
  @Option(name: .long, help: "Draw among so many of the likeliest tokens.")
  var topK: String?
  @Option(
    name: .long, help: "Leave out tokens below this share of the likeliest one's probability.")
  var minP: String?
  @Option(name: .long, help: "Divides the logits of recent tokens, 0.5 to 2.")
  var repetitionPenalty: String?
  @Option(name: .long, help: "Tokens an attempt may have.")
  var maxTokens: String?
  @Option(name: .long, help: "Seed of the sampler.")
  var seed: String?
  @Option(name: .long, help: "System turn instead of the prompt set's own.")
  var system: String?
  @Option(
    name: .long,
    help: "Prompt set: auto (what the model was made for), general, plain, or a folder of yours.")
  var prompts: String?
  @Option(name: .long, help: "Alternatives asked for each token, 0 to 20.")
  var alternatives: String?

  /// Throws ``InputError/badSetting(name:value:allowed:)`` at the first that cannot be taken.
  func apply(to settings: inout Settings) throws {
    let given: [(Setting, String?)] = [
      (.temperature, temperature), (.topP, topP), (.topK, topK), (.minP, minP),
      (.repetitionPenalty, repetitionPenalty), (.maxTokens, maxTokens), (.seed, seed),
      (.system, system), (.alternatives, alternatives),
    ]
    for case (let setting, let value?) in given { try settings.take(setting, value) }
    settings.prompts = prompts.map { $0 == "auto" ? nil : $0 } ?? settings.prompts
  }
}

extension Settings {
  /// Sets what was given on the command line, or says what could have been.
  mutating func take(_ setting: Setting, _ value: String) throws {
    guard set(setting, to: value) else {
      throw InputError.badSetting(
        name: setting.rawValue, value: value.visible, allowed: setting.allowed)
    }
  }
}
