/// What a token is there for.
package enum TokenKind: Int, Sendable {
  case normal = 1
  case unknown = 2
  case control = 3
  case userDefined = 4
  case unused = 5
  case byte = 6
}

/// A file's tokens: their text, which stays in the file, and their kinds.
struct Vocabulary: Sendable {
  let strings: GGUFStrings
  private(set) var kinds: [TokenKind]
  private let index: TokenIndex

  var count: Int { strings.count }

  init(_ metadata: [String: GGUFValue]) throws(TokenizerError) {
    guard let strings = metadata["tokenizer.ggml.tokens"]?.strings, strings.count > 0 else {
      throw .missing(key: "tokenizer.ggml.tokens")
    }
    guard strings.count <= 1 << 24 else { throw .tooManyTokens(strings.count) }
    self.strings = strings
    kinds = try Self.kinds(metadata["tokenizer.ggml.token_type"], count: strings.count)
    index = try TokenIndex(strings)
    for text in EndMarks.all {
      // Some converters leave these as normal tokens; then a user could type one.
      if let id = self[Array(text.utf8)] { kinds[Int(id)] = .control }
    }
  }

  /// The token of exactly this text, as the file writes it.
  subscript(text: some Collection<UInt8>) -> Int32? { index.find(text, in: strings) }

  func text(_ id: Int32) -> UnsafeRawBufferPointer { strings[Int(id)] }

  private static func kinds(
    _ value: GGUFValue?, count: Int
  ) throws(TokenizerError) -> [TokenKind] {
    guard let value else { return [TokenKind](repeating: .normal, count: count) }
    let key = "tokenizer.ggml.token_type"
    guard let numbers = value.numbers else { throw .missing(key: key) }
    guard numbers.count == count else {
      throw .wrongCount(key: key, count: numbers.count, tokens: count)
    }
    var kinds: [TokenKind] = []
    kinds.reserveCapacity(count)
    for id in 0..<count {
      guard let kind = numbers[id].int.flatMap({ $0 == 0 ? .normal : TokenKind(rawValue: $0) })
      else {
        throw .badTokenType(token: id)
      }
      kinds.append(kind)
    }
    return kinds
  }
}

/// Finds tokens by their text, without a copy of any.
///
/// Open addressing over numbers. The hash is seeded anew in every process, so no file can be made
/// whose tokens all collide.
struct TokenIndex: Sendable {
  private var slots: [Int32]

  init(_ strings: GGUFStrings) throws(TokenizerError) {
    var size = 16
    while size < strings.count * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    // Empty tokens fill gaps in some vocabularies; no text is ever one.
    for id in 0..<strings.count where strings[id].count > 0 {
      var slot = Self.hash(strings[id]) & (size - 1)
      while slots[slot] >= 0 {
        guard !strings[Int(slots[slot])].elementsEqual(strings[id]) else {
          throw .duplicateToken(Int(slots[slot]), id)
        }
        slot = (slot + 1) & (size - 1)
      }
      slots[slot] = Int32(id)
    }
  }

  func find(_ text: some Collection<UInt8>, in strings: GGUFStrings) -> Int32? {
    let found = text.withContiguousStorageIfAvailable { bytes in
      find(UnsafeRawBufferPointer(bytes), in: strings)
    }
    return found ?? Array(text).withUnsafeBytes { find($0, in: strings) }
  }

  private func find(_ text: UnsafeRawBufferPointer, in strings: GGUFStrings) -> Int32? {
    var slot = Self.hash(text) & (slots.count - 1)
    while slots[slot] >= 0 {
      let candidate = strings[Int(slots[slot])]
      if candidate.count == text.count, candidate.elementsEqual(text) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func hash(_ text: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: text)
    return hasher.finalize()
  }
}

/// Texts of tokens that end a turn, over all known models.
enum EndMarks {
  static let all = [
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>", "<|end|>",
    "<end_of_turn>", "<end_of_utterance>", "</s>", "<EOT>", "_<EOT>", "<eos>",
  ]
}
