import Sessions

/// What arrives from the journal and the engine.
extension State {
  mutating func show(_ opened: SessionShown) {
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
    screen = .session
    panel = nil
    holdView()
  }

  mutating func take(_ records: [Record]) -> [Effect] {
    guard reading != nil, reading?.replay == nil else { return [] }
    let wasShown = reading?.attempt?.id
    reading?.heardAt = now
    for record in records {
      reading?.session.apply(record)
      announce(record.event)
      if case .attemptFinished = record.event { reading?.refreshAgreement() }
      if case .attemptStarted = record.event, reading?.awaitsAttempt == true {
        reading?.awaitsAttempt = false
        reading?.shown = nil
      }
    }
    // A new attempt comes on screen when it was asked for or its reader was at the newest.
    if reading?.shown == nil, reading?.attempt?.id != wasShown {
      reading?.item = 0
      reading?.tokenByte = nil
      reading?.follows = true
      reading?.folded = []
      reading?.shownCritique = nil
    }
    holdView()
    return []
  }

  private mutating func announce(_ event: Event) {
    switch event {
    case .failed(let failed): notice = Notice(failed.message, .error)
    case .noted(let noted): notice = Notice(noted.text, .warning)
    case .answerExtracted(let extracted):
      let verdict: String =
        switch extracted.isCorrect {
        case true?: " · correct"
        case false?: " · wrong"
        case nil: ""
        }
      notice = Notice("answer \(extracted.answer)\(verdict)")
    case .critiqueFinished(let finished):
      switch finished.firstError {
      case .step(let index):
        let number = reading?.critique.flatMap { critique in
          critique.started.steps.firstIndex(of: index).map { $0 + 1 }
        }
        notice = Notice("critique done · first error in step \(number ?? index + 1)")
      case .none: notice = Notice("critique done · no error found")
      case .notSaid: notice = Notice("critique done · no first error named")
      }
    default: break
    }
  }

  /// Carries out what was asked for while a model was running, one at a time.
  mutating func runQueued() -> [Effect] {
    guard !queue.isEmpty, reading?.session.isRunning != true else { return [] }
    return [queue.removeFirst()]
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
