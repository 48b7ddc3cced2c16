/// Text being typed, with a cursor between characters.
package struct LineEditor: Equatable, Sendable {
  package private(set) var characters: [Character]
  /// Characters before the cursor.
  package private(set) var cursor: Int
  /// What `Ctrl-K`, `Ctrl-U` and `Ctrl-W` took last, for `Ctrl-Y`.
  private var killed: [Character] = []

  package init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  package var text: String { String(characters) }
  package var isEmpty: Bool { characters.isEmpty }

  package mutating func replace(with text: String) {
    characters = Array(text)
    cursor = characters.count
  }

  package mutating func insert(_ text: String) {
    let new = Array(text)
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
    join(from: cursor - new.count)
    join(from: cursor)
  }

  /// Makes one character of neighbours that belong together: a letter and its mark, say.
  ///
  /// Plain ASCII never does with its own kind, so only what lies between is looked at.
  private mutating func join(from seam: Int) {
    func isPlain(_ index: Int) -> Bool { characters[index].isASCII && characters[index] != "\r" }
    var start = min(max(seam, 0), characters.count)
    var end = start
    while start > 0, seam - start < 64, !isPlain(start - 1) { start -= 1 }
    if start > 0 { start -= 1 }
    while end < characters.count, end - seam < 64, !isPlain(end) { end += 1 }
    if end < characters.count { end += 1 }
    let whole = Array(String(characters[start..<end]))
    guard whole != Array(characters[start..<end]) else { return }
    let before = characters[start..<max(start, min(cursor, end))]
    var left = before.reduce(0) { $0 + $1.unicodeScalars.count }
    var kept = 0
    while left > 0, kept < whole.count {
      left -= whole[kept].unicodeScalars.count
      kept += 1
    }
    if cursor > end {
      cursor -= (end - start) - whole.count
    } else if cursor >= start {
      cursor = start + kept
    }
    characters.replaceSubrange(start..<end, with: whole)
  }

  /// Edits as Emacs and readline do; `false` when the key means nothing here.
  package mutating func press(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .backspace, .control("h"):
      guard cursor > 0 else { break }
      cursor -= 1
      characters.remove(at: cursor)
      join(from: cursor)
    case .delete, .control("d"):
      if cursor < characters.count { characters.remove(at: cursor) }
      join(from: cursor)
    case .left, .control("b"): cursor = max(0, cursor - 1)
    case .right, .control("f"): cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = lineStart
    case .end, .control("e"): cursor = lineEnd
    case .controlLeft, .alt("b"): cursor = wordStart
    case .controlRight, .alt("f"): cursor = wordEnd
    case .control("u"): kill(lineStart..<cursor)
    case .control("k"): kill(cursor..<lineEnd)
    case .control("w"), .alt("\u{7F}"): kill(wordStart..<cursor)
    case .control("y"): insert(String(killed))
    default: return false
    }
    return true
  }

  /// Moves to the same column one line up or down; `false` at the first or last line.
  package mutating func moveLine(by delta: Int) -> Bool {
    let column = cursor - lineStart
    if delta < 0 {
      guard lineStart > 0 else { return false }
      cursor = lineStart - 1
      cursor = min(lineStart + column, cursor)
    } else {
      guard lineEnd < characters.count else { return false }
      cursor = lineEnd + 1
      cursor = min(lineEnd, cursor + column)
    }
    return true
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    killed = Array(characters[range])
    characters.removeSubrange(range)
    cursor = range.lowerBound
    join(from: cursor)
  }

  private var lineStart: Int {
    (characters[..<cursor].lastIndex { $0.isNewline } ?? -1) + 1
  }

  private var lineEnd: Int {
    characters[cursor...].firstIndex { $0.isNewline } ?? characters.count
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, characters[index - 1].isWhitespace { index -= 1 }
    while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
    return index
  }

  private var wordEnd: Int {
    var index = cursor
    while index < characters.count, characters[index].isWhitespace { index += 1 }
    while index < characters.count, !characters[index].isWhitespace { index += 1 }
    return index
  }
}
