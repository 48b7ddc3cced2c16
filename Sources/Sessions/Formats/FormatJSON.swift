import Foundation
import JSONReader

/// Why a record cannot be used, in a few words that end with what to do.
package struct BadRecord: Error, Equatable {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}

extension JSON {
  func member(named name: String) -> JSON? {
    for (key, value) in members where key == name { return value }
    return nil
  }

  /// What stands here, in words for a complaint.
  var described: String {
    if isNull { return "null" }
    if isArray { return "a list" }
    if isObject { return "an object" }
    if bool != nil { return "true or false" }
    if double != nil { return "a number" }
    return "a string"
  }

  /// A string that has to be there.
  func text(_ key: StaticString) throws -> String { try Self.text(self[key], "\(key)") }

  static func text(_ json: JSON?, _ key: String) throws -> String {
    guard let json else { throw BadRecord("\"\(key)\" is missing; add it") }
    guard let text = json.string else {
      throw BadRecord("\"\(key)\" must be a string, not \(json.described); correct it")
    }
    return text
  }

  /// A string that may be absent or null.
  func optionalText(_ key: StaticString) throws -> String? {
    guard let json = self[key], !json.isNull else { return nil }
    return try Self.text(json, "\(key)")
  }

  /// A string that may be absent, null or empty.
  func filledText(_ key: StaticString) throws -> String? {
    try optionalText(key).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A string, or a number or truth as it would have been quoted.
  static func scalar(_ json: JSON?, _ key: String) throws -> String? {
    guard let json, !json.isNull else { return nil }
    if let text = json.string { return text }
    if let bool = json.bool { return bool ? "true" : "false" }
    if let int = json.int { return String(int) }
    if let double = json.double { return "\(double)" }
    throw BadRecord("\"\(key)\" must be a string or a number, not \(json.described); correct it")
  }

  func scalar(_ key: StaticString) throws -> String? { try Self.scalar(self[key], "\(key)") }

  static func texts(_ json: JSON?, _ key: String) throws -> [String] {
    guard let json else { throw BadRecord("\"\(key)\" is missing; add it") }
    guard json.isArray else {
      throw BadRecord("\"\(key)\" must be a list of strings, not \(json.described); correct it")
    }
    return try json.elements.enumerated().map { index, element in
      guard let text = element.string else {
        throw BadRecord(
          "\"\(key)\" holds \(element.described) at place \(index + 1), where a string belongs;"
            + " correct it")
      }
      return text
    }
  }

  func texts(_ key: StaticString) throws -> [String] { try Self.texts(self[key], "\(key)") }

  /// A truth that may be absent or null.
  func optionalBool(_ key: StaticString) throws -> Bool? { try Self.bool(self[key], "\(key)") }

  static func bool(_ json: JSON?, _ key: String) throws -> Bool? {
    guard let json, !json.isNull else { return nil }
    if let bool = json.bool { return bool }
    if let int = json.int, int == 0 || int == 1 { return int == 1 }
    throw BadRecord("\"\(key)\" must be true or false, not \(json.described); correct it")
  }

  /// A rating of -1, 0 or 1; `nil` for null.
  static func rating(_ json: JSON?, _ key: String) throws -> Verdict? {
    guard let json, !json.isNull else { return nil }
    guard let number = json.double else {
      throw BadRecord("\"\(key)\" must be -1, 0 or 1, not \(json.described); correct it")
    }
    switch number {
    case 1: return .correct
    case 0: return .neutral
    case -1: return .incorrect
    default:
      throw BadRecord(
        (-1...1).contains(number)
          ? "\"\(key)\" is \(number) and only -1, 0 and 1 are known; round it"
          : "\"\(key)\" is \(json.int.map(String.init) ?? "\(number)"), outside -1 to 1;"
            + " correct it")
    }
  }

  /// The same JSON, without white space.
  var source: String {
    var out: [UInt8] = []
    appendSource(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private func appendSource(to out: inout [UInt8]) {
    if withUTF8({ out.appendJSON(text: Array($0)[...]) }) != nil { return }
    if isArray {
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.appendSource(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    } else if isObject {
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        out.appendJSON(text: Array(member.key.utf8)[...])
        out.append(UInt8(ascii: ":"))
        member.value.appendSource(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    } else if let bool {
      out += (bool ? "true" : "false").utf8
    } else if let int {
      out += String(int).utf8
    } else if let double {
      out += "\(double)".utf8
    } else {
      out += "null".utf8
    }
  }
}

/// One JSON object, written member by member in the order given.
struct JSONLine {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
  private var isFirst = true

  mutating func key(_ key: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.appendJSON(text: Array(key.utf8)[...])
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func member(_ key: String, _ text: String?) {
    self.key(key)
    guard let text else { return raw("null") }
    bytes.appendJSON(text: Array(text.utf8)[...])
  }

  mutating func member(_ key: String, _ number: Int?) {
    self.key(key)
    raw(number.map(String.init) ?? "null")
  }

  mutating func member(_ key: String, _ isSo: Bool?) {
    self.key(key)
    raw(isSo.map { $0 ? "true" : "false" } ?? "null")
  }

  mutating func member(_ key: String, _ texts: [String]) {
    list(key, texts) { $0.bytes.appendJSON(text: Array($1.utf8)[...]) }
  }

  mutating func member(_ key: String, _ values: [Bool]) {
    list(key, values) { $0.raw($1 ? "true" : "false") }
  }

  mutating func member(_ key: String, _ values: [Int]) {
    list(key, values) { $0.raw(String($1)) }
  }

  mutating func member(json key: String, _ source: String) {
    self.key(key)
    raw(source)
  }

  mutating func member(_ key: String, _ object: JSONLine) {
    self.key(key)
    bytes += object.closed
  }

  mutating func list<Value>(
    _ key: String, _ values: [Value], _ body: (inout JSONLine, Value) -> Void
  ) {
    self.key(key)
    raw("[")
    for (index, value) in values.enumerated() {
      if index > 0 { raw(",") }
      body(&self, value)
    }
    raw("]")
  }

  mutating func append(_ object: JSONLine) { bytes += object.closed }

  mutating func raw(_ source: String) { bytes += source.utf8 }

  var closed: [UInt8] { bytes + [UInt8(ascii: "}")] }
}
