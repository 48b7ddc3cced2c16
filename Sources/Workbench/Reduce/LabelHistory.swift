import Sessions

/// What LABEL mode takes up of earlier sittings, and takes back of what could not be recorded.
extension State {
  /// What can be undone, and the time spent so far, as the person's file tells them.
  mutating func takeUpHistory() {
    guard let reading, let labelling = reading.labelling,
      let attempt = reading.session.attempt(labelling.attempt)
    else { return }
    let book = reading.book(of: settings.annotator)
    let entries =
      book?.standing(in: attempt, pass: labelling.pass, digests: labelling.digests.value) ?? [:]
    self.reading?.labelling?.past = reading.changes(entries)
    self.reading?.labelling?.future = []
    let seconds = entries.compactMapValues { entry in
      entry.changes.compactMap(\.seconds).filter { $0.isFinite && $0 > 0 }.max()
    }
    self.reading?.labelling?.stepSeconds = seconds
    let earlier = judgement?.seconds ?? seconds.values.reduce(0, +)
    self.reading?.labelling?.earlierSeconds = earlier
  }

  /// The time since the last key goes to the selected step, whatever the key is for.
  mutating func spendTime() {
    guard reading?.labelling != nil else { return }
    let step = selectedStep
    reading?.labelling?.spend(until: now, on: step, idle: settings.labelling.idle)
  }

  /// Nothing pressed since the last record can be recorded: the screen must not say it was.
  mutating func takeBackLabels(_ notice: Notice) {
    self.notice = notice
    guard let labelling = reading?.labelling else { return }
    panel = nil
    reading?.labelling?.pending = [:]
    reading?.labelling?.refusal = notice.text
    reading?.rereadLabels(by: settings.annotator)
    reading?.labelling?.answer = nil
    reading?.labelling?.ratedSteps = []
    let spent = labelling.stepSeconds
    takeUpHistory()
    reading?.labelling?.stepSeconds = spent
    reopenItem()
    guard let reading, let first = reading.unrated(reading.labels(by: settings.annotator)).first
    else { return }
    select(first)
    revealItem()
  }

  /// The chain on screen counts as done only when it is.
  private mutating func reopenItem() {
    guard let reading, let labelling = reading.labelling, let work, let item = work.current,
      item.isDone, item.attempt == labelling.attempt, let attempt = reading.attempt
    else { return }
    let isComplete = reading.book(of: settings.annotator)?.isComplete(
      attempt, pass: labelling.pass, asksAboutChain: settings.labelling.asksAboutChain,
      digests: labelling.digests.value)
    guard isComplete != true else { return }
    self.work?.items[work.position].isDone = false
    self.work?.finished = max(work.finished - 1, 0)
  }
}

extension Reading {
  /// What a person did to a chain, act by act as far as their file tells, oldest first.
  ///
  /// Labels on bytes that have changed since are not among them: undoing must not move them.
  fileprivate func changes(_ entries: [Int: LabelBook.Entry]) -> [[LabelChange]] {
    var acts: [(wall: Double, change: LabelChange)] = []
    for (step, entry) in entries {
      var before = Label()
      for labelled in entry.changes {
        acts.append(
          (
            labelled.wall,
            LabelChange(step: step, before: before, after: labelled.label)
          ))
        before = labelled.label
      }
    }
    // What was written at one moment was one key.
    let order = acts.sorted { ($0.wall, $0.change.step) < ($1.wall, $1.change.step) }
    var grouped: [[LabelChange]] = []
    var wall: Double?
    for act in order {
      if act.wall == wall {
        grouped[grouped.count - 1].append(act.change)
      } else {
        grouped.append([act.change])
      }
      wall = act.wall
    }
    return grouped
  }
}
