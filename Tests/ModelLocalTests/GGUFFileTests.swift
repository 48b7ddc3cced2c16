import Foundation
import ModelLocal
import Testing

@Suite struct GGUFFileTests {
  @Test func `a file's metadata and tensors are found by name`() throws {
    var writer = TinyModel.writer()
    writer["a.number"] = .int32(-3)
    writer["a.fraction"] = .float(0.5)
    writer["a.flag"] = .bool(true)
    let file = try GGUFFile(bytes: writer.bytes())
    #expect(file.metadata["general.architecture"]?.string == "llama")
    #expect(file.metadata["llama.block_count"]?.int == 1)
    #expect(file.metadata["a.number"]?.int == -3)
    #expect(file.metadata["a.number"]?.float == -3)
    #expect(file.metadata["a.fraction"]?.float == 0.5)
    #expect(file.metadata["a.fraction"]?.int == nil)
    #expect(file.metadata["a.flag"]?.bool == true)
    #expect(file.metadata["missing"] == nil)
    let tokens = try #require(file.metadata["tokenizer.ggml.tokens"]?.strings)
    #expect(
      (0..<tokens.count).map { String(decoding: tokens[$0], as: UTF8.self) }
        == TinyModel.tokens)
    let tensor = try #require(file.tensors["blk.0.ffn_down.weight"])
    #expect(tensor.dimensions == [6, 4])
    #expect(tensor.type == .f32)
    #expect(tensor.bytes.count == 96)
    #expect(tensor.bytes.baseAddress.map { Int(bitPattern: $0) % 32 } == 0)
    #expect(Array(tensor.bytes.prefix(2)) != [])
  }

  @Test func `version 2 is read as version 3`() throws {
    var writer = TinyModel.writer()
    writer.version = 2
    #expect(try GGUFFile(bytes: writer.bytes()).tensors.count == 11)
  }

  @Test func `an unknown type of tensor fails only where it is used`() throws {
    var writer = TinyModel.writer()
    writer.change("blk.0.attn_q.weight") { $0.type = 11 }
    let file = try GGUFFile(bytes: writer.bytes())
    #expect(file.tensors["blk.0.attn_q.weight"]?.type == nil)
    #expect(file.tensors["blk.0.attn_q.weight"]?.typeNumber == 11)
    let error = #expect(throws: ShapeError.self) { try ModelShape(file) }
    #expect(error == .unsupportedType(tensor: "blk.0.attn_q.weight", 11))
    #expect(error?.sentence(file: "m.gguf").contains("Q3_K") == true)
  }

  @Test func `arrays of arrays are passed over, but not too deep`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      for _ in 1..<depth {
        bytes.append(little: UInt32(9))
        bytes.append(little: UInt64(1))
      }
      bytes.append(little: UInt32(0))
      bytes.append(little: UInt64(2))
      return bytes + [7, 8]
    }
    var writer = TinyModel.writer()
    writer["deep"] = .raw(9, nested(4))
    let file = try GGUFFile(bytes: writer.bytes())
    guard case .nested(let count)? = file.metadata["deep"] else {
      Issue.record("an array of arrays is something else")
      return
    }
    #expect(count == 1)
    writer["deep"] = .raw(9, nested(5))
    #expect(throws: GGUFError.tooDeep(key: "deep")) { try GGUFFile(bytes: writer.bytes()) }
    writer["deep"] = .raw(9, nested(100_000))
    #expect(throws: GGUFError.tooDeep(key: "deep")) { try GGUFFile(bytes: writer.bytes()) }
  }

  @Test func `an alignment of the file's own is kept`() throws {
    var writer = TinyModel.writer()
    writer["general.alignment"] = .uint32(8)
    #expect(try GGUFFile(bytes: writer.bytes()).dataRange.lowerBound % 8 == 0)
    for bad in [0, 3, 24, UInt32.max] {
      writer["general.alignment"] = .uint32(bad)
      #expect(throws: GGUFError.badAlignment) { try GGUFFile(bytes: writer.bytes()) }
    }
    writer["general.alignment"] = .text("32")
    #expect(throws: GGUFError.badAlignment) { try GGUFFile(bytes: writer.bytes()) }
  }

  @Test func `reading ahead tells how far it is, and stops when told to`() throws {
    let path = try scratchFile(TinyModel.bytes() + [UInt8](repeating: 1, count: 40 << 20))
    defer { unlink(path) }
    let file = try GGUFFile(path: path)
    var told: [Double] = []
    #expect(
      try file.prefault {
        told.append($0); return true
      })
    #expect(told.first == 0 && told.last == 1 && told == told.sorted() && told.count > 4)
    var count = 0
    #expect(
      try file.prefault { _ in
        count += 1; return count < 3
      } == false)
    #expect(count == 3)
  }

  @Test func `a file that changes while it is open is noticed`() throws {
    let path = try scratchFile(TinyModel.bytes())
    defer { unlink(path) }
    let file = try GGUFFile(path: path)
    try file.checkUnchanged()
    #expect(truncate(path, 4000) == 0)
    #expect(throws: GGUFError.changed) { try file.checkUnchanged() }
    #expect(truncate(path, 1000) == 0)
    #expect(throws: GGUFError.changed) { try file.prefault { _ in true } }
    #expect(throws: GGUFError.changed) { try file.checkUnchanged() }
  }

  @Test func `a file replaced by another stays as it was`() throws {
    let path = try scratchFile(TinyModel.bytes())
    defer { unlink(path) }
    let file = try GGUFFile(path: path)
    let other = try scratchFile([1, 2, 3])
    #expect(rename(other, path) == 0)
    try file.checkUnchanged()
    #expect(try ModelShape(file).width == 4)
  }
}

/// A file of these bytes, for the caller to remove.
func scratchFile(_ bytes: [UInt8]) throws -> String {
  let path = NSTemporaryDirectory() + "erratum-\(UUID().uuidString).gguf"
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}
