import Foundation
import JSONReader

/// Hands out the records of a file one after the other, whatever holds them together.
///
/// Memory is that of the longest record, never that of the file.
package struct RecordReader {
  /// How the records of a file stand in it.
  package enum Shape: Equatable, Sendable {
    /// One a line.
    case lines
    /// The elements of one JSON list.
    case list
    /// The file is one record.
    case document
    /// The elements of a member of one JSON object: an Inspect log's samples.
    case samples
    /// Plain text, records apart by lines of `---`.
    case text
  }

  /// One record, and where it stands, in words; `nil` bytes if it is too long to be read.
  package typealias Body = (_ place: String, _ bytes: UnsafeBufferPointer<UInt8>?) throws -> Bool

  package let path: String
  package let size: Int
  package private(set) var shape = Shape.lines
  private let file: FileHandleBox
  private let start: Int
  private static let headSize = 1 << 18
  /// A record that is a whole file.
  private static let largestDocument = 64 << 20

  package init(path: String, name: String) throws(FormatError) {
    self.path = name
    var head: [UInt8]
    do {
      file = try FileHandleBox.open(path)
      let status = try file.status()
      if status.st_mode & S_IFMT == S_IFDIR { throw FormatError.isFolder(path: name) }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw FormatError.unreadable(path: name, reason: "not a regular file")
      }
      size = Int(status.st_size)
      head = try file.bytes(at: 0, count: min(size, Self.headSize))
    } catch let error as FormatError {
      throw error
    } catch let error as StorageError {
      throw error.code == ENOENT
        ? .notFound(path: name) : .unreadable(path: name, reason: error.reason)
    } catch {
      throw .unreadable(path: name, reason: "\(error)")
    }
    guard size > 0 else { throw .isEmpty(path: name) }
    if let refusal = Self.refusal(head, name) { throw refusal }
    start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    head.removeFirst(start)
    guard head.contains(where: { !Self.isSpace($0) }) else {
      if size == head.count + start { throw .isEmpty(path: name) }
      throw .unrecognised(path: name, keys: [])
    }
    shape = Self.shape(of: head, isWhole: size == head.count + start)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static func refusal(_ head: [UInt8], _ path: String) -> FormatError? {
    let text = String(decoding: head.prefix(64), as: UTF8.self)
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return path.hasSuffix(".eval")
        ? .inspectArchive(path: path)
        : .notText(path: path, kind: "a ZIP archive", advice: "unpack it and import what is inside")
    }
    if head.starts(with: [0x1F, 0x8B]) || head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      return .notText(path: path, kind: "compressed", advice: "unpack it first")
    }
    if text.hasPrefix("PAR1") {
      return .notText(path: path, kind: "a Parquet file", advice: "convert it to JSONL first")
    }
    if text.hasPrefix("version https://git-lfs") {
      return .notText(
        path: path, kind: "a pointer of Git LFS",
        advice: "fetch the file itself with `git lfs pull`")
    }
    if head.contains(0) {
      return .notText(path: path, kind: "a binary file", advice: "give a text or JSON file")
    }
    return nil
  }

  private static func shape(of head: [UInt8], isWhole: Bool) -> Shape {
    let text = head[(head.firstIndex { !isSpace($0) } ?? 0)...]
    if text.first == UInt8(ascii: "[") { return .list }
    guard text.first == UInt8(ascii: "{") else { return .text }
    let line = text.prefix { $0 != 0x0A }
    let isOneLine = line.endIndex == text.endIndex
    let trimmed = line.reversed().first { !isSpace($0) }
    let marks = ["\"eval\"", "\"status\"", "\"version\""]
    let words = String(decoding: head.prefix(8192), as: UTF8.self)
    let isLog = marks.allSatisfy { words.contains($0) }
    // A line that is an object by itself stands among others like it, an Inspect log excepted.
    if isOneLine { return isLog ? .samples : .lines }
    let endsAsObject = trimmed == UInt8(ascii: "}") && line.count > 1
    if endsAsObject, (try? JSONReader().read(line) { $0.isObject }) == true {
      return isLog ? .samples : .lines
    }
    if isLog { return .samples }
    // A first line that ends like an object is a bad record; one that goes on is a document.
    return endsAsObject ? .lines : .document
  }

  /// Reads as plain text, whatever it looks like.
  package mutating func readAsText() { shape = .text }
  package mutating func readAsLog() {
    if shape == .document || shape == .lines { shape = .samples }
  }

  /// Calls `body` for each record until it answers false.
  package func records(_ body: Body) throws {
    switch shape {
    case .lines: try lines(body)
    case .list: try elements(of: nil, body)
    case .samples: try elements(of: Array("samples".utf8), body)
    case .document:
      guard size <= Self.largestDocument else { return _ = try body("record 1", nil) }
      let bytes = try file.bytes(at: start, count: size - start)
      _ = try bytes.withUnsafeBufferPointer { try body("record 1", $0) }
    case .text: try texts(body)
    }
  }

  private func lines(_ body: Body) throws {
    var number = 0
    var goesOn = true
    func take(_ line: UnsafeBufferPointer<UInt8>?) throws -> Bool {
      number += 1
      if let line, line.allSatisfy(Self.isSpace) { return true }
      goesOn = try body("line \(number)", line)
      return goesOn
    }
    let rest = try LineReader(file).lines(from: start) { line, _ in try take(line) }
    guard goesOn, rest > 0 else { return }
    guard rest <= LineReader.longestLine else { return _ = try take(nil) }
    let last = try file.bytes(at: size - rest, count: rest)
    _ = try last.withUnsafeBufferPointer { try take($0) }
  }

  private func texts(_ body: Body) throws {
    var text: [UInt8] = []
    var number = 1
    var first = 1
    var goesOn = true
    func flush() throws {
      defer { text.removeAll(keepingCapacity: true) }
      guard text.contains(where: { !Self.isSpace($0) }) else { return }
      let isTooLong = text.count > Self.largestDocument
      goesOn = try text.withUnsafeBufferPointer {
        try body("the text from line \(first) on", isTooLong ? nil : $0)
      }
    }
    func take(_ line: UnsafeBufferPointer<UInt8>) throws {
      if line.count == 3, line.allSatisfy({ $0 == UInt8(ascii: "-") }) {
        try flush()
        first = number + 1
      } else if text.count <= Self.largestDocument {
        text += line
        text.append(0x0A)
      }
      number += 1
    }
    let rest = try LineReader(file).lines(from: start) { line, _ in
      if let line { try take(line) }
      return goesOn
    }
    guard goesOn else { return }
    if rest > 0, rest <= Self.largestDocument {
      let last = try file.bytes(at: size - rest, count: rest)
      try last.withUnsafeBufferPointer { try take($0) }
      text.removeLast(text.isEmpty ? 0 : 1)
    }
    try flush()
  }

  /// Elements of the outermost list, or of the list that is the member `name` of the outermost
  /// object.
  private func elements(of name: [UInt8]?, _ body: Body) throws {
    var scanner = ElementScanner(member: name)
    var number = 0
    var offset = start
    while offset < size {
      let piece = try file.bytes(at: offset, count: min(1 << 20, size - offset))
      if piece.isEmpty { break }
      offset += piece.count
      let goesOn = try piece.withUnsafeBufferPointer { bytes in
        try scanner.take(bytes) { element in
          number += 1
          return try body("record \(number)", element)
        }
      }
      if !goesOn { return }
    }
    if !scanner.isComplete { throw FormatError.cutShort(path: path) }
  }
}

