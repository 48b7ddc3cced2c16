import Engine
import Foundation
import Sessions
import Workbench

/// Agreement as lines of at most 80 columns for a person.
struct AgreeTable {
  private(set) var lines: [String] = []
  /// Reasons why something in the block at hand is undefined, with the measures it is so for.
  private var undefined: [(reason: Undefined, measures: [String])] = []

  init(_ outcome: AgreeJob.Outcome) {
    let agreement = outcome.agreement
    head(agreement, outcome.gathering)
    people(agreement.annotators, gold: agreement.gold)
    leftOut(outcome.gathering, outcome.choice)
    let people = agreement.annotators.count - (agreement.gold == nil ? 0 : 1)
    if people > 2 || (people == 1 && agreement.gold == nil) {
      overall(agreement.overall)
    }
    for pair in agreement.pairs { self.pair(pair, agreement.overall) }
    types(agreement.errorTypes)
    for person in agreement.againstGold { gold(person, agreement.gold ?? "") }
    for person in agreement.repeats { repeats(person) }
    drift(agreement.drift)
    legend(agreement)
  }

  // MARK: Blocks

  private mutating func head(_ agreement: AnnotatorAgreement, _ gathering: LabelGathering) {
    let people = agreement.annotators.count - (agreement.gold == nil ? 0 : 1)
    let gold = agreement.gold.map { ", \(Self.name($0)) as gold" } ?? ""
    let which =
      gathering.which == .blind
      ? "The first labels, made while all else was hidden." : "The labels as they stand now."
    say(
      "\(Self.count(people, "annotator"))\(gold): \(Self.count(agreement.steps, "step")) of "
        + "\(Self.count(agreement.chains, "chain")) of "
        + "\(Self.count(agreement.problems, "problem")). \(which)")
  }

  private mutating func people(_ people: [AnnotatorAgreement.Annotator], gold: String?) {
    let heads = ["", "rated", "filled", "unsure", "missing", "incorrect", "neutral", "correct"]
    table(
      [heads]
        + people.map { person in
          [
            Self.name(person.name), String(person.rated), String(person.filled),
            String(person.unsure), String(person.missing),
          ]
            + Self.shares(person.baseRates)
        })
  }

  private mutating func leftOut(_ gathering: LabelGathering, _ choice: AgreeChoice) {
    for (name, count) in gathering.orphans.sorted(by: { $0.key < $1.key }) {
      say(
        "Left out: \(Self.count(count, "label")) by \(Self.name(name)) whose step is not there any "
          + "more or has other bytes now.")
    }
    if gathering.damage > 0 {
      say(
        "Left out: \(Self.count(gathering.damage, "file or line", "files or lines")) of annotators "
          + "that could not be read.")
    }
    if !choice.leftOut.isEmpty {
      let names = choice.leftOut.map(Self.name).joined(separator: ", ")
      say("Not compared, as it came with the data or was settled: \(names).")
    }
  }

  private mutating func overall(_ overall: AnnotatorAgreement.Overall) {
    title("All together: \(Self.count(overall.steps, "step")) with two ratings or more")
    let fleiss = overall.fleissRaters.map { raters in
      overall.fleissSteps == overall.steps
        ? "" : "\(overall.fleissSteps) with \(raters) ratings"
    }
    var rows = [
      row("agreement", overall.percent), row("Fleiss' kappa", overall.fleissKappa, fleiss ?? ""),
      row("Krippendorff's alpha", overall.alpha),
    ]
    if let ordinal = overall.ordinalAlpha { rows.append(row("  ordinal", ordinal)) }
    rows.append(row("Gwet's AC1", overall.ac1))
    measures(rows)
  }

  private mutating func pair(
    _ pair: AnnotatorAgreement.Pair, _ overall: AnnotatorAgreement.Overall
  ) {
    let (first, second) = (Self.name(pair.first), Self.name(pair.second))
    title("\(first) and \(second): \(Self.count(pair.steps, "step")) rated by both")
    var rows = [
      row("agreement", pair.percent), row("Cohen's kappa", pair.kappa),
      row("Krippendorff's alpha", pair.alpha),
    ]
    if let ordinal = pair.ordinalAlpha { rows.append(row("  ordinal", ordinal)) }
    rows.append(row("Gwet's AC1", pair.ac1))
    rows += self.rows(pair.firstErrors)
    let typed = "\(pair.bothTyped) of \(pair.bothIncorrect) incorrect"
    rows.append(row("error type, agreement", pair.typePercent, typed))
    rows.append(row("error type, kappa", pair.typeKappa))
    measures(rows)
    rates([(first, pair.firstBaseRates), (second, pair.secondBaseRates)])
  }

