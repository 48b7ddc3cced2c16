import Foundation
import Sessions
import Workbench

/// What a page shows of a session, gathered once for both kinds.
private struct PageStep {
  var number: Int
  var text: String
  var verdict: Verdict?
  var errorType: String?
  var reason: String?
  var repair: String?
}

extension Verdict {
  fileprivate var mark: String {
    switch self {
    case .correct: "✓"
    case .incorrect: "✗"
    case .neutral: "·"
    case .unsure: "?"
    }
  }
}

private func pageSteps(
  _ attempt: Attempt, _ chain: AnnotatedChain
) -> [PageStep] {
  chain.steps.enumerated().map { index, step in
    PageStep(
      number: index + 1, text: Gate().plain(step.text), verdict: step.rating?.verdict,
      errorType: step.rating?.errorType.map { Gate().plain($0) },
      reason: step.rating?.reason.map { Gate().plain($0) },
      repair: step.rating?.correction.map { Gate().plain($0) })
  }
}

/// Attempts with their chains, in the order they were made.
private func pageAttempts(
  _ session: Session, _ labels: SessionChains.Labels?
) -> [(attempt: Attempt, chain: AnnotatedChain)] {
  let attempts = session.attempts.filter { attempt in
    attempt.steps.contains { $0.channel == .answer }
  }
  return Array(zip(attempts, SessionChains.chains(of: session, labels: labels))).map {
    (attempt: $0, chain: $1)
  }
}

/// A session as Markdown that any forge shows.
struct MarkdownPage {
  let session: Session
  let labels: SessionChains.Labels?
  let program: String

  var text: String {
    var lines = [
      "# \(Self.escaped(SessionSummary.title(of: session.problem.text, length: 80)))", "",
    ]
    lines += Self.quoted(Gate().plain(session.problem.text))
    if let answer = session.problem.answer {
      lines += ["", "Reference answer: \(Self.escaped(Gate().plain(answer)))"]
    }
    for (attempt, chain) in pageAttempts(session, labels) {
      lines += ["", "## Attempt \(attempt.id)", ""]
      if let model = chain.model { lines += ["Model: \(Self.escaped(Gate().plain(model)))", ""] }
      if let round = session.rounds.first(where: { $0.id == attempt.started.round }) {
        lines += ["Round \(round.id), after \(round.started.parent).", ""]
      }
      for step in pageSteps(attempt, chain) {
        let mark = step.verdict.map { " \($0.mark) \($0.rawValue)" } ?? ""
        let kind = step.errorType.map { ", \(Self.escaped($0))" } ?? ""
        lines += ["**\(step.number)**\(mark)\(kind)", ""]
        lines += Self.fenced(step.text) + [""]
        if let reason = step.reason { lines += Self.quoted(reason) + [""] }
        if let repair = step.repair { lines += ["Instead:", ""] + Self.fenced(repair) + [""] }
      }
      if let answer = chain.answer {
        let verdict = chain.isCorrect.map { $0 ? ", right" : ", wrong" } ?? ""
        lines.append("Answer: \(Self.escaped(Gate().plain(answer)))\(verdict)")
      }
    }
    lines += [
      "", "---", "",
      "Session `\(session.header.session)`, erratum \(program)"
        + (labels.map { ", rated by \(Self.escaped($0.name))" } ?? ""), "",
    ]
    return lines.joined(separator: "\n")
  }

  /// A fence longer than any in the text, so that the text cannot end it.
  private static func fenced(_ text: String) -> [String] {
    var longest = 2
    var run = 0
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    return [fence + "text"]
      + text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      + [fence]
  }

  private static func quoted(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "> " + escaped(String($0)) }
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { out, character in
      if "\\`*_{}[]<>#|!&".contains(character) { out.append("\\") }
      out.append(character == "\n" ? " " : character)
    }
  }
}

/// A session as one page that needs nothing else: no script, no font, no image from elsewhere.
struct HTMLPage {
  let session: Session
  let labels: SessionChains.Labels?
  let program: String

