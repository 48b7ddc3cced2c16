import Testing

@testable import ModelHTTP

struct ServerSentEventsTests {
  /// The data of all events when `stream` comes in the given chunks, with the unfinished last.
  private func events(_ chunks: [[UInt8]], finishing: Bool = false) throws -> [String] {
    var parser = ServerSentEvents()
    var out: [String] = []
    for chunk in chunks {
      try parser.feed(chunk) { out.append(String(decoding: $0, as: UTF8.self)) }
    }
    if finishing { try parser.finish { out.append(String(decoding: $0, as: UTF8.self)) } }
    return out
  }

  private static let vectors: [(stream: String, events: [String])] = [
    ("data:a\n\n", ["a"]),
    ("data: a\rdata:  b\r\r", ["a\n b"]),
    ("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", ["a\nb", "c"]),
    ("data\n\n", [""]),
    ("data\ndata\n\n", ["\n"]),
    ("event: ping\n\n", []),
    (": ping\n\n", []),
    (":\n\ndata: x\n\n", ["x"]),
    ("\u{FEFF}data: x\n\n", ["x"]),
    ("\u{FEFF}\u{FEFF}data: x\n\n", []),
    ("id: 1\nevent: e\nretry: 10\ndata: x\n\n", ["x"]),
    ("datax: no\nDATA: no\n data: no\n\n", []),
    ("data:{\"t\":\"😀\"}\n\n", ["{\"t\":\"😀\"}"]),
    ("data: x", []),
    ("\n\n\ndata: x\n\n\n\n", ["x"]),
    ("data: a\n\rdata: b\n\n", ["a", "b"]),
    ("data: \u{0}\n\n", ["\u{0}"]),
  ]

  @Test func `every vector reads the same however it is cut in two`() throws {
    for (stream, expected) in Self.vectors {
      let bytes = Array(stream.utf8)
      for cut in 0...bytes.count {
        let got = try events([Array(bytes[..<cut]), Array(bytes[cut...])])
        #expect(got == expected, "\(stream.debugDescription) cut at \(cut)")
      }
    }
  }

  @Test func `every vector reads the same byte by byte`() throws {
    for (stream, expected) in Self.vectors {
      #expect(try events(stream.utf8.map { [$0] }) == expected, "\(stream.debugDescription)")
    }
  }

  @Test func `an event cut off by the end of the stream is handed over at the end`() throws {
    #expect(try events([Array("data: [DONE]".utf8)], finishing: true) == ["[DONE]"])
    #expect(try events([Array("data: a\ndata: b\n".utf8)], finishing: true) == ["a\nb"])
    #expect(try events([Array("data: a\n\n".utf8)], finishing: true) == ["a"])
  }

  @Test func `a line without end is refused instead of kept`() {
    let block = [UInt8](repeating: 0x61, count: 1 << 20)
    var parser = ServerSentEvents()
    #expect(throws: StreamError.self) {
      for _ in 0..<17 { try parser.feed(block) { _ in } }
    }
  }

  @Test func `lines of JSON read the same however they are cut`() throws {
    let bytes = Array("{\"a\":1}\n\n{\"b\":\"é\"}\r\n{\"c\":3}".utf8)
    for cut in 0...bytes.count {
      var lines = JSONLines()
      var out: [String] = []
      try lines.feed(Array(bytes[..<cut])) { out.append(String(decoding: $0, as: UTF8.self)) }
      try lines.feed(Array(bytes[cut...])) { out.append(String(decoding: $0, as: UTF8.self)) }
      try lines.finish { out.append(String(decoding: $0, as: UTF8.self)) }
      #expect(out == ["{\"a\":1}", "{\"b\":\"é\"}\r", "{\"c\":3}"], "cut at \(cut)")
    }
  }
}
