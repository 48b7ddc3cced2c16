/// Follows code fences and display maths through a text, byte by byte.
struct BlockTracker: Sendable {
  /// Maths left open this long was never maths.
  static let longestMaths = 4_096

  private enum Maths: Equatable { case dollars, bracket, environment(depth: Int) }

  private var fence: (mark: UInt8, count: Int)?
  private var maths: Maths?
  private var mathsLength = 0
  /// The line so far, as much as a fence or an environment's name needs.
  private var line: [UInt8] = []
  /// The last eight bytes, newest lowest.
  private var recent: UInt64 = 0
  private var wasDollar = false

  var isInside: Bool { fence != nil || maths != nil }

  mutating func take(_ byte: UInt8) {
    if byte == ASCII.newline { endLine() } else { line.append(byte) }
    if line.count > 200 { line.removeLast() }
    guard fence == nil else { return }
    if maths != nil {
      mathsLength += 1
      if mathsLength > Self.longestMaths { maths = nil }
    }
    takeMaths(byte)
  }

  private mutating func takeMaths(_ byte: UInt8) {
    if byte == ASCII.dollar {
      if wasDollar {
        toggleDollars()
        wasDollar = false
      } else {
        wasDollar = UInt8(truncatingIfNeeded: recent) != ASCII.backslash
      }
    } else {
      wasDollar = false
    }
    recent = recent << 8 | UInt64(byte)
    guard byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "{")
    else { return }
    if recent.ends(in: "\\[") { open(.bracket) }
    if recent.ends(in: "\\]"), maths == .bracket { maths = nil }
    if recent.ends(in: "\\begin{") { enter() }
    if recent.ends(in: "\\end{") { leave() }
  }

  private mutating func toggleDollars() {
    if maths == .dollars { maths = nil } else { open(.dollars) }
  }

  private mutating func open(_ kind: Maths) {
    guard maths == nil else { return }
    maths = kind
    mathsLength = 0
  }

  private mutating func enter() {
    if case .environment(let depth) = maths { maths = .environment(depth: depth + 1) }
    open(.environment(depth: 1))
  }

  private mutating func leave() {
    guard case .environment(let depth) = maths else { return }
    maths = depth > 1 ? .environment(depth: depth - 1) : nil
  }

  /// Fences by CommonMark: at least three marks, closed by at least as many with nothing after.
  private mutating func endLine() {
    defer { line.removeAll(keepingCapacity: true) }
    let text = line.drop { $0 == ASCII.space }
    guard let mark = text.first, mark == ASCII.backtick || mark == ASCII.tilde else { return }
    let count = text.prefix { $0 == mark }.count
    guard count >= 3 else { return }
    let after = text.dropFirst(count)
    if let open = fence {
      if open.mark == mark, count >= open.count, after.allSatisfy(ASCII.isSpace) { fence = nil }
    } else if !after.contains(ASCII.backtick) || mark == ASCII.tilde {
      fence = (mark, count)
      maths = nil
    }
  }
}

/// Tells where a sentence has ended and the next not begun.
struct SentenceTracker: Sendable {
  private var endsWithStop = false
  private var recent: UInt64 = 0
  private var lineIsNumber = true
  private(set) var isBetween = false

  mutating func take(_ byte: UInt8) {
    if byte == ASCII.newline {
      isBetween = isBetween || endsWithStop
      lineIsNumber = true
      endsWithStop = false
      return
    }
    if ASCII.isSpace(byte) {
      if endsWithStop { isBetween = true }
      endsWithStop = false
      return
    }
    isBetween = false
    recent = recent << 8 | UInt64(byte)
    let isStop = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!")
    // `1.` at the start of a line numbers a list; it ends no sentence.
    endsWithStop = isStop && !lineIsNumber
    if !ASCII.isDigit(byte) { lineIsNumber = false }
    guard byte >= 0x80 else { return }
    if recent.ends(in: "。") || recent.ends(in: "？") || recent.ends(in: "！") { isBetween = true }
  }
}

extension UInt64 {
  /// Whether the newest bytes are those of `text`, which has eight at most.
  fileprivate func ends(in text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes in
      let wanted = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return self & (UInt64.max >> UInt64(64 - 8 * bytes.count)) == wanted
    }
  }
}
