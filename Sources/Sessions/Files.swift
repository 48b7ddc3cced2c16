import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A `errno` with its words.
package struct StorageError: Error, Equatable {
  package var code: Int32
  package var reason: String

  package init(_ code: Int32) {
    self.code = code
    reason = String(cString: strerror(code))
  }

  static var last: StorageError { StorageError(errno) }
}

/// An open file; closed when nothing holds it any more.
package final class FileHandleBox: Sendable {
  package let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Opens for reading, or with `flags`; never inherited by programs started from here.
  static func open(
    _ path: String, _ flags: Int32 = O_RDONLY, mode: mode_t = 0o600
  ) throws(StorageError) -> FileHandleBox {
    // O_NONBLOCK: a pipe in place of a file must not hang the program.
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
    #elseif canImport(Musl)
      let descriptor = Musl.open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
    #else
      let descriptor = Darwin.open(path, flags | O_CLOEXEC | O_NONBLOCK, mode)
    #endif
    guard descriptor >= 0 else { throw StorageError.last }
    return FileHandleBox(descriptor: descriptor)
  }

  func status() throws(StorageError) -> stat {
    var out = stat()
    guard fstat(descriptor, &out) == 0 else { throw StorageError.last }
    return out
  }

  var size: Int { (try? status()).map { Int($0.st_size) } ?? 0 }

  /// Reads into `buffer` from an offset, so that several may read at once; 0 at the end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      if errno != EINTR { throw StorageError.last }
    }
  }

  /// Up to `count` bytes from `offset`; fewer at the end of the file.
  func bytes(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      let got = out.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress.map { $0 + have }, count - have, off_t(offset + have))
      }
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw StorageError.last }
      if got == 0 { break }
      have += got
    }
    out.removeLast(count - have)
    return out
  }
}

/// A lock that ends with its holder, however that ends: `flock(2)` on a file beside the locked one.
///
/// The file says who holds it, for the sentence another program shows; it stays behind, unlocked.
struct FileLock {
  private let file: FileHandleBox

  enum Failure: Error, Equatable {
    case held(by: String?)
    case failed(StorageError)
  }

  init(path: String, holder: String) throws(Failure) {
    let file: FileHandleBox
    do throws(StorageError) {
      // A session may come from somebody else: a link in the lock's place must not make us empty
      // the file it leads to.
      file = try FileHandleBox.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
      guard try file.status().st_mode & S_IFMT == S_IFREG else { throw StorageError(EINVAL) }
    } catch { throw .failed(error) }
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      guard code == EWOULDBLOCK else { throw .failed(StorageError(code)) }
      let words = (try? file.bytes(at: 0, count: 200)).map { String(decoding: $0, as: UTF8.self) }
      throw .held(by: words.flatMap { $0.isEmpty ? nil : $0.printable })
    }
    self.file = file
    let words = Array(holder.utf8)
    _ = ftruncate(file.descriptor, 0)
    _ = pwrite(file.descriptor, words, words.count, 0)
  }

  /// Who holds a lock now, without taking it for longer than the look; `nil` when nobody does.
  static func look(atPath path: String) -> Failure? {
    guard let file = try? FileHandleBox.open(path, O_RDONLY | O_NOFOLLOW),
      flock(file.descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK
    else { return nil }
    let words = (try? file.bytes(at: 0, count: 200)).map { String(decoding: $0, as: UTF8.self) }
    return .held(by: words.flatMap { $0.isEmpty ? nil : $0.printable })
  }

  /// `erratum 1.0, process 123`: enough to find the other one.
  static func holder(program: String) -> String {
    "erratum \(program), process \(getpid())"
  }
}

extension String {
  /// Without control characters: what other programs left in a file may reach a terminal.
  var printable: String {
    String(
      unicodeScalars.map { scalar in
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        return isControl ? " " : Character(scalar)
      })
  }
}

/// The whole lines of a file, read in pieces into one buffer that is used again and again.
struct LineReader {
  /// Longer lines are stepped over: no event comes near.
  static let longestLine = 64 << 20

  private let file: FileHandleBox
  private let pieceSize: Int

  init(_ file: FileHandleBox, pieceSize: Int = 1 << 20) {
    self.file = file
    self.pieceSize = pieceSize
  }

  /// One line without its line feed, and where it starts in the file; `nil` bytes if too long.
  typealias Body = (_ line: UnsafeBufferPointer<UInt8>?, _ offset: Int) throws -> Bool

  /// Calls `body` for every whole line from `start` on, until it answers false.
  ///
  /// - Returns: the bytes after the last line feed.
  func lines(from start: Int = 0, _ body: Body) throws -> Int {
    var buffer = [UInt8](repeating: 0, count: pieceSize)
    /// Bytes in the buffer, the file offset of its first, and bytes of a long line gone by.
    var filled = 0
    var offset = start
    var skipped = 0
    while true {
      let got = try buffer.withUnsafeMutableBytes { all in
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: all[filled...]), at: offset + filled)
      }
      if got == 0 { return filled + skipped }
      let end = filled + got
      var used = 0
      let goesOn = try buffer.withUnsafeBufferPointer { all in
        var from = filled
        while let feed = Self.lineFeed(in: all, from: from, to: end) {
          let line = UnsafeBufferPointer(rebasing: all[used..<feed])
          let wanted = try body(skipped > 0 ? nil : line, offset + used - skipped)
          skipped = 0
          used = feed + 1
          from = used
          if !wanted { return false }
        }
        return true
      }
      if !goesOn { return 0 }
      if used == 0 && end >= Self.longestLine {
        skipped += end
        used = end
      }
      filled = end - used
      offset += used
      if used > 0 && filled > 0 {
        buffer.withUnsafeMutableBytes { all in
          guard let base = all.baseAddress else { return }
          memmove(base, base + used, filled)
        }
      }
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
  }

  private static func lineFeed(
    in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> Int? {
    guard start < end, let base = bytes.baseAddress,
      let found = memchr(base + start, 0x0A, end - start)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }
}
