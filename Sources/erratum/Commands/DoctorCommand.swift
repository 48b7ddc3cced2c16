import ArgumentParser
import Foundation
import Sessions
import Workbench

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check terminal, folders, themes and servers, and say what to mend.")
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    var isWell = true
    func report(_ isGood: Bool, _ what: String, _ mend: String) {
      isWell = isWell && isGood
      StandardStream.output.write(isGood ? "ok    \(what)\n" : "bad   \(what): \(mend)\n")
    }
    let environment = setup.environment
    let type = environment["TERM"] ?? ""
    report(!type.isEmpty && type != "dumb", "terminal type \(type)", "set TERM=xterm-256color")
    let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
    report(
      locale.lowercased().contains("utf"), "locale \(locale)",
      "set LANG=C.UTF-8; until then glyphs may be ASCII")
    report(setup.resources != nil, "shared files", "install again, or set ERRATUM_SHARE")
    let root = setup.edges.library.root.path
    let isWritable =
      FileManager.default.isWritableFile(atPath: root)
      || !FileManager.default.fileExists(atPath: root)
    report(isWritable, "library \(root)", "make it writable, or use --library")
    for (name, _) in setup.themes.list {
      do { _ = try setup.themes.load(name) } catch {
        report(false, "theme \(name)", Failure.sentence(for: error))
      }
    }
    let servers = waitFor { await setup.edges.discover() }
    StandardStream.output.write(
      servers.isEmpty
        ? "note  no server found on this machine\n"
        : "ok    servers \(servers.joined(separator: ", "))\n")
    throw ExitCode(isWell ? 0 : 1)
  }
}
