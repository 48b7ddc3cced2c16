import Sessions

/// Brings the text of a stream and the server's account of its tokens together.
///
/// The two are not one to one: servers hold text back, merge pieces of a character, leave tokens
/// out, and count tokens that have no text. Entries are laid along the text from the left; the
/// bytes of the tokens that come out are the text, exactly, whatever the entries say. Where an
/// entry does not fit, all that follows is text without numbers.
struct Reconciler {
  /// Entries seen, for comparison with what the server says it made.
  private(set) var entryCount = 0
  private(set) var speculativeCount = 0
  /// Where in the answer the account went wrong.
  private(set) var mismatch: Int?
  private let wantsAlternatives: Bool

  /// Text not given out yet, in the order it came.
  private var text: [UInt8] = []
  private var head = 0
  /// Where in `text` each stretch of one channel ends.
  private var runs: [(channel: Channel, end: Int)] = []
  /// Text before this came with earlier events.
  private var boundary = 0
  private var queue: [Entry] = []
  private var queueHead = 0
  /// Pieces of a character whose text comes with a later token.
  private var withoutText: [Entry] = []
  private var answerBytes = 0

  private var lastOrdinal: Int?

  /// Without alternatives asked for, a log-probability of 0 alone says nothing.
  init(wantsAlternatives: Bool) { self.wantsAlternatives = wantsAlternatives }

  private enum Fit { case fits, waits, differs }

  mutating func add(_ delta: Delta, to out: inout [Token]) {
    boundary = text.count
    append(delta.thinking, .thinking)
    append(delta.answer, .answer)
    if mismatch != nil { return flush(to: text.count, &out) }
    entryCount += delta.entries.count
    for entry in delta.entries { queue.append(unmerged(entry)) }
    advance(&out)
    if queueHead == queue.count {
      // A server that accounts for its tokens may do so one event late.
      flush(to: entryCount == 0 ? text.count : boundary, &out)
    } else if text.count - head > 1 << 16 || queue.count - queueHead > 4096 {
      giveUp(&out)
    }
    compact()
  }

  /// Text that is left has no account; entries that are left had no text.
  mutating func finish(_ out: inout [Token]) {
    flush(to: text.count, &out)
    compact()
    queue = []
    queueHead = 0
  }

  /// Takes the numbers off an entry that stands for several tokens, of which it is the last.
  ///
  /// llama.cpp reports a character once it is whole. Where the last piece's own bytes are known,
  /// the numbers go to them; else they belong to no bytes that could be named.
  private mutating func unmerged(_ entry: Entry) -> Entry {
    guard let ordinal = entry.ordinal else { return entry }
    defer { lastOrdinal = ordinal }
    guard entry.bytes == nil, let lastOrdinal, ordinal > lastOrdinal &+ 1 else { return entry }
    return Entry(released: entry.released)
  }

  private mutating func append(_ bytes: [UInt8], _ channel: Channel) {
    guard !bytes.isEmpty else { return }
    text.append(contentsOf: bytes)
    if runs.last?.channel == channel {
      runs[runs.count - 1].end = text.count
    } else {
      runs.append((channel, text.count))
    }
  }

  private mutating func advance(_ out: inout [Token]) {
    while queueHead < queue.count {
      let entry = queue[queueHead]
      if entry.bytes?.isEmpty ?? entry.released?.isEmpty ?? false {
        withoutText.append(entry)
        queueHead += 1
        continue
      }
      guard head < text.count else { return }
      switch place(entry, &out) {
      case .fits: queueHead += 1
      case .waits: return
      case .differs:
        if head < boundary {
          flush(to: boundary, &out)
        } else if isMark(entry) {
          queueHead += 1
        } else {
          return giveUp(&out)
        }
      }
    }
  }

