import Engine
import Sessions

/// Keys while a line is being typed.
extension State {
  mutating func pressInPrompt(_ key: Key) -> [Effect] {
    guard var prompt else { return [] }
    if prompt.isChord {
      self.prompt?.isChord = false
      if key == .control("e") || key == .character("e") { return [.edit(prompt.editor.text)] }
    }
    switch key {
    case .escape, .control("c"), .control("g"):
      self.prompt = nil
      if prompt.kind == .solver { pendingProblem = nil }
      return []
    case .control("x"):
      self.prompt?.isChord = true
      return []
    case .enter:
      self.prompt = nil
      return submit(prompt)
    case .control("j"), .alt("\r"), .alt("\n"):
      if prompt.kind.isMultiline { self.prompt?.editor.insert("\n") }
      return []
    case .tab:
      complete()
      return []
    case .up where prompt.kind == .errorType, .control("p") where prompt.kind == .errorType:
      moveChoice(-1)
      return []
    case .down where prompt.kind == .errorType, .control("n") where prompt.kind == .errorType:
      moveChoice(1)
      return []
    case .up, .control("p"):
      if !(prompt.kind.isMultiline && prompt.editor.moveLine(by: -1)) {
        recall(-1)
      } else {
        self.prompt = prompt
      }
      return []
    case .down, .control("n"):
      if !(prompt.kind.isMultiline && prompt.editor.moveLine(by: 1)) {
        recall(1)
      } else {
        self.prompt = prompt
      }
      return []
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    if prompt.editor.isEmpty, key == .backspace, !prompt.kind.isMultiline {
      self.prompt = nil
      return []
    }
    if prompt.editor.press(key) {
      prompt.completions = []
      prompt.historyIndex = nil
      self.prompt = prompt
      return narrowWhileTyping(prompt)
    }
    return []
  }

  /// A filter acts with every letter.
  private mutating func narrowWhileTyping(_ prompt: Prompt) -> [Effect] {
    narrowErrorTypes()
    guard prompt.kind == .filter else { return [] }
    if case .help(var help) = panel {
      help.filter = prompt.editor.text
      help.selection = 0
      panel = .help(help)
      return []
    }
    return narrowHome(to: prompt.editor.text)
  }

  private mutating func submit(_ prompt: Prompt) -> [Effect] {
    let text = prompt.editor.text
    if prompt.kind != .errorType { remember(text, of: prompt.kind) }
    switch prompt.kind {
    case .command: return run(commandLine: text)
    case .search:
      beginSearch(text)
      return []
    case .filter: return narrowWhileTyping(prompt)
    case .restriction: return restrictHome(by: text)
    case .problem:
      return begin(Problem(id: "typed", text: text.trimmedWhitespace, source: "typed"))
    case .solver: return choose(.solver, spec: text.trimmedWhitespace)
    case .critic:
      let spec = text.trimmedWhitespace
      guard !spec.isEmpty else {
        notice = Notice("no critic named; nothing was run", .warning)
        return []
      }
      settings.critic = spec
      return screen == .session && panel == nil
        ? askCritique() : [.connect(.critic, spec: spec)]
    case .round: return askRound(hint: text.nonEmpty)
    case .correction:
      guard let step = prompt.step else { return [] }
      return askCorrection(step, hint: text.nonEmpty, text: nil)
    case .errorType: return takeErrorType(prompt)
    case .reason, .soleReason, .correctedStep, .exitReason, .ownText: return takeWords(prompt)
    case .stepText:
      guard let step = prompt.step else { return [] }
      return askCorrection(step, hint: prompt.hint?.nonEmpty, text: text.nonEmpty)
    case .tokenText:
      guard let token = prompt.token, !text.isEmpty else { return [] }
      panel = nil
      // As typed: the blank before a word is part of its token.
      return ask(
        .takeToken(TokenRequest(parent: token.attempt, byte: token.byte, taken: .typed(text))),
        needing: .solver)
    }
  }

  mutating func choose(_ role: ModelRole, spec: String) -> [Effect] {
    guard !spec.isEmpty else {
      notice = Notice("no model named; nothing was changed", .warning)
      return []
    }
    switch role {
    case .solver: settings.solver = spec
    case .critic: settings.critic = spec
    }
    if role == .solver, let problem = pendingProblem {
      return [.connect(role, spec: spec)] + begin(problem)
    }
    return [.connect(role, spec: spec)]
  }

  mutating func takeEdited(_ text: String?) {
    guard let text else {
      notice = Notice("the editor failed; what was typed is still here", .warning)
      return
    }
    let kept = text.hasSuffix("\n") ? String(text.dropLast()) : text
    let isMultiline = prompt?.kind.isMultiline == true
    prompt?.editor.replace(with: isMultiline ? kept : kept.replacing("\n", with: " "))
  }

  private mutating func remember(_ text: String, of kind: Prompt.Kind) {
    guard !text.isEmpty else { return }
    histories[kind, default: []].removeAll { $0 == text }
    histories[kind, default: []].append(text)
    if let count = histories[kind]?.count, count > 100 {
      histories[kind]?.removeFirst(count - 100)
    }
  }

  /// Up and down through what was typed before; past the newest, back to what was being typed.
  private mutating func recall(_ delta: Int) {
    guard var prompt else { return }
    let history = histories[prompt.kind] ?? []
    guard !history.isEmpty else { return }
    if prompt.historyIndex == nil { prompt.draft = prompt.editor.text }
    let index = (prompt.historyIndex ?? history.count) + delta
    if index >= history.count {
      prompt.historyIndex = nil
      prompt.editor.replace(with: prompt.draft)
    } else {
      prompt.historyIndex = max(index, 0)
      prompt.editor.replace(with: history[max(index, 0)])
    }
    self.prompt = prompt
  }

  /// `Tab`: completes the last word, or in a correction turns to the step's own text.
  private mutating func complete() {
    guard let prompt else { return }
    switch prompt.kind {
    case .correction: editStepText(prompt)
    case .command: complete(with: commandCompletions(of: prompt.editor.text))
    case .filter where panel == nil, .restriction:
      complete(with: filterCompletions(of: prompt.editor.text))
    case .solver, .critic:
      let typed = prompt.editor.text
      complete(with: (settings.profiles + home.servers).filter { $0.hasPrefix(typed) })
    default: break
    }
  }

  private mutating func complete(with candidates: [String]) {
    guard let first = candidates.first else {
      notice = Notice("no completion")
      return
    }
    if candidates.count == 1 {
      prompt?.editor.replace(with: first)
      prompt?.completions = []
    } else {
      let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
      let typed = prompt?.editor.text.count ?? 0
      if common.count > typed { prompt?.editor.replace(with: common) }
      prompt?.completions = candidates
    }
  }

  private mutating func editStepText(_ prompt: Prompt) {
    guard let step = prompt.step, let attempt = reading?.session.attempt(step.attempt),
      attempt.steps.indices.contains(step.index)
    else { return }
    let bytes = attempt.bytes(of: attempt.steps[step.index])
    let text = String(decoding: bytes, as: UTF8.self)
    var next = Prompt(.stepText, text: text.trimmedWhitespace, step: step)
    next.hint = prompt.editor.text
    self.prompt = next
  }
}

extension String {
  fileprivate var nonEmpty: String? {
    let trimmed = trimmedWhitespace
    return trimmed.isEmpty ? nil : trimmed
  }

  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
