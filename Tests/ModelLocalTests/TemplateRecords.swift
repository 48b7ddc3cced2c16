import Foundation
import ModelLocal
import Sessions
import Testing

/// Prompts as llama.cpp makes them from the programs in `Fixtures/templates`.
struct TemplateRecord: Decodable {
  struct Message: Decodable {
    var role: ChatMessage.Author
    var content: String
  }

  struct Case: Decodable {
    var messages: [Message]
    var text: String
    var ids: [Int32]

    /// A last answer is left open, for the model to go on from.
    var parts: (messages: [ChatMessage], prefix: String?) {
      let all = messages.map { ChatMessage($0.role, $0.content) }
      guard let last = all.last, last.author == .assistant else { return (all, nil) }
      return (Array(all.dropLast()), last.text)
    }
  }

  var template: String
  var tokenizer: String
  var pre: String?
  var prefix: Bool?
  var cases: [Case]

  static func load() throws -> [TemplateRecord] {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("templates.json")))
    return try JSONDecoder().decode([TemplateRecord].self, from: data)
  }

  var program: String {
    get throws {
      try String(decoding: Fixtures.bytes("templates/\(template).jinja"), as: UTF8.self)
    }
  }

  /// A file with this program, and with the tokenizer that was recorded.
  func file() throws -> GGUFFile {
    var writer = try Fixtures.writer(tokenizer + ".gguf")
    writer["tokenizer.chat_template"] = .text(try program)
    if let pre { writer["tokenizer.ggml.pre"] = .text(pre) }
    if let prefix { writer["tokenizer.ggml.add_space_prefix"] = .bool(prefix) }
    if pre == "llama-bpe", let strings = try writer.strings("tokenizer.ggml.tokens") {
      let id = strings.firstIndex(of: Array("<|begin_of_text|>".utf8)) ?? 0
      writer["tokenizer.ggml.bos_token_id"] = .uint32(UInt32(id))
    }
    return try GGUFFile(bytes: writer.bytes())
  }
}

extension GGUFWriter {
  func strings(_ key: String) throws -> [[UInt8]]? {
    if case .strings(let strings) = self[key] { strings } else { nil }
  }
}

@Suite struct TemplateRecordsTests {
  @Test func `prompts are those of llama cpp`() throws {
    for record in try TemplateRecord.load() {
      let file = try record.file()
      let tokenizer = try Tokenizer(file)
      let template = try ChatTemplate.recognised(in: file)
      #expect(template.rawValue == record.template)
      for item in record.cases {
        let (messages, prefix) = item.parts
        let name = "\(record.template): \(item.text.debugDescription)"
        let text = template.text(for: messages, prefix: prefix)
        #expect(text.debugDescription == item.text.debugDescription, "\(name)")
        let ids = template.tokens(for: messages, prefix: prefix, with: tokenizer)
        #expect(ids == item.ids, "\(name)")
      }
    }
  }

  @Test func `every template has a record`() throws {
    let recorded = try TemplateRecord.load().map(\.template)
    #expect(Set(recorded) == Set(ChatTemplate.allCases.map(\.rawValue)))
  }
}
