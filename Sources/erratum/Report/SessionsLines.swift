import Engine
import Workbench

/// Sessions' answers, rounds and cost as lines.
struct SessionsLines {
  let lines: [String]
  /// Sessions told one by one; the others are in the JSON.
  private static let most = 20

  init(_ report: SessionsReport) {
    var lines = Self.table(report.models, first: "model")
    lines += [""] + Self.table(Array(report.sessions.prefix(Self.most)), first: "session")
    if report.sessions.count > Self.most {
      lines.append("and \(report.sessions.count - Self.most) more; --json has all.")
    }
    lines += [""] + CorrectionLines(report.corrections).lines
    let prompts = report.models.compactMap { row in
      row.promptTokens.map {
        "\(row.name): \($0) prompt and \(row.completionTokens ?? 0) completion tokens, as its "
          + "server counted"
      }
    }
    lines += prompts.isEmpty ? [] : [""] + prompts
    self.lines = lines
  }

  private static func table(_ rows: [SessionsReport.Row], first: String) -> [String] {
    // Of one problem an interval says nothing.
    let hasIntervals = first == "model"
    let head = [first, "attempts", "right"] + (hasIntervals ? ["95%"] : [])
    return TextTable.lines(
      [head + ["rounds", "fixed", "broken", "tokens", "seconds"]]
        + rows.map { row in
          let share = row.checked > 0 ? "\(row.right)/\(row.checked)" : "-"
          let interval = row.interval.map {
            "\(($0.lower * 100).formatted(places: 0))-\(($0.upper * 100).formatted(places: 0))"
          }
          return [
            String(row.name.prefix(28)), "\(row.attempts)", share,
          ] + (hasIntervals ? [interval ?? "-"] : []) + [
            "\(row.rounds)", "\(row.fixed)", "\(row.broken)",
            "\(row.tokens + row.thinkingTokens)", row.seconds.formatted(places: 1),
          ]
        })
  }
}
