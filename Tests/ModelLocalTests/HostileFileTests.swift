import Foundation
import ModelLocal
import Testing

/// Files as a broken download, a broken converter or an enemy makes them.
@Suite struct HostileFileTests {
  /// The error that opening these bytes ends with.
  private func error(_ bytes: [UInt8], _ comment: String = "") throws -> GGUFError {
    try #require(#expect(throws: GGUFError.self, "\(comment)") { try GGUFFile(bytes: bytes) })
  }

  @Test func `a file cut short anywhere is an error`() throws {
    for architecture in ["llama", "qwen2", "qwen3"] {
      let whole = TinyModel.bytes(architecture)
      try GGUFWriter.readAll(whole)
      for count in 0..<whole.count - 32 {
        let error = try error(Array(whole[..<count]), "cut at \(count)")
        #expect(error.sentence(file: "m.gguf").hasPrefix("m.gguf "), "cut at \(count)")
      }
    }
  }

  @Test func `no flipped bit is a trap`() {
    let whole = TinyModel.bytes()
    var refused = 0
    for place in 0..<min(whole.count, 1700) {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << UInt8(bit)
        do { try GGUFWriter.readAll(bytes) } catch { refused += 1 }
      }
    }
    #expect(refused > 1000)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func `no noise is a trap`(seed: UInt64) {
    var random = SeededRandom(seed)
    let whole = TinyModel.bytes(["llama", "qwen2", "qwen3"][Int(seed % 3)])
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...Int(random.next() % 6) {
        let place = Int(random.next() % UInt64(bytes.count - 8))
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.replaceSubrange(place..<place + 8, with: repeatElement(0xFF, count: 8))
        case 2: bytes.removeSubrange(place..<place + 1 + Int(random.next() % 7))
        default: bytes.insert(contentsOf: bytes[place..<place + 8], at: place)
        }
      }
      // Any error will do; the seed is in the name of a test that ends here.
      try? GGUFWriter.readAll(bytes)
    }
  }

  @Test func `what is no GGUF file is said to be none`() throws {
    #expect(try error([]) == .empty)
    #expect(try error(Array("GGU".utf8)) == .notGGUF)
    #expect(try error(Array("GGML and more".utf8)) == .notGGUF)
    #expect(try error(Array("PK\u{3}\u{4} a zip file".utf8)) == .notGGUF)
    var writer = TinyModel.writer()
    for version: UInt32 in [0, 1, 4, .max] {
      writer.version = version
      #expect(try error(writer.bytes()) == .unsupportedVersion(version))
    }
    writer.version = UInt32(3).byteSwapped
    #expect(try error(writer.bytes()) == .bigEndian)
  }

  @Test func `absurd counts cost nothing`() throws {
    let counts: [UInt64] = [.max, 1 << 63, 1 << 32, 100_000]
    for count in counts {
      var writer = TinyModel.writer()
      writer.claimedPairs = count
      guard case .absurd = try error(writer.bytes()) else {
        Issue.record("\(count) keys")
        continue
      }
      writer = TinyModel.writer()
      writer.claimedTensors = count
      _ = try error(writer.bytes(), "\(count) tensors")
      for type: UInt32 in [0, 4, 7, 8, 9, 12] {
        writer = TinyModel.writer()
        var array: [UInt8] = []
        array.append(little: type)
        array.append(little: count)
        writer["array"] = .raw(9, array)
        _ = try error(writer.bytes(), "\(count) of type \(type)")
      }
    }
  }

  @Test func `more keys than any model has are refused before they are read`() throws {
    var writer = GGUFWriter()
    writer.pairs = (0...65536).map { ("\($0)", .bool(true)) }
    guard case .absurd = try error(writer.bytes()) else {
      Issue.record("65537 keys were read")
      return
    }
  }

  @Test func `unknown types of metadata are refused`() throws {
    var writer = TinyModel.writer()
    writer["odd"] = .raw(13, [0, 0, 0, 0])
    guard case .badType(13, _) = try error(writer.bytes()) else {
      Issue.record("type 13 was read")
      return
    }
  }

  @Test func `names are checked`() throws {
    var writer = TinyModel.writer()
    writer.pairs.append(("llama.block_count", .uint32(2)))
    #expect(try error(writer.bytes()) == .duplicateKey("llama.block_count"))
    writer = TinyModel.writer()
    writer.tensors.append(.floats("output_norm.weight", 4))
    #expect(try error(writer.bytes()) == .duplicateTensor("output_norm.weight"))
    let long = String(repeating: "n", count: 1 << 20)
    for name in ["", long] {
      writer = TinyModel.writer()
      writer.pairs.append((name, .uint32(2)))
      guard case .badName = try error(writer.bytes()) else {
        Issue.record("a key of \(name.count) bytes was read")
        return
      }
      writer = TinyModel.writer()
      writer.tensors.append(.floats(name, 4))
      guard case .badName = try error(writer.bytes()) else {
        Issue.record("a name of \(name.count) bytes was read")
        return
      }
    }
  }

  @Test func `tensors lie in the file`() throws {
    let name = "blk.0.attn_q.weight"
    func changed(_ body: (inout GGUFWriter.Tensor) -> Void) throws -> GGUFError {
      var writer = TinyModel.writer()
      writer.change(name, body)
      return try error(writer.bytes())
    }
    #expect(try changed { $0.offset = 1 << 40 } == .outside(tensor: name))
    #expect(try changed { $0.offset = .max - 31 } == .outside(tensor: name))
    #expect(try changed { $0.offset = 33 } == .misaligned(tensor: name, offset: 33))
    #expect(try changed { $0.dimensions = [4, 1 << 30] } == .outside(tensor: name))
    for dimensions: [UInt64] in [
      [0, 4], [4, 0], [.max, 1], [1 << 32, 1 << 32], [1 << 62, 2], [1 << 62, 1],
    ] {
      let error = try changed { $0.dimensions = dimensions }
      #expect([.badDimensions(tensor: name), .outside(tensor: name)].contains(error))
    }
    #expect(try changed { $0.type = 8 } == .badDimensions(tensor: name))
    for dimensions: [UInt64] in [[], [1, 1, 1, 1, 16]] {
      guard case .absurd = try changed({ $0.dimensions = dimensions }) else {
        Issue.record("\(dimensions.count) dimensions were read")
        return
      }
    }
  }

  @Test func `what is no file is said to be none`() throws {
    func error(_ path: String) throws -> GGUFError {
      try #require(#expect(throws: GGUFError.self) { try GGUFFile(path: path) })
    }
    #expect(try error(NSTemporaryDirectory()) == .directory)
    #expect(try error("/dev/null") == .notAFile)
    guard case .unreadable = try error("/nowhere/at/all.gguf") else {
      Issue.record("a file that is not there was opened")
      return
    }
    let empty = try scratchFile([])
    defer { unlink(empty) }
    #expect(try error(empty) == .empty)
    let fifo = empty + ".fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    defer { unlink(fifo) }
    #expect(try error(fifo) == .notAFile)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file that must not be read says so`() throws {
    let path = try scratchFile(TinyModel.bytes())
    defer { unlink(path) }
    #expect(chmod(path, 0) == 0)
    let error = #expect(throws: GGUFError.self) { try GGUFFile(path: path) }
    #expect(error?.sentence(file: "m.gguf").contains("permissions") == true)
  }

  @Test func `a file that must not be written is read`() throws {
    let path = try scratchFile(TinyModel.bytes())
    defer { unlink(path) }
    #expect(chmod(path, 0o400) == 0)
    #expect(try GGUFFile(path: path).tensors.count == 11)
  }

  @Test func `names of a file are escaped and cut in sentences`() throws {
    var writer = TinyModel.writer()
    let name = "\u{1B}[2J\u{202E}" + String(repeating: "x", count: 200)
    writer.tensors.append(.floats(name, 4))
    let file = try GGUFFile(bytes: writer.bytes())
    let error = #expect(throws: ShapeError.self) { try ModelShape(file) }
    let sentence = try #require(error?.sentence(file: "m.gguf"))
    #expect(sentence.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
    #expect(sentence.count < 140)
  }
}

/// The same numbers every time.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