  private mutating func place(_ entry: Entry, _ out: inout [Token]) -> Fit {
    guard let own = entry.bytes else {
      guard let released = entry.released else { return placeUnknown(entry, &out) }
      let fit = place(released[...], entry, &out)
      // What was held back is let out with this token; the tokens before took their part of it.
      let left = text[head...]
      guard fit == .differs, left.count < released.count,
        released.suffix(left.count).elementsEqual(left)
      else { return fit }
      return place(left, entry, &out)
    }
    let fit = place(own[...], entry, &out)
    guard fit == .differs, let released = entry.released, released != own else { return fit }
    switch self.fit(released[...]) {
    case .fits:
      // The pieces before this one were never reported: bytes without numbers.
      let before = released.count - own.count
      if before > 0, released.suffix(own.count).elementsEqual(own) {
        flush(to: head + before, &out)
        return place(own[...], entry, &out)
      }
      return place(released[...], entry, &out)
    case let other: return other
    }
  }

  private mutating func place(
    _ bytes: ArraySlice<UInt8>, _ entry: Entry, _ out: inout [Token]
  ) -> Fit {
    let fit = fit(bytes)
    guard fit == .fits else { return fit }
    let channel = runs.first?.channel ?? .answer
    for empty in withoutText { out.append(token(empty, [], channel)) }
    withoutText.removeAll()
    let end = head + bytes.count
    // A token astride both channels keeps its numbers in the first.
    let stop = min(end, runs.first?.end ?? end)
    out.append(token(entry, Array(text[head..<stop]), channel))
    move(to: stop)
    flush(to: end, &out)
    return .fits
  }

  /// An entry that says nothing of its bytes stands for all the text it came with.
  private mutating func placeUnknown(_ entry: Entry, _ out: inout [Token]) -> Fit {
    guard queueHead + 1 == queue.count else { return .differs }
    return place(text[max(head, boundary)...], entry, &out)
  }

  private func fit(_ bytes: ArraySlice<UInt8>) -> Fit {
    let common = min(bytes.count, text.count - head)
    guard text[head..<head + common].elementsEqual(bytes.prefix(common)) else { return .differs }
    return common == bytes.count ? .fits : .waits
  }

  private mutating func token(_ entry: Entry, _ bytes: [UInt8], _ channel: Channel) -> Token {
    var value = entry.logProbability
    if wantsAlternatives, value == 0, entry.alternatives.isEmpty {
      // An accepted draft token of speculative decoding: nothing was measured.
      speculativeCount += 1
      value = nil
    }
    return Token(
      bytes: bytes, channel: channel, id: entry.id, logProbability: value,
      alternatives: entry.alternatives)
  }

  /// Tags and the like are tokens that a server's parser takes out of the text.
  private func isMark(_ entry: Entry) -> Bool {
    let bytes = entry.bytes ?? entry.released ?? []
    let solid = bytes.drop { $0 <= 0x20 }
    guard let first = solid.first, let last = bytes.last(where: { $0 > 0x20 }) else {
      return true
    }
    return (first == 0x3C && last == 0x3E) || (first == 0x5B && last == 0x5D)
  }

  private mutating func giveUp(_ out: inout [Token]) {
    mismatch = answerBytes
    queue.removeAll()
    queueHead = 0
    flush(to: text.count, &out)
  }

  /// Gives out text as tokens without numbers.
  private mutating func flush(to end: Int, _ out: inout [Token]) {
    while head < end, let run = runs.first {
      let stop = min(end, run.end)
      out.append(Token(bytes: Array(text[head..<stop]), channel: run.channel))
      move(to: stop)
      withoutText.removeAll()
    }
  }

  private mutating func move(to place: Int) {
    if runs.first?.channel == .answer { answerBytes += place - head }
    head = place
    if let run = runs.first, run.end == head { runs.removeFirst() }
  }

  private mutating func compact() {
    if head == text.count {
      text.removeAll(keepingCapacity: true)
      head = 0
      boundary = 0
      runs.removeAll(keepingCapacity: true)
    }
    if queueHead == queue.count {
      queue.removeAll(keepingCapacity: true)
      queueHead = 0
    }
  }
}
