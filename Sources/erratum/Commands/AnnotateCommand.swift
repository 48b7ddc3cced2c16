import ArgumentParser
import Foundation
import Sessions
import Workbench

struct AnnotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "annotate", abstract: "Label the steps of chains by hand, one key a label.",
    discussion: """
      Goes through the chains of a session, of a set, of a folder of sessions or of a data file, which \
      is imported first. Everybody's labels stand in a file of their own; the same command goes on \
      where you stopped. Blind unless --open. docs/annotating.md says how several people share a set. \
      Exit codes: 0 done, 2 bad usage or input.
      """)

  @Argument(help: "A session, a set, a folder of sessions, or a data file.")
  var chains: String
  @Option(name: .customLong("as"), help: "Your name; else the config file's, else $USER.")
  var annotator: String?
  @Flag(name: .long, help: "Hide nothing.")
  var open = false
  @Option(
    name: .long, help: "Hide bars, critics and others' labels until the step or the chain is rated."
  )
  var blind: LabelTask.Blindness?
  @Option(
    name: .long,
    help: """
      As the chains lie (file), by chance (shuffle), the least sure first (uncertainty), right answer \
      by a wrong road first (conflict), or what others differ on first (disagreement).
      """)
  var order = QueuePlan.Order.file
  @Option(name: .long, help: "Your share of several, such as 2/5.")
  var part: String?
  @Option(name: .long, help: "Share of the chains that everybody gets, 0 to 1.")
  var overlap = 0.0
  @Option(name: .long, help: "Other shares, another shuffle; the same for all who share a set.")
  var seed = 0
  @Option(name: .long, help: "Whose labels are the truth, for --gold-every and --screen.")
  var gold: String?
  @Option(name: .long, help: "One chain in so many is one with gold labels.")
  var goldEvery: Int?
  @Option(name: .long, help: "So many chains with gold labels come first.")
  var screen = 0
  @Option(name: .customLong("repeat"), help: "Share of the chains that come a second time, 0 to 1.")
  var repeats = 0.0
  @Option(name: .long, help: "steps, or prm800k to rate alternatives and explanations as well.")
  var task = Task.steps
  @Flag(name: .long, help: "Ask nothing about the chain as a whole.")
  var noQuestions = false
  @OptionGroup var texts: LabelTexts
  @Flag(name: .long, help: "No screen: say how far everybody is.")
  var status = false
  @Flag(name: .long, help: "With --status: as one line of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  enum Task: String, ExpressibleByArgument, CaseIterable { case steps, prm800k }

  func validate() throws {
    if open, blind != nil, blind != .open {
      throw ValidationError("--open and --blind contradict each other; leave one of them out.")
    }
    for (name, value) in [("overlap", overlap), ("repeat", repeats)] {
      guard (0...1).contains(value) else {
        throw ValidationError("--\(name) takes a share from 0 to 1, not \(value).")
      }
    }
    if let goldEvery, !(2...1000).contains(goldEvery) {
      throw ValidationError("--gold-every takes a whole number from 2 to 1000, not \(goldEvery).")
    }
    guard (0...1000).contains(screen) else {
      throw ValidationError("--screen takes a whole number from 0 to 1000, not \(screen).")
    }
    if gold == nil, goldEvery != nil || screen > 0 {
      throw ValidationError(
        "--gold-every and --screen need --gold NAME, whose labels are the truth.")
    }
    if json, !status { throw ValidationError("--json goes with --status; add it.") }
  }

  func run() throws {
    let setup = try library.setup()
    let settings = try settings(setup)
    let plan = try plan(settings)
    let isInteractive = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0
    if !status, !isInteractive { throw AnnotateError.noTerminal(chains.visible) }
    var named = try Self.named(chains, setup)
    if !status {
      for copy in try named.copyExamples(into: setup.edges.library) {
        warn("examples stay as they are; \(copy.id) in the library is your copy.")
      }
    }
    guard !named.groups.isEmpty else {
      throw AnnotateError.noSteps(title: named.title, chains: named.stepless)
    }
    named.damage.prefix(20).forEach { warn($0) }
    if let gold, !named.annotators.contains(gold) {
      throw AnnotateError.noGold(
        name: gold.visible, others: named.annotators.filter { $0 != settings.annotator })
    }
    let candidates = named.candidates(
      for: settings.annotator, gold: gold, signal: settings.signal)
    guard !plan.share(of: candidates).isEmpty else {
      throw AnnotateError.noShare(
        title: named.title, part: part ?? "", chains: candidates.count)
    }
    if status {
      try tell(
        AnnotationStatus(
          named, plan: plan, me: settings.annotator, signal: settings.signal, gold: gold))
      return
    }
    if order == .uncertainty, candidates.allSatisfy({ $0.uncertainty == nil }) {
      warn("none of these chains has log-probabilities; they come as they lie.")
    }
    throw ExitCode(try label(named, candidates, plan, settings, setup))
  }

  private func label(
    _ named: NamedChains, _ candidates: [LabelCandidate], _ plan: QueuePlan,
    _ settings: Settings, _ setup: Setup
  ) throws -> Int32 {
    for group in named.groups {
      try AnnotationFile.checkIsFree(group.folder, annotator: settings.annotator)
    }
    let (items, position) = plan.queue(of: candidates)
    var settings = settings
    settings.labelling.guidelines = try texts.guidelines(
      folder: named.home, isFull: task == .prm800k, setup)
    var state = try setup.state()
    state.settings = settings
    // All done: the last one is shown, to be looked at again.
    let start = min(position, items.count - 1)
    state.work = LabelQueue(items: items, position: start, title: named.title)
    let code = try ScreenLoop(setup: setup).run(
      opening: [.openItem(items[start])], state: state)
    var after = named
    after.readLabels()
    let latest = after.candidates(
      for: settings.annotator, gold: gold, signal: settings.signal)
    say(AnnotationSummary(before: candidates, after: latest, plan: plan).line)
    return code
  }

  // MARK: What was asked for

  /// What a name on the command line stands for; a data file is imported first.
  static func named(_ chains: String, _ setup: Setup) throws -> NamedChains {
    let library = setup.edges.library
    guard isDataFile(chains) else { return try NamedChains.find(chains, in: library) }
    var taken: [(session: String, attempt: AttemptID)] = []
    let job = ImportJob(
      options: ImportJob.Options(),
      settings: ChainImporter.Settings(
        library: library.root, program: setup.edges.program, wall: setup.edges.wall()),
      took: {
        taken.append((SessionChains.sessionID(of: $0.problem), SessionChains.attemptID(of: $0)))
      })
    let outcome: ImportJob.Outcome
    do {
      outcome = try job.run([chains])
    } catch FormatError.unrecognised, FormatError.ambiguous {
      throw AnnotateError.importFirst(
        path: chains.visible, set: NamedChains.stem(chains).visible)
    }
    if outcome.counts.newChains > 0 {
      warn(ImportCommand.sentence(outcome, isDryRun: false))
    }
    return try NamedChains.imported(taken, from: chains, in: library)
  }

  /// A plain file that is none of ours.
  static func isDataFile(_ path: String) -> Bool {
    guard FileManager.default.fileExists(atPath: path), !Resources.isFolder(path) else {
      return false
    }
    let mark = Data("{\"erratum\":".utf8)
    let start = try? FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: mark.count)
    return start != mark
  }

  func settings(_ setup: Setup) throws -> Settings {
    var settings = try setup.settings()
    if let annotator { settings.annotator = annotator }
    let name = settings.annotator
    guard AnnotationFile.isUsable(name) else {
      throw FormatError.badName(String(name.visible.prefix(40)) + (name.count > 40 ? "..." : ""))
    }
    if ImportFormat(rawValue: name) != nil {
      throw AnnotateError.takenName(name, meaning: "what imported ratings go by")
    }
    if name == Adjudication.consensus {
      throw AnnotateError.takenName(name, meaning: "what settled labels go by")
    }
    if name == gold { throw AnnotateError.ownGold(name) }
    var labelling = settings.labelling
    labelling.blindness = open ? .open : blind ?? .chain
    labelling.isFull = task == .prm800k
    if noQuestions { labelling.asksAboutChain = false }
    labelling.taxonomy = try texts.taxonomy(setup) ?? labelling.taxonomy
    settings.labelling = labelling
    return settings
  }

  func plan(_ settings: Settings) throws -> QueuePlan {
    var plan = QueuePlan()
    plan.order = order
    plan.part = try part.map { try Self.part($0) }
    plan.overlap = overlap
    plan.seed = seed
    plan.goldEvery = goldEvery
    plan.screening = screen
    plan.repeats = repeats
    plan.asksAboutChain = settings.labelling.asksAboutChain
    return plan
  }

  /// `2/5`.
  static func part(_ text: String) throws -> QueuePlan.Part {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1],
      (1...1000).contains(count), (1...count).contains(number)
    else { throw AnnotateError.badPart(String(text.visible.prefix(40))) }
    return QueuePlan.Part(number: number, count: count)
  }

  private func tell(_ status: AnnotationStatus) throws {
    guard json else { return status.lines.forEach { say($0) } }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    StandardStream.output.write([UInt8](try encoder.encode(status)).withoutControls + [0x0A])
  }
}

/// What lies beside whoever labels.
struct LabelTexts: ParsableArguments {
  @Option(name: .long, help: "Markdown to show under one key; a file, or one that ships.")
  var guidelines: String?
  @Option(name: .long, help: "Kinds of mistakes; a TOML file, or one that ships.")
  var taxonomy: String?

  func guidelines(folder: String?, isFull: Bool, _ setup: Setup) throws -> String? {
    try Guidelines.load(
      asked: guidelines ?? setup.configuration.annotate.guidelines, folder: folder, isFull: isFull,
      resources: setup.resources)
  }

  func taxonomy(_ setup: Setup) throws -> Taxonomy? {
    try taxonomy.map { try TaxonomyFile.load($0, resources: setup.resources) }
  }
}

extension LabelTask.Blindness: ExpressibleByArgument {}
extension QueuePlan.Order: ExpressibleByArgument {}
