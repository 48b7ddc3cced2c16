import Sessions

extension ChatTemplate {
  /// The conversation in pieces: marks, which are control tokens, and what people wrote.
  func pieces(for messages: [ChatMessage], prefix: String?) -> [Tokenizer.Piece] {
    var pieces: [Tokenizer.Piece] = []
    for message in messages {
      pieces.append(
        Tokenizer.Piece("<|im_start|>\(message.author.rawValue)\n", parsesSpecials: true))
      pieces.append(Tokenizer.Piece(message.text, parsesSpecials: false))
      pieces.append(Tokenizer.Piece("<|im_end|>\n", parsesSpecials: true))
    }
    pieces.append(Tokenizer.Piece("<|im_start|>assistant\n", parsesSpecials: true))
    if let prefix { pieces.append(Tokenizer.Piece(prefix, parsesSpecials: false)) }
    return pieces
  }
}
