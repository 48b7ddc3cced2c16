import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "What sessions came to, or how far signals and critics can be trusted.",
    discussion: """
      Without --calibration: accuracy, rounds and cost by model and session. With it every signal and \
      critic is held against one person's labels; docs/calibration.md says how. --write puts a \
      calibration into the model's profile, so that its bars say \u{201C}calibrated on N steps\u{201D}, \
      and with --critic the critic's F1, which then stands beside its name. Exit codes: 0 done, 2 bad \
      usage or input, or too few labels to measure.
      """)

  @Argument(
    help: "Sessions by id, beginning or path, folders of sessions, or problem sets; all if none.")
  var sessions: [String] = []
  @Flag(name: .long, help: "Hold signals and critics against labels.")
  var calibration = false
  @Option(name: .long, help: "Whose labels: consensus where there is one, or the only annotator.")
  var labels: String?
  @Option(name: .long, help: "Tell one signal in full, such as maxEntropy or agreement.")
  var signal: String?
  @Option(name: .long, help: "Only this critic.")
  var critic: String?
  @Option(name: .long, help: "Only chains that this model wrote.")
  var model: String?
  @Option(name: .long, help: "What neutral labels count as: good, bad or drop.")
  var neutral = "drop"
  @Option(name: .long, help: "The curve to write: isotonic or platt.")
  var fit = "isotonic"
  @Option(name: .long, help: "Put the calibration, or the critic's figure, into this profile.")
  var write: String?
  @Option(name: .long, help: "Share of wrong steps that may be missed, 0 to 0.9.")
  var missRate = "0.1"
  @Option(name: .long, help: "Write the diagrams to an SVG file.")
  var svg: String?
  @Option(name: .long, help: "Write the report as one HTML page.")
  var html: String?
  @Flag(name: .long, help: "As one line of JSON.")
  var json = false
  @Option(name: .long, help: "Bootstrap resamples, 0 to 100000.")
  var bootstrap = "1000"
  @Option(name: .long, help: "Seed of folds and resamples.")
  var seed = "1"
  @OptionGroup var library: LibraryOption

  func run() throws {
    let asked = try Asked(self)
    let setup = try library.setup()
    let folders = try Self.folders(sessions, setup)
    guard !folders.isEmpty else { throw ReportError.noSessions }
    guard calibration else { return try tellSessions(folders, setup) }
    // What cannot be written is found out before the work.
    let profile = try write.map { try ProfileText($0) }
    var labelled = try LabelledSessions(folders, labels: labels, in: setup.edges.library)
    if let model { try labelled.keep(model: model) }
    if labelled.orphans > 0 {
      warn(
        "\(labelled.orphans) labels are of steps that have other bytes now, and count for nothing.")
    }
    try check(labelled.attempts, asked.settings.neutral)
    let report = CalibrationReport(
      labelled.attempts, signals: asked.sources, critic: critic, settings: asked.settings)
    try check(report)
    try tell(report, labelled, setup.edges.program)
    if var profile {
      try write(to: &profile, report, labelled, asked)
    }
  }

  /// What was typed, checked.
  private struct Asked {
    var settings = CalibrationReport.Settings()
    var sources: [ScoreSource]?
    var fit: CalibrationCurve.Kind

    init(_ command: ReportCommand) throws {
      guard let kind = CalibrationCurve.Kind(rawValue: command.fit) else {
        throw InputError.badSetting(
          name: "fit", value: command.fit.visible, allowed: "isotonic or platt")
      }
      fit = kind
      guard let neutral = NeutralLabels(rawValue: command.neutral) else {
        throw InputError.badSetting(
          name: "neutral", value: command.neutral.visible, allowed: "good, bad or drop")
      }
      settings.neutral = neutral
      guard let rate = Double(command.missRate), (0...0.9).contains(rate) else {
        throw InputError.badSetting(
          name: "miss-rate", value: command.missRate.visible, allowed: "a number from 0 to 0.9")
      }
      settings.missRate = rate
      settings.bootstrap.resamples = try RunCommand.whole(
        "bootstrap", command.bootstrap, in: 0...100_000)
      settings.bootstrap.seed = UInt64(
        try RunCommand.whole("seed", command.seed, in: 0...Int.max))
      let others: [ScoreSource] = [.watched, .agreement]
      let names = Signal.allCases.map(\.rawValue) + others.map(\.id)
      if let name = command.signal {
        guard names.contains(name) else {
          throw InputError.badSetting(
            name: "signal", value: name.visible, allowed: "one of " + names.joined(separator: ", "))
        }
        sources = others.filter { $0.id == name }
        if let signal = Signal(rawValue: name) { sources = [.signal(signal)] }
        if command.write != nil { try CalibrationWriting.check(name) }
      }
      let needing: [(String, Bool)] = [
        ("labels", command.labels != nil), ("signal", command.signal != nil),
        ("critic", command.critic != nil), ("model", command.model != nil),
        ("write", command.write != nil), ("svg", command.svg != nil),
        ("html", command.html != nil),
      ]
      if !command.calibration, let option = needing.first(where: \.1)?.0 {
        throw ReportError.needsCalibration(option: option)
      }
    }
  }

  /// All sessions of the library, or those named; a problem set's name stands for its sessions.
  private static func folders(_ names: [String], _ setup: Setup) throws -> [SessionFolder] {
    let library = setup.edges.library
    func own() -> [SessionFolder] {
      library.list().filter { !$0.isExample }.map {
        SessionFolder(id: $0.id, url: URL(filePath: $0.path, directoryHint: .isDirectory))
      }
    }
    if names.isEmpty { return own() }
    let sets = setup.resources.map { ProblemSets.list(in: $0.problems).map(\.name) } ?? []
    return try names.flatMap { name -> [SessionFolder] in
      guard sets.contains(name), !Resources.isFolder(name) else {
        return try ExportCommand.folders([name], in: library)
      }
      let texts = Set(
        try ProblemSets.find(name, in: setup.resources?.problems).problems.map(\.text))
      return try own().filter { texts.contains(try JournalReader($0.url).header.problem.text) }
    }
  }

  // MARK: Sessions

  private func tellSessions(_ folders: [SessionFolder], _ setup: Setup) throws {
    var report = SessionsReport()
    for folder in folders {
      let opened = try setup.edges.library.read(folder)
      if let damage = opened.damage.sentence { warn(damage) }
      report.add(opened.session)
    }
    guard json else { return SessionsLines(report).lines.forEach(say) }
    try print(SessionsJSON(report: report, corrections: Self.named(report.corrections)))
  }

  private struct SessionsJSON: Encodable {
    var report: SessionsReport
    var corrections: [NamedCorrection]
  }

  private struct NamedCorrection: Encodable {
    var name: String
    var found: SelfCorrection
  }

  private static func named(
    _ corrections: [(name: String, found: SelfCorrection)]
  ) -> [NamedCorrection] {
    corrections.map { NamedCorrection(name: $0.name, found: $0.found) }
  }

  private func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    StandardStream.output.write([UInt8](try encoder.encode(value)).withoutControls + [0x0A])
  }

  // MARK: Calibration

  /// Whether anything can be measured, found out before the work.
  private func check(_ attempts: [LabelledAttempt], _ neutral: NeutralLabels) throws {
    let critics = CriticTrial.critics(of: attempts.map(\.tried))
    if let critic, !critics.contains(critic) {
      throw ReportError.noSuchCritic(name: critic.visible, names: critics.map(\.visible))
    }
    let counts = LabelCounts(attempts)
    let (right, wrong) =
      switch neutral {
      case .drop: (counts.correct, counts.incorrect)
      case .good: (counts.correct + counts.neutral, counts.incorrect)
      case .bad: (counts.correct, counts.incorrect + counts.neutral)
      }
    if right + wrong < ScoredSet.least {
      throw CalibrationRefusal.tooFew(labels: right + wrong, least: ScoredSet.least)
    }
    if right == 0 || wrong == 0 {
      throw CalibrationRefusal.oneClass(labels: right + wrong, isRight: wrong == 0)
    }
  }

  /// Whether anything was.
  private func check(_ report: CalibrationReport) throws {
    guard report.trials.isEmpty, report.signals.allSatisfy({ $0.measures == nil }) else { return }
    let reasons = report.signals.compactMap(\.refusal).reduce(into: [String]()) { all, reason in
      if !all.contains(reason) { all.append(reason) }
    }
    throw ReportError.nothingMeasured(reason: reasons.joined(separator: "; "))
  }

  private struct CalibrationJSON: Encodable {
    var labels: String
    var orphans: Int
    var report: CalibrationReport
    var standings: [String: CriticStanding]
    var corrections: [NamedCorrection]
  }

  private func tell(
    _ report: CalibrationReport, _ labelled: LabelledSessions, _ program: String
  ) throws {
    let corrections = labelled.report.corrections
    if let svg {
      try Self.save(ReliabilityFigure(report).file, to: svg)
    }
    if let html {
      try Self.save(
        CalibrationPage(
          report: report, corrections: corrections, labels: labelled.labels, program: program
        ).text, to: html)
    }
    if json {
      let standings = report.trials.compactMap { trial in
        trial.standing.map { (trial.critic, $0) }
      }
      return try print(
        CalibrationJSON(
          labels: labelled.labels, orphans: labelled.orphans, report: report,
          standings: Dictionary(standings, uniquingKeysWith: { first, _ in first }),
          corrections: Self.named(corrections)))
    }
    let lines = CalibrationLines(
      report, labels: labelled.labels, signal: signal, isASCII: Self.isASCII
    ).lines
    (lines + [""] + CorrectionLines(corrections).lines).forEach(say)
  }

  /// Whether the locale cannot show more; what is piped into a file is UTF-8 wherever it is read.
  private static var isASCII: Bool {
    let environment = ProcessInfo.processInfo.environment
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let lowered = locale.lowercased()
    return !lowered.contains("utf-8") && !lowered.contains("utf8")
  }

  private static func save(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw FileError(
        file: path.visible,
        problems: [FileProblem(message: "it cannot be written; choose another file.")])
    }
    warn("wrote \(path.visible)")
  }

  // MARK: Profiles

  private func write(
    to profile: inout ProfileText, _ report: CalibrationReport, _ labelled: LabelledSessions,
    _ asked: Asked
  ) throws {
    var tables: [String: [String]] = [:]
    var told: [String] = []
    var name = critic ?? "model"
    if let critic {
      guard let trial = report.trials.first, let standing = trial.standing else {
        throw ReportError.noStanding(critic: critic.visible)
      }
      tables["critic"] = ProfileText.table(
        standing,
        remarks: ["Measured by `erratum report --calibration` on labels of \(labelled.labels)."])
      told.append("[critic] (\(standing.words))")
    }
    if critic == nil || signal != nil {
      let fitted = try CalibrationWriting(
        labelled.attempts, signal: signal, kind: asked.fit, settings: asked.settings)
      tables["calibration"] = ProfileText.table(
        fitted.calibration, remarks: fitted.remarks(labels: labelled.labels))
      told.append("[calibration] (\(fitted.told))")
      if let doubt = fitted.doubt { warn(doubt) }
      name = fitted.model
    }
    try profile.put(tables, name: name, prompts: nil)
    warn("wrote \(told.joined(separator: " and ")) to \(profile.path.visible)")
  }
}

