/// Where in a session a piece of its text stands.
package struct TextPlace: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// The session's and the problem's names and the problem itself.
    case problem
    case thinking, answer
    /// What a critic wrote, and what it said of one step.
    case critique, verdict
    /// What an annotator wrote about a step.
    case label
    /// What a person asked a round for.
    case hint
  }
  package var kind: Kind
  package var attempt: AttemptID?
  package var critique: CritiqueID?
  package var annotator: String?
  /// Attempt-wide index.
  package var step: Int?
  package init(
    _ kind: Kind, attempt: AttemptID? = nil, critique: CritiqueID? = nil, annotator: String? = nil,
    step: Int? = nil
  ) {
    self.kind = kind
    self.attempt = attempt
    self.critique = critique
    self.annotator = annotator
    self.step = step
  }
}

/// All words of a session, one piece after the other, each with its place.
struct SessionText {
  private(set) var body = ""
  private(set) var places: [TextPlace] = []
  /// Where in `body` each place's text begins, in UTF-8 bytes; ascending.
  private(set) var starts: [Int] = []

  /// Bytes kept of one session, some ten long chains of thought; what comes after is not found.
  static let longest = 8 << 20

  init() {}

  init(places: [TextPlace], starts: [Int]) {
    self.places = places
    self.starts = starts
  }

  init(_ session: Session, named id: String) {
    let problem = session.problem
    add([problem.text, problem.id, id].joined(separator: "\n"), TextPlace(.problem))
    for attempt in session.attempts { add(attempt) }
    for critique in session.critiques { add(critique) }
    for round in session.rounds {
      let words = [round.started.hint, round.started.editedStep].compactMap(\.self)
      add(
        words.joined(separator: "\n"),
        TextPlace(.hint, attempt: round.started.parent, step: round.started.fromStep))
    }
  }

  private mutating func add(_ attempt: Attempt) {
    func place(_ channel: Channel, _ step: Int?) -> TextPlace {
      TextPlace(channel == .thinking ? .thinking : .answer, attempt: attempt.id, step: step)
    }
    for step in attempt.steps {
      add(attempt.bytes(of: step), place(step.channel, step.index))
    }
    for (offset, channel) in Channel.allCases.filter({ !attempt.openRange($0).isEmpty })
      .enumerated()
    {
      // Shown after the closed steps, in this order.
      let bytes = attempt.tokens(channel).bytes[attempt.openRange(channel)]
      add(bytes, place(channel, attempt.steps.count + offset))
    }
    if let answer = attempt.answer?.answer { add(answer, place(.answer, nil)) }
  }

  private mutating func add(_ critique: Critique) {
    add(
      critique.bytes[...],
      TextPlace(.critique, attempt: critique.attempt, critique: critique.id))
    for (step, given) in critique.verdicts.sorted(by: { $0.key < $1.key }) {
      let words = [given.errorType, given.reason, given.repair].compactMap(\.self)
      add(
        words.joined(separator: "\n"),
        TextPlace(.verdict, attempt: critique.attempt, critique: critique.id, step: step))
    }
  }

  mutating func add(_ bytes: ArraySlice<UInt8>, _ place: TextPlace) {
    guard bytes.count + body.utf8.count <= Self.longest else { return }
    add(String(decoding: bytes, as: UTF8.self), place)
  }

  mutating func add(_ text: String, _ place: TextPlace) {
    guard !text.isEmpty, text.utf8.count + body.utf8.count <= Self.longest else { return }
    if !body.isEmpty { body += "\n" }
    places.append(place)
    starts.append(body.utf8.count)
    body += Self.separated(Self.withoutControls(text))
  }

  /// The place that the byte at `offset` of `body` belongs to.
  func place(at offset: Int) -> TextPlace? {
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? places[low - 1] : nil
  }

  /// Blanks for control characters: an index marks with two of them what it finds.
  private static func withoutControls(_ text: String) -> String {
    func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x0A }
    guard text.utf8.contains(where: isControl) else { return text }
    return String(decoding: text.utf8.map { isControl($0) ? 0x20 : $0 }, as: UTF8.self)
  }

  /// An invisible blank: SQLite cuts words there, and no reader sees it.
  static let blank: Unicode.Scalar = "\u{200B}"

  /// Puts an invisible blank after each character of a script that writes no blanks.
  ///
  /// SQLite takes a run of such characters for one word; with this each is a word, and a phrase
  /// of them is found wherever it stands.
  static func separated(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0xE0 }),
      text.unicodeScalars.contains(where: isUnspaced)
    else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      out.append(scalar)
      if isUnspaced(scalar) { out.append(blank) }
    }
    return String(out)
  }

  /// Chinese, Japanese and Thai letters, and their relatives.
  private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0EFF, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
      0x20000...0x3FFFF:
      true
    default: false
    }
  }
}
