import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The three calls that fail when a disk is full, so that tests can fill one.
package struct FileSystem: Sendable {
  /// Writes at an offset; the count written, or -1 and `errno`.
  package var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int
  package var sync: @Sendable (Int32) -> Int32
  /// Makes a folder and those above it.
  package var makeFolder: @Sendable (String) -> Int32

  package init(
    write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int,
    sync: @escaping @Sendable (Int32) -> Int32, makeFolder: @escaping @Sendable (String) -> Int32
  ) {
    self.write = write
    self.sync = sync
    self.makeFolder = makeFolder
  }

  package static let real = FileSystem(
    write: { pwrite($0, $1.baseAddress, $1.count, off_t($2)) },
    sync: { fsync($0) },
    makeFolder: { path in
      var made = ""
      for part in path.split(separator: "/", omittingEmptySubsequences: true) {
        made += made.isEmpty && !path.hasPrefix("/") ? String(part) : "/\(part)"
        if mkdir(made, 0o700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS {
          return errno
        }
      }
      return 0
    })
}

/// A file of lines that only grows, locked, with a queue for when it cannot.
struct AppendFile {
  let path: String
  private(set) var droppedBytes = 0
  private let program: String
  private let files: FileSystem
  private var open: (file: FileHandleBox, lock: FileLock)?
  /// Whether the file is ours to make: set until it exists.
  private var isNew: Bool
  /// Bytes of the file known to be whole lines; the next write begins here, over any half line.
  private var size = 0
  private var pending: [UInt8] = []
  private var pendingLines = 0

  private init(path: String, program: String, files: FileSystem, isNew: Bool) {
    self.path = path
    self.program = program
    self.files = files
    self.isNew = isNew
  }

  /// Begins a file with `first`, its header line.
  ///
  /// Throws only when there is one already; a place that cannot be written now may be later.
  static func create(
    path: String, first: [UInt8], program: String, files: FileSystem
  ) throws(JournalError) -> AppendFile {
    var out = AppendFile(path: path, program: program, files: files, isNew: true)
    out.enqueue(first)
    if let error = out.make() {
      guard error.code != EEXIST else { throw .alreadyExists(path: path) }
    }
    return out
  }

  /// Opens for going on, and cuts off what follows the last line feed.
  static func open(
    path: String, program: String, files: FileSystem
  ) throws(JournalError) -> AppendFile {
    var out = AppendFile(path: path, program: program, files: files, isNew: false)
    do {
      let file = try FileHandleBox.open(path, O_RDWR)
      let lock = try FileLock(
        path: lockPath(path), holder: FileLock.holder(program: program))
      out.open = (file, lock)
      try out.cutTornTail(file)
    } catch FileLock.Failure.held(let holder) {
      throw .locked(path: path, holder: holder)
    } catch FileLock.Failure.failed(let error) {
      throw .readOnly(path: path, reason: error.reason)
    } catch {
      throw .readOnly(path: path, reason: (error as? StorageError)?.reason ?? "\(error)")
    }
    return out
  }

  static func lockPath(_ path: String) -> String { path + ".lock" }

  private mutating func make() -> StorageError? {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let code = files.makeFolder(folder)
    guard code == 0 else { return StorageError(code) }
    do {
      let lock = try FileLock(
        path: Self.lockPath(path), holder: FileLock.holder(program: program))
      let file = try FileHandleBox.open(path, O_RDWR | O_CREAT | O_EXCL)
      open = (file, lock)
      isNew = false
      return nil
    } catch FileLock.Failure.failed(let error) {
      return error
    } catch let error as StorageError {
      return error
    } catch {
      return StorageError(EEXIST)
    }
  }

  private mutating func cutTornTail(_ file: FileHandleBox) throws(StorageError) {
    let total = file.size
    size = total
    while size > 0 {
      let start = max(0, size - (1 << 16))
      let piece = try file.bytes(at: start, count: size - start)
      if let feed = piece.lastIndex(of: 0x0A) {
        size = start + feed + 1
        break
      }
      size = start
    }
    droppedBytes = total - size
    if droppedBytes > 0 && ftruncate(file.descriptor, off_t(size)) != 0 { throw StorageError.last }
  }

  /// The place of the last line that has one; `nil` when no event has been written.
  func lastPlace(after first: Int) throws(JournalError) -> (n: Int, t: Double)? {
    guard let file = open?.file else { return nil }
    let decoder = JournalDecoder()
    var start = size
    var tail: [UInt8] = []
    do {
      while start > first {
        let next = max(first, start - max(1 << 16, tail.count))
        tail = try file.bytes(at: next, count: start - next) + tail
        start = next
        var end = tail.count - 1
        while end > 0 {
          let feed = tail[..<end].lastIndex(of: 0x0A)
          guard let begin = feed.map({ $0 + 1 }) ?? (start == first ? 0 : nil) else { break }
          if let record = decoder.line(Array(tail[begin..<end])).record {
            return (record.n, record.t)
          }
          guard let feed else { break }
          end = feed
        }
      }
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    return nil
  }

  mutating func enqueue(_ lines: [UInt8], count: Int = 1) {
    pending += lines
    pendingLines += count
  }

  /// Writes what is queued, all or nothing as far as later readers can tell.
  mutating func flush(sync: Bool) -> SaveStatus {
    if open == nil && pending.isEmpty { return .saved }
    if open == nil, isNew, let error = make() { return waiting(error) }
    guard let file = open?.file else { return waiting(StorageError(EBADF)) }
    var done = 0
    while done < pending.count {
      let count = pending.withUnsafeBytes { all in
        files.write(
          file.descriptor, UnsafeRawBufferPointer(rebasing: all[done...]), size + done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let error = count == 0 ? StorageError(ENOSPC) : StorageError.last
        // No half line for a reader to find; if even this fails, the next write covers it.
        _ = ftruncate(file.descriptor, off_t(size))
        return waiting(error)
      }
      done += count
    }
    size += done
    pending.removeAll(keepingCapacity: pending.count < 1 << 20)
    pendingLines = 0
    if sync && files.sync(file.descriptor) != 0 && errno != EINVAL && errno != ENOTSUP {
      return waiting(StorageError.last)
    }
    return .saved
  }

  private func waiting(_ error: StorageError) -> SaveStatus {
    .notSaved(reason: error.reason, lines: pendingLines)
  }

  mutating func close() { open = nil }
}
