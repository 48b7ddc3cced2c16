import Engine
import Sessions

/// Keys and commands that change how one reflects, and what is drawn of it.
extension State {
  /// The model whose profile the thresholds on screen are taken from.
  var reflectingModel: ModelDescription? {
    if screen == .session, let attempt = reading?.attempt { return attempt.started.call.model }
    if case .connected(_, let solver) = models[.solver] { return solver }
    return reading?.session.models[.solver]
  }

  /// The model that the next attempt will be written by, as far as it is known.
  var solverDescription: ModelDescription? {
    if case .connected(_, let solver) = models[.solver] { return solver }
    return reading?.session.models[.solver] ?? reading?.attempt?.started.call.model
  }

  /// How the attempt on screen would be judged by what is chosen now.
  func presentReflection(for attempt: Attempt) -> ReflectionSettings {
    let own = attempt.reflectionSettings.last?.1
    if let own, reading?.isRetuned != true { return own }
    return settings.reflection.watching(for: attempt.started.call.model)
  }

  /// What an attempt is drawn against: its own settings, else those chosen now.
  func drawnReflection(for attempt: Attempt) -> [JudgedPlaces.Period] {
    let own = attempt.reflectionSettings.map { JudgedPlaces.Period(from: $0.from, settings: $0.1) }
    guard own.isEmpty || (reading?.isRetuned == true && !attempt.isRunning) else { return own }
    return [JudgedPlaces.Period(from: 0, settings: presentReflection(for: attempt))]
  }

  /// The attempt on screen, judged; as it is kept, or reckoned anew.
  func watch(of attempt: Attempt) -> JudgedAttempt {
    var watch = reading?.watch.value ?? JudgedAttempt()
    watch.update(
      attempt, drawn: drawnReflection(for: attempt), present: presentReflection(for: attempt))
    return watch
  }

  /// Looks at the tokens that came, and judges anew where a setting changed.
  mutating func refreshWatch() {
    guard screen == .session, let attempt = reading?.attempt else { return }
    let drawn = drawnReflection(for: attempt)
    let present = presentReflection(for: attempt)
    reading?.watch.value.update(attempt, drawn: drawn, present: present)
  }

  // MARK: - Changing

  /// `nil` for actions that have nothing to do with reflection.
  mutating func performReflecting(_ action: Action) -> [Effect]? {
    switch action {
    case .lowerThreshold: return moveThreshold(-1)
    case .raiseThreshold: return moveThreshold(1)
    case .thresholds: return toggleThresholds()
    case .inspect: inspect()
    case .whatIf: openWhatIf()
    default: return nil
    }
    return []
  }

  /// Moves whatever the threshold was made of at the last token that was judged.
  private mutating func moveThreshold(_ direction: Double) -> [Effect] {
    let model = reflectingModel
    if let attempt = reading?.attempt, let own = attempt.reflectionSettings.last?.1,
      reading?.isRetuned != true
    {
      settings.reflection.adopt(own, for: model)
    }
    let rule = settings.reflection.watching(for: model).rule
    let term = reading?.attempt.map { watch(of: $0).present.standing?.term } ?? nil
    var changes: [SettingChanged] = []
    var words: [String] = []
    for (number, step) in Self.movable(rule, term) {
      let old = rule.numbers.first { $0.0 == number }?.1 ?? 0
      let moved = (old + direction * step).rounded(toPlaces: 6)
      let new = min(max(moved, number.range.lowerBound), number.range.upperBound)
      guard new != old else { continue }
      let value = number.isWhole ? new.formatted(places: 0) : String(new)
      guard settings.reflection.set(.number(number), to: value) else { continue }
      changes.append(SettingChanged(name: number.rawValue, value: value))
      words.append("\(number.title) \(number.words(new)), was \(number.words(old))")
    }
    guard !changes.isEmpty else {
      notice = Notice("the threshold is at its \(direction < 0 ? "lowest" : "highest")")
      return []
    }
    let effects = retuned(changes)
    notice = Notice(words.joined(separator: "; ") + live(effects))
    return effects
  }

