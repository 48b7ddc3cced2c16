import ArgumentParser
import Foundation
import Sessions
import Workbench

struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve", abstract: "A session on one problem.",
    discussion: """
      The problem is text, "-" for standard input, or SET:ID for one of a problem set \
      (see "erratum problems"). Without --solver the model that comes with the program solves it: \
      no key, no server. Exit codes: 0 done, 1 the model or network failed, \
      2 bad usage or input, 130 interrupted.
      """)

  @Argument(help: "The problem, \"-\", or SET:ID.")
  var problem: String?
  @Option(name: .long, help: "Read the problem from a file.")
  var file: String?
  @Option(name: .long, help: "The reference answer to check against.")
  var answer: String?
  @Option(
    name: .long,
    help: "Model that solves: local, local:FILE.gguf, http://host:port/v1#name or a profile.")
  var solver: String?
  @Option(name: .long, help: "Model that criticises; the solver when left out.")
  var critic: String?
  @Option(
    name: .long, help: "Correct the answer so many times, as long as the critic finds errors.")
  var rounds = 0
  @Option(name: .long, help: "Attempts made at once, for votes.")
  var samples: String?
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var reflection: ReflectionOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var library: LibraryOption

  func validate() throws {
    if rounds < 0 || rounds > 100 {
      throw ValidationError("--rounds takes a whole number from 0 to 100, not \(rounds).")
    }
    if file != nil, problem != nil {
      throw ValidationError("Give the problem as an argument or with --file, not both.")
    }
    if rounds > 0, output.format == nil {
      throw ValidationError(
        "--rounds works with --headless, --linear or --json; on the screen r begins a round.")
    }
  }

  func run() throws {
    let setup = try library.setup()
    let problem = try readProblem(setup)
    var state = try setup.state()
    try apply(to: &state.settings)
    // Slips in names are found before a session is begun.
    _ = try setup.edges.prompts(state.settings.promptSet(for: nil))
    try [state.settings.solver, state.settings.critic].compactMap(\.self).forEach(
      setup.models.check)
    guard let format = output.format else {
      // Checked before the screen is entered: a person without a model should not lose the line.
      let effects =
        state.settings.solver == nil
        ? []
        : [
          Effect.begin(problem, samples: state.settings.samples)
        ]
      state.isCalling = !effects.isEmpty
      if effects.isEmpty {
        state.pendingProblem = problem
        state.prompt = Prompt(.solver)
        state.notice = Notice(
          "no solver yet: name a profile, local:FILE.gguf or http://host:port/v1#model", .warning)
      }
      throw ExitCode(try ScreenLoop(setup: setup).run(opening: effects, state: state))
    }
    guard state.settings.solver != nil else { throw InputError.noSolver }
    let settings = state.settings
    let run = HeadlessRun(
      setup: setup, settings: settings,
      printer: EventPrinter(format, signal: settings.signal), rounds: rounds,
      criticises: critic != nil)
    throw ExitCode(waitFor { await run.solve(problem) })
  }

  private func apply(to settings: inout Settings) throws {
    settings.solver = solver ?? settings.solver
    settings.critic = critic ?? settings.critic
    try sampling.apply(to: &settings)
    if let samples { try settings.take(.samples, samples) }
    try reflection.apply(to: &settings.reflection)
  }

  private func readProblem(_ setup: Setup) throws -> Problem {
    var found = try findProblem(setup)
    let text = found.text.trimmedWhitespace
    guard !text.isEmpty else { throw InputError.emptyProblem }
    guard text.utf8.count <= Problem.maximumBytes else {
      throw InputError.problemTooLong(bytes: text.utf8.count)
    }
    found.text = text
    found.answer = answer ?? found.answer
    return found
  }

  private func findProblem(_ setup: Setup) throws -> Problem {
    if let file {
      // A pipe is as good as a file; no more is read of either than may be sent.
      guard let handle = FileHandle(forReadingAtPath: file),
        let data = try? handle.read(upToCount: Problem.maximumBytes + 1) ?? Data()
      else { throw InputError.fileUnreadable(path: file) }
      return Problem(
        id: "file", text: String(decoding: data, as: UTF8.self),
        source: URL(filePath: file).lastPathComponent)
    }
    guard let problem, problem != "-" else {
      // Nobody means to type a problem at a prompt that is not there.
      guard problem != nil || isatty(STDIN_FILENO) == 0 else { throw InputError.emptyProblem }
      let limit = Problem.maximumBytes + 1
      let data = (try? FileHandle.standardInput.read(upToCount: limit)) ?? nil
      return Problem(
        id: "stdin", text: String(decoding: data ?? Data(), as: UTF8.self), source: "stdin")
    }
    if let match = problem.wholeMatch(of: /([A-Za-z0-9_.\/-]+):([A-Za-z0-9_.-]+)/),
      let set = try? ProblemSets.find(String(match.1), in: setup.resources?.problems)
    {
      guard let found = set.problems.first(where: { $0.id == match.2 }) else {
        throw InputError.noSuchProblem(String(match.2), set: set.name)
      }
      return found
    }
    return Problem(id: "typed", text: problem, source: "typed")
  }
}
