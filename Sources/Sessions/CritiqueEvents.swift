package struct CritiqueStarted: Codable, Equatable, Sendable {
  package var critique: CritiqueID
  package var attempt: AttemptID
  /// The steps judged, as attempt-wide indices, in the order the critic numbers them from 1.
  package var steps: [Int]
  package var call: Call
  package init(critique: CritiqueID, attempt: AttemptID, steps: [Int], call: Call) {
    self.critique = critique
    self.attempt = attempt
    self.steps = steps
    self.call = call
  }
}

package enum Verdict: String, Codable, Sendable, CaseIterable {
  case correct, incorrect, neutral, unsure
}

package struct VerdictGiven: Codable, Equatable, Sendable {
  package var critique: CritiqueID
  /// Attempt-wide step index.
  package var step: Int
  package var verdict: Verdict
  package var errorType: String?
  package var reason: String?
  package var repair: String?
  package init(
    critique: CritiqueID, step: Int, verdict: Verdict, errorType: String? = nil,
    reason: String? = nil, repair: String? = nil
  ) {
    self.critique = critique
    self.step = step
    self.verdict = verdict
    self.errorType = errorType
    self.reason = reason
    self.repair = repair
  }
}

package struct CritiqueFinished: Codable, Equatable, Sendable {
  /// What the critic said about the first wrong step.
  package enum FirstError: Codable, Equatable, Sendable {
    case step(Int)
    case none
    case notSaid
  }
  package var critique: CritiqueID
  package var reason: StopReason
  package var firstError: FirstError
  /// `json`, `lines`, `boxed`, or `text` when nothing could be read from it.
  package var format: String
  package var message: String?
  package init(
    critique: CritiqueID, reason: StopReason, firstError: FirstError, format: String,
    message: String? = nil
  ) {
    self.critique = critique
    self.reason = reason
    self.firstError = firstError
    self.format = format
    self.message = message
  }
}

package struct Marked: Codable, Equatable, Sendable {
  package var step: StepID
  /// `nil` withdraws the mark.
  package var verdict: Verdict?
  package var annotator: String
  /// Seconds since 1970.
  package var wall: Double
  /// The channel and bytes the mark was made on: a step of other bytes is another step.
  package var channel: Channel
  package var start: Int
  package var end: Int
  package init(
    step: StepID, verdict: Verdict?, annotator: String, wall: Double, channel: Channel, start: Int,
    end: Int
  ) {
    self.step = step
    self.verdict = verdict
    self.annotator = annotator
    self.wall = wall
    self.channel = channel
    self.start = start
    self.end = end
  }
}
