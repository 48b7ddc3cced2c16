import Foundation
import Sessions

/// A step's label, as far as measuring needs it.
package struct StepLabel: Equatable, Sendable {
  package var verdict: Verdict?
  package var errorType: String?
  /// Marked as the first error of its chain: what follows is not rated.
  package var isFirstError: Bool
  package init(_ verdict: Verdict?, errorType: String? = nil, isFirstError: Bool = false) {
    self.verdict = verdict
    self.errorType = errorType
    self.isFirstError = isFirstError
  }
}

/// An attempt with what one person said of its steps; its tokens are let go.
package struct LabelledAttempt: Equatable, Sendable {
  package var steps: [Step]
  package var model: String
  package var profile: ModelProfile?
  /// The problem's text: two sessions of one problem are alike.
  package var problem: String
  /// By attempt-wide step index.
  package var labels: [Int: StepLabel]
  /// Of this attempt, oldest first.
  package var critiques: [Critique]
  /// By attempt-wide step index: the share of other attempts with the same result.
  package var agreement: [Int: Double]
  /// By attempt-wide step index: the largest entropy of its tokens as a reflection sees it, at the
  /// sampling temperature.
  package var watched: [Int: EntropyBounds]

  package init(
    _ attempt: Attempt, in session: Session, labels: [Int: StepLabel]
  ) {
    steps = attempt.steps
    model = attempt.started.call.model.shortName
    profile = attempt.started.call.model.profile
    problem = session.problem.text
    self.labels = labels
    critiques = session.critiques(of: attempt.id)
    agreement = Agreement.ofSteps(attempt, among: session.attempts)
    watched = Self.watched(attempt, labels.keys)
  }

  private static func watched(
    _ attempt: Attempt, _ labelled: some Collection<Int>
  ) -> [Int: EntropyBounds] {
    let rule = TriggerRule.fixed(FixedThreshold(entropy: 0))
    let places = MeasuredResponse(attempt)
      .trace(ReflectionSettings(method: .srgen, rule: rule)).places
    var out: [Int: EntropyBounds] = [:]
    for step in attempt.steps where labelled.contains(step.index) {
      // Thinking comes first.
      let before = step.channel == .answer ? attempt.thinking.count : 0
      let entropies = attempt.tokens(step.channel).indices(startingIn: step.range)
        .compactMap { index in
          places.indices.contains(before + index) ? places[before + index].entropy : nil
        }.filter { !$0.lower.isNaN && !$0.upper.isNaN }
      if let lower = entropies.map(\.lower).max(), let upper = entropies.map(\.upper).max() {
        out[step.index] = EntropyBounds(lower: lower, upper: upper)
      }
    }
    return out
  }

  /// What the book's owner said before anything was shown to them; `nil` where they said nothing of
  /// the attempt, or that its problem is a bad one.
  package init?(_ attempt: Attempt, in session: Session, book: LabelBook) {
    guard book.judgement(of: attempt.id)?.exit != .badProblem else { return nil }
    let labels = book.standing(in: attempt).mapValues { entry in
      StepLabel(
        entry.blind.verdict, errorType: entry.blind.errorType,
        isFirstError: entry.blind.isFirstError ?? false)
    }.filter { $0.value.verdict != nil }
    guard !labels.isEmpty else { return nil }
    self.init(attempt, in: session, labels: labels)
  }

  /// The first wrong step of the answer; `nil` where a step before it, or any step of a chain
  /// without one, has no verdict that says.
  package var firstError: TriedChain.FirstError? {
    let steps = steps.filter { $0.channel == .answer }
    for step in steps {
      let label = labels[step.index]
      if label?.isFirstError == true { return .step(step.index) }
      switch label?.verdict {
      case .incorrect?: return .step(step.index)
      case .correct?, .neutral?: continue
      case .unsure?, nil: return nil
      }
    }
    return steps.isEmpty ? nil : TriedChain.FirstError.none
  }

  package var tried: TriedChain {
    TriedChain(
      problem: problem,
      steps: steps.filter { $0.channel == .answer }.map(\.index),
      labels: labels.compactMapValues { label in
        label.verdict.map { TriedChain.Label($0, errorType: label.errorType) }
      },
      firstError: firstError, critiques: critiques)
  }
}

