/// A TOML document being read: what is wrong is noted with its line, and reading goes on.
final class TOMLReading {
  let document: TOMLDocument
  let home: String?
  private var problems: [FileProblem] = []

  init(_ document: TOMLDocument, home: String? = nil) {
    self.document = document
    self.home = home
  }

  var root: TOMLSection { TOMLSection(self, path: [], items: document.root) }

  func complain(_ path: [String], _ message: String) {
    problems.append(FileProblem(line: document.line(of: path), message: message))
  }

  /// Throws all that was noted, if anything was.
  func finish() throws {
    if !problems.isEmpty { throw FileError(file: document.file, problems: problems) }
  }
}

/// A table of the document.
///
/// A key asked for is a key known; the others are complained about.
final class TOMLSection {
  private let reading: TOMLReading
  private let path: [String]
  private let items: [String: TOMLItem]
  private var asked: Set<String> = []

  init(_ reading: TOMLReading, path: [String], items: [String: TOMLItem]) {
    self.reading = reading
    self.path = path
    self.items = items
  }

  /// The keys that are set, sorted.
  var names: [String] { items.keys.sorted() }

  func complain(_ key: String, _ message: String) {
    reading.complain(path + [key], message)
  }

  /// For what the table as a whole lacks.
  func complainOfTable(_ message: String) { reading.complain(path, message) }

  /// The line on which `key` is set.
  func line(of key: String) -> Int? { reading.document.line(of: path + [key]) }

  /// The value as it stands, for the few that come in more than one form.
  func item(_ key: String) -> TOMLItem? {
    asked.insert(key)
    return items[key]
  }

  func string(_ key: String) -> String? {
    switch item(key) {
    case nil: return nil
    case .string(let text) where !text.isEmpty: return text
    case .string:
      complain(key, "\"\(key)\" is empty; give it a value or remove it.")
    case .some(let other): wrongType(key, other, "a string in quotes")
    }
    return nil
  }

  /// A string that must be one of `names`; any when there are none to check against.
  func string(_ key: String, among names: [String]) -> String? {
    guard let text = string(key) else { return nil }
    if names.isEmpty || names.contains(text) { return text }
    complain(key, "\"\(key)\" cannot be \"\(text.visible)\"; \(allowed(names, insteadOf: text))")
    return nil
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice?
  where Choice.RawValue == String {
    string(key, among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init)
  }

  func bool(_ key: String) -> Bool? {
    switch item(key) {
    case nil: return nil
    case .bool(let value): return value
    case .some(let other): wrongType(key, other, "true or false, without quotes")
    }
    return nil
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    switch item(key) {
    case nil: return nil
    case .integer(let value) where range.contains(value): return value
    case .some(let other):
      wrongType(key, other, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return nil
  }

  func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
    let value: Double? =
      switch item(key) {
      case nil: nil
      case .integer(let value): Double(value)
      case .number(let value): value
      default: .nan
      }
    guard let value else { return nil }
    if range.contains(value) { return value }
    wrongType(
      key, items[key] ?? .number(value), "a number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A path made absolute: `~/` is home, and what is relative lies beside the file.
  func path(_ key: String) -> String? {
    guard let text = string(key) else { return nil }
    if text.hasPrefix("/") { return text }
    if text == "~" || text.hasPrefix("~/") {
      if let home = reading.home { return home + text.dropFirst() }
      complain(key, "\"~\" is not known because HOME is not set; write the whole path.")
      return nil
    }
    let file = reading.document.file
    guard let slash = file.lastIndex(of: "/") else { return text }
    return String(file[...slash]) + text
  }

  /// The name of an environment variable.
  ///
  /// The value is kept out of the complaint: the likeliest mistake is the key itself.
  func variable(_ key: String) -> String? {
    guard let text = string(key) else { return nil }
    let isName =
      text.utf8.allSatisfy { byte in
        (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte)
          || byte == 95
      } && !(text.first?.isNumber ?? true)
    if isName { return text }
    complain(
      key, "\"\(key)\" must name an environment variable, such as OPENAI_API_KEY, not be the key.")
    return nil
  }

  /// Where a server listens; required.
  func endpoint(_ key: String) -> String? {
    guard item(key) != nil else {
      reading.complain(
        path,
        "\"\(key)\" is missing; add \(key) = \"http://host:port/v1\", or file = \"weights.gguf\".")
      return nil
    }
    guard let text = string(key) else { return nil }
    let rest =
      text.hasPrefix("http://")
      ? text.dropFirst(7) : text.hasPrefix("https://") ? text.dropFirst(8) : ""
    if !rest.isEmpty, !rest.hasPrefix("/"), text == text.visible, !text.contains(" ") {
      return text
    }
    complain(
      key,
      "\"\(key)\" must be an http:// or https:// address, such as \"http://127.0.0.1:8080/v1\".")
    return nil
  }

  func table(_ key: String) -> TOMLSection? {
    switch item(key) {
    case nil: return nil
    case .table(let items): return TOMLSection(reading, path: path + [key], items: items)
    case .some(let other):
      wrongType(key, other, "a table: write [\((path + [key]).joined(separator: "."))]")
    }
    return nil
  }

  /// Complains about every key that nobody asked for; `hints` have a word of their own.
  func refuseOthers(hints: [String: String] = [:]) {
    for key in names where !asked.contains(key) {
      let place = path.isEmpty ? "" : " in [\(path.joined(separator: ".").visible)]"
      complain(
        key,
        "unknown key \"\(key.visible)\"\(place); "
          + (hints[key] ?? allowed(asked, insteadOf: key)))
    }
  }

  func wrongType(_ key: String, _ found: TOMLItem, _ wanted: String) {
    complain(key, "\"\(key.visible)\" is \(found.found); write \(wanted).")
  }
}
