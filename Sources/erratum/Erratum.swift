import ArgumentParser
import Foundation
import Sessions
import Workbench

@main
struct Erratum: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erratum",
    abstract: "See, judge and repair the reasoning of language models.",
    discussion: """
      Without a subcommand it opens the home screen: sessions, problems, what to do next. \
      Every screen lists its keys under "?".
      """,
    version: Setup.program,
    subcommands: [
      HomeCommand.self, SolveCommand.self, RunCommand.self, ReplayCommand.self,
      ReflectCommand.self, AnnotateCommand.self, AdjudicateCommand.self, AgreeCommand.self,
      ReportCommand.self,
      ImportCommand.self, ExportCommand.self,
      SessionsCommand.self, ProblemsCommand.self, ModelsCommand.self, ThemesCommand.self,
      ConfigCommand.self,
      DoctorCommand.self, KeysCommand.self,
    ],
    defaultSubcommand: HomeCommand.self)

  /// Runs the command; usage errors exit with 2, as everything a person typed wrong does.
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as ExitCode {
      Foundation.exit(error.rawValue)
    } catch {
      let code = exitCode(for: error)
      if code == .success || code == .validationFailure {
        let text = fullMessage(for: error)
        let stream: StandardStream = code == .success ? .output : .error
        stream.write(text + "\n")
        Foundation.exit(code == .success ? 0 : 2)
      }
      Failure.exit(error)
    }
  }
}

/// Where sessions are kept; every command that reads or makes them takes it.
struct LibraryOption: ParsableArguments {
  @Option(name: .long, help: "Folder of sessions instead of the library's usual place.")
  var library: String?

  func setup() throws -> Setup { try Setup(library: library) }
}

/// Ways of working without a screen.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "No screen: plain lines on standard output.")
  var headless = false
  @Flag(name: .long, help: "No screen: every event as a line of JSON, as the journal has it.")
  var json = false
  @Flag(name: .long, help: "No screen: plain lines that a screen reader can follow.")
  var linear = false

  var format: EventPrinter.Format? {
    if json { return .json }
    return headless || linear ? .plain : nil
  }
}

struct HomeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "home", abstract: "Sessions, problems and models to begin with.")
  @OptionGroup var library: LibraryOption
  @Option(
    name: .long,
    help: "Model that solves: local, local:FILE.gguf, http://host:port/v1#name or a profile.")
  var solver: String?
  @Option(name: .long, help: "Model that criticises; the solver when left out.")
  var critic: String?

  func run() throws {
    let setup = try library.setup()
    var state = try setup.state()
    state.settings.solver = solver ?? state.settings.solver
    state.settings.critic = critic ?? state.settings.critic
    let code = try ScreenLoop(setup: setup).run(state: state)
    throw ExitCode(code)
  }
}
