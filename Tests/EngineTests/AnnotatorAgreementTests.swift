import Sessions
import Testing

@testable import Engine

/// `c`, `i`, `n`, `u` and `.` for correct, incorrect, neutral, unsure and no rating; `I` marks the
/// first error.
private func ratings(_ text: String, type: String? = nil, wall: Double = 0) -> [Int: ComparedLabel]
{
  var ratings: [Int: ComparedLabel] = [:]
  for (step, letter) in text.enumerated() {
    let verdict: Verdict? =
      ["c": .correct, "i": .incorrect, "I": .incorrect, "n": .neutral]["\(letter)"]
      ?? (letter == "u" ? .unsure : nil)
    guard let verdict else { continue }
    ratings[step] = ComparedLabel(
      verdict, errorType: verdict == .incorrect ? type : nil, isFirstError: letter == "I",
      wall: wall + Double(step))
  }
  return ratings
}

private func chain(
  _ number: Int, _ people: [String: String], repeats: [String: String] = [:],
  types: [String: String] = [:]
) -> RatedChain {
  let steps = people.values.map(\.count).max() ?? 0
  return RatedChain(
    id: "c\(number)", problem: "p\(number)", steps: Array(0..<steps),
    ratings: Dictionary(
      uniqueKeysWithValues: people.map { name, text in
        (name, ratings(text, type: types[name], wall: Double(number) * 100))
      }),
    repeats: repeats.mapValues { ratings($0) })
}

private var bootstrap: Bootstrap {
  var bootstrap = Bootstrap()
  bootstrap.resamples = 200
  return bootstrap
}

private func agreement(
  _ chains: [RatedChain], _ names: [String] = ["ada", "ben"], gold: String? = nil,
  isOrdinal: Bool = false
) -> AnnotatorAgreement {
  AnnotatorAgreement(
    chains, annotators: names, gold: gold, isOrdinal: isOrdinal, bootstrap: bootstrap)
}

@Suite struct AnnotatorAgreementTests {
  @Test func `unsure and missing ratings are missing, filled ones count`() throws {
    var first = chain(1, ["ada": "cciu.", "ben": "ccicc"])
    first.ratings["ada"]?[0]?.isFilled = true
    let found = agreement([first])
    let ada = try #require(found.annotators.first)
    #expect((ada.rated, ada.unsure, ada.missing, ada.filled) == (3, 1, 1, 1))
    #expect(ada.baseRates?.incorrect == 1.0 / 3)
    #expect(found.pairs.first?.steps == 3)
    #expect(found.pairs.first?.percent.value == 1)
    #expect(found.pairs.first?.table == [[1, 0, 0], [0, 0, 0], [0, 0, 2]])
  }

  @Test func `two people of many are compared on what both rated`() throws {
    let found = agreement(
      [
        chain(1, ["ada": "ci", "ben": "cc"]), chain(2, ["ada": "cc", "cleo": "cn"]),
        chain(3, ["cleo": "ic", "ben": "ic"]),
      ], ["ada", "ben", "cleo"])
    #expect(found.pairs.map(\.steps) == [2, 2, 2])
    #expect(found.pairs.map(\.percent.value) == [0.5, 0.5, 1])
    #expect(found.overall.steps == 6)
    #expect(found.overall.fleissRaters == 2)
    let ben = try #require(found.pairs.first?.secondBaseRates)
    #expect(ben.correct == 1)
  }

  @Test func `first errors are exact, within one, or none for both`() throws {
    let found = agreement([
      chain(1, ["ada": "ccI", "ben": "cci"]), chain(2, ["ada": "cIc", "ben": "cci"]),
      chain(3, ["ada": "ccc", "ben": "cuc"]), chain(4, ["ada": "ccc", "ben": "icc"]),
      // Nobody knows what ada would have said of the second step.
      chain(5, ["ada": "c.c", "ben": "ccc"]),
    ])
    let errors = try #require(found.pairs.first?.firstErrors)
    #expect(errors.chains == 4)
    #expect(errors.bothNone == 1)
    #expect(errors.exact.value == 0.5)
    #expect(errors.withinOne.value == 0.75)
    #expect(errors.exactAmongErrors.value == 1.0 / 3)
  }

