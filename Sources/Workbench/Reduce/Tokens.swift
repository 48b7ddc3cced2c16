import Engine
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

  /// Lists what could stand in the place of the chosen token, the likeliest other one first.
  mutating func openOtherTokens() {
    if reading?.tokenByte == nil { moveToken(1) }
    if let refusal = refusesToTake() {
      notice = refusal
      return
    }
    let token = chosenToken
    let other = token?.alternatives.firstIndex { $0.bytes != token?.bytes }
    panel = .otherTokens(selection: other ?? token?.alternatives.count ?? 0)
  }

  /// Why no other token can be taken here; `nil` when one can, as far as is known.
  private func refusesToTake() -> Notice? {
    guard let token = chosenToken else { return Notice("no tokens here yet") }
    guard token.channel == .answer else {
      return Notice("a model cannot be made to go on from its thinking", .warning)
    }
    guard case .connected(let spec, let solver) = models[.solver], spec == settings.solver,
      solver.capabilities.continuation == .quoted
    else { return nil }
    return Notice(RoundError.quotesOnly(model: solver.shortName).sentence, .warning)
  }

  /// The token under the cursor, or the first of the selected step.
  var chosenToken: Token? {
    guard let reading, let attempt = reading.attempt, let item = chainLayout?.item(reading.item)
    else { return nil }
    let table = attempt.tokens(item.channel)
    return table.index(atByte: reading.tokenByte ?? item.range.lowerBound)
      .map { table.token($0, channel: item.channel) }
  }

  /// Has the model go on from what was chosen in the panel, or asks for a text of one's own.
  mutating func takeToken(_ selection: Int) -> [Effect] {
    guard let token = chosenToken, let reading, let attempt = reading.attempt,
      let byte = reading.tokenByte
    else { return [] }
    guard token.alternatives.indices.contains(selection) else {
      let text = String(decoding: token.bytes, as: UTF8.self)
      // A line of typing holds no line end.
      prompt = Prompt(.tokenText, text: text.contains { $0.isNewline } ? "" : text)
      prompt?.token = Prompt.TokenReference(attempt: attempt.id, byte: byte, text: text)
      return []
    }
    panel = nil
    return ask(
      .takeToken(
        TokenRequest(
          parent: attempt.id, byte: byte, taken: .alternative(token.alternatives[selection]))),
      needing: .solver)
  }

  /// To the next step a critic or a person doubted, that the model itself was unsure of, or to
  /// the next token that was reflected on.
  mutating func jumpToMark(_ delta: Int) {
    guard let reading, let attempt = reading.attempt else { return }
    let steps = attempt.steps
    let reflections = reflectionPlaces(of: attempt)
    let here = ReadPlace(item: reading.item, byte: reading.tokenByte ?? -1)
    let next =
      delta > 0 ? reflections.first { here < $0.place } : reflections.last { $0.place < here }
    var index = reading.item + delta
    while steps.indices.contains(index), !isMarked(steps[index], of: attempt, in: reading) {
      index += delta
    }
    let step = steps.indices.contains(index) ? ReadPlace(item: index, byte: -1) : nil
    if let next, step.map({ delta > 0 ? next.place < $0 : $0 < next.place }) ?? true {
      select(next.reflection, of: attempt)
      let key = bindings.keys(for: .inspect, in: mode).first?.name
      let opens = key.map { "; \($0) opens it" } ?? ""
      notice = Notice("reflection \(next.reflection.id)\(opens)")
    } else if let step {
      select(step.item)
    } else {
      notice = Notice(delta > 0 ? "no marked step below" : "no marked step above")
    }
  }

  private struct ReadPlace: Comparable {
    var item: Int
    /// -1 stands for the whole step, which comes before its tokens.
    var byte: Int
    static func < (left: Self, right: Self) -> Bool {
      (left.item, left.byte) < (right.item, right.byte)
    }
  }

  private func reflectionPlaces(
    of attempt: Attempt
  ) -> [(place: ReadPlace, reflection: AttemptReflection)] {
    guard !attempt.reflections.isEmpty, let layout = chainLayout else { return [] }
    return attempt.reflections.compactMap { reflection in
      guard let index = attempt.index(of: reflection) else { return nil }
      let channel = reflection.triggered.channel
      let byte = attempt.tokens(channel).byteRange(of: index).lowerBound
      return layout.item(holding: ChainPlace(channel: channel, byte: byte))
        .map { (ReadPlace(item: $0, byte: byte), reflection) }
    }.sorted { $0.place < $1.place }
  }

  private func isMarked(_ step: Step, of attempt: Attempt, in reading: Reading) -> Bool {
    if let verdict = reading.critique?.verdicts[step.index]?.verdict, verdict != .correct {
      return true
    }
    let mark = reading.session.marks[StepID(attempt: attempt.id, index: step.index)]
    if mark != nil, mark != .correct { return true }
    return (settings.signal.confidence(in: step.measures, by: attempt.profile) ?? 1) < 0.4
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
