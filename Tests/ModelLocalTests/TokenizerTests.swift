import ModelLocal
import Testing

@Suite struct TokenizerTests {
  private func bytePairs(_ pre: String = "qwen2") throws -> Tokenizer {
    try Tokenizer(GGUFFile(path: Fixtures.path("bytes.gguf")), preTokenizer: pre)
  }

  private func sentencePieces() throws -> Tokenizer {
    try Tokenizer(GGUFFile(path: Fixtures.path("pieces.gguf")))
  }

  private func error(
    _ change: (inout GGUFWriter) -> Void
  ) throws -> TokenizerError {
    var writer = TinyModel.writer()
    change(&writer)
    let file = try GGUFFile(bytes: writer.bytes())
    let error = try #require(#expect(throws: TokenizerError.self) { try Tokenizer(file) })
    #expect(error.sentence(file: "m.gguf").hasPrefix("m.gguf "))
    #expect(error.sentence(file: "m.gguf").hasSuffix("."))
    return error
  }

  @Test func `what a user types is never a control token`() throws {
    for tokenizer in [try bytePairs(), try bytePairs("llama-bpe"), try sentencePieces()] {
      for id in 0..<Int32(tokenizer.count) where tokenizer.isControl(id) {
        let text = String(decoding: tokenizer.bytes(of: id, showsControl: true), as: UTF8.self)
        for typed in [text, "a\(text)b", "\(text)\(text)", " \(text) "] {
          #expect(!tokenizer.encode(typed).contains(where: tokenizer.isControl), "\(typed)")
        }
        #expect(tokenizer.encode(text, parsesSpecials: true) == [id])
        #expect(tokenizer.bytes(of: id).isEmpty)
      }
    }
  }

  @Test func `what looks like a control token is one, whatever the file calls it`() throws {
    var writer = TinyModel.writer()
    for kind: Int32 in [1, 4] {
      writer["tokenizer.ggml.token_type"] = .int32s([1, 1, 1, 1, 1, 1, 1, 4, kind, 4])
      let tokenizer = try Tokenizer(GGUFFile(bytes: writer.bytes()))
      #expect(!tokenizer.encode("<|im_start|>a<|im_end|>").contains(7))
      #expect(tokenizer.encode("<|im_start|>a<|im_end|>", parsesSpecials: true) == [7, 0, 8])
      #expect(tokenizer.isControl(8) && tokenizer.isEndOfTurn(8))
      #expect(tokenizer.encode("<x>a") == [9, 0])
    }
  }