/// Finds the elements of one list in a JSON document that comes in pieces.
struct ElementScanner {
  private let member: [UInt8]?
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// The last string at the object's own depth: perhaps the key of what follows.
  private var key: [UInt8] = []
  private var isKeyOpen = false
  /// Depth of the elements, once the list has begun.
  private var target: Int?
  private var element: [UInt8] = []
  private var isTooLong = false
  private var isDone = false

  init(member: [UInt8]?) { self.member = member }

  /// Whether the document was closed.
  var isComplete: Bool { isDone || (depth == 0 && target == nil) }

  mutating func take(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ body: (UnsafeBufferPointer<UInt8>?) throws -> Bool
  ) throws -> Bool {
    for byte in bytes {
      if isDone { return true }
      if isInString {
        keep(byte)
        if isKeyOpen, byte != UInt8(ascii: "\"") || isEscaped { key.append(byte) }
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
          isKeyOpen = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isInString = true
        if target == nil, depth == 1 {
          key.removeAll(keepingCapacity: true)
          isKeyOpen = true
        }
        keep(byte)
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        let opensList = byte == UInt8(ascii: "[") && target == nil
        depth += 1
        if opensList, member == nil ? depth == 1 : depth == 2 && key == member {
          target = depth
        } else {
          keep(byte)
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if let target, depth < target {
          if try !finish(body) { return false }
          isDone = true
        } else {
          keep(byte)
          if depth == 0, target == nil { isDone = true }
        }
      case UInt8(ascii: ","):
        if depth == target {
          if try !finish(body) { return false }
        } else {
          keep(byte)
        }
      default: keep(byte)
      }
    }
    return true
  }

  private mutating func keep(_ byte: UInt8) {
    guard target != nil else { return }
    if element.count < LineReader.longestLine { element.append(byte) } else { isTooLong = true }
  }

  private mutating func finish(
    _ body: (UnsafeBufferPointer<UInt8>?) throws -> Bool
  ) throws -> Bool {
    defer {
      element.removeAll(keepingCapacity: element.count < 1 << 20)
      isTooLong = false
    }
    let isBlank = element.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    if isBlank { return true }
    let isTooLong = isTooLong
    return try element.withUnsafeBufferPointer { try body(isTooLong ? nil : $0) }
  }
}
