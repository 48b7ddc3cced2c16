import Engine
import Foundation
import Sessions
import Testing

@testable import erratum

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A library of sessions of one attempt each, with labels.
private struct Shelf {
  let path: String
  var library: Library { Library(root: URL(filePath: path, directoryHint: .isDirectory)) }

  /// Ten steps a session; those below -1 are wrong in two cases out of three.
  func fill(
    sessions: Int, annotators: [String] = ["ada"], measured: Bool = true,
    verdict: (Int, Float) -> Verdict? = { place, value in
      value < -1 && place % 3 > 0 ? .incorrect : .correct
    }, critic: String? = nil
  ) throws {
    var random = SplitMix(seed: 11)
    for number in 0..<sessions {
      let values = (0..<10).map { _ in Float.random(in: -2...0, using: &random) }
      let id = "s\(number)"
      let events = Self.events(values, measured: measured, critic: critic)
      let header = Header(
        program: "test", session: id, created: 0,
        problem: Problem(id: "p\(number)", text: "problem \(number)", answer: "1"))
      let encoder = JournalEncoder()
      var bytes = encoder.line(header)
      let records = events.enumerated().map { Record(n: $0.offset, t: 0, event: $0.element) }
      for record in records { encoder.append(record, to: &bytes) }
      let folder = path + "/" + id
      try FileManager.default.createDirectory(
        atPath: folder + "/annotations", withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: folder + "/journal.jsonl"))
      let session = Session(header: header, replaying: records)
      let attempt = try #require(session.attempts.first)
      for name in annotators {
        var bytes = encoder.line(
          AnnotationHeader(program: "test", session: id, annotator: name, created: 0))
        for (place, value) in values.enumerated() {
          guard let verdict = verdict(number * 10 + place, value) else { continue }
          encoder.append(
            Record(
              n: place, t: 0,
              event: .labelled(
                Labelled(
                  step: StepID(attempt: attempt.id, index: place),
                  digest: attempt.digest(upTo: attempt.steps[place]), annotator: name, wall: 0,
                  label: Label(verdict)))), to: &bytes)
        }
        try Data(bytes).write(to: URL(filePath: folder + "/annotations/\(name).jsonl"))
      }
    }
  }

  private static func events(_ values: [Float], measured: Bool, critic: String?) -> [Event] {
    let id = AttemptID("a1")
    let call = Call(
      model: ModelDescription(model: "solver<1>", dialect: "test", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters())
    var events: [Event] = [
      .attemptStarted(AttemptStarted(attempt: id, segmenter: 1, call: call))
    ]
    for (place, value) in values.enumerated() {
      var table = TokenTable()
      table.append(Token(bytes: Array("step \(place)\n".utf8)))
      events.append(
        .tokens(TokensArrived(attempt: id, channel: .answer, firstSerial: place, table: table)))
      let measures = StepMeasures(
        tokens: 1, measured: 1, meanLogProbability: value, minLogProbability: value,
        meanEntropy: EntropyBounds(lower: -value, upper: -value),
        maxEntropy: EntropyBounds(lower: -value, upper: -value + 1))
      events.append(
        .stepClosed(
          StepClosed(
            attempt: id, index: place, channel: .answer, start: place * 7, end: place * 7 + 7,
            segmenter: 1, measures: measured ? measures : StepMeasures())))
    }
    events.append(.attemptFinished(AttemptFinished(attempt: id, reason: .stop)))
    events.append(
      .answerExtracted(
        AnswerExtracted(attempt: id, answer: "1", method: .boxed, isCorrect: true)))
    guard let critic else { return events }
    let judge = Call(
      model: ModelDescription(model: critic, dialect: "test", capabilities: Capabilities()),
      messages: [], parameters: SamplingParameters())
    let critique = CritiqueID("c1")
    events.append(
      .critiqueStarted(
        CritiqueStarted(
          critique: critique, attempt: id, steps: Array(values.indices), call: judge)))
    let first = values.firstIndex { $0 < -1.5 }
    for place in values.indices {
      events.append(
        .verdict(
          VerdictGiven(
            critique: critique, step: place, verdict: place == first ? .incorrect : .correct)))
    }
    events.append(
      .critiqueFinished(
        CritiqueFinished(
          critique: critique, reason: .stop, firstError: first.map { .step($0) } ?? .none,
          format: "lines")))
    return events
  }

  /// The sentence that the command ends with, and its exit code.
  func refusal(_ arguments: String...) throws -> (sentence: String, code: Int32) {
    do {
      let command = try #require(
        try ReportCommand.parseAsRoot(arguments + ["--library", path]) as? ReportCommand)
      try command.run()
      return ("(done)", 0)
    } catch {
      return (Failure.sentence(for: error), Failure.code(for: error))
    }
  }

  func report(_ settings: CalibrationReport.Settings? = nil) throws -> (
    report: CalibrationReport, labelled: LabelledSessions
  ) {
    var quick = CalibrationReport.Settings()
    quick.bootstrap.resamples = 40
    let folders = try ExportCommand.folders([path], in: library)
    let labelled = try LabelledSessions(folders, labels: nil, in: library)
    return (CalibrationReport(labelled.attempts, settings: settings ?? quick), labelled)
  }
}

