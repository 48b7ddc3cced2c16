import Sessions

/// How far the people who labelled the same chains agree: with each other, with gold labels, with
/// themselves.
///
/// Shares are from 0 to 1. Intervals are 95%, from resampled problems.
package struct AnnotatorAgreement: Equatable, Sendable, Encodable {
  /// Shares of each category among the ratings meant; `nil` of no ratings.
  package struct BaseRates: Equatable, Sendable, Encodable {
    package var incorrect: Double
    package var neutral: Double
    package var correct: Double

    init?(_ counts: some Collection<Double>) {
      let (counts, total) = (Array(counts), counts.reduce(0, +))
      guard total > 0, counts.count == 3 else { return nil }
      (incorrect, neutral, correct) = (counts[0] / total, counts[1] / total, counts[2] / total)
    }
  }

  /// One person's labels on the chains that any of the annotators labelled.
  package struct Annotator: Equatable, Sendable, Encodable {
    package var name: String
    /// Chains with at least one label, and those of which the first error is known.
    package var chains = 0
    package var finished = 0
    /// Steps in a category, unsure ones, and those without a label.
    package var rated = 0
    package var unsure = 0
    package var missing = 0
    /// Ratings that follow from the mark of a first error; they are among the rated.
    package var filled = 0
    package var baseRates: BaseRates?
  }

  /// Everybody but the gold, together.
  package struct Overall: Equatable, Sendable, Encodable {
    /// Steps rated by at least two.
    package var steps: Int
    package var percent: AgreementEstimate
    package var fleissKappa: AgreementEstimate
    /// The number of ratings that Fleiss' kappa takes steps of, and how many steps have it.
    package var fleissRaters: Int?
    package var fleissSteps: Int
    package var alpha: AgreementEstimate
    /// Only when the categories are taken as ordered.
    package var ordinalAlpha: AgreementEstimate?
    package var ac1: AgreementEstimate
  }

  package struct FirstErrors: Equatable, Sendable, Encodable {
    /// Chains of which both said enough.
    package var chains: Int
    /// Among them those without an error by both, which count as exact.
    package var bothNone: Int
    package var exact: AgreementEstimate
    package var withinOne: AgreementEstimate
    /// Of the chains where at least one of them sees an error.
    package var exactAmongErrors: AgreementEstimate
  }

  package struct Pair: Equatable, Sendable, Encodable {
    package var first: String
    package var second: String
    /// Steps rated by both.
    package var steps: Int
    package var percent: AgreementEstimate
    package var kappa: AgreementEstimate
    package var alpha: AgreementEstimate
    package var ordinalAlpha: AgreementEstimate?
    package var ac1: AgreementEstimate
    /// On the steps rated by both.
    package var firstBaseRates: BaseRates?
    package var secondBaseRates: BaseRates?
    /// Steps by category: rows the first person's (incorrect, neutral, correct), columns the
    /// second's.
    package var table: [[Int]]
    package var firstErrors: FirstErrors
    /// Steps that both called incorrect, and those of them that both gave a type.
    package var bothIncorrect: Int
    package var bothTyped: Int
    package var typePercent: AgreementEstimate
    package var typeKappa: AgreementEstimate
  }

  /// One error type against all others, among steps that two or more called incorrect and gave
  /// a type.
  package struct ErrorType: Equatable, Sendable, Encodable {
    package var type: String
    /// Times it was given.
    package var given: Int
    /// Its share of all types given.
    package var share: AgreementEstimate
    /// Where one person gives it, how likely another does.
    package var specificAgreement: AgreementEstimate
    package var alpha: AgreementEstimate
  }

  /// One person against labels that are taken as true.
  package struct AgainstGold: Equatable, Sendable, Encodable {
    package var annotator: String
    package var steps: Int
    package var accuracy: AgreementEstimate
    package var kappa: AgreementEstimate
    /// Of the steps called incorrect, those that are; of those that are, the ones called so.
    package var precision: AgreementEstimate
    package var recall: AgreementEstimate
    package var baseRates: BaseRates?
    package var goldBaseRates: BaseRates?
    package var firstErrors: FirstErrors
    /// ProcessBench's: the first error found among erroneous chains, none called among correct
    /// ones, and the harmonic mean of both.
    package var erroneousChains: Int
    package var correctChains: Int
    package var accuracyOnErroneous: AgreementEstimate
    package var accuracyOnCorrect: AgreementEstimate
    package var f1: AgreementEstimate
  }

  /// One person's first ratings against their second ones of the same steps.
  package struct Repeats: Equatable, Sendable, Encodable {
    package var annotator: String
    package var steps: Int
    package var percent: AgreementEstimate
    package var kappa: AgreementEstimate
    package var ac1: AgreementEstimate
    package var baseRates: BaseRates?
    package var repeatedBaseRates: BaseRates?
    package var firstErrors: FirstErrors
  }

  package var problems: Int
  package var chains: Int
  package var steps: Int
  package var gold: String?
  /// Whether the gold rates any step neutral; `nil` without gold.
  ///
  /// Where it does not, a neutral rating counts as correct against it.
  package var goldHasNeutral: Bool?
  package var annotators: [Annotator]
  package var overall: Overall
  package var pairs: [Pair]
  package var errorTypes: [ErrorType]
  package var drift: [Drift]
  package var againstGold: [AgainstGold]
  package var repeats: [Repeats]
  package var resamples: Int
  package var seed: UInt64
}
