import Sessions

/// Narrowing the list of sessions: by words the index finds, and by fields.
extension State {
  mutating func narrowHome(to line: String) -> [Effect] {
    home.filter = line
    home.selection = 0
    keepHomeSelectionInside()
    return askForWords()
  }

  /// Adds the fields of a line typed at `!`; words in it are looked for as well.
  mutating func restrictHome(by line: String) -> [Effect] {
    do throws(LibraryFilter.Problem) {
      let added = try LibraryFilter(checking: line)
      let known = home.terms
      home.terms += added.terms.filter { !known.contains($0) }
      if !added.words.isEmpty {
        home.filter = ([home.filter] + added.words).filter { !$0.isEmpty }.joined(separator: " ")
      }
    } catch {
      notice = Notice(error.sentence, .warning)
      return []
    }
    home.selection = 0
    keepHomeSelectionInside()
    return askForWords()
  }

  private mutating func askForWords() -> [Effect] {
    let words = home.active.words
    if words.isEmpty { home.found = nil }
    guard !words.isEmpty, home.found?.words != words else { return locateInView() }
    return [.findText(words)]
  }

  mutating func listed(_ sessions: [SessionSummary], isWhole: Bool) -> [Effect] {
    // What is remembered is no news where the list already was whole.
    guard isWhole || home.isListing else { return [] }
    keepChosenAtHome { home in
      home.sessions = sessions
      home.isListing = !isWhole
      if isWhole { home.indexing = nil }
    }
    // What is looked for may be in what has just been read.
    let words = home.active.words
    return words.isEmpty || !isWhole ? [] : [.findText(words)]
  }

  mutating func found(_ words: [String], in paths: Set<String>) -> [Effect] {
    // Somebody typed on meanwhile, or took it back.
    guard home.active.words == words else { return [] }
    keepChosenAtHome { $0.found = FoundText(words: words, paths: paths) }
    return locateInView()
  }

  mutating func located(_ words: [String], _ hits: [String: TextHit]) {
    if home.found?.words == words { home.found?.hits.merge(hits) { $1 } }
    guard let landing, landing.words == words, landing.hit == nil, let hit = hits[landing.path]
    else { return }
    self.landing?.hit = hit
    land()
  }

  /// Asks for the places in the sessions that are on screen.
  mutating func locateInView() -> [Effect] {
    guard let found = home.found, found.words == home.active.words else { return [] }
    let lines = Home.lines(of: home.items).dropFirst(home.top).prefix(Home.listRows(size: size))
    let paths = lines.compactMap { line -> String? in
      guard case .item(let index) = line, case .session(let session) = home.items[index],
        found.paths.contains(session.path), found.hits[session.path] == nil
      else { return nil }
      return session.path
    }
    return paths.isEmpty ? [] : [.locateText(found.words, paths: paths)]
  }

  /// Changes the list and stays on the item that was chosen.
  mutating func keepChosenAtHome(_ change: (inout Home) -> Void) {
    let chosen = home.items.indices.contains(home.selection) ? home.items[home.selection] : nil
    change(&home)
    if home.selection > 0, let chosen,
      let index = home.items.firstIndex(where: { $0.isSame(as: chosen) })
    {
      home.selection = index
    }
    keepHomeSelectionInside()
  }

  // MARK: Completions

  /// Whole lines that go on from what was typed: fields, then the values that sessions have.
  func filterCompletions(of line: String) -> [String] {
    let head = line.lastIndex(of: " ").map { String(line[...$0]) } ?? ""
    let last = line.dropFirst(head.count)
    let mark = last.hasPrefix("!") ? "!" : ""
    let typed = last.dropFirst(mark.count)
    guard let colon = typed.firstIndex(of: ":") else {
      return LibraryFilter.Field.allCases.map { "\($0.rawValue):" }
        .filter { $0.hasPrefix(typed.lowercased()) }.map { head + mark + $0 }
    }
    guard let field = LibraryFilter.Field(rawValue: typed[..<colon].lowercased()) else { return [] }
    let value = typed[typed.index(after: colon)...].lowercased()
    return values(of: field).filter { $0.lowercased().hasPrefix(value) }.map { value in
      let quoted = value.contains(where: \.isWhitespace) ? "\"\(value)\"" : value
      return "\(head)\(mark)\(field.rawValue):\(quoted)"
    }
  }

  private func values(of field: LibraryFilter.Field) -> [String] {
    if let values = field.values { return values }
    var values: Set<String> = []
    for session in home.sessions {
      switch field {
      case .set: values.formUnion(session.sets)
      case .model: values.formUnion(session.models)
      default: values.formUnion(session.annotators)
      }
    }
    return values.sorted()
  }

  // MARK: To the hit

  /// Remembers where to go in a session that is about to be opened.
  mutating func landOnHit(in session: SessionSummary) -> [Effect] {
    landing = nil
    guard let found = home.found, found.words == home.active.words,
      found.paths.contains(session.path)
    else { return [] }
    let hit = found.hits[session.path]
    landing = Landing(path: session.path, words: found.words, hit: hit)
    return hit == nil ? [.locateText(found.words, paths: [session.path])] : []
  }

  /// Goes to the place that was searched for, once both it and the session are there.
  mutating func land() {
    guard screen == .session, let reading, let hit = landing?.hit else { return }
    // Of a large session the end is shown first: its middle is there when all of it is.
    if reading.isWhole { landing = nil }
    guard let id = hit.place.attempt, let attempt = reading.session.attempt(id) else {
      if hit.place.kind == .problem { self.reading?.region = .problem }
      return
    }
    if reading.attempt?.id != id { show(attempt: id) }
    if let step = hit.place.step, step <= attempt.steps.count + 1 { select(step) }
    self.reading?.follows = false
    switch hit.place.kind {
    case .critique, .verdict:
      self.reading?.shownCritique = hit.place.critique
      self.reading?.region = .critic
      revealItem()
    case .thinking, .answer:
      self.reading?.search = Search(needle: hit.match)
      findNext(1, includingHere: true)
    case .problem, .label, .hint: revealItem()
    }
  }
}

extension HomeItem {
  /// Whether it is the same thing, however much of it has changed.
  fileprivate func isSame(as other: HomeItem) -> Bool {
    switch (self, other) {
    case (.session(let left), .session(let right)): (left.id, left.path) == (right.id, right.path)
    default: self == other
    }
  }
}
