import Sessions

/// Keys of LABEL mode: what a person says of steps, and the way from one to the next.
extension State {
  /// LABEL mode on the attempt on screen; everything was seen already, so it is not blind.
  mutating func beginLabelling() {
    guard let attempt = reading?.attempt else {
      notice = Notice("there is no attempt to label yet")
      return
    }
    beginLabelling(attempt.id, pass: 0, blindness: .open)
    // Who was at the end chose no step.
    guard reading?.follows == true, !attempt.isRunning, let reading else { return }
    select(reading.unrated(reading.labels(by: settings.annotator)).first ?? 0)
    revealItem()
  }

  mutating func beginLabelling(
    _ id: AttemptID, pass: Int, blindness: LabelTask.Blindness
  ) {
    var labelling = Labelling(attempt: id, pass: pass, blindness: blindness, at: now)
    labelling.digests.value = reading?.session.attempt(id)?.stepDigests ?? []
    reading?.labelling = labelling
    reading?.tokenByte = nil
    takeUpHistory()
  }

  mutating func endLabelling() {
    reading?.labelling = nil
    holdView()
  }

  /// Labels are bound to bytes; an attempt that is still being written gets more of them.
  mutating func refreshDigests() {
    guard let labelling = reading?.labelling, let attempt = reading?.attempt else { return }
    if labelling.attempt != attempt.id {
      // Another attempt of the session came on screen.
      beginLabelling(attempt.id, pass: labelling.pass, blindness: labelling.blindness)
    } else if labelling.digests.value.count != attempt.steps.count {
      reading?.labelling?.digests.value = attempt.stepDigests
    }
  }

  /// `nil` leaves the key to READ mode's meaning.
  mutating func performLabelling(_ action: Action) -> [Effect]? {
    refreshDigests()
    guard reading?.labelling != nil else { return nil }
    spendTime()
    guard work?.opening == nil || action == .back else {
      notice = Notice("the chain that was asked for is being opened")
      return []
    }
    if let effects = performChoosingSpan(action) { return effects }
    switch action {
    case .markIncorrect: return rate(.incorrect)
    case .markNeutral: return rate(.neutral)
    case .markCorrect: return rate(.correct)
    case .markUnsure: return rate(.unsure)
    case .firstError: return markFirstError()
    case .errorType: return askErrorType()
    case .span: return chooseSpan()
    case .reason: return ask(.reason) { $0.reason ?? "" }
    case .correctedStep:
      let text = selectedText
      return ask(.correctedStep) { $0.correction ?? text }
    case .flag: return change { $0.isFlagged = $0.isFlagged == true ? nil : true }
    case .undo: return undo()
    case .redo: return redo()
    case .exits:
      panel = .exits(selection: 0)
      return []
    case .alternatives: return openAlternatives()
    case .explanations: return openExplanations()
    case .reveal: return reveal()
    case .guidelines:
      panel = .guidelines(top: 0)
      return []
    case .inspect: return goOn()
    case .nextMarker: return moveToUnrated(1)
    case .previousMarker: return moveToUnrated(-1)
    case .nextAttempt where work != nil: return openItem(by: 1)
    case .previousAttempt where work != nil: return openItem(by: -1)
    case .annotate:
      if work == nil { endLabelling() } else { notice = Self.staysBlind }
      return []
    case .back where work != nil && reading?.search == nil:
      if case .notSaved = saving {
        notice = Notice("trying to save again; Ctrl-C leaves without what is not saved", .warning)
        return [.annotate([])]
      }
      isQuitting = true
      return [.stop, .quit]
    case .stop where work != nil && !isBusy && reading?.search == nil && reading?.zoomed == nil:
      let key = bindings.keys(for: .back, in: .label).first?.name ?? "q"
      notice = Notice("\(key) leaves; everything is saved, and it goes on here next time")
      return []
    case .critique where !mayAskCritic, .critiqueNow where !mayAskCritic:
      notice = Notice("the critic waits until an error is marked or the chain is rated")
      return []
    default:
      guard hidden.isNothing || !Self.lookingActions.contains(action) else {
        notice = Self.staysBlind
        return []
      }
      return nil
    }
  }

