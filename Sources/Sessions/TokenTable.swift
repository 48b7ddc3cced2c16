/// Another token the model could have written at the same place.
package struct Alternative: Equatable, Sendable {
  package var bytes: [UInt8]
  package var id: Int32?
  /// Natural logarithm, at temperature 1; `-infinity` where the server sent a floor value.
  package var logProbability: Float

  package init(bytes: [UInt8], id: Int32? = nil, logProbability: Float) {
    self.bytes = bytes
    self.id = id
    self.logProbability = logProbability
  }
}

/// What is known of an entropy, in nats, when only the likeliest tokens were reported.
///
/// Exact when both ends are equal.
package struct EntropyBounds: Equatable, Sendable, Codable {
  package var lower: Float
  package var upper: Float
  package init(lower: Float, upper: Float) {
    self.lower = lower
    self.upper = upper
  }
  package var isExact: Bool { lower == upper }
}

/// One token as a model wrote it.
package struct Token: Equatable, Sendable {
  /// The exact bytes; a character may be split over several tokens.
  package var bytes: [UInt8]
  package var channel: Channel
  package var id: Int32?
  /// Natural logarithm at temperature 1; `nil` when none was sent, `-infinity` for a floor value.
  package var logProbability: Float?
  /// Entropy of the distribution this token was drawn from, at temperature 1.
  package var entropy: EntropyBounds?
  /// The same at the sampling temperature, in nats, where all of the distribution was known.
  ///
  /// `nil` also where it is no other: at a temperature of 0 or 1.
  package var temperedEntropy: Float?
  /// Likeliest first; may or may not hold the token itself.
  package var alternatives: [Alternative]

  package init(
    bytes: [UInt8], channel: Channel = .answer, id: Int32? = nil, logProbability: Float? = nil,
    entropy: EntropyBounds? = nil, temperedEntropy: Float? = nil,
    alternatives: [Alternative] = []
  ) {
    self.bytes = bytes
    self.channel = channel
    self.id = id
    self.logProbability = logProbability
    self.entropy = entropy
    self.temperedEntropy = temperedEntropy
    self.alternatives = alternatives
  }
}

