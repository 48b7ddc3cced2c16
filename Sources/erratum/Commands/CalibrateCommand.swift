import ArgumentParser
import Engine
import Foundation
import Sessions
import Synchronization
import Workbench

extension ModelsCommand {
  struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "calibrate", abstract: "Find the thresholds of reflection that fit a model.",
      discussion: """
        The model attempts problems without reflecting, and its entropies at the sampling \
        temperature are measured. What is proposed has a wanted share of its tokens trigger; the \
        published thresholds stand beside it. Exit codes: 0 done, 1 the model or network failed or \
        the model sends no log-probabilities, 2 bad usage or input, 130 interrupted.
        """)
    @Argument(help: "local, local:FILE.gguf, a profile, or http://host:port/v1#name.")
    var model: String?
    @Option(name: .long, help: "A problem set's name, or a JSONL file.")
    var problems: String
    @Option(name: .long, help: "So many problems, from the set's beginning; 100 when left out.")
    var limit: String?
    @Option(name: .long, help: "Only problems whose ids begin so, such as trained-.")
    var ids: String?
    @Option(name: .long, help: "Share of the tokens that are to trigger, above 0 and up to 0.5.")
    var share = "0.02"
    @Option(name: .long, help: "Attempts at a time, 1 to 256.")
    var jobs: String?
    @Flag(name: .long, help: "As one line of JSON.")
    var json = false
    @Option(
      name: .long,
      help: "Put the proposal into a profile: a new file, or the [reflection] table of one.")
    var write: String?
    @OptionGroup var sampling: SamplingOptions
    @OptionGroup var library: LibraryOption

    func run() throws {
      guard let wanted = Double(share), wanted > 0, wanted <= 0.5 else {
        throw InputError.badSetting(
          name: "share", value: share.visible, allowed: "a number above 0 and up to 0.5")
      }
      let setup = try library.setup()
      let set = try ProblemSets.find(problems, in: setup.resources?.problems)
      let chosen = try RunPlan.problems(
        of: set, ids: ids,
        limit: try limit.map { try RunCommand.whole("limit", $0, in: 1...1_000_000) } ?? 100)
      let jobs = try jobs.map { try RunCommand.whole("jobs", $0, in: 1...256) }
      var settings = try setup.settings()
      settings.solver = model ?? settings.solver
      try sampling.apply(to: &settings)
      guard let spec = settings.solver else { throw InputError.noSolver }
      try setup.models.check(spec)
      // What cannot be written is found out before the work, and what could not be read back.
      let profile = try write.map { try ProfileText($0) }
      let asked = Asked(settings: settings, seed: settings.sampling.seed ?? 1)
      let outcome = try waitFor { [settings] () -> Result<Outcome, any Error> in
        do {
          return .success(try await Self.survey(chosen, spec, jobs, asked, settings, setup))
        } catch {
          return .failure(error)
        }
      }.get()
      if let signal = outcome.signal { throw ExitCode(128 + signal) }
      guard
        let survey = EntropySurvey(
          outcome.attempts.map { ($0.attempt, $0.isCorrect) }, wanted: wanted)
      else { throw RunError.noEntropies(model: outcome.model?.shortName.visible ?? "The model") }
      try tell(survey)
      if let failure = outcome.failure {
        warn(failure)
        throw ExitCode(1)
      }
      if var profile {
        try profile.take(
          survey.thresholds, name: outcome.model?.shortName ?? "model",
          prompts: asked.settings.promptSet(for: outcome.model), temperature: survey.temperature)
        warn("wrote [reflection] to \(profile.path.visible)")
      }
    }

    private struct Asked: Sendable {
      var settings: Settings
      var seed: Int
    }

    private struct Answered: Sendable {
      var attempt: Attempt
      var isCorrect: Bool?
    }

    private struct Outcome: Sendable {
      var attempts: [Answered] = []
      var model: ModelDescription?
      var failure: String?
      var signal: Int32?
    }

    private static func survey(
      _ problems: [Problem], _ spec: String, _ jobs: Int?, _ asked: Asked, _ settings: Settings,
      _ setup: Setup
    ) async throws -> Outcome {
      let fleet = try await ModelFleet.open(
        spec, jobs: jobs, work: problems.count, from: setup.models)
      var outcome = Outcome(model: fleet.description)
      guard fleet.description.capabilities.logProbabilities else {
        throw RunError.noEntropies(model: fleet.description.shortName.visible)
      }
      var prompts = try setup.edges.prompts(settings.promptSet(for: fleet.description))
      if let system = settings.system { prompts.system = system }
      let planner = RoundPlanner(prompts: prompts, parameters: settings.sampling)
      let progress = RunProgress(total: problems.count, done: 0)
      let failure = Mutex<String?>(nil)
      let edges = setup.edges
      let work = Task {
        await fleet.map(problems) { problem, model -> Answered? in
          let session = CaseSession(problem: problem, edges: edges)
          var plan = planner.solve(problem, attempt: AttemptID("a1"))
          plan.parameters.seed = asked.seed
          await Engine.run(plan, on: model, serials: session.serials, record: session.record)
          guard let attempt = await session.settled().attempts.last,
            let finished = attempt.finished, finished.reason != .cancelled
          else { return nil }
          if finished.reason == .error || finished.reason == .truncated {
            failure.withLock { $0 = finished.message ?? "An attempt was cut off; try again." }
            return nil
          }
          progress.finished()
          return Answered(
            attempt: attempt,
            isCorrect: problem.answer == nil ? nil : attempt.answer?.isCorrect ?? false)
        }
      }
      let teller = Task { await progress.tell() }
      let interrupt = Interrupt { work.cancel() }
      outcome.attempts = await work.value
      teller.cancel()
      await teller.value
      progress.end()
      outcome.failure = failure.withLock { $0 }
      outcome.signal = interrupt.signal
      if let failure = outcome.failure, outcome.attempts.isEmpty {
        throw RunError.modelFailed(failure)
      }
      return outcome
    }

    private func tell(_ survey: EntropySurvey) throws {
      guard json else { return SurveyLines(survey).lines.forEach(say) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      StandardStream.output.write([UInt8](try encoder.encode(survey)).withoutControls + [0x0A])
    }
  }
}

