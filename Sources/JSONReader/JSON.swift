import CSimdjson

/// Why a text could not be read as JSON.
package struct JSONError: Error, Equatable {
  package var reason: String
}

/// Reads JSON where Foundation's decoder is too slow: server streams and journal lines.
///
/// Keep one per thread of work and use it again and again: its buffers are what makes it fast.
package final class JSONReader {
  private let parser: UnsafeMutableRawPointer

  package init() {
    guard let parser = json_parser_create() else { preconditionFailure("out of memory") }
    self.parser = parser
  }

  deinit { json_parser_destroy(parser) }

  /// Hands the parsed document to `body`; the value must not outlive the call.
  ///
  /// Invalid UTF-8 is an error here: repair what comes from outside first.
  package func read<Result>(
    _ bytes: some Collection<UInt8>, _ body: (JSON) throws -> Result
  ) throws -> Result {
    let result = try bytes.withContiguousStorageIfAvailable { try read(buffer: $0, body) }
    if let result { return result }
    return try Array(bytes).withUnsafeBufferPointer { try read(buffer: $0, body) }
  }

  private func read<Result>(
    buffer: UnsafeBufferPointer<UInt8>, _ body: (JSON) throws -> Result
  ) throws -> Result {
    guard let start = buffer.baseAddress else { throw JSONError(reason: "empty") }
    var root = json_value()
    let failure = start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
      json_parse(parser, $0, buffer.count, &root)
    }
    if let failure { throw JSONError(reason: String(cString: failure)) }
    return try withExtendedLifetime(self) { try body(JSON(value: root)) }
  }
}

/// A place in a document being read.
///
/// What is absent or of another type is `nil`.
package struct JSON {
  fileprivate let value: json_value

  package var isNull: Bool { json_kind_of(value) == JSON_NULL }
  package var isArray: Bool { json_kind_of(value) == JSON_ARRAY }
  package var isObject: Bool { json_kind_of(value) == JSON_OBJECT }

  package var bool: Bool? {
    var out: Int32 = 0
    return json_bool(value, &out) == 1 ? out != 0 : nil
  }

  package var int: Int? {
    var out: Int64 = 0
    return json_int64(value, &out) == 1 ? Int(out) : nil
  }

  /// Integers count as numbers too.
  package var double: Double? {
    var out = 0.0
    return json_double(value, &out) == 1 ? out : nil
  }

  package var string: String? { withUTF8 { String(decoding: $0, as: UTF8.self) } }

  /// The bytes of a string, without making one.
  package func withUTF8<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    var bytes: UnsafePointer<CChar>?
    var length = 0
    guard json_string(value, &bytes, &length) == 1, let bytes else { return nil }
    return try bytes.withMemoryRebound(to: UInt8.self, capacity: length) {
      try body(UnsafeBufferPointer(start: $0, count: length))
    }
  }

  package subscript(key: StaticString) -> JSON? {
    var out = json_value()
    let found = key.withUTF8Buffer { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        json_member(value, $0.baseAddress, $0.count, &out)
      }
    }
    return found == 1 ? JSON(value: out) : nil
  }

  package subscript(index: Int) -> JSON? {
    for (position, element) in elements.enumerated() where position == index { return element }
    return nil
  }

  /// The elements of an array; none for anything else.
  package var elements: Elements {
    var children = json_children()
    _ = json_array_children(value, &children)
    return Elements(children: children)
  }

  /// The members of an object; none for anything else.
  package var members: Members {
    var children = json_children()
    _ = json_object_children(value, &children)
    return Members(children: children)
  }

  package struct Elements: Sequence, IteratorProtocol {
    fileprivate var children: json_children
    package mutating func next() -> JSON? {
      var out = json_value()
      return json_next_element(&children, &out) == 1 ? JSON(value: out) : nil
    }
  }

  package struct Members: Sequence, IteratorProtocol {
    fileprivate var children: json_children
    package mutating func next() -> (key: String, value: JSON)? {
      var key: UnsafePointer<CChar>?
      var length = 0
      var out = json_value()
      guard json_next_member(&children, &key, &length, &out) == 1, let key else { return nil }
      let name = key.withMemoryRebound(to: UInt8.self, capacity: length) {
        String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
      }
      return (name, JSON(value: out))
    }
  }
}
