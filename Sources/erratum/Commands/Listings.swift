import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

/// Lines for a person or a pipe, gated like everything foreign.
func say(_ line: String) { StandardStream.output.write(Gate().plain(line) + "\n") }

struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions", abstract: "List the sessions, or those that hold some words.")
  @Argument(help: "Words of the problem or the answer.")
  var words: [String] = []
  @Flag(name: .long, help: "As JSON, one object a line.")
  var json = false
  @OptionGroup var library: LibraryOption

  private struct Row: Encodable {
    var id: String
    var title: String
    var path: String
    var created: Double
    var attempts: Int
    var rounds: Int
    var tokens: Int
    var answer: String?
    var isCorrect: Bool?
    var isExample: Bool
    var damage: String?
  }

  func run() throws {
    let setup = try library.setup()
    let sessions =
      words.isEmpty
      ? setup.edges.library.list() : setup.edges.library.search(words.joined(separator: " "))
    for session in sessions {
      if json {
        let row = Row(
          id: session.id, title: session.title, path: session.path, created: session.created,
          attempts: session.attempts, rounds: session.rounds, tokens: session.tokens,
          answer: session.answer, isCorrect: session.isCorrect, isExample: session.isExample,
          damage: session.damage)
        let line = [UInt8](try JSONEncoder().encode(row)).withoutControls
        StandardStream.output.write(line + [0x0A])
      } else {
        let verdict = session.isCorrect.map { $0 ? " correct" : " wrong" } ?? ""
        let answer = session.answer.map { "  answer \($0)\(verdict)" } ?? ""
        let kind = session.isExample ? "  example" : ""
        say("\(session.id)  \(session.title)  \(session.attempts) attempts\(answer)\(kind)")
        if let damage = session.damage { say("    \(damage)") }
      }
    }
    if sessions.isEmpty, !json {
      let sentence =
        words.isEmpty
        ? "no sessions; `erratum solve` makes one."
        : "no session holds these words; `erratum sessions` lists them all."
      StandardStream.error.write("erratum: \(sentence)\n")
    }
  }
}

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
