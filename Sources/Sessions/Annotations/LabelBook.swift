/// One annotator's file, folded: what they say of each step, and what they said before.
package struct LabelBook: Equatable, Sendable {
  /// What ties a label to the bytes it was made on.
  package enum Binding: Equatable, Sendable {
    case digest(String)
    /// Marks of older files and of imported data: the step's place in its channel.
    case bytes(Channel, Range<Int>)
    /// Only the step's index was recorded.
    case index
  }

  /// The labels of one step in one pass, oldest first; never without any.
  package struct Entry: Equatable, Sendable {
    /// The last one made before the step was revealed; `nil` where there was none.
    package private(set) var first: Labelled?
    package private(set) var changes: [Labelled]
    package private(set) var binding: Binding
    /// Seconds since 1970 at which what was hidden was shown; `nil` while blind.
    package private(set) var revealed: Double?

    /// What stands now.
    package var current: Labelled { changes[changes.count - 1] }

    /// What was said before anything was shown; what stands where nothing was.
    package var blind: Label { first?.label ?? current.label }

    fileprivate init(_ labelled: Labelled, _ binding: Binding, revealed: Double?) {
      changes = [labelled]
      self.binding = binding
      self.revealed = revealed
      if revealed == nil { first = labelled }
    }

    fileprivate mutating func add(_ labelled: Labelled, _ binding: Binding) {
      // A label on other bytes begins anew: it changes nothing that was said of the old ones.
      if binding != self.binding {
        self = Entry(labelled, binding, revealed: revealed)
        return
      }
      changes.append(labelled)
      if revealed == nil { first = labelled }
    }

    fileprivate mutating func reveal(_ wall: Double) { revealed = revealed ?? wall }
  }

  package let annotator: String
  /// Labels by pass, 0 for the first.
  private var passes: [Int: [StepID: Entry]] = [:]
  /// By pass and attempt.
  private var judged: [Int: [AttemptID: ChainJudged]] = [:]
  /// Steps shown before anything was said of them, and whole chains.
  private var shownSteps: [Int: [StepID: Double]] = [:]
  private var shownChains: [Int: [AttemptID: Double]] = [:]
  /// What was done last: where one stopped.
  package private(set) var last: Last?

  package struct Last: Equatable, Sendable {
    package var attempt: AttemptID
    /// `nil` when the chain as a whole was judged.
    package var step: Int?
    package var pass: Int
    /// Seconds since 1970.
    package var wall: Double
  }

  package init(annotator: String) { self.annotator = annotator }

  /// Labels of the first pass, which is usually the only one.
  package var entries: [StepID: Entry] { passes[0] ?? [:] }

  /// Labels of later passes.
  package var repeats: [Int: [StepID: Entry]] { passes.filter { $0.key > 0 } }

  package var chains: [AttemptID: ChainJudged] { judged[0] ?? [:] }

  package func entries(pass: Int) -> [StepID: Entry] { passes[pass] ?? [:] }

  package func judgement(of attempt: AttemptID, pass: Int = 0) -> ChainJudged? {
    judged[pass]?[attempt]
  }

  /// Whether what blind labelling hides of a step was shown.
  package func isRevealed(_ id: StepID, pass: Int = 0) -> Bool {
    shownChains[pass]?[id.attempt] != nil || shownSteps[pass]?[id] != nil
  }

  /// Whether what blind labelling hides of a whole chain was shown.
  package func isRevealed(_ attempt: AttemptID, pass: Int = 0) -> Bool {
    shownChains[pass]?[attempt] != nil
  }

  package var isEmpty: Bool { passes.isEmpty && judged.isEmpty }

  package mutating func apply(_ event: Event) {
    switch event {
    case .labelled(let labelled):
      add(labelled, .digest(labelled.digest))
    case .marked(let mark):
      var label = entries[mark.step]?.current.label ?? Label()
      label.verdict = mark.verdict
      let range = mark.start..<max(mark.start, mark.end)
      add(
        Labelled(
          step: mark.step, digest: "", annotator: annotator, wall: mark.wall, label: label),
        .bytes(mark.channel, range))
    case .labelDetailed(let detail):
      let known = entries[detail.step]
      var label = known?.current.label ?? Label()
      label.take(detail)
      add(
        Labelled(
          step: detail.step, digest: "", annotator: annotator, wall: detail.wall, label: label),
        known?.binding ?? .index)
    case .revealed(let revealed): reveal(revealed)
    case .chainJudged(let chain):
      judged[chain.pass ?? 0, default: [:]][chain.attempt] = chain
      last = Last(attempt: chain.attempt, step: nil, pass: chain.pass ?? 0, wall: chain.wall)
    default: break
    }
  }

  private mutating func add(_ labelled: Labelled, _ binding: Binding) {
    let (pass, id) = (labelled.pass ?? 0, labelled.id)
    last = Last(attempt: id.attempt, step: id.index, pass: pass, wall: labelled.wall)
    if passes[pass]?[id] != nil {
      passes[pass]?[id]?.add(labelled, binding)
    } else {
      let shown = shownChains[pass]?[id.attempt] ?? shownSteps[pass]?[id]
      passes[pass, default: [:]][id] = Entry(labelled, binding, revealed: shown)
    }
  }

  private mutating func reveal(_ revealed: Revealed) {
    let pass = revealed.pass ?? 0
    guard let step = revealed.step else {
      shownChains[pass, default: [:]][revealed.attempt] = revealed.wall
      for id in (passes[pass] ?? [:]).keys where id.attempt == revealed.attempt {
        passes[pass]?[id]?.reveal(revealed.wall)
      }
      return
    }
    let id = StepID(attempt: revealed.attempt, index: step)
    shownSteps[pass, default: [:]][id] = revealed.wall
    passes[pass]?[id]?.reveal(revealed.wall)
  }

  // MARK: Against the steps there are

  /// Entries whose bytes are still those of the attempt, by attempt-wide step index.
  ///
  /// - Parameter digests: ``Attempt/stepDigests``, where somebody has them already.
  package func standing(
    in attempt: Attempt, pass: Int = 0, digests: [String]? = nil
  ) -> [Int: Entry] {
    guard let all = passes[pass] else { return [:] }
    // Of an attempt that grew since they were hashed there are too few.
    var known = digests?.count == attempt.steps.count ? digests : nil
    var out: [Int: Entry] = [:]
    for step in attempt.steps {
      guard let entry = all[StepID(attempt: attempt.id, index: step.index)] else { continue }
      if entry.isBound(to: step, of: attempt, &known) { out[step.index] = entry }
    }
    return out
  }

  /// The entry of one step, if its bytes are still those of the attempt.
  package func standing(
    _ step: Step, in attempt: Attempt, pass: Int = 0, digests: [String]? = nil
  ) -> Entry? {
    guard let entry = passes[pass]?[StepID(attempt: attempt.id, index: step.index)] else {
      return nil
    }
    var known = digests
    return entry.isBound(to: step, of: attempt, &known) ? entry : nil
  }

  /// So many labels of the attempt that stand on bytes it no longer has.
  ///
  /// - Parameter digests: ``Attempt/stepDigests``, where somebody has them already.
  package func orphanCount(
    in attempt: Attempt, pass: Int = 0, digests: [String]? = nil
  ) -> Int {
    guard let all = passes[pass] else { return 0 }
    let standing = standing(in: attempt, pass: pass, digests: digests)
    return all.count {
      $0.key.attempt == attempt.id && standing[$0.key.index] == nil
        && !$0.value.current.label.isEmpty
    }
  }

  /// What stands of labels whose steps are not there any more, or have other bytes now.
  package func orphans(in session: Session) -> [Labelled] {
    var out: [Labelled] = []
    for (pass, all) in passes {
      for id in Set(all.keys.map(\.attempt)) {
        let standing = session.attempt(id).map { self.standing(in: $0, pass: pass) } ?? [:]
        out += all.filter { $0.key.attempt == id && standing[$0.key.index] == nil }
          .map(\.value.current)
          .filter { !$0.label.isEmpty }
      }
    }
    return out.sorted { ($0.wall, $0.step) < ($1.wall, $1.step) }
  }
}

extension LabelBook.Entry {
  /// - Parameter digests: of all the attempt's steps, once somebody had to work them out.
  fileprivate func isBound(
    to step: Step, of attempt: Attempt, _ digests: inout [String]?
  ) -> Bool {
    switch binding {
    case .index: return true
    case .bytes(let channel, let range): return channel == step.channel && range == step.range
    case .digest(let digest):
      if digests == nil { digests = attempt.stepDigests }
      return digests?[step.index] == digest
    }
  }
}

extension Label {
  /// Adds what imported data says beyond the verdict.
  fileprivate mutating func take(_ detail: LabelDetailed) {
    errorType = detail.errorType
    reason = detail.reason
    correction = detail.correction
    isFlagged = detail.isFlagged
    candidates = detail.candidates
    chosen = detail.chosen
  }
}
