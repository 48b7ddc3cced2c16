import Engine
import Sessions
import Workbench

/// A calibration report as one page that needs nothing else: no script, no font, no image.
struct CalibrationPage {
  let report: CalibrationReport
  let corrections: [(name: String, found: SelfCorrection)]
  let labels: String
  let program: String

  var text: String {
    let title = "Calibration against labels of \(Self.escaped(labels))"
    var out = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>\(Self.style)\(ReliabilityFigure.style)</style></head><body>
      <h1>\(title)</h1>

      """
    let counts = report.labels
    out +=
      "<p>\(counts.correct) steps correct, \(counts.incorrect) incorrect, \(counts.neutral) neutral, "
      + "\(counts.unsure) unsure, in \(counts.chains) chains of \(counts.problems) problems, by "
      + "\(Self.escaped(report.models.joined(separator: ", "))).</p>\n"
    out += signals + critics + rounds
    out +=
      "<footer>Intervals are 95%: bootstrap over problems (\(report.resamples) resamples, seed "
      + "\(report.seed)), of shares Wilson's. erratum \(Self.escaped(program)).</footer>\n"
      + "</body></html>\n"
    return out
  }

  private var signals: String {
    var out = "<h2>Signals</h2>\n"
    let rows = report.signals.compactMap { section -> [String]? in
      guard let found = section.measures else { return nil }
      return [
        section.name, "\(found.count)", CalibrationLines.ranged(found.auroc),
        CalibrationLines.ranged(found.auprc), CalibrationLines.plain(found.equalWidthError),
        CalibrationLines.plain(found.equalMassError), CalibrationLines.plain(found.brier),
        CalibrationLines.ranged(found.riskCoverageArea, places: 3),
      ]
    }
    if !rows.isEmpty {
      out += Self.table(
        "Telling wrong steps from right ones; the positive class is the wrong step",
        [
          "signal", "steps", "AUROC", "AUPRC", "ECE, width", "ECE, mass", "Brier",
          "risk-coverage area",
        ], rows)
    }
    for section in report.signals { out += figure(section) }
    return out
  }

  private func figure(_ section: CalibrationReport.Section) -> String {
    var out = "<section><h3>\(Self.escaped(section.name))</h3>\n"
    guard let found = section.measures else {
      return out + "<p>\(Self.escaped(section.refusal ?? "")).</p></section>\n"
    }
    out += "<figure>\(ReliabilityFigure(section).inline)<figcaption>"
    out +=
      "Steps in bins of equal width, then of equal mass, each with the share that was right and its 95% "
      + "interval; a larger point is more steps. Then the share of wrong steps among the surest: by "
      + "chance "
      + "\(CalibrationLines.percent(found.baseRate)).</figcaption></figure>\n"
    let bins = found.equalMassBins.map { bin in
      [
        bin.confidence.formatted(places: 3), "\(bin.count)", "\(bin.right)",
        CalibrationLines.percent(bin.share), CalibrationLines.interval(bin.interval),
      ]
    }
    out += "<details><summary>Bins of equal mass</summary>"
    out += Self.table(
      "Bins of equal mass", ["confidence", "steps", "right", "share", "95%"], bins)
    out += "</details>\n"
    if !section.outcomes.isEmpty {
      out += Self.table(
        "Fits on problems they have not seen", ["bar", "ECE, width", "ECE, mass", "Brier"],
        section.outcomes.map {
          [
            $0.name, CalibrationLines.ranged($0.equalWidthError, places: 3),
            CalibrationLines.ranged($0.equalMassError, places: 3),
            CalibrationLines.ranged($0.brier, places: 3),
          ]
        })
    }
    if let refusal = section.fitRefusal { out += "<p>Not fitted: \(Self.escaped(refusal))</p>\n" }
    if let found = section.proposal { out += proposal(found, section) }
    return out + "</section>\n"
  }

  private func proposal(
    _ found: MissRateProposal, _ section: CalibrationReport.Section
  ) -> String {
    let held = found.heldOutMissed.map { missed in
      " On held-out problems \(missed.count) of \(missed.of) are missed"
        + CalibrationLines.interval(missed.interval)
        + (found.heldOutFalseAlarms.map { " and \($0.count) of \($0.of) right steps fire." } ?? ".")
    }
    let words =
      "To miss at most \(CalibrationLines.percent(found.wanted)) of wrong steps, fire "
      + "\(found.firesAbove ? "above" : "below") \(found.threshold.formatted(places: 4)) "
      + "\(section.unit ?? ""): \(found.missed.count) of \(found.missed.of) wrong steps are missed, "
      + "\(found.falseAlarms.count) of \(found.falseAlarms.of) right ones fire."
    return "<p>\(Self.escaped(words + (held ?? "")))</p>\n"
  }

  private var critics: String {
    guard !report.trials.isEmpty else { return "" }
    var out = "<h2>Critics on trial</h2>\n"
    out += Self.table(
      "Verdicts against labels",
      [
        "critic", "chains", "first error exact", "within one", "no error left alone", "F1",
        "kappa",
      ],
      report.trials.map { trial in
        [
          trial.critic, "\(trial.chains)", CriticLines.words(trial.firstErrorExact),
          CriticLines.words(trial.firstErrorWithinOne), CriticLines.words(trial.noErrorFound),
          trial.f1.map { $0.formatted(places: 2) } ?? "undefined",
          trial.kappa.map { CalibrationLines.ranged($0) } ?? "undefined",
        ]
      })
    for trial in report.trials where !trial.confusion.isEmpty {
      out += Self.table(
        "What \(trial.critic) said of the steps",
        ["labelled", "wrong", "right", "neutral", "unsure", "unsaid", "same type"],
        trial.confusion.map { row in
          let counts = [
            row.incorrect, row.correct, row.neutral, row.unsure, row.unsaid, row.sameType,
          ]
          let type = row.errorType.isEmpty ? "" : ", \(row.errorType)"
          return ["\(row.label.rawValue)\(type)"] + counts.map { "\($0)" }
        })
    }
    for section in report.critics where section.measures != nil { out += figure(section) }
    return out
  }

  private var rounds: String {
    var out = "<h2>Self-correction over rounds</h2>\n"
    guard !corrections.isEmpty else {
      return out + "<p>No rounds with a reference answer: undefined.</p>\n"
    }
    func share(_ value: Double?) -> String {
      value.map { $0.formatted(places: 2) } ?? "undefined"
    }
    out += Self.table(
      "Wrong answers made right (fixed) and right ones made wrong (broken)",
      ["", "rounds", "fixed", "broken", "before", "after", "CL", "CS", "RSS"],
      corrections.map { name, found in
        [
          name, "\(found.turns)", "\(found.fixed)", "\(found.broken)", share(found.before),
          share(found.after), share(found.confidenceLevel), share(found.critiqueScore),
          share(found.relativeScore),
        ]
      })
    return out
  }

  private static func table(_ caption: String, _ head: [String], _ rows: [[String]]) -> String {
    var out = "<div class=\"scroll\"><table><caption>\(escaped(caption))</caption><thead><tr>"
    out += head.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    out += "</tr></thead><tbody>\n"
    for row in rows {
      out += "<tr><th scope=\"row\">\(escaped(row.first ?? ""))</th>"
      out += row.dropFirst().map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
    }
    return out + "</tbody></table></div>\n"
  }

  private static func escaped(_ words: String) -> String { ReliabilityFigure.text(words) }

  private static let style = """
    :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:66rem;margin:2rem auto;padding:0 1rem}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.6rem 0}caption{text-align:left;opacity:.8}
    th,td{padding:.2rem .7rem;border-bottom:1px solid #8884;text-align:right;white-space:nowrap;font-weight:normal}thead th{font-weight:600}th[scope=row],th:first-child{text-align:left}
    figure{margin:1rem 0}figure svg{max-width:100%;height:auto}figcaption{opacity:.8}.scroll{overflow-x:auto}
    footer{opacity:.7;margin-top:2rem}

    """
}
