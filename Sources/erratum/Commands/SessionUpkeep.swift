import ArgumentParser
import Foundation
import Sessions
import Workbench

struct RenameSession: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename", abstract: "Give a session another id.",
    discussion: """
      The id is the name of the session's folder; the files in it stay as they are and say under \
      which id they were begun. Importing the same problem again makes a session of the old id.
      """)
  @Argument(help: "A session's id, or the beginning of one.")
  var session: String
  @Argument(help: "Its new id.")
  var id: String
  @Flag(name: .long, help: "The outcome as a line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    let folder = try library.resolve(session)
    let renamed = try library.rename(folder, to: id)
    if json {
      try sayJSON(["session": renamed.id, "was": folder.id, "path": renamed.url.path])
    } else {
      say("\(folder.id) is \(renamed.id) now")
    }
  }
}

struct DeleteSessions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Move sessions to the library's trash.",
    discussion: "`erratum sessions restore` brings them back, `empty-trash` deletes for good.")
  @Argument(help: "Sessions by id, or by the beginning of one.")
  var sessions: [String]
  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false
  @Flag(name: .long, help: "The outcome as JSON, one session a line.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    // All of them exist before any of them is moved.
    var folders: [SessionFolder] = []
    for name in sessions {
      let folder = try library.resolve(name)
      if !folders.contains(folder) { folders.append(folder) }
    }
    guard
      try Question.isAgreed(
        yes, "Deleting", "Move \(Self.words(folders)) to the trash?")
    else { return warn("nothing was deleted.") }
    for folder in folders {
      let name = try library.delete(folder)
      if json {
        try sayJSON(["session": folder.id, "trash": name])
      } else {
        say("\(folder.id) is in the trash; `erratum sessions restore \(name)` brings it back")
      }
    }
  }

  private static func words(_ folders: [SessionFolder]) -> String {
    folders.count == 1 ? folders[0].id : "\(folders.count) sessions (\(folders[0].id), ...)"
  }
}

struct ListTrash: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trash", abstract: "List what was deleted and can be brought back.")
  @Flag(name: .long, help: "As JSON, one object a line.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    let sessions = library.trashed()
    for session in sessions {
      if json { try sayJSON(SessionRow(session)) } else { session.lines.forEach(say) }
    }
    if sessions.isEmpty, !json { warn("the trash is empty; nothing was deleted.") }
  }
}

struct RestoreSession: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Bring a session back from the trash.")
  @Argument(help: "Its name in the trash, as `erratum sessions trash` lists it.")
  var session: String
  @Flag(name: .long, help: "The outcome as a line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    let folder = try library.restore(session)
    if json {
      try sayJSON(["session": folder.id, "path": folder.url.path])
    } else {
      say("\(folder.id) is back")
    }
  }
}

struct EmptyTrash: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "empty-trash", abstract: "Delete for good what is in the trash.")
  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false
  @Flag(name: .long, help: "The outcome as a line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    let count = library.trashed().count
    if count > 0 {
      guard
        try Question.isAgreed(
          yes, "Emptying the trash",
          "Delete \(count) \(count == 1 ? "session" : "sessions") for good?")
      else { return warn("nothing was deleted.") }
    }
    let deleted = try library.emptyTrash()
    if json {
      try sayJSON(["deleted": deleted])
    } else {
      say(deleted == 0 ? "the trash was empty" : "\(deleted) deleted for good")
    }
  }
}

/// A question that is answered with y, at a terminal.
enum Question {
  /// - Parameters:
  ///   - yes: agreed beforehand.
  ///   - what: what is asked about, for the sentence where nobody can be asked.
  static func isAgreed(_ yes: Bool, _ what: String, _ question: String) throws -> Bool {
    if yes { return true }
    guard isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0 else {
      throw InputError.unasked(what: what)
    }
    StandardStream.error.write(Gate().plain(question) + " [y/N] ")
    return ["y", "yes"].contains((readLine() ?? "").trimmedWhitespace.lowercased())
  }
}
