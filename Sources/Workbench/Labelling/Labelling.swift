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
  /// Why the last key could not be put on record; `nil` when it could.
  package var refusal: String?
  /// The first answer about the chain, and the exit that waits for its reason.
  var answer: Verdict?
  var exit: ChainJudged.Exit?
  /// The texts of the panel that rates texts.
  package var texts: [StepCandidate] = []
  /// ``Attempt/stepDigests``, for as many steps as there were.
  var digests = Kept<[String]>([])
  /// What stands of the person's file, and how many of its labels lost their bytes.
  var said = Kept<[Int: Label]>([:])
  var orphans = Kept(0)
  /// What others say, where their labels are being settled.
  var weighing = Kept<Weighing?>(nil)
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

  /// Whether somebody has spoken since the step was taken over as what all agree on.
  func isUnheard(_ step: Int) -> Bool { weighing.value?.unheard.contains(step) == true }

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

  /// Words and numbers, and each sign by itself, as offsets from the first byte.
  package static func words(_ bytes: ArraySlice<UInt8>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    let all = Array(bytes)
    func close(at end: Int) {
      if let from = start { words.append(from..<end) }
      start = nil
    }
    for (offset, byte) in all.enumerated() {
      // A point or comma between digits is part of a number.
      let isInNumber =
        (byte == UInt8(ascii: ".") || byte == UInt8(ascii: ","))
        && offset > 0 && isDigit(all[offset - 1]) && offset + 1 < all.count
        && isDigit(all[offset + 1])
      let isLetter = byte >= 0x80 || isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
      if byte <= 0x20 {
        close(at: offset)
      } else if isLetter || isInNumber {
        start = start ?? offset
      } else {
        close(at: offset)
        words.append(offset..<(offset + 1))
      }
    }
    close(at: all.count)
    return words
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Reading {
  /// The labels of one person, as the file and the keys just pressed have them.
  package func labels(by annotator: String) -> [Int: Label] {
    guard let labelling else { return [:] }
    var out = labelling.said.value
    for (id, label) in labelling.pending where id.attempt == labelling.attempt {
      out[id.index] = label
    }
    return out
  }

  /// Works out anew what stands of a person's labels: chains may have thousands of steps, and
  /// every key and every frame asks.
  mutating func rereadLabels(by annotator: String) {
    guard let labelling, let attempt = session.attempt(labelling.attempt) else { return }
    let digests = attempt.stepDigests
    let book = book(of: annotator)
    let standing = book?.standing(in: attempt, pass: labelling.pass, digests: digests) ?? [:]
    let all = book?.entries(pass: labelling.pass).filter { $0.key.attempt == attempt.id } ?? [:]
    self.labelling?.digests.value = digests
    self.labelling?.said.value = standing.mapValues(\.current.label)
    self.labelling?.orphans.value = all.count {
      standing[$0.key.index] == nil && !$0.value.current.label.isEmpty
    }
  }

  package func book(of annotator: String) -> LabelBook? {
    books.first { $0.annotator == annotator }
  }

  /// Steps that are to be rated and have no verdict, in the chain's order.
  ///
  /// Where others' labels are being settled: the disputes that are open.
  func unrated(_ labels: [Int: Label]) -> [Int] {
    guard let attempt else { return [] }
    if let weighing = labelling?.weighing.value { return weighing.open(labels) }
    return attempt.stepsToRate { labels[$0] }.map(\.index).filter { labels[$0]?.isRated != true }
  }

  /// Takes in what a person's file says now.
  ///
  /// - Parameter isOwn: whether it is the person who labels here.
  mutating func take(label event: Event, by annotator: String, isOwn: Bool) {
    if let index = books.firstIndex(where: { $0.annotator == annotator }) {
      books[index].apply(event)
    } else {
      var book = LabelBook(annotator: annotator)
      book.apply(event)
      books.append(book)
      books.sort { $0.annotator < $1.annotator }
    }
    if isOwn { labelling?.refusal = nil }
    guard isOwn, case .labelled(let labelled) = event, labelled.attempt == labelling?.attempt,
      labelled.pass ?? 0 == labelling?.pass
    else { return }
    labelling?.said.value[labelled.step] = labelled.label
    if labelling?.pending[labelled.id] == labelled.label { labelling?.pending[labelled.id] = nil }
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
