import Sessions

extension AnnotatorAgreement {
  /// - Parameters:
  ///   - chains: those without a label of any of the annotators are left out.
  ///   - annotators: whom to compare.
  ///   - gold: whose labels are taken as true; not one of the annotators.
  ///   - isOrdinal: whether neutral lies between incorrect and correct.
  package init(
    _ chains: [RatedChain], annotators names: [String], gold: String? = nil,
    isOrdinal: Bool = false, bootstrap: Bootstrap = Bootstrap()
  ) {
    let everyone = names + [gold].compactMap(\.self)
    let chains = chains.filter { chain in
      names.contains { chain.ratings[$0]?.isEmpty == false }
    }
    var seen: Set<String> = []
    let problems = chains.map(\.problem).filter { seen.insert($0).inserted }
    let draws = Draws(problems: problems.count, bootstrap: bootstrap)
    let grid = RatedGrid(chains, people: everyone, draws: draws, problems: problems) {
      $0.ratings[$1] ?? [:]
    }
    let people = names.indices
    // Gold that knows only right and wrong says of a neutral step that it is no error.
    goldHasNeutral = gold.map { gold in
      chains.contains { $0.ratings[gold]?.values.contains { $0.verdict == .neutral } == true }
    }
    let goldGrid =
      goldHasNeutral != false
      ? grid
      : RatedGrid(chains, people: everyone, draws: draws, problems: problems) {
        ($0.ratings[$1] ?? [:]).mapValues(\.withoutNeutral)
      }
    self.problems = problems.count
    self.chains = chains.count
    steps = chains.reduce(0) { $0 + $1.steps.count }
    self.gold = gold
    annotators = everyone.map { Annotator($0, in: chains) }
    overall = Overall(grid, people, isOrdinal)
    pairs = people.flatMap { first in
      people[(first + 1)...].map { Pair(grid, first, $0, isOrdinal) }
    }
    errorTypes = Self.errorTypes(grid, people)
    drift = people.map { person in
      let points = goldGrid.drift(
        of: person, among: people, gold: gold == nil ? nil : names.count)
      var drift = Drift(names[person], against: gold, points: points, draws: draws)
      if gold == nil, names.count < 2 {
        drift.trend = AgreementEstimate(.undefined(.oneAnnotator))
      }
      return drift
    }
    againstGold = gold == nil ? [] : people.map { AgainstGold(goldGrid, $0, gold: names.count) }
    repeats = names.compactMap { name in
      guard chains.contains(where: { $0.repeats[name]?.isEmpty == false }) else { return nil }
      let again = RatedGrid(
        chains, people: ["first", "second"], draws: draws, problems: problems
      ) { chain, pass in
        (pass == "first" ? chain.ratings[name] : chain.repeats[name]) ?? [:]
      }
      return Repeats(again, name)
    }
    resamples = bootstrap.resamples
    seed = bootstrap.seed
  }

  private static func errorTypes(_ grid: RatedGrid, _ people: Range<Int>) -> [ErrorType] {
    guard people.count > 1, !grid.types.isEmpty else { return [] }
    let all = grid.typeCoincidences(of: people)
    return grid.types.indices.compactMap { type in
      let given = all.total.values(of: type)
      guard given > 0 else { return nil }
      return ErrorType(
        type: grid.types[type], given: Int(given), share: all.estimate { $0.share(of: type) },
        specificAgreement: all.estimate { $0.specificAgreement(on: type) },
        alpha: all.estimate { $0.alpha(of: type) })
    }.sorted { ($1.given, $0.type) < ($0.given, $1.type) }
  }
}

extension AnnotatorAgreement.Annotator {
  init(_ name: String, in all: [RatedChain]) {
    self.init(name: name)
    var counts = [Double](repeating: 0, count: ComparedLabel.categories.count)
    for chain in all {
      let ratings = chain.ratings[name] ?? [:]
      if !ratings.isEmpty { chains += 1 }
      if FirstError(of: chain.steps, in: ratings) != nil, !ratings.isEmpty { finished += 1 }
      for step in chain.steps {
        guard let rating = ratings[step] else {
          missing += 1
          continue
        }
        guard let category = rating.category else {
          unsure += 1
          continue
        }
        rated += 1
        counts[category] += 1
        if rating.isFilled { filled += 1 }
      }
    }
    baseRates = AnnotatorAgreement.BaseRates(counts)
  }
}