  var text: String {
    let title = Self.escaped(SessionSummary.title(of: session.problem.text, length: 80))
    var out = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(title)</title>
      <style>\(Self.style)</style></head><body>
      <h1>\(title)</h1>
      <p class="problem">\(Self.escaped(Gate().plain(session.problem.text)))</p>

      """
    if let answer = session.problem.answer {
      out += "<p>Reference answer: <b>\(Self.escaped(Gate().plain(answer)))</b></p>\n"
    }
    for (attempt, chain) in pageAttempts(session, labels) { out += section(attempt, chain) }
    let rated = labels.map { ", rated by \(Self.escaped($0.name))" } ?? ""
    out +=
      "<footer>Session \(Self.escaped(session.header.session)), erratum \(program)\(rated)</footer>\n"
      + "</body></html>\n"
    return out
  }

  private func section(_ attempt: Attempt, _ chain: AnnotatedChain) -> String {
    var out = "<section><h2>Attempt \(Self.escaped(attempt.id.description))</h2>\n"
    if let model = chain.model {
      out += "<p class=\"about\">\(Self.escaped(Gate().plain(model)))</p>\n"
    }
    out += "<ol>\n"
    for step in pageSteps(attempt, chain) {
      let name = step.verdict?.rawValue ?? "unrated"
      let mark = step.verdict?.mark ?? ""
      out += "<li class=\"\(name)\"><span class=\"mark\" title=\"\(name)\">\(mark)</span>"
      out += "<pre>\(Self.escaped(step.text))</pre>"
      let said = [step.verdict?.rawValue, step.errorType, step.reason].compactMap(\.self)
      if step.reason != nil || step.errorType != nil {
        out += "<p>\(Self.escaped(said.joined(separator: " · ")))</p>"
      }
      if let repair = step.repair { out += "<p>Instead:</p><pre>\(Self.escaped(repair))</pre>" }
      out += "</li>\n"
    }
    out += "</ol>\n"
    if let answer = chain.answer {
      let verdict = chain.isCorrect.map { $0 ? ", right" : ", wrong" } ?? ""
      out += "<p>Answer: <b>\(Self.escaped(Gate().plain(answer)))</b>\(verdict)</p>\n"
    }
    return out + "</section>\n"
  }

  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { out, character in
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.append(character)
      }
    }
  }

  private static let style = """
    :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
    .problem{white-space:pre-wrap}pre{white-space:pre-wrap;font:14px/1.45 ui-monospace,monospace;margin:0}
    li{border-left:4px solid #8888;padding:.3rem .8rem;margin:.4rem 0;position:relative}
    li p{margin:.3rem 0 0;opacity:.85}.mark{position:absolute;right:.6rem}
    .correct{border-color:#2a9d5c}.incorrect{border-color:#d1495b}.neutral{border-color:#c9a227}.unsure{border-color:#7a6ff0}
    .about,footer{opacity:.7}footer{margin-top:2rem}
    """
}

/// A replay as asciinema plays it (format 2): the plain lines, each when it happened.
struct Asciicast {
  private let reader: JournalReader
  /// Pauses are cut to so many seconds.
  private static let longestPause = 2.0

  init(_ reader: JournalReader) { self.reader = reader }

  var bytes: [UInt8] {
    get throws {
      var out = header
      let teller = LinearTeller(header: reader.header, signal: .standard)
      var time = 0.0
      var last = 0.0
      func write(_ text: String) {
        // To the millisecond: a player needs no more, and sums do not drift in absolute times.
        out +=
          "[\(String(Int(time * 1000) / 1000)).\(Self.padded(Int(time * 1000) % 1000)),\"o\",".utf8
        out += Self.quoted(text)
        out += "]\n".utf8
      }
      for line in teller.opening { write(line + "\r\n") }
      var tellers = teller
      try reader.records { batch, _ in
        for record in batch {
          time += min(max(record.t - last, 0), Self.longestPause)
          last = max(last, record.t)
          for line in tellers.lines(for: record) {
            write(line.replacingOccurrences(of: "\n", with: "\r\n") + "\r\n")
          }
        }
        return true
      }
      return out
    }
  }

  private var header: [UInt8] {
    let title = SessionSummary.title(of: reader.header.problem.text, length: 80)
    var out = Array(
      "{\"version\":2,\"width\":100,\"height\":30,\"timestamp\":\(Int(max(0, reader.header.created)))"
        .utf8)
    out += ",\"title\":".utf8
    out += Self.quoted(Gate().plain(title))
    return out + "}\n".utf8
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: 3 - String(number).count) + String(number)
  }

  private static func quoted(_ text: String) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return ((try? encoder.encode(text)).map { [UInt8]($0) } ?? Array("\"\"".utf8)).withoutControls
  }
}
