import Sessions

/// Every signal and critic of labelled attempts, held against the labels.
package struct CalibrationReport: Codable, Equatable, Sendable {
  package struct Settings: Equatable, Sendable {
    package var neutral = NeutralLabels.drop
    package var missRate = 0.1
    package var bootstrap = Bootstrap()
    package var folds = 5
    package init() {}
  }

  /// One source with its figures, or the reason why there are none.
  package struct Section: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var unit: String?
    package var measures: CalibrationMeasures?
    package var refusal: String?
    /// How fits do on problems they have not seen; `raw` is the bar as it is.
    package var outcomes: [CalibrationFit.Outcome]
    package var folds: Int?
    package var fitRefusal: String?
    package var proposal: MissRateProposal?
    /// Why there is no proposal.
    package var proposalRefusal: String?
    /// Steps whose number is a lower bound only.
    package var bounded: Int
  }

  package var labels: LabelCounts
  package var neutral: NeutralLabels
  package var models: [String]
  package var signals: [Section]
  package var critics: [Section]
  package var trials: [CriticTrial]
  package var missRate: Double
  package var resamples: Int
  package var seed: UInt64

  /// - Parameters:
  ///   - signals: all where left out; agreement where there is any.
  ///   - critic: the only one to be tried; all where left out.
  package init(
    _ attempts: [LabelledAttempt], signals only: [ScoreSource]? = nil, critic: String? = nil,
    settings: Settings = Settings()
  ) {
    labels = LabelCounts(attempts)
    neutral = settings.neutral
    missRate = settings.missRate
    resamples = settings.bootstrap.resamples
    seed = settings.bootstrap.seed
    models = attempts.map(\.model).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    let hasAgreement = attempts.contains { !$0.agreement.isEmpty }
    let sources =
      only ?? Signal.allCases.map(ScoreSource.signal)
      + (attempts.contains { !$0.watched.isEmpty } ? [.watched] : [])
      + (hasAgreement ? [.agreement] : [])
    signals = sources.map { Section($0, attempts, settings) }
    let tried = attempts.map(\.tried)
    let names = CriticTrial.critics(of: tried).filter { critic == nil || $0 == critic }
    critics = names.map { Section(.critic($0), attempts, settings) }
    trials = names.map {
      CriticTrial(critic: $0, chains: tried, bootstrap: settings.bootstrap)
    }
  }
}

extension ScoreSource {
  /// Whether the step's number is a lower bound only.
  fileprivate func isBounded(_ step: Step, in labelled: LabelledAttempt) -> Bool {
    switch self {
    case .signal(let signal): signal.value(in: step.measures)?.isExact == false
    case .watched: labelled.watched[step.index]?.isExact == false
    case .agreement, .critic: false
    }
  }
}

extension CalibrationReport.Section {
  init(
    _ source: ScoreSource, _ attempts: [LabelledAttempt], _ settings: CalibrationReport.Settings
  ) {
    id = source.id
    name = source.name
    unit = source.unit
    outcomes = []
    bounded = attempts.reduce(0) { sum, labelled in
      sum
        + labelled.steps.count { step in
          labelled.labels[step.index]?.verdict != nil && source.isBounded(step, in: labelled)
        }
    }
    let units = source.units(attempts, neutral: settings.neutral)
    guard !units.isEmpty else {
      refusal = source.absence
      return
    }
    let set = ScoredSet(units)
    do throws(CalibrationRefusal) {
      measures = try CalibrationMeasures(set, bootstrap: settings.bootstrap)
    } catch {
      refusal = error.sentence
      return
    }
    // A critic's two or three values are no curve, and its verdict is no threshold.
    if case .critic = source { return }
    do throws(CalibrationRefusal) {
      let fit = try CalibrationFit(set, folds: settings.folds, bootstrap: settings.bootstrap)
      folds = fit.folds
      outcomes = fit.outcomes
      let shown = ScoredSet(source.units(attempts, neutral: settings.neutral, calibrated: true))
      if case .signal = source, shown.units.count == set.units.count {
        outcomes.insert(shown.outcome("profile", settings.bootstrap), at: 1)
      }
    } catch {
      fitRefusal = error.sentence
    }
    do throws(CalibrationRefusal) {
      proposal = try MissRateProposal(
        set, missRate: settings.missRate, firesAbove: source.isDoubt, folds: settings.folds,
        seed: settings.bootstrap.seed)
      if proposal == nil {
        proposalRefusal = "only firing at every step would miss so few wrong ones"
      }
    } catch {
      proposalRefusal = error.sentence
    }
  }
}
