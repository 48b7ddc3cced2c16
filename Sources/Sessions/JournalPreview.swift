import Foundation
import JSONReader

/// Reads the end of a long journal first.
///
/// A screen shows the last few thousand tokens, and of those before only their steps. So the
/// preview replays the journal with all but its last few megabytes *condensed*: runs of
/// token lines become one line that says how many tokens and bytes they were, every other line
/// stays as it is. The condensed part is kept beside the journal, as `journal.index`; it is
/// disposable, and made again in one quick pass whenever it does not fit.
struct JournalPreview {
  /// Shorter journals are read whole as quickly.
  static let worthwhileSize = 16 << 20
  private static let version = 1

  private let file: FileHandleBox
  private let path: String
  private let firstLine: Int
  private let tailSize: Int

  /// - Parameter tailSize: what is always read in full; the default holds more than a screenful
  ///   at 500 columns by 200 lines.
  init(_ reader: JournalReader, tailSize: Int = 4 << 20) {
    self.tailSize = tailSize
    file = reader.fileHandle
    path = reader.path
    firstLine = reader.firstLine
  }

  /// The condensed lines, and where the rest of the journal begins.
  struct Condensed {
    var lines: [UInt8]
    var tail: Int
  }

  var indexPath: String {
    (path.hasSuffix(".jsonl") ? String(path.dropLast(6)) : path) + ".index"
  }

  /// The kept condensation if it fits, else a new one, which is then kept.
  func condensed() throws -> Condensed {
    if let kept = kept() { return kept }
    let made = try condense()
    keep(made)
    return made
  }

  private struct Mark: Codable, Equatable {
    var erratum = "index"
    var version: Int
    var tail: Int
    /// Of the bytes around: a journal only grows, so equal ends mean the same beginning.
    var check: UInt64
    var lines: Int
  }

  private func kept() -> Condensed? {
    guard let index = try? FileHandleBox.open(indexPath),
      let all = try? index.bytes(at: 0, count: min(index.size, file.size + 4096)),
      let feed = all.firstIndex(of: 0x0A),
      let mark = try? JSONDecoder().decode(Mark.self, from: Data(all[..<feed])),
      mark.version == Self.version, mark.tail >= firstLine,
      // Past this much growth it is better made anew.
      mark.tail <= file.size, file.size - mark.tail < 6 * tailSize,
      mark.lines == all.count - feed - 1, mark.check == check(mark.tail)
    else { return nil }
    return Condensed(lines: Array(all[(feed + 1)...]), tail: mark.tail)
  }

  /// FNV-1a over the header and the last bytes before the tail.
  private func check(_ tail: Int) -> UInt64? {
    guard let head = try? file.bytes(at: 0, count: firstLine),
      let last = try? file.bytes(at: max(firstLine, tail - 4096), count: min(tail, 4096))
    else { return nil }
    return [head, last].joined().reduce(0xcbf2_9ce4_8422_2325) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
  }

  private func keep(_ condensed: Condensed) {
    guard let check = check(condensed.tail),
      var out = try? JSONEncoder().encode(
        Mark(
          version: Self.version, tail: condensed.tail, check: check,
          lines: condensed.lines.count))
    else { return }
    out.append(0x0A)
    out += condensed.lines
    // Nothing is lost when this fails: a read-only session is condensed each time.
    try? out.write(to: URL(filePath: indexPath), options: .atomic)
  }

  private func condense() throws -> Condensed {
    let wanted = max(firstLine, file.size - tailSize)
    var condenser = Condenser(cuts: try cuts())
    var tail = firstLine
    _ = try LineReader(file).lines(from: firstLine) { line, offset in
      tail = offset
      guard offset < wanted else { return false }
      if let line { condenser.take(line) }
      return true
    }
    return Condensed(lines: condenser.finish(), tail: tail)
  }

  /// The serials that rewinds go back to: between those, tokens need no places of their own.
  private func cuts() throws -> [Int] {
    let decoder = JournalDecoder()
    var cuts: Set<Int> = []
    _ = try LineReader(file).lines(from: firstLine) { line, _ in
      if let line, line.contains(#""kind":"rewound""#, within: 96),
        case .rewound(_, let serial) = decoder.line(line).record?.event
      {
        cuts.insert(serial)
      }
      return true
    }
    return cuts.sorted()
  }
}

/// Puts one line in the place of many token lines.
private struct Condenser {
  private var out: [UInt8] = []
  private var gaps: [Gap] = []
  private var seen: Set<Gap.Place> = []
  private let reader = JSONReader()
  /// Ascending serials at which lines are not put together, nor lines that hold one condensed.
  private let cuts: [Int]

  init(cuts: [Int]) { self.cuts = cuts }

  /// The first cut at `serial` or after it.
  private func cut(from serial: Int) -> Int? {
    var low = 0
    var high = cuts.count
    while low < high {
      let middle = (low + high) / 2
      if cuts[middle] < serial { low = middle + 1 } else { high = middle }
    }
    return low < cuts.count ? cuts[low] : nil
  }

