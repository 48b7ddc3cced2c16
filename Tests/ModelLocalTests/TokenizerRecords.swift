import Foundation
import ModelLocal
import Testing

/// Tokens as llama.cpp makes them, for every kind of tokenizer.
struct TokenizerRecords: Decodable {
  struct Tokenizer: Decodable {
    var file: String
    var pre: String?
    var prefix: Bool?
    var ids: [IDs]
  }

  /// The tokens of one text: as a user's, and with special tokens parsed.
  struct IDs: Decodable {
    var plain: [Int32]
    var special: [Int32]

    init(from decoder: any Swift.Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let both = try? container.decode([[Int32]].self), both.count == 2 {
        (plain, special) = (both[0], both[1])
      } else {
        plain = try container.decode([Int32].self)
        special = plain
      }
    }
  }

  var texts: [String]
  var tokenizers: [Tokenizer]

  /// The recorded ones, or those of `scripts/parity/tokenizer.py compare`.
  static func load() throws -> TokenizerRecords {
    let path = ProcessInfo.processInfo.environment["ERRATUM_TOKENS"]
    let file = path ?? Fixtures.path("tokens.json")
    return try JSONDecoder().decode(
      TokenizerRecords.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
  }
}

extension TokenizerRecords.Tokenizer {
  func make() throws -> Tokenizer {
    guard prefix == false else {
      // A file of its own is a model somebody compares.
      let path = file.hasPrefix("/") ? file : Fixtures.path(file)
      return try Tokenizer(GGUFFile(path: path), preTokenizer: pre)
    }
    var writer = try Fixtures.writer(file)
    writer["tokenizer.ggml.add_space_prefix"] = .bool(false)
    return try Tokenizer(GGUFFile(bytes: writer.bytes()))
  }
}

@Suite struct TokenizerRecordsTests {
  @Test func `tokens are those of llama cpp`() throws {
    let records = try TokenizerRecords.load()
    for record in records.tokenizers {
      let tokenizer = try record.make()
      let name = "\(record.pre ?? "llama, prefix \(record.prefix == true)")"
      for (text, ids) in zip(records.texts, record.ids) {
        let shown = text.debugDescription
        #expect(tokenizer.encode(text) == ids.plain, "\(name), \(shown)")
        #expect(tokenizer.encode(text, parsesSpecials: true) == ids.special, "\(name), \(shown)")
      }
    }
  }

  @Test func `what is decoded is what was encoded`() throws {
    let records = try TokenizerRecords.load()
    for record in records.tokenizers {
      let tokenizer = try record.make()
      for text in records.texts where record.pre != nil || !text.unicodeScalars.contains("\u{2581}")
      {
        let decoded = tokenizer.decode(tokenizer.encode(text))
        #expect(decoded == Array(text.utf8), "\(record.file), \(text.debugDescription)")
      }
    }
  }
}
