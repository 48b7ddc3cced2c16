import ArgumentParser
import Foundation
import Sessions
import Workbench

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Sessions as training data, evaluation data or pages.",
    discussion: """
      Writes the chains of sessions, with one annotator's ratings or the critic's, as records of a \
      known format: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")). What the format \
      has no room for is counted and said on standard error. docs/formats.md says what each keeps. \
      Exit codes: 0 done, 2 bad usage or input, 130 interrupted.
      """)

  @Argument(help: "Sessions by id, by the beginning of one or by path, or folders of sessions.")
  var sessions: [String]
  @Option(name: .long, help: "What to write.")
  var format: String
  @Option(
    name: .long,
    help: "What a neutral rating becomes where only right and wrong are known: good, bad or drop.")
  var neutral: String?
  @Option(name: .long, help: "Whose ratings: an annotator's name, or critic.")
  var by: String?
  @Option(name: .long, help: "File to write; standard output when left out.")
  var out: String?
  @Flag(name: .long, help: "Write nothing, and say what would be written and lost.")
  var dryRun = false
  @Flag(name: .long, help: "The outcome as one line of JSON on standard error.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    let format = try Self.format(format)
    let policy = try Self.policy(neutral, for: format)
    let folders = try Self.folders(sessions, in: setup.edges.library)
    let interrupt = Interrupt {}
    var job = ExportJob(
      format: format, neutral: policy, annotator: by, program: setup.edges.program,
      library: setup.edges.library, isStopped: { interrupt.signal != nil })
    let output = try ExportOutput(path: dryRun ? nil : out, isDiscarding: dryRun)
    do {
      try job.run(folders) { try output.write($0) }
      if interrupt.signal != nil { output.discard() } else { try output.finish() }
    } catch {
      output.discard()
      throw error
    }
    try tell(job, format)
    if let signal = interrupt.signal {
      warn("stopped; nothing was kept of the file, run the same command again.")
      throw ExitCode(128 + signal)
    }
  }

  private struct Outcome: Encodable {
    var format: String
    var sessions: Int
    var chains: Int
    var records: Int
    var neutral: Int
    var lost: [String: Int]
    var skipped: Int
  }

  private func tell(_ job: ExportJob, _ format: ExportFormat) throws {
    let counts = job.counts
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let outcome = Outcome(
        format: format.rawValue, sessions: job.sessions, chains: counts.chains,
        records: counts.records, neutral: counts.neutral,
        lost: Dictionary(uniqueKeysWithValues: counts.lost.map { ($0.key.rawValue, $0.value) }),
        skipped: job.skipped)
      StandardStream.error.write([UInt8](try encoder.encode(outcome)).withoutControls + [0x0A])
      return
    }
    let verb = dryRun ? "would write" : "wrote"
    let records = counts.records == 1 ? "1 record" : "\(counts.records) records"
    let chains = counts.chains == 1 ? "1 chain" : "\(counts.chains) chains"
    let sessions = job.sessions == 1 ? "1 session" : "\(job.sessions) sessions"
    warn("\(verb) \(records) of \(chains) in \(sessions).")
    if let lost = counts.sentence {
      warn("\(format.rawValue) has no room for: \(lost). docs/formats.md says which format has.")
    }
  }

  static func format(_ name: String) throws -> ExportFormat {
    if let format = ExportFormat(rawValue: name) { return format }
    let names = ExportFormat.allCases.map(\.rawValue)
    throw FormatError.noSuchFormat(
      name: name.visible, allowed: names, nearest: nearest(to: name, in: names))
  }

  static func policy(_ name: String?, for format: ExportFormat) throws -> NeutralPolicy? {
    guard let name else { return nil }
    guard format.needsNeutralPolicy else {
      throw FormatError.neutralNotNeeded(format: format.rawValue)
    }
    guard let policy = NeutralPolicy(rawValue: name) else {
      throw InputError.badSetting(
        name: "neutral", value: name.visible, allowed: "good, bad or drop")
    }
    return policy
  }

  /// The sessions that are named, in the order of their names, each once.
  static func folders(_ names: [String], in library: Library) throws -> [SessionFolder] {
    var out: [SessionFolder] = []
    var seen: Set<String> = []
    func add(_ folder: SessionFolder) {
      if seen.insert(folder.url.standardizedFileURL.path).inserted { out.append(folder) }
    }
    for name in names {
      let isFolder = Resources.isFolder(name)
      if isFolder, !FileManager.default.fileExists(atPath: name + "/journal.jsonl") {
        let inside = (try? FileManager.default.contentsOfDirectory(atPath: name)) ?? []
        let sessions = inside.sorted().filter {
          !$0.hasPrefix(".")
            && FileManager.default.fileExists(atPath: "\(name)/\($0)/journal.jsonl")
        }
        guard !sessions.isEmpty else { throw FormatError.noSessions(path: name.visible) }
        for session in sessions {
          add(
            SessionFolder(
              id: session, url: URL(filePath: "\(name)/\(session)", directoryHint: .isDirectory)))
        }
      } else {
        add(try library.resolve(name))
      }
    }
    return out
  }
}
