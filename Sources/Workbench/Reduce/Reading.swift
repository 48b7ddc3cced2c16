import Engine
import Sessions

/// Keys of a session on screen: moving, looking, and handing over to running and marking.
extension State {
  mutating func performReading(_ action: Action, _ key: Key? = nil) -> [Effect] {
    if reading?.replay != nil, let effects = performReplaying(action, key) { return effects }
    if let effects = performLabelling(action) { return effects }
    if let effects = performReflecting(action) {
      revealSelection(after: action)
      return effects
    }
    switch action {
    case .nextStep: moveInRegion(1)
    case .previousStep: moveInRegion(-1)
    case .nextToken: moveToken(1)
    case .previousToken: moveToken(-1)
    case .first: jump(toEnd: false)
    case .last: jump(toEnd: true)
    case .halfPageDown: scroll(by: pageRows / 2)
    case .halfPageUp: scroll(by: -pageRows / 2)
    case .pageDown: scroll(by: pageRows - 1)
    case .pageUp: scroll(by: -(pageRows - 1))
    case .lineDown: scroll(by: 1)
    case .lineUp: scroll(by: -1)
    case .nextRegion: cycleRegion(1)
    case .previousRegion: cycleRegion(-1)
    case .zoomIn:
      let region = reading?.region
      reading?.zoomed = region
    case .zoomOut: reading?.zoomed = nil
    case .nextMarker: jumpToMark(1)
    case .previousMarker: jumpToMark(-1)
    case .nextAttempt: cycleAttempt(1)
    case .previousAttempt: cycleAttempt(-1)
    case .nextCritique: cycleCritique()
    case .fold: toggleFold()
    case .foldAll:
      reading?.isAllFolded.toggle()
      reading?.folded = []
    case .overlay: cycleOverlay()
    case .signal: cycleSignal()
    case .tokenDetail: openTokenDetail()
    case .rounds: panel = .rounds(top: 0)
    case .votes: panel = .votes
    case .search: prompt = Prompt(.search)
    case .searchNext: findNext(1)
    case .searchPrevious: findNext(-1)
    case .copy: return copyStep()
    case .replay: return startReplay()
    case .stop, .back: return stopOrLeave(action)
    default: return performRunning(action)
    }
    revealSelection(after: action)
    return []
  }

  private var pageRows: Int {
    let layout = sessionLayout
    switch reading?.region ?? .chain {
    case .problem: return layout.problem?.rows ?? 1
    case .chain: return layout.chain?.rows ?? 1
    case .critic: return layout.critic?.rows ?? 1
    }
  }

  private mutating func moveInRegion(_ delta: Int) {
    switch reading?.region {
    case .chain: select((reading?.item ?? 0) + delta)
    case .problem, .critic: scroll(by: delta)
    case nil: break
    }
  }

  mutating func select(_ item: Int) {
    guard let layout = chainLayout, layout.itemCount > 0 else { return }
    let target = min(max(item, 0), layout.itemCount - 1)
    reading?.item = target
    reading?.tokenByte = nil
    reading?.criticFollows = true
    if target < layout.itemCount - 1 { hold(layout) }
  }

  private mutating func hold(_ layout: ChainLayout) {
    if reading?.follows == true { reading?.itemsWhenHeld = layout.itemCount }
    reading?.follows = false
  }

  /// Brings the selection into view after a move of the selection, not after a scroll.
  private mutating func revealSelection(after action: Action) {
    switch action {
    case .nextStep, .previousStep, .first, .last, .nextMarker, .previousMarker, .searchNext,
      .searchPrevious, .nextToken, .previousToken, .fold, .foldAll, .zoomIn, .zoomOut,
      .nextAttempt, .previousAttempt, .inspect:
      revealItem()
    default: holdView()
    }
  }

  mutating func revealItem() {
    guard let reading, let layout = chainLayout else { return }
    let height = sessionLayout.chain?.rows ?? 1
    guard !reading.follows else {
      self.reading?.top = layout.end(height: height)
      return
    }
    let top = layout.reveal(reading.item, from: reading.top, height: height)
    guard let item = layout.item(reading.item), let byte = reading.byteInView,
      let line = layout.anchor(at: ChainPlace(channel: item.channel, byte: byte))
    else {
      self.reading?.top = top
      return
    }
    self.reading?.top = layout.reveal(line: line, from: top, height: height)
  }

  private mutating func jump(toEnd: Bool) {
    switch reading?.region {
    case .problem:
      let top = toEnd ? problemBottom : 0
      reading?.problemTop = top
    case .critic:
      let top = toEnd ? criticBottom : 0
      reading?.criticFollows = false
      reading?.criticTop = top
    default:
      guard let layout = chainLayout else { return }
      if toEnd {
        reading?.item = max(layout.itemCount - 1, 0)
        reading?.tokenByte = nil
        reading?.follows = true
      } else {
        select(0)
        hold(layout)
        reading?.top = ChainAnchor()
      }
    }
  }

  private mutating func scroll(by lines: Int) {
    switch reading?.region {
    case .problem:
      let top = min(max((reading?.problemTop ?? 0) + lines, 0), problemBottom)
      reading?.problemTop = top
    case .critic:
      let top = min(max((reading?.criticTop ?? 0) + lines, 0), criticBottom)
      reading?.criticFollows = false
      reading?.criticTop = top
    default:
      guard let layout = chainLayout, let top = reading?.top else { return }
      let end = layout.end(height: pageRows)
      let target = min(layout.move(top, by: lines), end)
      reading?.top = target
      if target == end, lines > 0 {
        reading?.follows = true
        reading?.item = max(layout.itemCount - 1, 0)
      } else if lines < 0 {
        hold(layout)
        keepSelectionOnScreen(layout, top: target)
      } else {
        keepSelectionOnScreen(layout, top: target)
      }
    }
  }