  private struct Gap {
    struct Place: Hashable {
      var attempt: String
      var channel: String
    }
    var place: Place
    var n: Int
    var t: Double
    var first: Int
    var count: Int
    var bytes: Int
    /// Place of the last line in the run.
    var last: (n: Int, t: Double)
  }

  mutating func take(_ line: UnsafeBufferPointer<UInt8>) {
    let gap = gap(line)
    if let gap, (cut(from: gap.first + 1) ?? .max) >= gap.first + gap.count {
      add(gap)
      return
    }
    // Steps say where they lie, so tokens on both sides of one can still be put together.
    if !line.contains(#""kind":"stepClosed""#, within: 96) { flush { _ in true } }
    out += line
    out.append(0x0A)
  }

  mutating func finish() -> [UInt8] {
    flush { _ in true }
    return out
  }

  private mutating func add(_ gap: Gap) {
    if let index = gaps.firstIndex(where: { $0.place == gap.place }) {
      if gaps[index].first + gaps[index].count == gap.first, cut(from: gap.first) != gap.first {
        gaps[index].count += gap.count
        gaps[index].bytes += gap.bytes
        gaps[index].last = gap.last
        return
      }
      flush { $0.place == gap.place }
    }
    gaps.append(gap)
    // The first line of an attempt may hold what its parent wrote, so it stays alone.
    if seen.insert(gap.place).inserted { flush { $0.place == gap.place } }
  }

  private mutating func flush(_ isWanted: (Gap) -> Bool) {
    for gap in gaps where isWanted(gap) {
      out += "{\"n\":\(gap.n),\"t\":\(gap.t),\"kind\":\"tokens\",\"attempt\":".utf8
      out.appendJSON(text: Array(gap.place.attempt.utf8)[...])
      out += ",\"channel\":\"\(gap.place.channel)\",\"first\":\(gap.first)".utf8
      out += ",\"count\":\(gap.count),\"bytes\":\(gap.bytes)}\n".utf8
      // An event of no known kind moves the clock on and does nothing else.
      out += "{\"n\":\(gap.last.n),\"t\":\(gap.last.t),\"kind\":\"until\"}\n".utf8
    }
    gaps.removeAll(where: isWanted)
  }

  /// Reads the head of a token line as the encoder writes it; any other line stays whole.
  private func gap(_ line: UnsafeBufferPointer<UInt8>) -> Gap? {
    guard let end = line.index(of: #","text":["#, within: 512) else { return nil }
    var head = Array(line[..<end])
    head.append(UInt8(ascii: "}"))
    return try? reader.read(head) { json -> Gap? in
      guard json["kind"]?.string == "tokens", let n = json.count("n"),
        let t = json["t"]?.double, let attempt = json["attempt"]?.string,
        let channel = json["channel"]?.string, Channel(rawValue: channel) != nil,
        let first = json.count("first"), let count = json.count("count"), count > 0,
        let bytes = json.count("bytes"), bytes < line.count
      else { return nil }
      return Gap(
        place: Gap.Place(attempt: attempt, channel: channel), n: n, t: t, first: first,
        count: count, bytes: bytes, last: (n, t))
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func contains(_ text: StaticString, within limit: Int) -> Bool {
    index(of: text, within: limit) != nil
  }

  /// Where `text` begins, if it does among the first `limit` bytes.
  fileprivate func index(of text: StaticString, within limit: Int) -> Int? {
    text.withUTF8Buffer { text in
      let last = Swift.min(limit, count) - text.count
      guard last >= 0, let first = text.first else { return nil }
      return (0...last).first { start in
        self[start] == first && (1..<text.count).allSatisfy { self[start + $0] == text[$0] }
      }
    }
  }
}

extension JournalReader {
  /// The session with only its last tokens, to be on screen while ``session(progress:)`` runs.
  ///
  /// Steps, verdicts, answers and offsets are all there; tokens before the last are blanks
  /// (``TokenTable/missingBytes``). `nil` for a journal short enough to be read whole at once.
  package func preview() throws -> Session? {
    guard fileSize >= JournalPreview.worthwhileSize else { return nil }
    do {
      return try preview(JournalPreview(self).condensed())
    } catch is JournalError { return nil }
  }

  func preview(_ condensed: JournalPreview.Condensed) throws -> Session {
    var session = Session(header: header)
    let decoder = JournalDecoder(missingTokens: fileSize)
    // Tokens have bytes, mostly: an index that stands for many times more of them than the journal
    // could hold is no index of ours, and would fill the memory.
    var left = 4 * fileSize
    for line in condensed.lines.split(separator: 0x0A) {
      guard let record = line.withUnsafeBufferPointer({ decoder.line($0) }).record else { continue }
      if case .tokens(let arrived) = record.event {
        left -= arrived.table.count + arrived.table.bytes.count
        guard left >= 0 else { throw JournalError.notAJournal(path: path) }
      }
      session.apply(record)
    }
    _ = try records(from: condensed.tail) { batch, _ in
      for record in batch { session.apply(record) }
      return true
    }
    return session
  }
}
