import Engine
import Sessions

extension Reading {
  /// Reckons anew how far the attempts agree, where no server said how sure it was.
  mutating func refreshAgreement() {
    let attempts = session.attempts.filter { !$0.isRunning }
    let silent = attempts.filter { !$0.started.call.model.capabilities.logProbabilities }
    guard attempts.count > 1, !silent.isEmpty else {
      if !agreement.isEmpty { agreement = [:] }
      return
    }
    var agreement: [StepID: Double] = [:]
    for attempt in silent {
      for (index, share) in Agreement.ofSteps(attempt, among: attempts) {
        agreement[StepID(attempt: attempt.id, index: index)] = share
      }
    }
    self.agreement = agreement
  }

  /// How sure the model was of a step by `signal`, else how far other attempts agree with it.
  package func confidence(
    of step: Step, in attempt: Attempt, by signal: Signal
  ) -> (value: Double, isAgreement: Bool)? {
    if let own = signal.confidence(in: step.measures, by: attempt.profile) {
      return (Double(own), false)
    }
    return agreement[StepID(attempt: attempt.id, index: step.index)].map { ($0, true) }
  }
}

extension Attempt {
  /// What is known of the model that wrote it.
  package var profile: ModelProfile? { started.call.model.profile }
}
