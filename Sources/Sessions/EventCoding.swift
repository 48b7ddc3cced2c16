import Foundation

/// How the few event payloads look in JSON whose synthesized form would be a puzzle to read.
extension CallTarget {
  private enum Key: String, CodingKey { case attempt, critique }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    if let attempt = try container.decodeIfPresent(AttemptID.self, forKey: .attempt) {
      self = .attempt(attempt)
    } else {
      self = .critique(try container.decode(CritiqueID.self, forKey: .critique))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .attempt(let id): try container.encode(id, forKey: .attempt)
    case .critique(let id): try container.encode(id, forKey: .critique)
    }
  }
}

/// A step's index, or one of two words.
extension CritiqueFinished.FirstError {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let index = try? container.decode(Int.self) {
      self = .step(index)
      return
    }
    switch try container.decode(String.self) {
    case "none": self = .none
    case "notSaid": self = .notSaid
    default:
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a step, \"none\" or \"notSaid\"")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .step(let index): try container.encode(index)
    case .none: try container.encode("none")
    case .notSaid: try container.encode("notSaid")
    }
  }
}

/// ``Noted`` on disk: its `kind` would stand in the way of the line's own.
struct NotedLine: Codable {
  var target: CallTarget
  var note: Noted.Kind
  var byte: Int?
  var text: String

  init(_ noted: Noted) {
    target = noted.target
    note = noted.kind
    byte = noted.byte
    text = noted.text
  }

  var noted: Noted { Noted(target: target, kind: note, byte: byte, text: text) }
}

struct RewoundLine: Codable {
  var attempt: AttemptID
  var toSerial: Int
}

/// As in the columns of tokens: text, or `{"b":"<base64>"}`, then a log-probability, then an id.
extension AlternativeList: Codable {
  private struct Bytes: Codable { var b: String }

  package init(from decoder: any Decoder) throws {
    var rows = try decoder.unkeyedContainer()
    all = []
    while !rows.isAtEnd {
      var row = try rows.nestedUnkeyedContainer()
      var bytes: [UInt8]
      if let text = try? row.decode(String.self) {
        bytes = Array(text.utf8)
      } else {
        guard let data = Data(base64Encoded: try row.decode(Bytes.self).b) else {
          throw DecodingError.dataCorruptedError(in: row, debugDescription: "no base64")
        }
        bytes = [UInt8](data)
      }
      let isFloor = try row.decodeNil()
      let logProbability = isFloor ? -Float.infinity : try row.decode(Float.self)
      let id = row.isAtEnd ? nil : try row.decode(Int32.self)
      all.append(Alternative(bytes: bytes, id: id, logProbability: logProbability))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var rows = encoder.unkeyedContainer()
    for alternative in all {
      var row = rows.nestedUnkeyedContainer()
      if let text = String(validating: alternative.bytes, as: UTF8.self) {
        try row.encode(text)
      } else {
        try row.encode(Bytes(b: Data(alternative.bytes).base64EncodedString()))
      }
      if alternative.logProbability.isFinite {
        try row.encode(alternative.logProbability)
      } else {
        try row.encodeNil()
      }
      if let id = alternative.id { try row.encode(id) }
    }
  }
}
