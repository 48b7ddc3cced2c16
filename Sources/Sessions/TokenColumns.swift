import Foundation
import JSONReader

extension TokensArrived {
  /// Appends the members of a `tokens` line, and closes it.
  ///
  /// `count` and `bytes` come before the columns, so that a preview can step over a line without
  /// reading it.
  func appendMembers(to out: inout [UInt8]) {
    out += #","attempt":"#.utf8
    out.appendJSON(text: Array(attempt.description.utf8)[...])
    out += ",\"channel\":\"\(channel.rawValue)\",\"first\":\(firstSerial)".utf8
    out += ",\"count\":\(table.count),\"bytes\":\(table.bytes.count)".utf8
    table.appendColumns(to: &out)
    out += "}\n".utf8
  }
}

extension TrialWritten {
  /// Appends the members of a `trialWritten` line, and closes it.
  func appendMembers(to out: inout [UInt8]) {
    out += #","attempt":"#.utf8
    out.appendJSON(text: Array(attempt.description.utf8)[...])
    out += #","reflection":"#.utf8
    out.appendJSON(text: Array(reflection.description.utf8)[...])
    out += ",\"trial\":\(trial)".utf8
    if let score, score.isFinite { out += ",\"score\":\(score)".utf8 }
    table.appendColumns(to: &out)
    out += "}\n".utf8
  }
}

