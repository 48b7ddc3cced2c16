/// How a model wants a conversation written down.
///
/// Files carry their template as a Jinja program. This is no Jinja interpreter: the families are
/// recognised by what their programs contain, and rendered by hand. What is not recognised is
/// refused, never guessed; a person can then choose one by name.
package enum ChatTemplate: String, CaseIterable, Sendable {
  /// Turns between `<|im_start|>` and `<|im_end|>`, and nothing else.
  case chatml
  /// ChatML; a conversation without a system message gets one: "You are a helpful assistant."
  case qwen2
  /// The same with Qwen2.5's own system message.
  case qwen2_5 = "qwen2.5"
  /// ChatML; thoughts are left out of earlier answers.
  ///
  /// Whether to think is left to the model, which begins with `<think>` when it does: nothing is
  /// put into its mouth. To keep it from thinking, begin its answer with an empty thought.
  case qwen3
  /// ChatML with SmolLM2's own system message.
  case smollm
  case llama3
  /// Llama 3.1 to 3.3, whose system message begins with two dates.
  case llama3_1 = "llama3.1"
  /// `[INST] … [/INST]`, before Mistral had control tokens for them.
  case mistral
  /// The same, with a space before `[INST]` and before an answer.
  case mistralV1 = "mistral-v1"
  /// `[INST] …[/INST]` as control tokens.
  case mistralV3 = "mistral-v3"
  case gemma
  /// Zephyr and TinyLlama.
  case zephyr

  package static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// Why no chat template is known for a file.
package enum TemplateError: Error, Equatable {
  case absent
  /// The template is not UTF-8.
  case unreadable
  case unrecognised
}

extension TemplateError {
  /// What is wrong with `file`, and what to do next.
  package func sentence(file: String) -> String {
    let advice =
      "set template = \"chatml\" in its profile or write local:\(file)#chatml "
      + "(there are \(ChatTemplate.names))."
    return switch self {
    case .absent: "\(file) has no chat template: \(advice)"
    case .unreadable: "\(file) has a chat template that is not text: \(advice)"
    case .unrecognised: "\(file) has a chat template of no known kind: \(advice)"
    }
  }
}