  private static let staysBlind = Notice(
    "hidden while labelling blind; o shows it once the chain is rated", .warning)

  /// What would show what is hidden, if it were asked for by name.
  private static let lookingActions: Set<Action> = [
    .overlay, .signal, .rounds, .votes, .whatIf, .nextCritique, .tokenDetail, .replay,
    .compareReflection, .takeToken, .reflecting, .round, .roundNow, .correct, .correctNow,
    .attempt, .resume, .compareControls, .branch,
  ]

  private var mayAskCritic: Bool {
    guard let reading else { return false }
    let labels = reading.labels(by: settings.annotator)
    return hidden.isNothing || labels.values.contains { $0.verdict == .incorrect }
  }

  // MARK: The step

  /// The attempt-wide index of the selected step; `nil` on text that is still being written.
  var selectedStep: Int? {
    guard let reading, let steps = reading.attempt?.steps, steps.indices.contains(reading.item)
    else { return nil }
    return steps[reading.item].index
  }

  private var selectedBytes: ArraySlice<UInt8> {
    guard let step = selectedStep, let attempt = reading?.attempt else { return [] }
    return attempt.bytes(of: attempt.steps[step])
  }

  var selectedText: String { String(decoding: selectedBytes, as: UTF8.self).trimmedWhitespace }

  var selectedLabel: Label? {
    selectedStep.flatMap { reading?.labels(by: settings.annotator)[$0] }
  }

  private mutating func finishedStep() -> Int? {
    if let step = selectedStep { return step }
    notice = Notice("only a finished step can be labelled")
    return nil
  }

  /// Changes the selected step's label and stays there.
  mutating func change(_ body: (inout Label) -> Void) -> [Effect] {
    guard let step = finishedStep() else { return [] }
    var label = selectedLabel ?? Label()
    body(&label)
    return record(withoutConsequences([step: label]))
  }

  /// Has labels written, as one act that one key undoes.
  mutating func record(_ labels: [Int: Label], isNew: Bool = true) -> [Effect] {
    guard let labelling = reading?.labelling else { return [] }
    let now = reading?.labels(by: settings.annotator) ?? [:]
    let changes = labels.sorted { $0.key < $1.key }
      .map { LabelChange(step: $0.key, before: now[$0.key] ?? Label(), after: $0.value) }
      .filter { $0.before != $0.after }
    guard !changes.isEmpty else { return [] }
    if isNew {
      reading?.labelling?.past.append(changes)
      reading?.labelling?.future = []
    }
    var acts: [LabelAct] = []
    // Who saw everything beforehand has said nothing blind.
    if labelling.blindness == .open, !isRevealed {
      acts.append(.reveal(labelling.attempt, step: nil, pass: labelling.pass))
    }
    for change in changes {
      let id = StepID(attempt: labelling.attempt, index: change.step)
      reading?.labelling?.pending[id] = change.after
      if change.after.verdict != nil { reading?.labelling?.ratedSteps.insert(change.step) }
      acts.append(
        .label(
          id, change.after, pass: labelling.pass,
          seconds: labelling.stepSeconds[change.step].map { ($0 * 10).rounded() / 10 }))
      if labelling.blindness == .step, change.after.verdict != nil, hidden.hides(change.step) {
        acts.append(.reveal(labelling.attempt, step: change.step, pass: labelling.pass))
      }
    }
    return [.annotate(acts)]
  }

  private var isRevealed: Bool {
    guard let labelling = reading?.labelling else { return false }
    return reading?.book(of: settings.annotator)?.isRevealed(
      labelling.attempt, pass: labelling.pass)
      ?? false
  }

  private mutating func rate(_ verdict: Verdict) -> [Effect] {
    guard let step = finishedStep() else { return [] }
    var label = selectedLabel ?? Label()
    label.rate(verdict)
    let effects = record(withoutConsequences([step: label]))
    return effects + advance(from: step)
  }