  @Test(arguments: [
    ("ccIcc", FirstError.place(2)), ("cc", FirstError.none), ("c.", nil), (".i", nil),
    (".I", .place(1)), ("un", FirstError.none), ("ci", .place(1)), ("ui", .place(1)), ("", nil),
  ])
  func `a first error is known when all before it was rated`(text: String, expected: FirstError?) {
    #expect(FirstError(of: Array(0..<text.count), in: ratings(text)) == expected)
  }

  @Test func `a mark of the first error speaks for the steps before it`() {
    #expect(
      FirstError(of: [3, 5, 8], in: [8: ComparedLabel(.incorrect, isFirstError: true)]) == .place(2)
    )
  }

  @Test func `gold that knows no neutral takes a neutral step for no error`() {
    func accuracy(_ gold: String) -> Measured? {
      agreement([chain(1, ["ada": "nic", "gold": gold])], ["ada"], gold: "gold").againstGold
        .first?.accuracy.measured
    }
    #expect(accuracy("cic") == .value(1))
    #expect(accuracy("ciu") == .value(1))
    // Gold that does rate steps neutral means it.
    #expect(accuracy("cin") == .value(1.0 / 3))
  }

  @Test func `against gold the errors found and missed are told apart`() throws {
    let found = agreement(
      [
        chain(1, ["ada": "cii", "gold": "cic"]), chain(2, ["ada": "ccc", "gold": "ccc"]),
        chain(3, ["ada": "ccc", "gold": "cci"]), chain(4, ["ada": "icc", "gold": "ccc"]),
      ], ["ada"], gold: "gold")
    let ada = try #require(found.againstGold.first)
    #expect(ada.steps == 12)
    #expect(ada.accuracy.value == 9.0 / 12)
    #expect(ada.precision.value == 1.0 / 3)
    #expect(ada.recall.value == 0.5)
    #expect((ada.erroneousChains, ada.correctChains) == (2, 2))
    #expect(ada.accuracyOnErroneous.value == 0.5)
    #expect(ada.accuracyOnCorrect.value == 0.5)
    #expect(ada.f1.value == 0.5)
    #expect(ada.firstErrors.exact.value == 0.5)
    // The gold is held against, it is not one of those who agree.
    #expect(found.overall.percent.measured == .undefined(.oneAnnotator))
    #expect(found.pairs.isEmpty)
  }

  @Test func `gold without errors, or without correct chains, leaves F1 undefined`() {
    func f1(_ gold: String) -> Measured? {
      agreement([chain(1, ["ada": "ci", "gold": gold])], ["ada"], gold: "gold").againstGold.first?
        .f1.measured
    }
    #expect(f1("cc") == .undefined(.noErroneousChains))
    #expect(f1("ci") == .undefined(.noCorrectChains))
    #expect(f1("..") == .undefined(.noFirstErrors))
  }

  @Test func `never saying incorrect has no precision, and gold without it no recall`() {
    let never = agreement(
      [chain(1, ["ada": "ccn", "gold": "cic"])], ["ada"], gold: "gold"
    ).againstGold.first
    #expect(never?.precision.measured == .undefined(.neverIncorrect))
    #expect(never?.recall.value == 0)
    let none = agreement(
      [chain(1, ["ada": "cin", "gold": "ccc"])], ["ada"], gold: "gold"
    ).againstGold.first
    #expect(none?.precision.value == 0)
    #expect(none?.recall.measured == .undefined(.noneIncorrect))
  }

  @Test func `error types are compared where both say incorrect and give one`() throws {
    let types = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b"), ("a", nil)]
    let found = agreement(
      types.enumerated().map { number, types in
        var given = ["ada": types.0]
        given["ben"] = types.1
        return chain(number, ["ada": "ci", "ben": "ci"], types: given)
      } + [chain(9, ["ada": "ci", "ben": "cc"], types: ["ada": "a"])])
    let pair = try #require(found.pairs.first)
    #expect((pair.bothIncorrect, pair.bothTyped) == (5, 4))
    #expect(pair.typePercent.value == 0.75)
    #expect(pair.typeKappa.value == 0.5)
    #expect(found.errorTypes.map(\.type) == ["b", "a"])
    #expect(found.errorTypes.map(\.given) == [5, 3])
    #expect(found.errorTypes.map(\.specificAgreement.value) == [0.8, 2.0 / 3])
    // Eight values: 1 - 7 * 1 / 15 for either of two types.
    #expect(found.errorTypes.allSatisfy { abs(($0.alpha.value ?? 0) - 8.0 / 15) < 1e-12 })
  }

  @Test func `a person is held against their own second ratings`() throws {
    let found = agreement(
      [
        chain(1, ["ada": "cci"], repeats: ["ada": "cii"]),
        chain(2, ["ada": "ccc"], repeats: ["ada": "ccc"]), chain(3, ["ada": "cc"]),
      ], ["ada"])
    let ada = try #require(found.repeats.first)
    #expect(ada.steps == 6)
    #expect(ada.percent.value == 5.0 / 6)
    #expect(ada.firstErrors.chains == 2)
    #expect(ada.firstErrors.exact.value == 0.5)
    #expect(ada.firstErrors.withinOne.value == 1)
    #expect(agreement([chain(1, ["ada": "c", "ben": "c"])]).repeats.isEmpty)
  }

  @Test func `one annotator, no overlap and one category are said, not numbers`() {
    let alone = agreement([chain(1, ["ada": "ci"])], ["ada"])
    #expect(alone.overall.alpha.measured == .undefined(.oneAnnotator))
    #expect(alone.overall.percent.measured == .undefined(.oneAnnotator))
    #expect(alone.drift.first?.trend.measured == .undefined(.oneAnnotator))
    let apart = agreement([chain(1, ["ada": "ci"]), chain(2, ["ben": "ci"])])
    #expect(apart.overall.fleissKappa.measured == .undefined(.noOverlap))
    #expect(apart.pairs.first?.kappa.measured == .undefined(.noOverlap))
    #expect(apart.pairs.first?.firstErrors.exact.measured == .undefined(.noFirstErrors))
    #expect(apart.pairs.first?.typeKappa.measured == .undefined(.noTypes))
    let alike = agreement([
      chain(1, ["ada": "cc", "ben": "cc"]), chain(2, ["ada": "cc", "ben": "cc"]),
    ])
    #expect(alike.pairs.first?.kappa.measured == .undefined(.oneCategory))
    #expect(alike.overall.ac1.measured == .undefined(.oneCategory))
    #expect(
      alike.overall.percent == AgreementEstimate(.value(1), interval: Interval(lower: 1, upper: 1)))
    #expect(alike.pairs.first?.firstErrors.exactAmongErrors.measured == .undefined(.noErrors))
    let nothing = agreement([])
    #expect(nothing.steps == 0 && nothing.overall.alpha.measured == .undefined(.noOverlap))
  }
}

