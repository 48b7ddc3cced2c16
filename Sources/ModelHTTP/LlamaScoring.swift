import Engine
import JSONReader
import Sessions

/// llama.cpp has no call that scores a prompt: one is made a token, each one token longer.
///
/// The prompt cache makes that one evaluation a token. The known next token is looked up among
/// the likeliest; one that is not among them has no number.
struct LlamaScoring {
  let server: Server
  /// The rendered conversation with the prefix.
  let before: String
  let alternatives: Int
  /// Alternatives to look through; a whole vocabulary would be megabytes a token.
  private static let depth = 1000

  func score(_ text: String) async throws -> [Token] {
    var tokens = try await pieces(of: text)
    for index in tokens.indices {
      try Task.checkCancellation()
      let ids = tokens[..<index].compactMap(\.id)
      let likeliest = try await likeliest(after: ids)
      let own = tokens[index].id
      tokens[index].logProbability = likeliest.first { $0.id == own }?.logProbability
      tokens[index].alternatives = Array(likeliest.prefix(alternatives))
    }
    return tokens
  }

  private func pieces(of text: String) async throws -> [Token] {
    let body: RequestBody = [
      "content": .string(text), "with_pieces": true, "add_special": false, "parse_special": false,
    ]
    return try await server.post(server.endpoint.base + "/tokenize", body) { json in
      let elements = json["tokens"]?.elements ?? json.elements
      return elements.map { element in
        let piece = element["piece"]
        // A piece that is no whole text comes as an array of its bytes.
        let bytes =
          piece?.withUTF8 { Array($0) }
          ?? piece?.elements.compactMap { $0.int.flatMap(UInt8.init(exactly:)) } ?? []
        return Token(bytes: bytes, id: element["id"]?.int.flatMap(Int32.init(exactly:)))
      }
    }
  }

  private func likeliest(after ids: [Int32]) async throws -> [Alternative] {
    let prompt = [BodyValue.string(before)] + ids.map { .integer(Int($0)) }
    let body: RequestBody = [
      "prompt": .list(prompt), "n_predict": 1, "n_probs": .integer(Self.depth),
      "temperature": 0, "stream": false, "cache_prompt": true,
    ]
    return try await server.post(server.endpoint.base + "/completion", body) { json in
      json["completion_probabilities"]?[0].map { Entry(chat: $0).alternatives } ?? []
    }
  }
}