  /// Where the selected step is the first error no more, nothing follows from it either.
  private func withoutConsequences(_ labels: [Int: Label]) -> [Int: Label] {
    guard let step = selectedStep, selectedLabel?.isFirstError == true,
      labels[step]?.isFirstError != true
    else { return labels }
    return labels.merging(unfilled()) { own, _ in own }
  }

  /// What was filled in for a first error, taken back.
  private func unfilled() -> [Int: Label] {
    (reading?.labels(by: settings.annotator) ?? [:]).filter { $0.value.isFilled == true }
      .mapValues { label in
        var label = label
        label.isFilled = nil
        label.verdict = nil
        return label
      }
  }

  private mutating func markFirstError() -> [Effect] {
    guard let step = finishedStep(), let attempt = reading?.attempt else { return [] }
    let labels = reading?.labels(by: settings.annotator) ?? [:]
    var changed = unfilled()
    for (index, label) in labels where label.isFirstError == true {
      var label = label
      label.isFirstError = nil
      label.verdict = nil
      changed[index] = label
    }
    guard labels[step]?.isFirstError != true else {
      notice = Notice("no longer the first error")
      return record(changed)
    }
    for index in attempt.steps.map(\.index) where index < step {
      var label = changed[index] ?? labels[index] ?? Label()
      guard label.verdict == nil else { continue }
      label.verdict = .correct
      label.isFilled = true
      changed[index] = label
    }
    var label = labels[step] ?? Label()
    label.rate(.incorrect)
    label.isFirstError = true
    changed[step] = label
    notice = Notice(
      "first error; what follows is not rated \u{B7} t type, n reason, E correction, Enter goes on")
    return record(changed)
  }

  // MARK: The way on

  /// To the next step without a verdict, else to what is asked after the last one.
  private mutating func advance(from step: Int) -> [Effect] {
    guard let reading else { return [] }
    let unrated = reading.unrated(reading.labels(by: settings.annotator))
    guard let next = unrated.first(where: { $0 > step }) ?? unrated.first else {
      return finishSteps()
    }
    select(next)
    revealItem()
    return []
  }

  private mutating func moveToUnrated(_ delta: Int) -> [Effect] {
    guard let reading, let step = selectedStep else { return [] }
    let unrated = reading.unrated(reading.labels(by: settings.annotator))
    let next = delta > 0 ? unrated.first { $0 > step } : unrated.last { $0 < step }
    guard let next else {
      notice = Notice(delta > 0 ? "no unrated step below" : "no unrated step above")
      return []
    }
    select(next)
    revealItem()
    return []
  }

  private mutating func finishSteps() -> [Effect] {
    if let question = nextQuestion {
      panel = .judging(question)
      return []
    }
    return finishedChain()
  }

  /// What is still to be asked about the chain.
  private var nextQuestion: ChainQuestion? {
    guard settings.labelling.asksAboutChain, judgement?.exit == nil else { return nil }
    if judgement?.answer == nil { return .answer }
    return judgement?.reach == nil ? .reach : nil
  }

  var judgement: ChainJudged? {
    guard let reading, let labelling = reading.labelling else { return nil }
    return reading.book(of: settings.annotator)?
      .judgement(of: labelling.attempt, pass: labelling.pass)
  }

  /// Everything is said of the chain on screen.
  mutating func finishedChain() -> [Effect] {
    noteFinished()
    let on = bindings.keys(for: .inspect, in: .label).first?.name ?? "Enter"
    let show = bindings.keys(for: .reveal, in: .label).first?.name ?? ":reveal"
    let isBlind = !hidden.isNothing
    let showing = isBlind ? " \u{B7} \(show) shows what was hidden" : ""
    let next = work?.next != nil ? " \u{B7} \(on) next chain" : work == nil ? "" : ", the last one"
    notice = Notice("chain done" + next + showing)
    return []
  }

  private mutating func noteFinished() {
    guard let position = work?.position, let isDone = work?.current?.isDone, !isDone else { return }
    work?.items[position].isDone = true
    work?.finished += 1
    work?.seconds += reading?.labelling?.seconds ?? 0
    work?.steps += reading?.labelling?.ratedSteps.count ?? 0
  }

