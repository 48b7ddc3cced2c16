/// One request as the driver sends it.
struct HTTPRequest: Sendable {
  var url: String
  /// `nil` makes it a GET.
  var body: [UInt8]?
  /// Whole lines, `Name: value`; secrets live here and nowhere else.
  var headers: [String] = []
  var timeouts = Timeouts()
  /// A file of certificates to trust instead of the system's.
  var certificates: String?
  /// True for this machine's own servers: no proxy is asked for those.
  var isLoopback = false
}

/// How long to wait for a server, in seconds.
package struct Timeouts: Equatable, Sendable {
  package var connect: Double
  /// From the request to the first byte of the body: a cold local model loads in minutes.
  package var firstByte: Double
  /// Between two pieces of the body.
  package var idle: Double

  package init(connect: Double = 10, firstByte: Double = 300, idle: Double = 60) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
  }
}

/// What comes back, in order: the head once, then the body as it arrives.
enum HTTPPart: Sendable {
  case head(HTTPHead)
  case body([UInt8])
}

struct HTTPHead: Sendable {
  var status: Int
  /// Names in lower case.
  var headers: [String: String] = [:]

  var contentType: String { headers["content-type", default: ""].lowercased() }
}

/// Why a transfer did not come to its end.
enum TransferError: Error, Equatable {
  /// No connection was made; `refused` when the machine said no at once.
  case unreachable(reason: String, refused: Bool)
  case stalled(seconds: Int)
  /// The connection ended early; `started` when some of the body had come.
  case lost(reason: String, started: Bool)
}
