import ArgumentParser
import Engine
import Foundation
import Sessions
import Workbench

struct AgreeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agree", abstract: "How far the people who labelled the same steps agree.",
    discussion: """
      Compares everybody's first labels, made while all else was hidden, on the sessions that are \
      named, or on the whole library. Sessions of one id in several folders are put together, so that \
      two people's libraries can be compared. With --gold each person is held against labels that are \
      taken as true. docs/agreement.md says what every number means. Exit codes: 0 done, 2 bad usage \
      or input.
      """)

  @Argument(help: "Sessions, folders of sessions, or sets; the whole library when left out.")
  var places: [String] = []
  @Option(
    name: .customLong("as"),
    help: "Whom to compare, as names with commas; everybody who labelled when left out.")
  var people: String?
  @Option(name: .long, help: "Whose labels are taken as true, such as prmbench or consensus.")
  var gold: String?
  @Flag(name: .long, help: "The labels that stand now, changes of mind included.")
  var final = false
  @Flag(name: .long, help: "Take neutral as lying between incorrect and correct.")
  var ordinal = false
  @Option(name: .long, help: "Resamples of problems that the intervals come from.")
  var bootstrap = "1000"
  @Option(name: .long, help: "Seed of the resamples.")
  var seed = "1"
  @Flag(name: .long, help: "As one line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let resamples = Bootstrap(
      resamples: try RunCommand.whole("bootstrap", bootstrap, in: 100...20_000),
      seed: UInt64(try RunCommand.whole("seed", seed, in: 0...Int.max)))
    let setup = try library.setup()
    var job = AgreeJob(library: setup.edges.library, bootstrap: resamples)
    job.which = final ? .final : .blind
    job.isOrdinal = ordinal
    let done = try job.run(places, as: people, gold: gold)
    guard json else {
      AgreeTable(done).lines.forEach(say)
      if let advice = done.choice.advice { warn(advice) }
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = [UInt8](try encoder.encode(AgreeOutput(done)))
    StandardStream.output.write(bytes.withoutControls + [0x0A])
  }
}
