import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a session could not be renamed, thrown away or brought back.
package enum LibraryError: Error, Equatable {
  case isExample(id: String, toDo: String)
  /// A path that leads to some other place.
  case outside(path: String, library: String)
  case inUse(id: String, holder: String?)
  case badID(String)
  case taken(id: String)
  case notInTrash(id: String, nearest: String?)
  case notMoved(id: String, reason: String)

  /// What happened, and what to do next.
  package var sentence: String {
    switch self {
    case .isExample(let id, let toDo):
      "\(id) is an example that ships with the program and cannot be \(toDo); "
        + "name a session of your own."
    case .outside(let path, let library):
      "\(path) is not in the library \(library); move or remove that folder yourself."
    case .inUse(let id, let holder):
      "\(id) is being written by \(holder ?? "another program"); close that and try again."
    case .badID(let name):
      "\u{201C}\(name)\u{201D} cannot be a session's name; use letters, digits, dots, dashes and "
        + "underscores, at most \(Library.longestID) bytes, not beginning with a dot or a dash."
    case .taken(let id): "There is a session \(id) already; choose another name."
    case .notInTrash(let id, let nearest):
      "There is no \(id) in the trash; "
        + (nearest.map { "did you mean \($0)?" } ?? "`erratum sessions trash` lists what is.")
    case .notMoved(let id, let reason):
      "\(id) could not be moved (\(reason)); check the library's permissions."
    }
  }
}

/// Names, the trash, and what is left of imports that were killed.
extension Library {
  package static let longestID = 200

  /// Where sessions go that were deleted; lists and searches step over it.
  package var trash: URL { root.appending(path: ".trash", directoryHint: .isDirectory) }

  /// Whether a name can be a session's: one folder's name everywhere, and no option or hidden file.
  package static func isUsableID(_ name: String) -> Bool {
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "-_.".unicodeScalars.contains($0)
    }
    // Files of the library's own have these names.
    return isPlain && !name.isEmpty && name.utf8.count <= longestID && !name.hasPrefix(".")
      && !name.hasPrefix("-") && !name.hasPrefix("index.sqlite") && !name.hasSuffix(".jsonl")
  }

  /// Gives a session's folder another name; the files in it stay as they are.
  package func rename(_ folder: SessionFolder, to id: String) throws(LibraryError) -> SessionFolder
  {
    try check(folder, toDo: "renamed")
    guard Self.isUsableID(id) else { throw .badID(id) }
    guard id != folder.id else { throw .taken(id: id) }
    let target = SessionFolder(
      id: id, url: root.appending(path: id, directoryHint: .isDirectory))
    // Where capitals count for nothing a name may be taken by this very folder.
    if let there = Self.identity(target.url.path), there != Self.identity(folder.url.path) {
      throw .taken(id: id)
    }
    if examples.contains(where: { Self.identity($0.path + "/" + id) != nil }) {
      throw .taken(id: id)
    }
    try move(folder, to: target.url)
    return target
  }

  /// Moves a session to the trash and answers the name that ``restore(_:)`` takes.
  package func delete(_ folder: SessionFolder) throws(LibraryError) -> String {
    try check(folder, toDo: "deleted")
    let code = FileSystem.real.makeFolder(trash.path)
    guard code == 0 else { throw .notMoved(id: folder.id, reason: StorageError(code).reason) }
    var name = folder.id
    var number = 1
    while Self.identity(trash.path + "/" + name) != nil {
      number += 1
      name = "\(folder.id)~\(number)"
    }
    try move(folder, to: trash.appending(path: name, directoryHint: .isDirectory))
    return name
  }

  /// What is in the trash, by name, with the titles of the problems.
  package func trashed() -> [SessionSummary] {
    SessionFiles.all(in: trash, isExample: false).map { SessionSurvey($0).summary }
      .sorted { $0.id < $1.id }
  }

  /// Brings a session back under the name it had, or the next free one.
  package func restore(_ name: String) throws(LibraryError) -> SessionFolder {
    let names = SessionFiles.all(in: trash, isExample: false).map(\.folder.id)
    guard names.contains(name) else {
      throw .notInTrash(id: name, nearest: names.filter { $0.hasPrefix(name) }.min())
    }
    let old = SessionFolder(
      id: name, url: trash.appending(path: name, directoryHint: .isDirectory))
    let base = Self.withoutNumber(name)
    var id = base
    var number = 1
    while Self.identity(root.path + "/" + id) != nil {
      number += 1
      id = "\(base)-\(number)"
    }
    let target = SessionFolder(
      id: id, url: root.appending(path: id, directoryHint: .isDirectory))
    try move(old, to: target.url)
    return target
  }

  /// Without the `~2` that tells sessions of one name in the trash apart.
  private static func withoutNumber(_ name: String) -> String {
    guard let tilde = name.lastIndex(of: "~"), tilde > name.startIndex,
      Int(name[name.index(after: tilde)...]) != nil
    else { return name }
    return String(name[..<tilde])
  }

  /// Deletes what is in the trash for good; answers how many sessions that were.
  package func emptyTrash() throws(LibraryError) -> Int {
    let count = SessionFiles.all(in: trash, isExample: false).count
    guard Self.identity(trash.path) != nil else { return 0 }
    do {
      try FileManager.default.removeItem(at: trash)
    } catch {
      throw .notMoved(id: ".trash", reason: error.localizedDescription)
    }
    return count
  }

  private func check(_ folder: SessionFolder, toDo: String) throws(LibraryError) {
    guard !folder.isExample else { throw .isExample(id: folder.id, toDo: toDo) }
    let parent = folder.url.deletingLastPathComponent().path
    guard let place = Self.identity(parent), place == Self.identity(root.path) else {
      throw .outside(path: folder.url.path, library: root.path)
    }
  }

  /// Which file a path leads to; `nil` when there is none.
  private static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    // A link that leads nowhere takes a name too.
    guard stat(path, &status) == 0 || lstat(path, &status) == 0 else { return nil }
    return FileIdentity(device: Int(status.st_dev), file: UInt64(status.st_ino))
  }

  private struct FileIdentity: Equatable {
    var device: Int
    var file: UInt64
  }

  /// Holds the locks of all its files meanwhile, so that nobody's next line is lost.
  private func move(_ folder: SessionFolder, to target: URL) throws(LibraryError) {
    let labels =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path)) ?? []
    let files =
      [folder.journal.path]
      + labels.filter { $0.hasSuffix(".jsonl") }.map { folder.annotations.path + "/" + $0 }
    var locks: [FileLock] = []
    for file in files {
      do throws(FileLock.Failure) {
        locks.append(
          try FileLock(
            path: AppendFile.lockPath(file), holder: FileLock.holder(program: "sessions")))
      } catch {
        switch error {
        case .held(let holder): throw .inUse(id: folder.id, holder: holder)
        case .failed(let error): throw .notMoved(id: folder.id, reason: error.reason)
        }
      }
    }
    guard Foundation.rename(folder.url.path, target.path) == 0 else {
      throw .notMoved(id: folder.id, reason: StorageError.last.reason)
    }
    withExtendedLifetime(locks) {}
  }
}
