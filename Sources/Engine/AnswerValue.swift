/// An answer reduced to what makes two answers the same.
///
/// Numbers are exact fractions: `0.5`, `1/2`, `\frac12`, `\dfrac{1}{2}` and `50/100` agree, `0.333`
/// and `1/3` do not. Thousands separators, currency signs and trailing units are dropped; units
/// are not compared. `12%` agrees with `12 percent`, with a bare `12` (a question that asks "what
/// percentage" is often answered so) and with `0.12`. Text agrees whatever its case, white space
/// and simple LaTeX around it; `yes` agrees with `true`.
struct AnswerValue: Equatable {
  private(set) var number: Fraction?
  private(set) var isPercent = false
  private(set) var text: String
  /// The only number in an answer that is otherwise words.
  private var onlyNumber: Fraction?

  var isNumber: Bool { number != nil }

  init(_ answer: String) {
    var plain = Self.withoutLaTeX(answer).trimmingSpace
    if plain.hasSuffix(".") { plain.removeLast() }
    if let equals = plain.lastIndex(of: "="),
      !plain[..<equals].contains(where: { "<>!".contains($0) })
    {
      plain = String(plain[plain.index(after: equals)...]).trimmingSpace
    }
    text = Self.folded(plain)
    var candidate = text
    for (word, sign) in [("percent", "%"), ("per cent", "%")] where candidate.hasSuffix(word) {
      candidate = String(candidate.dropLast(word.count)).trimmingSpace + sign
    }
    if candidate.hasSuffix("%") {
      isPercent = true
      candidate = String(candidate.dropLast()).trimmingSpace
    }
    number = Self.number(candidate) ?? Self.numberWithUnit(candidate)
    if number == nil { onlyNumber = Self.onlyNumber(in: text) }
  }

  func isEquivalent(to other: AnswerValue) -> Bool {
    if text == other.text { return !text.isEmpty }
    switch (number, other.number) {
    case (let a?, let b?):
      if a == b { return true }
      if isPercent != other.isPercent {
        return isPercent ? a.hundredth == b : a == b.hundredth
      }
      return false
    case (nil, let b?): return onlyNumber == b
    case (let a?, nil): return a == other.onlyNumber
    case (nil, nil): return Self.truth(text) != nil && Self.truth(text) == Self.truth(other.text)
    }
  }

  /// `B`, `(B)`, `B.`, `\text{(B)}`: a single letter A to J, with or without what marks it.
  static func letter(of answer: String) -> String? {
    let plain = withoutLaTeX(answer).filter { !"().[]*: \t\n".contains($0) }
    guard plain.count == 1, let letter = plain.first, "ABCDEFGHIJabcdefghij".contains(letter)
    else { return nil }
    return letter.uppercased()
  }

  private static func truth(_ text: String) -> Bool? {
    switch text {
    case "yes", "true", "y": true
    case "no", "false", "n": false
    default: nil
    }
  }

  private static func folded(_ text: String) -> String {
    let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let quotes = "\"'`“”‘’*"
    return words.filter { !quotes.contains($0) }
  }

  // MARK: Numbers

  private static func number(_ text: String) -> Fraction? {
    var text = text.filter { !"$€£¥₹".contains($0) }.trimmingSpace
    var isNegative = false
    if let first = text.first, first == "-" || first == "−" || first == "+" {
      isNegative = first != "+"
      text = String(text.dropFirst()).trimmingSpace
    }
    let parts = text.split(separator: " ").map(String.init)
    let value: Fraction? =
      switch parts.count {
      case 1: ratio(parts[0])
      case 2 where parts[1].contains("/"): mixed(parts[0], parts[1])
      case 3 where parts[1] == "/": ratio(parts.joined())
      default: nil
      }
    return isNegative ? value?.negated : value
  }

  private static func mixed(_ whole: String, _ part: String) -> Fraction? {
    guard !whole.contains("/"), let a = Fraction(decimal: whole), let b = ratio(part) else {
      return nil
    }
    return a.adding(b)
  }