@Suite struct ReportRefusalTests {
  private func refusal(
    _ arguments: String..., fill: (Shelf) throws -> Void
  ) throws -> String {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try fill(shelf)
      let (sentence, code) = try shelf.refusal("--calibration")
      #expect(code == 2, "\(sentence)")
      return sentence
    }
  }

  @Test func `three labels, or one kind of label, are refused with the reason`() throws {
    let few = try refusal { try $0.fill(sessions: 1) { place, _ in place < 3 ? .correct : nil } }
    #expect(few.hasPrefix("3 labelled steps are too few"), "\(few)")
    let right = try refusal { try $0.fill(sessions: 3) { _, _ in .correct } }
    #expect(right.hasPrefix("All 30 labelled steps are right"), "\(right)")
    let wrong = try refusal { try $0.fill(sessions: 3) { _, _ in .incorrect } }
    #expect(wrong.hasPrefix("All 30 labelled steps are wrong"), "\(wrong)")
    let unsure = try refusal { try $0.fill(sessions: 3) { _, _ in .unsure } }
    #expect(unsure.hasPrefix("0 labelled steps are too few"), "\(unsure)")
  }

  @Test func `whose labels count must be plain`() throws {
    let none = try refusal { try $0.fill(sessions: 1, annotators: []) }
    #expect(none.hasPrefix("Nobody has labelled"), "\(none)")
    let two = try refusal { try $0.fill(sessions: 1, annotators: ["ada", "ben"]) }
    #expect(two.hasPrefix("ada, ben have labelled"), "\(two)")
    #expect(two.hasSuffix("--labels."))
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 2, annotators: ["ada", "ben", "consensus"])
      let folders = try ExportCommand.folders([folder], in: shelf.library)
      #expect(try LabelledSessions.chosen(nil, in: folders) == "consensus")
      #expect(try LabelledSessions.chosen("ben", in: folders) == "ben")
      #expect(throws: ReportError.self) { try LabelledSessions.chosen("zed", in: folders) }
    }
  }

  @Test func `steps without numbers and without a critic measure nothing, and it is said`() throws {
    let sentence = try refusal { try $0.fill(sessions: 5, measured: false) }
    #expect(sentence.contains("no log-probabilities on these steps"), "\(sentence)")
  }

  @Test(arguments: [
    (["--calibration", "--signal", "entropi"], "--signal takes one of"),
    (["--calibration", "--signal", "maxEntropy", "--write", "/p"], "cannot calibrate maxEntropy"),
    (["--calibration", "--fit", "spline"], "--fit takes isotonic or platt"),
    (["--calibration", "--miss-rate", "nan"], "--miss-rate takes a number from 0"),
    (["--calibration", "--miss-rate", "1"], "--miss-rate takes a number from 0"),
    (["--calibration", "--bootstrap=-1"], "--bootstrap takes a whole number"),
    (["--calibration", "--neutral", "maybe"], "--neutral takes good, bad or drop"),
    (["--calibration", "--critic", "nobody"], "No critic has judged"),
    (["--calibration", "--model", "other"], "other has written none"),
    (["--calibration", "--labels", "zed"], "zed has labelled none"),
    (["--signal", "margin"], "--signal goes with --calibration"),
    (["nowhere/at/all"], "nowhere/at/all"),
  ])
  func `a slip is told`(arguments: [String], says: String) throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 3)
      do {
        let command = try #require(
          try ReportCommand.parseAsRoot(["--library", folder, "--bootstrap", "10"] + arguments)
            as? ReportCommand)
        try command.run()
        Issue.record("it was done: \(arguments)")
      } catch {
        let sentence = Failure.sentence(for: error)
        #expect(sentence.contains(says), "\(sentence)")
        #expect(Failure.code(for: error) == 2)
      }
    }
  }
}

