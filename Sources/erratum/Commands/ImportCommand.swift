import ArgumentParser
import Foundation
import Sessions
import Workbench

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Chains and step labels of other people's files.",
    discussion: """
      Makes a session of every problem and an attempt of every chain, with the steps as the data cut \
      them. Ids are hashes of the content: importing again, or on another machine, makes the same \
      ones and adds only what is missing. Ratings go into an annotation file under the data's name. \
      The format is recognised by the first record unless --format names one: \
      \(ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")). docs/formats.md says what is \
      read of each. Exit codes: 0 done, 2 bad usage or input, 130 interrupted.
      """)

  @Argument(help: "JSONL, JSON or text files.")
  var files: [String]
  @Option(name: .long, help: "What the files are in; auto looks at the first record.")
  var format = "auto"
  @Option(name: .long, help: "The set the problems are said to belong to; else the file's name.")
  var into: String?
  @Option(
    name: .long,
    help: """
      Which member is what in plain JSONL: problem=q,steps=chain and, if you like, answer, ratings, \
      final, correct, id, kind, model, reasons, corrections. Dots lead into objects.
      """)
  var fields: String?
  @Option(name: .customLong("as"), help: "Whose ratings they are; else the data's name.")
  var annotator: String?
  @Flag(name: .long, help: "Stop at the first bad record instead of skipping it.")
  var strict = false
  @Flag(name: .long, help: "Read everything, write nothing, and say what would be done.")
  var dryRun = false
  @Flag(name: .long, help: "The outcome as one line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    if let annotator, !AnnotationFile.isUsable(annotator) {
      throw FormatError.badName(annotator.visible)
    }
    let format = try Self.format(format)
    let fields = try fields.map { try FieldMap($0) }
    let interrupt = Interrupt {}
    let job = ImportJob(
      options: ImportJob.Options(
        format: format ?? (fields == nil ? nil : .jsonl), fields: fields, isStrict: strict),
      settings: ChainImporter.Settings(
        library: setup.edges.library.root, program: setup.edges.program, wall: setup.edges.wall(),
        set: into, annotator: annotator, isDryRun: dryRun),
      isStopped: { interrupt.signal != nil })
    let outcome = try job.run(files)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      StandardStream.output.write([UInt8](try encoder.encode(outcome)).withoutControls + [0x0A])
    } else {
      say(Self.sentence(outcome, isDryRun: dryRun))
    }
    if outcome.counts.otherRatings > 0 {
      warn(
        "\(outcome.counts.otherRatings) chains have other ratings under this name, which stay; "
          + "import with --as NAME to keep both.")
    }
    if let signal = interrupt.signal {
      warn("stopped; what was imported is whole, and the same command goes on.")
      throw ExitCode(128 + signal)
    }
  }

  /// `nil` for `auto`.
  static func format(_ name: String) throws -> ImportFormat? {
    if name == "auto" { return nil }
    if let format = ImportFormat(rawValue: name) { return format }
    let names = ["auto"] + ImportFormat.allCases.map(\.rawValue)
    throw FormatError.noSuchFormat(
      name: name.visible, allowed: names, nearest: nearest(to: name, in: names))
  }

  static func sentence(_ outcome: ImportJob.Outcome, isDryRun: Bool) -> String {
    func count(_ number: Int, _ one: String, _ many: String) -> String {
      "\(number) \(number == 1 ? one : many)"
    }
    let counts = outcome.counts
    var parts: [String] = []
    if counts.newChains > 0 {
      parts.append(
        count(counts.newChains, "chain", "chains") + " in "
          + count(counts.newSessions, "new session", "new sessions"))
      parts.append(count(counts.ratedSteps, "step rated", "steps rated"))
    }
    if counts.alreadyThere > 0 {
      parts.append(count(counts.alreadyThere, "chain already there", "chains already there"))
    }
    if outcome.badRecords > 0 {
      parts.append(count(outcome.badRecords, "record skipped", "records skipped"))
    }
    let formats = outcome.formats.joined(separator: ", ")
    return (isDryRun ? "would import" : "imported") + " (\(formats)): "
      + parts.joined(separator: ", ")
  }
}