  private static func ratio(_ text: String) -> Fraction? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let a = parts.first.flatMap({ Fraction(decimal: bare($0)) }) else { return nil }
    if parts.count == 1 { return a }
    guard parts.count == 2, let b = Fraction(decimal: bare(parts[1])) else { return nil }
    return a.divided(by: b)
  }

  private static func bare(_ text: Substring) -> String {
    text.hasPrefix("(") && text.hasSuffix(")") ? String(text.dropFirst().dropLast()) : String(text)
  }

  /// A number and then a unit: letters, with powers, slashes and degrees among them.
  private static func numberWithUnit(_ text: String) -> Fraction? {
    guard
      let end = text.firstIndex(where: { $0.isLetter || $0 == "°" }), end > text.startIndex
    else { return nil }
    let unit = text[end...]
    let isUnit = unit.allSatisfy {
      $0.isLetter || $0.isWhitespace || "°^/²³.-()23{}".contains($0)
    }
    return isUnit ? number(String(text[..<end]).trimmingSpace) : nil
  }

  private static func onlyNumber(in text: String) -> Fraction? {
    let words = text.split(whereSeparator: \.isWhitespace)
    let numbers = words.filter { $0.contains { $0.isASCII && $0.isNumber } }
    guard numbers.count == 1, let word = numbers.first else { return nil }
    let trimmed = String(word).drop { "([".contains($0) }
    var value = String(trimmed)
    while let last = value.last, ".,;:!?)]%".contains(last) { value.removeLast() }
    return number(value)
  }
}

extension AnswerValue {
  /// Plain text for the LaTeX that answers are dressed in.
  static func withoutLaTeX(_ text: String) -> String {
    var text = text
    guard text.contains("\\") || text.contains("$") || text.contains("{") else { return text }
    for (old, new) in [
      ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"), ("{,}", ","), ("\\!", ""), ("\\,", " "),
      ("\\;", " "), ("\\ ", " "), ("~", " "), ("\\left", ""), ("\\right", ""), ("\\(", ""),
      ("\\)", ""), ("\\[", ""), ("\\]", ""), ("^{\\circ}", "°"), ("^\\circ", "°"),
      ("\\%", "%"), ("\\$", ""), ("$", ""), ("\\cdot", "*"), ("\\times", "*"),
    ] {
      text = text.replacing(old, with: new)
    }
    for command in ["\\boxed", "\\text", "\\textbf", "\\mathrm", "\\mathbf", "\\mbox"] {
      text = unwrapped(text, command)
    }
    return fractions(text)
  }

  /// `\text{cm}` becomes ` cm`.
  private static func unwrapped(_ text: String, _ command: String) -> String {
    var text = text
    while let range = text.range(of: command + "{"),
      let (inside, end) = group(text, from: text.index(before: range.upperBound))
    {
      text = text[..<range.lowerBound] + " " + inside + text[end...]
    }
    return text
  }

  /// `\frac{a}{b}` and `\frac12` become ` a/b`.
  private static func fractions(_ text: String) -> String {
    var text = text
    while let range = text.range(of: "\\frac"),
      let (a, afterA) = group(text, from: range.upperBound),
      let (b, afterB) = group(text, from: afterA)
    {
      text = text[..<range.lowerBound] + " " + a + "/" + b + text[afterB...]
    }
    return text
  }

  /// What braces hold, or the one character that stands in for them.
  private static func group(
    _ text: String, from start: String.Index
  ) -> (inside: String, end: String.Index)? {
    guard start < text.endIndex else { return nil }
    guard text[start] == "{" else {
      return (String(text[start]), text.index(after: start))
    }
    var depth = 0
    for index in text[start...].indices {
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" { depth -= 1 }
      if depth == 0 {
        return (String(text[text.index(after: start)..<index]), text.index(after: index))
      }
    }
    return nil
  }
}
