import Foundation
import Workbench

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A terminal without a window: what the program writes is collected, what is typed is sent.
///
/// `lock` guards `collected`; the descriptors never change.
final class Pty: @unchecked Sendable {
  let master: Int32
  /// The end a program takes for its terminal.
  let terminal: Int32
  private let lock = NSLock()
  private var collected: [UInt8] = []

  init(_ size: Size) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    guard master >= 0, let name = Self.unlock(master) else { throw POSIXError(.ENODEV) }
    terminal = open(name, O_RDWR | O_NOCTTY)
    guard terminal >= 0 else { throw POSIXError(.ENOTTY) }
    resize(size)
    Thread { [self] in drain() }.start()
  }

  /// Makes the other end usable, and answers its path.
  private static func unlock(_ master: Int32) -> String? {
    #if os(Linux)
      // TIOCSPTLCK and TIOCGPTN: macros the importer cannot read, and posix_openpt is not there.
      var (locked, number) = (Int32(0), Int32(0))
      guard ioctl(master, 0x4004_5431, &locked) == 0, ioctl(master, 0x8004_5430, &number) == 0
      else { return nil }
      return "/dev/pts/\(number)"
    #else
      guard grantpt(master) == 0, unlockpt(master) == 0 else { return nil }
      return ptsname(master).map { String(cString: $0) }
    #endif
  }

  private func drain() {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(master, &buffer, buffer.count)
      if count <= 0 { return }
      lock.withLock { collected += buffer[..<count] }
    }
  }

  func resize(_ size: Size) {
    var window = winsize()
    window.ws_col = UInt16(size.columns)
    window.ws_row = UInt16(size.rows)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &window)
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(master, bytes, bytes.count)
  }

  /// What was written since the last call, once a marker sent after it has come through.
  func take() -> String {
    let marker = "<end of output>"
    _ = write(terminal, marker, marker.utf8.count)
    while true {
      let text = lock.withLock { String(decoding: collected, as: UTF8.self) }
      if text.hasSuffix(marker) {
        lock.withLock { collected = [] }
        return String(text.dropLast(marker.count))
      }
      usleep(500)
    }
  }

  var modes: [UInt32] {
    var settings = termios()
    tcgetattr(terminal, &settings)
    return [
      UInt32(settings.c_iflag), UInt32(settings.c_oflag), UInt32(settings.c_cflag),
      UInt32(settings.c_lflag),
    ]
  }
}
