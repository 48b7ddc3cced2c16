import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

/// Lines for a person or a pipe, gated like everything foreign.
func say(_ line: String) { StandardStream.output.write(Gate().plain(line) + "\n") }

struct ProblemsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "problems", abstract: "List the problem sets, or the problems of one.")
  @Argument(help: "A set's name or a JSONL file.")
  var set: String?
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    guard let set else {
      for set in setup.edges.problemSets() { say("\(set.name)  \(set.problems.count) problems") }
      return
    }
    let found = try ProblemSets.find(set, in: setup.resources?.problems)
    for problem in found.problems {
      say("\(found.name):\(problem.id)  \(SessionSummary.title(of: problem.text, length: 90))")
    }
  }
}

struct ThemesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "themes", abstract: "List the themes, or check one.")
  @Argument(help: "A theme's name.")
  var theme: String?
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    if let theme {
      let file = try setup.themes.load(theme)
      say("\(file.theme.name)  \(file.summary ?? "")  good")
    } else {
      for (name, file) in setup.themes.list { say("\(name)  \(file)") }
    }
  }
}

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check the config file and say where everything is.")
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    let folder = Configuration.folder(environment: setup.environment) ?? "(no home folder)"
    say("config file  \(folder)/config.toml")
    say("library      \(setup.edges.library.root.path)")
    say("share        \(setup.resources?.share ?? "(not found; set ERRATUM_SHARE)")")
    let settings = try setup.settings()
    say("solver       \(settings.solver ?? "(none)")")
    say("critic       \(settings.critic ?? "(the solver)")")
    say("theme        \(settings.theme.name)")
    for setting in Setting.allCases { say("\(setting.rawValue)  \(settings[setting])") }
  }
}

/// Writes `docs/keys.md` from the command table.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Print every key as a page of Markdown.", shouldDisplay: false)

  func run() { StandardStream.output.write(KeyReference.markdown) }
}
