/// SentencePiece's merging by scores, as Llama 2, Mistral and Gemma use it.
struct SentencePieces: Sendable {
  /// A text gets a space in front, as if it stood in a sentence.
  let addsSpacePrefix: Bool
  private let scores: [Float]
  /// The token of each single byte, or -1.
  private let byteTokens: [Int32]

  /// ▁, which stands for a space.
  static let space: [UInt8] = [0xE2, 0x96, 0x81]

  init(_ metadata: [String: GGUFValue], _ vocabulary: Vocabulary) throws(TokenizerError) {
    let key = "tokenizer.ggml.scores"
    guard let numbers = metadata[key]?.numbers else { throw .missing(key: key) }
    guard numbers.count == vocabulary.count else {
      throw .wrongCount(key: key, count: numbers.count, tokens: vocabulary.count)
    }
    scores = (0..<numbers.count).map { index in
      let score = Float(numbers[index].float ?? 0)
      return score.isNaN ? -.infinity : score
    }
    addsSpacePrefix = metadata["tokenizer.ggml.add_space_prefix"]?.bool ?? true
    byteTokens = (0...255).map { byte in
      vocabulary[Self.name(of: byte).utf8] ?? vocabulary[CollectionOfOne(UInt8(byte))] ?? -1
    }
  }

  /// `<0x0A>`, as the byte 10 is written.
  private static func name(of byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
  }

  /// The byte that a token like `<0x0A>` stands for.
  static func byte(namedBy text: UnsafeRawBufferPointer) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: text[3..<5], as: UTF8.self), radix: 16)
  }

  /// Appends the tokens of a stretch of text without special tokens.
  func encode(
    _ text: UnsafeRawBufferPointer, afterSpecial: Bool, _ vocabulary: Vocabulary,
    into tokens: inout [Int32]
  ) {
    var spelled: [UInt8] = []
    spelled.reserveCapacity(text.count + text.count / 4)
    if addsSpacePrefix && afterSpecial { spelled += Self.space }
    for byte in text {
      if byte == 0x20 { spelled += Self.space } else { spelled.append(byte) }
    }
    spelled.withUnsafeBytes { bytes in
      var pieces = Pieces(bytes)
      pieces.merge(scores, vocabulary)
      pieces.append(to: &tokens, byteTokens, vocabulary)
    }
  }
}

/// A text while its pieces are being merged.
private struct Pieces {
  private let text: UnsafeRawBufferPointer
  /// Where each piece begins and how long it is; 0 once it is part of the one before.
  private var starts: [Int32] = []
  private var lengths: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = MergeQueue<ScoredPair>()

  init(_ text: UnsafeRawBufferPointer) {
    self.text = text
    var offset = 0
    while offset < text.count {
      // By the first byte alone, as the format's writers do; bad UTF-8 ends up as bytes anyway.
      let length = min(Self.length(text[offset]), text.count - offset)
      starts.append(Int32(offset))
      lengths.append(Int32(length))
      offset += length
    }
    for place in 0..<Int32(starts.count) {
      previous.append(place - 1)
      next.append(place + 1)
    }
  }

  private static func length(_ first: UInt8) -> Int {
    switch first {
    case 0xC0...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xFF: 4
    default: 1
    }
  }

  mutating func merge(_ scores: [Float], _ vocabulary: Vocabulary) {
    for place in 0..<starts.count { enqueue(place, scores, vocabulary) }
    while let entry = queue.pop() {
      let left = Int(entry.left)
      guard lengths[left] > 0, Int(next[left]) < starts.count else { continue }
      let right = Int(next[left])
      guard lengths[left] + lengths[right] == entry.length else { continue }
      lengths[left] = entry.length
      lengths[right] = 0
      next[left] = next[right]
      if Int(next[left]) < starts.count { previous[Int(next[left])] = entry.left }
      if previous[left] >= 0 { enqueue(Int(previous[left]), scores, vocabulary) }
      enqueue(left, scores, vocabulary)
    }
  }

  private mutating func enqueue(_ left: Int, _ scores: [Float], _ vocabulary: Vocabulary) {
    let right = Int(next[left])
    guard right < starts.count else { return }
    let length = lengths[left] + lengths[right]
    guard let token = token(at: left, length: length, vocabulary) else { return }
    queue.push(ScoredPair(score: scores[Int(token)], left: Int32(left), length: length))
  }

  /// The token a user's text may become: no control token.
  private func token(at place: Int, length: Int32, _ vocabulary: Vocabulary) -> Int32? {
    let start = Int(starts[place])
    let piece = UnsafeRawBufferPointer(rebasing: text[start..<start + Int(length)])
    guard let token = vocabulary[piece] else { return nil }
    switch vocabulary.kinds[Int(token)] {
    case .control, .unknown: return nil
    case .normal, .userDefined, .unused, .byte: return token
    }
  }

  func append(to tokens: inout [Int32], _ byteTokens: [Int32], _ vocabulary: Vocabulary) {
    var place = 0
    while place < starts.count {
      if let token = token(at: place, length: lengths[place], vocabulary) {
        tokens.append(token)
      } else {
        let start = Int(starts[place])
        for byte in text[start..<start + Int(lengths[place])] {
          if byteTokens[Int(byte)] >= 0 { tokens.append(byteTokens[Int(byte)]) }
        }
      }
      place = Int(next[place])
    }
  }
}
