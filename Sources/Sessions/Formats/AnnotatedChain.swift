/// One chain of thought with what was said of its steps.
///
/// The one shape that importers make and exporters use: a format knows nothing of sessions, and
/// ``SessionChains`` nothing of formats.
package struct AnnotatedChain: Equatable, Sendable {
  package var problem: Problem
  package var steps: [ChainStep]
  /// The final answer, and whether it is right, as far as the data says.
  package var answer: String?
  package var isCorrect: Bool?
  /// Who wrote the chain: a model's name.
  package var model: String?
  /// Whose ratings these are; `nil` where there are none.
  package var annotator: String?
  package var origin: ChainOrigin

  package init(
    problem: Problem, steps: [ChainStep], answer: String? = nil, isCorrect: Bool? = nil,
    model: String? = nil, annotator: String? = nil, origin: ChainOrigin
  ) {
    self.problem = problem
    self.steps = steps
    self.answer = answer
    self.isCorrect = isCorrect
    self.model = model
    self.annotator = annotator
    self.origin = origin
  }

  /// The text as it stands in a session, step boundaries gone.
  package var text: String { steps.reduce(into: "") { $0 += $1.text + $1.gap } }

  /// The first step that is rated wrong.
  package var firstError: Int? { steps.firstIndex { $0.rating?.verdict == .incorrect } }

  package var isRated: Bool { steps.contains { $0.rating != nil || !$0.candidates.isEmpty } }
}

/// A step, cut where the data cut it.
package struct ChainStep: Equatable, Sendable {
  /// As the data has it.
  package var text: String
  /// What stands between this step and the next, and belongs to neither's wording.
  package var gap: String
  package var rating: StepRating?
  /// Every text that stood to choice at this place, the step's own among them; empty where there
  /// was no choice.
  package var candidates: [StepCandidate]
  /// The candidate that the chain went on from; `nil` where none was chosen.
  package var chosen: Int?

  package init(
    text: String, gap: String = "", rating: StepRating? = nil, candidates: [StepCandidate] = [],
    chosen: Int? = nil
  ) {
    self.text = text
    self.gap = gap
    self.rating = rating
    self.candidates = candidates
    self.chosen = chosen
  }
}

package struct StepRating: Equatable, Sendable {
  package enum Source: String, Sendable { case person, critic, imported }
  /// `nil` where only something else is known of the step.
  package var verdict: Verdict?
  package var source: Source
  package var errorType: String?
  package var reason: String?
  /// What the step should have been.
  package var correction: String?
  package var isFlagged: Bool?

  package init(
    _ verdict: Verdict?, source: Source = .imported, errorType: String? = nil,
    reason: String? = nil, correction: String? = nil, isFlagged: Bool? = nil
  ) {
    self.verdict = verdict
    self.source = source
    self.errorType = errorType
    self.reason = reason
    self.correction = correction
    self.isFlagged = isFlagged
  }

  package var hasDetail: Bool {
    errorType != nil || reason != nil || correction != nil || isFlagged != nil
  }
}

/// Another text for a step.
package struct StepCandidate: Equatable, Sendable, Codable {
  package var text: String
  package var verdict: Verdict?
  package var isFlagged: Bool?
  /// Written by a person, not a model.
  package var isHuman: Bool?
  package init(
    _ text: String, verdict: Verdict? = nil, isFlagged: Bool? = nil, isHuman: Bool? = nil
  ) {
    self.text = text
    self.verdict = verdict
    self.isFlagged = isFlagged
    self.isHuman = isHuman
  }
}

/// Where a chain came from.
package struct ChainOrigin: Equatable, Sendable {
  /// A format's name; `session` for what was made here.
  package var format: String
  /// The file's name, without its folder.
  package var file: String?
  /// What the data calls it.
  package var id: String?
  /// The members of the record that have no place of their own, as JSON.
  package var metadata: [String: String]
  package init(
    format: String, file: String? = nil, id: String? = nil, metadata: [String: String] = [:]
  ) {
    self.format = format
    self.file = file
    self.id = id
    self.metadata = metadata
  }
}