/// The tokens of one channel, in columns.
///
/// A million tokens with five alternatives each are six million little values; as columns they
/// are a dozen arrays. Absent numbers are NaN here and `nil` at every door.
package struct TokenTable: Sendable {
  /// The bytes of all tokens, one after the other: the text, exactly.
  package private(set) var bytes: [UInt8] = []
  private var ends: [UInt32] = []
  private var ids: [Int32] = []
  private var logProbabilities: [Float] = []
  private var entropyLower: [Float] = []
  private var entropyUpper: [Float] = []
  /// Empty while no token has one.
  private var temperedEntropies: [Float] = []
  private var alternativeEnds: [UInt32] = []
  private var alternativeBytes: [UInt8] = []
  private var alternativeByteEnds: [UInt32] = []
  private var alternativeIDs: [Int32] = []
  private var alternativeLogProbabilities: [Float] = []

  /// Bytes before this offset may only stand for tokens not read yet; 0 for a whole table.
  package private(set) var missingBytes = 0

  package init() {}

  /// A stand-in for tokens that were not read: blanks of the same extent, without numbers.
  ///
  /// A preview of a long session needs the offsets of its last tokens to be right, and nothing
  /// of those before.
  package init(missingTokens count: Int, bytes byteCount: Int) {
    guard count > 0, byteCount >= 0, byteCount <= Int(UInt32.max) else { return }
    missingBytes = byteCount
    bytes = Array(repeating: UInt8(ascii: " "), count: byteCount)
    ends = (1...count).map { UInt32(byteCount / count * $0 + min($0, byteCount % count)) }
    ids = Array(repeating: -1, count: count)
    logProbabilities = Array(repeating: .nan, count: count)
    entropyLower = logProbabilities
    entropyUpper = logProbabilities
    alternativeEnds = Array(repeating: 0, count: count)
  }

  package mutating func reserveCapacity(tokens: Int, alternatives: Int) {
    bytes.reserveCapacity(tokens * 4)
    ends.reserveCapacity(tokens)
    ids.reserveCapacity(tokens)
    logProbabilities.reserveCapacity(tokens)
    entropyLower.reserveCapacity(tokens)
    entropyUpper.reserveCapacity(tokens)
    alternativeEnds.reserveCapacity(tokens)
    alternativeBytes.reserveCapacity(alternatives * 4)
    alternativeByteEnds.reserveCapacity(alternatives)
    alternativeIDs.reserveCapacity(alternatives)
    alternativeLogProbabilities.reserveCapacity(alternatives)
  }

  package var count: Int { ends.count }
  package var isEmpty: Bool { ends.isEmpty }

  /// Where token `index` stands in ``bytes``.
  package func byteRange(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
  }

  package func bytes(of index: Int) -> ArraySlice<UInt8> { bytes[byteRange(of: index)] }

  package func id(of index: Int) -> Int32? { ids[index] < 0 ? nil : ids[index] }

  package func logProbability(of index: Int) -> Float? {
    logProbabilities[index].isNaN ? nil : logProbabilities[index]
  }

  package func entropy(of index: Int) -> EntropyBounds? {
    entropyLower[index].isNaN
      ? nil : EntropyBounds(lower: entropyLower[index], upper: entropyUpper[index])
  }

  package func temperedEntropy(of index: Int) -> Float? {
    guard index < temperedEntropies.count, !temperedEntropies[index].isNaN else { return nil }
    return temperedEntropies[index]
  }

  package func alternativeCount(of index: Int) -> Int { alternativeRange(of: index).count }

  package func alternatives(of index: Int) -> [Alternative] {
    alternativeRange(of: index).map { slot in
      let start = slot == 0 ? 0 : Int(alternativeByteEnds[slot - 1])
      return Alternative(
        bytes: Array(alternativeBytes[start..<Int(alternativeByteEnds[slot])]),
        id: alternativeIDs[slot] < 0 ? nil : alternativeIDs[slot],
        logProbability: alternativeLogProbabilities[slot])
    }
  }

  /// ``alternatives(of:)`` without making arrays.
  package func forEachAlternative(
    of index: Int, _ body: (_ bytes: ArraySlice<UInt8>, _ id: Int32?, _ lp: Float) -> Void
  ) {
    for slot in alternativeRange(of: index) {
      let start = slot == 0 ? 0 : Int(alternativeByteEnds[slot - 1])
      body(
        alternativeBytes[start..<Int(alternativeByteEnds[slot])],
        alternativeIDs[slot] < 0 ? nil : alternativeIDs[slot], alternativeLogProbabilities[slot])
    }
  }

  private func alternativeRange(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : Int(alternativeEnds[index - 1]))..<Int(alternativeEnds[index])
  }

  package func token(_ index: Int, channel: Channel) -> Token {
    Token(
      bytes: Array(bytes(of: index)), channel: channel, id: id(of: index),
      logProbability: logProbability(of: index), entropy: entropy(of: index),
      temperedEntropy: temperedEntropy(of: index), alternatives: alternatives(of: index))
  }

  /// The token that holds byte `offset`; `nil` past the end.
  package func index(atByte offset: Int) -> Int? {
    guard offset >= 0, offset < bytes.count else { return nil }
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if Int(ends[middle]) <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The tokens that start inside `range`.
  ///
  /// A token astride a boundary belongs to the step in which it starts.
  package func indices(startingIn range: Range<Int>) -> Range<Int> {
    firstIndex(
      startingAtOrAfter: range.lowerBound)..<firstIndex(startingAtOrAfter: range.upperBound)
  }

  private func firstIndex(startingAtOrAfter offset: Int) -> Int {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if byteRange(of: middle).lowerBound < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package mutating func append(_ token: Token) {
    append(
      bytes: token.bytes, id: token.id, logProbability: token.logProbability,
      entropy: token.entropy, temperedEntropy: token.temperedEntropy)
    for alternative in token.alternatives {
      appendAlternative(
        bytes: alternative.bytes, id: alternative.id, logProbability: alternative.logProbability)
    }
  }

  /// Appends a token without alternatives; ``appendAlternative(bytes:id:logProbability:)`` adds
  /// to it until the next one comes.
  package mutating func append(
    bytes text: some Collection<UInt8>, id: Int32?, logProbability: Float?,
    entropy: EntropyBounds?, temperedEntropy: Float? = nil
  ) {
    guard bytes.count + text.count <= Self.byteLimit else { return }
    bytes.append(contentsOf: text)
    ends.append(UInt32(bytes.count))
    ids.append(id ?? -1)
    logProbabilities.append(logProbability ?? .nan)
    entropyLower.append(entropy?.lower ?? .nan)
    entropyUpper.append(entropy?.upper ?? .nan)
    if let temperedEntropy {
      padTempered(to: ends.count - 1)
      temperedEntropies.append(temperedEntropy)
    }
    alternativeEnds.append(UInt32(alternativeByteEnds.count))
  }

  private mutating func padTempered(to count: Int) {
    while temperedEntropies.count < count { temperedEntropies.append(.nan) }
  }

  package mutating func appendAlternative(
    bytes text: some Collection<UInt8>, id: Int32?, logProbability: Float
  ) {
    precondition(!ends.isEmpty, "an alternative needs a token to stand beside")
    guard alternativeBytes.count + text.count <= Self.byteLimit else { return }
    alternativeBytes.append(contentsOf: text)
    alternativeByteEnds.append(UInt32(alternativeBytes.count))
    alternativeIDs.append(id ?? -1)
    alternativeLogProbabilities.append(logProbability)
    alternativeEnds[alternativeEnds.count - 1] = UInt32(alternativeByteEnds.count)
  }

  /// Offsets are 32 bits wide; what comes after this many bytes is left out.
  private static let byteLimit = Int(UInt32.max)

  package mutating func append(contentsOf other: TokenTable) {
    guard bytes.count + other.bytes.count <= Self.byteLimit,
      alternativeBytes.count + other.alternativeBytes.count <= Self.byteLimit
    else { return }
    if other.missingBytes > 0 { missingBytes = bytes.count + other.missingBytes }
    if !other.temperedEntropies.isEmpty {
      padTempered(to: ends.count)
      temperedEntropies.append(contentsOf: other.temperedEntropies)
    }
    let byteBase = UInt32(bytes.count)
    let slotBase = UInt32(alternativeByteEnds.count)
    let alternativeByteBase = UInt32(alternativeBytes.count)
    bytes.append(contentsOf: other.bytes)
    ends.append(contentsOf: other.ends.lazy.map { $0 + byteBase })
    ids.append(contentsOf: other.ids)
    logProbabilities.append(contentsOf: other.logProbabilities)
    entropyLower.append(contentsOf: other.entropyLower)
    entropyUpper.append(contentsOf: other.entropyUpper)
    alternativeEnds.append(contentsOf: other.alternativeEnds.lazy.map { $0 + slotBase })
    alternativeBytes.append(contentsOf: other.alternativeBytes)
    alternativeByteEnds.append(
      contentsOf: other.alternativeByteEnds.lazy.map { $0 + alternativeByteBase })
    alternativeIDs.append(contentsOf: other.alternativeIDs)
    alternativeLogProbabilities.append(contentsOf: other.alternativeLogProbabilities)
  }

  /// Keeps the first `count` tokens.
  package mutating func truncate(to count: Int) {
    guard count < self.count else { return }
    let byteCount = count == 0 ? 0 : Int(ends[count - 1])
    let slotCount = count == 0 ? 0 : Int(alternativeEnds[count - 1])
    let alternativeByteCount = slotCount == 0 ? 0 : Int(alternativeByteEnds[slotCount - 1])
    bytes.removeLast(bytes.count - byteCount)
    missingBytes = min(missingBytes, byteCount)
    alternativeBytes.removeLast(alternativeBytes.count - alternativeByteCount)
    alternativeByteEnds.removeLast(alternativeByteEnds.count - slotCount)
    alternativeIDs.removeLast(alternativeIDs.count - slotCount)
    alternativeLogProbabilities.removeLast(alternativeLogProbabilities.count - slotCount)
    let excess = ends.count - count
    ends.removeLast(excess)
    ids.removeLast(excess)
    logProbabilities.removeLast(excess)
    entropyLower.removeLast(excess)
    entropyUpper.removeLast(excess)
    temperedEntropies.removeLast(max(0, temperedEntropies.count - count))
    alternativeEnds.removeLast(excess)
  }
}

extension TokenTable: Equatable {
  /// Column by column, with NaN (absent) equal to NaN.
  package static func == (left: TokenTable, right: TokenTable) -> Bool {
    func same(_ a: [Float], _ b: [Float]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
    return left.bytes == right.bytes && left.missingBytes == right.missingBytes
      && left.ends == right.ends && left.ids == right.ids
      && same(left.logProbabilities, right.logProbabilities)
      && same(left.entropyLower, right.entropyLower)
      && same(left.entropyUpper, right.entropyUpper)
      && (0..<left.ends.count).allSatisfy {
        left.temperedEntropy(of: $0) == right.temperedEntropy(of: $0)
      }
      && left.alternativeEnds == right.alternativeEnds
      && left.alternativeBytes == right.alternativeBytes
      && left.alternativeByteEnds == right.alternativeByteEnds
      && left.alternativeIDs == right.alternativeIDs
      && left.alternativeLogProbabilities == right.alternativeLogProbabilities
  }
}
