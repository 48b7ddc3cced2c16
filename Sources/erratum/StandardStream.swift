import Foundation

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