/// The curve that is to be put into a profile.
struct CalibrationWriting {
  let calibration: Calibration
  let model: String
  private let kind: CalibrationCurve.Kind
  private let largestError: Double
  private let fit: CalibrationFit

  init(
    _ attempts: [LabelledAttempt], signal name: String?, kind: CalibrationCurve.Kind,
    settings: CalibrationReport.Settings
  ) throws {
    let name = name ?? Signal.standard.rawValue
    let signal = try Self.check(name)
    let source = ScoreSource.signal(signal)
    let measured = attempts.filter { !source.units([$0], neutral: settings.neutral).isEmpty }
    let models = Set(measured.map(\.model)).sorted()
    guard models.count < 2 else {
      throw ReportError.severalModels(names: models.map(\.visible))
    }
    model = models.first ?? "model"
    self.kind = kind
    do throws(CalibrationRefusal) {
      fit = try CalibrationFit(
        ScoredSet(source.units(measured, neutral: settings.neutral)), folds: settings.folds,
        bootstrap: settings.bootstrap)
      (calibration, largestError) = try fit.calibration(kind, signal: name)
    } catch {
      throw ReportError.notFitted(signal: signal.name, reason: error.sentence)
    }
  }

  /// The signal of that name, if a profile can calibrate it.
  @discardableResult static func check(_ name: String) throws(ReportError) -> Signal {
    guard let signal = Signal(rawValue: name), Signal.calibratable.contains(signal) else {
      throw .notCalibratable(
        signal: name.visible, allowed: Signal.calibratable.map(\.rawValue))
    }
    return signal
  }

