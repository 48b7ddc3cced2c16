/// The tokens that are cut out of a text whole, before anything else looks at it.
struct SpecialTokens: Sendable {
  private struct Special: Sendable {
    var id: Int32
    var isControl: Bool
  }

  /// A stretch of text between special tokens, or one of them.
  enum Cut: Equatable {
    case text(Range<Int>)
    case token(Int32)
  }

  /// Longest first: `<|im_start|>` before a token that is a part of it.
  private let specials: [Special]
  private let vocabulary: Vocabulary

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    specials = (0..<Int32(vocabulary.count)).compactMap { id in
      guard vocabulary.text(id).count > 0 else { return nil }
      switch vocabulary.kinds[Int(id)] {
      case .control, .unknown: return Special(id: id, isControl: true)
      case .userDefined:
        // Some converters mark control tokens so; what looks like one must not be typed by a user.
        let text = vocabulary.text(id)
        let isControl = text.starts(with: "<|".utf8) && text.suffix(2).elementsEqual("|>".utf8)
        return Special(id: id, isControl: isControl)
      case .normal, .unused, .byte: return nil
      }
    }.sorted { vocabulary.text($0.id).count > vocabulary.text($1.id).count }
  }

  /// Cuts `text`; control tokens only where they lie within one range of `allowed`.
  ///
  /// Each token in turn, the longest first, takes its places in what is still uncut, as llama.cpp
  /// does it. Most of a large vocabulary's specials are ruled out by their first two bytes.
  func cut(_ text: UnsafeRawBufferPointer, controlIn allowed: [Range<Int>]) -> [Cut] {
    var cuts: [Cut] = text.isEmpty ? [] : [.text(0..<text.count)]
    guard !specials.isEmpty, !text.isEmpty else { return cuts }
    let starts = PairSet(text)
    for special in specials where !special.isControl || !allowed.isEmpty {
      let pattern = vocabulary.text(special.id)
      guard starts.mayContain(pattern) else { continue }
      cuts = cuts.flatMap { cut -> [Cut] in
        guard case .text(let range) = cut else { return [cut] }
        return Self.cut(range, of: text, at: pattern, special, allowed)
      }
    }
    return cuts
  }

  private static func cut(
    _ range: Range<Int>, of text: UnsafeRawBufferPointer, at pattern: UnsafeRawBufferPointer,
    _ special: Special, _ allowed: [Range<Int>]
  ) -> [Cut] {
    var cuts: [Cut] = []
    var start = range.lowerBound
    var place = start
    while let found = find(pattern, in: text, place..<range.upperBound) {
      let end = found + pattern.count
      guard
        !special.isControl
          || allowed.contains(where: { $0.contains(found) && end <= $0.upperBound })
      else {
        place = found + 1
        continue
      }
      if start < found { cuts.append(.text(start..<found)) }
      cuts.append(.token(special.id))
      start = end
      place = end
    }
    if start < range.upperBound { cuts.append(.text(start..<range.upperBound)) }
    return cuts
  }

  private static func find(
    _ pattern: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> Int? {
    guard pattern.count <= range.count else { return nil }
    let first = pattern[0]
    var place = range.lowerBound
    while place <= range.upperBound - pattern.count {
      if text[place] == first,
        UnsafeRawBufferPointer(rebasing: text[place..<place + pattern.count])
          .elementsEqual(pattern)
      {
        return place
      }
      place += 1
    }
    return nil
  }
}

/// Which pairs of neighbouring bytes a text has.
private struct PairSet {
  private var pairs = [Bool](repeating: false, count: 1 << 16)
  private var singles = [Bool](repeating: false, count: 256)

  init(_ text: UnsafeRawBufferPointer) {
    var previous: Int?
    for byte in text {
      singles[Int(byte)] = true
      if let previous { pairs[previous << 8 | Int(byte)] = true }
      previous = Int(byte)
    }
  }

  func mayContain(_ pattern: UnsafeRawBufferPointer) -> Bool {
    pattern.count < 2 ? singles[Int(pattern[0])] : pairs[Int(pattern[0]) << 8 | Int(pattern[1])]
  }
}
