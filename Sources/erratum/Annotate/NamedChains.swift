import Foundation
import Sessions
import Workbench

/// The chains a person named, read without leaving a trace.
struct NamedChains {
  /// Those of one session.
  struct Group {
    var folder: SessionFolder
    var session: Session
    /// With steps, in their order.
    var attempts: [Attempt]
    /// Everybody's labels, by name.
    var books: [LabelBook]
  }

  /// What they are called together.
  var title: String
  var groups: [Group]
  /// Where guidelines of their own would lie.
  var home: String?
  /// Chains that have no steps, and are not among them.
  var stepless = 0
  /// What could not be read.
  var damage: [String] = []

  var attempts: [Attempt] { groups.flatMap(\.attempts) }

  /// Names of all who labelled any of them, sorted.
  var annotators: [String] {
    var names: Set<String> = []
    for group in groups {
      let ids = Set(group.attempts.map(\.id))
      for book in group.books where book.speaks(of: ids) { names.insert(book.annotator) }
    }
    return names.sorted()
  }

  // MARK: Finding them

  /// The chains of a session, a folder of sessions, or a set: what a file of them was called, or
  /// the set that their problems belong to.
  ///
  /// A data file is imported by the caller; see ``imported(_:from:in:)``.
  static func find(_ name: String, in library: Library) throws -> NamedChains {
    let hasJournal = FileManager.default.fileExists(atPath: name + "/journal.jsonl")
    if Resources.isFolder(name), !hasJournal {
      let folders = folders(in: name)
      if !folders.isEmpty || name.contains("/") {
        guard !folders.isEmpty else { throw FormatError.noSessions(path: name.visible) }
        return try read(folders, title: stem(name).visible, home: name)
      }
    }
    if hasJournal || name.contains("/") || name.hasSuffix("journal.jsonl") {
      return try one(try library.resolve(name))
    }
    let all = folders(in: library.root.path)
    if let exact = all.first(where: { $0.id == name }) { return try one(exact) }
    let (set, sources) = try set(name, among: all)
    if let set { return set }
    let folder: SessionFolder
    do throws(JournalError) {
      folder = try library.resolve(name)
    } catch {
      guard case .notFound = error else { throw error }
      throw AnnotateError.nothingNamed(
        String(name.visible.prefix(80)),
        nearest: nearest(to: name, in: sources + all.map(\.id)), sets: sources)
    }
    return try one(folder)
  }

  /// The chains that an import took from a file, in the file's order.
  static func imported(
    _ chains: [(session: String, attempt: AttemptID)], from file: String, in library: Library
  ) throws -> NamedChains {
    var order: [String] = []
    var wanted: [String: [AttemptID]] = [:]
    for chain in chains {
      if wanted[chain.session] == nil { order.append(chain.session) }
      if wanted[chain.session]?.contains(chain.attempt) != true {
        wanted[chain.session, default: []].append(chain.attempt)
      }
    }
    let folders = order.map {
      SessionFolder(id: $0, url: library.root.appending(path: $0, directoryHint: .isDirectory))
    }
    let home = URL(filePath: file).deletingLastPathComponent().path
    return try read(folders, title: stem(file).visible, home: home) { session in
      let ids = wanted[session.header.session] ?? []
      return ids.compactMap { session.attempt($0) }
    }
  }

  private static func one(_ folder: SessionFolder) throws -> NamedChains {
    let reader = try JournalReader(folder.url)
    var made = try read([folder], title: folder.id.visible, home: nil)
    if !reader.header.problem.id.isEmpty { made.title = reader.header.problem.id.visible }
    return made
  }

  /// The session folders in a folder, by name.
  private static func folders(in path: String) -> [SessionFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().compactMap { name in
      guard !name.hasPrefix("."),
        FileManager.default.fileExists(atPath: "\(path)/\(name)/journal.jsonl")
      else { return nil }
      return SessionFolder(
        id: name, url: URL(filePath: "\(path)/\(name)", directoryHint: .isDirectory))
    }
  }

  /// - Returns: the set, if there is one of that name, and the names of all that were met.
  private static func set(
    _ name: String, among all: [SessionFolder]
  ) throws -> (set: NamedChains?, sources: [String]) {
    // Journals quote a file's name as JSON does; what only looks alike is sorted out after reading.
    let quoted = (try? JSONEncoder().encode(stem(name))).map { $0.dropLast() } ?? Data()
    let mark = Data("\"file\":".utf8) + quoted
    var sources: Set<String> = []
    var found: [SessionFolder] = []
    for folder in all {
      guard let header = try? JournalReader(folder.url).header else { continue }
      if let source = header.problem.source { sources.insert(source) }
      let isNamed = header.problem.source.map { $0 == name || $0 == stem(name) } ?? false
      let bytes = try? Data(contentsOf: folder.journal, options: .mappedIfSafe)
      if isNamed || bytes?.range(of: mark) != nil { found.append(folder) }
    }
    let set = try read(found, title: stem(name).visible, home: nil) { session in
      let fromFile = session.attempts.filter { attempt in
        attempt.imported?.file.map { $0 == name || stem($0) == stem(name) } ?? false
      }
      if !fromFile.isEmpty { return fromFile }
      let source = session.problem.source
      return source == name || source == stem(name) ? session.attempts : []
    }
    let isEmpty = set.groups.isEmpty && set.stepless == 0
    return (isEmpty ? nil : set.inOrderOfImport, sources.sorted())
  }

  /// `p-9` before `p-10`, of one import; an earlier import before a later one.
  private var inOrderOfImport: NamedChains {
    var out = self
    out.groups.sort { left, right in
      if left.session.header.created != right.session.header.created {
        return left.session.header.created < right.session.header.created
      }
      let ids = [left, right].map { $0.attempts.first?.imported?.id ?? $0.session.problem.id }
      switch ids[0].compare(ids[1], options: .numeric) {
      case .orderedAscending: return true
      case .orderedDescending: return false
      case .orderedSame: return left.folder.id < right.folder.id
      }
    }
    return out
  }

  private static func read(
    _ folders: [SessionFolder], title: String, home: String?,
    choosing: (Session) -> [Attempt] = { $0.attempts }
  ) throws -> NamedChains {
    var made = NamedChains(title: title, groups: [], home: home)
    var firstError: (any Error)?
    for folder in folders {
      do {
        let (session, damage) = try JournalReader(folder.url).session()
        if let sentence = damage.sentence { made.damage.append("\(folder.id): \(sentence)") }
        let chosen = choosing(session)
        let attempts = chosen.filter { !$0.steps.isEmpty }
        made.stepless += chosen.count - attempts.count
        guard !attempts.isEmpty else { continue }
        let labels = LabelBook.all(in: folder)
        made.damage += labels.damage.map(\.sentence)
        made.groups.append(
          Group(folder: folder, session: session, attempts: attempts, books: labels.books))
      } catch {
        firstError = firstError ?? error
        made.damage.append(Failure.sentence(for: error))
      }
    }
    if made.groups.isEmpty, made.stepless == 0, let firstError { throw firstError }
    return made
  }

  /// A file's name without its folder and its ending.
  static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let end = name.lastIndex(of: ".") ?? name.endIndex
    return end == name.startIndex ? name : String(name[..<end])
  }
}

extension LabelBook {
  /// Whether anything stands of these attempts.
  fileprivate func speaks(of attempts: Set<AttemptID>) -> Bool {
    entries.keys.contains { attempts.contains($0.attempt) }
      || chains.keys.contains { attempts.contains($0) }
  }
}
