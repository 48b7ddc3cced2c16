import Foundation
import JSONReader
import Sessions
import Workbench

/// Reads files of somebody else's into the library, record by record.
struct ImportJob {
  struct Options {
    /// `nil` to recognise each file by its first record.
    var format: ImportFormat?
    var fields: FieldMap?
    /// One bad record stops the work.
    var isStrict = false
  }

  /// What came of it, as told at the end.
  struct Outcome: Codable, Equatable {
    var records = 0
    var badRecords = 0
    var chains = 0
    var counts = ChainImporter.Counts()
    var isInterrupted = false
    var formats: [String] = []
  }

  /// Bad records that are told of one by one; the rest are counted.
  static let mostTold = 20

  let options: Options
  let settings: ChainImporter.Settings
  /// Told of each bad record as it is met.
  var complain: (String) -> Void = { warn($0) }
  /// Told of each chain that was taken in, in the files' order.
  var took: (AnnotatedChain) -> Void = { _ in }
  /// Asked before each record.
  var isStopped: () -> Bool = { false }

  /// Throws ``FormatError`` when the work cannot go on; what was read before it stays.
  func run(_ files: [String]) throws -> Outcome {
    var importer = ChainImporter(settings)
    var outcome = Outcome()
    do {
      for file in files where !outcome.isInterrupted {
        try read(file, into: &importer, &outcome)
      }
    } catch {
      // Whole sessions only, but all of those: a bad record does not undo the good ones before it.
      try? importer.finish()
      throw error
    }
    try importer.finish()
    outcome.counts = importer.counts
    return outcome
  }

  private func read(
    _ file: String, into importer: inout ChainImporter, _ outcome: inout Outcome
  ) throws {
    let shown = file.visible
    var records = try RecordReader(path: file, name: shown)
    let format = try format(of: records, shown)
    if format == .text { records.readAsText() }
    if format == .inspect { records.readAsLog() }
    let chains = try ChainReader(format, fields: options.fields)
    if !outcome.formats.contains(format.rawValue) { outcome.formats.append(format.rawValue) }
    let name = file.split(separator: "/").last.map(String.init) ?? file
    let json = JSONReader()
    var ids = SeenIDs()
    let before = (outcome.records, outcome.chains)
    var told = 0
    try records.records { place, bytes in
      if isStopped() {
        outcome.isInterrupted = true
        return false
      }
      outcome.records += 1
      do {
        guard let bytes else { throw BadRecord("it is over 64 MB; leave it out") }
        let made =
          format == .text
          ? [try chains.chain(text: bytes)] : try Self.parse(bytes, json) { try chains.chains($0) }
        if format != .lmEval {
          for chain in made { try ids.check(chain, at: place) }
        }
        for var chain in made {
          chain.origin.file = name.visible
          try importer.take(chain)
          took(chain)
          outcome.chains += 1
        }
      } catch let bad as BadRecord {
        let error = FormatError.badRecord(path: shown, place: place, reason: bad.reason)
        if options.isStrict { throw error }
        outcome.badRecords += 1
        told += 1
        if told <= Self.mostTold { complain("skipped: " + error.sentence) }
      }
      return true
    }
    if told > Self.mostTold {
      complain(
        "\(told - Self.mostTold) more records of \(shown) were skipped; --strict stops at the first."
      )
    }
    if outcome.chains == before.1, !outcome.isInterrupted {
      throw FormatError.nothingUsable(path: shown, records: outcome.records - before.0)
    }
  }

  /// Reads a record; Python's NaN and Infinity, which are no JSON, count as null.
  private static func parse<Result>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ json: JSONReader, _ body: (JSON) throws -> Result
  ) throws -> Result {
    do {
      return try json.read(bytes, body)
    } catch let error as JSONError {
      if let repaired = PythonNumbers.replaced(in: bytes) {
        do { return try json.read(repaired, body) } catch is JSONError {}
      }
      throw BadRecord("this is not JSON (\(error.reason)); correct it")
    }
  }

  /// As asked for, or as the first record that can be read shows it.
  private func format(of records: RecordReader, _ shown: String) throws -> ImportFormat {
    if let format = options.format { return format }
    if options.fields != nil { return .jsonl }
    if records.shape == .text {
      guard [".txt", ".md"].contains(where: shown.hasSuffix) else {
        throw FormatError.unrecognised(path: shown, keys: [])
      }
      return .text
    }
    let json = JSONReader()
    var found: ImportFormat?
    var tries = 0
    try records.records { _, bytes in
      tries += 1
      guard let bytes else { return tries < 20 }
      do {
        found = try Self.parse(bytes, json) { record in
          record.isObject ? try ImportFormat.recognise(record, path: shown) : nil
        }
      } catch is BadRecord {}
      return found == nil && tries < 20
    }
    guard let found else { throw FormatError.unrecognised(path: shown, keys: []) }
    return found
  }
}

/// The ids of a file's records, as hashes: a file of a gigabyte has many.
private struct SeenIDs {
  private struct Seen {
    var place: String
    var content: AttemptID
  }
  private var seen: [String: Seen] = [:]
  private static let most = 200_000

  /// Two records of one id and one content are one; of two contents, one is wrong.
  mutating func check(_ chain: AnnotatedChain, at place: String) throws {
    guard let id = chain.origin.id else { return }
    let content = SessionChains.attemptID(of: chain)
    if let first = seen[id], first.place != place {
      guard first.content == content else {
        throw BadRecord(
          "the id \"\(id.prefix(40))\" stands on \(first.place) already, with another chain; give each"
            + " its own")
      }
    } else if seen.count < Self.most {
      seen[id] = Seen(place: place, content: content)
    }
  }
}

/// What Python's `json` writes for numbers that JSON has not.
enum PythonNumbers {
  private static let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }

  /// The bytes with those words made `null`; `nil` when there are none outside of strings.
  static func replaced(in bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var isInString = false
    var isEscaped = false
    var isChanged = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if let word = words.first(where: { bytes[index...].starts(with: $0) }) {
        out += "null".utf8
        index += word.count
        isChanged = true
        continue
      }
      out.append(byte)
      index += 1
    }
    return isChanged ? out : nil
  }
}
