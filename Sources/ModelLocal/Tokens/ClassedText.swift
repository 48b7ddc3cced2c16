/// What a pre-tokenizer needs to know of a character.
enum CharacterClass: UInt8 {
  case letter, number, whitespace, newline, other

  var isWhitespace: Bool { self == .whitespace || self == .newline }

  init(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x80 {
      switch UInt8(scalar.value) {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        self = .letter
      case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
      case 0x0A, 0x0D: self = .newline
      case 0x09...0x0D, 0x20: self = .whitespace
      default: self = .other
      }
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    default: self = scalar.properties.isWhitespace ? .whitespace : .other
    }
  }
}

/// A text as a row of classes, one for each character, and where each begins.
///
/// A byte that is no part of valid UTF-8 is a character of its own, of class `other`.
struct ClassedText {
  private let text: UnsafeRawBufferPointer
  private var classes: [CharacterClass] = []
  private var starts: [Int32] = []

  init(_ text: UnsafeRawBufferPointer) {
    self.text = text
    classes.reserveCapacity(text.count)
    starts.reserveCapacity(text.count + 1)
    var offset = 0
    while offset < text.count {
      let (scalar, length) = UTF8Step.decode(text, at: offset)
      classes.append(scalar.map(CharacterClass.init) ?? .other)
      starts.append(Int32(offset))
      offset += length
    }
    starts.append(Int32(offset))
  }

  var count: Int { classes.count }

  subscript(place: Int) -> CharacterClass { classes[place] }

  func bytes(_ range: Range<Int>) -> Range<Int> {
    Int(starts[range.lowerBound])..<Int(starts[range.upperBound])
  }

  /// Whether this is U+0020 itself.
  func isSpace(_ place: Int) -> Bool { byte(place) == 0x20 }

  /// Whether this is one of 0 to 9.
  func isDigit(_ place: Int) -> Bool { (0x30...0x39).contains(byte(place)) }

  /// Whether this is punctuation, or one of the symbols `$ + < = > ^ ~ |`.
  func isMark(_ place: Int) -> Bool {
    guard let scalar = UTF8Step.decode(text, at: Int(starts[place])).scalar else { return false }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return "$+<=>^~|".unicodeScalars.contains(scalar)
    }
  }

  private func byte(_ place: Int) -> UInt8 { text[Int(starts[place])] }

  /// Where the run of characters of one class that begins here ends.
  func endOfRun(at start: Int, limit: Int) -> Int {
    var end = start + 1
    while end < limit, classes[end] == classes[start] { end += 1 }
    return end
  }

  /// The end of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll`, if one begins here.
  func endOfContraction(at start: Int, limit: Int, eitherCase: Bool) -> Int? {
    guard byte(start) == UInt8(ascii: "'"), start + 1 < limit else { return nil }
    let fold: UInt8 = eitherCase ? 0x20 : 0
    switch byte(start + 1) | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case let first where start + 2 < limit:
      switch (first, byte(start + 2) | fold) {
      case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
        (UInt8(ascii: "l"), UInt8(ascii: "l")):
        return start + 3
      default: return nil
      }
    default: return nil
    }
  }

  /// `\s*[\r\n]+`: up to the last newline of the white space that begins here.
  func endOfLines(at start: Int, limit: Int) -> Int? {
    var end: Int?
    var place = start
    while place < limit, classes[place].isWhitespace {
      if classes[place] == .newline { end = place + 1 }
      place += 1
    }
    return end
  }

  /// `\s+(?!\S)|\s+`: white space, but for the last of several before something else.
  func endOfWhitespace(at start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, classes[end].isWhitespace { end += 1 }
    return end < limit && end - start > 1 ? end - 1 : max(end, start + 1)
  }
}

/// One step through bytes that should be UTF-8.
enum UTF8Step {
  /// The scalar at `offset` and its length; `nil` and 1 where the bytes are not UTF-8.
  static func decode(
    _ text: UnsafeRawBufferPointer, at offset: Int
  ) -> (scalar: Unicode.Scalar?, length: Int) {
    let first = text[offset]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length: Int
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return (nil, 1)
    }
    guard offset + length <= text.count else { return (nil, 1) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for place in offset + 1..<offset + length {
      guard text[place] & 0xC0 == 0x80 else { return (nil, 1) }
      value = value << 6 | UInt32(text[place] & 0x3F)
    }
    // Overlong forms, surrogates and what lies beyond the last plane.
    guard value >= (length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80),
      let scalar = Unicode.Scalar(value)
    else { return (nil, 1) }
    return (scalar, length)
  }
}
