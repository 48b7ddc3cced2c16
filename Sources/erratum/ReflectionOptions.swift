import ArgumentParser
import Sessions
import Workbench

/// How attempts reflect; `docs/run.md` lists the methods, rules and numbers.
struct ReflectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "How to reflect at uncertain tokens: none, srgen, cntp, branch, rewind, idsampling, psr, or a "
        + "control.",
      valueName: "method"))
  var reflect: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "When to: auto, adaptive, fixed, quadrant, lowest-window, momentum, places, growing or "
        + "period.",
      valueName: "rule"))
  var rule: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Thresholds of the adaptive rule: profile (the model's own, where it has some) or published.",
      valueName: "which"))
  var thresholds: String?
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A number or word of the reflection, such as k=4, floor=0.6 or trials=5; may be repeated.",
      valueName: "name=value"))
  var numbers: [String] = []

  /// Sets all that was given, `--reflect` as one method.
  func apply(to choice: inout ReflectionChoice) throws {
    if let reflect { try choice.take("reflect", reflect) }
    try applyAllButMethod(to: &choice)
  }

  /// For runs, where `--reflect` names several.
  func applyAllButMethod(to choice: inout ReflectionChoice) throws {
    // Thresholds first: choosing them forgets numbers set before.
    if let thresholds { try choice.take("thresholds", thresholds) }
    if let rule { try choice.take("rule", rule) }
    for pair in numbers {
      guard let equals = pair.firstIndex(of: "="),
        ReflectionChoice.Name(String(pair[..<equals])) != nil
      else {
        let name = String(pair.prefix { $0 != "=" })
        throw InputError.badSetting(
          name: "set", value: pair.visible,
          allowed: "NAME=VALUE (" + Self.hint(for: name) + ")")
      }
      try choice.take(
        String(pair[..<equals]), String(pair[pair.index(after: equals)...]), option: "set")
    }
  }

  private static func hint(for name: String) -> String {
    let names = ReflectionChoice.Name.allNames
    return (name.isEmpty ? nil : nearest(to: name, in: names)).map { "did you mean \($0)?" }
      ?? "names: \(names.joined(separator: ", "))"
  }
}

extension ReflectionChoice {
  fileprivate mutating func take(_ name: String, _ value: String, option: String? = nil) throws {
    guard let known = Name(name) else { preconditionFailure("no such setting: \(name)") }
    guard set(known, to: value) else {
      throw InputError.badSetting(
        name: option.map { "\($0) \(name)" } ?? name, value: value.visible,
        allowed: known.allowed)
    }
  }
}
