import Foundation

/// One line of a list of sessions.
package struct SessionSummary: Equatable, Sendable, Identifiable {
  package var id: String
  /// The session's folder.
  package var path: String
  package var title: String
  package var problemID = ""
  /// The problem's text; of a very long one, the beginning.
  package var problemText = ""
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

  package init(
    id: String, path: String = "", title: String, problemID: String = "", problemText: String = "",
    created: Double, lastActivity: Double, attempts: Int = 0, rounds: Int = 0, tokens: Int = 0,
    answer: String? = nil, isCorrect: Bool? = nil, isExample: Bool = false, damage: String? = nil
  ) {
    self.id = id
    self.path = path
    self.title = title
    self.problemID = problemID
    self.problemText = problemText
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
  /// Reads what a list shows of the journal in `folder`; damage is told, not thrown.
  ///
  /// - Parameters:
  ///   - size: how much of the journal is summed up; what is written meanwhile is for next time.
  ///   - earlier: what was known of the first so many bytes; journals only grow, so of a long
  ///     one only the rest need be read.
  init(
    folder: SessionFolder, size: Int, modified: Double,
    continuing earlier: (summary: SessionSummary, size: Int)? = nil
  ) {
    self.init(
      id: folder.id, path: folder.url.path, title: folder.id, created: modified,
      lastActivity: modified, isExample: folder.isExample)
    do {
      let reader = try JournalReader(folder.url)
      problemID = reader.header.problem.id
      problemText = String(reader.header.problem.text.prefix(4000))
      title = Self.title(of: reader.header.problem.text)
      created = reader.header.created
      var start = reader.firstLine
      if let earlier, earlier.summary.damage == nil, earlier.size > start,
        earlier.size <= size, reader.isLineStart(earlier.size), earlier.summary.created == created,
        earlier.summary.problemText == problemText
      {
        start = earlier.size
        takeCounts(of: earlier.summary)
      }
      damage = try count(reader, start, size).sentence
    } catch let error as JournalError {
      damage = error.sentence
    } catch {
      damage = JournalError.unreadable(path: folder.url.path, reason: "\(error)").sentence
    }
  }

  private mutating func takeCounts(of earlier: SessionSummary) {
    attempts = earlier.attempts
    rounds = earlier.rounds
    tokens = earlier.tokens
    answer = earlier.answer
    isCorrect = earlier.isCorrect
  }

  private mutating func count(
    _ reader: JournalReader, _ start: Int, _ end: Int
  ) throws -> JournalDamage {
    try reader.records(from: start, upTo: end) { batch, _ in
      for record in batch { count(record.event) }
      return true
    }
  }

  private mutating func count(_ event: Event) {
    switch event {
    case .attemptStarted: attempts += 1
    case .roundStarted: rounds += 1
    case .tokens(let arrived): tokens += arrived.table.count
    case .answerExtracted(let extracted):
      answer = extracted.answer
      isCorrect = extracted.isCorrect
    default: break
    }
  }
}
