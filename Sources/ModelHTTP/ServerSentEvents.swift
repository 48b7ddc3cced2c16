/// Why a stream cannot be read on.
struct StreamError: Error, Equatable {
  var reason: String
}

/// Cuts a byte stream into the data of server-sent events, by the rules of the WHATWG standard.
///
/// Feed it chunks cut anywhere. Only `data` matters to us: an event's name repeats what is in
/// its JSON, and ids and retry times must not be used to repeat a generation.
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
struct ServerSentEvents {
  /// Alternatives by the thousand make long lines; a line past this is no model's.
  static let longestLine = 16 << 20

  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var lineFeedMayFollow = false
  private var atStart = true

  /// Calls `event` with the data of each event that is complete.
  mutating func feed(
    _ chunk: [UInt8], _ event: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    try chunk.withUnsafeBufferPointer { bytes in
      var start = 0
      if lineFeedMayFollow, let first = bytes.first {
        lineFeedMayFollow = false
        if first == 0x0A { start = 1 }
      }
      while let end = lineEnd(in: bytes, from: start) {
        try take(UnsafeBufferPointer(rebasing: bytes[start..<end]), event)
        start = end + 1
        guard bytes[end] == 0x0D else { continue }
        // A CR at the end of a chunk ends the line; an LF that follows belongs to it.
        if start == bytes.count {
          lineFeedMayFollow = true
        } else if bytes[start] == 0x0A {
          start += 1
        }
      }
      line.append(contentsOf: bytes[start...])
    }
    guard line.count <= Self.longestLine, data.count <= Self.longestLine else {
      throw StreamError(reason: "one line of it is longer than 16 MiB")
    }
  }

  /// The data of an event that was cut off by the end of the stream.
  ///
  /// The standard drops it; the caller keeps it when it is a whole JSON text after all.
  mutating func finish(_ event: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    let rest = line
    line = []
    try rest.withUnsafeBufferPointer { if !$0.isEmpty { try take($0, event) } }
    try dispatch(event)
  }

  private func lineEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x0A || byte == 0x0D { return index }
      index += 1
    }
    return nil
  }

  private mutating func take(
    _ rest: UnsafeBufferPointer<UInt8>, _ event: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    if line.isEmpty { return try process(rest, event) }
    line.append(contentsOf: rest)
    let whole = line
    line.removeAll(keepingCapacity: true)
    try whole.withUnsafeBufferPointer { try process($0, event) }
  }

  private mutating func process(
    _ whole: UnsafeBufferPointer<UInt8>, _ event: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    var bytes = whole[...]
    if atStart {
      atStart = false
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    }
    if bytes.isEmpty { return try dispatch(event) }
    guard isData(bytes) else { return }
    bytes = bytes.dropFirst(4)
    if bytes.first == 0x3A { bytes = bytes.dropFirst() }
    if bytes.first == 0x20 { bytes = bytes.dropFirst() }
    if hasData { data.append(0x0A) }
    data.append(contentsOf: bytes)
    hasData = true
  }

  /// `data`, alone or with a colon after it.
  private func isData(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let start = line.startIndex
    guard line.count >= 4, line[start] == 0x64, line[start + 1] == 0x61,
      line[start + 2] == 0x74, line[start + 3] == 0x61
    else { return false }
    return line.count == 4 || line[start + 4] == 0x3A
  }

  private mutating func dispatch(_ event: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    guard hasData else { return }
    hasData = false
    defer { data.removeAll(keepingCapacity: true) }
    try data.withUnsafeBufferPointer(event)
  }
}

/// Cuts a byte stream into lines of one JSON text each, as Ollama sends them.
struct JSONLines {
  private var line: [UInt8] = []

  mutating func feed(
    _ chunk: [UInt8], _ each: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    var rest = chunk[...]
    while let end = rest.firstIndex(of: 0x0A) {
      line.append(contentsOf: rest[..<end])
      rest = rest[(end + 1)...]
      try finish(each)
    }
    line.append(contentsOf: rest)
    guard line.count <= ServerSentEvents.longestLine else {
      throw StreamError(reason: "one line of it is longer than 16 MiB")
    }
  }

  mutating func finish(_ each: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    let whole = line
    line.removeAll(keepingCapacity: true)
    try whole.withUnsafeBufferPointer { bytes in
      guard bytes.contains(where: { $0 > 0x20 }) else { return }
      try each(bytes)
    }
  }
}
