import Foundation
import ModelLocal
import Testing

/// The files of `Fixtures/`, which `scripts/parity/tokenizer.py record` writes.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// A fixture to change: its metadata, ready to be written again.
  static func writer(_ name: String) throws -> GGUFWriter {
    let file = try GGUFFile(path: path(name))
    var writer = GGUFWriter()
    for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) {
      writer.pairs.append((key, try #require(GGUFWriter.Value(value))))
    }
    return writer
  }
}

extension GGUFWriter.Value {
  /// The same value; `nil` for kinds that no fixture has.
  init?(_ value: GGUFValue) {
    switch value {
    case .unsigned(let number): self = .uint32(UInt32(number))
    case .signed(let number): self = .int32(Int32(number))
    case .float(let number): self = .float(Float(number))
    case .bool(let flag): self = .bool(flag)
    case .text(let text): self = .rawText(Array(text.bytes))
    case .strings(let strings):
      self = .strings((0..<strings.count).map { Array(strings[$0]) })
    case .numbers(let numbers):
      let values = (0..<numbers.count).map { numbers[$0] }
      if let whole = values.first?.int, whole >= Int(Int32.min) {
        self = .int32s(values.map { Int32($0.int ?? 0) })
      } else {
        self = .floats(values.map { Float($0.float ?? 0) })
      }
    case .nested: return nil
    }
  }
}
