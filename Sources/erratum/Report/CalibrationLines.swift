import Engine
import Sessions
import Workbench

/// A calibration report as lines for a person, within 80 columns.
struct CalibrationLines {
  let lines: [String]

  /// - Parameter signal: the one that is told in full.
  init(
    _ report: CalibrationReport, labels: String, signal: String? = nil, isASCII: Bool = false
  ) {
    var lines = Self.opening(report, labels)
    lines += ["", "Signals against the labels; a positive is a wrong step, then its 95% interval:"]
    lines += Self.table(report.signals)
    lines += report.signals.compactMap { section in
      section.refusal.map { "\(section.name): \($0)" }
    }
    let told =
      report.signals.first { $0.id == signal } ?? report.signals.first { $0.measures != nil }
    if let told, told.measures != nil { lines += Self.section(told, isASCII) }
    for trial in report.trials { lines += CriticLines(trial, report.critics).lines }
    lines += [
      "",
      "Intervals: bootstrap over problems (\(report.resamples) resamples, seed \(report.seed)); of "
        + "shares Wilson's.",
      "ECEw, ECEm: expected calibration error in bins of equal width, of equal mass.",
      "docs/calibration.md says what each figure is.",
    ]
    self.lines = lines
  }

  private static func opening(_ report: CalibrationReport, _ labels: String) -> [String] {
    let counts = report.labels
    let lines = [
      "Labels of \(labels), on \(plural(counts.chains, "chain")) of "
        + plural(counts.problems, "problem"),
      "\(counts.correct) correct, \(counts.incorrect) incorrect, \(counts.neutral) neutral, "
        + "\(counts.unsure) unsure",
    ]
    let neutral =
      switch report.neutral {
      case .drop: "Neutral and unsure steps are left out."
      case .good: "Neutral steps count as right; unsure ones are left out."
      case .bad: "Neutral steps count as wrong; unsure ones are left out."
      }
    return lines + ["Chains by \(report.models.joined(separator: ", ")).", neutral]
  }

  private static func table(_ sections: [CalibrationReport.Section]) -> [String] {
    let rows = sections.compactMap { section -> [String]? in
      guard let found = section.measures else { return nil }
      return [
        section.name, "\(found.count)", spanned(found.auroc), spanned(found.auprc),
        plain(found.equalWidthError), plain(found.equalMassError), plain(found.brier),
      ]
    }
    guard !rows.isEmpty else { return [] }
    return TextTable.lines([["", "n", "AUROC", "AUPRC", "ECEw", "ECEm", "Brier"]] + rows)
  }

  private static func section(
    _ section: CalibrationReport.Section, _ isASCII: Bool
  ) -> [String] {
    guard let found = section.measures else { return [] }
    var lines = [
      "",
      "\(section.name): \(found.count) steps of \(plural(found.problems, "problem")), "
        + "\(found.wrong) wrong (\(percent(found.baseRate)))",
    ]
    if found.unusable > 0 {
      lines.append("\(plural(found.unusable, "step")) whose number is none left out")
    }
    if section.bounded > 0 {
      lines.append("\(plural(section.bounded, "step")) known by a lower bound only, which counts")
    }
    lines += [""] + ReliabilityPlot(found.equalWidthBins, isASCII: isASCII).lines
    lines += ["", "the same in bins of equal mass:"] + ReliabilityPlot.table(found.equalMassBins)
    lines += [
      "",
      "AUPRC by chance \(found.baseRate.formatted(places: 2)); Brier of the base rate "
        + "\(found.brierOfBaseRate.formatted(places: 3))",
      "risk-coverage area \(ranged(found.riskCoverageArea, places: 3)), at best "
        + "\(found.bestRiskCoverageArea.formatted(places: 3)), by chance "
        + "\(found.baseRate.formatted(places: 3))",
    ]
    lines += coverage(found)
    lines += fits(section) + proposal(section)
    return lines
  }

