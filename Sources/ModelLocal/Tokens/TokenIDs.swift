/// The tokens that a file names by number.
struct TokenIDs {
  let beginning: Int32?
  let end: Int32?
  let padding: Int32?
  let endsOfTurn: Set<Int32>

  init(_ metadata: [String: GGUFValue], _ vocabulary: Vocabulary) throws(TokenizerError) {
    func id(_ name: String) throws(TokenizerError) -> Int32? {
      let key = "tokenizer.ggml.\(name)_token_id"
      guard let id = metadata[key]?.int else { return nil }
      // Converters write -1 (in 32 bits) for a token that the model does not have.
      guard id != -1, id != Int(UInt32.max) else { return nil }
      guard (0..<vocabulary.count).contains(id) else {
        throw .idOutOfRange(key: key, id: id, tokens: vocabulary.count)
      }
      return Int32(id)
    }
    beginning = try id("bos")
    end = try id("eos")
    padding = try id("padding")
    var ends = Set([end, try id("eot"), try id("eom")].compactMap { $0 })
    for text in EndMarks.all {
      if let id = vocabulary[text.utf8] { ends.insert(id) }
    }
    endsOfTurn = ends
  }
}
