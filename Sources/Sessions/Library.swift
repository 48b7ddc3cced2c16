import Foundation

/// Where one session lives.
package struct SessionFolder: Equatable, Sendable {
  package var id: String
  package var url: URL
  /// Ships with the program and is never written to.
  package var isExample: Bool

  package init(id: String, url: URL, isExample: Bool = false) {
    self.id = id
    self.url = url
    self.isExample = isExample
  }

  package var journal: URL { url.appending(path: "journal.jsonl", directoryHint: .notDirectory) }
  package var annotations: URL { url.appending(path: "annotations", directoryHint: .isDirectory) }
}

/// A session with, if it may be written, its writer.
package struct OpenedSession: Sendable {
  package var folder: SessionFolder
  /// Everything the journal and the annotators' files tell, the opening included.
  package var session: Session
  package var damage: JournalDamage
  /// Everybody's labels, by name.
  package var books: [LabelBook] = []
  /// What could not be read of annotators' files.
  package var annotationDamage: [JournalError] = []
  /// `nil` when the session is open for reading only; ``whyReadOnly`` says why.
  package var writer: JournalWriter?
  package var whyReadOnly: JournalError?
}

/// A folder of sessions, and the examples beside it.
package final class Library: Sendable {
  package let root: URL
  package let examples: [URL]
  private let index: LibraryIndex

  package init(root: URL, examples: [URL] = []) {
    self.root = root
    self.examples = examples
    index = LibraryIndex(path: root.appending(path: "index.sqlite").path)
  }

  /// The library's place: as given, else from the environment, else under the home folder.
  package static func root(explicit: String?, environment: [String: String]) -> URL {
    func folder(_ path: String?) -> URL? {
      guard let path, !path.isEmpty else { return nil }
      if path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] {
        return URL(filePath: home + path.dropFirst(), directoryHint: .isDirectory)
      }
      return URL(filePath: path, directoryHint: .isDirectory)
    }
    // The base directory specification has relative values of XDG_DATA_HOME ignored.
    let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return folder(explicit) ?? folder(environment["ERRATUM_LIBRARY"])
      ?? folder(data.map { $0 + "/erratum/sessions" })
      ?? folder((environment["HOME"] ?? ".") + "/.local/share/erratum/sessions")
      ?? URL(filePath: ".", directoryHint: .isDirectory)
  }

  /// All sessions, the one last worked on first, examples at the end.
  package func list() -> [SessionSummary] {
    index.refresh(files())
      .map { summary in
        // An example's file has the time it was installed; nobody worked on it then.
        var summary = summary
        if summary.isExample { summary.lastActivity = summary.created }
        return summary
      }
      .sorted { left, right in
        if left.isExample != right.isExample { return right.isExample }
        if left.lastActivity != right.lastActivity { return left.lastActivity > right.lastActivity }
        return left.id < right.id
      }
  }

  /// Sessions whose problem or answer holds all words of `text`; the last may be cut short.
  package func search(_ text: String) -> [SessionSummary] {
    let all = list()
    guard let paths = index.search(text) else { return all }
    return all.filter { paths.contains($0.path) }
  }

  /// Begins a session; its journal has a header and an opening when this returns.
  ///
  /// - Parameter suffix: tells two sessions of one second and problem apart.
  package func create(
    problem: Problem, program: String, wall: Double, branchedFrom: Header.Branch? = nil,
    files: FileSystem = .real, suffix: () -> String = Library.randomSuffix
  ) throws(JournalError) -> OpenedSession {
    let base = Self.id(problem: problem, wall: wall)
    var id = base
    for _ in 0..<100 {
      let folder = folder(id)
      guard !FileManager.default.fileExists(atPath: folder.url.path) else {
        id = "\(base)-\(suffix())"
        continue
      }
      let header = Header(
        program: program, session: id, created: wall, problem: problem,
        branchedFrom: branchedFrom)
      let writer = try JournalWriter.create(
        in: folder.url, header: header, program: program, wall: wall, files: files)
      return OpenedSession(
        folder: folder, session: Session(header: header, replaying: writer.opening),
        damage: JournalDamage(), writer: writer)
    }
    throw .alreadyExists(path: folder(id).url.path)
  }

  /// Opens a session by id, by a beginning of one, or by path, for going on where that can be.
  ///
  /// When it cannot (an example, another writer, a folder that cannot be written) it opens for
  /// reading and says why.
  package func open(
    _ name: String, program: String, wall: Double, progress: (Double) -> Void = { _ in }
  ) throws -> OpenedSession {
    let folder = try resolve(name)
    var writer: JournalWriter?
    var whyReadOnly: JournalError?
    if folder.isExample {
      whyReadOnly = .isExample(name: folder.id)
    } else {
      do throws(JournalError) {
        writer = try JournalWriter.open(folder.url, program: program, wall: wall)
      } catch {
        guard error.allowsReading else { throw error }
        whyReadOnly = error
      }
    }
    var opened = try read(folder, progress: progress)
    // On a full disk the opening is in the writer's memory only.
    let unsaved = writer?.opening.filter { $0.n >= opened.session.eventCount } ?? []
    for record in unsaved { opened.session.apply(record) }
    opened.damage.tornBytes += writer?.droppedBytes ?? 0
    opened.writer = writer
    opened.whyReadOnly = whyReadOnly
    return opened
  }

  /// Reads a session and leaves it as it is: for replay, reports and exports.
  package func read(
    _ folder: SessionFolder, progress: (Double) -> Void = { _ in }
  ) throws -> OpenedSession {
    let (session, damage) = try JournalReader(folder.url).session(progress: progress)
    var opened = OpenedSession(folder: folder, session: session, damage: damage)
    let labels = LabelBook.all(in: folder)
    opened.session.apply(labels.books)
    opened.books = labels.books
    opened.annotationDamage = labels.damage
    return opened
  }

  /// Finds a session by id, by the one id that begins so, or by the path of its folder or journal.
  package func resolve(_ name: String) throws(JournalError) -> SessionFolder {
    if name.contains("/") || name.hasSuffix(".jsonl") { return try folder(atPath: name) }
    let all = files().map(\.folder)
    if let exact = all.first(where: { $0.id == name }) { return exact }
    let matches = name.isEmpty ? [] : all.filter { $0.id.hasPrefix(name) }
    // One's own copy of an example stands before the example.
    if Set(matches.map(\.id)).count > 1 {
      throw .ambiguous(name: name, candidates: Set(matches.map(\.id)).sorted())
    }
    if let only = matches.first(where: { !$0.isExample }) ?? matches.first { return only }
    if FileManager.default.fileExists(atPath: name) { return try folder(atPath: name) }
    throw .notFound(name: name)
  }

  /// Copies an example into the library, so that it can be gone on with.
  package func copyExample(_ folder: SessionFolder) throws(JournalError) -> SessionFolder {
    var copy = self.folder(folder.id)
    var number = 1
    while FileManager.default.fileExists(atPath: copy.url.path) {
      number += 1
      copy = self.folder("\(folder.id)-\(number)")
    }
    do {
      try FileManager.default.createDirectory(
        at: copy.url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      // Data rather than a file copy: a read-only example must not make a read-only session.
      try Data(contentsOf: folder.journal).write(to: copy.journal)
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path)
      for name in names ?? [] where name.hasSuffix(".jsonl") {
        try FileManager.default.createDirectory(
          at: copy.annotations, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
        try Data(contentsOf: folder.annotations.appending(path: name))
          .write(to: copy.annotations.appending(path: name))
      }
    } catch {
      try? FileManager.default.removeItem(at: copy.url)
      throw .readOnly(path: root.path, reason: error.localizedDescription)
    }
    return copy
  }

  private func folder(atPath path: String) throws(JournalError) -> SessionFolder {
    guard FileManager.default.fileExists(atPath: path) else { throw .notFound(name: path) }
    var url = URL(filePath: path).standardizedFileURL
    if url.lastPathComponent == "journal.jsonl" { url.deleteLastPathComponent() }
    let parent = url.deletingLastPathComponent().standardizedFileURL.path
    return SessionFolder(
      id: url.lastPathComponent, url: url,
      isExample: examples.contains { $0.standardizedFileURL.path == parent })
  }

  private func folder(_ id: String) -> SessionFolder {
    SessionFolder(id: id, url: root.appending(path: id, directoryHint: .isDirectory))
  }

  private func files() -> [JournalFile] {
    JournalFile.all(in: root, isExample: false)
      + examples.flatMap { JournalFile.all(in: $0, isExample: true) }
  }
}

extension JournalError {
  /// Whether a session that cannot be written for this reason can still be read.
  fileprivate var allowsReading: Bool {
    switch self {
    case .locked, .readOnly: true
    default: false
    }
  }
}

extension Library {
  /// `20261121-142530-tom-has-17`: sorts by time and says what it is about.
  package static func id(problem: Problem, wall: Double) -> String {
    var seconds = time_t(max(0, min(wall.isFinite ? wall : 0, 253_402_300_799)))
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let numbers = [
      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
      parts.tm_sec,
    ].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return numbers[..<3].joined() + "-" + numbers[3...].joined() + "-" + slug(problem.text)
  }

  /// The first words of a text, as a file name.
  static func slug(_ text: String) -> String {
    let words = text.prefix(200).lowercased()
      .split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
      .filter { !["a", "an", "the", "of", "in", "is", "what"].contains($0) }
    var slug = ""
    for word in words.prefix(3) where slug.count + word.count < 24 {
      slug += slug.isEmpty ? word : "-\(word)"
    }
    return slug.isEmpty ? "session" : slug
  }

  package static func randomSuffix() -> String {
    String((0..<3).compactMap { _ in "23456789abcdefghjkmnpqrstuvwxyz".randomElement() })
  }
}
