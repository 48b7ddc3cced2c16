/// A piece of a step, as offsets of bytes from the step's first.
package struct LabelSpan: Codable, Hashable, Sendable {
  package var start: Int
  package var end: Int
  package init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }
}

/// All that one person says of one step, as it stands.
package struct Label: Codable, Equatable, Sendable {
  /// `nil` where it was taken back, or only other things were said.
  package var verdict: Verdict?
  /// The first wrong step of its chain: those after it are not rated, which is not to say wrong.
  package var isFirstError: Bool?
  /// The verdict follows from a first error further on; nobody rated the step by itself.
  package var isFilled: Bool?
  /// An id of the taxonomy.
  package var errorType: String?
  package var span: LabelSpan?
  package var reason: String?
  /// What the step should have been.
  package var correction: String?
  package var isFlagged: Bool?
  /// Other texts for the step, each rated by itself.
  package var candidates: [StepCandidate]?
  /// The candidate that is best to go on from.
  package var chosen: Int?
  /// A critic's explanations of what is wrong, each rated; a person's own is human.
  package var explanations: [StepCandidate]?

  package init(_ verdict: Verdict? = nil) { self.verdict = verdict }

  package var isEmpty: Bool { self == Label() }
}

/// Whose label was weighed when a disagreement was settled, and what it said.
package struct LabelSource: Codable, Equatable, Sendable {
  package var annotator: String
  package var verdict: Verdict?
  package var errorType: String?
  package init(annotator: String, verdict: Verdict?, errorType: String? = nil) {
    self.annotator = annotator
    self.verdict = verdict
    self.errorType = errorType
  }
}

/// A step's whole label after a key press; undoing writes the earlier one again.
package struct Labelled: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// Attempt-wide index.
  package var step: Int
  /// SHA-256 of the attempt's bytes up to the step's end, in hexadecimal; see
  /// ``Attempt/stepDigests``.
  package var digest: String
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  /// From 1, when a chain is labelled again to see whether its annotator agrees with themselves.
  package var pass: Int?
  /// Time on the step up to here, idle time excluded.
  package var seconds: Double?
  package var label: Label
  /// In a consensus: the labels it was made from.
  package var sources: [LabelSource]?

  package init(
    step: StepID, digest: String, annotator: String, wall: Double, pass: Int? = nil,
    seconds: Double? = nil, label: Label, sources: [LabelSource]? = nil
  ) {
    attempt = step.attempt
    self.step = step.index
    self.digest = digest
    self.annotator = annotator
    self.wall = wall
    self.pass = pass
    self.seconds = seconds
    self.label = label
    self.sources = sources
  }

  package var id: StepID { StepID(attempt: attempt, index: step) }
}

/// What blind labelling hides was shown, of a step or of a whole chain.
package struct Revealed: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// Attempt-wide index; `nil` for the whole chain.
  package var step: Int?
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  package var pass: Int?
  package init(
    attempt: AttemptID, step: Int? = nil, annotator: String, wall: Double, pass: Int? = nil
  ) {
    self.attempt = attempt
    self.step = step
    self.annotator = annotator
    self.wall = wall
    self.pass = pass
  }
}

/// What one person says of a chain as a whole.
package struct ChainJudged: Codable, Equatable, Sendable {
  /// How far it got towards an answer.
  package enum Reach: String, Codable, CaseIterable, Sendable {
    case nowhere, partly, finished, unsure
  }
  /// Why it was left unlabelled.
  package enum Exit: String, Codable, CaseIterable, Sendable { case badProblem, giveUp }

  package var attempt: AttemptID
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  package var pass: Int?
  /// Whether the final answer is right: correct, incorrect or unsure.
  package var answer: Verdict?
  package var reach: Reach?
  package var exit: Exit?
  package var reason: String?
  /// Time on the chain, idle time excluded.
  package var seconds: Double?

  package init(
    attempt: AttemptID, annotator: String, wall: Double, pass: Int? = nil, answer: Verdict? = nil,
    reach: Reach? = nil, exit: Exit? = nil, reason: String? = nil, seconds: Double? = nil
  ) {
    self.attempt = attempt
    self.annotator = annotator
    self.wall = wall
    self.pass = pass
    self.answer = answer
    self.reach = reach
    self.exit = exit
    self.reason = reason
    self.seconds = seconds
  }
}

extension Attempt {
  /// For each step the SHA-256 of everything up to its end, in hexadecimal: of an answer's step
  /// all thinking bytes and then the answer's, of a step in the thinking the thinking's alone.
  package var stepDigests: [String] {
    var thinking = SHA256()
    var (hashed, end) = ([String](repeating: "", count: steps.count), 0)
    for step in steps where step.channel == .thinking {
      thinking.update(bytes(.thinking, end..<step.range.upperBound))
      end = max(end, step.range.upperBound)
      hashed[step.index] = thinking.digest
    }
    var answer = SHA256()
    answer.update(tokens(.thinking).bytes[...])
    end = 0
    for step in steps where step.channel == .answer {
      answer.update(bytes(.answer, end..<step.range.upperBound))
      end = max(end, step.range.upperBound)
      hashed[step.index] = answer.digest
    }
    return hashed
  }

  package func digest(upTo step: Step) -> String {
    var hash = SHA256()
    if step.channel == .answer { hash.update(tokens(.thinking).bytes[...]) }
    hash.update(bytes(step.channel, 0..<step.range.upperBound))
    return hash.digest
  }

  /// What a hand-edited journal promises and does not have is left out.
  private func bytes(_ channel: Channel, _ range: Range<Int>) -> ArraySlice<UInt8> {
    let all = tokens(channel).bytes
    let end = min(range.upperBound, all.count)
    return all[min(range.lowerBound, end)..<end]
  }
}

extension SHA256 {
  fileprivate mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBufferPointer { update($0) }
  }

  /// Of what has come so far; more may follow.
  fileprivate var digest: String {
    var copy = self
    return copy.hexDigest()
  }
}
