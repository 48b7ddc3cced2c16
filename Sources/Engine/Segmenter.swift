import Sessions

/// Cuts a channel's bytes into steps while they stream in.
///
/// Bytes go in at any chunking, ends of steps come out; the same text gives the same ends however
/// it was cut up, and an end once given never moves. Look-ahead is at most ``longestProbe`` bytes.
///
/// An answer is cut by the first of these that fits:
/// 1. A line that begins `Step k`, `Answer:` or the like begins a step. Once such a line was seen,
///    paragraphs no longer do: the text numbers its own steps.
/// 2. A paragraph (a line after a blank one) begins a step, except display maths, which belongs to
///    the sentence before it, and what follows a heading or a line that ends in a colon and opens
///    a code block.
/// 3. As long as there was no blank line, a line begins a step when it begins like a sentence
///    (capital, digit, sign of money or maths) and the one before it did not end in a colon or a
///    comma: GSM8K's plain lines are steps, wrapped prose and bullets are not.
///
/// Thinking is cut where a paragraph or a sentence begins with a marker word (``MarkerWords``),
/// not before 100 characters and, past 600, at the next sentence. The rules and both numbers are
/// those measured best against a reference segmentation of long traces (ThinkBooster's
/// `step_boundary_detectors.md`: 0.8% off in count).
///
/// Nothing is cut inside a code fence or display maths. An unclosed fence lasts to the end; maths
/// is given up after ``longestMaths`` bytes, since a stray `$$` must not swallow an answer.
package struct Segmenter: Sendable {
  /// Recorded with each attempt; goes up whenever some text would be cut otherwise.
  package static let version = 1

  static let longestProbe = 64
  static let shortestThought = 100
  static let longestThought = 600

  private let channel: Channel
  private var offset = 0
  /// Characters (not continuation bytes) in the open step, and whether any is not white space.
  private var characters = 0
  private var hasContent = false

  private var blocks = BlockTracker()
  /// The line being read, up to ``longestProbe`` bytes; enough to tell what it begins with.
  private var lineIsBlank = true
  private var lineIndent = 0
  private var lineIsHeading = false
  private var stepIsHeading = false
  private var previousEnd: UInt8 = 0
  private var lastVisible: UInt8 = 0
  private var afterBlank = false
  private var hasBlankLines = false
  private var hasMarkers = false

  private var probe: Probe?
  private var sentence = SentenceTracker()

  /// A place where a step may begin, until enough of what follows it is known.
  private struct Probe {
    var start: Int
    var charactersBefore: Int
    var hadContent: Bool
    var text: [UInt8] = []
    var startsLine: Bool
    var startsParagraph: Bool
  }

  package init(channel: Channel) { self.channel = channel }

  /// Takes more bytes; returns the ends of the steps they closed.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [Int] {
    var ends: [Int] = []
    for byte in bytes { take(byte, &ends) }
    return ends
  }

  /// Ends the text; returns the ends of the steps that were still open.
  package mutating func finish() -> [Int] {
    var ends: [Int] = []
    settleProbe(isWhole: true, &ends)
    if hasContent { ends.append(offset) }
    // More may follow where a channel is taken up again: it then begins a step of its own.
    hasContent = false
    characters = 0
    return ends
  }

  private mutating func take(_ byte: UInt8, _ ends: inout [Int]) {
    if byte == ASCII.newline {
      settleProbe(isWhole: true, &ends)
      endLine()
    } else if !ASCII.isSpace(byte) {
      if probe == nil { openProbe(byte) }
      lineIsBlank = false
      lastVisible = byte
      hasContent = true
    } else if lineIsBlank {
      lineIndent += 1
    }
    if byte & 0xC0 != 0x80 { characters += 1 }
    offset += 1
    blocks.take(byte)
    sentence.take(byte)
    guard probe != nil, byte != ASCII.newline else { return }
    probe?.text.append(byte)
    settleProbe(isWhole: (probe?.text.count ?? 0) >= Self.longestProbe, &ends)
  }

  private mutating func endLine() {
    if lineIsBlank {
      afterBlank = hasContent
      hasBlankLines = hasBlankLines || hasContent
    } else {
      afterBlank = false
      previousEnd = lastVisible
      stepIsHeading = lineIsHeading
    }
    lineIsBlank = true
    lineIndent = 0
    lineIsHeading = false
  }

  /// Called at a visible byte: decides whether a step may begin here at all.
  private mutating func openProbe(_ byte: UInt8) {
    let startsLine = lineIsBlank
    guard startsLine || (channel == .thinking && sentence.isBetween) else { return }
    if startsLine { lineIsHeading = false }
    guard !blocks.isInside else { return }
    probe = Probe(
      start: startsLine ? offset - lineIndent : offset,
      charactersBefore: characters - (startsLine ? lineIndent : 0), hadContent: hasContent,
      startsLine: startsLine, startsParagraph: startsLine && afterBlank)
  }

  private mutating func settleProbe(isWhole: Bool, _ ends: inout [Int]) {
    guard let probe else { return }
    let beginning = LineBeginning(probe.text, isWhole: isWhole)
    guard let begins = begins(probe, beginning, isWhole: isWhole) else { return }
    self.probe = nil
    if probe.startsLine {
      if beginning.kind == .marker { hasMarkers = true }
      lineIsHeading = beginning.kind == .heading
    }
    guard begins, probe.hadContent else { return }
    ends.append(probe.start)
    characters -= probe.charactersBefore
    stepIsHeading = false
    afterBlank = false
  }

  /// `nil` while more bytes are needed to tell.
  private func begins(_ probe: Probe, _ beginning: LineBeginning, isWhole: Bool) -> Bool? {
    guard probe.startsLine else { return beginsThought(probe, isWhole: isWhole) }
    guard let kind = beginning.kind else { return nil }
    if kind == .marker || kind == .answer { return !stepIsHeading || kind == .answer }
    return channel == .thinking
      ? beginsThought(probe, isWhole: isWhole) : beginsAnswerStep(probe, kind)
  }

  private func beginsAnswerStep(_ probe: Probe, _ kind: LineBeginning.Kind) -> Bool {
    if hasMarkers || stepIsHeading { return false }
    if probe.startsParagraph {
      switch kind {
      case .maths: return false
      case .fence: return previousEnd != ASCII.colon
      default: return true
      }
    }
    if hasBlankLines || lineIndent > 0 { return false }
    return kind == .sentence && previousEnd != ASCII.colon && previousEnd != ASCII.comma
  }

  private func beginsThought(_ probe: Probe, isWhole: Bool) -> Bool? {
    if probe.charactersBefore < Self.shortestThought || stepIsHeading { return false }
    if probe.charactersBefore > Self.longestThought { return true }
    guard let word = MarkerWords.match(probe.text, isWhole: isWhole) else { return nil }
    switch word {
    case .begins: return true
    case .goesOn: return false
    case .other: return probe.startsParagraph
    }
  }
}
