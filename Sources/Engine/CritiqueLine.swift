import Sessions

/// The words critics use for their verdicts.
enum VerdictWords {
  private static let words: [String: Verdict] = [
    "correct": .correct, "right": .correct, "ok": .correct, "okay": .correct, "true": .correct,
    "valid": .correct, "good": .correct, "yes": .correct, "✓": .correct, "✔": .correct,
    "✅": .correct,
    "incorrect": .incorrect, "wrong": .incorrect, "error": .incorrect, "false": .incorrect,
    "invalid": .incorrect, "mistake": .incorrect, "bad": .incorrect, "no": .incorrect,
    "✗": .incorrect, "✘": .incorrect, "❌": .incorrect,
    "neutral": .neutral, "irrelevant": .neutral, "n/a": .neutral,
    "unsure": .unsure, "uncertain": .unsure, "unclear": .unsure, "unknown": .unsure,
  ]

  /// A field's whole value.
  static func verdict(of text: String) -> Verdict? {
    words[bare(text.lowercased())]
  }

  /// A clause that consists of the verdict, `not correct` and `not needed, wrong` included.
  static func verdict(ofClause clause: some StringProtocol) -> Verdict? {
    var parts = clause.lowercased().split(whereSeparator: \.isWhitespace).map { bare(String($0)) }
    parts.removeAll { ["is", "it", "this", "step", "that", "looks", "the", "an", ""].contains($0) }
    if parts.count == 2, parts[0] == "not" || parts[0] == "isn't" {
      switch words[parts[1]] {
      case .correct: return .incorrect
      case .unsure where parts[1] == "unsure": return nil
      default: return nil
      }
    }
    return parts.count == 1 ? words[parts[0]] : nil
  }

  private static func bare(_ text: String) -> String {
    let noise: Set<Character> = ["*", "_", "`", "\"", "'", ".", "!", "(", ")", "[", "]", " "]
    var bare = text[...]
    while let first = bare.first, noise.contains(first) { bare.removeFirst() }
    while let last = bare.last, noise.contains(last) { bare.removeLast() }
    return String(bare)
  }
}

/// What one whole line of a critique says.
enum CritiqueLine: Equatable {
  case verdict(step: Int, Verdict, reason: String?)
  case firstError(Int)
  case noError
  case other

  init(_ line: String) {
    let text = line.trimmingSpace.drop { "*-#>• ".contains($0) }
    self = Self.firstErrorLine(text) ?? Self.stepLine(text) ?? .other
  }

  private static func firstErrorLine(_ text: Substring) -> CritiqueLine? {
    let lowered = text.lowercased()
    guard
      let prefix = ["first error:", "first_error:", "first error**:", "first wrong step:"]
        .first(where: lowered.hasPrefix)
    else { return nil }
    let rest = lowered.dropFirst(prefix.count).filter { $0 != "*" }
    let words = rest.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
    if let first = words.first, ["none", "no", "null", "-1"].contains(first) { return .noError }
    let number = words.lazy.compactMap { Int($0) }.first
    return number.map { $0 > 0 ? .firstError($0) : .noError }
  }

  /// `Step 2: ...`, `Step 2 is incorrect: ...`, `2. wrong ...` is not read: too like a list.
  private static func stepLine(_ text: Substring) -> CritiqueLine? {
    guard text.lowercased().hasPrefix("step") else { return nil }
    let afterWord = text.dropFirst(4).drop(while: \.isWhitespace)
    let digits = afterWord.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    let rest = afterWord.dropFirst(digits.count).drop { "*:.)] -–—".contains($0) }
    let said = String(rest).trimmingSpace
    return verdictFirst(said).map { .verdict(step: number, $0, reason: $1) }
      ?? verdictLast(said).map { .verdict(step: number, $0, reason: $1) }
  }

  private static func verdictFirst(_ said: String) -> (Verdict, String?)? {
    let end = said.firstIndex { ":;,–—.".contains($0) } ?? said.endIndex
    let dash = said.range(of: " - ")?.lowerBound ?? said.endIndex
    let bracket = said.range(of: " (")?.lowerBound ?? said.endIndex
    let cut = min(end, dash, bracket)
    guard let verdict = VerdictWords.verdict(ofClause: said[..<cut]) else { return nil }
    let reason = said[cut...].drop { ":;,–—.- ".contains($0) }
    return (verdict, reason.isEmpty ? nil : String(reason))
  }

  private static func verdictLast(_ said: String) -> (Verdict, String?)? {
    guard let cut = said.lastIndex(where: { ",:;–—".contains($0) }) else { return nil }
    let clause = said[said.index(after: cut)...]
    guard let verdict = VerdictWords.verdict(ofClause: clause) else { return nil }
    let reason = String(said[..<cut]).trimmingSpace
    return (verdict, reason.isEmpty ? nil : reason)
  }
}

extension String {
  /// The first place where `text` stands.
  func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
