import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Puts chains into a library: a session a problem, an attempt a chain.
///
/// A session is made whole in a folder of its own and then renamed, so that a program that is
/// ended in the middle leaves whole sessions only. One that is there already gets what it lacks.
package struct ChainImporter {
  package struct Counts: Equatable, Sendable, Codable {
    package var newSessions = 0
    package var newChains = 0
    package var alreadyThere = 0
    /// Chains that were there, and now have ratings they lacked.
    package var newRatings = 0
    /// Chains that are there with other ratings under the same name, which stay.
    package var otherRatings = 0
    package var ratedSteps = 0
    package init() {}
  }

  package struct Settings: Sendable {
    package var library: URL
    package var program: String
    /// Seconds since 1970.
    package var wall: Double
    /// The set that the problems are said to belong to.
    package var set: String?
    /// Whose ratings they are, instead of the data's name.
    package var annotator: String?
    package var isDryRun: Bool
    package init(
      library: URL, program: String, wall: Double, set: String? = nil, annotator: String? = nil,
      isDryRun: Bool = false
    ) {
      self.library = library
      self.program = program
      self.wall = wall
      self.set = set
      self.annotator = annotator
      self.isDryRun = isDryRun
    }
  }

  package let settings: Settings
  package private(set) var counts = Counts()
  private let encoder = JournalEncoder()
  private let files = FileManager.default
  /// Chains of one problem that came one after the other and are not written yet.
  private var waiting: [Waiting] = []
  private var waitingBytes = 0
  private struct Waiting {
    var id: AttemptID
    var chain: AnnotatedChain
  }
  private var isPrepared = false
  /// What this run made in a dry run, where no folder tells.
  private var wouldBe: [String: Set<AttemptID>] = [:]
  private let temporary: String

  package init(_ settings: Settings) {
    self.settings = settings
    temporary = settings.library.path + "/.importing-\(getpid())"
  }

  /// Takes a chain in; it is on disk after ``finish()`` at the latest.
  package mutating func take(_ chain: AnnotatedChain) throws {
    if let first = waiting.first?.chain, first.problem.text != chain.problem.text { try flush() }
    var chain = chain
    chain.problem.source = settings.set ?? chain.origin.file.map(Self.stem)
    waiting.append(Waiting(id: SessionChains.attemptID(of: chain), chain: chain))
    waitingBytes += chain.steps.reduce(chain.problem.text.utf8.count) { $0 + $1.text.utf8.count }
    if waiting.count >= 256 || waitingBytes > 8 << 20 { try flush() }
  }

  /// Writes what waits, and takes away what was begun.
  package mutating func finish() throws {
    defer { rmdir(temporary) }
    try flush()
  }

  private static func stem(_ file: String) -> String {
    let end = file.lastIndex(of: ".") ?? file.endIndex
    return end == file.startIndex ? file : String(file[..<end])
  }

  private func annotator(of chain: AnnotatedChain) -> String? {
    guard chain.isRated else { return nil }
    // A record may name whom it likes; what cannot be a file's name is not taken for one.
    return settings.annotator ?? chain.annotator.flatMap { AnnotationFile.isUsable($0) ? $0 : nil }
      ?? chain.origin.format
  }

  private mutating func flush() throws {
    guard let first = waiting.first?.chain else { return }
    defer {
      waiting.removeAll(keepingCapacity: true)
      waitingBytes = 0
    }
    let id = SessionChains.sessionID(of: first.problem)
    let folder = SessionFolder(
      id: id, url: settings.library.appending(path: id, directoryHint: .isDirectory))
    var status = stat()
    if stat(folder.url.path, &status) == 0 {
      try extend(folder)
    } else if settings.isDryRun {
      pretend(id)
    } else {
      try begin(folder, first.problem)
    }
  }

  private mutating func pretend(_ id: String) {
    if wouldBe[id] == nil { counts.newSessions += 1 }
    for entry in waiting {
      if wouldBe[id, default: []].insert(entry.id).inserted {
        counts.newChains += 1
        counts.ratedSteps += entry.chain.steps.count { $0.rating?.verdict != nil }
      } else {
        counts.alreadyThere += 1
      }
    }
    // A dry run over a file of any size: what is forgotten is counted as new again.
    if wouldBe.count > 500_000 { wouldBe.removeAll() }
  }

  // MARK: A new session

  private mutating func begin(_ folder: SessionFolder, _ problem: Problem) throws {
    let header = Header(
      program: settings.program, session: folder.id, created: settings.wall, problem: problem)
    var journal = encoder.line(header)
    encoder.append(
      Record(n: 0, t: 0, event: .opened(Opened(wall: settings.wall, program: settings.program))),
      to: &journal)
    var place = (n: 1, serial: 0)
    var seen: Set<AttemptID> = []
    var labels: [String: LabelLines] = [:]
    var twins: [Waiting] = []
    for entry in waiting {
      guard seen.insert(entry.id).inserted else {
        counts.alreadyThere += 1
        twins.append(entry)
        continue
      }
      append(entry, at: &place, 0, to: &journal)
      add(entry, to: &labels, folder)
    }
    try prepare()
    let path = "\(temporary)/\(folder.id)"
    try make(path)
    try write(journal, to: path + "/journal.jsonl")
    if !labels.isEmpty {
      try make(path + "/annotations")
      for (name, lines) in labels.sorted(by: { $0.key < $1.key }) {
        try write(lines.bytes, to: "\(path)/annotations/\(name).jsonl")
      }
    }
    guard rename(path, folder.url.path) == 0 else {
      let code = errno
      try? files.removeItem(atPath: path)
      throw FormatError.notWritable(
        path: settings.library.path, reason: StorageError(code).reason)
    }
    counts.newSessions += 1
    var known: [String: SessionChains.Labels] = [:]
    for entry in twins { try addLabels(of: entry, to: folder, &known) }
  }

  private mutating func append(
    _ entry: Waiting, at place: inout (n: Int, serial: Int), _ t: Double,
    to journal: inout [UInt8]
  ) {
    let events = SessionChains.events(
      of: entry.chain, named: entry.id, firstSerial: place.serial)
    for event in events {
      encoder.append(Record(n: place.n, t: t, event: event), to: &journal)
      place.n += 1
    }
    place.serial += entry.chain.steps.count
    counts.newChains += 1
  }

  private struct LabelLines {
    var next = 0
    var bytes: [UInt8] = []
  }

  /// Adds a chain's ratings to the lines of its annotator's file, which begin with its header.
  private mutating func add(
    _ entry: Waiting, to all: inout [String: LabelLines], _ folder: SessionFolder
  ) {
    guard let name = annotator(of: entry.chain) else { return }
    var lines =
      all[name]
      ?? {
        let header = AnnotationHeader(
          program: settings.program, session: folder.id, annotator: name, created: settings.wall)
        return LabelLines(bytes: encoder.line(header))
      }()
    let events = SessionChains.labels(
      of: entry.chain, named: entry.id, annotator: name, wall: settings.wall)
    for event in events {
      encoder.append(Record(n: lines.next, t: settings.wall, event: event), to: &lines.bytes)
      lines.next += 1
      if case .marked = event { counts.ratedSteps += 1 }
    }
    all[name] = lines
  }

  // MARK: A session that is there

  private mutating func extend(_ folder: SessionFolder) throws {
    let journal = (try? Data(contentsOf: folder.journal, options: .mappedIfSafe)) ?? Data()
    var missing: [Waiting] = []
    var seen: Set<AttemptID> = []
    for entry in waiting {
      let isKnown = journal.contains(text: "\"attempt\":\"\(entry.id)\"")
      if !seen.insert(entry.id).inserted || isKnown {
        counts.alreadyThere += 1
      } else {
        missing.append(entry)
      }
    }
    if !missing.isEmpty {
      if settings.isDryRun {
        counts.newChains += missing.count
      } else {
        try append(missing, to: folder)
      }
    }
    var known: [String: SessionChains.Labels] = [:]
    for entry in waiting { try addLabels(of: entry, to: folder, &known) }
  }

  private mutating func append(_ chains: [Waiting], to folder: SessionFolder) throws {
    let session = try JournalReader(folder.url).session().session
    var file = try AppendFile.open(
      path: folder.journal.path, program: settings.program, files: .real)
    var lines: [UInt8] = []
    var place = (n: session.eventCount, serial: session.nextSerial)
    encoder.append(
      Record(
        n: place.n, t: session.time,
        event: .opened(Opened(wall: settings.wall, program: settings.program))), to: &lines)
    place.n += 1
    for chain in chains { append(chain, at: &place, session.time, to: &lines) }
    file.enqueue(lines, count: place.n - session.eventCount)
    let status = file.flush(sync: false)
    file.close()
    if case .notSaved(let reason, _) = status {
      throw FormatError.notWritable(path: folder.journal.path, reason: reason)
    }
  }

  /// Adds ratings that are not there; those that are stay, whatever they say.
  ///
  /// - Parameter known: what the files say, once it had to be read.
  private mutating func addLabels(
    of entry: Waiting, to folder: SessionFolder, _ known: inout [String: SessionChains.Labels]
  ) throws {
    guard let name = annotator(of: entry.chain) else { return }
    let id = entry.id
    let path = folder.annotations.path + "/\(name).jsonl"
    let data = (try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)) ?? Data()
    if data.contains(text: "\"attempt\":\"\(id)\"") {
      let file =
        known[name]
        ?? SessionChains.Labels(
          (try? LabelBook.read(atPath: path)) ?? LabelBook(annotator: name))
      known[name] = file
      let events = SessionChains.labels(
        of: entry.chain, named: id, annotator: name, wall: settings.wall)
      if !file.say(events, of: id) { counts.otherRatings += 1 }
      return
    }
    counts.newRatings += 1
    known[name] = nil
    guard !settings.isDryRun else { return }
    var all: [String: LabelLines] = [:]
    if data.isEmpty {
      add(entry, to: &all, folder)
      try? files.createDirectory(
        at: folder.annotations, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try write(all[name]?.bytes ?? [], to: path)
      return
    }
    var file = try AppendFile.open(path: path, program: settings.program, files: .real)
    let header = data.firstIndex(of: 0x0A).map { $0 - data.startIndex + 1 } ?? 0
    all[name] = LabelLines(next: try file.lastPlace(after: header).map { $0.n + 1 } ?? 0)
    add(entry, to: &all, folder)
    file.enqueue(all[name]?.bytes ?? [])
    let status = file.flush(sync: false)
    file.close()
    if case .notSaved(let reason, _) = status {
      throw FormatError.notWritable(path: path, reason: reason)
    }
  }

  // MARK: Files

  private mutating func prepare() throws {
    guard !isPrepared else { return }
    let code = FileSystem.real.makeFolder(temporary)
    guard code == 0 else {
      throw FormatError.notWritable(
        path: settings.library.path, reason: StorageError(code).reason)
    }
    isPrepared = true
  }

  private func make(_ path: String) throws {
    guard mkdir(path, 0o700) != 0 else { return }
    if errno == EEXIST {
      // Left by a program of this number that was killed.
      try? files.removeItem(atPath: path)
      if mkdir(path, 0o700) == 0 { return }
    }
    throw FormatError.notWritable(path: settings.library.path, reason: StorageError.last.reason)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    do {
      let file = try FileHandleBox.open(path, O_WRONLY | O_CREAT | O_EXCL)
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes {
          pwrite(file.descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(done))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw count == 0 ? StorageError(ENOSPC) : StorageError.last }
        done += count
      }
    } catch {
      let reason = (error as? StorageError)?.reason ?? "\(error)"
      throw FormatError.notWritable(path: path, reason: reason)
    }
  }
}

extension Data {
  fileprivate func contains(text: String) -> Bool {
    range(of: Data(text.utf8)) != nil
  }
}