  /// Enter: the next thing there is to do.
  private mutating func goOn() -> [Effect] {
    guard let reading, let attempt = reading.attempt else { return [] }
    let labels = reading.labels(by: settings.annotator)
    if judgement?.exit == nil, let first = reading.unrated(labels).first {
      select(first)
      revealItem()
      return []
    }
    if attempt.steps.isEmpty { notice = Notice("this chain has no step to label", .warning) }
    if let question = nextQuestion {
      panel = .judging(question)
      return []
    }
    noteFinished()
    guard work != nil else { return finishedChain() }
    guard let next = work?.next else {
      notice = Notice("every chain is done; q leaves")
      return []
    }
    return open(item: next)
  }

  private mutating func openItem(by delta: Int) -> [Effect] {
    guard let work else { return [] }
    let target = work.position + delta
    guard work.items.indices.contains(target) else {
      notice = Notice(delta > 0 ? "this is the last chain" : "this is the first chain")
      return []
    }
    return open(item: target)
  }

  private mutating func open(item index: Int) -> [Effect] {
    guard let work, work.items.indices.contains(index) else { return [] }
    let item = work.items[index]
    if reading?.path == item.session {
      self.work?.position = index
      showItem()
      return []
    }
    guard !isBusy else {
      // What it writes would come in beside the next chain.
      notice = Notice("a model is at work on this chain; Esc stops it", .warning)
      return []
    }
    self.work?.opening = index
    return [.openItem(item)]
  }

  /// The chain of the queue's item comes on screen, at the step where its annotator stopped.
  mutating func showItem() {
    guard let item = work?.current, reading?.session.attempt(item.attempt) != nil else { return }
    show(attempt: item.attempt)
    reading?.follows = false
    beginLabelling(item.attempt, pass: item.pass, blindness: settings.labelling.blindness)
    guard let reading else { return }
    let unrated = reading.unrated(reading.labels(by: settings.annotator))
    reading.attempt.map { attempt in
      if unrated.count < attempt.steps.count, let next = unrated.first {
        select(next)
      } else {
        select(0)
      }
    }
    revealItem()
  }

  // MARK: Undoing

  private mutating func undo() -> [Effect] {
    guard let changes = reading?.labelling?.past.popLast() else {
      notice = Notice("nothing to undo in this chain")
      return []
    }
    reading?.labelling?.future.append(changes)
    return restore(changes) { $0.before }
  }

  private mutating func redo() -> [Effect] {
    guard let changes = reading?.labelling?.future.popLast() else {
      notice = Notice("nothing to redo")
      return []
    }
    reading?.labelling?.past.append(changes)
    return restore(changes) { $0.after }
  }

  private mutating func restore(
    _ changes: [LabelChange], _ label: (LabelChange) -> Label
  ) -> [Effect] {
    let effects = record(
      Dictionary(changes.map { ($0.step, label($0)) }) { $1 }, isNew: false)
    if let step = changes.last?.step, step < reading?.attempt?.steps.count ?? 0 {
      select(step)
      revealItem()
    }
    return effects
  }

  // MARK: Showing what is hidden

  private mutating func reveal() -> [Effect] {
    guard let reading, let labelling = reading.labelling else { return [] }
    guard !hidden.isNothing else {
      notice = Notice("nothing is hidden here")
      return []
    }
    let labels = reading.labels(by: settings.annotator)
    guard reading.unrated(labels).isEmpty || judgement?.exit != nil else {
      let left = reading.unrated(labels).count
      notice = Notice(
        "\(left) \(left == 1 ? "step is" : "steps are") not rated yet; "
          + "rate first, or label with --open", .warning)
      return []
    }
    notice = Notice("shown; what is changed now is kept beside the blind label")
    return [.annotate([.reveal(labelling.attempt, step: nil, pass: labelling.pass)])]
  }
}

extension Label {
  /// Another verdict: what only an error has goes with it.
  mutating func rate(_ new: Verdict) {
    verdict = new
    isFilled = nil
    guard new != .incorrect else { return }
    isFirstError = nil
    if new == .correct {
      errorType = nil
      span = nil
      correction = nil
      explanations = nil
    }
  }
}