extension AnnotatorAgreement.Overall {
  init(_ grid: RatedGrid, _ people: Range<Int>, _ isOrdinal: Bool) {
    let units = grid.counts(of: people)
    let categories = ComparedLabel.categories.count
    let gwet = Resampled(GwetSums(categories: categories), grid.draws) { problem, sums in
      for counts in units[problem] { sums.add(counts) }
    }
    let meetings = Resampled(Coincidences(categories: categories), grid.draws) { problem, sums in
      for counts in units[problem] { sums.add(counts) }
    }
    let raters = FleissSums.usualRaters(units.joined())
    let fleiss = Resampled(
      FleissSums(raters: raters ?? 0, categories: categories), grid.draws
    ) { problem, sums in
      for counts in units[problem] { sums.add(counts) }
    }
    let used = gwet.total.used
    steps = gwet.total.units
    percent = gwet.estimate(\.percent)
    fleissKappa = fleiss.estimate(\.kappa)
    fleissRaters = raters
    fleissSteps = fleiss.total.units
    alpha = meetings.estimate(\.alpha)
    ordinalAlpha = isOrdinal ? meetings.estimate(\.ordinalAlpha) : nil
    ac1 = gwet.estimate { $0.ac1(among: used) }
    guard people.count < 2 else { return }
    let alone = AgreementEstimate(.undefined(.oneAnnotator))
    (percent, fleissKappa, alpha, ac1) = (alone, alone, alone, alone)
    ordinalAlpha = isOrdinal ? alone : nil
  }
}

extension AnnotatorAgreement.FirstErrors {
  init(_ found: Resampled<FirstErrorSums>) {
    chains = found.total.chains
    bothNone = found.total.bothNone
    exact = found.estimate(\.exact)
    withinOne = found.estimate(\.withinOne)
    exactAmongErrors = found.estimate(\.exactAmongErrors)
  }
}

extension AnnotatorAgreement.Pair {
  init(_ grid: RatedGrid, _ left: Int, _ right: Int, _ isOrdinal: Bool) {
    let both = grid.pair(left, right)
    let types = grid.pairTypes(left, right)
    let total = both.total
    let used = total.used
    first = grid.people[left]
    second = grid.people[right]
    steps = Int(total.count)
    percent = both.estimate(\.percent)
    kappa = both.estimate(\.kappa)
    alpha = both.estimate(\.alpha)
    ordinalAlpha = isOrdinal ? both.estimate(\.ordinalAlpha) : nil
    ac1 = both.estimate { $0.ac1(among: used) }
    firstBaseRates = AnnotatorAgreement.BaseRates(total.rows)
    secondBaseRates = AnnotatorAgreement.BaseRates(total.columns)
    table = (0..<total.categories).map { row in
      (0..<total.categories).map { Int(total[row, $0]) }
    }
    firstErrors = AnnotatorAgreement.FirstErrors(grid.firstErrors(left, right))
    bothIncorrect = Int(total[0, 0])
    bothTyped = Int(types.total.cells[0])
    typePercent = types.estimate(\.percent)
    typeKappa = types.estimate(\.kappa)
  }
}

extension AnnotatorAgreement.AgainstGold {
  init(_ grid: RatedGrid, _ person: Int, gold: Int) {
    let both = grid.pair(person, gold)
    let chains = grid.firstErrors(person, gold)
    annotator = grid.people[person]
    steps = Int(both.total.count)
    accuracy = both.estimate(\.percent)
    kappa = both.estimate(\.kappa)
    precision = both.estimate { $0.precision(on: 0) }
    recall = both.estimate { $0.recall(on: 0) }
    baseRates = AnnotatorAgreement.BaseRates(both.total.rows)
    goldBaseRates = AnnotatorAgreement.BaseRates(both.total.columns)
    firstErrors = AnnotatorAgreement.FirstErrors(chains)
    erroneousChains = Int(chains.total.cells[4])
    correctChains = Int(chains.total.cells[6])
    accuracyOnErroneous = chains.estimate(\.onErroneous)
    accuracyOnCorrect = chains.estimate(\.onCorrect)
    f1 = chains.estimate(\.f1)
  }
}

extension AnnotatorAgreement.Repeats {
  init(_ grid: RatedGrid, _ name: String) {
    let both = grid.pair(0, 1)
    let used = both.total.used
    annotator = name
    steps = Int(both.total.count)
    percent = both.estimate(\.percent)
    kappa = both.estimate(\.kappa)
    ac1 = both.estimate { $0.ac1(among: used) }
    baseRates = AnnotatorAgreement.BaseRates(both.total.rows)
    repeatedBaseRates = AnnotatorAgreement.BaseRates(both.total.columns)
    firstErrors = AnnotatorAgreement.FirstErrors(grid.firstErrors(0, 1))
  }
}
