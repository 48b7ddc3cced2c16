/// How a byte-level tokenizer cuts text into words before it merges bytes.
///
/// Each model was trained with a regular expression of its own; these scanners do what the
/// expressions do. Words never overlap and leave nothing out.
enum PreTokenizer: Sendable, Equatable {
  /// ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, after `'s 't 're 've 'm 'll 'd`.
  case gpt2
  /// The same, on the stretches between single digits.
  case gpt2SingleDigits
  /// `[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  /// after the contractions in either case.
  case llama3(digits: Int)
  /// Files that name none: `[\p{P}$+<=>^~|]+`, then as GPT-2, then `\p{N}+`, then `[0-9]{3}`.
  case unnamed

  static let names = ["qwen2", "llama-bpe", "smollm", "gpt-2", "default"]

  init(named name: String) throws(TokenizerError) {
    switch name {
    case "qwen2", "deepseek-r1-qwen": self = .llama3(digits: 1)
    case "llama-bpe", "llama3", "llama-v3": self = .llama3(digits: 3)
    case "smollm", "starcoder", "refact", "command-r", "codeshell": self = .gpt2SingleDigits
    case "gpt-2", "gpt2", "phi-2", "mpt", "olmo": self = .gpt2
    case "default": self = .unnamed
    default: throw .unsupportedPreTokenizer(name)
    }
  }

  /// Calls `word` with the byte range of every word of `text`, in order.
  func split(_ text: UnsafeRawBufferPointer, word: (Range<Int>) -> Void) {
    let scalars = ClassedText(text)
    switch self {
    case .gpt2:
      GPT2Words(scalars, 0..<scalars.count).forEach(word)
    case .gpt2SingleDigits:
      var start = 0
      for place in 0..<scalars.count where scalars[place] == .number {
        GPT2Words(scalars, start..<place).forEach(word)
        word(scalars.bytes(place..<place + 1))
        start = place + 1
      }
      GPT2Words(scalars, start..<scalars.count).forEach(word)
    case .unnamed: UnnamedWords(text: scalars).forEach(word)
    case .llama3(let digits):
      Llama3Words(scalars, digits: digits).forEach(word)
    }
  }
}

private struct GPT2Words {
  let text: ClassedText
  let range: Range<Int>

  init(_ text: ClassedText, _ range: Range<Int>) {
    self.text = text
    self.range = range
  }

  func forEach(_ word: (Range<Int>) -> Void) {
    forEachPlace { word(text.bytes($0)) }
  }

  func forEachPlace(_ word: (Range<Int>) -> Void) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = end(ofWordAt: start)
      word(start..<end)
      start = end
    }
  }

  private func end(ofWordAt start: Int) -> Int {
    let limit = range.upperBound
    if let end = text.endOfContraction(at: start, limit: limit, eitherCase: false) { return end }
    let first = text.isSpace(start) && start + 1 < limit ? start + 1 : start
    if !text[first].isWhitespace {
      return text.endOfRun(at: first, limit: limit)
    }
    return text.endOfWhitespace(at: start, limit: limit)
  }
}

private struct Llama3Words {
  let text: ClassedText
  let digits: Int

  init(_ text: ClassedText, digits: Int) {
    self.text = text
    self.digits = digits
  }

  func forEach(_ word: (Range<Int>) -> Void) {
    var start = 0
    while start < text.count {
      let end = end(ofWordAt: start)
      word(text.bytes(start..<end))
      start = end
    }
  }

  private func end(ofWordAt start: Int) -> Int {
    let limit = text.count
    if let end = text.endOfContraction(at: start, limit: limit, eitherCase: true) { return end }
    let this = text[start]
    if this == .letter { return text.endOfRun(at: start, limit: limit) }
    if this != .newline, this != .number, start + 1 < limit, text[start + 1] == .letter {
      return text.endOfRun(at: start + 1, limit: limit)
    }
    if this == .number {
      return text.endOfRun(at: start, limit: min(limit, start + digits))
    }
    let first = text.isSpace(start) && start + 1 < limit ? start + 1 : start
    if text[first] == .other {
      var end = text.endOfRun(at: first, limit: limit)
      while end < limit, text[end] == .newline { end += 1 }
      return end
    }
    return text.endOfLines(at: start, limit: limit)
      ?? text.endOfWhitespace(at: start, limit: limit)
  }
}

private struct UnnamedWords {
  let text: ClassedText

  func forEach(_ word: (Range<Int>) -> Void) {
    var start = 0
    while start < text.count {
      let isMark = text.isMark(start)
      var end = start + 1
      while end < text.count, text.isMark(end) == isMark { end += 1 }
      GPT2Words(text, start..<end).forEachPlace { range in splitNumbers(range, word) }
      start = end
    }
  }

  /// A word is of one class, but for a space before it.
  private func splitNumbers(_ range: Range<Int>, _ word: (Range<Int>) -> Void) {
    guard text[range.upperBound - 1] == .number else { return word(text.bytes(range)) }
    var start = range.lowerBound
    if text[start] != .number {
      word(text.bytes(start..<start + 1))
      start += 1
    }
    var place = start
    while place + 3 <= range.upperBound {
      guard (place..<place + 3).allSatisfy(text.isDigit) else {
        place += 1
        continue
      }
      if start < place { word(text.bytes(start..<place)) }
      word(text.bytes(place..<place + 3))
      place += 3
      start = place
    }
    if start < range.upperBound { word(text.bytes(start..<range.upperBound)) }
  }
}
