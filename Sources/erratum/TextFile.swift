import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Small files a person wrote: config, themes, problem sets, keys.
enum TextFile {
  /// The text of a file; `nil` when there is none, ``FileError`` when it cannot be read.
  static func read(_ path: String, atMost limit: Int) throws -> String? {
    guard let bytes = try bytes(of: path, atMost: limit) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw refusal(path, "the file is not UTF-8; save it as UTF-8 and try again.", line: bytes)
    }
    return text
  }

  /// The bytes of a file; `nil` when there is none.
  ///
  /// Never waits on a pipe or a device.
  static func bytes(
    of path: String, atMost limit: Int, accepting accepts: (stat) -> String? = { _ in nil }
  ) throws -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw refusal(path, "it cannot be opened: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw refusal(path, "this is not a file; name a file.")
    }
    if let reason = accepts(information) { throw refusal(path, reason) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw refusal(path, "it cannot be read: \(String(cString: strerror(errno))).")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      if bytes.count > limit {
        throw refusal(path, "it is over \(limit / 1024) KB; check that it is the right file.")
      }
    }
  }

  private static func refusal(
    _ path: String, _ message: String, line bytes: [UInt8]? = nil
  ) -> FileError {
    FileError(
      file: path.visible, problems: [FileProblem(line: bytes.flatMap(brokenLine), message: message)]
    )
  }

  /// The first line that is not UTF-8.
  private static func brokenLine(_ bytes: [UInt8]) -> Int? {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
  }
}