extension TokenTable {
  fileprivate func appendColumns(to out: inout [UInt8]) {
    let table = self
    let tokens = 0..<table.count
    out.appendColumn("text", tokens) { $0.appendJSON(text: table.bytes(of: $1)) }
    if tokens.contains(where: { table.id(of: $0) != nil }) {
      out.appendColumn("ids", tokens) { out, token in
        out += (table.id(of: token).map(String.init) ?? "null").utf8
      }
    }
    if tokens.contains(where: { table.logProbability(of: $0) != nil }) {
      out.appendColumn("lp", tokens) { $0.appendJSON(table.logProbability(of: $1)) }
    }
    let floors = tokens.filter { table.logProbability(of: $0) == -.infinity }
    if !floors.isEmpty {
      out.appendColumn("floor", 0..<floors.count) { $0 += String(floors[$1]).utf8 }
    }
    if tokens.contains(where: { table.entropy(of: $0) != nil }) {
      out.appendColumn("el", tokens) { $0.appendJSON(table.entropy(of: $1)?.lower) }
      out.appendColumn("eu", tokens) { $0.appendJSON(table.entropy(of: $1)?.upper) }
    }
    if tokens.contains(where: { table.temperedEntropy(of: $0) != nil }) {
      out.appendColumn("et", tokens) { $0.appendJSON(table.temperedEntropy(of: $1)) }
    }
    if tokens.contains(where: { table.alternativeCount(of: $0) > 0 }) {
      out.appendColumn("alts", tokens) { $0.appendAlternatives(of: $1, in: table) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func appendColumn(
    _ name: StaticString, _ rows: Range<Int>, _ value: (inout [UInt8], Int) -> Void
  ) {
    self += ",\"\(name)\":[".utf8
    for row in rows {
      if row > 0 { append(UInt8(ascii: ",")) }
      value(&self, row)
    }
    append(UInt8(ascii: "]"))
  }

  fileprivate mutating func appendAlternatives(of token: Int, in table: TokenTable) {
    append(UInt8(ascii: "["))
    var isFirst = true
    table.forEachAlternative(of: token) { bytes, id, logProbability in
      self += isFirst ? "[".utf8 : ",[".utf8
      isFirst = false
      appendJSON(text: bytes)
      append(UInt8(ascii: ","))
      appendJSON(logProbability)
      if let id { self += ",\(id)".utf8 }
      append(UInt8(ascii: "]"))
    }
    append(UInt8(ascii: "]"))
  }
}

/// Reads the columns of a `tokens` line; `nil` from a reader means they do not fit together.
struct TokenColumns {
  private var text: JSON.Elements
  private var ids: JSON.Elements?
  private var logProbabilities: JSON.Elements?
  private var lower: JSON.Elements?
  private var upper: JSON.Elements?
  private var tempered: JSON.Elements?
  private var alternatives: JSON.Elements?
  private var floors: JSON.Elements?
  private let capacity: Int

  /// - Parameter isTextOnly: leaves every other column unread.
  init?(_ line: JSON, isTextOnly: Bool = false) {
    guard let text = line["text"], text.isArray else { return nil }
    self.text = text.elements
    // A hint from outside: good for the usual line, harmless for a lying one.
    capacity = min(max(line["count"]?.int ?? 0, 0), 4096)
    if isTextOnly { return }
    ids = line["ids"]?.elements
    logProbabilities = line["lp"]?.elements
    floors = line["floor"]?.elements
    lower = line["el"]?.elements
    upper = line["eu"]?.elements
    tempered = line["et"]?.elements
    alternatives = line["alts"]?.elements
  }

  mutating func table() -> TokenTable? {
    var table = TokenTable()
    table.reserveCapacity(
      tokens: capacity, alternatives: alternatives == nil ? 0 : capacity * 5)
    var floor = floors?.next()?.int
    while let word = text.next() {
      var logProbability: Float?
      if logProbabilities != nil {
        guard let value = logProbabilities?.next(), let number = value.float else { return nil }
        logProbability = number.value
      }
      if floor == table.count {
        logProbability = -.infinity
        floor = floors?.next()?.int
      }
      guard let id = nextID(), let entropy = nextEntropy(), let tempered = nextTempered() else {
        return nil
      }
      guard
        append(
          word, id: id.value, logProbability: logProbability, entropy.value, tempered.value,
          to: &table),
        appendAlternatives(to: &table)
      else { return nil }
    }
    return table
  }

  /// A number or its absence, where a third thing, a wrong type, is `nil` around it.
  private struct Found<Value> { var value: Value? }

  private mutating func nextID() -> Found<Int32>? {
    guard ids != nil else { return Found(value: nil) }
    guard let element = ids?.next() else { return nil }
    if element.isNull { return Found(value: nil) }
    guard let number = element.int, let id = Int32(exactly: number), id >= 0 else { return nil }
    return Found(value: id)
  }

  private mutating func nextEntropy() -> Found<EntropyBounds>? {
    guard lower != nil || upper != nil else { return Found(value: nil) }
    guard let low = lower?.next()?.float, let high = upper?.next()?.float else { return nil }
    guard let low = low.value else { return Found(value: nil) }
    return Found(value: EntropyBounds(lower: low, upper: high.value ?? .infinity))
  }

  private mutating func nextTempered() -> Found<Float>? {
    guard tempered != nil else { return Found(value: nil) }
    guard let number = tempered?.next()?.float else { return nil }
    return Found(value: number.value)
  }

  private func append(
    _ word: JSON, id: Int32?, logProbability: Float?, _ entropy: EntropyBounds?,
    _ tempered: Float?, to table: inout TokenTable
  ) -> Bool {
    let plain: Void? = word.withUTF8 {
      table.append(
        bytes: $0, id: id, logProbability: logProbability, entropy: entropy,
        temperedEntropy: tempered)
    }
    if plain != nil { return true }
    guard let bytes = word.base64 else { return false }
    table.append(
      bytes: bytes, id: id, logProbability: logProbability, entropy: entropy,
      temperedEntropy: tempered)
    return true
  }

  private mutating func appendAlternatives(to table: inout TokenTable) -> Bool {
    guard alternatives != nil else { return true }
    guard let row = alternatives?.next(), row.isArray else { return false }
    for alternative in row.elements {
      var parts = alternative.elements
      guard let word = parts.next(), let logProbability = parts.next()?.float else { return false }
      let id = parts.next()?.int.flatMap(Int32.init(exactly:)) ?? -1
      // Every alternative has a log-probability: `null` can only be the floor.
      let number = logProbability.value ?? -.infinity
      let plain: Void? = word.withUTF8 {
        table.appendAlternative(bytes: $0, id: id, logProbability: number)
      }
      if plain != nil { continue }
      guard let bytes = word.base64 else { return false }
      table.appendAlternative(bytes: bytes, id: id, logProbability: number)
    }
    return true
  }
}

/// A finite number, or `null`.
struct FloatOrNull { var value: Float? }

extension JSON {
  /// `nil` for anything but a number or `null`.
  var float: FloatOrNull? {
    if let double { return FloatOrNull(value: Float(double)) }
    return isNull ? FloatOrNull(value: nil) : nil
  }

  /// The bytes of `{"b":"<base64>"}`.
  var base64: [UInt8]? {
    self["b"]?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
  }

  /// Text, or bytes that are no text.
  var textBytes: [UInt8]? { withUTF8 { [UInt8]($0) } ?? base64 }
}
