import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

struct ReflectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reflect",
    abstract: "The reflections of sessions, or what others would have been.",
    discussion: """
      Without --what-if it lists where a session's attempts stopped to decide again, and what came of \
      it. With --what-if it sweeps one number of the rule over the sessions' recorded entropies and \
      says what would have triggered, without calling any model: what would have been written then is \
      not known. A session whose steps a critic or a person judged also shows which wrong steps would \
      have been caught.
      """)

  @Argument(help: "Sessions: ids, beginnings of ids, or paths.")
  var sessions: [String]
  @Flag(name: .long, help: "Sweep one number over the recorded entropies.")
  var whatIf = false
  @Option(name: .long, help: "K of the adaptive rule, as FIRST:LAST:STEP, such as 1:5:0.5.")
  var k: String?
  @Option(name: .long, help: "Window of the adaptive rule, such as 10:50:5.")
  var window: String?
  @Option(name: .long, help: "Floor of the adaptive rule in nats, such as 0.2:2:0.2.")
  var floor: String?
  @Option(name: .long, help: "Threshold of the fixed or quadrant rule in nats, such as 0.2:2:0.2.")
  var entropy: String?
  @Flag(name: .long, help: "One line of JSON for each session, or for a sweep.")
  var json = false
  @OptionGroup var reflection: ReflectionOptions
  @OptionGroup var library: LibraryOption

  func validate() throws {
    if sessions.isEmpty { throw ValidationError("Name a session; erratum sessions lists them.") }
    let given = [k, window, floor, entropy].compactMap(\.self).count
    if whatIf, given != 1 {
      throw ValidationError("--what-if sweeps one of --k, --window, --floor and --entropy.")
    }
    if !whatIf, given > 0 {
      throw ValidationError("--k, --window, --floor and --entropy go with --what-if.")
    }
  }

  func run() throws {
    let sweep = try sweep()
    let setup = try library.setup()
    let opened = try sessions.map { name in
      try setup.edges.library.read(try setup.edges.library.resolve(name))
    }
    for session in opened {
      if let damage = session.damage.sentence { warn(damage) }
    }
    guard let (parameter, values) = sweep else {
      for session in opened { try list(session.session) }
      return
    }
    try whatIf(opened.map(\.session), parameter, values, try setup.settings().reflection)
  }

  private func sweep() throws -> (ThresholdSweep.Parameter, [Double])? {
    let given: [(ThresholdSweep.Parameter, String?)] = [
      (.k, k), (.window, window), (.floor, floor), (.entropy, entropy),
    ]
    for case (let parameter, let text?) in given {
      let range = try SweepRange(text, option: parameter.rawValue, of: parameter)
      return (parameter, range.values)
    }
    return nil
  }

  // MARK: - What if

  private func whatIf(
    _ sessions: [Session], _ parameter: ThresholdSweep.Parameter, _ values: [Double],
    _ choice: ReflectionChoice
  ) throws {
    var choice = choice
    if parameter == .entropy { choice.rule = .fixed }
    try reflection.applyAllButMethod(to: &choice)
    if let method = reflection.reflect {
      var named = ReflectionOptions()
      named.reflect = method
      try named.apply(to: &choice)
    }
    let attempts = sessions.flatMap { session in
      session.attempts.filter { $0.tokenCount > 0 }.map { (session, $0) }
    }
    let judged = attempts.map { JudgedResponse($1, in: $0) }
    guard judged.contains(where: \.isMeasured) else {
      throw RunError.nothingMeasured(sessions: sessions.map(\.header.session.visible))
    }
    let unmeasured = judged.count { !$0.isMeasured }
    if unmeasured > 0 {
      warn("\(unmeasured) of \(judged.count) attempts have no entropies and are left out.")
    }
    // The attempt's own settings where it reflected, else those that would be used with its model.
    let first = attempts.first
    let model = first?.1.started.call.model
    let given =
      reflection.rule != nil || reflection.thresholds != nil || !reflection.numbers.isEmpty
    let base =
      (given || parameter == .entropy ? nil : first?.1.started.reflection)
      ?? choice.watching(for: model)
    let rows = ThresholdSweep.rows(
      over: judged, base: base, parameter: parameter, values: values,
      thresholds: choice.thresholds(for: model))
    guard json else {
      let isJudged = judged.contains { $0.isJudged && $0.isMeasured }
      return SweepLines(rows, parameter, base: base, isJudged: isJudged).lines.forEach(say)
    }
    try write(
      SweepLine(
        parameter: parameter, base: base, sessions: sessions.map(\.header.session), rows: rows))
  }

  private struct SweepLine: Encodable {
    var parameter: ThresholdSweep.Parameter
    var base: ReflectionSettings
    var sessions: [String]
    var rows: [ThresholdSweep.Row]
  }

  private func write(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    StandardStream.output.write([UInt8](try encoder.encode(value)).withoutControls + [0x0A])
  }

  // MARK: - Listing

  private struct Listed: Encodable {
    struct Reflection: Encodable {
      var attempt: String
      var reflection: String
      var triggered: ReflectionTriggered
      var finished: ReflectionFinished?
    }
    var session: String
    var reflections: [Reflection]
  }

  private func list(_ session: Session) throws {
    guard !json else {
      let all = session.attempts.flatMap { attempt in
        attempt.reflections.map {
          Listed.Reflection(
            attempt: attempt.id.description, reflection: $0.id.description,
            triggered: $0.triggered, finished: $0.finished)
        }
      }
      return try write(Listed(session: session.header.session, reflections: all))
    }
    ReflectionLines(session).lines.forEach(say)
  }
}

