import Foundation
import Sessions

/// A JSON object of a critique, as far as it says something about steps.
struct VerdictObject: Equatable {
  enum First: Equatable { case number(Int), none }
  var step: Int?
  var verdict: Verdict?
  var errorType: String?
  var reason: String?
  var repair: String?
  var firstError: First?

  init?(_ bytes: [UInt8]) {
    // The reader knows no trailing commas; models write them.
    guard
      let value = try? JSONSerialization.jsonObject(with: Data(Self.withoutTrailingCommas(bytes))),
      let fields = value as? [String: Any]
    else { return nil }
    let named = Dictionary(fields.map { ($0.lowercased(), $1) }) { first, _ in first }
    func text(_ names: String...) -> String? {
      names.lazy.compactMap { named[$0] as? String }.first { !$0.isEmpty }
    }
    step = ["step", "index", "id", "paragraph"].lazy.compactMap { Self.number(named[$0]) }.first
    verdict = text("verdict", "label", "judgement", "judgment", "status", "result")
      .flatMap(VerdictWords.verdict(of:))
    if verdict == nil, let isCorrect = (named["correct"] ?? named["is_correct"]) as? Bool {
      verdict = isCorrect ? .correct : .incorrect
    }
    errorType = text("type", "error_type", "errortype", "category")
    reason = text("reason", "explanation", "comment", "why")
    repair = text("repair", "correction", "fix", "corrected")
    firstError = Self.first(named)
  }

  private static func first(_ named: [String: Any]) -> First? {
    for name in ["first_error", "first error", "firsterror", "first_wrong_step"] {
      guard let value = named[name] else { continue }
      if value is NSNull { return First.none }
      if let text = value as? String, ["none", "null", "no"].contains(text.lowercased()) {
        return First.none
      }
      return number(value).map { $0 > 0 ? .number($0) : First.none }
    }
    return nil
  }

  /// 2, "2" or "step 2".
  private static func number(_ value: Any?) -> Int? {
    if let number = value as? Double { return Int(exactly: number) }
    guard let text = value as? String else { return nil }
    return text.split { !$0.isNumber && $0 != "-" }.lazy.compactMap { Int($0) }.first
  }

  private static func withoutTrailingCommas(_ bytes: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    var inString = false
    var isEscaped = false
    for byte in bytes {
      if inString {
        if isEscaped {
          isEscaped = false
        } else if byte == ASCII.backslash {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        // Raw line ends inside strings are not JSON; models write them.
        kept.append(byte < 0x20 ? ASCII.space : byte)
        continue
      }
      inString = byte == UInt8(ascii: "\"")
      if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        while let last = kept.last, ASCII.isSpace(last) { kept.removeLast() }
        if kept.last == ASCII.comma { kept.removeLast() }
      }
      kept.append(byte)
    }
    return kept
  }
}

/// Finds JSON objects in running text; a nested object is handed over as soon as it closes.
struct ObjectScanner: Sendable {
  /// Verdicts nest two or three deep; each level is read again when it closes.
  private static let deepest = 8

  private var text: [UInt8] = []
  private var opens: [Int] = []
  /// Nothing but white space came since the last `{`.
  private var awaitsName = false
  private var inString = false
  private var isEscaped = false

  /// Whether an object that began with a quoted name is still open.
  var isInside: Bool { !opens.isEmpty }

  mutating func take(_ byte: UInt8) -> VerdictObject? {
    if opens.isEmpty {
      guard byte == UInt8(ascii: "{") else { return nil }
      text = []
      inString = false
      isEscaped = false
    }
    text.append(byte)
    if giveUp(byte) { return nil }
    if inString {
      takeInString(byte)
      return nil
    }
    switch byte {
    case UInt8(ascii: "\""): inString = true
    case UInt8(ascii: "{"):
      opens.append(text.count - 1)
      awaitsName = true
    case UInt8(ascii: "}"):
      guard let start = opens.popLast() else { return nil }
      return VerdictObject(Array(text[start...]))
    default: break
    }
    return nil
  }

  private mutating func takeInString(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == ASCII.backslash {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      inString = false
    }
  }

  /// `{` in prose or maths is no object: after it comes a quoted name or the end.
  private mutating func giveUp(_ byte: UInt8) -> Bool {
    let isOpening = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "\"")
    let isEnd = byte == UInt8(ascii: "}")
    let wasAwaitingName = awaitsName
    if !ASCII.isSpace(byte) { awaitsName = false }
    if wasAwaitingName, !opens.isEmpty, !ASCII.isSpace(byte), !isOpening, !isEnd {
      opens = []
      text = []
      return true
    }
    if text.count > CritiqueParser.longestPiece || opens.count > Self.deepest {
      opens = []
      text = []
      return true
    }
    return false
  }
}

/// Remembers the last `\boxed{number}`.
struct BoxedScanner: Sendable {
  private static let opening = Array("boxed{".utf8)
  private(set) var number: Int?
  private var matched = 0
  private var inside: [UInt8] = []

  mutating func take(_ byte: UInt8) {
    if matched == Self.opening.count {
      if byte == UInt8(ascii: "}") {
        let text = String(decoding: inside, as: UTF8.self).trimmingSpace
        number = Int(text) ?? number
        matched = 0
        inside = []
      } else if inside.count < 16 {
        inside.append(byte)
      } else {
        matched = 0
        inside = []
      }
    } else {
      matched = byte == Self.opening[matched] ? matched + 1 : (byte == Self.opening[0] ? 1 : 0)
    }
  }
}
