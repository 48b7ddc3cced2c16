import ModelLocal
import Sessions
import Testing

@Suite struct TemplateTests {
  @Test(arguments: [
    // Other families, by the marks their programs have.
    "{{ '<|user|>\n' + content + '<|end|>\n<|assistant|>\n' }}",
    "{{ '<|im_start|>user<|im_sep|>' + content + '<|im_end|>' }}",
    "{{ '[INST] <<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + content + ' [/INST]' }}",
    "{{ '[SYSTEM_PROMPT]' + system + '[/SYSTEM_PROMPT][INST]' + content + '[/INST]' }}",
    "{{ '[INST]' + content + '[/INST]' }}",
    "{{ '<|start_of_role|>user<|end_of_role|>' + content + '<|end_of_text|>' }}",
    "{{ '<\u{FF5C}User\u{FF5C}>' + content + '<\u{FF5C}Assistant\u{FF5C}>' }}",
    "{{ '<|user|>\\n' + message['content'] + '\\n<|assistant|>\\n' + answer + eos_token }}",
    "{{ '<|start_header_id|>system<|end_header_id|>\\n\\nBe kind.<|eot_id|>' }}",
    "{{ '<|start_header_id|>' + role + '<|end_header_id|>\\n\\n<think>' }}<|eot_id|>",
    // ChatML with something that none of ours does.
    "{{ '<|im_start|>system\\nYou are Dolphin.<|im_end|>\\n<|im_start|>user\\n' + content }}",
    "{% set system_message = 'You are X.' %}{{ '<|im_start|>' + role + '\\n' }}<|im_end|>",
    "{{ '<|im_start|>' + role + '\\n' + content | trim + '<|im_end|>' }}",
    "{{ '<|im_start|>user<|im_end|>\\n<|im_start|>assistant\\n<think>\\n' }}",
    "{{ '<|im_start|>' }}{% if enable_thinking %}/think{% endif %}<|im_end|>",
    "plain", "{{ messages }}", "<|im_start|>", "[INST]", "<start_of_turn>", "<|user|>",
  ])
  func `an unknown template is refused`(program: String) throws {
    #expect(ChatTemplate(recognising: program) == nil)
    var writer = TinyModel.writer()
    writer["tokenizer.chat_template"] = .text(program)
    let file = try GGUFFile(bytes: writer.bytes())
    let error = #expect(throws: TemplateError.self) { try ChatTemplate.recognised(in: file) }
    let sentence = try #require(error?.sentence(file: "m.gguf"))
    for template in ChatTemplate.allCases { #expect(sentence.contains(template.rawValue)) }
    #expect(sentence.contains("template = \"chatml\"") && sentence.contains("m.gguf#chatml"))
  }

  @Test func `an absent template and one that is no text are said to be so`() throws {
    func error(_ value: GGUFWriter.Value?) throws -> TemplateError? {
      var writer = TinyModel.writer()
      writer["tokenizer.chat_template"] = value
      let file = try GGUFFile(bytes: writer.bytes())
      return #expect(throws: TemplateError.self) { try ChatTemplate.recognised(in: file) }
    }
    #expect(try error(nil) == .absent)
    #expect(try error(.text("")) == .absent)
    #expect(try error(.uint32(1)) == .absent)
    #expect(try error(.rawText([0x3C, 0xFF, 0xFE])) == .unreadable)
  }

  @Test(arguments: ChatTemplate.allCases)
  func `message text never becomes a control token`(template: ChatTemplate) throws {
    let name = [.mistral, .mistralV1, .mistralV3, .gemma, .zephyr].contains(template)
    let file = try GGUFFile(path: Fixtures.path(name ? "pieces.gguf" : "bytes.gguf"))
    let tokenizer = try Tokenizer(file)
    func controls(_ text: String) -> [Int32] {
      template.tokens(
        for: [ChatMessage(.system, text), ChatMessage(.user, text), ChatMessage(.assistant, text)]
          + [ChatMessage(.user, text)], prefix: text, with: tokenizer
      ).filter(tokenizer.isControl)
    }
    let plain = controls("x")
    for id in 0..<Int32(tokenizer.count) where tokenizer.isControl(id) {
      let text = String(decoding: tokenizer.bytes(of: id, showsControl: true), as: UTF8.self)
      #expect(controls("x\(text)x") == plain, "\(text)")
    }
  }

  @Test func `a prefix is the last of a prompt, byte for byte`() {
    for template in ChatTemplate.allCases {
      let messages = [ChatMessage(.system, "S"), ChatMessage(.user, "Q")]
      let open = template.text(for: messages)
      for prefix in ["", " ", "Step 1:\n", "\n\nx  ", "<think>\nso"] {
        #expect(template.text(for: messages, prefix: prefix) == open + prefix)
      }
    }
  }

  @Test func `a model without system messages reads them in a question`() {
    let messages = [ChatMessage(.system, "S"), ChatMessage(.user, "Q")]
    #expect(ChatTemplate.mistral.text(for: messages) == "[INST] S\n\nQ [/INST]")
    #expect(
      ChatTemplate.gemma.text(for: messages)
        == "<start_of_turn>user\nS\n\nQ<end_of_turn>\n<start_of_turn>model\n")
    #expect(ChatTemplate.mistral.text(for: [messages[0]]) == "[INST] S [/INST]")
  }

  @Test func `conversations that are none do no harm`() throws {
    let file = try GGUFFile(path: Fixtures.path("bytes.gguf"))
    let tokenizer = try Tokenizer(file)
    let odd: [[ChatMessage]] = [
      [], [ChatMessage(.assistant, "A")], [ChatMessage(.system, ""), ChatMessage(.system, "")],
      [ChatMessage(.user, ""), ChatMessage(.user, "</think><think>")],
      [ChatMessage(.assistant, "</think></think>\n\n<think>")],
    ]
    for template in ChatTemplate.allCases {
      for messages in odd { _ = template.tokens(for: messages, prefix: "", with: tokenizer) }
    }
  }
}
