import Engine
import Sessions
import Workbench

/// A report as lines for a person.
struct RunTable {
  let lines: [String]

  init(_ report: RunReport, about header: ResultsHeader) {
    var lines = ["\(header.set) by \(header.model)"]
    let tables = [("", report.arms)] + report.groups.map { ($0.name, $0.arms) }
    for (name, arms) in tables {
      lines.append("")
      if !name.isEmpty { lines.append("\(name):") }
      lines += Self.table(Self.outcome, arms) + [""] + Self.table(Self.cost, arms)
    }
    self.lines = lines + [""] + Self.legend(report)
  }

  private typealias Column = (name: String, value: @Sendable (RunReport.Arm) -> String)

  private static let outcome: [Column] = [
    ("arm", { $0.arm }),
    ("n", { String($0.attempts) }),
    ("pass@1 %", { share($0.accuracy, $0.accuracyInterval) }),
    ("vote %", { share($0.vote, $0.voteInterval) }),
    ("against none", { difference($0) }),
    ("fixed", { $0.fixed.map { String($0) } ?? "-" }),
    ("broken", { $0.broken.map { String($0) } ?? "-" }),
  ]

  private static let cost: [Column] = [
    ("arm", { $0.arm }),
    ("tokens", { ($0.tokens).formatted(places: 1) }),
    ("discarded", { $0.discarded.formatted(places: 1) }),
    (
      "tokens per answer won", { $0.extraTokensPerAnswerWon.map { $0.formatted(places: 0) } ?? "-" }
    ),
    ("seconds", { $0.seconds.formatted(places: 3) }),
    ("reflections", { $0.reflections.formatted(places: 2) }),
    ("share %", { ($0.triggeredShare * 100).formatted(places: 2) }),
  ]

  private static func table(_ columns: [Column], _ arms: [RunReport.Arm]) -> [String] {
    TextTable.lines([columns.map(\.name)] + arms.map { arm in columns.map { $0.value(arm) } })
  }

  private static func percent(_ value: Double) -> String { (value * 100).formatted(places: 1) }

  private static func share(_ value: Double?, _ interval: Interval?) -> String {
    guard let value else { return "-" }
    let range = interval.map { " (\(percent($0.lower)) to \(percent($0.upper)))" } ?? ""
    return percent(value) + range
  }

  private static func difference(_ arm: RunReport.Arm) -> String {
    guard let value = arm.difference else { return "-" }
    let range =
      arm.differenceInterval.map { " (\(signed($0.lower)) to \(signed($0.upper)))" } ?? ""
    return signed(value) + range
  }

  private static func signed(_ value: Double) -> String {
    let text = percent(value)
    return value > 0 && text != "0.0" ? "+" + text : text == "-0.0" ? "0.0" : text
  }

  private static func legend(_ report: RunReport) -> [String] {
    [
      "pass@1: right answers out of all; vote: problems whose most frequent answer is right (a "
        + "plurality, not \u{201C}most samples are right\u{201D}).",
      "against none, fixed, broken: on the same problems and seeds, in points; in brackets 95% "
        + "intervals, of differences by paired bootstrap over problems "
        + "(\(report.resamples) resamples, seed \(report.seed)).",
      "tokens, discarded, seconds, reflections: a mean answer's; tokens per answer won: computed "
        + "beyond those of none, for each answer won; share: reflections a token.",
    ]
  }
}

/// Columns set by their widest cell: the first to the left, the others to the right.
enum TextTable {
  static func lines(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + space : "  " + space + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