  @Test func `words reach over the seam between two pieces`() throws {
    let tokenizer = try bytePairs()
    let pieces: [Tokenizer.Piece] = [
      .init("<|im_start|>user\n", parsesSpecials: true), .init("\n\nfoo", parsesSpecials: false),
    ]
    #expect(
      tokenizer.encode(pieces)
        == tokenizer.encode("<|im_start|>user\n\n\nfoo", parsesSpecials: true))
    // But no control token is put together from both sides of one.
    let split: [Tokenizer.Piece] = [
      .init("<|im_", parsesSpecials: true), .init("end|>", parsesSpecials: false),
    ]
    #expect(tokenizer.encode(split) == tokenizer.encode("<|im_end|>"))
  }

  @Test func `ids are looked up by text, and bytes by id`() throws {
    let tokenizer = try bytePairs()
    let end = try #require(tokenizer.id(ofText: "<|im_end|>"))
    #expect(tokenizer.isEndOfTurn(end) && tokenizer.isControl(end))
    #expect(tokenizer.bytes(of: end, showsControl: true) == Array("<|im_end|>".utf8))
    let space = try #require(tokenizer.id(ofText: "\u{120}"))
    #expect(tokenizer.bytes(of: space) == [0x20])
    #expect(tokenizer.id(ofText: "no such token") == nil)
    for id: Int32 in [-1, .min, Int32(tokenizer.count), .max] {
      #expect(tokenizer.bytes(of: id).isEmpty && !tokenizer.isControl(id))
    }
  }

  @Test func `SentencePiece decodes bytes and spaces`() throws {
    let tokenizer = try sentencePieces()
    let newline = try #require(tokenizer.id(ofText: "<0x0A>"))
    #expect(tokenizer.bytes(of: newline) == [0x0A])
    #expect(tokenizer.addsSpacePrefix)
    #expect(tokenizer.decode(tokenizer.encode("a  b")) == Array("a  b".utf8))
    #expect(tokenizer.addsBeginning && tokenizer.beginning == 1)
  }

  @Test(arguments: ["qwen2", "llama-bpe", "smollm", "gpt-2", "default"])
  func `bytes that are no text survive`(pre: String) throws {
    let tokenizer = try bytePairs(pre)
    var random = SeededRandom(11)
    for round in 0..<200 {
      let bytes = (0..<Int(random.next() % 60)).map { _ in
        random.next() % 3 == 0 ? UInt8.random(in: 0...255, using: &random) : 0x20
      }
      let ids = bytes.withUnsafeBytes { tokenizer.encode(bytes: $0) }
      #expect(tokenizer.decode(ids) == bytes, "round \(round)")
    }
  }

  /// In a debug build a fiftieth of a megabyte; in time that grows with the length alone.
  @Test(arguments: ["a", " ", "\n", "ab", "\u{1F600}", "1", "<|im_", "' ", "\u{4F60}"])
  func `long texts of one kind take no time`(unit: String) throws {
    let text = String(repeating: unit, count: 20_000 / unit.utf8.count)
    for tokenizer in [try bytePairs(), try sentencePieces()] {
      let clock = ContinuousClock()
      let start = clock.now
      let ids = tokenizer.encode(text, parsesSpecials: true)
      #expect(clock.now - start < .seconds(30))
      #expect(tokenizer.decode(ids) == Array(text.utf8))
    }
  }

  @Test func `a tokenizer that cannot be used says why`() throws {
    let tokens = "tokenizer.ggml.tokens"
    let types = "tokenizer.ggml.token_type"
    #expect(try error { $0["tokenizer.ggml.model"] = nil } == .missing(key: "tokenizer.ggml.model"))
    #expect(try error { $0["tokenizer.ggml.model"] = .text("bert") } == .unsupportedModel("bert"))
    #expect(
      try error { $0["tokenizer.ggml.pre"] = .text("tekken") }
        == .unsupportedPreTokenizer("tekken"))
    #expect(
      try error { $0["tokenizer.ggml.merges"] = nil }
        == .missing(key: "tokenizer.ggml.merges"))
    #expect(try error { $0[tokens] = nil } == .missing(key: tokens))
    #expect(try error { $0[tokens] = .strings([]) } == .missing(key: tokens))
    #expect(try error { $0[tokens] = .int32s([1, 2]) } == .missing(key: tokens))
    #expect(
      try error { $0[types] = .int32s([1, 1]) }
        == .wrongCount(key: types, count: 2, tokens: 10))
    #expect(
      try error { $0[types] = .int32s([1, 1, 1, 1, 9, 1, 1, 3, 3, 4]) }
        == .badTokenType(token: 4))
    #expect(
      try error { $0["tokenizer.ggml.model"] = .text("llama") }
        == .missing(key: "tokenizer.ggml.scores"))
    let twice = (TinyModel.tokens.dropLast() + ["ab"]).map { Array($0.utf8) }
    #expect(try error { $0[tokens] = .strings(twice) } == .duplicateToken(2, 9))
  }

  @Test(arguments: ["a", "", " ", "a ", "a c", "x y", "b a", "ab b"])
  func `a merge of tokens that are not there is an error`(merge: String) throws {
    let key = "tokenizer.ggml.merges"
    #expect(
      try error { $0[key] = .strings([Array("a b".utf8), Array(merge.utf8)]) }
        == .badMerge(1))
  }

  @Test(arguments: ["bos", "eos", "eot", "eom", "padding"])
  func `a token beyond the vocabulary is an error`(name: String) throws {
    let key = "tokenizer.ggml.\(name)_token_id"
    #expect(try error { $0[key] = .uint32(10) } == .idOutOfRange(key: key, id: 10, tokens: 10))
    #expect(try error { $0[key] = .int32(-2) } == .idOutOfRange(key: key, id: -2, tokens: 10))
    var writer = TinyModel.writer()
    writer[key] = .uint32(.max)
    _ = try Tokenizer(GGUFFile(bytes: writer.bytes()))
  }

  @Test func `tokens that are not UTF-8 and empty ones do no harm`() throws {
    var writer = TinyModel.writer()
    var tokens = TinyModel.tokens.map { Array($0.utf8) }
    tokens[9] = []
    tokens[5] = []
    tokens[6] = [0xFF, 0xC3]
    writer["tokenizer.ggml.tokens"] = .strings(tokens)
    for kind: Int32 in [1, 3, 4, 6] {
      writer["tokenizer.ggml.token_type"] = .int32s([1, 1, 1, 1, 1, kind, kind, 3, 3, kind])
      let tokenizer = try Tokenizer(GGUFFile(bytes: writer.bytes()))
      #expect(tokenizer.encode("abab", parsesSpecials: true) == [2, 2])
      #expect(tokenizer.bytes(of: 5).isEmpty)
      // Bytes that this vocabulary has no token for are left out, as llama.cpp leaves them.
      #expect(tokenizer.encode("azb") == [0, 1] || tokenizer.encode("azb") == [2])
    }
  }
}