/// A part of a chain that a format may have no room for.
package enum ChainPart: String, CaseIterable, Sendable, Comparable {
  case originalID, metadata, reference, kind, finalAnswer, correctness, model, annotator, gaps
  case neutralRatings, unsureRatings, ratings, ratingsAfterError, stepsWithoutRating, neutralSteps
  case errorTypes, reasons, corrections, candidates, flags, boundaries, chains

  package static func < (left: ChainPart, right: ChainPart) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }

  /// What it is called in a sentence that counts it.
  package var words: (one: String, many: String) {
    switch self {
    case .originalID: ("original id", "original ids")
    case .metadata: ("chain's original fields", "chains' original fields")
    case .reference: ("reference answer", "reference answers")
    case .kind: ("problem's kind", "problems' kinds")
    case .finalAnswer: ("final answer", "final answers")
    case .correctness: ("mark of a right or wrong answer", "marks of right or wrong answers")
    case .model: ("model's name", "models' names")
    case .annotator: ("annotator's name", "annotators' names")
    case .gaps: ("chain's white space between steps", "chains' white space between steps")
    case .neutralRatings: ("neutral rating", "neutral ratings")
    case .unsureRatings: ("unsure rating", "unsure ratings")
    case .ratings: ("step rating", "step ratings")
    case .ratingsAfterError:
      ("rating after a first error", "ratings after a first error")
    case .stepsWithoutRating:
      (
        "step that has no rating, or stands after one",
        "steps that have no rating, or stand after one"
      )
    case .neutralSteps: ("neutral step", "neutral steps")
    case .errorTypes: ("error type", "error types")
    case .reasons: ("reason", "reasons")
    case .corrections: ("corrected step", "corrected steps")
    case .candidates: ("step's other candidates", "steps' other candidates")
    case .flags: ("flag", "flags")
    case .boundaries: ("chain's step boundaries", "chains' step boundaries")
    case .chains: ("whole chain", "whole chains")
    }
  }
}

extension AnnotatedChain {
  /// How often each part occurs in it, whatever a format makes of it.
  package var parts: [ChainPart: Int] {
    var out: [ChainPart: Int] = [:]
    func count(_ part: ChainPart, _ number: Int) { if number > 0 { out[part] = number } }
    count(.originalID, origin.id == nil ? 0 : 1)
    count(.metadata, origin.metadata.isEmpty ? 0 : 1)
    count(.reference, problem.answer == nil ? 0 : 1)
    count(.kind, problem.kind == nil ? 0 : 1)
    count(.finalAnswer, answer == nil ? 0 : 1)
    count(.correctness, isCorrect == nil ? 0 : 1)
    count(.model, model == nil ? 0 : 1)
    count(.annotator, annotator == nil ? 0 : 1)
    count(.gaps, hasPlainGaps ? 0 : 1)
    let verdicts = steps.map { $0.rating?.verdict }
    count(.neutralRatings, verdicts.count { $0 == .neutral })
    count(.unsureRatings, verdicts.count { $0 == .unsure })
    // Each rating counts once, under what it is or where it stands.
    func settled(_ verdicts: some Sequence<Verdict?>) -> Int {
      verdicts.reduce(0) { $0 + ($1 == .correct || $1 == .incorrect ? 1 : 0) }
    }
    let end = firstError.map { $0 + 1 } ?? verdicts.count
    count(.ratings, settled(verdicts[..<end]))
    count(.ratingsAfterError, settled(verdicts[end...]))
    count(.errorTypes, steps.count { $0.rating?.errorType != nil })
    count(.reasons, steps.count { $0.rating?.reason != nil })
    count(.corrections, steps.count { $0.rating?.correction != nil })
    count(.candidates, steps.count { !$0.candidates.isEmpty })
    count(.flags, steps.count { $0.rating?.isFlagged != nil })
    return out
  }

