import Sessions

/// A person at work on one chain: what LABEL mode knows beyond the record.
package struct Labelling: Equatable, Sendable {
  package var attempt: AttemptID
  /// From 1 when the chain is labelled again.
  package var pass: Int
  package var blindness: LabelTask.Blindness
  /// Labels on their way to the disk: the next key builds on them.
  var pending: [StepID: Label] = [:]
  /// What was done to this chain, and what was undone, newest last.
  var past: [[LabelChange]] = []
  var future: [[LabelChange]] = []
  /// A span being chosen.
  package var span: SpanChoice?
  /// The first answer about the chain, and the exit that waits for its reason.
  var answer: Verdict?
  var exit: ChainJudged.Exit?
  /// The texts of the panel that rates texts.
  package var texts: [StepCandidate] = []
  /// ``Attempt/stepDigests``, for as many steps as there were.
  var digests = Kept<[String]>([])
  /// Seconds of work on each step and on the whole chain, pauses left out.
  var stepSeconds: [Int: Double] = [:]
  package var seconds = 0.0
  /// Seconds of work on the whole chain in earlier sittings.
  var earlierSeconds = 0.0
  /// The loop's clock at the last key.
  var actedAt: Double
  /// Steps, labelled here and now, for the pace.
  package var ratedSteps: Set<Int> = []

  init(attempt: AttemptID, pass: Int, blindness: LabelTask.Blindness, at now: Double) {
    self.attempt = attempt
    self.pass = pass
    self.blindness = blindness
    actedAt = now
  }

  /// All of the work on the chain, in tenths of a second.
  var chainSeconds: Double { ((earlierSeconds + seconds) * 10).rounded() / 10 }

  /// Counts the time since the last key towards a step; a long pause counts in part.
  mutating func spend(until now: Double, on step: Int?, idle: Double) {
    let passed = min(max(now - actedAt, 0), idle)
    actedAt = now
    seconds += passed
    if let step { stepSeconds[step, default: 0] += passed }
  }
}

/// One step's label, before and after a key.
struct LabelChange: Equatable, Sendable {
  var step: Int
  var before: Label
  var after: Label
}

/// Words of the selected step from one to another, while they are being chosen.
package struct SpanChoice: Equatable, Sendable {
  /// Index of the first word; the last one once that stands.
  package var first: Int
  package var last: Int?
  package init(first: Int = 0, last: Int? = nil) {
    self.first = first
    self.last = last
  }

  /// Bytes of the words chosen so far.
  package func span(in words: [Range<Int>]) -> LabelSpan? {
    guard words.indices.contains(first) else { return nil }
    let end = min(max(last ?? first, first), words.count - 1)
    return LabelSpan(start: words[first].lowerBound, end: words[end].upperBound)
  }

  /// Runs of bytes between white space, as offsets from the first.
  package static func words(_ bytes: ArraySlice<UInt8>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (offset, byte) in bytes.enumerated() {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isSpace, let from = start {
        words.append(from..<offset)
        start = nil
      } else if !isSpace, start == nil {
        start = offset
      }
    }
    if let start { words.append(start..<bytes.count) }
    return words
  }
}

extension Reading {
  /// The labels of one person, as the file and the keys just pressed have them.
  package func labels(by annotator: String) -> [Int: Label] {
    guard let labelling, let attempt = session.attempt(labelling.attempt) else { return [:] }
    var out =
      book(of: annotator)?
      .standing(in: attempt, pass: labelling.pass, digests: labelling.digests.value)
      .mapValues(\.current.label) ?? [:]
    for (id, label) in labelling.pending where id.attempt == attempt.id { out[id.index] = label }
    return out
  }

  package func book(of annotator: String) -> LabelBook? {
    books.first { $0.annotator == annotator }
  }

  /// Steps that are to be rated and have no verdict, in the chain's order.
  func unrated(_ labels: [Int: Label]) -> [Int] {
    guard let attempt else { return [] }
    return attempt.stepsToRate { labels[$0] }.map(\.index).filter { labels[$0]?.isRated != true }
  }

  /// Takes in what a person's file says now.
  mutating func take(label event: Event, by annotator: String) {
    if let index = books.firstIndex(where: { $0.annotator == annotator }) {
      books[index].apply(event)
    } else {
      var book = LabelBook(annotator: annotator)
      book.apply(event)
      books.append(book)
      books.sort { $0.annotator < $1.annotator }
    }
    if case .labelled(let labelled) = event, labelling?.pending[labelled.id] == labelled.label {
      labelling?.pending[labelled.id] = nil
    }
  }
}

extension Event {
  /// Who said so; `nil` for what no person says.
  var annotator: String? {
    switch self {
    case .marked(let event): event.annotator
    case .labelDetailed(let event): event.annotator
    case .labelled(let event): event.annotator
    case .revealed(let event): event.annotator
    case .chainJudged(let event): event.annotator
    default: nil
    }
  }
}
