import Engine
import JSONReader
import Sessions

/// Reads one answer: bytes in, tokens out, and at the end what is to be said about them.
struct StreamReading {
  private let dialect: any Dialect
  private let endpoint: String
  private let json = JSONReader()
  private var events = ServerSentEvents()
  private var lines = JSONLines()
  private let framing: Framing
  /// An event that was no JSON: perhaps its other half is in the next one.
  private var half: [UInt8] = []

  private var reconciler: Reconciler
  private var splitter: ThinkingSplitter
  private var stripper: PrefixStripper
  private var produced: [Token] = []

  private(set) var stop: StopReason?
  private(set) var usage: Usage?
  private(set) var ended = false
  private var hiddenTokens = 0
  private(set) var eventCount = 0
  /// Events that carried text: a bound for servers that do not stop when asked to.
  private(set) var textEvents = 0
  private var sawThinking = false
  private(set) var textBytes = 0
  private(set) var mostAlternatives = 0
  private(set) var sawIDs = false

  init(_ dialect: any Dialect, _ ask: Ask, _ wire: WireRequest, endpoint: String) {
    self.dialect = dialect
    self.endpoint = endpoint
    framing = dialect.framing
    reconciler = Reconciler(wantsAlternatives: ask.wantsLogProbabilities && ask.alternatives > 0)
    splitter = ThinkingSplitter(
      startsInThinking: wire.startsInThinking, continuesAnswer: ask.prefix != nil)
    stripper = PrefixStripper(ask.continuation == .exact ? nil : ask.prefix)
  }

  var entryCount: Int { reconciler.entryCount }
  var hasThinking: Bool { sawThinking }
  var mismatch: Int? { reconciler.mismatch }
  var startedOver: Bool { stripper.startedOver }

  mutating func feed(_ bytes: [UInt8]) throws {
    // Both halves of an event's reading are ours alone: taken out while they call back.
    switch framing {
    case .events:
      var events = self.events
      self.events = ServerSentEvents()
      defer { self.events = events }
      try events.feed(bytes) { try read($0) }
    case .lines:
      var lines = self.lines
      self.lines = JSONLines()
      defer { self.lines = lines }
      try lines.feed(bytes) { try read($0) }
    }
  }

  /// Reads a whole body that was not streamed.
  mutating func readWhole(_ body: [UInt8]) throws {
    try body.withUnsafeBufferPointer { try read($0) }
    if half.isEmpty { ended = true }
  }

  /// Takes what is left when the server closed the connection.
  mutating func finish() throws {
    var (events, lines) = (self.events, self.lines)
    switch framing {
    case .events: try events.finish { try read($0) }
    case .lines: try lines.finish { try read($0) }
    }
    settle()
  }

  /// Hands over the tokens held back for a tag, a prefix or an account that never came.
  mutating func settle() {
    var reconciled: [Token] = []
    reconciler.finish(&reconciled)
    pass(reconciled)
    var split: [Token] = []
    splitter.finish(&split)
    stripper.add(split, to: &produced)
    stripper.finish(&produced)
  }

  /// A half of an event is all that came last: the stream was cut in the middle of it.
  var endsInMidEvent: Bool { !half.isEmpty }

  /// The tokens since the last call.
  mutating func take() -> [Token] {
    defer { produced.removeAll(keepingCapacity: true) }
    return produced
  }

  private mutating func read(_ data: UnsafeBufferPointer<UInt8>) throws {
    eventCount += 1
    if isDone(data) {
      ended = true
      return
    }
    if try readJSON(data) {
      if !half.isEmpty { throw StreamError(reason: "one of its events is not JSON") }
    } else if half.isEmpty {
      let fixed = repairedJSON(ArraySlice(data))
      if try fixed.withUnsafeBufferPointer({ try readJSON($0) }) { return }
      let joined = data.filter { $0 != 0x0A }
      if try !joined.withUnsafeBufferPointer({ try readJSON($0) }) { half = joined }
    } else {
      half.append(contentsOf: data)
      let whole = repairedJSON(half[...])
      guard try whole.withUnsafeBufferPointer({ try readJSON($0) }) else {
        throw StreamError(reason: "its events are not JSON")
      }
      half = []
    }
  }

  private func isDone(_ data: UnsafeBufferPointer<UInt8>) -> Bool {
    data.count < 16
      && data.filter { $0 > 0x20 }.elementsEqual("[DONE]".utf8)
  }

  /// Reads one event; false when it is no JSON.
  private mutating func readJSON(_ data: UnsafeBufferPointer<UInt8>) throws -> Bool {
    let delta: Delta
    do {
      delta = try json.read(data) { dialect.read($0) }
    } catch is JSONError { return false }
    if let failure = delta.failure { throw failure }
    take(delta)
    return true
  }

  private mutating func take(_ delta: Delta) {
    if !delta.answer.isEmpty || !delta.thinking.isEmpty { textEvents += 1 }
    textBytes += delta.answer.count + delta.thinking.count
    for entry in delta.entries {
      mostAlternatives = max(mostAlternatives, entry.alternatives.count)
      if entry.id != nil { sawIDs = true }
    }
    stop = delta.stop ?? stop
    usage = merged(usage, delta.usage)
    hiddenTokens = max(hiddenTokens, delta.hiddenTokens)
    ended = ended || delta.ended
    var reconciled: [Token] = []
    reconciler.add(delta, to: &reconciled)
    pass(reconciled)
  }

  private func merged(_ old: Usage?, _ new: Usage?) -> Usage? {
    guard let new else { return old }
    return Usage(
      promptTokens: new.promptTokens ?? old?.promptTokens,
      completionTokens: new.completionTokens ?? old?.completionTokens)
  }

  private mutating func pass(_ tokens: [Token]) {
    guard !tokens.isEmpty else { return }
    var split: [Token] = []
    splitter.add(tokens, to: &split)
    if !sawThinking { sawThinking = split.contains { $0.channel == .thinking } }
    stripper.add(split, to: &produced)
  }

  /// What the reader of the numbers must know, once all has been read.
  func notes(stops: Int) -> [ModelOutput] {
    var notes: [ModelOutput] = []
    if let byte = reconciler.mismatch {
      notes.append(
        .note(
          .bytesMismatch, byte: byte,
          text: "the reported tokens do not rebuild the text from here on"))
    }
    // Clamped: a server may send any number.
    let counted = max(usage?.completionTokens ?? 0, 0) - (sawThinking ? 0 : hiddenTokens)
    // The token that ends a turn is counted, and so are those of a stop text that was cut off.
    if entryCount > 0, counted > entryCount + 1 + stops {
      notes.append(
        .note(
          .tokensMissing, byte: nil,
          text: "the server made \(counted) tokens and reported \(entryCount)"))
    }
    if reconciler.speculativeCount > 0 {
      notes.append(
        .note(
          .speculative, byte: nil,
          text: "\(reconciler.speculativeCount) tokens came from a draft model, unmeasured"))
    }
    if startedOver {
      notes.append(
        .note(
          .prefixNotHonoured, byte: 0,
          text: "the server started the answer over instead of going on"))
    }
    return notes
  }
}