  /// One line feed after every step but the last: what importers of lists put there.
  var hasPlainGaps: Bool {
    steps.enumerated().allSatisfy { $1.gap == ($0 == steps.count - 1 ? "" : "\n") }
  }

  /// The parts in which two tellings of one chain differ.
  package func differences(from other: AnnotatedChain) -> Set<ChainPart> {
    var out: Set<ChainPart> = []
    func compare<Value: Equatable>(_ part: ChainPart, _ value: (AnnotatedChain) -> Value) {
      if value(self) != value(other) { out.insert(part) }
    }
    compare(.originalID, \.origin.id)
    compare(.metadata, \.origin.metadata)
    compare(.reference, \.problem.answer)
    compare(.kind, \.problem.kind)
    compare(.finalAnswer, \.answer)
    compare(.correctness, \.isCorrect)
    compare(.model, \.model)
    compare(.annotator, \.annotator)
    compare(.gaps) { $0.steps.map(\.gap) }
    compare(.chains) { $0.problem.text }
    guard steps.map(\.text) == other.steps.map(\.text) else {
      // White space between steps is then no matter of its own.
      return out.subtracting([.gaps]).union([text == other.text ? .boundaries : .chains])
    }
    for (index, (step, twin)) in zip(steps, other.steps).enumerated()
    where step.rating?.verdict != twin.rating?.verdict {
      switch step.rating?.verdict {
      case .neutral: out.insert(.neutralRatings)
      case .unsure: out.insert(.unsureRatings)
      default: out.insert(index > firstError ?? .max ? .ratingsAfterError : .ratings)
      }
    }
    compare(.errorTypes) { $0.steps.map(\.rating?.errorType) }
    compare(.reasons) { $0.steps.map(\.rating?.reason) }
    compare(.corrections) { $0.steps.map(\.rating?.correction) }
    compare(.flags) { $0.steps.map(\.rating?.isFlagged) }
    compare(.candidates) { $0.steps.map { step in Choice(step.candidates, step.chosen) } }
    return out
  }

  private struct Choice: Equatable {
    var candidates: [StepCandidate]
    var chosen: Int?
    init(_ candidates: [StepCandidate], _ chosen: Int?) {
      self.candidates = candidates
      self.chosen = chosen
    }
  }

  /// Steps out of a list of texts: a line feed between them, as every list is recorded.
  package static func steps(_ texts: [String]) -> [ChainStep] {
    texts.enumerated().map { index, text in
      ChainStep(text: text, gap: index == texts.count - 1 ? "" : "\n")
    }
  }

  /// Steps out of a text that has no other boundaries than its lines; blank lines go with the one
  /// before them, so that no byte is lost.
  package static func lines(_ text: String) -> [ChainStep] {
    let bytes = Array(text.utf8)
    var out: [ChainStep] = []
    var start = 0
    var hasWords = false
    var line = 0
    func close(_ end: Int) {
      if end > start {
        out.append(ChainStep(whole: String(decoding: bytes[start..<end], as: UTF8.self)))
      }
      start = end
    }
    while line < bytes.count {
      var end = line
      while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
      while end < bytes.count, bytes[end] == 0x0A || bytes[end] == 0x0D { end += 1 }
      let words = String(decoding: bytes[line..<end], as: UTF8.self)
      let isBlank = words.unicodeScalars.allSatisfy(\.properties.isWhitespace)
      if hasWords, !isBlank { close(line) }
      hasWords = hasWords || !isBlank
      line = end
    }
    if hasWords { close(bytes.count) }
    return out
  }
}

extension ChainStep {
  /// A step out of all of its bytes: white space at its end is the gap to the next.
  init(whole text: String) {
    let scalars = text.unicodeScalars
    guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else {
      self.init(text: text)
      return
    }
    let end = scalars.index(after: last)
    self.init(text: String(scalars[..<end]), gap: String(scalars[end...]))
  }
}
