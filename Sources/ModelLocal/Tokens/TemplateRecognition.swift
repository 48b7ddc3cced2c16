extension ChatTemplate {
  /// The template that a file's own program stands for.
  package static func recognised(in file: GGUFFile) throws(TemplateError) -> ChatTemplate {
    guard let text = file.metadata["tokenizer.chat_template"]?.text, text.count > 0 else {
      throw .absent
    }
    guard let program = text.string else { throw .unreadable }
    guard let template = ChatTemplate(recognising: program) else { throw .unrecognised }
    return template
  }

  /// The template a Jinja program stands for; `nil` where it does anything that none of these do.
  package init?(recognising text: String) {
    let program = TemplateProgram(text)
    if program.has("<|im_start|>") {
      self.init(recognisingChatML: program)
    } else if program.has("<|start_header_id|>") {
      let system = program.defaultMessage(after: "<|start_header_id|>system<|end_header_id|>\n\n")
      guard program.has("<|eot_id|>"), !program.has("<think>"), system == nil else { return nil }
      self = program.has("Cutting Knowledge Date") ? .llama3_1 : .llama3
    } else if program.has("<start_of_turn>") {
      guard program.has("<end_of_turn>"), program.has("model") else { return nil }
      self = .gemma
    } else if program.has("[INST]") {
      self.init(recognisingMistral: program)
    } else if program.endsQuestionsLikeZephyr {
      self = .zephyr
    } else {
      return nil
    }
  }

  private init?(recognisingChatML program: TemplateProgram) {
    // Phi-4 has a third mark; some programs trim; a thought opened for the model is another kind.
    guard program.has("<|im_end|>"), !program.has("<|im_sep|>") else { return nil }
    if program.has("enable_thinking") {
      // SmolLM3 has the same switch, and says much more.
      guard program.has("<think>"), program.has("last_query_index") else { return nil }
      self = .qwen3
      return
    }
    guard !program.has("<think>"), !program.has("trim") else { return nil }
    switch program.defaultMessage(after: "<|im_start|>system\n") {
    case nil:
      guard !program.hidesSystemMessage else { return nil }
      self = .chatml
    case .some(let text):
      let known = [ChatTemplate.qwen2, .qwen2_5, .smollm].first { $0.defaultSystem == text }
      guard let known else { return nil }
      self = known
    }
  }

  private init?(recognisingMistral program: TemplateProgram) {
    guard !program.has("<<SYS>>"), !program.has("[SYSTEM_PROMPT]") else { return nil }
    if program.hasLiteral(" [INST] "), program.hasLiteral(" [/INST]") {
      self = .mistralV1
    } else if program.hasLiteral("[INST] "), program.hasLiteral(" [/INST]") {
      self = .mistral
    } else if program.hasLiteral("[INST] "), program.hasLiteral("[/INST]") {
      self = .mistralV3
    } else {
      return nil
    }
  }

  /// What a model is told when nobody tells it anything.
  var defaultSystem: String? {
    switch self {
    case .qwen2: "You are a helpful assistant."
    case .qwen2_5: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    case .smollm: "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    default: nil
    }
  }
}

/// A Jinja program, looked at as text.
struct TemplateProgram {
  /// With `\n` in its string literals as newlines.
  private let text: [UInt8]

  init(_ text: String) {
    self.text = Array(text.utf8).replacing(Array("\\n".utf8), with: [0x0A])
  }

  func has(_ part: String) -> Bool { text.contains(Array(part.utf8)) }

  /// Whether this is a whole string literal.
  func hasLiteral(_ part: String) -> Bool { has("'\(part)'") || has("\"\(part)\"") }

  /// The text that stands after `mark` in the same literal, as far as it is plain.
  func defaultMessage(after mark: String) -> String? {
    let mark = Array(mark.utf8)
    var rest = text[...]
    while let found = rest.firstRange(of: mark) {
      rest = rest[found.upperBound...]
      let message = rest.prefix { !Array("'\"<{".utf8).contains($0) }
      if !message.isEmpty { return String(decoding: message, as: UTF8.self) }
    }
    return nil
  }

  /// Whether a question ends with the end-of-text token: others with the same marks end none so.
  var endsQuestionsLikeZephyr: Bool {
    let squeezed = TemplateProgram(squeezing: text)
    return squeezed.has("'<|user|>\n'+message['content']+eos_token") && has("<|assistant|>")
  }

  private init(squeezing text: [UInt8]) {
    self.text = text.compactMap { byte in
      switch byte {
      case UInt8(ascii: " "): nil
      case UInt8(ascii: "\""): UInt8(ascii: "'")
      default: byte
      }
    }
  }

  /// Whether a system message stands in a variable, where nothing says which models have it.
  var hidesSystemMessage: Bool {
    has("default_system") || has("set system_message = '") || has("set system_message = \"")
  }
}
