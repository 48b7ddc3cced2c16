import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A session's files as the file system shows them, before any is opened.
struct SessionFiles {
  var folder: SessionFolder
  /// The folder's, kept as text: asking a URL for it ten thousand times takes a while.
  var path: String
  /// Bytes of the journal.
  var size: Int
  /// Nanoseconds since 1970.
  var modified: Int
  /// Changes with the names, sizes and times of the annotators' files; 0 where there are none.
  var annotations: Int

  /// The session folders in `folder`; none when it is missing or cannot be read.
  static func all(in folder: URL, isExample: Bool) -> [SessionFiles] {
    let root = folder.path
    return names(in: root).compactMap { SessionFiles($0, in: root, isExample: isExample) }
  }

  /// `nil` for what is no session's folder.
  init?(_ name: String, in root: String, isExample: Bool) {
    guard !name.hasPrefix("."), !name.isEmpty else { return nil }
    path = "\(root)/\(name)"
    var status = stat()
    guard stat("\(path)/journal.jsonl", &status) == 0 else { return nil }
    folder = SessionFolder(
      id: name, url: URL(filePath: path, directoryHint: .isDirectory), isExample: isExample)
    size = Int(status.st_size)
    modified = status.modified
    annotations = Self.stamp(of: "\(path)/annotations")
  }

  /// Appending to a file leaves its folder's time as it is, so that each is looked at.
  private static func stamp(of folder: String) -> Int {
    var sum: UInt64 = 0
    for name in names(in: folder) where name.hasSuffix(".jsonl") {
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0 else { continue }
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      for number in [Int(status.st_size), status.modified] {
        hash = (hash ^ UInt64(bitPattern: Int64(number))) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
      }
      // Folders are read in any order.
      sum &+= hash | 1
    }
    return Int(Int64(bitPattern: sum))
  }

  /// As Foundation's, at a tenth of the cost for a folder that is not there.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  /// Whether some program has the journal open for writing.
  ///
  /// Asked for by trying the lock for a moment, which is why only few are asked.
  static func isWritten(_ path: String) -> Bool {
    let lock = AppendFile.lockPath(path + "/journal.jsonl")
    guard let file = try? FileHandleBox.open(lock) else { return false }
    return flock(file.descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}

extension stat {
  /// Nanoseconds since 1970.
  var modified: Int {
    #if canImport(Darwin)
      let time = st_mtimespec
    #else
      let time = st_mtim
    #endif
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
