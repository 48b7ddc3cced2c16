/// Bytes the engine's parsers look for by name.
enum ASCII {
  static let newline = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")
  static let colon = UInt8(ascii: ":")
  static let comma = UInt8(ascii: ",")
  static let backslash = UInt8(ascii: "\\")
  static let backtick = UInt8(ascii: "`")
  static let tilde = UInt8(ascii: "~")
  static let dollar = UInt8(ascii: "$")
  static let hash = UInt8(ascii: "#")

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }
}

/// What the first bytes of a line say about it.
struct LineBeginning: Equatable {
  enum Kind: Equatable {
    /// `Step 3`, with or without a heading or bullet before it.
    case marker
    /// `Answer:`, `<Answer>:`, `####`, `The final answer is`.
    case answer
    case heading, fence, maths
    /// Begins as a sentence does: a capital, a digit, money, or a script without capitals.
    case sentence
    case other
  }
  /// `nil` while the bytes so far fit several.
  let kind: Kind?

  private static let words: [([UInt8], Kind)] = [
    ("answer:", .answer), ("<answer>", .answer), ("final answer", .answer),
    ("answer**:", .answer), ("the final answer", .answer), ("the answer is", .answer),
    ("therefore, the final answer", .answer), ("therefore, the answer", .answer),
    ("thus, the answer", .answer), ("so the answer is", .answer),
  ].map { (Array($0.utf8), $1) }
  private static let openings = ["```", "~~~", "$$", "\\[", "\\begin"].map { Array($0.utf8) }
  private static let step = Array("step".utf8)

  init(_ text: [UInt8], isWhole: Bool) {
    var rest = text[...]
    var hashes = 0
    while rest.first == ASCII.hash {
      hashes += 1
      rest = rest.dropFirst()
    }
    if rest.isEmpty, !isWhole {
      kind = nil
      return
    }
    if hashes == 4, rest.first.map(ASCII.isSpace) == true {
      let words = rest.drop(while: ASCII.isSpace)
      if words.isEmpty, !isWhole {
        kind = nil
        return
      }
      if words.first.map({ ASCII.isDigit($0) || $0 == ASCII.dollar || $0 == 0x2D }) == true {
        kind = .answer
        return
      }
    }
    rest = Self.dropDecoration(rest)
    if !isWhole, rest.isEmpty || Self.openings.contains(where: { $0.starts(with: text) }) {
      kind = nil
      return
    }
    kind =
      Self.wordKind(rest, isWhole: isWhole).map { $0 ?? Self.plain(text, hashes) } ?? nil
  }

  /// Bullets, emphasis and white space before the words.
  private static func dropDecoration(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text.drop { ASCII.isSpace($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "-") }
  }

  /// Outer `nil`: not decided yet; inner `nil`: none of the words.
  private static func wordKind(_ text: ArraySlice<UInt8>, isWhole: Bool) -> Kind?? {
    let lowered = text.map(ASCII.lower)
    if lowered.starts(with: step) {
      let after = lowered.dropFirst(step.count)
      let number = after.drop(while: ASCII.isSpace)
      if let digit = number.first {
        return .some(after.count > number.count && ASCII.isDigit(digit) ? .marker : nil)
      }
      return isWhole ? .some(nil) : nil
    }
    if !isWhole, step.starts(with: lowered) { return nil }
    for (word, kind) in words where lowered.starts(with: word) { return .some(kind) }
    if !isWhole, words.contains(where: { $0.0.starts(with: lowered) }) { return nil }
    return .some(nil)
  }

  private static func plain(_ text: [UInt8], _ hashes: Int) -> Kind {
    guard let first = text.first else { return .other }
    if hashes > 0, hashes < 7 { return .heading }
    let two = text.prefix(2)
    if text.prefix(3).count == 3, text.prefix(3).allSatisfy({ $0 == first }),
      first == ASCII.backtick || first == ASCII.tilde
    {
      return .fence
    }
    if two == [ASCII.dollar, ASCII.dollar] || two == [ASCII.backslash, UInt8(ascii: "[")]
      || text.starts(with: Array("\\begin".utf8))
    {
      return .maths
    }
    let isSentence =
      ASCII.isUpper(first) || ASCII.isDigit(first) || first == ASCII.dollar || first >= 0xC3
    return isSentence ? .sentence : .other
  }
}

/// Words at the start of a sentence that tell whether a new thought begins there.
///
/// Sequence, conclusion, thinking and verification markers begin one. `But`, `however` and
/// `alternatively` do not: cutting there puts an objection apart from what it objects to.
enum MarkerWords {
  enum Match { case begins, goesOn, other }

  private static let beginning: [[UInt8]] = [
    "first", "firstly", "second", "secondly", "third", "thirdly", "next", "then", "finally",
    "lastly", "to start", "to begin", "after that", "now",
    "so", "therefore", "thus", "hence", "consequently", "as a result", "in conclusion",
    "this means", "which means", "overall", "in summary",
    "let me", "let's", "let us", "i need", "i should", "i think", "i'll", "i will", "okay", "ok",
    "hmm", "we need", "we can", "we have",
    "wait", "actually", "check", "checking", "double-check", "to verify", "verify", "verifying",
    "for example", "for instance", "given that", "given", "similarly", "suppose", "assume",
    "case", "note that", "recall",
  ].map { Array($0.utf8) }
  private static let goingOn: [[UInt8]] = [
    "but", "however", "alternatively", "and", "or", "because", "since",
  ].map { Array($0.utf8) }

  /// `nil` while the text is too short to tell.
  static func match(_ text: [UInt8], isWhole: Bool) -> Match? {
    let lowered = text.map(ASCII.lower)
    var isOpen = false
    for (list, match) in [(beginning, Match.begins), (goingOn, Match.goesOn)] {
      for word in list {
        if lowered.count > word.count || isWhole {
          guard lowered.starts(with: word) else { continue }
          let next = lowered.dropFirst(word.count).first
          if next.map({ !ASCII.isLetter($0) }) ?? true { return match }
        } else if word.starts(with: lowered) {
          isOpen = true
        }
      }
    }
    return isOpen ? nil : .other
  }
}
