import Sessions

/// What is asked of an annotator, and with what at hand.
package struct LabelTask: Equatable, Sendable {
  /// What is hidden, and until when.
  package enum Blindness: String, CaseIterable, Sendable {
    /// Nothing is.
    case open
    /// Until the step itself is rated.
    case step
    /// Until the whole chain is.
    case chain
  }

  package var blindness = Blindness.chain
  package var taxonomy = Taxonomy.standard
  /// Markdown, for the set at hand; `nil` where there are none.
  package var guidelines: String?
  /// PRM800K's whole task: other texts for a step are rated as well, and explanations of an error.
  package var isFull = false
  /// Whether the chain as a whole is asked about after its last step.
  package var asksAboutChain = true
  /// A pause longer than this, in seconds, counts as this: nobody was reading.
  package var idle = 120.0
  /// Others' labels are settled where they differ; `nil` for everybody who labels by themselves.
  package var adjudication: Adjudication?
  package init() {}
}

/// Whose labels are settled, into the book of ``consensus``.
package struct Adjudication: Equatable, Sendable {
  package var names: [String]
  /// What stands now counts, rather than what was said while all else was hidden.
  package var isFinal = false
  /// Labels stand under their annotators' names.
  package var areNamesShown = false
  package init(names: [String], isFinal: Bool = false) {
    self.names = names
    self.isFinal = isFinal
  }

  /// Whose file settled labels stand in.
  package static let consensus = "consensus"
}

/// Kinds of mistakes, as a person may name them.
package struct Taxonomy: Equatable, Sendable {
  package struct Kind: Equatable, Sendable {
    /// What stands in the record.
    package var id: String
    package var title: String
    package var help: String
    package init(id: String, title: String, help: String = "") {
      self.id = id
      self.title = title
      self.help = help
    }
  }

  package var kinds: [Kind]
  package init(kinds: [Kind]) { self.kinds = kinds }

  /// The one that is used where nobody gave another.
  package static let standard = Taxonomy(kinds: [
    Kind(id: "arithmetic", title: "arithmetic", help: "the calculation itself is wrong"),
    Kind(
      id: "wrong-operation", title: "wrong operation", help: "added where it had to be multiplied"),
    Kind(id: "wrong-quantity", title: "wrong quantity", help: "a number of something else is used"),
    Kind(id: "misread", title: "misread", help: "the problem says otherwise"),
    Kind(
      id: "unsupported-claim", title: "unsupported claim", help: "nothing before it lets it follow"),
    Kind(id: "contradiction", title: "contradiction", help: "an earlier step says otherwise"),
    Kind(id: "skipped-step", title: "skipped step", help: "what it rests on was left out"),
    Kind(id: "omission", title: "omission", help: "something the problem gives was left out"),
    Kind(id: "circular", title: "circular", help: "it assumes what it is to show"),
    Kind(id: "redundant", title: "redundant", help: "it repeats, and adds nothing"),
    Kind(id: "units", title: "units", help: "units are mixed up, lost or not converted"),
    Kind(id: "format", title: "format", help: "the answer's form is wrong, or it cannot be read"),
    Kind(id: "other", title: "other", help: "say which in the reason"),
  ])

  package func kind(_ id: String) -> Kind? { kinds.first { $0.id == id } }
}

/// One thing a person did; its event binds it to the bytes that are there.
package enum LabelAct: Equatable, Sendable {
  /// `sources`: whose labels were weighed for it, in a consensus.
  case label(StepID, Label, pass: Int, seconds: Double?, sources: [LabelSource]? = nil)
  case reveal(AttemptID, step: Int?, pass: Int)
  case judge(
    AttemptID, answer: Verdict?, reach: ChainJudged.Reach?, exit: ChainJudged.Exit?,
    reason: String?, pass: Int, seconds: Double?)

  /// The events that put acts on record; what names no step or attempt makes none.
  static func events(
    _ acts: [LabelAct], in session: Session, by annotator: String, wall: Double
  ) -> [Event] {
    // Of one step hashed by itself, of many all at once.
    let isLong = acts.count > 8
    var digests: [AttemptID: [String]] = [:]
    func digest(_ step: Step, of attempt: Attempt) -> String {
      guard isLong else { return attempt.digest(upTo: step) }
      if digests[attempt.id] == nil { digests[attempt.id] = attempt.stepDigests }
      return digests[attempt.id]?[step.index] ?? ""
    }
    return acts.compactMap { act in
      switch act {
      case .label(let id, let label, let pass, let seconds, let sources):
        guard let attempt = session.attempt(id.attempt), attempt.steps.indices.contains(id.index)
        else { return nil }
        return .labelled(
          Labelled(
            step: id, digest: digest(attempt.steps[id.index], of: attempt), annotator: annotator,
            wall: wall, pass: pass == 0 ? nil : pass, seconds: seconds, label: label,
            sources: sources))
      case .reveal(let attempt, let step, let pass):
        guard session.attempt(attempt) != nil else { return nil }
        return .revealed(
          Revealed(
            attempt: attempt, step: step, annotator: annotator, wall: wall,
            pass: pass == 0 ? nil : pass))
      case .judge(let attempt, let answer, let reach, let exit, let reason, let pass, let seconds):
        guard session.attempt(attempt) != nil else { return nil }
        return .chainJudged(
          ChainJudged(
            attempt: attempt, annotator: annotator, wall: wall, pass: pass == 0 ? nil : pass,
            answer: answer, reach: reach, exit: exit, reason: reason, seconds: seconds))
      }
    }
  }
}
