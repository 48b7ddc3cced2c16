/// A format that sessions are written in.
package enum ExportFormat: String, CaseIterable, Sendable {
  case prm800k, processbench
  case mathShepherd = "math-shepherd"
  case trlStepwise = "trl-stepwise"
  case trlPreference = "trl-preference"
  case trlUnpaired = "trl-unpaired"
  case trlPromptCompletion = "trl-prompt-completion"
  /// Two-turn traces: a draft, what was said of it, the revision.
  case corrections
  /// Pairs of a right and a wrong step at the first place that has both.
  case stepPreferences = "step-preferences"
  case critiques
  case deltabench
  case markdown, html
  /// A replay for asciinema, version 2.
  case asciicast

  /// Whether each session is a page of its own, not records.
  package var isPage: Bool { self == .markdown || self == .html || self == .asciicast }

  /// The parts of a chain that come back out of a record as they went in.
  ///
  /// `metadata` only for chains that came in this format.
  package var holds: Set<ChainPart> {
    let extras: Set<ChainPart> = [
      .originalID, .reference, .kind, .finalAnswer, .correctness, .model, .annotator,
    ]
    switch self {
    case .prm800k:
      return extras.union([
        .neutralRatings, .ratings, .ratingsAfterError, .candidates, .flags, .metadata,
      ])
    case .processbench: return extras.union([.ratings, .metadata])
    case .mathShepherd, .trlStepwise:
      return extras.union([.ratings, .ratingsAfterError, .metadata])
    case .trlPreference, .trlUnpaired, .trlPromptCompletion:
      return extras.union([.gaps, .metadata])
    case .critiques:
      return extras.union([
        .neutralRatings, .unsureRatings, .ratings, .ratingsAfterError, .reasons, .corrections,
      ])
    case .deltabench: return extras.union([.neutralRatings, .ratings, .ratingsAfterError])
    case .corrections, .stepPreferences: return extras
    case .markdown, .html, .asciicast: return Set(ChainPart.allCases)
    }
  }

  /// Whether a chain is one text, whose lines are taken for its steps when it is read again.
  var isOfTexts: Bool {
    self == .trlPreference || self == .trlUnpaired || self == .trlPromptCompletion
  }

  /// Whether a neutral rating has to become something else, or go.
  package var needsNeutralPolicy: Bool {
    switch self {
    case .processbench, .mathShepherd, .trlStepwise, .trlUnpaired, .stepPreferences: true
    default: false
    }
  }
}

/// What becomes of a neutral rating where a format knows only right and wrong.
package enum NeutralPolicy: String, CaseIterable, Sendable {
  case good, bad
  /// The step is left out.
  case drop
}

