import Workbench

/// Kinds of mistakes as `[[kind]]` tables of a TOML file write them, in the order they are shown in.
enum TaxonomyFile {
  /// More kinds than this nobody tells apart.
  static let mostKinds = 200
  private static let longestID = 64
  private static let longestText = 300

  /// A file by its path, or a shipped one by its name.
  static func load(_ nameOrPath: String, resources: Resources?) throws -> Taxonomy {
    let isPath = nameOrPath.contains("/") || nameOrPath.hasSuffix(".toml")
    let shipped = resources.map { "\($0.taxonomies)/\(nameOrPath).toml" }
    let file = isPath ? nameOrPath : shipped ?? nameOrPath
    guard let text = try TextFile.read(file, atMost: TOMLDocument.largestFile) else {
      let names = resources.map { Resources.files(in: $0.taxonomies, ending: ".toml") } ?? []
      throw FileError(
        file: nameOrPath.visible,
        problems: [
          FileProblem(
            message: isPath
              ? "there is no such file; check the path."
              : "there is no such taxonomy; "
                + allowed(names.map(ThemeFile.stem), insteadOf: nameOrPath))
        ])
    }
    return try read(text, file: file)
  }

  /// Throws ``FileError`` with all that is wrong.
  static func read(_ text: String, file: String) throws -> Taxonomy {
    let document = try TOMLDocument(text, file: file)
    var reader = Reader(
      lines: text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" },
      document: document)
    let kinds = reader.kinds()
    guard reader.problems.isEmpty else { throw FileError(file: file, problems: reader.problems) }
    return Taxonomy(kinds: kinds)
  }

  private struct Reader {
    let lines: [Substring]
    let document: TOMLDocument
    var problems: [FileProblem] = []

    mutating func kinds() -> [Taxonomy.Kind] {
      for key in document.root.keys.sorted() where key != "kind" {
        complain(
          document.line(of: [key]), "unknown key \"\(key.visible)\"; kinds stand under [[kind]].")
      }
      guard let item = document.root["kind"] else {
        complain(nil, "there are no kinds in it; write [[kind]], and under it id = \"...\".")
        return []
      }
      guard case .list(let tables) = item, !tables.isEmpty else {
        complain(
          document.line(of: ["kind"]),
          "\"kind\" is \(item.found); write [[kind]] with double brackets for each kind.")
        return []
      }
      guard tables.count <= TaxonomyFile.mostKinds else {
        complain(nil, "it has \(tables.count) kinds; keep \(TaxonomyFile.mostKinds) at most.")
        return []
      }
      var seen: [String: Int] = [:]
      return tables.indices.compactMap { place in
        guard let kind = kind(tables[place], place) else { return nil }
        if let first = seen[kind.id] {
          complain(
            line(place, "id"),
            "the id \"\(kind.id)\" stands on line \(line(first, "id") ?? 0) already; give each kind its own."
          )
          return nil
        }
        seen[kind.id] = place
        return kind
      }
    }

    private mutating func kind(_ item: TOMLItem, _ place: Int) -> Taxonomy.Kind? {
      guard case .table(let members) = item else {
        complain(
          header(place), "a kind is \(item.found); write [[kind]], and under it id = \"...\".")
        return nil
      }
      for key in members.keys.sorted() where !["id", "title", "help"].contains(key) {
        complain(
          line(place, key),
          "unknown key \"\(key.visible)\" in [[kind]]; "
            + allowed(["id", "title", "help"], insteadOf: key))
      }
      guard members["id"] != nil else {
        complain(header(place), "this kind has no id; add id = \"...\".")
        return nil
      }
      guard let id = text(members, "id", place, atMost: TaxonomyFile.longestID) else { return nil }
      guard id.utf8.allSatisfy(Self.isPlain) else {
        complain(
          line(place, "id"),
          "the id \"\(id.visible)\" has other characters than letters, digits, dots and dashes; "
            + "choose a plain one, its title may be anything.")
        return nil
      }
      let title =
        members["title"] == nil
        ? id : text(members, "title", place, atMost: TaxonomyFile.longestText)
      let help =
        members["help"] == nil
        ? "" : text(members, "help", place, atMost: TaxonomyFile.longestText)
      guard let title, let help else { return nil }
      return Taxonomy.Kind(id: id, title: title, help: help)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-_.".utf8.contains(byte)
    }

    private mutating func text(
      _ members: [String: TOMLItem], _ key: String, _ place: Int, atMost limit: Int
    ) -> String? {
      guard case .string(let text)? = members[key] else {
        complain(
          line(place, key),
          "\"\(key)\" is \(members[key]?.found ?? "missing"); write a string in quotes.")
        return nil
      }
      guard text.contains(where: { !$0.isWhitespace }) else {
        complain(line(place, key), "\"\(key)\" is empty; give it a value.")
        return nil
      }
      guard text.utf8.count <= limit else {
        complain(line(place, key), "\"\(key)\" is over \(limit) bytes; shorten it.")
        return nil
      }
      return text.visible
    }

    private mutating func complain(_ line: Int?, _ message: String) {
      problems.append(FileProblem(line: line, message: message))
    }

    // MARK: Lines

    /// The 1-based line of the `place`th `[[kind]]`; of `kind` where they stand in one list.
    private func header(_ place: Int) -> Int? {
      let headers = lines.indices.filter {
        lines[$0].filter { !$0.isWhitespace }.hasPrefix("[[kind]]")
      }
      return headers.indices.contains(place) ? headers[place] + 1 : document.line(of: ["kind"])
    }

    /// The line that sets `key` of the `place`th kind; that of its header where none is found.
    private func line(_ place: Int, _ key: String) -> Int? {
      guard let header = header(place) else { return nil }
      let block = lines[header...].prefix { !$0.drop(while: \.isWhitespace).hasPrefix("[") }
      let found = block.firstIndex {
        let words = $0.split(separator: "=", maxSplits: 1)
        return words.count == 2 && words[0].filter { !" \t\"'".contains($0) } == key
      }
      return found.map { $0 + 1 } ?? header
    }
  }
}
