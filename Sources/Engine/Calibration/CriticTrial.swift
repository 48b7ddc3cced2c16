import Sessions

/// A chain as a person labelled it, and what critics said of it.
package struct TriedChain: Equatable, Sendable {
  package struct Label: Equatable, Sendable {
    package var verdict: Verdict
    package var errorType: String?
    package init(_ verdict: Verdict, errorType: String? = nil) {
      self.verdict = verdict
      self.errorType = errorType
    }
  }

  package enum FirstError: Equatable, Hashable, Sendable {
    case step(Int)
    case none
  }

  package var problem: String
  /// Steps of the answer in their order, as attempt-wide indices.
  package var steps: [Int]
  /// By attempt-wide index.
  package var labels: [Int: Label]
  /// `nil` where the labels do not say: some steps before the first wrong one have none.
  package var firstError: FirstError?
  /// Oldest first.
  package var critiques: [Critique]

  package init(
    problem: String, steps: [Int], labels: [Int: Label], firstError: FirstError?,
    critiques: [Critique]
  ) {
    self.problem = problem
    self.steps = steps
    self.labels = labels
    self.firstError = firstError
    self.critiques = critiques
  }
}

/// What a critic's verdicts are worth, held against a person's labels.
///
/// Of several critiques of one chain the first counts; the others say how far the critic agrees
/// with itself.
package struct CriticTrial: Codable, Equatable, Sendable {
  /// Labels of one kind, by what the critic said of the steps.
  package struct Row: Codable, Equatable, Sendable {
    /// The error's type; empty for wrong steps without one, and for the other labels.
    package var errorType: String
    package var label: Verdict
    package var correct = 0
    package var incorrect = 0
    package var neutral = 0
    package var unsure = 0
    package var unsaid = 0
    /// Of those called incorrect: the type that the critic named is the label's.
    package var sameType = 0
    package var total: Int { correct + incorrect + neutral + unsure + unsaid }
  }

  /// Two numbers beside each other: so many out of so many.
  package struct Share: Codable, Equatable, Sendable {
    package var count: Int
    package var of: Int
    /// `nil` for none at all.
    package var value: Double? { of > 0 ? Double(count) / Double(of) : nil }
    package var interval: Interval? {
      Statistics.wilson(right: Double(count), of: Double(of))
    }
  }

  package struct SelfConsistency: Codable, Equatable, Sendable {
    /// Critiques of the same chain with the same prompt, against the first of them.
    package var pairs: Int
    package var sameFirstError: Share
    package var sameVerdict: Share
  }

  package var critic: String
  package var chains: Int
  /// Critiques that were cut off or failed, and count for nothing.
  package var unfinished: Int
  package var confusion: [Row]
  /// Wrong against all else, over steps that both judged right or wrong.
  package var kappa: Estimate?
  package var kappaSteps: Int
  /// The first error found exactly, over chains with one.
  package var firstErrorExact: Share
  package var firstErrorWithinOne: Share
  /// Nothing called wrong, over chains without an error.
  package var noErrorFound: Share
  package var selfConsistency: SelfConsistency?

  /// ProcessBench's: the harmonic mean of the accuracies on wrong and on right chains.
  ///
  /// Zheng and others, "ProcessBench" (2024); `nil` where there are no chains of one kind.
  package var f1: Double? {
    guard let wrong = firstErrorExact.value, let right = noErrorFound.value else { return nil }
    return wrong + right > 0 ? 2 * wrong * right / (wrong + right) : 0
  }

  package var standing: CriticStanding? {
    f1.map {
      CriticStanding(
        f1: $0, wrongChains: firstErrorExact.of, rightChains: noErrorFound.of,
        kappa: kappa?.value)
    }
  }

  /// - Parameter chains: those that this critic judged; others are passed over.
  package init(
    critic: String, chains all: [TriedChain], bootstrap: Bootstrap = Bootstrap()
  ) {
    self.critic = critic
    unfinished = 0
    var tried: [(chain: TriedChain, critiques: [Critique])] = []
    for chain in all {
      let own = chain.critiques.filter { $0.started.call.model.shortName == critic }
      let finished = own.filter(\.isComplete)
      unfinished += own.count - finished.count
      if !finished.isEmpty { tried.append((chain, finished)) }
    }
    chains = tried.count
    confusion = Self.confusion(tried.map { ($0.chain, $0.critiques[0]) })
    (kappa, kappaSteps) = Self.kappa(tried.map { ($0.chain, $0.critiques[0]) }, bootstrap)
    (firstErrorExact, firstErrorWithinOne) = (Share(count: 0, of: 0), Share(count: 0, of: 0))
    noErrorFound = Share(count: 0, of: 0)
    for (chain, critiques) in tried {
      let said = critiques[0].saidFirstError
      switch chain.firstError {
      case .step(let truth)?:
        firstErrorExact.of += 1
        firstErrorWithinOne.of += 1
        guard case .step(let index)? = said, let place = chain.steps.firstIndex(of: index),
          let wanted = chain.steps.firstIndex(of: truth)
        else { continue }
        firstErrorExact.count += place == wanted ? 1 : 0
        firstErrorWithinOne.count += abs(place - wanted) <= 1 ? 1 : 0
      case TriedChain.FirstError.none?:
        noErrorFound.of += 1
        noErrorFound.count += said == TriedChain.FirstError.none ? 1 : 0
      case nil: break
      }
    }
    selfConsistency = Self.selfConsistency(tried.map(\.critiques))
  }

  /// Names of the critics that judged any of the chains, in the order of their first critique.
  package static func critics(of chains: [TriedChain]) -> [String] {
    chains.flatMap(\.critiques).reduce(into: [String]()) { names, critique in
      let name = critique.started.call.model.shortName
      if !names.contains(name) { names.append(name) }
    }
  }

  private static func confusion(_ tried: [(chain: TriedChain, critique: Critique)]) -> [Row] {
    struct Kind: Hashable {
      var label: Verdict
      var type: String
    }
    var rows: [Kind: Row] = [:]
    for (chain, critique) in tried {
      for (step, label) in chain.labels where critique.started.steps.contains(step) {
        let type = label.verdict == .incorrect ? label.errorType ?? "" : ""
        let kind = Kind(label: label.verdict, type: type)
        var row = rows[kind] ?? Row(errorType: type, label: label.verdict)
        let said = critique.verdicts[step]
        switch said?.verdict {
        case .correct?: row.correct += 1
        case .incorrect?:
          row.incorrect += 1
          if !type.isEmpty, said?.errorType?.lowercased() == type.lowercased() { row.sameType += 1 }
        case .neutral?: row.neutral += 1
        case .unsure?: row.unsure += 1
        case nil: row.unsaid += 1
        }
        rows[kind] = row
      }
    }
    let order: [Verdict] = [.incorrect, .correct, .neutral, .unsure]
    return rows.values.sorted { left, right in
      let places = [left, right].map { order.firstIndex(of: $0.label) ?? order.count }
      if places[0] != places[1] { return places[0] < places[1] }
      return (right.total, left.errorType) < (left.total, right.errorType)
    }
  }

  /// Cohen, Educational and Psychological Measurement 20 (1960), of wrong against right.
  private static func kappa(
    _ tried: [(chain: TriedChain, critique: Critique)], _ bootstrap: Bootstrap
  ) -> (Estimate?, steps: Int) {
    var units: [ScoredUnit] = []
    for (chain, critique) in tried {
      for step in chain.steps {
        guard let label = chain.labels[step]?.verdict, let said = critique.verdicts[step]?.verdict,
          [.correct, .incorrect].contains(label), [.correct, .incorrect].contains(said)
        else { continue }
        units.append(
          ScoredUnit(
            confidence: said == .correct ? 1 : 0, isRight: label == .correct,
            problem: chain.problem))
      }
    }
    let set = ScoredSet(units)
    let estimates = set.estimates(of: [{ $0.kappa(weights: $1) }], bootstrap: bootstrap)
    return (estimates[0], set.units.count)
  }

  private static func selfConsistency(_ critiques: [[Critique]]) -> SelfConsistency? {
    var found = SelfConsistency(
      pairs: 0, sameFirstError: Share(count: 0, of: 0), sameVerdict: Share(count: 0, of: 0))
    for own in critiques {
      guard let first = own.first else { continue }
      for other in own.dropFirst()
      where other.started.call.messages == first.started.call.messages {
        found.pairs += 1
        found.sameFirstError.of += 1
        found.sameFirstError.count += first.saidFirstError == other.saidFirstError ? 1 : 0
        for step in first.started.steps {
          let verdicts = (first.verdicts[step]?.verdict, other.verdicts[step]?.verdict)
          guard let one = verdicts.0, let two = verdicts.1 else { continue }
          found.sameVerdict.of += 1
          found.sameVerdict.count += one == two ? 1 : 0
        }
      }
    }
    return found.pairs > 0 ? found : nil
  }
}

extension Critique {
  /// Whether the critic came to the end of what it had to say.
  fileprivate var isComplete: Bool {
    guard let reason = finished?.reason else { return false }
    return reason == .stop || reason == .tool
  }

  /// What it comes down to; `nil` where it cannot be read.
  fileprivate var saidFirstError: TriedChain.FirstError? {
    if let firstError { return .step(firstError) }
    guard finished?.firstError == CritiqueFinished.FirstError.none else { return nil }
    return TriedChain.FirstError.none
  }
}

extension ScoredSet {
  /// Agreement beyond chance of a confidence above one half with right; `nil` where both say the
  /// same of all units, and chance explains everything.
  fileprivate func kappa(weights: [Int]) -> Double? {
    var table = PairTable(categories: 2)
    for (unit, weight) in zip(units, weights) {
      table.add(unit.confidence > 0.5 ? 1 : 0, unit.isRight ? 1 : 0, times: Double(weight))
    }
    return table.kappa.value
  }
}
