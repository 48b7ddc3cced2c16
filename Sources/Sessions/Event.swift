/// A fact worth keeping for years: one line of the journal.
///
/// Written before it is shown; a saved session and a live one are the same events through the
/// same ``Session/apply(_:)``. The JSON of every kind is specified in `docs/journal.md`.
package enum Event: Equatable, Sendable {
  /// The journal was opened for writing; wall clock and program go on record each time.
  case opened(Opened)
  case settingChanged(SettingChanged)
  case modelConnected(ModelConnected)
  case attemptStarted(AttemptStarted)
  /// What was really sent for an attempt or critique, once the server's template was applied.
  case prompted(Prompted)
  case tokens(TokensArrived)
  case stepClosed(StepClosed)
  /// Withdraws every token of the attempt from `serial` on, and the steps that held them.
  case rewound(attempt: AttemptID, toSerial: Int)
  case reflectionTriggered(ReflectionTriggered)
  case trialWritten(TrialWritten)
  case trialChosen(TrialChosen)
  case reflectionFinished(ReflectionFinished)
  case reflectionTuned(ReflectionTuned)
  case controlsCompared(ControlsCompared)
  case noted(Noted)
  case retryScheduled(RetryScheduled)
  case attemptFinished(AttemptFinished)
  case answerExtracted(AnswerExtracted)
  /// The attempt was taken over from a file of somebody else's.
  case chainImported(ChainImported)
  case critiqueStarted(CritiqueStarted)
  case critiqueText(critique: CritiqueID, bytes: [UInt8])
  case verdict(VerdictGiven)
  case critiqueFinished(CritiqueFinished)
  case roundStarted(RoundStarted)
  /// A verdict on a step from data or an older program; like all of the next four kept in the
  /// annotator's own file, never in the journal.
  case marked(Marked)
  /// What imported data says of a step beyond its verdict.
  case labelDetailed(LabelDetailed)
  /// Everything a person says of a step.
  case labelled(Labelled)
  /// A person saw what labelling blind hides.
  case revealed(Revealed)
  /// What a person says of a whole chain.
  case chainJudged(ChainJudged)
  /// Other texts that a model wrote for a step, for a person to rate.
  case alternativesWritten(AlternativesWritten)
  /// A model call came to nothing; the sentence is the one that was shown.
  case failed(Failed)
  /// A kind of a newer minor version: kept byte for byte, and skipped.
  case unknown(kind: String, line: [UInt8])
}

/// An event with its place in the journal.
package struct Record: Equatable, Sendable {
  /// Counts from 0, no gaps.
  package var n: Int
  /// Seconds of session time; goes on from the last event when a session is opened again.
  package var t: Double
  package var event: Event
  package init(n: Int, t: Double, event: Event) {
    self.n = n
    self.t = t
    self.event = event
  }
}

package struct Opened: Codable, Equatable, Sendable {
  /// Seconds since 1970.
  package var wall: Double
  package var program: String
  package init(wall: Double, program: String) {
    self.wall = wall
    self.program = program
  }
}

package struct SettingChanged: Codable, Equatable, Sendable {
  package var name: String
  package var value: String
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

package struct Failed: Codable, Equatable, Sendable {
  package var target: CallTarget?
  /// One sentence that ends with what to do next.
  package var message: String
  package init(target: CallTarget?, message: String) {
    self.target = target
    self.message = message
  }
}
