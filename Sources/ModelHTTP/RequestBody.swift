import Foundation
import Sessions

/// A JSON value to be sent; requests differ too much between servers for one struct each.
enum BodyValue: Encodable, Equatable, Sendable {
  case string(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([BodyValue])
  case object([String: BodyValue])

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: Key.self)
      for (name, value) in members { try container.encode(value, forKey: Key(stringValue: name)) }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .string(let value): try Self.single(value, encoder)
    case .integer(let value): try Self.single(value, encoder)
    case .number(let value): try Self.single(value, encoder)
    case .flag(let value): try Self.single(value, encoder)
    }
  }

  private static func single(_ value: some Encodable, _ encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension BodyValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
}

/// The body of a request, by member; keys in order, so that the same request is the same text.
typealias RequestBody = [String: BodyValue]

extension RequestBody {
  /// Which tokens may be drawn, in the words of servers that run models themselves.
  ///
  /// `penalty` is the server's word for the repetition penalty.
  mutating func narrow(_ parameters: SamplingParameters, penalty: String) {
    if let topP = parameters.topP { self["top_p"] = .number(topP) }
    if let topK = parameters.topK { self["top_k"] = .integer(topK) }
    if let minP = parameters.minP { self["min_p"] = .number(minP) }
    if let factor = parameters.repetitionPenalty { self[penalty] = .number(factor) }
  }

  func encoded() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(BodyValue.object(self)), as: UTF8.self)
  }
}
