import ModelLocal
import Testing

@Suite struct ModelShapeTests {
  private func shape(
    _ architecture: String = "llama", _ change: (inout GGUFWriter) -> Void = { _ in }
  ) throws -> ModelShape {
    var writer = TinyModel.writer(architecture)
    change(&writer)
    return try ModelShape(GGUFFile(bytes: writer.bytes()))
  }

  private func error(
    _ architecture: String = "llama", _ change: (inout GGUFWriter) -> Void
  ) throws -> ShapeError {
    let error = try #require(
      #expect(throws: ShapeError.self) { try shape(architecture, change) })
    #expect(error.sentence(file: "m.gguf").hasPrefix("m.gguf "))
    #expect(error.sentence(file: "m.gguf").hasSuffix("."))
    return error
  }

  @Test func `the numbers of a model come from its file`() throws {
    let llama = try shape()
    #expect(llama.layers == 1 && llama.width == 4 && llama.heads == 2 && llama.kvHeads == 1)
    #expect(llama.headWidth == 2 && llama.feedForward == 6 && llama.contextLength == 64)
    #expect(llama.ropeBase == 10000 && llama.ropeRotated == 2 && llama.ropeScaling == .none)
    #expect(llama.ropeStyle == .adjacent && llama.epsilon == 1e-5 && llama.vocabulary == 10)
    #expect(llama.tiedOutput && !llama.hasQKVBias && !llama.hasQKNorm)
    let qwen2 = try shape("qwen2")
    #expect(qwen2.ropeStyle == .halves && qwen2.hasQKVBias && !qwen2.hasQKNorm)
    let qwen3 = try shape("qwen3")
    #expect(qwen3.ropeStyle == .halves && !qwen3.hasQKVBias && qwen3.hasQKNorm)
  }

  @Test func `memory is the tensors and two numbers a head and position`() throws {
    let memory = try shape().memoryNeeded(context: 100)
    #expect(memory.weights == 4 * (40 + 4 * 3 + 16 + 8 + 8 + 16 + 24 * 3))
    #expect(memory.cache == 100 * 2 * 1 * 1 * 2 * 4)
    #expect(memory.total == memory.weights + memory.cache)
    #expect(try shape().memoryNeeded(context: -1).cache == 0)
    #expect(try shape().memoryNeeded(context: .max).total > 0)
  }

  @Test func `an output matrix, a bias and frequencies are found`() throws {
    let shape = try shape { writer in
      writer.tensors += [
        .floats("output.weight", 4, 10), .floats("rope_freqs.weight", 1),
        .floats("blk.0.attn_q.bias", 4), .floats("blk.0.attn_k.bias", 2),
        .floats("blk.0.attn_v.bias", 2),
      ]
    }
    #expect(!shape.tiedOutput && shape.hasQKVBias && shape.ropeScaling == .frequencies)
  }

