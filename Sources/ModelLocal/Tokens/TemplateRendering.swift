import Sessions

extension ChatTemplate {
  /// The tokens of a conversation, up to where the assistant speaks.
  ///
  /// With a `prefix` the assistant has begun to speak; the model goes on from its last byte.
  /// Message text never becomes a control token, whatever it says.
  package func tokens(
    for messages: [ChatMessage], prefix: String? = nil, with tokenizer: Tokenizer
  ) -> [Int32] {
    let begins = tokenizer.addsBeginning || programBegins
    let beginning = begins ? [tokenizer.beginning].compactMap { $0 } : []
    return beginning + tokenizer.encode(pieces(for: messages, prefix: prefix))
  }

  /// The same as text, for people, without the token every prompt begins with.
  package func text(for messages: [ChatMessage], prefix: String? = nil) -> String {
    pieces(for: messages, prefix: prefix).map(\.text).joined()
  }

  /// Whether the program itself writes the beginning-of-text token.
  private var programBegins: Bool {
    switch self {
    case .llama3, .llama3_1, .mistral, .mistralV1, .mistralV3, .gemma: true
    case .chatml, .qwen2, .qwen2_5, .qwen3, .smollm, .zephyr: false
    }
  }

  /// The conversation in pieces: marks, which are control tokens, and what somebody wrote.
  private func pieces(for messages: [ChatMessage], prefix: String?) -> [Tokenizer.Piece] {
    var transcript = Transcript()
    switch self {
    case .chatml, .qwen2, .qwen2_5, .smollm:
      transcript.writeChatML(messages, defaultSystem: defaultSystem)
    case .qwen3: transcript.writeQwen3(messages)
    case .llama3: transcript.writeLlama3(messages)
    case .llama3_1:
      transcript.writeDatedSystem(messages.first.flatMap { $0.author == .system ? $0 : nil })
      transcript.writeLlama3(
        messages.first?.author == .system ? messages.dropFirst() : messages[...])
    case .mistral: transcript.writeMistral(messages.withSystem(in: .first), .plain)
    case .mistralV1: transcript.writeMistral(messages.withSystem(in: .first), .v1)
    case .mistralV3: transcript.writeMistral(messages.withSystem(in: .last), .v3)
    case .gemma: transcript.writeGemma(messages.trimmed.withSystem(in: .first))
    case .zephyr: transcript.writeZephyr(messages)
    }
    if let prefix { transcript.say(prefix) }
    return transcript.pieces
  }
}

/// A prompt while it is being written.
private struct Transcript {
  private(set) var pieces: [Tokenizer.Piece] = []

  mutating func mark(_ text: String) {
    pieces.append(Tokenizer.Piece(text, parsesSpecials: true))
  }

  mutating func say(_ text: String) {
    pieces.append(Tokenizer.Piece(text, parsesSpecials: false))
  }

  mutating func write(_ before: String, _ text: String, _ after: String) {
    mark(before)
    say(text)
    mark(after)
  }

  mutating func writeChatML(_ messages: [ChatMessage], defaultSystem: String?) {
    if let defaultSystem, messages.first?.author != .system {
      mark("<|im_start|>system\n\(defaultSystem)<|im_end|>\n")
    }
    for message in messages {
      write("<|im_start|>\(message.author.rawValue)\n", message.text, "<|im_end|>\n")
    }
    mark("<|im_start|>assistant\n")
  }

  mutating func writeQwen3(_ messages: [ChatMessage]) {
    let lastQuestion = messages.lastIndex { $0.author == .user } ?? messages.count - 1
    for (index, message) in messages.enumerated() {
      mark("<|im_start|>\(message.author.rawValue)\n")
      if message.author == .assistant {
        let (thought, answer) = message.text.thoughtAndAnswer
        let isLast = index == messages.count - 1
        if index > lastQuestion, isLast || !thought.isEmpty {
          write("<think>\n", thought, "\n</think>\n\n")
        }
        say(answer)
      } else {
        say(message.text)
      }
      mark("<|im_end|>\n")
    }
    mark("<|im_start|>assistant\n")
  }

