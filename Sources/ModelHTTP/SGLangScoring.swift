import Engine
import JSONReader
import Sessions

/// SGLang's own call returns the log-probabilities of the prompt: the cheap way to score a text.
///
/// The conversation and the text are tokenised apart and joined, as its own continuation does.
func scoreWithSGLang(_ text: String, _ ask: Ask, _ server: Server) async throws -> [Token] {
  let root = server.endpoint.base
  func tokens(_ body: RequestBody) async throws -> [Int] {
    try await server.post(root + "/tokenize", body) { json in
      json["tokens"]?.elements.compactMap(\.int) ?? []
    }
  }
  let before = try await tokens([
    "model": .string(ask.model), "messages": .chat(ask.conversation),
    "add_generation_prompt": true,
  ])
  let after = try await tokens([
    "model": .string(ask.model), "prompt": .string((ask.openPrefix ?? "") + text),
    "add_special_tokens": false,
  ])
  guard !before.isEmpty, !after.isEmpty else {
    throw ModelError.unsupported("scoring a given text")
  }
  let body: RequestBody = [
    "input_ids": .list((before + after).map { .integer($0) }), "return_logprob": true,
    "logprob_start_len": .integer(before.count), "return_text_in_logprobs": true,
    "top_logprobs_num": .integer(ask.alternatives), "stream": false,
    "sampling_params": .object(["max_new_tokens": 1, "temperature": 0]),
  ]
  let scored = try await server.post(root + "/generate", body) { json in
    readSGLangScores(json["meta_info"])
  }
  let textBytes = text.utf8.count
  let known = scored.suffix(after.count)
  // The prefix was scored with the text; what is asked for is the text alone.
  return suffix(of: Array(known), bytes: textBytes)
}

/// `[[logprob, id, text], ...]` for the prompt, with the likeliest beside each.
func readSGLangScores(_ meta: JSON?) -> [Token] {
  guard let meta, let own = meta["input_token_logprobs"] else { return [] }
  var tops = meta["input_top_logprobs"]?.elements
  return own.elements.map { triple in
    var token = Token(
      bytes: triple[2]?.withUTF8 { Array($0) } ?? [],
      id: triple[1]?.int.flatMap(Int32.init(exactly:)),
      logProbability: logProbability(triple[0]))
    for top in tops?.next()?.elements ?? meta.elements {
      guard let value = logProbability(top[0]) else { continue }
      token.alternatives.append(
        Alternative(
          bytes: top[2]?.withUTF8 { Array($0) } ?? [],
          id: top[1]?.int.flatMap(Int32.init(exactly:)), logProbability: value))
    }
    return token
  }
}

/// The last tokens that together hold `bytes` bytes.
private func suffix(of tokens: [Token], bytes: Int) -> [Token] {
  var left = bytes
  var start = tokens.count
  while start > 0, left > 0 {
    start -= 1
    left -= tokens[start].bytes.count
  }
  return Array(tokens[start...])
}
