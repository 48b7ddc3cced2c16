import ArgumentParser
import Engine
import Foundation
import Kernels
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
    reportModel(setup, report)
    let servers = waitFor { await setup.edges.discover() }
    StandardStream.output.write(
      servers.isEmpty
        ? "note  no server found on this machine\n"
        : "ok    servers \(servers.joined(separator: ", "))\n")
    throw ExitCode(isWell ? 0 : 1)
  }

  private func reportModel(
    _ setup: Setup, _ report: (_ isGood: Bool, _ what: String, _ mend: String) -> Void
  ) {
    guard setup.resources?.hasModel == true else {
      StandardStream.output.write("note  no embedded model: install again to have one\n")
      return
    }
    let failure = waitFor { () -> String? in
      do {
        _ = try await setup.models.open(Settings.embedded)
        return nil
      } catch {
        return Failure.sentence(for: error)
      }
    }
    report(failure == nil, "embedded model", failure ?? "")
    StandardStream.output.write(
      Kernel.isFast
        ? "ok    kernels: SIMD\n"
        : "note  kernels: plain, several times slower; this CPU lacks what the fast ones need\n")
  }
}