  /// The system message of Llama 3.1, which begins with two dates even when there is no other.
  ///
  /// The second stays the one of the program: today's would make the same call differ tomorrow.
  mutating func writeDatedSystem(_ message: ChatMessage?) {
    let dates = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
    write(
      "<|start_header_id|>system<|end_header_id|>\n\n" + dates, message?.text.trimmed ?? "",
      "<|eot_id|>")
  }

  mutating func writeLlama3(_ messages: some Sequence<ChatMessage>) {
    for message in messages {
      write(
        "<|start_header_id|>\(message.author.rawValue)<|end_header_id|>\n\n",
        message.text.trimmed, "<|eot_id|>")
    }
    mark("<|start_header_id|>assistant<|end_header_id|>\n\n")
  }

  mutating func writeMistral(_ messages: [ChatMessage], _ spacing: MistralSpacing) {
    for message in messages {
      if message.author == .assistant {
        let text = spacing.trimsAnswers ? message.text.trimmed : message.text
        write(spacing.beforeAnswer, text, "</s>")
      } else {
        write(spacing.open, message.text, spacing.close)
      }
    }
  }

  mutating func writeGemma(_ messages: [ChatMessage]) {
    for message in messages {
      let author = message.author == .assistant ? "model" : message.author.rawValue
      write("<start_of_turn>\(author)\n", message.text, "<end_of_turn>\n")
    }
    mark("<start_of_turn>model\n")
  }

  mutating func writeZephyr(_ messages: [ChatMessage]) {
    for message in messages {
      write("<|\(message.author.rawValue)|>\n", message.text, "</s>\n")
    }
    mark("<|assistant|>\n")
  }
}

/// Where Mistral's templates put spaces; to the model it makes a difference.
private struct MistralSpacing {
  var open: String
  var close: String
  var beforeAnswer: String
  var trimsAnswers = false

  static let plain = MistralSpacing(open: "[INST] ", close: " [/INST]", beforeAnswer: "")
  static let v1 = MistralSpacing(open: " [INST] ", close: " [/INST]", beforeAnswer: " ")
  static let v3 = MistralSpacing(
    open: "[INST] ", close: "[/INST]", beforeAnswer: " ", trimsAnswers: true)
}

extension [ChatMessage] {
  fileprivate enum Question { case first, last }

  fileprivate var trimmed: [ChatMessage] {
    map { $0.author == .system ? $0 : ChatMessage($0.author, $0.text.trimmed) }
  }

  /// For models that know no system messages: its text goes before a question's.
  fileprivate func withSystem(in question: Question) -> [ChatMessage] {
    let system = filter { $0.author == .system }.map(\.text).joined(separator: "\n\n")
    var others = filter { $0.author != .system }
    guard !system.isEmpty else { return others }
    let isQuestion = { (message: ChatMessage) in message.author == .user }
    let index =
      question == .first
      ? others.firstIndex(where: isQuestion) : others.lastIndex(where: isQuestion)
    guard let index else { return [ChatMessage(.user, system)] + others }
    others[index].text = system + "\n\n" + others[index].text
    return others
  }
}

extension String {
  /// Without white space at either end, as Jinja's `trim` has it.
  fileprivate var trimmed: String {
    let isSpace = { (scalar: Unicode.Scalar) in
      scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
    var scalars = unicodeScalars[...].drop(while: isSpace)
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }

  /// What stands between `<think>` and `</think>`, and what after it, as Qwen3's program cuts it.
  fileprivate var thoughtAndAnswer: (thought: String, answer: String) {
    let text = Array(utf8)
    let close = Array("</think>".utf8)
    guard let first = text.firstRange(of: close), let last = text.ranges(of: close).last else {
      return ("", self)
    }
    var thought = text[..<first.lowerBound]
    if let open = thought.ranges(of: Array("<think>".utf8)).last {
      thought = thought[open.upperBound...]
    }
    while thought.last == 0x0A { thought.removeLast() }
    let answer = text[last.upperBound...].drop { $0 == 0x0A }
    return (
      String(decoding: thought.drop { $0 == 0x0A }, as: UTF8.self),
      String(decoding: answer, as: UTF8.self)
    )
  }
}
