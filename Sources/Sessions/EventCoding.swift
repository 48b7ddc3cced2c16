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
