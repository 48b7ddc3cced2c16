import Foundation

/// One line of a list of sessions.
package struct SessionSummary: Equatable, Sendable, Identifiable {
  package var id: String
  /// The session's folder.
  package var path: String
  package var title: String
  /// Seconds since 1970.
  package var created: Double
  package var lastActivity: Double
  package var attempts = 0
  package var rounds = 0
  package var tokens = 0
  /// The answer extracted last, and whether it matched the reference.
  package var answer: String?
  package var isCorrect: Bool?
  package var isExample = false
  /// What is wrong with it, as a sentence; `nil` for a session that is whole.
  package var damage: String?
  /// How the last attempt stands; `nil` where there is none.
  package var ending: Ending?
  /// Where the problem and the chains came from: problem sets, and files without their endings.
  package var sets: [String] = []
  /// Everyone who wrote or criticised an attempt.
  package var models: [String] = []
  /// Whoever has a file of labels, by name.
  package var annotators: [String] = []
  /// Verdicts that stand, of all annotators together.
  package var labels = 0
  /// Steps on which the standing verdicts of two annotators differ.
  package var disagreements = 0
  /// Holds chains that were taken over from a file.
  package var isImported = false
  /// A program has the journal open for writing just now.
  package var isWritten = false

  /// How an attempt ended, or that it has not.
  package enum Ending: String, Sendable {
    case finished, failed
    /// Stopped by a person, or by a connection that ended without a word.
    case interrupted
    /// Its end is not on record: a program writes it, or one was ended while it did.
    case open
  }

  package init(
    id: String, path: String = "", title: String, created: Double, lastActivity: Double,
    attempts: Int = 0, rounds: Int = 0, tokens: Int = 0, answer: String? = nil,
    isCorrect: Bool? = nil, isExample: Bool = false, damage: String? = nil
  ) {
    self.id = id
    self.path = path
    self.title = title
    self.created = created
    self.lastActivity = lastActivity
    self.attempts = attempts
    self.rounds = rounds
    self.tokens = tokens
    self.answer = answer
    self.isCorrect = isCorrect
    self.isExample = isExample
    self.damage = damage
  }

  /// The first words of a problem, on one line.
  package static func title(of text: String, length: Int = 60) -> String {
    var title = ""
    for word in text.prefix(4 * length).printable.split(whereSeparator: \.isWhitespace) {
      if !title.isEmpty && title.count + 1 + word.count > length { return title + " ..." }
      title += title.isEmpty ? String(word.prefix(length)) : " \(word)"
    }
    return title.isEmpty ? "(no text)" : title
  }
}

extension Substring {
  fileprivate var printable: String { String(self).printable }
}

extension SessionSummary {
  /// What `state:` asks for; a session is in several at once.
  package enum State: String, CaseIterable, Sendable {
    case finished, unfinished, running, interrupted, failed, empty
    case rounds, labelled, unlabelled, imported, damaged, example
  }

  package var states: [State] {
    var states: [State] = []
    switch ending {
    case .finished: states.append(.finished)
    case .failed: states += [.unfinished, .failed]
    case .interrupted: states += [.unfinished, .interrupted]
    case .open: states += [.unfinished, isWritten ? .running : .interrupted]
    case nil: states += [.unfinished, .empty]
    }
    if rounds > 0 { states.append(.rounds) }
    states.append(labels > 0 ? .labelled : .unlabelled)
    if isImported { states.append(.imported) }
    if damage != nil { states.append(.damaged) }
    if isExample { states.append(.example) }
    return states
  }
}