  @Test func `positions are scaled as the file says`() throws {
    func scaling(_ type: String?, _ factor: Float?) throws -> ModelShape.RopeScaling {
      try shape { writer in
        writer["llama.rope.scaling.type"] = type.map { .text($0) }
        writer["llama.rope.scaling.factor"] = factor.map { .float($0) }
      }.ropeScaling
    }
    #expect(try scaling(nil, nil) == .none)
    #expect(try scaling("none", 4) == .none)
    #expect(try scaling("linear", 4) == .linear(factor: 4))
    #expect(try scaling(nil, 2) == .linear(factor: 2))
    #expect(try scaling("linear", 1) == .none)
    #expect(
      try error { $0["llama.rope.scaling.type"] = .text("yarn") }
        == .unsupportedScaling("yarn"))
  }

  @Test func `two ways to scale positions at once are refused`() throws {
    _ = try error { writer in
      writer.tensors.append(.floats("rope_freqs.weight", 1))
      writer["llama.rope.scaling.factor"] = .float(8)
    }
  }

  @Test func `a sliding window shortens the context`() throws {
    #expect(try shape { $0["llama.attention.sliding_window"] = .uint32(16) }.contextLength == 16)
    #expect(try shape { $0["llama.attention.sliding_window"] = .uint32(99) }.contextLength == 64)
  }

  @Test func `numbers of the same value for every layer are one number`() throws {
    #expect(try shape { $0["llama.attention.head_count_kv"] = .int32s([1]) }.kvHeads == 1)
    _ = try error { $0["llama.feed_forward_length"] = .int32s([6, 7]) }
    _ = try error { $0["llama.feed_forward_length"] = .int32s([]) }
  }

  @Test func `models of other kinds are named`() throws {
    #expect(
      try error { $0["general.architecture"] = .text("gemma3") }
        == .unsupportedArchitecture("gemma3"))
    #expect(try error { $0["general.architecture"] = nil } == .missingKey("general.architecture"))
    #expect(try error { $0["llama.expert_count"] = .uint32(8) } == .experts(8))
    #expect(try error { $0["split.count"] = .uint32(3) } == .split(parts: 3))
    #expect(
      try error { $0.tensors.append(.floats("blk.0.attn_output.bias", 4)) }
        == .unknownTensor("blk.0.attn_output.bias"))
    #expect(
      try error { $0.tensors.append(.floats("blk.1.attn_norm.weight", 4)) }
        == .unknownTensor("blk.1.attn_norm.weight"))
  }

  @Test(arguments: [
    "block_count", "embedding_length", "attention.head_count", "feed_forward_length",
    "context_length", "attention.layer_norm_rms_epsilon",
  ])
  func `a missing number is named`(key: String) throws {
    #expect(try error { $0["llama.\(key)"] = nil } == .missingKey("llama.\(key)"))
    _ = try error { $0["llama.\(key)"] = .text("12") }
    _ = try error { $0["llama.\(key)"] = .float(.nan) }
  }

  @Test(
    arguments: [
      ("block_count", [0, 2, 513, 1 << 40]), ("embedding_length", [0, 8, 65537, .max]),
      ("attention.head_count", [0, 3, 4, 5000]), ("attention.head_count_kv", [0, 2, 3]),
      ("attention.key_length", [0, 1, 3, 4, 514]), ("attention.value_length", [0, 3, 4]),
      ("feed_forward_length", [0, 7, .max]), ("context_length", [0, 1 << 25]),
      ("rope.dimension_count", [0, 1, 3, 4]),
    ] as [(String, [UInt64])])
  func `a number out of range is an error`(key: String, values: [UInt64]) throws {
    for value in values {
      _ = try error { $0["llama.\(key)"] = .uint64(value) }
    }
  }

  @Test(
    arguments: [
      ("rope.freq_base", [-1, 0, .infinity, .nan]), ("rope.scaling.factor", [-1, .infinity, .nan]),
      ("attention.layer_norm_rms_epsilon", [-1, 2, .infinity, .nan]),
    ] as [(String, [Float])])
  func `a fraction out of range is an error`(key: String, values: [Float]) throws {
    for value in values {
      _ = try error { $0["llama.\(key)"] = .float(value) }
    }
  }

  @Test(arguments: ["llama", "qwen2", "qwen3"])
  func `every tensor is needed, in its own dimensions`(architecture: String) throws {
    for tensor in TinyModel.writer(architecture).tensors {
      let missing = try error(architecture) { writer in
        writer.tensors.removeAll { $0.name == tensor.name }
      }
      #expect(missing == .missingTensor(tensor.name))
      _ = try error(architecture) { writer in
        writer.change(tensor.name) { $0.dimensions[$0.dimensions.count - 1] -= 1 }
      }
      _ = try error(architecture) { writer in
        writer.change(tensor.name) { $0.dimensions.append(1) }
      }
    }
  }

  @Test func `norms and biases are in single precision`() throws {
    let error = try error { $0.change("output_norm.weight") { $0.type = 1 } }
    #expect(error == .unsupportedType(tensor: "output_norm.weight", 1))
  }

  @Test func `tokens and embeddings are as many`() throws {
    #expect(
      try error { $0.change("token_embd.weight") { $0.dimensions[1] = 9 } }
        == .wrongVocabulary(tokens: 10, rows: 9))
  }
}
