import Sessions

/// Keys of LABEL mode: what a person says of steps, and the way from one to the next.
extension State {
  /// LABEL mode on the attempt on screen; everything was seen already, so it is not blind.
  mutating func beginLabelling() {
    guard let attempt = reading?.attempt else {
      notice = Notice("there is no attempt to label yet")
      return
    }
    guard settings.annotator != Adjudication.consensus else {
      notice = Notice(
        "\(Adjudication.consensus) is what settled labels go by; set another name", .warning)
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
    reading?.labelling = Labelling(attempt: id, pass: pass, blindness: blindness, at: now)
    reading?.tokenByte = nil
    reading?.rereadLabels(by: settings.annotator)
    weigh()
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
      reading?.rereadLabels(by: settings.annotator)
      weigh()
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
    case .noError: return markNoError()
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
    case .reveal: return reveal()
    case .guidelines:
      panel = .guidelines(top: 0)
      return []
    case .inspect: return goOn()
    case .takeA, .takeB, .takeC, .takeD: return takeLabel(action)
    case .names: return toggleNames()
    case .explanations where isAdjudicating && !hidden.isNothing:
      notice = Self.staysBlind
      return []
    case .explanations: return openExplanations()
    case .nextMarker where isAdjudicating: return moveToDispute(1)
    case .previousMarker where isAdjudicating: return moveToDispute(-1)
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
    if isAdjudicating { return hidden.isNothing }
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

  mutating func finishedStep() -> Int? {
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
    let labels = isNew ? withAgreed(labels, now) : labels
    let changes = labels.sorted { $0.key < $1.key }
      .map { LabelChange(step: $0.key, before: now[$0.key] ?? Label(), after: $0.value) }
      .filter { $0.before != $0.after || labelling.isUnheard($0.step) }
    reading?.labelling?.weighing.value?.hear(changes.map(\.step))
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
          seconds: labelling.stepSeconds[change.step].map { ($0 * 10).rounded() / 10 },
          sources: change.after.isEmpty
            ? nil : labelling.weighing.value?.sources(change.step)))
      if labelling.blindness == .step, change.after.verdict != nil, hidden.hides(change.step) {
        acts.append(.reveal(labelling.attempt, step: change.step, pass: labelling.pass))
      }
    }
    noteSettled(isNew: isNew)
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
    if asksWhy(step) { return effects }
    if verdict == .incorrect, isLastUnrated {
      // Where there is no next step, an error's type and reason come first.
      notice = Notice("t type, n reason, E correction \u{B7} Enter goes on")
      return effects
    }
    return effects + advance(from: step)
  }

  /// Where the selected step is the first error no more, nothing follows from it either.
  private func withoutConsequences(_ labels: [Int: Label]) -> [Int: Label] {
    guard let step = selectedStep, selectedLabel?.isFirstError == true,
      labels[step]?.isFirstError != true
    else { return labels }
    return labels.merging(unfilled()) { own, _ in own }
  }

  private var isLastUnrated: Bool {
    guard let reading else { return false }
    return reading.unrated(reading.labels(by: settings.annotator)).isEmpty
  }

  /// Nothing more is wrong: every step without a rating is correct.
  private mutating func markNoError() -> [Effect] {
    guard let reading, let step = finishedStep() else { return [] }
    let labels = reading.labels(by: settings.annotator)
    var changed: [Int: Label] = [:]
    for index in reading.unrated(labels) {
      var label = labels[index] ?? Label()
      label.verdict = .correct
      label.isFilled = true
      changed[index] = label
    }
    guard !changed.isEmpty else {
      notice = Notice("every step is rated already")
      return []
    }
    return record(changed) + advance(from: step)
  }

  /// What was filled in for a first error, taken back.
  func unfilled() -> [Int: Label] {
    (reading?.labels(by: settings.annotator) ?? [:]).filter { $0.value.isFilled == true }
      .mapValues { label in
        var label = label
        label.isFilled = nil
        label.verdict = nil
        return label
      }
  }

  private mutating func markFirstError() -> [Effect] {
    guard let step = finishedStep() else { return [] }
    guard selectedLabel?.isFirstError != true else {
      notice = Notice("no longer the first error")
      return record(withoutFirstError())
    }
    var label = selectedLabel ?? Label()
    label.rate(.incorrect)
    label.isFirstError = true
    notice = Notice(
      "first error; what follows is not rated \u{B7} t type, n reason, E correction, Enter goes on")
    let effects = record(firstError(at: step, label))
    if asksWhy(step) { return effects }
    // In PRM800K's task the explanations of the first error are rated next.
    return settings.labelling.isFull ? effects + openExplanations() : effects
  }

  /// The first error taken back, with all that followed from it.
  private func withoutFirstError() -> [Int: Label] {
    var changed = unfilled()
    for (index, label) in reading?.labels(by: settings.annotator) ?? [:]
    where label.isFirstError == true {
      var label = label
      label.isFirstError = nil
      label.verdict = nil
      changed[index] = label
    }
    return changed
  }

  /// `label` marks the first error at `step`, and no other step does.
  func firstError(at step: Int, _ label: Label) -> [Int: Label] {
    let labels = reading?.labels(by: settings.annotator) ?? [:]
    var changed = withoutFirstError()
    for index in (reading?.attempt?.steps ?? []).map(\.index) where index < step {
      var before = changed[index] ?? labels[index] ?? Label()
      guard before.verdict == nil else { continue }
      if let agreed = reading?.labelling?.weighing.value?.agreed(index) {
        changed[index] = agreed
        continue
      }
      before.verdict = .correct
      before.isFilled = true
      changed[index] = before
    }
    changed[step] = label
    return changed
  }

  // MARK: The way on

  /// To the next step without a verdict, else to what is asked after the last one.
  mutating func advance(from step: Int) -> [Effect] {
    guard let reading else { return [] }
    let labels = reading.labels(by: settings.annotator)
    if labels.contains(where: { $0.key < step && $0.value.isFirstError == true }) {
      // What follows a first error is rated only by who wants to: Enter asks what comes then.
      select(step + 1)
      revealItem()
      return []
    }
    let unrated = reading.unrated(labels)
    guard let next = unrated.first(where: { $0 > step }) ?? unrated.first else {
      return finishSteps()
    }
    if next < step {
      let number = reading.attempt?.steps[next].number ?? next + 1
      notice = Notice("back to step \(number), which has no rating yet")
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
    // How far it got may be left open, and is asked only after this.
    return judgement?.answer == nil ? .answer : nil
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
    notice = Notice((isAdjudicating ? "chain settled" : "chain done") + next + showing)
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
    // What was settled by an earlier sitting may lack what all agree on.
    let completing = isAdjudicating && reading.unrated(labels).isEmpty ? record([:]) : []
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
    guard work != nil else { return completing + finishedChain() }
    guard let next = work?.next else {
      notice = Notice("every chain is done; q leaves")
      return completing
    }
    return completing + open(item: next)
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
    if let labelling = reading?.labelling, let judged = judgement,
      judged.answer != nil || judged.exit != nil, wasJudgedLast
    {
      notice = Notice("what was said of the chain is taken back; Enter asks again")
      noteUnfinished()
      return [
        .annotate([
          .judge(
            labelling.attempt, answer: nil, reach: nil, exit: nil, reason: nil,
            pass: labelling.pass, seconds: nil)
        ])
      ]
    }
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
    let effects = restore(changes) { $0.after }
    // As the key that is done again went on, so does this.
    if let step = changes.last?.step, changes.last?.after.verdict != changes.last?.before.verdict,
      let reading,
      let next = reading.unrated(reading.labels(by: settings.annotator)).first(
        where: { $0 > step })
    {
      select(next)
      revealItem()
    }
    return effects
  }

  private var wasJudgedLast: Bool {
    guard let labelling = reading?.labelling, labelling.pending.isEmpty,
      let last = reading?.book(of: settings.annotator)?.last
    else { return false }
    return last.attempt == labelling.attempt && last.pass == labelling.pass && last.step == nil
  }

  private mutating func noteUnfinished() {
    guard let position = work?.position, work?.current?.isDone == true else { return }
    work?.items[position].isDone = false
    let finished = work?.finished ?? 0
    work?.finished = max(finished - 1, 0)
  }

  private mutating func restore(
    _ changes: [LabelChange], _ label: (LabelChange) -> Label
  ) -> [Effect] {
    let effects = record(
      Dictionary(changes.map { ($0.step, label($0)) }) { $1 }, isNew: false)
    // What was written along with a decision is not what the key was pressed on.
    let disputed = reading?.labelling?.weighing.value?.disputed ?? []
    let decided = changes.last { disputed.contains($0.step) }
    if let step = (decided ?? changes.last)?.step, step < reading?.attempt?.steps.count ?? 0 {
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
        isAdjudicating
          ? "\(count(left, "dispute")) \(left == 1 ? "is" : "are") open yet; settle first"
          : "\(left) \(left == 1 ? "step is" : "steps are") not rated yet; "
            + "rate first, or label with --open", .warning)
      return []
    }
    let on = bindings.keys(for: .inspect, in: .label).first?.name ?? "Enter"
    let next = work?.next == nil ? "" : " \u{B7} \(on) next chain"
    notice = Notice("shown; what is changed now is kept beside the blind label" + next)
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