@Suite struct DriftTests {
  /// Ten steps a chain, `right` of them said by ben as by ada.
  private func chains(_ right: [Int]) -> [RatedChain] {
    right.enumerated().map { number, right in
      let ben = String(repeating: "c", count: right) + String(repeating: "i", count: 10 - right)
      return chain(number, ["ada": "cccccccccc", "ben": ben])
    }
  }

  @Test func `blocks are equal and follow the wall clock`() throws {
    // Read in another order than they were labelled in.
    let found = agreement(chains([10, 8, 6, 4, 2]).shuffled())
    let drift = try #require(found.drift.last)
    #expect(drift.annotator == "ben")
    #expect(drift.blocks.map(\.labels) == [10, 10, 10, 10, 10])
    #expect(drift.blocks.map(\.agreement) == [1, 0.8, 0.6, 0.4, 0.2])
    #expect(drift.blocks.map(\.incorrect).map { ($0 * 10).rounded() } == [0, 2, 4, 6, 8])
    #expect(drift.blocks.first?.from == 0 && drift.blocks.last?.to == 409)
    let trend = try #require(drift.trend.value)
    #expect(trend < -0.7 && trend > -1.3)
    let interval = try #require(drift.trend.interval)
    #expect(interval.lower <= trend && trend <= interval.upper)
  }

  @Test func `steady agreement has no trend`() throws {
    let found = agreement(chains([10, 10, 10]))
    #expect(found.drift.first?.trend.value == 0)
    #expect(found.drift.first?.blocks.count == 3)
  }

