import Sessions

/// The first screen: sessions, problem sets, what to do next.
package struct Home: Equatable, Sendable {
  package var sessions: [SessionSummary] = [] {
    didSet {
      names = sessions.map { session in
        [session.id, session.title, session.answer ?? ""].joined(separator: "\n").lowercased()
      }
      narrow()
    }
  }
  package var sets: [ProblemSet] = [] { didSet { narrow() } }
  /// The set whose problems are listed; `nil` shows the sets themselves.
  package var openSet: Int? { didSet { narrow() } }
  package var servers: [String] = [] { didSet { narrow() } }
  /// The sessions shown are those of last time, until all have been looked at.
  package var isListing = true
  /// Sessions that had to be read and have been, and how many there are of them.
  package var indexing: (done: Int, count: Int)? {
    get { indexed.map { ($0[0], $0[1]) } }
    set { indexed = newValue.map { [$0.done, $0.count] } }
  }
  private var indexed: [Int]?
  package var selection = 0
  /// First item shown in the list.
  package var top = 0
  /// Narrows the list: words and fields, from `/`.
  package var filter = "" { didSet { narrow() } }
  /// Fields that narrow it besides, from `!`.
  package var terms: [LibraryFilter.Term] = [] { didSet { narrow() } }
  /// What the index said of the words.
  package var found: FoundText? { didSet { narrow() } }
  /// What ``selection`` counts: sessions, then sets (or the open set's problems), then servers.
  package private(set) var items: [HomeItem] = [.newProblem]
  /// Of each session, in lower case, what is looked through before the index has answered.
  private var names: [String] = []

  package init() {}

  /// All that narrows the list.
  package var active: LibraryFilter {
    var active = LibraryFilter(filter)
    active.terms += terms
    return active
  }

  package var isNarrowed: Bool { !filter.isEmpty || !terms.isEmpty }

  /// The whole list again.
  package mutating func clearFilters() {
    (filter, terms, found) = ("", [], nil)
  }

  private mutating func narrow() {
    let active = active
    var items: [HomeItem] = []
    let words = active.words.map { $0.lowercased() }
    let paths = found?.paths(for: active.words)
    for (session, name) in zip(sessions, names) {
      guard active.terms.isEmpty || active.matches(session) else { continue }
      if words.isEmpty || paths?.contains(session.path) == true || Self.holds(name, words) {
        items.append(.session(session))
      }
    }
    // Fields are of sessions: nothing else has them.
    if active.terms.isEmpty { appendOthers(words, to: &items) }
    self.items = items.isEmpty && !isNarrowed ? [.newProblem] : items
  }

  private func appendOthers(_ words: [String], to items: inout [HomeItem]) {
    func matches(_ text: String) -> Bool { words.isEmpty || Self.holds(text.lowercased(), words) }
    if let openSet, sets.indices.contains(openSet) {
      let problems = sets[openSet].problems
      for index in problems.indices
      where matches(problems[index].text) || matches(problems[index].id) {
        items.append(.problem(set: openSet, index: index))
      }
    } else {
      for index in sets.indices where matches(sets[index].name) { items.append(.set(index)) }
    }
    items += servers.filter(matches).map { .server($0) }
  }

  private static func holds(_ text: String, _ words: [String]) -> Bool {
    words.allSatisfy { word in text.utf8.holds(word.utf8) }
  }
}

/// Sessions in which words were found, and the places that were asked for so far.
package struct FoundText: Equatable, Sendable {
  package var words: [String]
  package var paths: Set<String>
  package var hits: [String: TextHit] = [:]
  package init(words: [String], paths: Set<String>, hits: [String: TextHit] = [:]) {
    self.words = words
    self.paths = paths
    self.hits = hits
  }

  /// What is known of other words: for longer ones the same, until the index has answered.
  func paths(for wanted: [String]) -> Set<String>? {
    guard wanted.count >= words.count,
      zip(words, wanted).allSatisfy({ $1.hasPrefix($0) })
    else { return nil }
    return paths
  }
}

/// Where to go in a session once it is on screen.
package struct Landing: Equatable, Sendable {
  package var path: String
  package var words: [String]
  /// `nil` while it is being looked for.
  package var hit: TextHit?
  package init(path: String, words: [String], hit: TextHit? = nil) {
    self.path = path
    self.words = words
    self.hit = hit
  }
}

extension String.UTF8View {
  /// Whether `part` stands somewhere in it, byte for byte.
  fileprivate func holds(_ part: String.UTF8View) -> Bool {
    let found = withContiguousStorageIfAvailable { text in
      part.withContiguousStorageIfAvailable { part -> Bool in
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        return (0...(text.count - part.count)).contains { start in
          text[start] == first
            && (1..<part.count).allSatisfy { text[start + $0] == part[$0] }
        }
      }
    }
    return found.flatMap(\.self) ?? String(self).contains(String(part))
  }
}
