import Foundation

#if canImport(Darwin)
  import Darwin
  private let streamSocket = SOCK_STREAM
#elseif canImport(Musl)
  import Musl
  private let streamSocket = SOCK_STREAM
#else
  import Glibc
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
#endif

struct SocketError: Error {
  var call: String
  var code = errno
}

/// Listens on loopback and returns the socket and its port; port 0 takes any that is free.
func listenOnLoopback(_ port: UInt16) throws -> (Int32, UInt16) {
  signal(SIGPIPE, SIG_IGN)
  let listener = socket(AF_INET, streamSocket, 0)
  guard listener >= 0 else { throw SocketError(call: "socket") }
  var yes: Int32 = 1
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let bound = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int32 in
      guard bind(listener, generic, length) == 0 else { return -1 }
      return getsockname(listener, generic, &length)
    }
  }
  guard bound == 0, listen(listener, 128) == 0 else {
    close(listener)
    throw SocketError(call: "bind")
  }
  return (listener, UInt16(bigEndian: address.sin_port))
}

/// One client on the line.
final class Connection {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// The client went away.
  private(set) var isBroken = false

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var yes: Int32 = 1
    // Nagle's delay would make 2,000 tokens a second into bursts.
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count, !isBroken {
      let count = bytes.withUnsafeBytes { raw in
        send(descriptor, raw.baseAddress?.advanced(by: sent), raw.count - sent, 0)
      }
      if count <= 0 { isBroken = true } else { sent += count }
    }
  }

  func write(_ text: String) { write(Array(text.utf8)) }

  /// True when the client has hung up; waits that many milliseconds for it.
  func waitForHangUp(milliseconds: Int) -> Bool {
    if isBroken { return true }
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, Int32(milliseconds)) > 0 else { return false }
    var byte: UInt8 = 0
    isBroken = recv(descriptor, &byte, 1, Int32(MSG_PEEK)) <= 0
    return isBroken
  }

  func readRequest() -> Request? {
    let blank = Array("\r\n\r\n".utf8)
    var end: Int?
    while end == nil {
      end = buffer.indices.first { buffer[$0...].starts(with: blank) }
      if end == nil, !fill() { return nil }
    }
    guard let end else { return nil }
    let head = String(decoding: buffer[..<end], as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count >= 2 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    let start = end + blank.count
    while buffer.count < start + length { if !fill() { return nil } }
    return Request(
      method: words[0], path: words[1], headers: headers,
      body: Array(buffer[start..<start + length]))
  }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }
}

/// A request as it came in.
package struct Request: Sendable {
  package var method: String
  package var path: String
  package var headers: [String: String]
  package var body: [UInt8]

  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
  }
}