/// What a neutral label counts as where only right and wrong are known.
package enum NeutralLabels: String, Codable, CaseIterable, Sendable { case good, bad, drop }

/// Labels, by what they say.
package struct LabelCounts: Codable, Equatable, Sendable {
  package var chains = 0
  package var problems = 0
  package var correct = 0
  package var incorrect = 0
  package var neutral = 0
  package var unsure = 0

  package init(_ attempts: [LabelledAttempt]) {
    chains = attempts.count
    problems = Set(attempts.map(\.problem)).count
    for label in attempts.flatMap(\.labels.values) {
      switch label.verdict {
      case .correct?: correct += 1
      case .incorrect?: incorrect += 1
      case .neutral?: neutral += 1
      case .unsure?: unsure += 1
      case nil: break
      }
    }
  }
}

/// What is held against the labels.
package enum ScoreSource: Hashable, Sendable {
  case signal(Signal)
  /// The largest entropy of a step as reflections see it: at the sampling temperature.
  case watched
  /// How far other attempts at the problem state the same results.
  case agreement
  /// A critic's verdicts: right 1, wrong 0, neutral and unsure in the middle.
  case critic(String)

  package var id: String {
    switch self {
    case .signal(let signal): signal.rawValue
    case .watched: "watchedEntropy"
    case .agreement: "agreement"
    case .critic(let name): name
    }
  }

  package var name: String {
    switch self {
    case .signal(let signal): signal.name
    case .watched: "watched entropy"
    case .agreement: "agreement of attempts"
    case .critic(let name): "critic \(name)"
    }
  }

  /// Whether the signal is high where the model doubts.
  package var isDoubt: Bool {
    [.signal(.meanEntropy), .signal(.maxEntropy), .watched].contains(self)
  }

  package var unit: String? {
    switch self {
    case .signal(let signal): signal.unit
    case .watched: "nats"
    case .agreement, .critic: nil
    }
  }

  /// Why there is no number for any labelled step.
  package var absence: String {
    switch self {
    case .signal(let signal):
      signal.source == Signal.standard.source
        ? "no log-probabilities on these steps" : "no alternatives of the tokens on these steps"
    case .watched: "no alternatives of the tokens on these steps"
    case .agreement: "no other attempts that state a result of these steps"
    case .critic: "no verdict of it on these steps"
    }
  }

  /// Labelled steps with a number of this source.
  ///
  /// - Parameter calibrated: by the calibration of the model's profile, where it has one for it.
  package func units(
    _ attempts: [LabelledAttempt], neutral: NeutralLabels, calibrated: Bool = false
  ) -> [ScoredUnit] {
    attempts.flatMap { labelled in
      labelled.labels.sorted { $0.key < $1.key }.compactMap { index, label -> ScoredUnit? in
        let isRight: Bool? =
          switch label.verdict {
          case .correct?: true
          case .incorrect?: false
          case .neutral? where neutral != .drop: neutral == .good
          default: nil
          }
        guard let isRight, let score = score(of: index, in: labelled, calibrated) else {
          return nil
        }
        return ScoredUnit(
          value: score.value, confidence: score.confidence, isRight: isRight,
          problem: labelled.problem)
      }
    }
  }

  private func score(
    of index: Int, in labelled: LabelledAttempt, _ calibrated: Bool
  ) -> (value: Double, confidence: Double)? {
    switch self {
    case .signal(let signal):
      // An index is a place among the steps.
      guard labelled.steps.indices.contains(index),
        case let step = labelled.steps[index],
        let value = signal.value(in: step.measures)?.value,
        !calibrated || signal.calibration(in: labelled.profile) != nil,
        let confidence = signal.confidence(
          in: step.measures, by: calibrated ? labelled.profile : nil)
      else { return nil }
      return (isDoubt ? -Double(value) : Double(value), Double(confidence))
    case .watched:
      return labelled.watched[index].map { (-Double($0.lower), exp(-Double($0.lower))) }
    case .agreement: return labelled.agreement[index].map { ($0, $0) }
    case .critic(let name):
      let own = labelled.critiques.first { $0.started.call.model.shortName == name }
      let score: Double? =
        switch own?.verdicts[index]?.verdict {
        case .correct?: 1
        case .incorrect?: 0
        case .neutral?, .unsure?: 0.5
        case nil: nil
        }
      return score.map { ($0, $0) }
    }
  }
}
