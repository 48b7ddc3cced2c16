/// What a list of sessions is narrowed by: fields such as `set:prmbench`, and words.
///
/// ```
/// set:prmbench annotator:ada !annotator:bob state:unfinished "bags hold" marbles
/// ```
///
/// A field and a colon ask for sessions with that value; `!` before it for those without. Values
/// of one field are alternatives, fields all hold. `*` stands for anything, capitals count for
/// nothing, and quotation marks hold together what has blanks. All else is words to be found.
package struct LibraryFilter: Equatable, Sendable {
  package enum Field: String, CaseIterable, Sendable {
    case set, model, state, annotator, disagree

    /// Allowed values, where they are not free.
    package var values: [String]? {
      switch self {
      case .set, .model, .annotator: nil
      case .state: SessionSummary.State.allCases.map(\.rawValue)
      case .disagree: ["yes", "no"]
      }
    }
  }

  package struct Term: Equatable, Sendable {
    package var field: Field
    package var value: String
    package var isExcluded: Bool
    package init(_ field: Field, _ value: String, isExcluded: Bool = false) {
      self.field = field
      self.value = value
      self.isExcluded = isExcluded
    }
  }

  package var terms: [Term] = []
  /// What is to be found in the text: all of these, each a word, the beginning of one, or a phrase.
  package var words: [String] = []

  package init(terms: [Term] = [], words: [String] = []) {
    self.terms = terms
    self.words = words
  }

  package var isEmpty: Bool { terms.isEmpty && words.isEmpty }

  /// Why a line is no filter.
  package enum Problem: Error, Equatable {
    case unknownValue(Field, String)
    case noValue(Field)
    case notAField(String)

    package var sentence: String {
      switch self {
      case .unknownValue(let field, let value):
        "\(field.rawValue): takes \((field.values ?? []).joined(separator: ", ")), not "
          + "\u{201C}\(value)\u{201D}; choose one of them."
      case .noValue(let field):
        "\(field.rawValue): needs a value right after the colon, as in "
          + "\(field.rawValue):\(field.values?.first ?? "NAME"); add one."
      case .notAField(let word):
        "\u{201C}\(word)\u{201D} is no filter; use "
          + Field.allCases.map { "\($0.rawValue):" }.joined(separator: ", ") + "."
      }
    }
  }

  /// Reads a line as it is typed: what is no filter (yet) narrows by nothing.
  package init(_ line: String) {
    for piece in Self.pieces(line) {
      switch piece {
      case .success(.term(let term)): terms.append(term)
      case .success(.word(let word)): words.append(word)
      case .failure: break
      }
    }
  }

  /// Reads a whole line, which must make sense.
  package init(checking line: String) throws(Problem) {
    for piece in Self.pieces(line) {
      switch piece {
      case .success(.term(let term)): terms.append(term)
      case .success(.word(let word)): words.append(word)
      case .failure(let problem): throw problem
      }
    }
  }

  private enum Piece {
    case term(Term)
    case word(String)
  }

  private static func pieces(_ line: String) -> [Result<Piece, Problem>] {
    split(line).compactMap { token in
      guard !token.isQuoted else { return .success(.word(token.text)) }
      let isExcluded = token.text.hasPrefix("!")
      let rest = token.text.dropFirst(isExcluded ? 1 : 0)
      if rest.isEmpty { return nil }
      guard let colon = rest.firstIndex(of: ":"),
        let field = Field(rawValue: rest[..<colon].lowercased())
      else {
        // An exclamation mark begins a filter and nothing else; a colon may stand in a text.
        return isExcluded ? .failure(.notAField(token.text)) : .success(.word(token.text))
      }
      let value = String(rest[rest.index(after: colon)...])
      guard !value.isEmpty else { return .failure(.noValue(field)) }
      if let allowed = field.values, !allowed.contains(value.lowercased()) {
        return .failure(.unknownValue(field, value))
      }
      return .success(.term(Term(field, value, isExcluded: isExcluded)))
    }
  }

  /// At blanks, except between quotation marks, which go; one that is not closed holds to the end.
  private static func split(_ line: String) -> [(text: String, isQuoted: Bool)] {
    var tokens: [(text: String, isQuoted: Bool)] = []
    var text = ""
    var isInside = false
    var beganQuoted = false
    func isBoundary(_ character: Character) -> Bool { character.isWhitespace && !isInside }
    for character in line {
      if character == "\"" {
        if text.isEmpty, !isInside { beganQuoted = true }
        isInside.toggle()
      } else if isBoundary(character) {
        if !text.isEmpty { tokens.append((text, beganQuoted)) }
        (text, beganQuoted) = ("", false)
      } else {
        text.append(character)
      }
    }
    if !text.isEmpty { tokens.append((text, beganQuoted)) }
    return tokens
  }

  /// Whether a session has what the fields ask for; words are the index's business.
  package func matches(_ session: SessionSummary) -> Bool {
    for field in Field.allCases {
      let wanted = terms.filter { $0.field == field && !$0.isExcluded }
      if !wanted.isEmpty, !wanted.contains(where: { $0.matches(session) }) { return false }
    }
    return !terms.contains { $0.isExcluded && $0.matches(session) }
  }

  /// The fields of this filter alone, as a line that reads as the same.
  package var termLine: String {
    terms.map { term in
      let value = term.value.contains(where: \.isWhitespace) ? "\"\(term.value)\"" : term.value
      return "\(term.isExcluded ? "!" : "")\(term.field.rawValue):\(value)"
    }.joined(separator: " ")
  }
}

extension LibraryFilter.Term {
  fileprivate func matches(_ session: SessionSummary) -> Bool {
    switch field {
    case .set: session.sets.contains { isLike($0) }
    case .model: session.models.contains { isLike($0) }
    case .annotator: session.annotators.contains { isLike($0) }
    case .state: session.states.contains { $0.rawValue == value.lowercased() }
    case .disagree: (session.disagreements > 0) == (value.lowercased() == "yes")
    }
  }

  /// Equal but for capitals, where `*` stands for any letters or none.
  private func isLike(_ name: String) -> Bool {
    let pattern = Array(value.lowercased())
    let text = Array(name.lowercased())
    var (place, at) = (0, 0)
    var star: (place: Int, at: Int)?
    while at < text.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, at)
        place += 1
      } else if place < pattern.count, pattern[place] == text[at] {
        place += 1
        at += 1
      } else if let last = star {
        // The star takes one letter more, and the rest is tried again.
        star = (last.place, last.at + 1)
        (place, at) = (last.place + 1, last.at + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
