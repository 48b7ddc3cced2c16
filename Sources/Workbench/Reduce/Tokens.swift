import Sessions

/// Moving by token, and jumping to what deserves a look.
extension State {
  mutating func moveToken(_ delta: Int) {
    guard let reading, let attempt = reading.attempt, let layout = chainLayout,
      let item = layout.item(reading.item)
    else { return }
    let table = attempt.tokens(item.channel)
    let tokens = table.indices(startingIn: item.range)
    guard !tokens.isEmpty else { return }
    let current = reading.tokenByte.flatMap { table.index(atByte: $0) }
    let next = current.map { $0 + delta } ?? (delta > 0 ? tokens.lowerBound : tokens.upperBound - 1)
    if tokens.contains(next) {
      self.reading?.tokenByte = table.byteRange(of: next).lowerBound
      holdForToken(layout)
      return
    }
    // Past the step's end: on to its neighbour, when it is of the same channel.
    let neighbour = reading.item + (delta > 0 ? 1 : -1)
    guard let other = layout.item(neighbour), other.channel == item.channel else { return }
    let there = table.indices(startingIn: other.range)
    guard !there.isEmpty else { return }
    select(neighbour)
    let token = delta > 0 ? there.lowerBound : there.upperBound - 1
    self.reading?.tokenByte = table.byteRange(of: token).lowerBound
    holdForToken(layout)
  }

  private mutating func holdForToken(_ layout: ChainLayout) {
    if reading?.follows == true { reading?.itemsWhenHeld = layout.itemCount }
    reading?.follows = false
  }

  mutating func openTokenDetail() {
    if reading?.tokenByte == nil { moveToken(1) }
    guard reading?.tokenByte != nil else {
      notice = Notice("no tokens here yet")
      return
    }
    panel = .tokenDetail
  }

  /// To the next step a critic or a person doubted, or that the model itself was unsure of.
  mutating func jumpToMark(_ delta: Int) {
    guard let reading, let attempt = reading.attempt else { return }
    let steps = attempt.steps
    var index = reading.item + delta
    while steps.indices.contains(index) {
      if isMarked(steps[index], of: attempt, in: reading) {
        select(index)
        return
      }
      index += delta
    }
    notice = Notice(delta > 0 ? "no marked step below" : "no marked step above")
  }

  private func isMarked(_ step: Step, of attempt: Attempt, in reading: Reading) -> Bool {
    if let verdict = reading.critique?.verdicts[step.index]?.verdict, verdict != .correct {
      return true
    }
    let mark = reading.session.marks[StepID(attempt: attempt.id, index: step.index)]
    if mark != nil, mark != .correct { return true }
    return (settings.signal.confidence(in: step.measures) ?? 1) < 0.4
  }

  mutating func click(column: Int, row: Int) {
    guard screen == .session, panel == nil, let layout = chainLayout, let top = reading?.top
    else { return }
    let areas = sessionLayout
    func isInside(_ area: Area?) -> Bool {
      area.map { $0.columnRange.contains(column) && $0.rowRange.contains(row) } ?? false
    }
    if isInside(areas.chain), let area = areas.chain {
      reading?.region = .chain
      select(layout.move(top, by: row - area.row).item)
    } else if isInside(areas.critic) || isInside(areas.criticHeader) {
      reading?.region = .critic
    } else if isInside(areas.problem) {
      reading?.region = .problem
    }
  }
}
