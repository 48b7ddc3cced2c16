import JSONReader
import Sessions

/// What servers write for minus infinity: -9999 (OpenAI, vLLM), -3.4e38 (llama.cpp).
private let floorValue = -9999.0

/// A probability of 1 may come out a little above it; what is higher still is a logit.
private let roundingSlack = 1e-3

/// A log-probability as sent; floors become `-infinity`, and what is no number is absent.
func logProbability(_ value: JSON?) -> Float? {
  guard let number = value?.double, number < roundingSlack else { return nil }
  return number <= floorValue ? -.infinity : Float(min(number, 0))
}

extension Entry {
  /// A `{"token","logprob","bytes"?,"id"?,"top_logprobs"?}` object, the shape of the day.
  ///
  /// In llama.cpp's entries the bytes are those the server let out at that step: a character
  /// begun by earlier tokens comes whole with its last one. The token's own stand under its id
  /// among the alternatives.
  init(chat json: JSON) {
    let id = json["id"]?.int.flatMap(Int32.init(exactly:)) ?? tokenNumber(json["token"])
    self.init(
      bytes: tokenBytes(json), id: id, logProbability: ModelHTTP.logProbability(json["logprob"]))
    if let top = json["top_logprobs"] {
      alternatives.reserveCapacity(8)
      for element in top.elements {
        guard let value = ModelHTTP.logProbability(element["logprob"]) else { continue }
        alternatives.append(
          Alternative(
            bytes: tokenBytes(element) ?? [],
            id: element["id"]?.int.flatMap(Int32.init(exactly:)) ?? tokenNumber(element["token"]),
            logProbability: value))
      }
      sortAlternatives()
    }
    guard json["id"] != nil, let id else { return }
    released = bytes
    bytes = alternatives.first { $0.id == id }?.bytes
  }

  /// Likeliest first; vLLM puts the token that was drawn before all others.
  mutating func sortAlternatives() {
    var previous = Float.infinity
    for alternative in alternatives {
      if alternative.logProbability > previous {
        alternatives.sort { $0.logProbability > $1.logProbability }
        return
      }
      previous = alternative.logProbability
    }
  }

  /// The old column shape: `{tokens, token_logprobs, top_logprobs: [{token: logprob}]}`.
  static func columns(_ json: JSON) -> [Entry] {
    var values = json["token_logprobs"]?.elements
    var tops = json["top_logprobs"]?.elements
    var entries: [Entry] = []
    for token in json["tokens"]?.elements ?? emptyElements(json) {
      var entry = Entry(
        bytes: columnBytes(token), id: tokenNumber(token),
        logProbability: ModelHTTP.logProbability(values?.next()))
      for member in tops?.next()?.members ?? emptyMembers(json) {
        guard let value = ModelHTTP.logProbability(member.value) else { continue }
        let id = tokenNumber(member.key)
        entry.alternatives.append(
          Alternative(
            bytes: id == nil ? Array(member.key.utf8) : [], id: id, logProbability: value))
      }
      entry.alternatives.sort { $0.logProbability > $1.logProbability }
      entries.append(entry)
    }
    return entries
  }
}

/// Elements of what is no array: none.
private func emptyElements(_ json: JSON) -> JSON.Elements { json.elements }
private func emptyMembers(_ json: JSON) -> JSON.Members {
  json["token_logprobs"]?.members ?? json.members
}

/// The bytes an entry states, or those of its text when it states none.
private func tokenBytes(_ json: JSON) -> [UInt8]? {
  if let bytes = json["bytes"], bytes.isArray {
    var out: [UInt8] = []
    out.reserveCapacity(8)
    for element in bytes.elements {
      guard let byte = element.int.flatMap(UInt8.init(exactly:)) else { return nil }
      out.append(byte)
    }
    return out
  }
  guard let token = json["token"], tokenNumber(token) == nil else { return nil }
  return token.withUTF8 { Array($0) }
}

private func columnBytes(_ token: JSON) -> [UInt8]? {
  tokenNumber(token) == nil ? token.withUTF8 { Array($0) } : nil
}

private let numberMark = Array("token_id:".utf8)

/// The id in vLLM's `token_id:123`.
private func tokenNumber(_ token: JSON?) -> Int32? {
  token?.withUTF8 { bytes -> Int32? in
    guard bytes.count > numberMark.count, bytes.starts(with: numberMark) else { return nil }
    return Int32(String(decoding: bytes.dropFirst(numberMark.count), as: UTF8.self))
  } ?? nil
}

private func tokenNumber(_ token: String) -> Int32? {
  token.hasPrefix("token_id:") ? Int32(token.dropFirst(9)) : nil
}
