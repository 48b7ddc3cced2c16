import ArgumentParser
import Foundation
import Sessions
import Workbench

struct ShowSession: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a session: problem, attempts, steps with their labels, critiques.")
  @Argument(help: "A session's id, the beginning of one, or a path.")
  var session: String
  @Flag(name: .long, help: "As one object of JSON.")
  var json = false
  @OptionGroup var library: LibraryOption

  func run() throws {
    let library = try library.setup().edges.library
    let opened = try library.read(try library.resolve(session))
    let page = SessionPage(opened)
    if json { try sayJSON(page) } else { page.lines.forEach(say) }
    for error in opened.annotationDamage { warn(error.sentence) }
  }
}

/// What `sessions show` tells, gathered once for lines and JSON.
struct SessionPage: Encodable {
  struct Rating: Encodable {
    var annotator: String
    var verdict: String?
    var errorType: String?
    var reason: String?
    var correction: String?
  }

  struct StepLine: Encodable {
    /// From 0, over both channels.
    var index: Int
    /// From 1 within the channel, as on screen.
    var number: Int
    var channel: String
    var text: String
    var labels: [Rating]
  }

  struct AttemptPart: Encodable {
    var id: String
    var model: String
    var parent: String?
    var round: String?
    var ending: String
    var answer: String?
    var isCorrect: Bool?
    var file: String?
    var steps: [StepLine]
  }

  struct VerdictLine: Encodable {
    var step: Int
    var verdict: String
    var errorType: String?
    var reason: String?
    var repair: String?
  }

  struct CritiquePart: Encodable {
    var id: String
    var attempt: String
    var critic: String
    /// Attempt-wide index of the first step found wrong.
    var firstError: Int?
    var text: String
    var verdicts: [VerdictLine]
  }

  struct AnnotatorPart: Encodable {
    var name: String
    var labels: Int
  }

  var id: String
  var path: String
  var problem: Problem
  var attempts: [AttemptPart]
  var critiques: [CritiquePart]
  var annotators: [AnnotatorPart]
  var damage: String?

  init(_ opened: OpenedSession) {
    let session = opened.session
    id = opened.folder.id
    path = opened.folder.url.path
    problem = session.problem
    damage = opened.damage.sentence
    var counts: [String: Int] = [:]
    attempts = session.attempts.map { Self.part($0, opened.books, &counts) }
    annotators = opened.books.map { book in
      AnnotatorPart(name: book.annotator, labels: counts[book.annotator] ?? 0)
    }
    critiques = session.critiques.map(Self.part)
  }

  /// - Parameter counts: gets the verdicts of each annotator.
  private static func part(
    _ attempt: Attempt, _ books: [LabelBook], _ counts: inout [String: Int]
  ) -> AttemptPart {
    let digests = books.isEmpty ? nil : attempt.stepDigests
    var ratings: [Int: [Rating]] = [:]
    for book in books {
      for (step, entry) in book.standing(in: attempt, digests: digests) {
        let label = entry.current.label
        guard !label.isEmpty else { continue }
        if label.verdict != nil { counts[book.annotator, default: 0] += 1 }
        ratings[step, default: []].append(
          Rating(
            annotator: book.annotator, verdict: label.verdict?.rawValue,
            errorType: label.errorType, reason: label.reason, correction: label.correction))
      }
    }
    let steps = attempt.steps.map { step in
      StepLine(
        index: step.index, number: step.number, channel: step.channel.rawValue,
        text: String(decoding: attempt.bytes(of: step), as: UTF8.self),
        labels: ratings[step.index] ?? [])
    }
    return AttemptPart(
      id: attempt.id.description, model: attempt.started.call.model.shortName,
      parent: attempt.started.parent?.description, round: attempt.started.round?.description,
      ending: attempt.finished?.reason.rawValue ?? "open", answer: attempt.answer?.answer,
      isCorrect: attempt.answer?.isCorrect ?? attempt.imported?.isCorrect,
      file: attempt.imported?.file, steps: steps)
  }

  private static func part(_ critique: Critique) -> CritiquePart {
    let verdicts = critique.verdicts.sorted { $0.key < $1.key }.map { step, given in
      VerdictLine(
        step: step, verdict: given.verdict.rawValue, errorType: given.errorType,
        reason: given.reason, repair: given.repair)
    }
    return CritiquePart(
      id: critique.id.description, attempt: critique.attempt.description,
      critic: critique.started.call.model.shortName, firstError: critique.firstError,
      text: String(decoding: critique.bytes, as: UTF8.self), verdicts: verdicts)
  }

  // MARK: Lines

  var lines: [String] {
    var lines = [id, "  folder   \(path)"]
    lines += Self.block("  problem  ", problem.text)
    if let answer = problem.answer { lines.append("  answer   \(answer)") }
    if let source = problem.source { lines.append("  set      \(source)") }
    for annotator in annotators {
      lines.append("  labels   \(annotator.name): \(annotator.labels)")
    }
    if let damage { lines.append("  damage   \(damage)") }
    for attempt in attempts { lines += Self.lines(attempt) }
    for critique in critiques { lines += Self.lines(critique) }
    return lines
  }

  private static func lines(_ attempt: AttemptPart) -> [String] {
    var words = ["attempt \(attempt.id)", attempt.model, attempt.ending]
    if let parent = attempt.parent { words.append("from \(parent)") }
    if let file = attempt.file { words.append("imported from \(file)") }
    if let answer = attempt.answer {
      words.append(
        "answer \(answer)" + (attempt.isCorrect.map { $0 ? " correct" : " wrong" } ?? ""))
    }
    var lines = ["", words.joined(separator: " · ")]
    for step in attempt.steps {
      let channel = step.channel == Channel.thinking.rawValue ? " thinking" : ""
      lines += block("  \(step.number)\(channel)  ", step.text)
      for label in step.labels { lines += block("      \(label.annotator): ", said(label)) }
    }
    return lines
  }

  private static func said(_ label: Rating) -> String {
    [
      label.verdict, label.errorType, label.reason, label.correction.map { "should be: \($0)" },
    ].compactMap(\.self).joined(separator: " · ")
  }

  private static func lines(_ critique: CritiquePart) -> [String] {
    var lines = ["", "critique \(critique.id) of \(critique.attempt) · \(critique.critic)"]
    if critique.verdicts.isEmpty { lines += block("  ", critique.text) }
    for given in critique.verdicts {
      let words = [
        given.verdict, given.errorType, given.reason, given.repair.map { "repair: \($0)" },
      ]
      lines += block(
        "  step \(given.step + 1)  ", words.compactMap(\.self).joined(separator: " · "))
    }
    return lines
  }

  /// A text of several lines, set in under its first.
  private static func block(_ head: String, _ text: String) -> [String] {
    let parts = text.trimmedWhitespace.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = parts.first else { return [head] }
    let indent = String(repeating: " ", count: head.count)
    return [head + first] + parts.dropFirst().map { indent + $0 }
  }
}

extension TextPlace {
  /// Where it is, in words: `attempt a1, step 3, thinking`.
  var words: String {
    var words: [String] = []
    if let annotator { words.append("label by \(annotator)") }
    if let critique { words.append("critique \(critique)") }
    if let attempt { words.append("attempt \(attempt)") }
    if let step { words.append("step \(step + 1)") }
    switch kind {
    case .problem: words.append("problem")
    case .thinking: words.append("thinking")
    case .hint: words.append("hint")
    case .answer where step == nil: words.append("answer")
    case .answer, .critique, .verdict, .label: break
    }
    return words.joined(separator: ", ")
  }
}
