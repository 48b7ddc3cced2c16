import Foundation
import Workbench

/// Standard output and error for whoever reads them, and for nobody.
///
/// A reader may leave in the middle (`| head`): what comes after is dropped, and the work that
/// it told of goes on to its end.
enum StandardStream {
  case output, error

  func write(_ bytes: [UInt8]) {
    let descriptor = self == .output ? STDOUT_FILENO : STDERR_FILENO
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        Foundation.write(descriptor, all.baseAddress.map { $0 + done }, all.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      done += count
    }
  }

  func write(_ data: Data) { write(Array(data)) }
  func write(_ text: String) { write(Array(text.utf8)) }
}

/// A line on standard error, which may quote what others wrote.
func warn(_ text: String) {
  StandardStream.error.write("erratum: \(Gate().plain(text))\n")
}

extension [UInt8] {
  /// The same JSON with DEL and the C1 control characters escaped: a terminal would act on them.
  ///
  /// In valid JSON they stand in strings only, where they mean the same escaped.
  var withoutControls: [UInt8] {
    guard contains(where: { $0 == 0x7F || $0 == 0xC2 }) else { return self }
    var out: [UInt8] = []
    out.reserveCapacity(count + 16)
    var index = 0
    while index < count {
      let byte = self[index]
      let next = index + 1 < count ? self[index + 1] : 0
      if byte == 0x7F {
        out += #"\u007f"#.utf8
      } else if byte == 0xC2, (0x80..<0xA0).contains(next) {
        out += "\\u00\(String(next, radix: 16))".utf8
        index += 1
      } else {
        out.append(byte)
      }
      index += 1
    }
    return out
  }
}
