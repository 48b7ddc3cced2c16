import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "A whole problem set, with and without reflection.",
    discussion: """
      Every problem is attempted --samples times in every arm of --reflect, with the same seeds, and \
      a table says what each arm came to against none: accuracy, votes, tokens, seconds, with \
      intervals. Results go into a file of --out as they come: the same command goes on where it was \
      stopped, with more samples, problems or arms if you like. docs/run.md says what the figures mean. \
      Exit codes: 0 done, 1 the model or network failed, 2 bad usage or input, 130 interrupted.
      """)

  @Argument(help: "A problem set's name, or a JSONL file.")
  var set: String?
  @Option(
    name: .long,
    help: "Model that solves: local, local:FILE.gguf, http://host:port/v1#name or a profile.")
  var solver: String?
  @Option(
    name: .long,
    help: "Attempts on each problem in each arm, 1 to 1000; as in the config file, else 1.")
  var samples: String?
  @Option(name: .long, help: "So many problems, from the set's beginning.")
  var limit: String?
  @Option(name: .long, help: "Only problems whose ids begin so, such as held-out-.")
  var ids: String?
  @Option(
    name: .long,
    help: "Attempts at a time, 1 to 256; as many as there are cores, or as the server takes.")
  var jobs: String?
  @Option(name: .long, help: "Folder of the results; run-SET in the current one when left out.")
  var out: String?
  @Flag(name: .long, help: "Keep results only: no session for each problem and sample.")
  var noSessions = false
  @Flag(name: .long, help: "Only go on: refuse to begin where there are no results yet.")
  var resume = false
  @Option(name: .long, help: "Run nothing, and tell what the results in a folder come to.")
  var report: String?
  @Flag(name: .long, help: "The table as one line of JSON.")
  var json = false
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var reflection: ReflectionOptions
  @OptionGroup var library: LibraryOption

  func run() throws {
    if let report { return try tell(try read(report)) }
    guard let set else { throw RunError.noSet }
    let setup = try library.setup()
    let plan = try plan(try ProblemSets.find(set, in: setup.resources?.problems), setup)
    guard let spec = plan.settings.solver else { throw InputError.noSolver }
    try setup.models.check(spec)
    _ = try setup.edges.prompts(plan.settings.promptSet(for: nil))
    let jobs = try jobs.map { try Self.whole("jobs", $0, in: 1...256) }
    let folder = out ?? "run-" + plan.set.name
    if resume, !FileManager.default.fileExists(atPath: ResultsFile.path(in: folder)) {
      throw RunError.noResults(path: ResultsFile.path(in: folder).visible)
    }
    let outcome = waitFor { () -> Result<Outcome, any Error> in
      do {
        return .success(try await carryOut(plan, spec, jobs, folder, setup))
      } catch {
        return .failure(error)
      }
    }
    let ended = try outcome.get()
    if let results = ended.results { try tell(results) }
    ended.notes.forEach(warn)
    if ended.code != 0 { throw ExitCode(ended.code) }
  }

  private func plan(_ set: ProblemSet, _ setup: Setup) throws -> RunPlan {
    var settings = try setup.settings()
    settings.solver = solver ?? settings.solver
    try sampling.apply(to: &settings)
    try reflection.applyAllButMethod(to: &settings.reflection)
    guard let seed = sampling.seed == nil ? settings.sampling.seed ?? 1 : settings.sampling.seed
    else {
      throw InputError.badSetting(
        name: "seed", value: "off", allowed: "a whole number: arms are compared on the same seeds")
    }
    return RunPlan(
      set: set,
      problems: try RunPlan.problems(
        of: set, ids: ids,
        limit: try limit.map { try Self.whole("limit", $0, in: 1...1_000_000) }),
      samples: try samples.map { try Self.whole("samples", $0, in: 1...1000) } ?? settings.samples,
      seed: seed, arms: try RunArm.list(reflection.reflect ?? RunReport.baseline),
      settings: settings)
  }

  static func whole(_ name: String, _ text: String, in range: ClosedRange<Int>) throws -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw InputError.badSetting(
        name: name, value: text.visible,
        allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private struct Outcome: Sendable {
    var code: Int32 = 0
    /// `nil` when it was stopped: half a run has no outcome.
    var results: Results?
    var notes: [String] = []
  }

  private func carryOut(
    _ plan: RunPlan, _ spec: String, _ jobs: Int?, _ folder: String, _ setup: Setup
  ) async throws -> Outcome {
    let sessions = CaseSessions(edges: setup.edges, isKept: !noSessions)
    if let obstacle = await sessions.obstacle() { throw obstacle }
    let fleet = try await ModelFleet.open(
      spec, jobs: jobs, work: plan.cases.count, from: setup.models)
    var plan = plan
    plan.arms = try RunArm.fitting(plan.arms, on: fleet.description, leaveOut: warn)
    let header = plan.header(
      for: fleet.description, program: setup.edges.program, wall: setup.edges.wall())
    let file = try Self.open(folder, header, plan.recorded(for: fleet.description))
    if let note = file.earlier.damage(droppedBytes: file.droppedBytes) { warn(note) }
    var prompts = try setup.edges.prompts(plan.settings.promptSet(for: fleet.description))
    if let system = plan.settings.system { prompts.system = system }
    let run = SetRun(
      plan: plan, fleet: fleet,
      planner: RoundPlanner(prompts: prompts, parameters: plan.settings.sampling),
      sessions: sessions, file: file)
    let work = Task { await run.carryOut() }
    let interrupt = Interrupt { work.cancel() }
    let failures = await work.value
    var outcome = Outcome()
    if case .notSaved(let reason, _) = await file.close() {
      outcome.code = 1
      outcome.notes.append(
        RunError.notWritable(path: file.path.visible, reason: reason).sentence)
    }
    if let signal = interrupt.signal {
      outcome.code = 128 + signal
      outcome.notes.append(
        "stopped with \(run.left) attempts to go; the same command goes on, and --report "
          + "\(folder.visible) tells what there is.")
      return outcome
    }
    outcome.results = Results(header: file.earlier.header, rows: run.rows)
    if run.left > 0 {
      outcome.code = 1
      outcome.notes.append(
        "\(run.left) attempts are not done, \(failures.count) failed; the same command tries them "
          + "again.")
    }
    return outcome
  }

  private static func open(
    _ folder: String, _ header: ResultsHeader, _ arms: [ResultsArm]
  ) throws -> ResultsFile {
    let file: ResultsFile
    do {
      file = try ResultsFile.open(in: folder, beginning: header, program: header.program)
    } catch {
      throw RunError(error, folder: folder.visible)
    }
    try file.earlier.check(header, arms, folder: folder.visible)
    return file
  }

  private func read(_ folder: String) throws -> Results {
    do {
      let results = try ResultsFile.read(ResultsFile.path(in: folder))
      if let note = results.damage() { warn(note) }
      return results
    } catch {
      throw RunError(error, folder: folder.visible)
    }
  }

  private func tell(_ results: Results) throws {
    let report = RunReport(results.rows, order: RunArm.all.map(\.name))
    guard json else { return RunTable(report, about: results.header).lines.forEach(say) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = [UInt8](try encoder.encode(ReportLine(results.header, report)))
    StandardStream.output.write(line.withoutControls + [0x0A])
  }
}

/// A report as it is printed for other programs.
private struct ReportLine: Encodable {
  var set: String
  var model: String
  var settings: [String: String]
  var arms: [RunReport.Arm]
  var groups: [RunReport.Group]
  var resamples: Int
  var seed: UInt64

  init(_ header: ResultsHeader, _ report: RunReport) {
    set = header.set
    model = header.model
    settings = header.settings
    arms = report.arms
    groups = report.groups
    resamples = report.resamples
    seed = report.seed
  }
}

extension Results {
  init(header: ResultsHeader, rows: [ResultsRow]) {
    self.init(header: header)
    self.rows = rows
  }

  /// What was wrong with the file that could be read all the same; `nil` when nothing was.
  func damage(droppedBytes: Int = 0) -> String? {
    var parts: [String] = []
    if droppedBytes > 0 {
      parts.append("the last line was cut short and its \(droppedBytes) bytes were dropped")
    }
    if !badLines.isEmpty {
      let some = badLines.prefix(5).map { String($0) }.joined(separator: ", ")
      let lines = badLines.count == 1 ? "1 line" : "\(badLines.count) lines"
      parts.append(
        "\(lines) could not be used (\(some)\(badLines.count > 5 ? " ..." : ""))")
    }
    guard !parts.isEmpty else { return nil }
    return "Of the results, " + parts.joined(separator: " and ")
      + "; such attempts count as not made, and a run makes them again."
  }
}
