import TOMLKit

/// One thing wrong with a file, where, and what to do about it.
struct FileProblem: Equatable, Sendable {
  /// 1-based; `nil` when the whole file is meant.
  var line: Int?
  var message: String
}

/// Why a file a person wrote could not be taken as it is.
///
/// Holds every problem found, in order.
struct FileError: Error, Equatable, CustomStringConvertible {
  var file: String
  var problems: [FileProblem]

  init(file: String, problems: [FileProblem]) {
    self.file = file
    self.problems = problems.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  /// One `file:line: sentence` a problem, as compilers write it.
  var description: String {
    problems.map { problem in
      problem.line.map { "\(file):\($0): \(problem.message)" } ?? "\(file): \(problem.message)"
    }.joined(separator: "\n")
  }
}

/// A value of a TOML document, copied out of the parser's own tree.
enum TOMLItem: Equatable, Sendable {
  case string(String)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case list([TOMLItem])
  case table([String: TOMLItem])
  /// Dates and times, which nothing here asks for.
  case other(String)

  /// What was found, in words, with short values quoted.
  var found: String {
    switch self {
    case .string(let text): text.count <= 40 ? "\"\(text.visible)\"" : "a long string"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .list: "a list"
    case .table: "a table"
    case .other(let type): "a \(type)"
    }
  }

  fileprivate init(_ value: any TOMLValueConvertible) {
    let value = value.tomlValue
    if let string = value.string {
      self = .string(string)
    } else if let integer = value.int {
      self = .integer(integer)
    } else if let number = value.double {
      self = .number(number)
    } else if let bool = value.bool {
      self = .bool(bool)
    } else if let list = value.array {
      self = .list(list.map { TOMLItem($0) })
    } else if let table = value.table {
      self = .table(TOMLItem.members(of: table))
    } else {
      self = .other(value.type.description)
    }
  }

  fileprivate static func members(of table: TOMLTable) -> [String: TOMLItem] {
    var members: [String: TOMLItem] = [:]
    for key in table.keys {
      if let value = table[key] { members[key] = TOMLItem(value) }
    }
    return members
  }
}

/// A TOML file that parsed, and the lines its keys stand on.
struct TOMLDocument {
  /// A config or theme is a page; more is a wrong file.
  static let largestFile = 256 * 1024

  let file: String
  let root: [String: TOMLItem]
  private let lines: [Substring]

  init(_ text: String, file: String) throws {
    self.file = file
    func refuse(_ line: Int?, _ message: String) -> FileError {
      FileError(file: file, problems: [FileProblem(line: line, message: message)])
    }
    guard text.utf8.count <= Self.largestFile else {
      throw refuse(nil, "the file is over 256 KB; check that it is the right one.")
    }
    lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    // The parser takes a C string, and would silently end at a NUL.
    if let line = lines.firstIndex(where: { $0.unicodeScalars.contains("\0") }) {
      throw refuse(line + 1, "a NUL character stands here; remove it.")
    }
    // The parser counts brackets and braces but not these, and a tree too deep is a crash.
    if let line = lines.firstIndex(where: Self.isTooDeep) {
      throw refuse(line + 1, "too many dots stand here; keys are at most a few tables deep.")
    }
    if let line = Self.oddHeader(lines) {
      throw refuse(line + 1, "this is not TOML: a table's name must stand after \"[\"; correct it.")
    }
    do {
      root = TOMLItem.members(of: try TOMLTable(string: text))
    } catch let error as TOMLParseError {
      throw refuse(
        max(error.source.begin.line, 1),
        "this is not TOML: \(error.description.visible); correct this line.")
    }
  }

  /// Whether a line has more dots outside quotes than any key would.
  private static func isTooDeep(_ line: Substring) -> Bool {
    var dots = 0
    var quote: UInt8?
    var before: UInt8 = 0
    for byte in line.utf8 {
      if let open = quote {
        if byte == open, before != UInt8(ascii: "\\") { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "."), before != byte {
        dots += 1
      }
      before = byte
    }
    return dots > 100
  }

  /// The first table header that begins with what no key may begin with.
  ///
  /// The parser ends the program there instead of saying so. A line that looks so in a list or a
  /// long string is none: there the lines before it do not parse by themselves.
  private static func oddHeader(_ lines: [Substring]) -> Int? {
    let odd = lines.indices.lazy.filter { isOddHeader(lines[$0]) }
    // More than a few are not a person's; they are called odd without a closer look.
    for (count, line) in odd.enumerated() {
      let before = lines[..<line].joined(separator: "\n")
      if count == 32 || (try? TOMLTable(string: before)) != nil { return line }
    }
    return nil
  }

  private static func isOddHeader(_ line: Substring) -> Bool {
    func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
    var rest = line.utf8.drop(while: isSpace)
    guard rest.popFirst() == UInt8(ascii: "[") else { return false }
    if rest.first == UInt8(ascii: "[") { rest.removeFirst() }
    guard let first = rest.drop(while: isSpace).first else { return true }
    let isKey = (48...57).contains(first) || (65...90).contains(first) || (97...122).contains(first)
    return !isKey && !"-_\"']".utf8.contains(first)
  }

  /// The 1-based line where the statement that sets `path` begins.
  ///
  /// The parser keeps no positions for its values. So the document is parsed again up to one line
  /// and another, halving, until the key stands between the last whole beginning without it and
  /// the first with it: exact for every way TOML has of writing a key. Only ever done to word a
  /// complaint; `nil` when the file is so odd that it would take long.
  func line(of path: [String]) -> Int? {
    guard Self.holds(root, path[...]) else { return nil }
    var search = LineSearch(lines: lines) { Self.holds(TOMLItem.members(of: $0), path[...]) }
    return search.run()
  }

  private static func holds(_ table: [String: TOMLItem], _ path: ArraySlice<String>) -> Bool {
    guard let key = path.first else { return true }
    guard let value = table[key] else { return false }
    if path.count == 1 { return true }
    guard case .table(let inner) = value else { return false }
    return holds(inner, path.dropFirst())
  }
}

/// Looks for the first line after which a document satisfies `holds`.
private struct LineSearch {
  let lines: [Substring]
  let holds: (TOMLTable) -> Bool
  /// A beginning cut inside a list or a long string does not parse, and another must be tried.
  private var bytesLeft = 4 << 20

  init(lines: [Substring], holds: @escaping (TOMLTable) -> Bool) {
    self.lines = lines
    self.holds = holds
  }

  mutating func run() -> Int? {
    // The first `low` lines are whole and do not hold; the first `high` are whole and do.
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      guard
        let (count, isHeld) = wholeBeginning(Array(middle..<high))
          ?? wholeBeginning((low + 1..<middle).reversed())
      else { break }
      if isHeld { high = count } else { low = count }
    }
    return bytesLeft > 0 ? low + 1 : nil
  }

  /// The first of these beginnings that parses, and whether it holds.
  private mutating func wholeBeginning(_ counts: [Int]) -> (count: Int, isHeld: Bool)? {
    for count in counts where bytesLeft > 0 {
      let text = lines.prefix(count).joined(separator: "\n")
      bytesLeft -= text.utf8.count
      if let table = try? TOMLTable(string: text) { return (count, holds(table)) }
    }
    return nil
  }
}

extension String {
  /// The text with control characters shown as `?`: file names and values reach a terminal.
  var visible: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: "?"
          default: scalar
          }
        }))
  }
}