  /// What would be wrong among the surest steps.
  private static func coverage(_ found: CalibrationMeasures) -> [String] {
    let points = [0.25, 0.5, 0.75, 0.9].compactMap { share in
      found.riskCoverage.first { $0.coverage >= share - 1e-9 && $0.coverage < 1 }
    }
    // Where many are alike two shares end at the same step.
    let told = points.enumerated().filter { $0.offset == 0 || points[$0.offset - 1] != $0.element }
      .map { "\(percent($0.element.coverage)): \(percent($0.element.risk))" }
    guard !told.isEmpty else { return [] }
    return ["wrong among the surest " + told.joined(separator: ", ")]
  }

  private static func fits(_ section: CalibrationReport.Section) -> [String] {
    if let refusal = section.fitRefusal { return ["", "not fitted: \(refusal)"] }
    guard let folds = section.folds else { return [] }
    let rows = section.outcomes.map { outcome in
      [
        outcome.name, ranged(outcome.equalWidthError, places: 3),
        ranged(outcome.equalMassError, places: 3), ranged(outcome.brier, places: 3),
      ]
    }
    return ["", "fits on problems they have not seen (\(folds) folds):"]
      + TextTable.lines([["", "ECE by width", "ECE by mass", "Brier"]] + rows)
  }

  private static func proposal(_ section: CalibrationReport.Section) -> [String] {
    if let refusal = section.proposalRefusal { return ["", "no threshold: \(refusal)"] }
    guard let found = section.proposal else { return [] }
    let side = found.firesAbove ? "above" : "below"
    var lines = [
      "",
      "to miss at most \(percent(found.wanted)) of wrong steps, fire \(side) "
        + "\(found.threshold.formatted(places: 4)) \(section.unit ?? ""):",
    ]
    func evidence(
      _ missed: MissRateProposal.Count, _ alarms: MissRateProposal.Count
    ) -> [String] {
      [
        "    \(missed.count) of \(missed.of) wrong steps are missed\(interval(missed.interval))",
        "    \(alarms.count) of \(alarms.of) right steps fire\(interval(alarms.interval))",
      ]
    }
    lines += ["  on these steps:"] + evidence(found.missed, found.falseAlarms)
    if let missed = found.heldOutMissed, let alarms = found.heldOutFalseAlarms {
      lines += ["  set and counted on other problems:"] + evidence(missed, alarms)
    }
    if section.id == ScoreSource.watched.id, found.threshold > 0 {
      lines.append(
        "  use it: --reflect METHOD --rule fixed --set entropy="
          + found.threshold.formatted(places: 4))
    }
    return lines
  }

  // MARK: Numbers

  static func plain(_ estimate: Estimate?) -> String {
    estimate.map { $0.value.formatted(places: 3) } ?? "-"
  }

  /// As `0.82 [0.77 0.86]`.
  static func ranged(_ estimate: Estimate?, places: Int = 2) -> String {
    guard let estimate else { return "-" }
    let value = estimate.value.formatted(places: places)
    guard let interval = estimate.interval else { return value }
    return "\(value) [\(interval.lower.formatted(places: places)) "
      + "\(interval.upper.formatted(places: places))]"
  }

  /// `0.82 0.77-0.86`, for what is never negative.
  static func spanned(_ estimate: Estimate?) -> String {
    guard let estimate else { return "-" }
    let value = estimate.value.formatted(places: 2)
    guard let interval = estimate.interval else { return value }
    return
      "\(value) \(interval.lower.formatted(places: 2))-\(interval.upper.formatted(places: 2))"
  }

  static func interval(_ interval: Interval?) -> String {
    interval.map { " [\(percent($0.lower)) \(percent($0.upper))]" } ?? ""
  }

  static func percent(_ share: Double) -> String { (share * 100).formatted(places: 1) + "%" }

  static func plural(_ count: Int, _ word: String) -> String {
    count == 1 ? "1 \(word)" : "\(count) \(word)s"
  }
}

/// A critic's trial, and what rounds made of answers, as lines.
struct CriticLines {
  let lines: [String]

