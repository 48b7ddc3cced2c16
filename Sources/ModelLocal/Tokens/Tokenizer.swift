/// Turns text into a model's tokens and back, as the model's file says.
package struct Tokenizer: Sendable {
  /// A stretch of a prompt: ours, where control tokens mean what they say, or somebody's text.
  package struct Piece: Sendable {
    package var text: String
    package var parsesSpecials: Bool

    package init(_ text: String, parsesSpecials: Bool) {
      self.text = text
      self.parsesSpecials = parsesSpecials
    }
  }

  private enum Method: Sendable {
    case bytePairs(BytePairs)
    case sentencePieces(SentencePieces)
  }

  let vocabulary: Vocabulary
  private let method: Method
  private let specials: SpecialTokens
  package let beginning: Int32?
  package let end: Int32?
  package let padding: Int32?
  /// Whether a prompt begins with ``beginning``.
  package let addsBeginning: Bool
  /// Tokens after which a model has said all it wants to say.
  package let endsOfTurn: Set<Int32>

  /// The tokenizer of a file; `preTokenizer` overrules the one that the file names.
  package init(_ file: GGUFFile, preTokenizer: String? = nil) throws(TokenizerError) {
    let metadata = file.metadata
    guard let model = metadata["tokenizer.ggml.model"]?.string else {
      throw .missing(key: "tokenizer.ggml.model")
    }
    guard model == "gpt2" || model == "llama" else { throw .unsupportedModel(model) }
    vocabulary = try Vocabulary(metadata)
    specials = SpecialTokens(vocabulary)
    let ids = try TokenIDs(metadata, vocabulary)
    beginning = ids.beginning
    end = ids.end
    padding = ids.padding
    endsOfTurn = ids.endsOfTurn
    let usuallyAddsBeginning: Bool
    if model == "gpt2" {
      let pairs = try BytePairs(metadata, vocabulary, preTokenizer: preTokenizer)
      method = .bytePairs(pairs)
      usuallyAddsBeginning = pairs.addsBeginning
    } else {
      method = .sentencePieces(try SentencePieces(metadata, vocabulary))
      usuallyAddsBeginning = true
    }
    let addsBeginning = metadata["tokenizer.ggml.add_bos_token"]?.bool ?? usuallyAddsBeginning
    self.addsBeginning = addsBeginning && beginning != nil
  }

  package var count: Int { vocabulary.count }

  /// Whether ``encode(_:parsesSpecials:)`` puts a space before a text, which decoding drops again.
  package var addsSpacePrefix: Bool {
    if case .sentencePieces(let pieces) = method { pieces.addsSpacePrefix } else { false }
  }

  package func isControl(_ id: Int32) -> Bool {
    guard let kind = kind(id) else { return false }
    return kind == .control || kind == .unknown
  }

  package func isEndOfTurn(_ id: Int32) -> Bool { endsOfTurn.contains(id) }

  package func kind(_ id: Int32) -> TokenKind? {
    vocabulary.kinds.indices.contains(Int(id)) ? vocabulary.kinds[Int(id)] : nil
  }

  /// The token of exactly this text, as the file writes it (`Ġthe`, `▁the`, `<|im_end|>`).
  package func id(ofText text: String) -> Int32? { vocabulary[text.utf8] }

  /// The tokens of `text`, without a beginning-of-text token.
  ///
  /// With `parsesSpecials`, `<|im_end|>` in it is the control token; without, it is eleven
  /// characters like any others. What a user or a model wrote is encoded without.
  package func encode(_ text: String, parsesSpecials: Bool = false) -> [Int32] {
    encode([Piece(text, parsesSpecials: parsesSpecials)])
  }

  /// The tokens of several pieces as one text: words may reach from one piece into the next.
  package func encode(_ pieces: [Piece]) -> [Int32] {
    var text: [UInt8] = []
    var allowed: [Range<Int>] = []
    for piece in pieces {
      let start = text.count
      text.append(contentsOf: piece.text.utf8)
      if piece.parsesSpecials { allowed.append(start..<text.count) }
    }
    return text.withUnsafeBytes { encode($0, controlIn: allowed) }
  }

  /// The tokens of bytes that need not be UTF-8.
  package func encode(bytes: UnsafeRawBufferPointer, parsesSpecials: Bool = false) -> [Int32] {
    encode(bytes, controlIn: parsesSpecials ? [0..<bytes.count] : [])
  }

  private func encode(
    _ text: UnsafeRawBufferPointer, controlIn allowed: [Range<Int>]
  ) -> [Int32] {
    precondition(text.count <= Int32.max / 4, "nobody's prompt is this long")
    var tokens: [Int32] = []
    var afterSpecial = true
    for cut in specials.cut(text, controlIn: allowed) {
      switch cut {
      case .token(let id):
        tokens.append(id)
        afterSpecial = true
      case .text(let range):
        let stretch = UnsafeRawBufferPointer(rebasing: text[range])
        switch method {
        case .bytePairs(let pairs): pairs.encode(stretch, vocabulary, into: &tokens)
        case .sentencePieces(let pieces):
          pieces.encode(stretch, afterSpecial: afterSpecial, vocabulary, into: &tokens)
        }
        afterSpecial = false
      }
    }
    return tokens
  }

  /// The bytes a token stands for; they need not be whole characters.
  ///
  /// Control tokens stand for nothing, unless `showsControl`: then for their text. A number that
  /// is no token's stands for nothing.
  package func bytes(of id: Int32, showsControl: Bool = false) -> [UInt8] {
    guard let kind = kind(id) else { return [] }
    let text = vocabulary.text(id)
    switch (kind, method) {
    case (.control, _), (.unknown, _): return showsControl ? Array(text) : []
    case (.userDefined, _): return Array(text)
    case (_, .bytePairs): return Self.spelledOut(text)
    case (.byte, .sentencePieces):
      return SentencePieces.byte(namedBy: text).map { [$0] } ?? Array(text)
    case (_, .sentencePieces): return Self.withSpaces(text)
    }
  }

  /// The text of tokens, as far as they are text: the inverse of encoding.
  package func decode(_ ids: [Int32]) -> [UInt8] {
    var text: [UInt8] = []
    var afterSpecial = true
    for id in ids {
      let bytes = bytes(of: id)
      let wasAdded = addsSpacePrefix && afterSpecial && bytes.first == 0x20
      text += wasAdded ? bytes.dropFirst() : bytes[...]
      afterSpecial = isControl(id) || kind(id) == .userDefined
    }
    return text
  }

  /// Bytes out of the letters that stand for them; other characters stand for themselves.
  private static func spelledOut(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var offset = 0
    while offset < text.count {
      let (scalar, length) = UTF8Step.decode(text, at: offset)
      if let byte = scalar.flatMap(ByteLetters.byte) {
        bytes.append(byte)
      } else {
        bytes.append(contentsOf: text[offset..<offset + length])
      }
      offset += length
    }
    return bytes
  }

  private static func withSpaces(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var offset = 0
    while offset < text.count {
      if text[offset...].starts(with: SentencePieces.space) {
        bytes.append(0x20)
        offset += SentencePieces.space.count
      } else {
        bytes.append(text[offset])
        offset += 1
      }
    }
    return bytes
  }
}
