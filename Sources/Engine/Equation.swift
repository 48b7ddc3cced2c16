/// Calculations written out in a step's text.
enum Equation {
  private static let operators = Set("+-−*×·/÷=()")

  /// The last `3 * 6 = 18` of a text, spaces as in the text; `nil` when there is none.
  static func last(in text: String) -> String? {
    var found: String?
    var run: [Substring] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      let bare = trimmed(word)
      if isTerm(bare) {
        run.append(bare)
        if bare.count != word.count { settle(&run, &found) }
      } else {
        settle(&run, &found)
      }
    }
    settle(&run, &found)
    return found
  }

  private static func settle(_ run: inout [Substring], _ found: inout String?) {
    let text = run.joined(separator: " ")
    run = []
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count > 1, sides.allSatisfy({ $0.contains(where: \.isNumber) }) else { return }
    found = text
  }

  private static func trimmed(_ word: Substring) -> Substring {
    var word = word
    while let last = word.last, ".,;:!?".contains(last) { word = word.dropLast() }
    return word
  }

  private static func isTerm(_ word: Substring) -> Bool {
    !word.isEmpty
      && word.allSatisfy { $0.isNumber || operators.contains($0) || ".,%$€£".contains($0) }
  }
}