/// What an export wrote and what it could not.
package struct ExportCounts: Equatable, Sendable {
  package var records = 0
  package var chains = 0
  package var lost: [ChainPart: Int] = [:]
  package var neutral = 0
  package init() {}

  package mutating func lose(_ part: ChainPart, _ count: Int = 1) {
    if count > 0 { lost[part, default: 0] += count }
  }

  /// What was lost, the most telling first; `nil` when nothing was.
  package var sentence: String? {
    let parts = lost.sorted { $0.key > $1.key }.map { part, count in
      "\(count) \(count == 1 ? part.words.one : part.words.many)"
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

/// Turns chains into records of one format.
package struct ChainWriter {
  package let format: ExportFormat
  package let neutral: NeutralPolicy?
  package let program: String
  package internal(set) var counts = ExportCounts()

  package init(_ format: ExportFormat, neutral: NeutralPolicy?, program: String) {
    self.format = format
    self.neutral = neutral
    self.program = program
  }

  /// The lines of a session's chains, each with its line feed.
  ///
  /// - Parameter origins: the attempt of each chain.
  package mutating func lines(
    of chains: [AnnotatedChain], attempts: [AttemptID], in session: Session
  ) throws(FormatError) -> [UInt8] {
    if format.needsNeutralPolicy, neutral == nil,
      chains.contains(where: { $0.steps.contains { $0.rating?.verdict == .neutral } })
    {
      throw .neutralNeeded(format: format.rawValue)
    }
    var out: [UInt8] = []
    counts.chains += chains.count
    let context = Context(session: session, attempts: attempts, chains: chains)
    switch format {
    case .corrections: corrections(context, &out)
    case .trlPreference: preferences(context, &out)
    default:
      for (chain, attempt) in zip(chains, attempts) { write(chain, attempt, context, &out) }
    }
    return out
  }

  struct Context {
    var session: Session
    var attempts: [AttemptID]
    var chains: [AnnotatedChain]
  }

  private mutating func write(
    _ chain: AnnotatedChain, _ attempt: AttemptID, _ context: Context, _ out: inout [UInt8]
  ) {
    let lines: [JSONLine]
    var told: Set<ChainPart> = []
    var chain = chain
    let before = counts
    switch format {
    case .prm800k: lines = chain.isRated ? [prm800k(chain)] : []
    case .processbench:
      applyNeutral(to: &chain)
      lines = chain.steps.isEmpty ? [] : processBench(chain).map { [$0] } ?? []
    case .mathShepherd, .trlStepwise:
      applyNeutral(to: &chain)
      told = keepRated(&chain)
      lines =
        chain.steps.isEmpty
        ? [] : [format == .trlStepwise ? trlStepwise(chain) : mathShepherd(chain)]
    case .trlUnpaired: lines = unpaired(chain).map { [$0] } ?? []
    case .trlPromptCompletion:
      lines = chain.isCorrect == false ? [] : [promptCompletion(chain)]
    case .stepPreferences:
      applyNeutral(to: &chain)
      lines = stepPreferences(chain)
    case .critiques: lines = chain.isRated ? [critique(chain)] : []
    case .deltabench: lines = chain.isRated ? [deltaBench(chain)] : []
    case .corrections, .trlPreference, .markdown, .html, .asciicast: lines = []
    }
    guard !lines.isEmpty else {
      // What a chain that is left out would have lost is no news.
      counts = before
      return counts.lose(.chains)
    }
    tellLosses(of: chain, except: told)
    if format.isOfTexts, AnnotatedChain.lines(chain.text).map(\.text) != chain.steps.map(\.text) {
      counts.lose(.boundaries)
    }
    for line in lines { append(line, chain, attempt, context, &out) }
  }

  /// Ends a record and adds it.
  mutating func append(
    _ line: JSONLine, _ chain: AnnotatedChain, _ attempt: AttemptID, _ context: Context,
    _ out: inout [UInt8]
  ) {
    var line = line
    finish(&line, chain, attempt, context)
    out += line.closed
    out.append(UInt8(ascii: "\n"))
    counts.records += 1
  }

  mutating func lose(_ chain: AnnotatedChain) {
    tellLosses(of: chain, except: [])
    if format.isOfTexts, AnnotatedChain.lines(chain.text).map(\.text) != chain.steps.map(\.text) {
      counts.lose(.boundaries)
    }
  }

  /// Counts what the format has no room for.
  private mutating func tellLosses(of chain: AnnotatedChain, except told: Set<ChainPart>) {
    var holds = format.holds.union(told)
    if chain.origin.format != format.rawValue { holds.remove(.metadata) }
    for (part, count) in chain.parts where !holds.contains(part) { counts.lose(part, count) }
  }

  /// What a record says of itself beside its format's own members: the same keys every time, all
  /// strings, so that a loader of columns has nothing to puzzle over.
  private func finish(
    _ line: inout JSONLine, _ chain: AnnotatedChain, _ attempt: AttemptID, _ context: Context
  ) {
    if chain.origin.format == format.rawValue {
      for (key, value) in chain.origin.metadata.sorted(by: { $0.key < $1.key })
      where !key.contains(".") && key != "preference" {
        line.member(json: key, value)
      }
    }
    var extras = JSONLine()
    extras.member("program", program)
    extras.member("session", context.session.header.session)
    extras.member("attempt", attempt.description)
    extras.member("format", chain.origin.format)
    extras.member("file", chain.origin.file ?? "")
    extras.member("id", chain.origin.id ?? "")
    extras.member("model", chain.model ?? "")
    extras.member("annotator", chain.annotator ?? "")
    extras.member("reference", chain.problem.answer ?? "")
    extras.member("kind", chain.problem.kind ?? "")
    extras.member("answer", chain.answer ?? "")
    extras.member("correct", chain.isCorrect.map { $0 ? "true" : "false" } ?? "")
    extras.member("neutral", neutral?.rawValue ?? "")
    if format == .mathShepherd {
      extras.member("numbering", Self.isNumbered(chain) ? "" : "added")
    }
    line.member("erratum", extras)
  }

  /// Makes neutral ratings what the policy says, and leaves dropped steps out.
  private mutating func applyNeutral(to chain: inout AnnotatedChain) {
    guard let neutral else { return }
    let count = chain.steps.count { $0.rating?.verdict == .neutral }
    guard count > 0 else { return }
    counts.neutral += count
    counts.lose(neutral == .drop ? .neutralSteps : .neutralRatings, count)
    if neutral == .drop {
      chain.steps.removeAll { $0.rating?.verdict == .neutral }
      if let last = chain.steps.indices.last { chain.steps[last].gap = "" }
      return
    }
    for index in chain.steps.indices where chain.steps[index].rating?.verdict == .neutral {
      chain.steps[index].rating?.verdict = neutral == .good ? .correct : .incorrect
    }
  }

  /// Cuts a chain before its first step without a rating of right or wrong.
  private mutating func keepRated(_ chain: inout AnnotatedChain) -> Set<ChainPart> {
    let end =
      chain.steps.firstIndex {
        $0.rating?.verdict != .correct && $0.rating?.verdict != .incorrect
      } ?? chain.steps.count
    guard end < chain.steps.count else { return [] }
    guard end > 0 else {
      chain.steps = []
      return []
    }
    let cut = chain.steps[end...]
    counts.lose(.stepsWithoutRating, cut.count)
    counts.lose(.unsureRatings, cut.count { $0.rating?.verdict == .unsure })
    chain.steps.removeSubrange(end...)
    if let last = chain.steps.indices.last { chain.steps[last].gap = "" }
    return [.unsureRatings]
  }
}
