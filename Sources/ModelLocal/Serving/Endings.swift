import Sessions

/// Tells thinking from the answer by the tags that reasoning models write around it.
///
/// Only a tag that is one token of the vocabulary counts, and only as the first thing written:
/// later in an answer it is text.
struct ThinkingTags {
  static let opening = "<think>"
  static let closing = "</think>"

  private let opening: Int32?
  private let closing: Int32?
  private var isAtStart: Bool
  private var isThinking = false

  init(_ tokenizer: Tokenizer, isContinuing: Bool) {
    opening = tokenizer.id(ofText: Self.opening)
    closing = tokenizer.id(ofText: Self.closing)
    isAtStart = !isContinuing
  }

  /// The channel the next token is written to, unless it is a tag.
  var current: Channel { isThinking ? .thinking : .answer }

  /// The channel a token is written to; `nil` for the tags, which belong to neither.
  mutating func channel(of id: Int32) -> Channel? {
    if isThinking, id == closing {
      isThinking = false
      return nil
    }
    if isAtStart, opening != nil, id == opening {
      isAtStart = false
      isThinking = true
      return nil
    }
    isAtStart = false
    return isThinking ? .thinking : .answer
  }
}

/// Watches for the texts that end an answer, and keeps back tokens that may be part of one.
struct StopStrings {
  private let stops: [[UInt8]]
  /// How many of the pending tokens may not be handed over yet.
  private(set) var held = 0
  /// The end of what was handed over all the same; a stop text may have begun in it.
  private var given: [UInt8] = []

  init(_ texts: [String]) { stops = texts.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// All of `pending` leaves, what was held included: a place in the text is to be told of.
  mutating func handOver(_ pending: [Token]) {
    let longest = stops.map(\.count).max() ?? 0
    given = Array((given + pending.flatMap(\.bytes)).suffix(max(0, longest - 1)))
    held = 0
  }

  /// Appends a token to `pending`; true when a stop text is complete, which is then cut away, as
  /// far as it was not handed over.
  mutating func take(_ token: Token, pending: inout [Token]) -> Bool {
    pending.append(token)
    guard !stops.isEmpty else { return false }
    let tail = given + pending.flatMap(\.bytes)
    let cut = stops.compactMap { Self.place(of: $0, in: tail) }.min()
    if let cut {
      Self.cut(&pending, to: max(0, cut - given.count))
      return true
    }
    let open = stops.map { Self.openPart(of: $0, in: tail) }.max() ?? 0
    held = Self.count(of: pending, covering: open)
    return false
  }

  private static func place(of stop: [UInt8], in tail: [UInt8]) -> Int? {
    guard stop.count <= tail.count else { return nil }
    return (0...(tail.count - stop.count)).first { tail[$0...].starts(with: stop) }
  }

  /// Bytes at the end of `tail` with which `stop` begins.
  private static func openPart(of stop: [UInt8], in tail: [UInt8]) -> Int {
    (1...max(1, stop.count)).last { length in
      length < stop.count && length <= tail.count
        && tail.suffix(length).elementsEqual(stop.prefix(length))
    } ?? 0
  }

  private static func count(of pending: [Token], covering bytes: Int) -> Int {
    var left = bytes
    return pending.reversed().prefix { token in
      defer { left -= token.bytes.count }
      return left > 0
    }.count
  }

  /// Keeps the first `length` bytes; a token that stands across the cut loses its numbers' bytes
  /// and keeps what is before it.
  private static func cut(_ pending: inout [Token], to length: Int) {
    var left = length
    var kept: [Token] = []
    for var token in pending {
      guard left > 0 else { break }
      if token.bytes.count > left { token.bytes = Array(token.bytes.prefix(left)) }
      left -= token.bytes.count
      kept.append(token)
    }
    pending = kept
  }
}
