/// A piece of a session in which words were found.
package struct TextHit: Equatable, Sendable {
  package var place: TextPlace
  /// A line of what stands there.
  package var snippet: String
  /// Bytes of the snippet that are what was looked for.
  package var range: Range<Int>
  /// The words found first, as they stand there.
  package var match: String
  package init(place: TextPlace, snippet: String, range: Range<Int>, match: String) {
    self.place = place
    self.snippet = snippet
    self.range = range
    self.match = match
  }
}

/// Makes hits of a text in which an index has marked what it found.
struct HitReader {
  /// Stand around what was found; ``SessionText`` holds neither.
  static let opening = "\u{1}"
  static let closing = "\u{2}"
  private static let before = 32
  private static let after = 72

  private struct Found {
    /// Bytes of the text without marks.
    var range: Range<Int>
    var word: String
  }

  private let bytes: [UInt8]
  private let found: [Found]
  private let text: SessionText

  init(marked: String, text: SessionText) {
    self.text = text
    var bytes: [UInt8] = []
    var found: [Found] = []
    bytes.reserveCapacity(marked.utf8.count)
    var start = 0
    for byte in marked.utf8 {
      switch byte {
      case 1: start = bytes.count
      case 2:
        let word = String(decoding: bytes[start...], as: UTF8.self).lowercased()
        found.append(Found(range: start..<bytes.count, word: word))
      default: bytes.append(byte)
      }
    }
    self.bytes = bytes
    self.found = found
  }

  /// One hit a place: where most of the words stand first, and of those the problem last.
  func hits(most: Int) -> [TextHit] {
    var places: [(place: TextPlace, first: Found, words: Set<String>)] = []
    for found in found {
      guard let place = text.place(at: found.range.lowerBound) else { continue }
      if places.last?.place == place {
        places[places.count - 1].words.insert(found.word)
      } else {
        places.append((place, found, [found.word]))
      }
    }
    let order = places.enumerated().sorted { left, right in
      let (one, other) = (left.element, right.element)
      if one.words.count != other.words.count { return one.words.count > other.words.count }
      if (one.place.kind == .problem) != (other.place.kind == .problem) {
        return other.place.kind == .problem
      }
      return left.offset < right.offset
    }
    return order.prefix(most).map { hit($0.element.first, $0.element.place) }
  }

  private func hit(_ found: Found, _ place: TextPlace) -> TextHit {
    let ends = text.starts.first { $0 > found.range.lowerBound }.map { $0 - 1 } ?? bytes.count
    let starts = text.starts.last { $0 <= found.range.lowerBound } ?? 0
    let left = boundary(max(starts, found.range.lowerBound - Self.before))
    let right = boundary(
      min(max(ends, found.range.upperBound), found.range.upperBound + Self.after))
    let head = Self.line(bytes[left..<found.range.lowerBound])
    let match = Self.line(bytes[found.range])
    let lead = left > starts ? "\u{2026}" : ""
    var snippet = lead + head + match
    let range = (snippet.utf8.count - match.utf8.count)..<snippet.utf8.count
    snippet += Self.line(bytes[found.range.upperBound..<right])
    if right < ends { snippet += "\u{2026}" }
    return TextHit(place: place, snippet: snippet, range: range, match: match)
  }

  /// The next byte at which a character begins.
  private func boundary(_ offset: Int) -> Int {
    var offset = offset
    while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    return offset
  }

  private static func line(_ bytes: ArraySlice<UInt8>) -> String {
    var out = String.UnicodeScalarView()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars
    where scalar != SessionText.blank {
      out.append(scalar.properties.isWhitespace ? " " : scalar)
    }
    return String(out)
  }
}
