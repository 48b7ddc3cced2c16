import Sessions

/// The words that put a model to work, as templates with `{placeholders}`.
///
/// A set is chosen by name; each template can be replaced by a file of the same name. Filling is a
/// single pass: what goes in for one placeholder is never searched for others, so a problem that
/// contains `{draft}` stays as typed. Unknown placeholders and stray braces stay too.
package struct PromptSet: Equatable, Sendable {
  package enum Template: String, CaseIterable, Sendable {
    case solve, critique, revise
    /// Goes on from kept steps; as `solve`, with the hint if there is one.
    case goOn = "continue"
    /// What surrounds a hint, blank line before it included; `{hint}` elsewhere stands for all
    /// of it, and for nothing when there is no hint.
    case hint
    /// Asks for one letter on the last step: whether it is right. Sets without it have the steps
    /// criticised instead.
    case judge
  }

  package let name: String
  /// The system turn; empty for models that were trained without.
  package var system: String
  private var templates: [Template: String]

  /// The setting `prompts`: a known set by name, else the general one.
  package init(named name: String?, overriding texts: [String: String] = [:]) {
    self = name == PromptSet.plain.name || name == "pilot" ? .plain : .general
    // An editor ends a file with a line end; it is not part of the words.
    func part(_ name: String) -> String? {
      texts[name].map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }
    for template in Template.allCases {
      if let text = part(template.rawValue) { templates[template] = text }
    }
    if let text = part("system") { system = text }
  }

  private init(name: String, system: String, _ templates: [Template: String]) {
    self.name = name
    self.system = system
    self.templates = templates
  }

  /// File names, without `.txt`, that override parts of a set.
  package static let overridable = Template.allCases.map(\.rawValue) + ["system"]

  /// The parts by file name, as someone who wants to change them would find them.
  package var files: [String: String] {
    var files = Dictionary(uniqueKeysWithValues: templates.map { ($0.rawValue, $1) })
    files["system"] = system
    return files
  }

  package func solve(_ problem: String, hint: String? = nil) -> [ChatMessage] {
    messages(.solve, ["problem": problem], hint: hint)
  }

  /// Steps are handed over as the texts the critic is to number from 1.
  package func critique(_ problem: String, draft: String, steps: [String]) -> [ChatMessage] {
    let numbered = steps.enumerated().map { index, step in
      "[\(index + 1)] " + step.trimmingSpace
    }.joined(separator: "\n")
    return messages(
      .critique, ["problem": problem, "draft": draft.trimmingSpace, "steps": numbered], hint: nil)
  }

  package func revise(
    _ problem: String, draft: String, critique: String, hint: String? = nil
  ) -> [ChatMessage] {
    messages(
      .revise,
      ["problem": problem, "draft": draft.trimmingSpace, "critique": critique.trimmingSpace],
      hint: hint)
  }

  package func goOn(_ problem: String, hint: String? = nil) -> [ChatMessage] {
    messages(.goOn, ["problem": problem], hint: hint)
  }

  /// `first` and `second` are what the letters A and B stand for; `nil` where the set has no such
  /// question.
  package func judge(
    _ problem: String, draft: String, first: String, second: String
  ) -> [ChatMessage]? {
    guard templates[.judge] != nil else { return nil }
    return messages(
      .judge,
      ["problem": problem, "draft": draft.trimmingSpace, "first": first, "second": second],
      hint: nil)
  }

  private func messages(
    _ template: Template, _ values: [String: String], hint: String?
  ) -> [ChatMessage] {
    let hint = hint?.trimmingSpace ?? ""
    let text = templates[template] ?? ""
    var values = values
    let around = templates[.hint] ?? "\n\n{hint}"
    values["hint"] = hint.isEmpty ? "" : Self.fill(around, ["hint": hint])
    let user = Self.fill(text, values).trimmingSpace
    return (system.isEmpty ? [] : [ChatMessage(.system, system)]) + [ChatMessage(.user, user)]
  }

  /// Replaces each `{name}` that has a value, looking only at the template.
  static func fill(_ template: String, _ values: [String: String]) -> String {
    var filled = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      filled += rest[..<open]
      rest = rest[open...]
      let inside = rest.dropFirst()
      if let close = inside.firstIndex(of: "}"), let value = values[String(inside[..<close])] {
        filled += value
        rest = rest[rest.index(after: close)...]
      } else {
        filled += "{"
        rest = inside
      }
    }
    return filled + rest
  }
}

extension PromptSet {
  /// For chat models.
  package static let general = PromptSet(
    name: "general",
    system: "You solve problems carefully, one short step at a time.",
    [
      .solve: """
      {problem}

      Reason in numbered steps, one line a step, each beginning "Step 1:", "Step 2:" and so on. \
      Do one calculation or inference a step. End with one line "Answer: " and the answer alone.{hint}
      """,
      .goOn: """
      {problem}

      Reason in numbered steps, one line a step, each beginning "Step 1:", "Step 2:" and so on. \
      Do one calculation or inference a step. End with one line "Answer: " and the answer alone.{hint}
      """,
      .critique: """
      Check a solution step by step.

      Problem:
      {problem}

      Steps of the solution:
      {steps}

      Judge every step in order. For each write one line of JSON, and nothing else on it:
      {"step": 1, "verdict": "correct", "type": null, "reason": "why, in a few words", \
      "repair": null}
      "verdict" is "correct", "incorrect", "neutral" (says nothing that could be wrong) or \
      "unsure". Recompute every calculation before you judge it. For an incorrect step "type" \
      names the mistake (arithmetic, logic, misread, unit, other) and "repair" is the step as \
      it should read. Last write one more line: {"first_error": k} with the number of the first \
      incorrect step, or {"first_error": null} if there is none.
      """,
      .revise: """
      {problem}

      An earlier solution, which may be wrong:
      {draft}

      What was said about it:
      {critique}{hint}

      Solve the problem anew. Keep what is right, repair what is wrong. Reason in numbered \
      steps, one line a step, each beginning "Step 1:", "Step 2:" and so on. End with one line \
      "Answer: " and the answer alone.
      """,
      .hint: "\n\nA hint: {hint}",
      .judge: """
      {problem}

      A solution so far:
      {draft}

      Is its last step right?
      (A) {first}
      (B) {second}
      Answer with one letter and nothing else.
      """,
    ])

  /// For models trained on the bare formats, without a system turn.
  package static let plain = PromptSet(
    name: "plain", system: "",
    [
      .solve: "{problem}{hint}",
      .goOn: "{problem}{hint}",
      .critique: "{problem}\n\nDraft:\n{draft}\n\nCritique the draft.",
      .revise:
        "{problem}\n\nDraft:\n{draft}\n\nCritique:\n{critique}{hint}\n\nRevise the draft.",
      .hint: "\n\n{hint}",
    ])
}

extension StringProtocol {
  /// The text without white space at its ends.
  var trimmingSpace: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
