import Sessions

/// What arrives from the journal and the engine.
extension State {
  mutating func show(_ opened: SessionShown) {
    if opened.isWhole, leftEarly == opened.session.header.session {
      leftEarly = nil
      return
    }
    let isSame = reading?.session.header.session == opened.session.header.session
    if isSame, reading != nil {
      // The whole history of the session already on screen: keep the place in it.
      reading?.session = opened.session
    } else {
      reading = Reading(session: opened.session)
    }
    reading?.isWhole = opened.isWhole
    if opened.isWhole { reading?.refreshAgreement() }
    reading?.isReadOnly = opened.isReadOnly
    reading?.books = opened.books
    reading?.path = opened.path
    reading?.rereadLabels(by: settings.annotator)
    // What stands in the way of saving is told after this, when something does.
    saving = .saved
    screen = .session
    // The same session opened for writing, or read to its end, is what the panel is about.
    if !isSame { panel = nil }
    holdView()
    let isAskedFor = work?.opening.map { work?.items[$0].session == opened.path } ?? false
    if isAskedFor, let opening = work?.opening {
      work?.position = opening
      work?.opening = nil
    }
    // Opened for writing meanwhile, the chain stays where its annotator is in it.
    let isNew = isAskedFor || !isSame || reading?.labelling == nil
    if work?.current?.session == opened.path, isNew { showItem() }
    refreshDigests()
    land()
  }

  mutating func take(_ records: [Record]) -> [Effect] {
    guard reading != nil else { return [] }
    guard reading?.replay == nil else {
      for record in records { reading?.replay?.live?.apply(record) }
      return []
    }
    let wasShown = reading?.attempt?.id
    reading?.heardAt = now
    let mayMove = records.contains { if case .rewound = $0.event { true } else { false } }
    keepPlace(always: mayMove) { state in
      for record in records {
        state.reading?.session.apply(record)
        if let annotator = record.event.annotator {
          let isOwn = annotator == state.settings.annotator
          state.reading?.take(label: record.event, by: annotator, isOwn: isOwn)
        }
        state.announce(record.event)
        if case .attemptFinished = record.event { state.reading?.refreshAgreement() }
      }
      state.welcomeAttempt(after: wasShown)
    }
    refreshWhatIf()
    return []
  }

  /// A new attempt comes on screen by itself only when its reader was at the end of the last
  /// one, or asked for it.
  fileprivate mutating func welcomeAttempt(after wasShown: AttemptID?) {
    guard reading?.shown == nil, let new = reading?.attempt?.id, new != wasShown else { return }
    let follows = reading?.follows == true || reading?.awaitsAttempt == true
    reading?.awaitsAttempt = false
    guard follows || wasShown == nil else {
      reading?.shown = wasShown
      let key = bindings.keys(for: .nextAttempt, in: mode).first?.name ?? ":next-attempt"
      notice = Notice("attempt \(new) has begun; \(key) shows it")
      return
    }
    reading?.item = 0
    reading?.top = ChainAnchor()
    reading?.tokenByte = nil
    reading?.follows = true
    reading?.folded = []
    reading?.search = nil
    reading?.shownCritique = nil
  }

