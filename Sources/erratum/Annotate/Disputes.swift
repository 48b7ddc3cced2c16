import Foundation
import Sessions
import Workbench

/// What people differ on in the chains that were named, and how far it is settled.
struct Disputes {
  /// A chain with at least one step in dispute.
  struct Chain {
    var folder: SessionFolder
    var attempt: Attempt
    var weighing: Weighing
    /// What the consensus says of it now.
    var settled: [Int: Label]
    /// Whether it was left as a bad problem, or given up.
    var isExited: Bool
    var open: [Int] { isExited ? [] : weighing.open(settled) }
  }

  let title: String
  /// Whose labels are weighed, sorted.
  let names: [String]
  private(set) var chains: [Chain] = []
  /// Chains that two people or more rated and nobody differs on, where the consensus lacks
  /// something that all agree on.
  private(set) var agreed: [Chain] = []
  /// Steps and chains that at least two of them rated.
  private(set) var common = (steps: 0, chains: 0)
  /// Labels that are not weighed, since their text is no longer there.
  private(set) var orphans = 0

  /// - Parameter asked: names with commas between them; everybody who labelled when `nil`, which
  ///   imported ratings and the consensus itself did not.
  init(_ named: NamedChains, of asked: String?, isFinal: Bool) throws {
    title = named.title
    names = try Self.names(asked, among: named)
    for group in named.groups {
      let consensus =
        group.books.first { $0.annotator == Adjudication.consensus }
        ?? LabelBook(annotator: Adjudication.consensus)
      for attempt in group.attempts {
        let digests = attempt.stepDigests
        let weighing = Weighing(
          attempt, of: group.session.header.session, books: group.books, names: names,
          isFinal: isFinal, digests: digests, consensus: consensus)
        orphans += weighing.orphans
        let shared = attempt.steps.count { step in
          weighing.voices.count { $0.labels[step.index] != nil } > 1
        }
        common.steps += shared
        if shared > 0 { common.chains += 1 }
        let chain = Chain(
          folder: group.folder, attempt: attempt, weighing: weighing,
          settled: consensus.standing(in: attempt, digests: digests).mapValues(\.current.label),
          isExited: consensus.judgement(of: attempt.id)?.exit != nil)
        if !weighing.disputed.isEmpty {
          chains.append(chain)
        } else if shared > 0, !weighing.completion(of: chain.settled).isEmpty {
          agreed.append(chain)
        }
      }
    }
  }

  private static func names(_ asked: String?, among named: NamedChains) throws -> [String] {
    let known = named.annotators.filter { $0 != Adjudication.consensus }
    guard let asked else {
      let people = known.filter { ImportFormat(rawValue: $0) == nil }
      guard people.count > 1 else {
        throw AnnotateError.nobodyToSettle(
          title: named.title.visible, names: people.map(\.visible))
      }
      return people
    }
    let names = Set(
      asked.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty })
    if names.contains(Adjudication.consensus) { throw AnnotateError.consensusIsNoSide }
    for name in names.sorted() where !known.contains(name) {
      throw AnnotateError.noSuchSide(
        String(name.visible.prefix(80)), names: known.map(\.visible),
        nearest: nearest(to: name, in: known)?.visible)
    }
    guard names.count > 1 else { throw AnnotateError.tooFewSides(String(asked.visible.prefix(80))) }
    return names.sorted()
  }

  // MARK: What nobody differs on

  /// Writes what all agree on in chains without a dispute, so that the consensus is of all chains
  /// and not of the hard ones alone.
  func takeAgreed(program: String, wall: Double) throws {
    for chain in agreed {
      let digests = chain.attempt.stepDigests
      let events = chain.weighing.completion(of: chain.settled).sorted { $0.key < $1.key }.map {
        step, label in
        Event.labelled(
          Labelled(
            step: StepID(attempt: chain.attempt.id, index: step), digest: digests[step],
            annotator: Adjudication.consensus, wall: wall, label: label,
            sources: chain.weighing.sources(step)))
      }
      let file = try AnnotationFile.open(
        chain.folder, annotator: Adjudication.consensus, program: program, wall: wall)
      let status = waitFor {
        _ = await file.append(events)
        return await file.close()
      }
      if case .notSaved(let reason, _) = status {
        throw AnnotateError.consensusNotSaved(path: file.path.visible, reason: reason)
      }
    }
  }

  /// What ``takeAgreed(program:wall:)`` did; `nil` where that was nothing.
  var agreedSentence: String? {
    guard !agreed.isEmpty else { return nil }
    return AnnotationStatus.count(agreed.count, "chain")
      + " that nobody differs on went into the consensus as all have it."
  }

  // MARK: The queue

  /// Chains with open disputes as they lie, behind those that are settled.
  var queue: (items: [LabelItem], position: Int) {
    let items = chains.map { chain in
      var item = LabelItem(
        session: chain.folder.url.path, attempt: chain.attempt.id, isDone: chain.open.isEmpty)
      item.disputes = chain.weighing.disputed.count
      item.settled = item.disputes - chain.open.count
      return item
    }
    let done = items.filter(\.isDone)
    return (done + items.filter { !$0.isDone }, done.count)
  }

  // MARK: Words

  private var people: String {
    names.count == 2
      ? names.joined(separator: " and ")
      : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  /// Why there is nothing to do; `nil` where there is.
  var nothingToSettle: String? {
    guard chains.isEmpty else { return nil }
    guard common.steps > 0 else {
      return "\(people) rated no step of \(title) in common; there is nothing to settle."
    }
    let place =
      "\(AnnotationStatus.count(common.steps, "step")) of "
      + AnnotationStatus.count(common.chains, "chain")
    return "\(people) agree on all they rated in common in \(title) (\(place)); "
      + "there is nothing to settle."
  }

  var orphanWarning: String? {
    guard orphans > 0 else { return nil }
    let words =
      orphans == 1 ? "1 label stands on text that is" : "\(orphans) labels stand on text that is"
    return "\(words) no longer there and is not weighed; see `erratum agree` for whose."
  }

  var report: DisputeReport { DisputeReport(self) }
}