/// A survey as lines for a person.
struct SurveyLines {
  let lines: [String]

  init(_ survey: EntropySurvey) {
    var lines = [
      "\(survey.responses) responses, \(survey.tokens) tokens, \(survey.measured) with an entropy, "
        + "\(survey.isExact ? "exact" : "within bounds"), at temperature \(survey.temperature)",
      "", "entropies in nats:",
    ]
    lines += TextTable.lines(
      [["", "at most"]]
        + survey.quantiles.map { quantile in
          let share = (quantile.share * 100).formatted(places: 1) + "% of tokens"
          let (lower, upper) = (
            quantile.lower.formatted(places: 4), quantile.upper.formatted(places: 4)
          )
          return [share, survey.isExact ? lower : "\(lower) to \(upper)"]
        })
    lines += ["", "thresholds:"]
    lines += TextTable.lines(
      [
        ["", "window", "K", "least deviation", "floor", "cold start", "fires at", "may fire at"]
      ] + [("published", survey.published), ("proposed", survey.proposed)].map(Self.row))
    for (name, found) in [("published", survey.published), ("proposed", survey.proposed)] {
      lines += Self.outcomes(name, found)
    }
    self.lines = lines
  }

  private static func row(_ name: String, _ found: EntropySurvey.Triggers) -> [String] {
    let rule = found.thresholds
    func percent(_ share: Double) -> String { (share * 100).formatted(places: 2) + "%" }
    return [
      name, "\(rule.window)", "\(rule.k)", "\(rule.minimumDeviation)", "\(rule.floor)",
      "\(rule.coldStart)", percent(found.fires), percent(found.fires + found.ambiguous),
    ]
  }

  private static func outcomes(_ name: String, _ found: EntropySurvey.Triggers) -> [String] {
    let answers = [("right", found.right), ("wrong", found.wrong)]
    guard answers.contains(where: { $0.1.responses > 0 }) else { return [] }
    return [""]
      + answers.flatMap { word, outcome -> [String] in
        guard outcome.responses > 0 else { return ["\(name), \(word) answers: none"] }
        let each = Double(outcome.triggers) / Double(outcome.responses)
        var line =
          "\(name), \(outcome.responses) \(word) answers: \(each.formatted(places: 2)) triggers each"
        if outcome.withWrongSum > 0 {
          line +=
            "; \(outcome.withWrongSum) have a step whose sum does not hold, "
            + "\(outcome.triggersUpToIt) of their \(outcome.triggersThere) triggers come in or "
            + "before it (in \(outcome.caught) of them)"
        }
        return [line]
      }
  }
}