  private mutating func types(_ types: [AnnotatorAgreement.ErrorType]) {
    guard !types.isEmpty else { return }
    title("Error types, each against all others, where two or more say incorrect")
    table(
      [["", "given", "share", "named again", "alpha", "95%"]]
        + types.map { type in
          [
            Self.name(type.type, 24), String(type.given), Self.percent(type.share.value),
            Self.percent(type.specificAgreement.value), number(type.alpha, "alpha"),
            Self.range(type.alpha.interval),
          ]
        })
    tellUndefined()
  }

  private mutating func gold(_ person: AnnotatorAgreement.AgainstGold, _ gold: String) {
    let (name, gold) = (Self.name(person.annotator), Self.name(gold))
    title("\(name) against \(gold): \(Self.count(person.steps, "step")) rated by both")
    measures(
      [
        row("accuracy", person.accuracy), row("Cohen's kappa", person.kappa),
        row("precision on incorrect", person.precision), row("recall on incorrect", person.recall),
      ] + rows(person.firstErrors) + [
        row(
          "on erroneous chains", person.accuracyOnErroneous,
          Self.count(person.erroneousChains, "chain")),
        row(
          "on correct chains", person.accuracyOnCorrect, Self.count(person.correctChains, "chain")),
        row("F1 of these two", person.f1),
      ])
    rates([(name, person.baseRates), (gold, person.goldBaseRates)])
  }

  private mutating func repeats(_ person: AnnotatorAgreement.Repeats) {
    let name = Self.name(person.annotator)
    title("\(name) again: \(Self.count(person.steps, "step")) rated twice")
    measures(
      [
        row("agreement", person.percent), row("Cohen's kappa", person.kappa),
        row("Gwet's AC1", person.ac1),
      ] + rows(person.firstErrors))
    rates([("first", person.baseRates), ("second", person.repeatedBaseRates)])
  }

  private mutating func drift(_ all: [Drift]) {
    guard all.contains(where: { !$0.blocks.isEmpty }) else { return }
    let against = all.compactMap(\.against).first.map(Self.name) ?? "the others"
    title("Over time: agreement with \(against) in blocks of labels, oldest first")
    let blocks = all.map(\.blocks.count).max() ?? 0
    var rows = [["", "labels"] + (1...max(blocks, 1)).map(String.init) + ["trend", "95%"]]
    for drift in all {
      let values = drift.blocks.map { Self.wholePercent($0.agreement) }
      let padding = [String](repeating: "", count: blocks - values.count)
      rows.append(
        [Self.name(drift.annotator), String(drift.labels)] + values + padding
          + [points(drift.trend, drift.annotator), Self.points(drift.trend.interval)])
      guard !drift.blocks.isEmpty else { continue }
      rows.append(
        ["  incorrect", ""] + drift.blocks.map { Self.wholePercent($0.incorrect) } + padding)
    }
    table(rows)
    tellUndefined()
  }

  private mutating func legend(_ agreement: AnnotatorAgreement) {
    say("")
    if agreement.goldHasNeutral == false, let gold = agreement.gold {
      say("\(Self.name(gold)) rates no step neutral: against it a neutral step counts as correct.")
    }
    say(
      "95%: intervals from \(agreement.resamples) resamples of problems (seed \(agreement.seed)); "
        + "none where fewer than two problems tell anything. Chance-corrected measures are low "
        + "where nearly all steps are of one kind: read them beside the shares of incorrect, "
        + "neutral and correct. docs/agreement.md says what each number means.")
  }

  // MARK: Pieces

  private typealias Row = (name: String, estimate: AgreementEstimate, note: String)

  private func row(_ name: String, _ estimate: AgreementEstimate, _ note: String = "") -> Row {
    (name, estimate, note)
  }

