import Foundation

/// A token of the script, with what the server says of it.
struct ScriptToken {
  var bytes: [UInt8]
  var logProbability: Double
  var alternatives: [(bytes: [UInt8], logProbability: Double)]
}

/// What the scripted model answers: wrong in one step at first, right once it was told.
enum Script {
  private static let wrong = """
    Step 1: 3 bags of 6 hold 3 * 6 = 18 marbles.
    Step 2: 17 + 18 = 36 marbles.
    Step 3: 36 - 9 = 27 marbles left.
    Answer: 27
    """
  private static let right = """
    Step 1: 3 bags of 6 hold 3 * 6 = 18 marbles.
    Step 2: 17 + 18 = 35 marbles.
    Step 3: 35 - 9 = 26 marbles left.
    Answer: 26
    """
  private static let wideWrong = """
    Step 1: 3 袋に 6 個ずつで 3 * 6 = 18 個 🔵。
    Step 2: 17 + 18 = 36 個 😀。
    Step 3: 36 - 9 = 27 個が残る。
    Answer: 27
    """
  private static let wideRight = """
    Step 1: 3 袋に 6 個ずつで 3 * 6 = 18 個 🔵。
    Step 2: 17 + 18 = 35 個 😀。
    Step 3: 35 - 9 = 26 個が残る。
    Answer: 26
    """

  /// The answer to a conversation; `isWide` chooses the one with CJK and emoji.
  static func answer(to prompt: String, prefix: String, isWide: Bool) -> String {
    let lower = prompt.lowercased()
    if prompt.contains("\"verdict\"") || lower.contains("critique the draft") {
      return critique(of: prompt)
    }
    let isRevision =
      ["draft", "critique", "hint", "earlier solution"].contains { lower.contains($0) }
      || !prefix.isEmpty
    let text = isRevision ? (isWide ? wideRight : right) : (isWide ? wideWrong : wrong)
    return rest(of: text, after: prefix)
  }

  /// What comes after the steps a prefix already has.
  private static func rest(of text: String, after prefix: String) -> String {
    guard !prefix.isEmpty else { return text }
    if text.hasPrefix(prefix) { return String(text.dropFirst(prefix.count)) }
    let done = prefix.components(separatedBy: "Step ").count - 1
    let lines = text.components(separatedBy: "\n")
    let after = lines.dropFirst(min(done, lines.count - 1)).joined(separator: "\n")
    return prefix.hasSuffix("\n") ? after : "\n" + after
  }

  /// One line of JSON a step; the step that says 36 is the wrong one.
  private static func critique(of prompt: String) -> String {
    let steps = prompt.components(separatedBy: "\n").filter {
      $0.hasPrefix("[") || $0.hasPrefix("Step ") || $0.hasPrefix("Answer")
    }
    var lines: [String] = []
    var firstError: Int?
    for (index, step) in steps.enumerated() {
      let number = index + 1
      if step.contains("= 36"), firstError == nil {
        firstError = number
        lines.append(
          #"{"step": \#(number), "verdict": "incorrect", "type": "arithmetic", "reason": "#
            + #""17 + 18 is 35, not 36.", "repair": "Step 2: 17 + 18 = 35 marbles."}"#)
      } else {
        let verdict = firstError == nil ? "correct" : "neutral"
        let reason = firstError == nil ? "The calculation is right." : "Follows from the error."
        lines.append(
          #"{"step": \#(number), "verdict": "\#(verdict)", "type": null, "#
            + #""reason": "\#(reason)", "repair": null}"#)
      }
    }
    lines.append(#"{"first_error": \#(firstError.map(String.init) ?? "null")}"#)
    return lines.joined(separator: "\n")
  }

  /// Steps without end, for benchmarks; as many words as asked for.
  static func long(words: Int) -> [ScriptToken] {
    var tokens: [ScriptToken] = []
    var step = 1
    while tokens.count < words {
      let line = "Step \(step): take \(step % 97) and add 3 to get \(step % 97 + 3) in all.\n"
      tokens += Script.tokens(line)
      step += 1
    }
    return Array(tokens.prefix(words))
  }

  /// Cuts text into tokens at spaces; scalars of four bytes are split in two, as models do.
  static func tokens(_ text: String) -> [ScriptToken] {
    var pieces: [[UInt8]] = []
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if bytes.count == 4 {
        pieces += [Array(bytes[..<2]), Array(bytes[2...])]
      } else if bytes.count == 3 || scalar == " " || scalar == "\n" || pieces.isEmpty
        || (pieces[pieces.count - 1].first ?? 0) >= 0x80 || pieces[pieces.count - 1] == [10]
      {
        pieces.append(bytes)
      } else {
        pieces[pieces.count - 1] += bytes
      }
    }
    return pieces.enumerated().map { index, bytes in measured(bytes, index) }
  }

  /// Made-up but steady numbers: sure of most words, unsure of the wrong sum.
  private static func measured(_ bytes: [UInt8], _ index: Int) -> ScriptToken {
    let isUnsure = String(decoding: bytes, as: UTF8.self).contains("36")
    let own = isUnsure ? -1.1 : -0.002 * Double(index % 40) - 0.001
    let others = ["35", " the", " so", "\n", " we", ".", " and", " left", " 7", " now"]
    var left = 1 - exp(own)
    var alternatives = [(bytes: bytes, logProbability: own)]
    for slot in 0..<20 {
      let share = left * 0.6
      left -= share
      let text = slot < others.count ? others[slot] : " w\(slot)"
      alternatives.append((Array(text.utf8), log(share)))
    }
    return ScriptToken(
      bytes: bytes, logProbability: own,
      alternatives: alternatives.sorted { $0.logProbability > $1.logProbability })
  }
}