@Suite struct CalibrationReportTests {
  @Test func `labels of changed chains count for nothing and are told`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 3)
      let path = folder + "/s0/annotations/ada.jsonl"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("\"digest\":\"", with: "\"digest\":\"0").write(
        toFile: path, atomically: true, encoding: .utf8)
      let labelled = try shelf.report().labelled
      #expect(labelled.orphans == 10)
      #expect(labelled.attempts.count == 2)
    }
  }

  @Test func `every signal with numbers is measured, the others say why not`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 12, critic: "judge")
      let report = try shelf.report().report
      #expect(report.signals.map(\.id) == Signal.allCases.map(\.rawValue))
      let margin = try #require(report.signals.first { $0.id == "margin" })
      #expect(margin.refusal == "no alternatives of the tokens on these steps")
      let mean = try #require(report.signals.first?.measures)
      #expect(mean.count == 120)
      #expect((mean.auroc?.value ?? 0) > 0.8)
      // Known by a lower bound only.
      #expect(report.signals.first { $0.id == "maxEntropy" }?.bounded == 120)
      // The entropy is the mean log-probability turned round here, and ranks alike.
      let entropy = report.signals.first { $0.id == "meanEntropy" }?.measures
      #expect(entropy?.auroc == mean.auroc)
      #expect(report.trials.map(\.critic) == ["judge"])
      #expect(report.trials.first?.firstErrorExact.of ?? 0 > 0)
    }
  }

  @Test func `the lines fit a terminal, and ASCII is ASCII`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 12, critic: "judge")
      let (report, labelled) = try shelf.report()
      for isASCII in [false, true] {
        let lines =
          CalibrationLines(report, labels: labelled.labels, isASCII: isASCII).lines
          + CorrectionLines(labelled.report.corrections).lines
        for line in lines {
          #expect(line.count <= 80, "\(line.count): \(line)")
          if isASCII {
            let isPlain = line.unicodeScalars.allSatisfy(\.isASCII)
            #expect(isPlain, "\(line)")
          }
        }
        #expect(lines.contains { $0.contains("ProcessBench F1") })
        #expect(lines.contains { $0.contains("fire below") })
      }
    }
  }

  @Test func `the figure is XML and the page stands alone, whatever names say`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 12, critic: "</svg><script>&\u{1B}[31m\u{FFFF}\u{202E}")
      let (report, labelled) = try shelf.report()
      let figure = ReliabilityFigure(report).file
      let parser = XMLParser(data: Data(figure.utf8))
      #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
      let page = CalibrationPage(
        report: report, corrections: labelled.report.corrections, labels: labelled.labels,
        program: "1.0.0"
      ).text
      for text in [figure, page] {
        #expect(!text.contains("<script"))
        #expect(!text.contains("\u{1B}"))
        #expect(!text.contains("\u{202E}"))
      }
      #expect(page.contains("solver&lt;1&gt;"))
      #expect(page.contains("default-src 'none'"))
      #expect(!page.contains("http://") || page.contains("http://www.w3.org/2000/svg"))
    }
  }

  @Test func `a calibration goes into a profile and is read back`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 12)
      var settings = CalibrationReport.Settings()
      settings.bootstrap.resamples = 20
      let labelled = try shelf.report().labelled
      for kind in CalibrationCurve.Kind.allCases {
        let fitted = try CalibrationWriting(
          labelled.attempts, signal: nil, kind: kind, settings: settings)
        let path = folder + "/\(kind).toml"
        var text = try ProfileText(path)
        let table = ProfileText.table(fitted.calibration, remarks: fitted.remarks(labels: "ada"))
        try text.put(["calibration": table], name: fitted.model, prompts: nil)
        let profile = try #require(try ProfileFile.load(path))
        #expect(profile.calibration == fitted.calibration)
        #expect(Signal.standard.standing(in: profile) == "calibrated on 120 steps")
      }
      #expect(throws: ReportError.self) {
        try CalibrationWriting(
          labelled.attempts, signal: "maxEntropy", kind: .platt, settings: settings)
      }
      #expect(throws: ReportError.self) {
        try CalibrationWriting(
          labelled.attempts, signal: "margin", kind: .platt, settings: settings)
      }
    }
  }

  @Test func `a table that is there is replaced whole, its list of knots too`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/p.toml"
      let old = """
        name = "x"

        # Old figures.
        [calibration]
        signal = "margin"
        steps = 4
        problems = 2
        knots = [
          [0.1, 0.5],
          [0.2, 0.6]
        ]

        # Kept.
        [reflection]
        window = 5
        k = 1
        minimum_deviation = 0.1
        floor = 0.1
        cold_start = 0.1
        share = 0.5

        """
      try old.write(toFile: path, atomically: true, encoding: .utf8)
      let calibration = Calibration(
        signal: "margin", steps: 40, problems: 20, knots: [[0.1, 0.25], [0.5, 1]])
      let standing = CriticStanding(f1: 0.61234, wrongChains: 20, rightChains: 20, kappa: -0.1)
      for _ in 0..<2 {
        var text = try ProfileText(path)
        try text.put(
          [
            "calibration": ProfileText.table(calibration, remarks: ["New."]),
            "critic": ProfileText.table(standing, remarks: ["Tried."]),
          ], name: "y", prompts: "plain")
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!written.contains("Old figures") && written.contains("# Kept.\n[reflection]"))
        #expect(written.components(separatedBy: "[calibration]").count == 2)
        let profile = try #require(try ProfileFile.load(path))
        #expect(profile.name == "x" && profile.prompts == nil)
        #expect(profile.calibration == calibration)
        #expect(profile.reflection?.window == 5)
        #expect(profile.critic?.f1 == 0.6123 && profile.critic?.kappa == -0.1)
        #expect(profile.critic?.chains == 40)
      }
    }
  }
}

@Suite struct SessionsReportTests {
  @Test func `accuracy, rounds and cost by model and session`() throws {
    try withTemporaryFolder { folder in
      let shelf = Shelf(path: folder)
      try shelf.fill(sessions: 3, critic: "judge")
      var report = SessionsReport()
      for name in try ExportCommand.folders([folder], in: shelf.library) {
        report.add(try shelf.library.read(name).session)
      }
      let row = try #require(report.models.first)
      #expect(report.models.count == 1)
      #expect(row.sessions == 3 && row.problems == 3 && row.attempts == 3)
      #expect(row.checked == 3 && row.right == 3)
      #expect(row.critiques == 3 && row.tokens == 30)
      #expect(report.sessions.map(\.name) == ["s0", "s1", "s2"])
      let lines = SessionsLines(report).lines
      #expect(lines.contains { $0.contains("solver<1>") && $0.contains("3/3") })
      #expect(lines.contains { $0.contains("self-correction is undefined") })
    }
  }
}