  /// What stands above the table, for who reads the file.
  func remarks(labels: String) -> [String] {
    func figures(_ name: String) -> String {
      let found = fit.outcomes.first { $0.name == name }
      return "Brier \(CalibrationLines.plain(found?.brier)), calibration error "
        + "\(CalibrationLines.plain(found?.equalWidthError)) by width and "
        + "\(CalibrationLines.plain(found?.equalMassError)) by mass"
    }
    return [
      "Fitted (\(kind.rawValue)) by `erratum report --calibration` to labels of \(labels.visible).",
      "Before: \(figures("raw")).",
      "After, on problems the fit had not seen (\(fit.folds) folds): \(figures(kind.rawValue)).",
    ]
      + (kind == .platt ? ["Lines between the knots are within \(error) of the curve."] : [])
  }

  /// A fit that is no better than nothing is the person's to keep, and to know of.
  var doubt: String? {
    let brier = ["raw", kind.rawValue].map { name in
      fit.outcomes.first { $0.name == name }?.brier?.value ?? .infinity
    }
    guard brier[1] >= brier[0] else { return nil }
    return "On problems it had not seen this fit is no better than the bar as it is (Brier "
      + "\(brier[1].formatted(places: 3)) after \(brier[0].formatted(places: 3))); label more, or "
      + "try the other --fit."
  }

  private var error: String { largestError.formatted(places: 5) }

  /// One line for who wrote it.
  var told: String {
    "\(calibration.signal), \(kind.rawValue), \(calibration.steps) steps of \(calibration.problems) "
      + "problems, \(calibration.knots.count) knots"
      + (kind == .platt ? ", at most \(error) from the curve" : "")
  }
}
