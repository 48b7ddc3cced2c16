import Sessions

extension AttemptPlan {
  /// Takes over the steps before `step`, and the person's text in its place.
  mutating func keep(_ parent: Attempt, before step: Step, edited text: String?) {
    keep(parent, upTo: step.range.lowerBound)
    guard let text, !text.isEmpty else { return }
    var edited = Array(text.utf8)
    // The step's own white space parts it from the next one.
    let bytes = parent.bytes(of: step)
    let space = bytes.suffix(while: ASCII.isSpace)
    if edited.last.map(ASCII.isSpace) == false {
      edited += space.isEmpty ? [ASCII.newline] : Array(space)
    }
    add(edited)
  }

  /// Takes over the answer's first bytes, with the ends of the steps in them.
  package mutating func keep(_ parent: Attempt, upTo boundary: Int) {
    var table = parent.written
    table.truncate(to: table.indices(startingIn: 0..<boundary).upperBound)
    // A token astride the boundary is cut: its bytes up to there are kept without its numbers.
    if table.bytes.count != boundary {
      table.truncate(to: max(table.count - 1, 0))
      table.append(
        bytes: parent.written.bytes[table.bytes.count..<boundary], id: nil, logProbability: nil,
        entropy: nil)
    }
    kept = table
    keptEnds = parent.steps.filter { $0.channel == .answer && $0.range.upperBound <= boundary }
      .map(\.range.upperBound)
  }

  /// Puts a person's own text after what is kept.
  mutating func add(_ text: [UInt8]) {
    added.append(bytes: text, id: nil, logProbability: nil, entropy: nil)
  }
}

extension TokenTable {
  /// Without the tokens at the end that leave a character unfinished.
  var wholeCharacters: TokenTable {
    var table = self
    while !table.isEmpty, !table.bytes.endsWithWholeCharacter {
      table.truncate(to: table.count - 1)
    }
    return table
  }
}

extension [UInt8] {
  /// Whether the last character has all its bytes; what was never UTF-8 counts as whole.
  var endsWithWholeCharacter: Bool { unfinishedBytes == 0 }

  /// Bytes at the end of a character that has not all of its own.
  var unfinishedBytes: Int {
    let tail = suffix(4)
    guard let lead = tail.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return 0 }
    let needed =
      switch tail[lead] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    let found = tail.endIndex - lead
    return found < needed ? found : 0
  }
}

extension Collection where Element == UInt8, Self: BidirectionalCollection {
  /// The longest tail whose bytes all fit.
  func suffix(while fits: (UInt8) -> Bool) -> SubSequence {
    var start = endIndex
    while start > startIndex, fits(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