  @Test func `with gold it is the gold that is drifted from`() {
    let found = agreement(chains([10, 0]), ["ben"], gold: "ada")
    #expect(found.drift.first?.against == "ada")
    #expect(found.drift.first?.blocks.map(\.agreement) == [1, 0])
  }

  @Test func `few labels or no times are no drift`() {
    #expect(agreement(chains([5])).drift.first?.trend.measured == .undefined(.tooFew))
    var still = chains([5, 5, 5])
    for chain in still.indices {
      for step in 0..<10 { still[chain].ratings["ada"]?[step]?.wall = 7 }
    }
    #expect(agreement(still).drift.first?.trend.measured == .undefined(.noTimes))
  }
}

@Suite struct ResampledAgreementTests {
  /// Random ratings by two people who often agree; problems of one to three chains.
  private func chains(_ seed: UInt64, problems: Int) -> [RatedChain] {
    var random = Seeded(seed)
    return (0..<problems).flatMap { problem in
      (0..<Int.random(in: 1...3, using: &random)).map { number in
        let ada = (0..<6).map { _ in "cccin.".randomElement(using: &random) ?? "c" }
        let ben = ada.map { own in
          Int.random(in: 0..<3, using: &random) > 0
            ? own : "ccin.".randomElement(using: &random) ?? "c"
        }
        var chain = chain(number, ["ada": String(ada), "ben": String(ben)])
        chain.problem = "p\(problem)"
        return chain
      }
    }
  }

  @Test func `a resample by sums is one by labels`() throws {
    for seed in UInt64(1)...20 {
      let chains = chains(seed, problems: 12)
      var once = Bootstrap()
      (once.resamples, once.seed) = (1, seed)
      let found = AnnotatorAgreement(chains, annotators: ["ada", "ben"], bootstrap: once)
      var random = SplitMix(seed: seed)
      var drawn: [RatedChain] = []
      for _ in 0..<12 {
        let problem = random.index(below: 12)
        drawn += chains.filter { $0.problem == "p\(problem)" }
      }
      let again = AnnotatorAgreement(drawn, annotators: ["ada", "ben"], bootstrap: once)
      func check(
        _ path: (AnnotatorAgreement) -> AgreementEstimate?, _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
      ) {
        let interval = path(found)?.interval
        let value = path(again)?.value ?? .nan
        #expect(
          abs((interval?.lower ?? .nan) - value) < 1e-12, "seed \(seed), \(name)",
          sourceLocation: sourceLocation)
      }
      check({ $0.overall.alpha }, "alpha")
      check({ $0.overall.fleissKappa }, "Fleiss")
      check({ $0.overall.percent }, "percent")
      check({ $0.overall.ac1 }, "AC1")
      check({ $0.pairs.first?.kappa }, "kappa")
    }
  }

  @Test func `the same seed gives the same intervals`() {
    let chains = chains(3, problems: 20)
    #expect(agreement(chains) == agreement(chains))
  }

  @Test func `ten alike steps of a chain are worth less than ten chains`() throws {
    let long = (0..<20).map { number in
      chain(
        number,
        ["ada": "cccccccccc", "ben": number.isMultiple(of: 2) ? "cccccccccc" : "iiiiiiiiii"])
    }
    let short = (0..<200).map { number in
      chain(number, ["ada": "c", "ben": number.isMultiple(of: 2) ? "c" : "i"])
    }
    func width(_ chains: [RatedChain]) throws -> Double {
      let interval = try #require(agreement(chains).pairs.first?.percent.interval)
      return interval.upper - interval.lower
    }
    #expect(try width(long) > 2 * width(short))
  }

  @Test func `one problem shows no spread`() {
    let found = agreement([chain(1, ["ada": "ccic", "ben": "ccci"])])
    #expect(found.pairs.first?.kappa.value != nil)
    #expect(found.pairs.first?.kappa.interval == nil)
  }

  @Test func `a measure undefined on many draws has no interval`() {
    // The only disagreement is in one of three problems; draws without it have one category.
    let found = agreement([
      chain(1, ["ada": "cc", "ben": "cc"]), chain(2, ["ada": "cc", "ben": "cc"]),
      chain(3, ["ada": "ci", "ben": "ci"]),
    ])
    #expect(found.pairs.first?.kappa == AgreementEstimate(.value(1)))
    #expect(found.pairs.first?.percent.interval != nil)
  }
}
