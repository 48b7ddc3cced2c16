/// Byte-level byte-pair encoding: GPT-2's, and that of most models since.
struct BytePairs: Sendable {
  private let preTokenizer: PreTokenizer
  /// A word that is a token needs no merging; Llama 3 was trained so.
  private let prefersWholeWords: Bool
  private let merges: [Pair: Merge]
  /// The token of each single byte, or -1: some vocabularies lack bytes that UTF-8 never has.
  private let byteTokens: [Int32]

  struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  struct Merge {
    var rank: Int32
    var token: Int32
  }

  init(
    _ metadata: [String: GGUFValue], _ vocabulary: Vocabulary, preTokenizer name: String?
  ) throws(TokenizerError) {
    let name = name ?? metadata["tokenizer.ggml.pre"]?.string ?? "default"
    preTokenizer = try PreTokenizer(named: name)
    prefersWholeWords = preTokenizer == .llama3(digits: 3)
    byteTokens = (0...255).map { byte in
      var letters: [UInt8] = []
      ByteLetters.spell([UInt8(byte)], into: &letters)
      return vocabulary[letters] ?? -1
    }
    guard let strings = metadata["tokenizer.ggml.merges"]?.strings else {
      throw .missing(key: "tokenizer.ggml.merges")
    }
    merges = try Self.merges(strings, vocabulary)
  }

  private static func merges(
    _ strings: GGUFStrings, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [Pair: Merge] {
    var merges: [Pair: Merge] = [:]
    merges.reserveCapacity(min(strings.count, 1 << 20))
    var joined: [UInt8] = []
    for number in 0..<strings.count {
      let text = strings[number]
      guard let space = text.dropFirst().firstIndex(of: 0x20) else { throw .badMerge(number) }
      joined.removeAll(keepingCapacity: true)
      joined.append(contentsOf: text[..<space])
      joined.append(contentsOf: text[(space + 1)...])
      guard let left = vocabulary[text[..<space]], let right = vocabulary[text[(space + 1)...]],
        let token = vocabulary[joined]
      else { throw .badMerge(number) }
      // Text must never become a control token.
      guard vocabulary.kinds[Int(token)] != .control else { continue }
      let pair = Pair(left: left, right: right)
      // The first of two equal merges counts.
      if merges[pair] == nil { merges[pair] = Merge(rank: Int32(number), token: token) }
    }
    return merges
  }

  /// Whether prompts begin with a token of their own where the file does not say.
  var addsBeginning: Bool { preTokenizer == .llama3(digits: 3) }

  /// Appends the tokens of a stretch of text without special tokens.
  func encode(
    _ text: UnsafeRawBufferPointer, _ vocabulary: Vocabulary, into tokens: inout [Int32]
  ) {
    var word = Word()
    preTokenizer.split(text) { range in
      let bytes = UnsafeRawBufferPointer(rebasing: text[range])
      if prefersWholeWords, let token = wholeWord(bytes, vocabulary) {
        tokens.append(token)
      } else {
        word.start(bytes, byteTokens)
        word.merge(merges)
        word.append(to: &tokens)
      }
    }
  }

  private func wholeWord(_ bytes: UnsafeRawBufferPointer, _ vocabulary: Vocabulary) -> Int32? {
    var letters: [UInt8] = []
    ByteLetters.spell(bytes, into: &letters)
    guard let token = vocabulary[letters], vocabulary.kinds[Int(token)] != .control else {
      return nil
    }
    return token
  }
}

/// A word while it is being merged: a list of tokens, linked so that merging is O(1).
private struct Word {
  private var tokens: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = MergeQueue<RankedPair>()

  mutating func start(_ bytes: UnsafeRawBufferPointer, _ byteTokens: [Int32]) {
    tokens.removeAll(keepingCapacity: true)
    for byte in bytes where byteTokens[Int(byte)] >= 0 { tokens.append(byteTokens[Int(byte)]) }
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    for place in 0..<Int32(tokens.count) {
      previous.append(place - 1)
      next.append(place + 1)
    }
  }

  mutating func merge(_ merges: [BytePairs.Pair: BytePairs.Merge]) {
    for place in 0..<Int32(tokens.count) { enqueue(place, merges) }
    while let entry = queue.pop() {
      let left = Int(entry.left)
      let right = Int(next[left])
      guard tokens[left] == entry.leftToken, right < tokens.count,
        tokens[right] == entry.rightToken
      else { continue }
      tokens[left] = entry.merged
      tokens[right] = -1
      next[left] = next[right]
      if next[left] < tokens.count { previous[Int(next[left])] = entry.left }
      if previous[left] >= 0 { enqueue(previous[left], merges) }
      enqueue(entry.left, merges)
    }
  }

  private mutating func enqueue(_ left: Int32, _ merges: [BytePairs.Pair: BytePairs.Merge]) {
    let right = next[Int(left)]
    guard right < tokens.count else { return }
    let pair = BytePairs.Pair(left: tokens[Int(left)], right: tokens[Int(right)])
    guard let merge = merges[pair] else { return }
    queue.push(
      RankedPair(
        rank: merge.rank, left: left, leftToken: pair.left, rightToken: pair.right,
        merged: merge.token))
  }

  func append(to result: inout [Int32]) {
    var place = 0
    while place < tokens.count {
      result.append(tokens[place])
      place = Int(next[place])
    }
  }
}