  init(_ trial: CriticTrial, _ critics: [CalibrationReport.Section]) {
    var lines = ["", "critic \(trial.critic) on \(CalibrationLines.plural(trial.chains, "chain"))"]
    if trial.unfinished > 0 {
      lines.append("\(trial.unfinished) critiques were cut off or failed and count for nothing")
    }
    lines += [
      "first error exact: \(Self.words(trial.firstErrorExact))",
      "first error within one: \(Self.words(trial.firstErrorWithinOne))",
      "chains without an error left alone: \(Self.words(trial.noErrorFound))",
    ]
    if let f1 = trial.f1 {
      lines.append(
        "ProcessBench F1 \(f1.formatted(places: 2)), the harmonic mean of exact and left alone")
    } else {
      lines.append(
        "ProcessBench F1 undefined: no chain \(trial.firstErrorExact.of == 0 ? "with" : "without") "
          + "a wrong step was judged")
    }
    if let kappa = trial.kappa {
      lines.append(
        "Cohen's kappa \(CalibrationLines.ranged(kappa)) over \(trial.kappaSteps) steps")
    } else {
      lines.append(
        "Cohen's kappa undefined over \(trial.kappaSteps) steps: both say the same of all")
    }
    if let same = trial.selfConsistency {
      lines.append(
        "asked the same again (\(CalibrationLines.plural(same.pairs, "time"))):")
      lines += [
        "  same first error \(Self.words(same.sameFirstError))",
        "  same verdict \(Self.words(same.sameVerdict))",
      ]
    } else {
      lines.append("self-consistency unknown: it judged no chain twice")
    }
    if let found = critics.first(where: { $0.id == trial.critic })?.measures {
      lines.append(
        "its verdicts as a bar: AUROC \(CalibrationLines.ranged(found.auroc)), Brier "
          + CalibrationLines.ranged(found.brier))
    }
    lines += Self.table(trial.confusion)
    self.lines = lines
  }

  private static func table(_ rows: [CriticTrial.Row]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let hasTypes = rows.contains { $0.sameType > 0 }
    let head = ["labelled", "wrong", "right", "neutral", "unsure", "unsaid"]
    return TextTable.lines(
      [head + (hasTypes ? ["same type"] : [])]
        + rows.map { row in
          let type = row.errorType.isEmpty ? "" : ", \(row.errorType)"
          let counts = [row.incorrect, row.correct, row.neutral, row.unsure, row.unsaid]
          return ["\(row.label.rawValue)\(type)"] + counts.map { "\($0)" }
            + (hasTypes ? ["\(row.sameType)"] : [])
        })
  }

  static func words(_ share: CriticTrial.Share) -> String {
    guard let value = share.value else { return "none to tell by" }
    return "\(share.count) of \(share.of), \(CalibrationLines.percent(value))"
      + CalibrationLines.interval(share.interval)
  }
}

/// What rounds did to answers, as lines.
struct CorrectionLines {
  let lines: [String]

  init(_ corrections: [(name: String, found: SelfCorrection)]) {
    guard !corrections.isEmpty else {
      lines = ["No rounds with a reference answer: self-correction is undefined."]
      return
    }
    func share(_ value: Double?) -> String {
      value.map { $0.formatted(places: 2) } ?? "undefined"
    }
    let head = ["", "rounds", "fixed", "broken", "before", "after", "CL", "CS", "RSS"]
    lines =
      ["Self-correction: wrong answers made right (fixed), right ones made wrong (broken):"]
      + TextTable.lines(
        [head]
          + corrections.map { name, found in
            [
              name, "\(found.turns)", "\(found.fixed)", "\(found.broken)", share(found.before),
              share(found.after), share(found.confidenceLevel), share(found.critiqueScore),
              share(found.relativeScore),
            ]
          })
      + [
        "CL: right kept right; CS: wrong made right; RSS above 0.5: better than before."
      ]
      + corrections.filter { $0.name.hasPrefix("after ") }.map { name, found in
        let wrong = found.fixed + found.stillWrong
        let right = found.broken + found.stillRight
        return "\(name): \(found.fixed) of \(wrong) wrong made right, \(found.broken) of "
          + "\(right) right made wrong"
      }
  }
}
