import ArgumentParser
import Foundation
import Sessions
import Workbench

struct AdjudicateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjudicate", abstract: "Settle the steps that people's labels differ on.",
    discussion: """
      Goes through the steps that two people or more rated differently, their labels side by side and \
      their names hidden, and keeps the decisions as those of "consensus", each with the labels it was \
      made from. What everybody agrees on is taken over, so that the consensus is whole. \
      docs/annotating.md says how. Exit codes: 0 done or nothing to settle, 2 bad usage or input.
      """)

  @Argument(help: "A session, a set, a folder of sessions, or a data file.")
  var chains: String
  @Option(
    name: .customLong("of"),
    help: "Whose labels, as names with commas; everybody's but imported ratings when left out.")
  var people: String?
  @Flag(name: .long, help: "The labels that stand now, changes of mind included.")
  var final = false
  @Flag(name: .long, help: "Hide no bars and no critic; names stay hidden until you ask.")
  var open = false
  @OptionGroup var texts: LabelTexts
  @Flag(name: .long, help: "No screen: list the disputes.")
  var status = false
  @Flag(name: .long, help: "No screen: the disputes as one line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let setup = try library.setup()
    let isInteractive = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0
    var named = try AnnotateCommand.named(chains, setup)
    guard !named.groups.isEmpty else {
      throw AnnotateError.noSteps(title: named.title, chains: named.stepless)
    }
    named.damage.prefix(20).forEach { warn($0) }
    var disputes = try Disputes(named, of: people, isFinal: final)
    if let sentence = disputes.orphanWarning { warn(sentence) }
    if json { return try tell(disputes.report) }
    if status {
      return (disputes.nothingToSettle.map { [$0] } ?? disputes.report.lines).forEach(say)
    }
    guard isInteractive || disputes.chains.isEmpty else {
      throw AnnotateError.noTerminalToSettle(chains.visible)
    }
    if disputes.chains.isEmpty, disputes.agreed.isEmpty {
      return disputes.nothingToSettle.map(say) ?? ()
    }
    for copy in try named.copyExamples(into: setup.edges.library) {
      warn("examples stay as they are; \(copy.id) in the library is your copy.")
    }
    disputes = try Disputes(named, of: people, isFinal: final)
    for chain in disputes.chains + disputes.agreed {
      try AnnotationFile.checkIsFree(chain.folder, annotator: Adjudication.consensus)
    }
    // Whatever is wrong with what was asked for is told before anything is written.
    var state = try setup.state()
    state.settings = try settings(setup, names: disputes.names)
    state.settings.labelling.guidelines = try texts.guidelines(
      folder: named.home, isFull: false, setup)
    try disputes.takeAgreed(program: setup.edges.program, wall: setup.edges.wall())
    if let sentence = disputes.agreedSentence { say(sentence) }
    if let sentence = disputes.nothingToSettle { return say(sentence) }
    throw ExitCode(try settle(disputes, named, state, setup))
  }

  private func settle(
    _ disputes: Disputes, _ named: NamedChains, _ state: State, _ setup: Setup
  ) throws -> Int32 {
    var state = state
    let (items, position) = disputes.queue
    // All settled: the last one is shown, to be looked at again.
    let start = min(position, items.count - 1)
    state.work = LabelQueue(items: items, position: start, title: named.title)
    let code = try ScreenLoop(setup: setup).run(opening: [.openItem(items[start])], state: state)
    var after = named
    after.readLabels()
    let (before, now) = (
      disputes.report, try Disputes(after, of: people, isFinal: final).report
    )
    let done = AnnotationStatus.count(max(0, now.settled - before.settled), "dispute")
    say(
      "\(done) settled this time; "
        + (now.left == 0
          ? "all \(now.settled) are, see `erratum agree ... --gold \(Adjudication.consensus)`."
          : "\(now.left) of \(now.disputes.count) left, the same command goes on."))
    return code
  }

  func settings(_ setup: Setup, names: [String]) throws -> Settings {
    var settings = try setup.settings()
    settings.annotator = Adjudication.consensus
    settings.labelling.blindness = open ? .open : .chain
    // What is settled are steps.
    settings.labelling.asksAboutChain = false
    settings.labelling.adjudication = Adjudication(names: names, isFinal: final)
    settings.labelling.taxonomy = try texts.taxonomy(setup) ?? settings.labelling.taxonomy
    return settings
  }

  private func tell(_ report: DisputeReport) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    StandardStream.output.write([UInt8](try encoder.encode(report)).withoutControls + [0x0A])
  }
}