  fileprivate mutating func announce(_ event: Event) {
    switch event {
    case .failed(let failed): notice = Notice(failed.message, .error)
    case .noted(let noted): notice = Notice(noted.text, .warning)
    case .attemptFinished(let finished) where finished.reason == .cancelled:
      let key = bindings.keys(for: .resume, in: .read).first?.name ?? ":continue"
      notice = Notice("stopped; the partial is kept, \(key) goes on")
    case .reflectionFinished(let finished) where finished.outcome == .failed:
      let reason = finished.message.map { ": \($0)" } ?? ""
      notice = Notice("reflection \(finished.reflection) failed\(reason)", .warning)
    case .controlsCompared(let compared):
      let reflection = reading?.session.attempt(compared.attempt)?.reflections
        .last { $0.id == compared.reflection }
      let own = reflection?.finished?.chosen.all.first?.bytes
      let others = compared.choices.count { $0.chosen.all.first?.bytes != own }
      notice = Notice(
        "controls compared \u{B7} \(others) of \(compared.choices.count) chose another token")
    case .answerExtracted(let extracted):
      let verdict: String =
        switch extracted.isCorrect {
        case true? where hidden.isNothing: " · correct"
        case false? where hidden.isNothing: " · wrong"
        default: ""
        }
      notice = Notice("answer \(extracted.answer)\(verdict)")
    case .critiqueFinished where !hidden.isNothing:
      let key = bindings.keys(for: .explanations, in: .label).first?.name ?? ":explanations"
      notice = Notice("critique done · \(key) lists what it says of a step marked incorrect")
    case .critiqueFinished(let finished):
      switch finished.firstError {
      case .step(let index):
        let number = reading?.session.critique(finished.critique).flatMap { critique in
          critique.started.steps.firstIndex(of: index).map { $0 + 1 }
        }
        notice = Notice("critique done · first error in step \(number ?? index + 1)")
      case .none: notice = Notice("critique done · no error found")
      case .notSaid: notice = Notice("critique done · no first error named")
      }
    case .alternativesWritten(let written):
      guard case .rating(.candidates, _) = panel, selectedStep == written.step.index,
        reading?.attempt?.id == written.step.attempt
      else { break }
      listCandidates(written.texts)
      notice = Notice("\(written.texts.count) other texts; 1 2 3 0 rate, Enter chooses")
    default: break
    }
  }

  /// Carries out what was asked for while a model was running, one at a time.
  mutating func runQueued() -> [Effect] {
    isCalling = false
    guard !queue.isEmpty else { return [] }
    return [queue.removeFirst()]
  }

  /// A call of ours is under way; a session somebody else writes may run without us.
  var isBusy: Bool {
    isCalling || (reading?.session.isRunning == true && reading?.isReadOnly == false)
  }

  /// Makes a change and leaves the text at the top of the view, and the token, where they are.
  ///
  /// - Parameter always: `false` when closed steps cannot change, only the open text after them.
  mutating func keepPlace(always: Bool = true, _ change: (inout State) -> Void) {
    let places = placesOfReader(always: always)
    change(&self)
    if let places, reading?.attempt?.id == places.attempt, reading?.follows == false,
      let layout = chainLayout
    {
      if let anchor = places.top.flatMap(layout.anchor) { reading?.top = anchor }
      if let item = places.token.flatMap(layout.anchor)?.item { reading?.item = item }
    }
    holdView()
  }

  private struct Places {
    var attempt: AttemptID
    var top: ChainPlace?
    var token: ChainPlace?
  }

  /// A function of its own, so that no copy of the session is left when it changes: a copy would
  /// have every token moved.
  private func placesOfReader(always: Bool) -> Places? {
    guard let reading, !reading.follows, let layout = chainLayout else { return nil }
    let closed = layout.attempt.steps.count
    guard always || reading.top.item >= closed || reading.item >= closed else { return nil }
    let token = reading.tokenByte.flatMap { byte in
      layout.item(reading.item).map { ChainPlace(channel: $0.channel, byte: byte) }
    }
    return Places(attempt: layout.attempt.id, top: layout.place(of: reading.top), token: token)
  }

  /// Keeps the view where the reader is: at the end when following, else on the same text.
  mutating func holdView() {
    guard var reading, let layout = chainLayout else { return }
    let height = sessionLayout.chain?.rows ?? 1
    if reading.follows {
      reading.item = max(layout.itemCount - 1, 0)
      reading.top = layout.end(height: height)
      reading.itemsWhenHeld = layout.itemCount
    } else {
      reading.item = min(max(reading.item, 0), max(layout.itemCount - 1, 0))
      reading.top = layout.clamp(reading.top)
    }
    self.reading = reading
  }

  var sessionLayout: SessionLayout { SessionLayout(self) }

  var chainLayout: ChainLayout? {
    guard let reading, let attempt = reading.attempt else { return nil }
    return ChainLayout(
      reading: reading, attempt: attempt, width: sessionLayout.chainTextWidth,
      gate: settings.gate)
  }
}
