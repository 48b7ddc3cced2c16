/// The numbers that say what a transformer computes, read from its file and checked against it.
///
/// What has a shape can be computed: every tensor is there, of the right dimensions and of a type
/// there are kernels for, and none is there that nothing would use.
package struct ModelShape: Equatable, Sendable {
  package enum Architecture: String, CaseIterable, Sendable {
    case llama, qwen2, qwen3

    static let names = allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// Which two numbers of a head a rotation turns.
  package enum RopeStyle: Sendable {
    /// 0 with 1, 2 with 3.
    case adjacent
    /// 0 with n/2, 1 with n/2 + 1.
    case halves
  }

  package enum RopeScaling: Equatable, Sendable {
    case none
    /// Positions are divided by this.
    case linear(factor: Float)
    /// Each frequency is divided by its number in `rope_freqs.weight` (Llama 3).
    case frequencies
  }

  package var architecture: Architecture
  package var layers: Int
  package var width: Int
  package var heads: Int
  package var kvHeads: Int
  package var headWidth: Int
  package var feedForward: Int
  /// The longest context the model was made for; its sliding window, where it has one.
  package var contextLength: Int
  package var ropeBase: Float
  /// How many numbers of a head are turned; the others stay as they are.
  package var ropeRotated: Int
  package var ropeScaling: RopeScaling
  package var ropeStyle: RopeStyle { architecture == .llama ? .adjacent : .halves }
  /// Added to the mean square in RMS norms.
  package var epsilon: Float
  package var vocabulary: Int
  /// Whether the embedding is the output matrix, too.
  package var tiedOutput: Bool
  package var hasQKVBias: Bool
  package var hasQKNorm: Bool
  /// Bytes of all tensors.
  package var weightBytes: Int

  package struct Memory: Equatable, Sendable {
    package var weights: Int
    package var cache: Int
    package var total: Int { weights + cache }
  }

  /// Bytes for the weights, and for keys and values at a context length.
  package func memoryNeeded(context: Int) -> Memory {
    Memory(
      weights: weightBytes,
      cache: cacheBytes(context: context, cacheForm(context: context)))
  }
}

extension ModelShape {
  package init(_ file: GGUFFile) throws(ShapeError) {
    let keys = try ShapeKeys(file.metadata)
    architecture = keys.architecture
    layers = try keys.int("block_count", in: 1...512)
    width = try keys.int("embedding_length", in: 1...65536)
    heads = try keys.int("attention.head_count", in: 1...1024)
    kvHeads = try keys.int("attention.head_count_kv", in: 1...1024, default: heads)
    guard heads % kvHeads == 0 else {
      throw .badValue(key: keys.full("attention.head_count_kv"), "\(kvHeads)")
    }
    headWidth = try keys.headWidth(width: width, heads: heads)
    feedForward = try keys.int("feed_forward_length", in: 1...(1 << 20))
    contextLength = try keys.contextLength()
    epsilon = try keys.float("attention.layer_norm_rms_epsilon", in: 0...1)
    ropeBase = try keys.float("rope.freq_base", in: 1...1e12, default: 10000)
    ropeRotated = try keys.int("rope.dimension_count", in: 2...headWidth, default: headWidth)
    guard ropeRotated % 2 == 0 else {
      throw .badValue(key: keys.full("rope.dimension_count"), "\(ropeRotated)")
    }
    ropeScaling = try keys.ropeScaling(hasFrequencies: file.tensors["rope_freqs.weight"] != nil)
    tiedOutput = file.tensors["output.weight"] == nil
    hasQKVBias = architecture == .qwen2 || file.tensors["blk.0.attn_q.bias"] != nil
    hasQKNorm = architecture == .qwen3
    weightBytes = file.tensors.values.reduce(0) { $0 + $1.bytes.count }
    vocabulary = try Self.vocabulary(file)
    try TensorList(self).check(file.tensors)
  }

  private static func vocabulary(_ file: GGUFFile) throws(ShapeError) -> Int {
    guard let embedding = file.tensors["token_embd.weight"] else {
      throw .missingTensor("token_embd.weight")
    }
    let rows = embedding.dimensions.count == 2 ? embedding.dimensions[1] : 1
    if let tokens = file.metadata["tokenizer.ggml.tokens"]?.strings?.count, tokens != rows {
      throw .wrongVocabulary(tokens: tokens, rows: rows)
    }
    return rows
  }
}
