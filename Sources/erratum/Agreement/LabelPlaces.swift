import Foundation
import Sessions
import Workbench

/// What was named on the command line, as sessions to look into.
struct LabelPlaces {
  struct Place: Equatable {
    var folder: SessionFolder
    /// Of a session that a set led to, only the chains of that set count.
    var set: String?
  }

  private(set) var places: [Place] = []
  private var seen: Set<String> = []

  /// - Parameter names: sessions, folders of sessions, sets; the whole library where none is named.
  init(_ names: [String], in library: Library) throws {
    guard !names.isEmpty else {
      for folder in Self.all(in: library) { add(Place(folder: folder)) }
      if places.isEmpty { throw AgreeError.noSessions(library: library.root.path.visible) }
      return
    }
    for name in names {
      for place in try Self.places(name, in: library) { add(place) }
    }
  }

  private static func places(_ name: String, in library: Library) throws -> [Place] {
    do {
      return try folders(name, in: library).map { Place(folder: $0) }
    } catch {
      guard case JournalError.notFound = error, !name.contains("/") else { throw error }
      return try ofSet(name, in: library).map { Place(folder: $0, set: name) }
    }
  }

  private mutating func add(_ place: Place) {
    let path = place.folder.url.standardizedFileURL.path
    if seen.insert("\(path)\n\(place.set ?? "")").inserted { places.append(place) }
  }

  /// One session, or those in a folder that is none itself.
  private static func folders(_ name: String, in library: Library) throws -> [SessionFolder] {
    guard Resources.isFolder(name),
      !FileManager.default.fileExists(atPath: name + "/journal.jsonl")
    else { return [try library.resolve(name)] }
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: name)) ?? []
    let sessions = inside.sorted().filter {
      !$0.hasPrefix(".") && FileManager.default.fileExists(atPath: "\(name)/\($0)/journal.jsonl")
    }
    guard !sessions.isEmpty else { throw FormatError.noSessions(path: name.visible) }
    return sessions.map { session in
      SessionFolder(
        id: session, url: URL(filePath: "\(name)/\(session)", directoryHint: .isDirectory))
    }
  }

  /// The library's own sessions, by id: the same order wherever it is.
  private static func all(in library: Library) -> [SessionFolder] {
    library.list().filter { !$0.isExample }.map { summary in
      SessionFolder(
        id: summary.id, url: URL(filePath: summary.path, directoryHint: .isDirectory))
    }.sorted { $0.id < $1.id }
  }

  private static func ofSet(_ name: String, in library: Library) throws -> [SessionFolder] {
    var sets: Set<String> = []
    var ids: Set<String> = []
    let found = all(in: library).filter { folder in
      ids.insert(folder.id)
      guard let session = try? JournalReader(folder.url).session().session else { return false }
      let own = session.sets
      sets.formUnion(own)
      return own.contains { Self.isSame($0, name) }
    }
    guard !found.isEmpty else {
      throw AgreeError.noSuchPlace(
        name: name.visible, nearest: nearest(to: name, in: sets.union(ids))?.visible)
    }
    return found
  }

  /// With or without what a file's name ends in.
  static func isSame(_ set: String, _ name: String) -> Bool {
    set == name || ProblemSet.stem(of: set) == ProblemSet.stem(of: name)
  }
}

extension Session {
  /// Sets that its chains were imported with.
  fileprivate var sets: Set<String> {
    Set(attempts.flatMap { sets(of: $0) })
  }

  /// The set the problem is filed under, and the file the chain was imported from.
  func sets(of attempt: Attempt) -> [String] {
    [problem.source, attempt.imported?.file].compactMap(\.self)
  }
}