  /// The number to move, and by how much: 0.05 nats, or a quarter of a deviation.
  private static func movable(
    _ rule: TriggerRule, _ term: ThresholdTerm.Term?
  ) -> [(ReflectionNumber, Double)] {
    switch rule {
    case .adaptive:
      switch term {
      case .deviations: [(.k, 0.25)]
      case .floor: [(.floor, 0.05)]
      case .coldStart, .rule, nil: [(.coldStart, 0.05), (.floor, 0.05)]
      }
    case .fixed, .quadrant: [(.entropy, 0.05)]
    case .lowestWindow: [(.windowProbability, 0.05)]
    case .momentum: [(.ratio, 0.05)]
    case .places: [(.share, 0.005)]
    case .growing: [(.budget, 16)]
    case .period: [(.period, 1)]
    }
  }

  private mutating func toggleThresholds() -> [Effect] {
    let model = reflectingModel
    let source = settings.reflection.source(for: model)
    guard source != .published || model?.profile?.reflection != nil else {
      notice = Notice("the published thresholds are in force; this model has no profile of its own")
      return []
    }
    return setReflection(
      .word(.thresholds), name: ReflectionWord.thresholds.rawValue,
      to: source == .published ? "profile" : "published")
  }

  /// As `:set` has it.
  mutating func setReflection(
    _ setting: ReflectionChoice.Name, name: String, to value: String
  ) -> [Effect] {
    guard settings.reflection.set(setting, to: value) else {
      notice = Notice("\(name) takes \(setting.allowed)", .warning)
      return []
    }
    let effects = retuned([SettingChanged(name: name, value: value)])
    if setting == .word(.reflect), let obstacle = obstacle(to: settings.reflection.method) {
      notice = Notice(obstacle.sentence, .warning)
    } else {
      notice = Notice("\(name) \(told(setting))" + live(effects))
    }
    return effects
  }

  /// Why the solver cannot reflect like that; `nil` when it can, as far as is known.
  func obstacle(to method: ReflectionMethod?) -> ReflectionError? {
    guard let method, let solver = solverDescription else { return nil }
    return method.obstacle(on: solver)
  }

  /// The value in force; of the thresholds also what they are.
  private func told(_ setting: ReflectionChoice.Name) -> String {
    let model = reflectingModel
    let value = settings.reflection.value(setting, for: model)
    switch setting {
    case .word(.thresholds):
      let all = TriggerRule.adaptive(settings.reflection.thresholds(for: model)).numbers
      let words = all.map { "\($0.0.title) \($0.0.words($0.1))" }
      return "\(value): \(words.joined(separator: ", "))"
    case .word(.reflect):
      return settings.reflection.method.map { "\(value) (\($0.title))" } ?? value
    default: return value
    }
  }

  func shownReflection(_ setting: ReflectionChoice.Name) -> String {
    settings.reflection.value(setting, for: reflectingModel)
  }

  private func live(_ effects: [Effect]) -> String {
    if effects.contains(where: { if case .tuneReflection = $0 { true } else { false } }) {
      return ", from the next token on"
    }
    return settings.reflection.method == nil ? "" : ", from the next attempt on"
  }

  /// Goes on record, or to the attempt that is being written.
  private mutating func retuned(_ changes: [SettingChanged]) -> [Effect] {
    guard screen == .session, reading != nil else { return [] }
    reading?.isRetuned = true
    guard let reading, !reading.isReadOnly, reading.replay == nil else { return [] }
    guard let running = reading.session.attempts.last(where: { $0.isReflecting }) else {
      return [.record(changes.map(Event.settingChanged))]
    }
    // The method stays what it was, with what it leaves unset.
    var choice = settings.reflection
    choice.method = running.started.reflection?.method ?? choice.method
    var tuned = choice.watching(for: running.started.call.model)
    // Nothing is reflected on from here: it has no turn left.
    if settings.reflection.method == nil { tuned.maximum = 0 }
    return [.tuneReflection(tuned)]
  }

  // MARK: - Opening

  /// The reflection under the cursor: at the chosen token, or the first of the chosen step.
  var chosenReflection: AttemptReflection? {
    guard let reading, let attempt = reading.attempt, !attempt.reflections.isEmpty,
      let item = chainLayout?.item(reading.item)
    else { return nil }
    let table = attempt.tokens(item.channel)
    let token = reading.tokenByte.flatMap { table.index(atByte: $0) }
    return attempt.reflections.first { reflection in
      guard reflection.triggered.channel == item.channel,
        let index = attempt.index(of: reflection)
      else { return false }
      if let token { return index == token }
      return item.range.contains(table.byteRange(of: index).lowerBound)
    }
  }