  private func rows(_ errors: AnnotatorAgreement.FirstErrors) -> [Row] {
    let none = errors.bothNone > 0 ? ", \(errors.bothNone) none" : ""
    return [
      row("first error, same step", errors.exact, Self.count(errors.chains, "chain") + none),
      row("  at most one step apart", errors.withinOne),
      row("  same, where one sees any", errors.exactAmongErrors),
    ]
  }

  private mutating func measures(_ rows: [Row]) {
    let cells = rows.map { row in
      [
        "  " + row.name, number(row.estimate, row.name.trimmingCharacters(in: .whitespaces)),
        Self.range(row.estimate.interval),
      ]
    }
    let set = TextTable.lines([["", "", "95%"]] + cells)
    let width = set.map(\.count).max() ?? 0
    lines.append(set[0])
    for (line, row) in zip(set.dropFirst(), rows) {
      let space = String(repeating: " ", count: width + 2 - line.count)
      lines.append(row.note.isEmpty ? line : line + space + row.note)
    }
    tellUndefined()
  }

  private mutating func rates(_ all: [(name: String, rates: AnnotatorAgreement.BaseRates?)]) {
    let known = all.filter { $0.rates != nil }
    guard !known.isEmpty else { return }
    let cells = known.map { ["  \($0.name)"] + Self.shares($0.rates) }
    lines += TextTable.lines([["  shares", "incorrect", "neutral", "correct"]] + cells)
  }

  private mutating func table(_ rows: [[String]]) { lines += TextTable.lines(rows) }

  private mutating func title(_ text: String) {
    lines.append("")
    say(text)
  }

  /// Puts a sentence into lines of at most 80 columns.
  private mutating func say(_ text: String) {
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > 80 {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    lines.append(line)
  }

  private mutating func number(_ estimate: AgreementEstimate, _ measure: String) -> String {
    switch estimate.measured {
    case .value(let value): return value.formatted(places: 3)
    case .undefined(let reason):
      note(reason, measure)
      return "undefined"
    }
  }

  private mutating func points(_ estimate: AgreementEstimate, _ measure: String) -> String {
    switch estimate.measured {
    case .value(let value): return Self.signed(value)
    case .undefined(let reason):
      note(reason, Self.name(measure))
      return "-"
    }
  }

  private mutating func note(_ reason: Undefined, _ measure: String) {
    if let place = undefined.firstIndex(where: { $0.reason == reason }) {
      if !undefined[place].measures.contains(measure) { undefined[place].measures.append(measure) }
    } else {
      undefined.append((reason, [measure]))
    }
  }

  private mutating func tellUndefined() {
    for (reason, measures) in undefined {
      say("Undefined (\(measures.joined(separator: "; "))): \(reason.reason).")
    }
    undefined = []
  }

  // MARK: Numbers and names

  private static func shares(_ rates: AnnotatorAgreement.BaseRates?) -> [String] {
    guard let rates else { return ["-", "-", "-"] }
    return [rates.incorrect, rates.neutral, rates.correct].map { percent($0) }
  }

  private static func percent(_ value: Double?) -> String {
    value.map { ($0 * 100).formatted(places: 1) + "%" } ?? "-"
  }

  private static func wholePercent(_ value: Double) -> String {
    (value * 100).formatted(places: 0) + "%"
  }

  private static func range(_ interval: Interval?) -> String {
    guard let interval else { return "" }
    return "\(interval.lower.formatted(places: 3)) to \(interval.upper.formatted(places: 3))"
  }

  private static func points(_ interval: Interval?) -> String {
    interval.map { "\(signed($0.lower)) to \(signed($0.upper))" } ?? ""
  }

  /// A difference of shares, in points.
  private static func signed(_ value: Double) -> String {
    let text = (value * 100).formatted(places: 1)
    return value > 0 && text != "0.0" ? "+" + text : text == "-0.0" ? "0.0" : text
  }

  private static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  private static func name(_ name: String) -> String { self.name(name, 16) }

  private static func name(_ name: String, _ width: Int) -> String {
    let name = name.visible
    return name.count > width ? name.prefix(width - 1) + "\u{2026}" : name
  }
}
