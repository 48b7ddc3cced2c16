#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file's bytes, mapped for reading; unmapped when nothing holds them any more.
///
/// Weights are read where they lie in the page cache: no copy, and two programs share one. The
/// price is that a file *cut short in place* while it is mapped ends the program with SIGBUS at
/// the next read of what is gone. Only a copy could prevent that. Replacing a file the usual way,
/// by writing another and renaming it, does no harm: the mapping keeps the old one. For the rest,
/// ``checkUnchanged()`` compares the open file with what it was, before every use.
///
/// `@unchecked Sendable` without a lock: nothing changes after `init`, and the bytes are read only.
final class FileBytes: @unchecked Sendable {
  let buffer: UnsafeRawBufferPointer
  private let origin: Origin

  private enum Origin {
    case mapped(descriptor: Int32, Stamp)
    case memory(UnsafeMutableRawBufferPointer)
  }

  /// What would differ if somebody wrote to the file.
  private struct Stamp: Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int

    init(_ status: stat) {
      size = Int(status.st_size)
      #if canImport(Darwin)
        seconds = Int(status.st_mtimespec.tv_sec)
        nanoseconds = Int(status.st_mtimespec.tv_nsec)
      #else
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
      #endif
    }
  }

  init(mapping path: String) throws(GGUFError) {
    // O_NONBLOCK: a pipe in place of a file must not hang the program.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(reason: Self.lastReason) }
    do throws(GGUFError) {
      let status = try Self.status(of: descriptor)
      buffer = try Self.map(descriptor, status)
      origin = .mapped(descriptor: descriptor, Stamp(status))
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// A copy in memory, aligned as a mapping would be: for tests and the fuzzer.
  init(copying bytes: some Collection<UInt8>) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
    copy.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(copy)
    origin = .memory(copy)
  }

  deinit {
    switch origin {
    case .mapped(let descriptor, _):
      munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
      close(descriptor)
    case .memory(let copy):
      copy.deallocate()
    }
  }

  /// Throws if the file was written to or cut since it was opened.
  func checkUnchanged() throws(GGUFError) {
    guard case .mapped(let descriptor, let stamp) = origin else { return }
    guard Stamp(try Self.status(of: descriptor)) == stamp else { throw .changed }
  }

  /// Brings `range` into the page cache; throws if the file does not reach that far any more.
  ///
  /// By reading it, not by touching the mapping: where the file was cut that is an error, not the
  /// end of the program.
  func fetch(_ range: Range<Int>) throws(GGUFError) {
    guard case .mapped(let descriptor, _) = origin else { return }
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { scratch.deallocate() }
    var place = range.lowerBound
    while place < range.upperBound {
      let wanted = min(scratch.count, range.upperBound - place)
      let count = pread(descriptor, scratch.baseAddress, wanted, off_t(place))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(reason: Self.lastReason) }
      guard count > 0 else { throw .changed }
      place += count
    }
  }

  private static func map(
    _ descriptor: Int32, _ status: stat
  ) throws(GGUFError) -> UnsafeRawBufferPointer {
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .directory
    default: throw .notAFile
    }
    guard status.st_size > 0 else { throw .empty }
    let size = Int(status.st_size)
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw .unreadable(reason: lastReason) }
    return UnsafeRawBufferPointer(start: start, count: size)
  }

  private static func status(of descriptor: Int32) throws(GGUFError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(reason: lastReason) }
    return status
  }

  private static var lastReason: String { String(cString: strerror(errno)) }
}
