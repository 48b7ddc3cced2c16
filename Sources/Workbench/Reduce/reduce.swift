import Sessions

/// Changes the state by one message and answers what is to be done about it.
package func reduce(_ state: inout State, _ message: Message) -> [Effect] {
  let effects = change(&state, message)
  state.refreshWatch()
  if effects.contains(where: \.asksModel) { state.isCalling = true }
  return effects
}

private func change(_ state: inout State, _ message: Message) -> [Effect] {
  switch message {
  case .keyPressed(let key): return state.press(key)
  case .pasted(let text): return state.paste(text)
  case .resized(let size):
    state.keepPlace { $0.size = size }
    if state.screen == .home { state.keepHomeSelectionInside() }
  case .ticked(let now): state.tick(to: now)

  case .recorded(let records): return state.take(records)
  case .sessionOpened(let opened): state.show(opened)
  case .recordsLoaded(let records, let start): state.beginReplay(of: records, from: start)
  case .settled: return state.runQueued()
  case .savingChanged(let saving):
    state.note(saving)
  case .labelsRefused(let notice): state.takeBackLabels(notice)
  case .itemRefused(let notice):
    state.work?.opening = nil
    state.notice = notice

  case .libraryListed(let sessions, let isWhole):
    return state.listed(sessions, isWhole: isWhole)
  case .libraryIndexing(let done, let count): state.home.indexing = (done, count)
  case .textFound(let words, let paths): return state.found(words, in: paths)
  case .textLocated(let words, let hits): state.located(words, hits)
  case .problemSetsFound(let sets): state.keepChosenAtHome { $0.sets = sets }
  case .serversFound(let servers): state.keepChosenAtHome { $0.servers = servers }

  case .modelConnecting(let role, let spec, let fraction):
    state.models[role] = .connecting(spec: spec, fraction: fraction)
  case .modelConnected(let role, let spec, let description):
    state.models[role] = .connected(spec: spec, description)
  case .modelFailed(let role, let spec, let sentence):
    state.models[role] = .failed(spec: spec, sentence: sentence)
    state.notice = Notice(sentence, .error)

  case .edited(let text): state.takeEdited(text)
  case .themeLoaded(let theme):
    state.settings.theme = theme
    state.notice = Notice("theme: \(theme.name)")
  case .noticed(let notice): state.notice = notice
  }
  return []
}

extension State {
  mutating func press(_ key: Key) -> [Effect] {
    spendTime()
    if case .mouse(let event) = key { return mouse(event) }
    if prompt != nil { return pressInPrompt(key) }
    notice = nil
    if let action = bindings.action(for: key, in: mode) { return perform(action, key) }
    if mode == .home, case .character(let character) = key,
      character.isUppercase || character.isNumber || character.isWholeNumber
    {
      prompt = Prompt(.problem, text: String(character))
      return []
    }
    let help = bindings.keys(for: .help, in: mode).first?.name ?? ":"
    notice = Notice("\(key.name) does nothing here; \(help) lists the keys")
    return []
  }

  /// What an action does, in whatever mode it was asked for.
  mutating func perform(_ action: Action, _ key: Key? = nil) -> [Effect] {
    switch action {
    case .quit:
      isQuitting = true
      return [.stop, .quit]
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .mouse:
      isMouseOn.toggle()
      notice = Notice(isMouseOn ? "mouse on; hold Shift to select text" : "mouse off")
      return [.setMouse(isMouseOn)]
    case .help:
      if case .help = panel { panel = nil } else { panel = .help(Panel.Help(mode: mode)) }
      return []
    case .command:
      prompt = Prompt(.command)
      return []
    case .models:
      panel = .models(selection: 0)
      return [.findServers]
    case .reflecting:
      panel = .reflecting(selection: chosenReflectingRow)
      return []
    default: break
    }
    if panel != nil { return performInPanel(action) }
    switch screen {
    case .home: return performAtHome(action)
    case .session: return performReading(action, key)
    }
  }

  mutating func paste(_ text: String) -> [Effect] {
    if prompt != nil {
      let kind = prompt?.kind
      prompt?.editor.insert(
        kind?.isMultiline == true ? text : text.replacing("\n", with: " "))
      prompt?.completions = []
    } else if screen == .home, panel == nil {
      prompt = Prompt(.problem, text: text)
    } else {
      notice = Notice("nothing is being typed; open a prompt first, then paste")
    }
    return []
  }

  /// The wheel scrolls and a click selects; everything has a key as well.
  private mutating func mouse(_ event: MouseEvent) -> [Effect] {
    guard isMouseOn, prompt == nil else { return [] }
    switch event.action {
    case .wheelDown: return perform(screen == .home || panel != nil ? .nextStep : .lineDown)
    case .wheelUp: return perform(screen == .home || panel != nil ? .previousStep : .lineUp)
    case .press:
      click(column: event.column, row: event.row)
      return []
    case .release: return []
    }
  }

  fileprivate mutating func note(_ new: Saving) {
    guard reading != nil else {
      // Told of while a session was being closed: there is nothing left to stand beside.
      if case .notSaved(let reason) = new {
        notice = Notice("the end of that session was not saved: \(reason)", .error)
      }
      return
    }
    if case .notSaved = saving, new == .saved { notice = Notice("saved again; nothing was lost") }
    saving = new
  }

  mutating func tick(to now: Double) {
    let passed = max(now - self.now, 0)
    self.now = now
    if reading?.replay?.isPlaying == true { advanceReplay(by: passed) }
  }

  /// Seconds until time alone changes the picture; `nil` when nothing moves.
  package var tickInterval: Double? {
    if reading?.replay?.isPlaying == true { return 1.0 / 30 }
    if isCalling || reading?.session.isRunning == true, reading?.replay == nil { return 0.25 }
    if models.values.contains(where: { if case .connecting = $0 { true } else { false } }) {
      return 0.25
    }
    return nil
  }
}
