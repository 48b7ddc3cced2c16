/// A thing that can be merged next; the best is merged first.
protocol MergeCandidate {
  func isBefore(_ other: Self) -> Bool
}

/// A binary heap of pairs to merge.
struct MergeQueue<Entry: MergeCandidate> {
  private var entries: [Entry] = []

  mutating func push(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entry.isBefore(entries[parent]) else { break }
      entries[child] = entries[parent]
      child = parent
    }
    entries[child] = entry
  }

  mutating func pop() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
      guard entries[child].isBefore(last) else { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = last
    return first
  }
}

/// Two neighbours that a byte-pair encoding merges: the lowest rank first, then the leftmost.
struct RankedPair: MergeCandidate {
  var rank: Int32
  var left: Int32
  /// What stood there when this was queued: if it has changed since, the entry is void.
  var leftToken: Int32
  var rightToken: Int32
  var merged: Int32

  func isBefore(_ other: RankedPair) -> Bool {
    rank != other.rank ? rank < other.rank : left < other.left
  }
}

/// Two neighbours that SentencePiece merges: the highest score first, then the leftmost.
struct ScoredPair: MergeCandidate {
  var score: Float
  var left: Int32
  /// Of both together; if it has changed since, the entry is void.
  var length: Int32

  func isBefore(_ other: ScoredPair) -> Bool {
    score != other.score ? score > other.score : left < other.left
  }
}
