import Sessions

/// Finds the final answer of an attempt and compares it with a reference.
package enum Answers {
  package struct Found: Equatable, Sendable {
    package var answer: String
    package var method: AnswerExtracted.Method
  }

  /// The answer of `text`, by the first of these that is there, the last one of its kind:
  /// an answer line (`Answer:`, `A:`, `the answer is`), `#### n`, `\boxed{}`, a choice `(B)` where
  /// the problem asks for one, and the last number.
  ///
  /// Only the end of a very long text is looked at: an answer stands there, and what a model was
  /// led to repeat for ever must not keep anyone waiting.
  package static func extract(from whole: String, isChoice: Bool = false) -> Found? {
    let text =
      whole.utf8.count <= longestLooked
      ? whole : String(decoding: whole.utf8.suffix(longestLooked), as: UTF8.self)
    if let answer = answerLine(text) { return Found(answer: answer, method: .answerLine) }
    if let answer = hashes(text) { return Found(answer: answer, method: .hashes) }
    if let answer = boxed(text) { return Found(answer: clean(answer), method: .boxed) }
    if isChoice, let letter = choice(text) { return Found(answer: letter, method: .choice) }
    return lastNumber(text).map { Found(answer: $0, method: .lastNumber) }
  }

  /// Whether the problem's answer is one of a few letters.
  package static func isChoice(_ problem: Problem) -> Bool {
    if let kind = problem.kind?.lowercased(), kind.contains("choice") { return true }
    return problem.answer.map { AnswerValue.letter(of: $0) != nil } ?? false
  }

  /// The event for a finished attempt; `nil` when its text holds no answer.
  package static func event(
    for attempt: AttemptID, text: String, problem: Problem
  ) -> AnswerExtracted? {
    guard let found = extract(from: text, isChoice: isChoice(problem)) else { return nil }
    return AnswerExtracted(
      attempt: attempt, answer: found.answer, method: found.method,
      isCorrect: problem.answer.map { isEquivalent(found.answer, $0, kind: problem.kind) })
  }

  /// Whether two answers say the same; ``AnswerValue`` says what counts as the same.
  package static func isEquivalent(
    _ answer: String, _ reference: String, kind: String? = nil
  ) -> Bool {
    let isChoice = kind?.lowercased().contains("choice") ?? false
    if let expected = AnswerValue.letter(of: reference) {
      if let given = AnswerValue.letter(of: answer) { return given == expected }
      if isChoice { return choice(answer) == expected }
    }
    return AnswerValue(answer).isEquivalent(to: AnswerValue(reference))
  }

  private static let longestLooked = 65_536

  /// In bytes; what is longer is no answer but an essay.
  private static let longest = 4_096

  private static let labels = [
    "final answer is", "final answer", "the answer is", "answer is", "answer",
  ]

  private static func answerLine(_ text: String) -> String? {
    var found: String?
    for line in text.split(whereSeparator: \.isNewline) {
      if let answer = answer(inLine: line) { found = answer }
    }
    return found
  }

  /// What stands after the label of one line.
  private static func answer(inLine line: Substring) -> String? {
    let body = Array(line.utf8.drop { " \t*#>-<_".utf8.contains($0) })
    if body.starts(with: "A:".utf8) { return nonEmpty(body[2...]) }
    let lowered = body.map(ASCII.lower)
    for label in labels {
      guard let start = end(of: Array(label.utf8), in: lowered) else { continue }
      let rest = body[start...].drop { "*_> ".utf8.contains($0) }
      let isSeparated = rest.first == ASCII.colon || rest.starts(with: "：".utf8)
      guard isSeparated || label.hasSuffix(" is") else { continue }
      if let answer = nonEmpty(rest) { return answer }
    }
    return nil
  }

  /// Where a label ends: at the start of a line, or anywhere if it reads on (`... is`).
  private static func end(of label: [UInt8], in line: [UInt8]) -> Int? {
    if line.starts(with: label) { return label.count }
    guard label.ends(with: Array(" is".utf8)), line.count > label.count else { return nil }
    let start = (0...(line.count - label.count)).last { line[$0...].starts(with: label) }
    return start.map { $0 + label.count }
  }

  private static func nonEmpty(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self).drop { ":：*_ ".contains($0) }
    let cleaned = clean(boxed(String(text)) ?? String(text))
    return cleaned.isEmpty || cleaned.utf8.count > longest ? nil : cleaned
  }

  /// Without emphasis and the full stop of the sentence around it.
  private static func clean(_ text: String) -> String {
    // A slice: taking the first off a string moves all the others.
    var text = text.trimmingSpace[...]
    while let last = text.last, "*_`".contains(last) { text.removeLast() }
    while let first = text.first, "*_`".contains(first) { text.removeFirst() }
    if text.hasSuffix("."), !text.hasSuffix("..") { text.removeLast() }
    return String(text).trimmingSpace
  }

  private static func hashes(_ text: String) -> String? {
    let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains("####") }
    guard let line = lines.last.map(String.init), let range = line.range(of: "####") else {
      return nil
    }
    let rest = clean(String(line[range.upperBound...]))
    return rest.utf8.count <= longest && AnswerValue(rest).isNumber ? rest : nil
  }

  /// What the last `\boxed{}` holds, braces within it balanced.
  static func boxed(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    let opening = Array("boxed{".utf8)
    guard bytes.count > opening.count else { return nil }
    for start in stride(from: bytes.count - opening.count, through: 0, by: -1)
    where bytes[start..<start + opening.count].elementsEqual(opening) {
      var depth = 1
      let last = min(bytes.count, start + opening.count + longest)
      for end in (start + opening.count)..<last {
        if bytes[end] == UInt8(ascii: "{") { depth += 1 }
        if bytes[end] == UInt8(ascii: "}") { depth -= 1 }
        if depth == 0 {
          return String(decoding: bytes[(start + opening.count)..<end], as: UTF8.self)
        }
      }
    }
    return nil
  }

  /// The last letter standing for an option: `(B)`, `option B`, or a B at the end.
  static func choice(_ text: String) -> String? {
    let words = text.split { $0.isWhitespace || ",;:".contains($0) }
    var found: String?
    for (index, word) in words.enumerated() {
      let isMarked = word.hasPrefix("(") || word.hasSuffix(")")
      let follows = index > 0 && ["option", "choice"].contains(words[index - 1].lowercased())
      let isLast = index == words.count - 1 && word.first?.isUppercase == true
      if isMarked || follows || isLast, let letter = AnswerValue.letter(of: String(word)) {
        found = letter
      }
    }
    return found
  }

  /// The last number as it stands in the text: sign, separators, decimals, fraction, percent.
  package static func lastNumber(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard var end = bytes.lastIndex(where: ASCII.isDigit).map({ $0 + 1 }) else { return nil }
    var start = end - 1
    while start > 0, isNumberByte(bytes, start - 1, end) { start -= 1 }
    let slash = start > 1 && bytes[start - 1] == UInt8(ascii: "/")
    if slash, ASCII.isDigit(bytes[start - 2]) {
      start -= 2
      while start > 0, isNumberByte(bytes, start - 1, end) { start -= 1 }
    }
    if bytes[start] == UInt8(ascii: "."), start + 1 < end, start > 0 {
      start += ASCII.isDigit(bytes[start - 1]) ? 1 : 0
    }
    let isNegative =
      start > 0 && bytes[start - 1] == UInt8(ascii: "-")
      && (start < 2 || ASCII.isSpace(bytes[start - 2]) || bytes[start - 2] == UInt8(ascii: "="))
    // `10 - 4`: a minus with a space after it never gets here; `= -4` does.
    if isNegative { start -= 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "%") { end += 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// A digit, or a separator between digits.
  private static func isNumberByte(_ bytes: [UInt8], _ index: Int, _ end: Int) -> Bool {
    let byte = bytes[index]
    if ASCII.isDigit(byte) { return true }
    guard index + 1 < end, ASCII.isDigit(bytes[index + 1]) else { return false }
    if byte == UInt8(ascii: ".") { return !bytes[index..<end].dropFirst().contains(byte) }
    guard byte == ASCII.comma, index > 0, ASCII.isDigit(bytes[index - 1]) else { return false }
    return bytes[(index + 1)..<end].prefix(while: ASCII.isDigit).count == 3
  }
}

extension [UInt8] {
  func ends(with tail: [UInt8]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}
