import Sessions

/// Settling what others' labels differ on: LABEL mode with their labels side by side.
extension State {
  var isAdjudicating: Bool { reading?.labelling?.weighing.value != nil }

  /// Puts side by side what people say of the chain on screen.
  mutating func weigh() {
    guard let adjudication = settings.labelling.adjudication, let reading,
      let attempt = reading.attempt, let labelling = reading.labelling
    else { return }
    self.reading?.labelling?.weighing.value = Weighing(
      attempt, of: reading.session.header.session, books: reading.books,
      names: adjudication.names, isFinal: adjudication.isFinal, digests: labelling.digests.value,
      consensus: reading.book(of: settings.annotator))
  }

  /// With the last dispute of a chain, what everybody agrees on is written as well: one key, one
  /// act, undone as one.
  func withAgreed(_ labels: [Int: Label], _ now: [Int: Label]) -> [Int: Label] {
    guard let weighing = reading?.labelling?.weighing.value else { return labels }
    let after = now.merging(labels) { $1 }
    return weighing.completion(of: after).merging(labels) { $1 }
  }

  /// Keeps count of the chain's disputes; one that is open again leaves its chain undone.
  ///
  /// - Parameter isNew: `false` where it was undone or redone: a chain that is done again by that
  ///   adds nothing to the pace.
  mutating func noteSettled(isNew: Bool) {
    guard let weighing = reading?.labelling?.weighing.value, let position = work?.position,
      work?.current != nil
    else { return }
    let open = weighing.open(reading?.labels(by: settings.annotator) ?? [:]).count
    work?.items[position].disputes = weighing.disputed.count
    work?.items[position].settled = weighing.disputed.count - open
    if open > 0 || !isNew { work?.items[position].isDone = open == 0 }
  }

  /// Whether a decision is nobody's and has no reason yet, which is then asked for.
  mutating func asksWhy(_ step: Int) -> Bool {
    guard let weighing = reading?.labelling?.weighing.value, let label = selectedLabel,
      label.reason == nil, weighing.isUnlikeAll(label, on: step)
    else { return false }
    prompt = Prompt(.soleReason)
    return true
  }

  /// The whole label of one of those side by side becomes the decision.
  mutating func takeLabel(_ action: Action) -> [Effect] {
    guard let weighing = reading?.labelling?.weighing.value else {
      notice = Notice("labels are taken over where they are settled: erratum adjudicate")
      return []
    }
    guard let step = finishedStep() else { return [] }
    let place = [Action.takeA, .takeB, .takeC, .takeD].firstIndex(of: action) ?? 0
    guard weighing.voices.indices.contains(place) else {
      notice = Notice("there is no label \(Weighing.letter(place)) on this chain")
      return []
    }
    guard var label = weighing.voices[place].labels[step] else {
      notice = Notice("\(Weighing.letter(place)) did not rate this step")
      return []
    }
    // Whoever settles it rates the step itself, and flags are one's own.
    label.isFilled = nil
    label.isFlagged = selectedLabel?.isFlagged
    label.verdict = label.given
    var labels = [step: label]
    if label.isFirstError == true {
      labels = firstError(at: step, label)
    } else if selectedLabel?.isFirstError == true {
      labels.merge(unfilled()) { own, _ in own }
    }
    let effects = record(labels)
    return effects + advance(from: step)
  }

  mutating func toggleNames() -> [Effect] {
    guard isAdjudicating else {
      notice = Notice("names are hidden only where labels are settled: erratum adjudicate")
      return []
    }
    settings.labelling.adjudication?.areNamesShown.toggle()
    let isShown = settings.labelling.adjudication?.areNamesShown == true
    notice = Notice(isShown ? "names shown" : "names hidden")
    return []
  }

  /// To the next step in dispute, settled or not.
  mutating func moveToDispute(_ delta: Int) -> [Effect] {
    guard let disputed = reading?.labelling?.weighing.value?.disputed, let step = selectedStep
    else { return [] }
    let next = delta > 0 ? disputed.first { $0 > step } : disputed.last { $0 < step }
    guard let next else {
      notice = Notice("no step in dispute \(delta > 0 ? "below" : "above")")
      return []
    }
    select(next)
    revealItem()
    return []
  }
}

extension Weighing {
  /// What one of the labels side by side goes by while names are hidden: A, B and so on.
  static func letter(_ place: Int) -> String {
    place < 26 ? String(UnicodeScalar(UInt8(65 + place))) : "\(place + 1)"
  }
}