  /// The selection goes with the view, so that the next key acts on what is seen.
  private mutating func keepSelectionOnScreen(_ layout: ChainLayout, top: ChainAnchor) {
    let bottom = layout.move(top, by: pageRows - 1).item
    let item = min(max(reading?.item ?? 0, top.item), bottom)
    if item != reading?.item {
      reading?.item = item
      reading?.tokenByte = nil
    }
  }

  private mutating func cycleRegion(_ delta: Int) {
    let all = Region.allCases
    let index = all.firstIndex(of: reading?.region ?? .chain) ?? 0
    let next = all[(index + delta + all.count) % all.count]
    reading?.region = next
    if reading?.zoomed != nil { reading?.zoomed = next }
  }

  private mutating func cycleAttempt(_ delta: Int) {
    guard let reading, let shown = reading.attempt,
      let index = reading.session.attempts.firstIndex(where: { $0.id == shown.id })
    else { return }
    let target = index + delta
    guard reading.session.attempts.indices.contains(target) else {
      notice = Notice(delta > 0 ? "this is the newest attempt" : "this is the first attempt")
      return
    }
    show(attempt: reading.session.attempts[target].id)
  }

  /// To the critique before the one shown, and from the oldest to the newest.
  private mutating func cycleCritique() {
    guard let reading, let attempt = reading.attempt, let shown = reading.critique else {
      notice = Notice("no critique of this attempt yet")
      return
    }
    let all = reading.session.critiques(of: attempt.id)
    let index = all.firstIndex { $0.id == shown.id } ?? 0
    let next = all[(index + all.count - 1) % all.count]
    self.reading?.shownCritique = next.id
    self.reading?.criticTop = 0
    self.reading?.criticFollows = true
    notice = Notice("critique \((all.firstIndex { $0.id == next.id } ?? 0) + 1) of \(all.count)")
  }

  mutating func show(attempt id: AttemptID) {
    let isNewest = reading?.session.attempts.last?.id == id
    reading?.shown = isNewest ? nil : id
    reading?.shownCritique = nil
    reading?.tokenByte = nil
    reading?.folded = []
    reading?.search = nil
    let isRunning = reading?.attempt?.isRunning == true
    reading?.follows = isRunning
    if reading?.follows == false {
      reading?.item = 0
      reading?.top = ChainAnchor()
    }
    holdView()
  }

  private mutating func toggleFold() {
    guard let item = reading?.item else { return }
    if reading?.folded.remove(item) == nil { reading?.folded.insert(item) }
  }

  private mutating func cycleOverlay() {
    let all = Overlay.allCases
    guard let current = reading?.overlay, let index = all.firstIndex(of: current) else { return }
    let next = all[(index + 1) % all.count]
    reading?.overlay = next
    notice = Notice("overlay: \(next.rawValue)")
  }

  private mutating func cycleSignal() {
    let all = Signal.allCases
    let index = all.firstIndex(of: settings.signal) ?? 0
    settings.signal = all[(index + 1) % all.count]
    let standing = settings.signal.standing(in: reading?.attempt?.profile)
    notice = Notice(
      (["signal: \(settings.signal.name)", settings.signal.unit] + [standing].compactMap(\.self))
        .joined(separator: ", "))
  }

  private func copyText() -> String? {
    guard let reading, let layout = chainLayout, let item = layout.item(reading.item) else {
      return nil
    }
    return String(decoding: layout.bytes(of: item), as: UTF8.self)
  }

  private mutating func copyStep() -> [Effect] {
    guard let text = copyText(), !text.isEmpty else {
      notice = Notice("nothing to copy here")
      return []
    }
    notice = Notice("step copied")
    return [.copy(text)]
  }

  private mutating func stopOrLeave(_ action: Action) -> [Effect] {
    if action == .stop, reading?.replay == nil, isBusy {
      // What was queued waits for just this; Esc stops it in its turn.
      notice = Notice(
        queue.isEmpty
          ? "stopping; the partial is kept"
          : "stopping; the partial is kept, and what is queued runs")
      return [.stop]
    }
    if reading?.search != nil {
      reading?.search = nil
    } else if reading?.tokenByte != nil {
      reading?.tokenByte = nil
    } else if reading?.zoomed != nil {
      reading?.zoomed = nil
    } else if reading?.labelling != nil {
      endLabelling()
    } else if action == .back {
      return leaveSession()
    }
    return []
  }

  private mutating func leaveSession() -> [Effect] {
    if isBusy {
      notice = Notice("a model is running; Esc stops it, then q goes back", .warning)
      return []
    }
    screen = .home
    // Its whole history is still on its way: it must not come back on screen.
    leftEarly = reading?.isWhole == false ? reading?.session.header.session : nil
    reading = nil
    saving = .saved
    queue = []
    return [.closeSession, .listLibrary]
  }
}

extension Reading {
  /// The byte of the selected step that must be seen: its token's, or its match's.
  fileprivate var byteInView: Int? {
    if let tokenByte { return tokenByte }
    guard let hit = search?.current, hit.item == item else { return nil }
    let start =
      attempt?.steps.indices.contains(item) == true ? attempt?.steps[item].range.lowerBound : nil
    return start.map { $0 + hit.byte }
  }
}
