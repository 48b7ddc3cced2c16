import ArgumentParser
import Foundation
import Sessions
import Workbench

struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions", abstract: "List, search, show and look after the sessions.",
    discussion: """
      A session is named by its id, by the beginning of one, or by the path of its folder. What is \
      deleted goes to a trash folder in the library. docs/library.md has the filters.
      """,
    subcommands: [
      ListSessions.self, SearchSessions.self, ShowSession.self, SessionPath.self,
      RenameSession.self, DeleteSessions.self, ListTrash.self, RestoreSession.self,
      EmptyTrash.self,
    ], defaultSubcommand: ListSessions.self)
}

/// What is listed of a session, as JSON.
struct SessionRow: Encodable {
  var id: String
  var title: String
  var path: String
  var created: Double
  var lastActivity: Double
  var attempts: Int
  var rounds: Int
  var tokens: Int
  var answer: String?
  var isCorrect: Bool?
  var isExample: Bool
  var damage: String?
  var sets: [String]
  var models: [String]
  var states: [String]
  var annotators: [String]
  var labels: Int
  var disagreements: Int

  init(_ session: SessionSummary) {
    id = session.id
    title = session.title
    path = session.path
    created = session.created
    lastActivity = session.lastActivity
    attempts = session.attempts
    rounds = session.rounds
    tokens = session.tokens
    answer = session.answer
    isCorrect = session.isCorrect
    isExample = session.isExample
    damage = session.damage
    sets = session.sets
    models = session.models
    states = session.states.map(\.rawValue)
    annotators = session.annotators
    labels = session.labels
    disagreements = session.disagreements
  }
}

/// One object as a line of JSON.
func sayJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  StandardStream.output.write([UInt8](try encoder.encode(value)).withoutControls + [0x0A])
}

/// The filter that words on a command line make.
struct FilterArguments: ParsableArguments {
  @Argument(
    help: """
      Words to be found, and filters: set:NAME, model:NAME, annotator:NAME, state:STATE, \
      disagree:yes; an exclamation mark before one excludes ('!annotator:ada').
      """)
  var filter: [String] = []

  func parsed() throws -> LibraryFilter {
    // An argument with blanks was quoted: it is one phrase, or a field with its value.
    let line = filter.map { word -> String in
      guard word.contains(where: \.isWhitespace), !word.contains("\"") else { return word }
      guard let colon = word.firstIndex(of: ":"),
        LibraryFilter.Field(rawValue: word[..<colon].drop { $0 == "!" }.lowercased()) != nil
      else { return "\"\(word)\"" }
      return "\(word[...colon])\"\(word[word.index(after: colon)...])\""
    }
    return try LibraryFilter(checking: line.joined(separator: " "))
  }

  /// A word that looks like a filter that was mistyped.
  var suggestion: String? {
    for word in filter {
      guard let colon = word.firstIndex(of: ":") else { continue }
      let name = String(word[..<colon].drop { $0 == "!" })
      if let near = nearest(to: name, in: LibraryFilter.Field.allCases.map(\.rawValue)),
        near != name
      {
        return near
      }
    }
    return nil
  }
}

struct ListSessions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the sessions, or those that a filter leaves.")
  @OptionGroup var filter: FilterArguments
  @Flag(name: .long, help: "As JSON, one object a line.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    let filter = try filter.parsed()
    let progress = IndexProgress()
    let sessions = setup.edges.library.list(matching: filter, progress: progress.tell)
    progress.end()
    for session in sessions {
      if json { try sayJSON(SessionRow(session)) } else { session.lines.forEach(say) }
    }
    if sessions.isEmpty, !json { warn(emptySentence(filter)) }
  }

  private func emptySentence(_ filter: LibraryFilter) -> String {
    if filter.isEmpty { return "no sessions; `erratum solve` makes one." }
    if let near = self.filter.suggestion { return "no session fits; did you mean \(near):?" }
    return "no session fits; `erratum sessions list` lists them all."
  }
}

