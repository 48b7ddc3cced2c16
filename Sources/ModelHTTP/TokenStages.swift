import Sessions

/// Splits `<think>...</think>` written into an answer off into the thinking channel.
///
/// Only at the very beginning: later on, a model that writes the tag writes about it. The tags
/// belong to neither channel.
struct ThinkingSplitter {
  private enum Place { case start, thinking, answer }
  private var place: Place
  private var held: [Token] = []

  /// A server may have opened the thinking in the prompt; one that goes on from a given answer
  /// is past it.
  init(startsInThinking: Bool, continuesAnswer: Bool) {
    place = startsInThinking ? .thinking : continuesAnswer ? .answer : .start
  }

  mutating func add(_ tokens: [Token], to out: inout [Token]) {
    for token in tokens {
      // What the server itself told apart needs no tags.
      if place == .answer || token.channel == .thinking {
        out.append(token)
      } else {
        held.append(token)
        settle(&out)
      }
    }
  }

  mutating func finish(_ out: inout [Token]) { release(held.count, &out) }

  private mutating func settle(_ out: inout [Token]) {
    switch place {
    case .answer: release(held.count, &out)
    case .start: settleStart(&out)
    case .thinking: settleThinking(&out)
    }
  }

  private mutating func settleStart(_ out: inout [Token]) {
    let text = held.flatMap(\.bytes)
    let solid = text.drop { $0 <= 0x20 }
    if solid.starts(with: openingTag) {
      held = cut(held, 0..<solid.startIndex + openingTag.count)
      place = .thinking
      settleThinking(&out)
    } else if !openingTag.starts(with: solid) {
      place = .answer
      release(held.count, &out)
    }
  }

  private mutating func settleThinking(_ out: inout [Token]) {
    let text = held.flatMap(\.bytes)
    if let start = firstIndex(of: closingTag, in: text) {
      let end = start + closingTag.count
      let inside = cut(held, start..<text.count)
      let after = cut(held, 0..<end)
      held = inside
      release(held.count, &out)
      place = .answer
      out.append(contentsOf: after)
    } else {
      // Keep back what may be the beginning of the tag, and the tokens it is in.
      let keep = longestOverlap(text, closingTag)
      var bytes = text.count
      var count = held.count
      while count > 0, bytes > text.count - keep {
        count -= 1
        bytes -= held[count].bytes.count
      }
      release(count, &out)
    }
  }

  private mutating func release(_ count: Int, _ out: inout [Token]) {
    for var token in held.prefix(count) {
      token.channel = place == .thinking ? .thinking : .answer
      out.append(token)
    }
    held.removeFirst(count)
  }
}

/// Takes away a prefix that the server repeats before it goes on.
struct PrefixStripper {
  private let prefix: [UInt8]
  private var held: [Token] = []
  private var isDone: Bool
  /// The reply began like the prefix and then went its own way: it started over.
  private(set) var startedOver = false

  /// Shorter likenesses happen by chance.
  private static let telling = 16

  init(_ prefix: String?) {
    self.prefix = Array((prefix ?? "").utf8)
    isDone = self.prefix.isEmpty
  }

  mutating func add(_ tokens: [Token], to out: inout [Token]) {
    for token in tokens {
      if isDone || token.channel == .thinking {
        out.append(token)
        continue
      }
      held.append(token)
      let text = held.flatMap(\.bytes)
      if text.starts(with: prefix) {
        out.append(contentsOf: cut(held, 0..<prefix.count))
        held = []
        isDone = true
      } else if !prefix.starts(with: text) {
        let common = zip(text, prefix).prefix { $0 == $1 }.count
        startedOver = common >= min(Self.telling, prefix.count)
        finish(&out)
      }
    }
  }

  mutating func finish(_ out: inout [Token]) {
    out.append(contentsOf: held)
    held = []
    isDone = true
  }
}

private let openingTag = Array("<think>".utf8)
private let closingTag = Array("</think>".utf8)

/// `tokens` without the bytes of `range`; tokens left with no bytes are left out.
private func cut(_ tokens: [Token], _ range: Range<Int>) -> [Token] {
  var out: [Token] = []
  var start = 0
  for var token in tokens {
    let end = start + token.bytes.count
    defer { start = end }
    if start < range.upperBound, end > range.lowerBound {
      let kept = token.bytes.enumerated().filter { !range.contains(start + $0.offset) }
      if kept.isEmpty { continue }
      token.bytes = kept.map(\.element)
    } else if token.bytes.isEmpty, range.contains(start) {
      continue
    }
    out.append(token)
  }
  return out
}

private func firstIndex(of tag: [UInt8], in text: [UInt8]) -> Int? {
  guard text.count >= tag.count else { return nil }
  return (0...text.count - tag.count).first { text[$0...].starts(with: tag) }
}

/// How many bytes at the end of `text` could begin `tag`.
private func longestOverlap(_ text: [UInt8], _ tag: [UInt8]) -> Int {
  for length in stride(from: min(text.count, tag.count - 1), to: 0, by: -1)
  where tag.starts(with: text.suffix(length)) { return length }
  return 0
}