/// What `--status` prints.
struct DisputeReport: Encodable, Equatable {
  struct Said: Encodable, Equatable {
    var annotator: String
    var verdict: Verdict?
    var isFirstError: Bool?
    var errorType: String?
    var reason: String?
    var correction: String?

    init(_ annotator: String, _ label: Label?) {
      self.annotator = annotator
      verdict = label?.given
      isFirstError = label?.isFirstError
      errorType = label?.errorType
      reason = label?.reason
      correction = label?.correction
    }

    fileprivate var words: String {
      guard let verdict else { return "\(annotator) not rated" }
      let parts = [
        verdict.rawValue, isFirstError == true ? "first error" : nil, errorType,
        reason.map { "\u{201C}\($0)\u{201D}" },
      ].compactMap(\.self)
      return "\(annotator) \(parts.joined(separator: ", "))"
    }
  }

  struct Step: Encodable, Equatable {
    var session: String
    var attempt: String
    /// Attempt-wide index, as in the files of labels.
    var step: Int
    /// By name.
    var labels: [Said]
    /// What the consensus says; `nil` while it is open or where an earlier first error settles it.
    var decision: Said?
    var isOpen: Bool
    /// As it stands on screen: from 1, `t3` in the thinking.
    fileprivate var number: String

    private enum CodingKeys: String, CodingKey {
      case session, attempt, step, labels, decision, isOpen
    }
  }

  var title: String
  var annotators: [String]
  /// Chains with a step in dispute.
  var chains: Int
  var settled: Int
  var left: Int
  /// Labels that are not weighed, since their text is no longer there.
  var orphans: Int
  var disputes: [Step] = []

  fileprivate init(_ all: Disputes) {
    title = all.title
    annotators = all.names
    chains = all.chains.count
    orphans = all.orphans
    for chain in all.chains {
      let open = Set(chain.open)
      let voices = chain.weighing.voices.sorted { $0.annotator < $1.annotator }
      for index in chain.weighing.disputed {
        let step = chain.attempt.steps[index]
        let decision = chain.settled[index].flatMap { $0.given == nil ? nil : $0 }
        disputes.append(
          Step(
            session: chain.folder.id, attempt: chain.attempt.id.description, step: index,
            labels: voices.map { Said($0.annotator, $0.labels[index]) },
            decision: decision.map { Said(Adjudication.consensus, $0) },
            isOpen: open.contains(index),
            number: (step.channel == .thinking ? "t" : "") + String(step.number)))
      }
    }
    left = disputes.count { $0.isOpen }
    settled = disputes.count - left
  }

  /// Lines for a person.
  var lines: [String] {
    let head =
      "\(title): \(AnnotationStatus.count(disputes.count, "dispute")) in "
      + "\(AnnotationStatus.count(chains, "chain")), \(settled) settled, \(left) left"
    return [head]
      + disputes.map { step in
        let end = step.decision?.words ?? (step.isOpen ? "open" : "settled with its chain")
        return "  \(step.session) \(step.attempt) step \(step.number): "
          + (step.labels.map(\.words) + [end]).joined(separator: "; ")
      }
  }
}
