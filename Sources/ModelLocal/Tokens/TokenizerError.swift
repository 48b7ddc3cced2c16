/// Why a file's tokenizer cannot be used.
package enum TokenizerError: Error, Equatable {
  /// No `tokenizer.ggml.…` of this name, or one of another type.
  case missing(key: String)
  case unsupportedModel(String)
  case unsupportedPreTokenizer(String)
  /// An array that should have an entry for every token.
  case wrongCount(key: String, count: Int, tokens: Int)
  case tooManyTokens(Int)
  case duplicateToken(Int, Int)
  case badTokenType(token: Int)
  /// A merge that is no pair, or names a token that is not there; counted from 0.
  case badMerge(Int)
  case idOutOfRange(key: String, id: Int, tokens: Int)
}

extension TokenizerError {
  /// What is wrong with `file`, and what to do next.
  package func sentence(file: String) -> String {
    switch self {
    case .missing(let key):
      "\(file) lacks \(key), without which it has no tokenizer: choose a complete model file."
    case .unsupportedModel(let model):
      "\(file) needs the tokenizer \(shown(model)); gpt2 and llama are there: choose another model."
    case .unsupportedPreTokenizer(let name):
      "\(file) needs the pre-tokenizer \(shown(name)); there are "
        + "\(PreTokenizer.names.joined(separator: ", ")): choose another model."
    case .wrongCount(let key, let count, let tokens):
      "\(file) has \(tokens) tokens but \(count) entries in \(key): convert the model again."
    case .tooManyTokens(let count):
      "\(file) has \(count) tokens, more than can be numbered: choose another model."
    case .duplicateToken(let first, let second):
      "\(file) has the same token as number \(first) and \(second): convert the model again."
    case .badTokenType(let token):
      "\(file) gives token \(token) a type that does not exist: convert the model again."
    case .badMerge(let number):
      "\(file) has a merge, number \(number), of tokens it does not have: convert the model again."
    case .idOutOfRange(let key, let id, let tokens):
      "\(file) sets \(key) to \(id), and has only \(tokens) tokens: convert the model again."
    }
  }
}