  private mutating func inspect() {
    if let reflection = chosenReflection {
      panel = .reflection(reflection.id, top: 0)
    } else {
      openTokenDetail()
    }
  }

  /// To the attempt's next reflection or the one before, in the panel and in the chain.
  mutating func stepReflection(_ delta: Int) {
    guard case .reflection(let id, _) = panel, let attempt = reading?.attempt else { return }
    let all = attempt.reflections
    guard let place = all.firstIndex(where: { $0.id == id }) else { return }
    guard all.indices.contains(place + delta) else {
      notice = Notice(
        delta > 0 ? "this is the last reflection" : "this is the first reflection")
      return
    }
    let next = all[place + delta]
    panel = .reflection(next.id, top: 0)
    select(next, of: attempt)
  }

  /// Puts the cursor on the token that a reflection decided.
  mutating func select(_ reflection: AttemptReflection, of attempt: Attempt) {
    guard let index = attempt.index(of: reflection), let layout = chainLayout else { return }
    let channel = reflection.triggered.channel
    let byte = attempt.tokens(channel).byteRange(of: index).lowerBound
    guard let anchor = layout.anchor(at: ChainPlace(channel: channel, byte: byte)) else { return }
    select(anchor.item)
    reading?.tokenByte = byte
    if reading?.follows == true { reading?.itemsWhenHeld = layout.itemCount }
    reading?.follows = false
    revealItem()
  }

  /// Asks what each control would have chosen at the reflection in the panel.
  mutating func askControls() -> [Effect] {
    guard case .reflection(let id, _) = panel, let attempt = reading?.attempt,
      let reflection = attempt.reflections.last(where: { $0.id == id })
    else {
      notice = Notice("controls are compared in the panel of a reflection")
      return []
    }
    if let refusal = refusesWriting() {
      notice = refusal
      return []
    }
    guard reflection.controls.isEmpty else {
      notice = Notice("the controls were compared here already")
      return []
    }
    let effects = ask(.compareControls(attempt.id, id), needing: .solver)
    if !effects.isEmpty {
      // No attempt comes of it.
      reading?.awaitsAttempt = false
      notice = Notice("comparing the controls at this place")
    }
    return effects
  }

  /// The attempt on screen once more with the same seed: with reflection if it had none, and the
  /// other way round.
  mutating func askCompareReflection() -> [Effect] {
    guard let attempt = reading?.attempt else {
      notice = Notice("no attempt to make again yet", .warning)
      return []
    }
    let reflecting = attempt.started.reflection == nil
    guard attempt.started.call.parameters.seed != nil else {
      notice = Notice(
        "this attempt had no seed; :set seed 1, then A makes one that can be repeated", .warning)
      return []
    }
    guard !reflecting || settings.reflection.method != nil else {
      let key = bindings.keys(for: .reflecting, in: .read).first?.name ?? ":reflection"
      notice = Notice("no way to reflect is chosen; \(key) lists them", .warning)
      return []
    }
    let effects = ask(.attemptAgain(attempt.id, reflecting: reflecting), needing: .solver)
    if !effects.isEmpty {
      notice = Notice("the same seed \(reflecting ? "with" : "without") reflection")
    }
    return effects
  }
}

extension Attempt {
  /// It is being written, and reflects.
  var isReflecting: Bool { isRunning && started.reflection != nil }

  /// The standing token that a reflection decided; of its channel.
  ///
  /// The last one where none was written there yet; `nil` where the text is not so long any more.
  func index(of reflection: AttemptReflection) -> Int? {
    let (position, count) = (
      reflection.triggered.position, tokens(reflection.triggered.channel).count
    )
    guard position >= 0, position <= count, count > 0 else { return nil }
    return min(position, count - 1)
  }
}

extension AttemptReflection {
  enum Standing: Equatable {
    /// Something was decided again, or found to be best as it was.
    case done
    /// It was found, and nothing could be made of it.
    case undone
    case running
  }

  func standing(in attempt: Attempt) -> Standing {
    switch finished?.outcome {
    case .decided, .kept: .done
    case .cancelled, .failed: .undone
    case nil: attempt.isRunning ? .running : .undone
    }
  }
}
