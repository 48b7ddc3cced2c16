import Sessions

/// How a model wants a conversation written down.
///
/// Files carry their template as a Jinja program. This is no Jinja interpreter: the families are
/// recognised by what their programs contain, and rendered by hand. What is not recognised is
/// refused, never guessed; a person can then choose one by name.
package enum ChatTemplate: String, CaseIterable, Sendable {
  case chatml, llama3, qwen2, qwen3, smollm, mistral, gemma, zephyr
}

extension ChatTemplate {
  /// The tokens of a conversation, up to where the assistant speaks.
  ///
  /// With a `prefix` the assistant has begun to speak; the model goes on from its last byte.
  /// Message text never becomes a control token, whatever it says.
  package func tokens(
    for messages: [ChatMessage], prefix: String? = nil, with tokenizer: Tokenizer
  ) -> [Int32] {
    let beginning = tokenizer.addsBeginning ? tokenizer.beginning.map { [$0] } ?? [] : []
    return beginning + tokenizer.encode(pieces(for: messages, prefix: prefix))
  }

  /// The same as text, for people.
  package func text(for messages: [ChatMessage], prefix: String? = nil) -> String {
    pieces(for: messages, prefix: prefix).map(\.text).joined()
  }
}