/// The reflections of a session as lines for a person.
struct ReflectionLines {
  let lines: [String]

  init(_ session: Session) {
    let attempts = session.attempts.filter { !$0.reflections.isEmpty }
    guard !attempts.isEmpty else {
      lines = ["\(session.header.session): nothing was reflected on"]
      return
    }
    lines =
      [session.header.session]
      + attempts.flatMap { attempt -> [String] in
        let heads = [
          "", "token", "value", "threshold", "before", "after", "outcome", "discarded", "ms",
        ]
        let method = attempt.started.reflection.map { $0.method.title } ?? "reflections"
        return ["", "\(attempt.id), \(method):"]
          + TextTable.lines([heads] + attempt.reflections.map(Self.row))
      }
  }

  private static func row(_ found: AttemptReflection) -> [String] {
    let (triggered, finished) = (found.triggered, found.finished)
    let value = triggered.value.map { bounds in
      let (lower, upper) = (Double(bounds.lower), Double(bounds.upper))
      return bounds.isExact
        ? lower.formatted(places: 3)
        : "\(lower.formatted(places: 3)) to \(upper.formatted(places: 3))"
    }
    func words(_ token: Alternative?) -> String {
      token.map { "\u{201C}\(flat(String(decoding: $0.bytes, as: UTF8.self)))\u{201D}" } ?? "-"
    }
    return [
      found.id.description, String(triggered.position + 1), value ?? "-",
      triggered.threshold.map { $0.formatted(places: 3) } ?? "-",
      words(triggered.alternatives.all.first), words(finished?.chosen.all.first),
      finished?.outcome.rawValue ?? "unfinished",
      finished.map { String($0.discardedTokens) } ?? "-",
      finished.map { $0.milliseconds.formatted(places: 1) } ?? "-",
    ]
  }

  /// On one line, and short: a cell of a table.
  private static func flat(_ text: String) -> String {
    let line = text.replacingOccurrences(of: "\n", with: "\\n").visible
    return line.count > 16 ? line.prefix(15) + "\u{2026}" : line
  }
}

/// A sweep as a table with a curve beside it.
struct SweepLines {
  let lines: [String]

  init(
    _ rows: [ThresholdSweep.Row], _ parameter: ThresholdSweep.Parameter,
    base: ReflectionSettings, isJudged: Bool
  ) {
    let most = max(1, rows.map(\.triggers).max() ?? 0)
    let heads = [
      parameter.rawValue, "triggers", "share %", "gained", "lost", "before the first error",
      "wrong steps caught",
    ]
    let table = TextTable.lines([heads] + rows.map { Self.row($0, isJudged: isJudged) })
    let bars = [""] + rows.map { Self.bar($0.triggers, of: most) }
    let width = table.map(\.count).max() ?? 0
    let first = rows.first
    lines =
      [
        "\(first?.attempts ?? 0) attempts, \(first?.tokens ?? 0) tokens; gained and lost against "
          + Self.words(base), "",
      ]
      + zip(table, bars).map { line, bar in
        bar.isEmpty ? line : line + String(repeating: " ", count: width + 2 - line.count) + bar
      }
      + (isJudged
        ? []
        : ["", "Nobody judged the steps: c on the screen asks a critic, a marks them by hand."])
  }

  private static func row(_ row: ThresholdSweep.Row, isJudged: Bool) -> [String] {
    [
      SweepRange.short(row.value), String(row.triggers),
      row.share.map { ($0 * 100).formatted(places: 2) } ?? "-", String(row.gained),
      String(row.lost), row.beforeFirstError.map { String($0) } ?? "-",
      isJudged ? "\(row.wrongStepsCaught) of \(row.wrongSteps)" : "-",
    ]
  }

  /// Forty characters stand for the most triggers of the table.
  private static func bar(_ count: Int, of most: Int) -> String {
    guard count > 0 else { return "" }
    return String(repeating: "#", count: max(1, (count * 40 + most / 2) / most))
  }

  private static func words(_ base: ReflectionSettings) -> String {
    switch base.rule {
    case .adaptive(let rule):
      "the adaptive rule with K \(SweepRange.short(rule.k)), window \(rule.window), floor "
        + "\(SweepRange.short(rule.floor)), least deviation "
        + "\(SweepRange.short(rule.minimumDeviation)), cold start "
        + "\(SweepRange.short(rule.coldStart))"
    case .fixed(let rule): "a fixed threshold of \(SweepRange.short(rule.entropy)) nats"
    case .quadrant(let rule):
      "the quadrant above \(SweepRange.short(rule.entropy)) nats and "
        + "\(SweepRange.short(rule.varentropy)) squared nats"
    default: "the \(base.rule.name.rawValue) rule"
    }
  }
}
