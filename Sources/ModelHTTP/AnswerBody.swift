import Engine

/// The body of an answer: a stream, or all that was said instead of one.
struct AnswerBody {
  var head = HTTPHead(status: 0)
  private var whole: [UInt8] = []
  /// Enough of a stream to say what it was, when it turns out to be none.
  private var beginning: [UInt8] = []
  private enum Kind { case unknown, stream, whole }
  private var kind = Kind.unknown

  init() {}

  /// From here on a failure is one in mid-stream.
  var isStreaming: Bool { kind == .stream }

  mutating func take(_ bytes: [UInt8], _ feed: ([UInt8]) throws -> Void) throws {
    if kind == .unknown {
      whole.append(contentsOf: bytes)
      kind = decide()
      if kind == .stream {
        let first = whole
        beginning = Array(whole.prefix(512))
        whole = []
        return try feed(first)
      }
      return
    }
    if kind == .stream { return try feed(bytes) }
    whole.append(contentsOf: bytes)
    guard whole.count <= ServerSentEvents.longestLine else {
      throw StreamError(reason: "its answer is longer than 16 MiB")
    }
  }

  private func decide() -> Kind {
    guard head.status == 200 else { return .whole }
    let type = head.contentType
    if type.contains("event-stream") || type.contains("ndjson") { return .stream }
    if type.contains("json") || type.contains("html") { return .whole }
    // Nothing useful was declared: an event begins with a word or a colon.
    guard let first = whole.first(where: { $0 > 0x20 }) else { return .unknown }
    return first == 0x7B || first == 0x3C || first == 0x5B ? .whole : .stream
  }

  /// Makes of the end of the body what it is: a stream's end, a whole answer, or an error.
  mutating func end(
    _ reading: inout StreamReading, _ server: Server, _ model: String
  ) throws {
    guard head.status == 200 else { throw server.refusal(head, whole, model: model) }
    if kind == .stream {
      try reading.finish()
      if reading.eventCount == 0 || (reading.endsInMidEvent && reading.textEvents == 0) {
        throw garbage(server, beginning)
      }
      return
    }
    let body = Array(whole.drop { $0 <= 0x20 })
    guard !body.isEmpty, !described(head.contentType, body).contains("page") else {
      throw garbage(server, body)
    }
    try reading.readWhole(body)
    if reading.endsInMidEvent || (reading.textEvents == 0 && reading.stop == nil) {
      throw garbage(server, body)
    }
  }

  private func garbage(_ server: Server, _ body: [UInt8]) -> ModelError {
    .notAModelServer(
      endpoint: server.endpoint.base, received: described(head.contentType, body))
  }
}
