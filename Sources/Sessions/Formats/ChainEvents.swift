/// The attempt was not made here but taken over from a file.
package struct ChainImported: Codable, Equatable, Sendable {
  package var attempt: AttemptID
  /// The format's name, as `erratum import --format` takes it.
  package var format: String
  package var file: String?
  /// What the data called it.
  package var id: String?
  package var model: String?
  /// Whether the final answer is right, by the data's own word.
  package var isCorrect: Bool?
  /// What was put between the steps; left out where the data had text of its own there.
  package var gap: String?
  /// Members of the record that have no place elsewhere, as JSON.
  package var metadata: [String: String]
  package init(
    attempt: AttemptID, format: String, file: String? = nil, id: String? = nil,
    model: String? = nil, isCorrect: Bool? = nil, gap: String? = nil,
    metadata: [String: String] = [:]
  ) {
    self.attempt = attempt
    self.format = format
    self.file = file
    self.id = id
    self.model = model
    self.isCorrect = isCorrect
    self.gap = gap
    self.metadata = metadata
  }
}

/// What imported data says of a step beyond a verdict; in an annotation file, beside `marked`.
package struct LabelDetailed: Codable, Equatable, Sendable {
  package var step: StepID
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  package var errorType: String?
  package var reason: String?
  package var correction: String?
  package var isFlagged: Bool?
  package var candidates: [StepCandidate]?
  /// The candidate that was chosen.
  package var chosen: Int?
  package init(
    step: StepID, annotator: String, wall: Double, errorType: String? = nil,
    reason: String? = nil, correction: String? = nil, isFlagged: Bool? = nil,
    candidates: [StepCandidate]? = nil, chosen: Int? = nil
  ) {
    self.step = step
    self.annotator = annotator
    self.wall = wall
    self.errorType = errorType
    self.reason = reason
    self.correction = correction
    self.isFlagged = isFlagged
    self.candidates = candidates
    self.chosen = chosen
  }
}