/// Says on a terminal how far the index is, when that takes a while.
final class IndexProgress {
  private let start = DispatchTime.now()
  private var isShown = false

  func tell(_ done: Int, _ total: Int) {
    let passed = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
    guard isatty(STDERR_FILENO) != 0, isShown || passed > 0.5 else { return }
    isShown = true
    StandardStream.error.write("\rerratum: reading sessions, \(done) of \(total)\u{1B}[K")
  }

  func end() {
    if isShown { StandardStream.error.write("\r\u{1B}[K") }
  }
}

extension SessionSummary {
  /// As listed: a line, and one more for what is wrong with it.
  var lines: [String] {
    var pieces = ["\(id)  \(title)  \(attempts) attempts"]
    if let answer {
      pieces.append("answer \(answer)" + (isCorrect.map { $0 ? " correct" : " wrong" } ?? ""))
    }
    if !annotators.isEmpty {
      pieces.append("\(labels) labels by \(annotators.joined(separator: ", "))")
    }
    if disagreements > 0 { pieces.append("\(disagreements) disputed") }
    if isExample { pieces.append("example") }
    return [pieces.joined(separator: "  ")] + (damage.map { ["    \($0)"] } ?? [])
  }
}

struct SearchSessions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find words in problems, thoughts, steps, critiques and labels, and say where.")
  @OptionGroup var filter: FilterArguments
  @Option(name: .long, help: "Places to show of each session.")
  var places = 3
  @Option(name: .long, help: "Sessions to show.")
  var limit = 100
  @Flag(name: .long, help: "As JSON, one place a line.")
  var json = false
  @OptionGroup var library: LibraryOption

  func validate() throws {
    guard (1...1000).contains(places), (1...1_000_000).contains(limit) else {
      throw ValidationError("--places takes 1 to 1000, --limit 1 to 1000000.")
    }
  }

  private struct Row: Encodable {
    var session: String
    var path: String
    var kind: String
    var attempt: String?
    var critique: String?
    var annotator: String?
    /// From 0, over both channels of the attempt.
    var step: Int?
    var text: String
    /// Bytes of `text` that were looked for.
    var start: Int
    var end: Int
  }

  func run() throws {
    let setup = try library.setup()
    let library = setup.edges.library
    let filter = try filter.parsed()
    guard !filter.words.isEmpty else { throw InputError.nothingToSearch }
    let progress = IndexProgress()
    let sessions = library.list(matching: filter, progress: progress.tell)
    progress.end()
    let shown = sessions.prefix(limit)
    let hits = library.hits(of: filter.words, in: shown.map(\.path), most: places)
    for session in shown {
      if !json { say("\(session.id)  \(session.title)") }
      for hit in hits[session.path] ?? [] {
        if json {
          try sayJSON(row(session, hit))
        } else {
          say("    \(hit.place.words): \(hit.snippet)")
        }
      }
    }
    if sessions.count > shown.count, !json {
      warn("\(sessions.count - shown.count) more sessions; --limit shows them.")
    }
    if sessions.isEmpty, !json { warn("no session holds these words; try fewer of them.") }
  }

  private func row(_ session: SessionSummary, _ hit: TextHit) -> Row {
    Row(
      session: session.id, path: session.path, kind: hit.place.kind.rawValue,
      attempt: hit.place.attempt?.description, critique: hit.place.critique?.description,
      annotator: hit.place.annotator, step: hit.place.step, text: hit.snippet,
      start: hit.range.lowerBound, end: hit.range.upperBound)
  }
}

struct SessionPath: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Print the folder of a session.")
  @Argument(help: "A session's id, the beginning of one, or a path.")
  var session: String
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    let folder = try setup.edges.library.resolve(session)
    // A path is for programs: as it is, byte for byte.
    StandardStream.output.write(folder.url.path + "\n")
  }
}
