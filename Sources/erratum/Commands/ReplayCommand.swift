import ArgumentParser
import Foundation
import Sessions
import Workbench

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Play a session back, forwards and backwards.")

  @Argument(help: "A session's id, the beginning of one, or a path.")
  var session: String
  @Option(name: .long, help: "How fast, 0.25 to 16.")
  var speed = 1.0
  @Option(name: .long, help: "Cut pauses to so many seconds.")
  var idle = 1.0
  @OptionGroup var output: OutputOptions
  @OptionGroup var library: LibraryOption

  func validate() throws {
    guard (0.25...16).contains(speed) else {
      throw ValidationError("--speed takes a number from 0.25 to 16, not \(speed).")
    }
    guard (0...3600).contains(idle) else {
      throw ValidationError("--idle takes seconds from 0 to 3600, not \(idle).")
    }
  }

  func run() throws {
    let setup = try library.setup()
    let folder = try setup.edges.library.resolve(session)
    if let format = output.format {
      let reader = try JournalReader(folder.url)
      let printer = EventPrinter(format, signal: try setup.settings().signal)
      let damage = try printer.replay(reader)
      if let damage { warn(damage) }
      return
    }
    _ = try JournalReader(folder.url)
    var state = try setup.state()
    state.settings.idle = idle
    state.settings.speed = speed
    throw ExitCode(
      try ScreenLoop(setup: setup).run(
        opening: [.open(session: session, replaying: true)], state: state))
  }
}
