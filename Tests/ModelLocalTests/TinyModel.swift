import ModelLocal

/// Complete models of a few hundred numbers, as bytes of a file.
enum TinyModel {
  static let tokens = [
    "a", "b", "ab", "\u{120}", "\u{120}a", "1", "\u{10A}", "<|im_start|>", "<|im_end|>", "<x>",
  ]

  static func writer(_ architecture: String = "llama") -> GGUFWriter {
    var writer = GGUFWriter()
    writer.pairs = [
      ("general.architecture", .text(architecture)),
      ("\(architecture).block_count", .uint32(1)),
      ("\(architecture).context_length", .uint32(64)),
      ("\(architecture).embedding_length", .uint32(4)),
      ("\(architecture).feed_forward_length", .uint32(6)),
      ("\(architecture).attention.head_count", .uint32(2)),
      ("\(architecture).attention.head_count_kv", .uint32(1)),
      ("\(architecture).attention.layer_norm_rms_epsilon", .float(1e-5)),
      ("tokenizer.ggml.model", .text("gpt2")),
      ("tokenizer.ggml.pre", .text("qwen2")),
      ("tokenizer.ggml.tokens", .strings(tokens.map { Array($0.utf8) })),
      ("tokenizer.ggml.token_type", .int32s([1, 1, 1, 1, 1, 1, 1, 3, 3, 4])),
      ("tokenizer.ggml.merges", .strings(["a b", "\u{120} a"].map { Array($0.utf8) })),
      ("tokenizer.ggml.eos_token_id", .uint32(8)),
      ("tokenizer.chat_template", .text("{{ '<|im_start|>' }}{{ '<|im_end|>' }}")),
    ]
    writer.tensors = [
      .floats("token_embd.weight", 4, 10), .floats("output_norm.weight", 4),
      .floats("blk.0.attn_norm.weight", 4), .floats("blk.0.ffn_norm.weight", 4),
      .floats("blk.0.attn_q.weight", 4, 4), .floats("blk.0.attn_k.weight", 4, 2),
      .floats("blk.0.attn_v.weight", 4, 2), .floats("blk.0.attn_output.weight", 4, 4),
      .floats("blk.0.ffn_gate.weight", 4, 6), .floats("blk.0.ffn_up.weight", 4, 6),
      .floats("blk.0.ffn_down.weight", 6, 4),
    ]
    if architecture == "qwen2" {
      writer.tensors += [
        .floats("blk.0.attn_q.bias", 4), .floats("blk.0.attn_k.bias", 2),
        .floats("blk.0.attn_v.bias", 2),
      ]
    }
    if architecture == "qwen3" {
      writer.tensors += [
        .floats("blk.0.attn_q_norm.weight", 2), .floats("blk.0.attn_k_norm.weight", 2),
      ]
    }
    return writer
  }

  static func bytes(_ architecture: String = "llama") -> [UInt8] { writer(architecture).bytes() }
}

extension GGUFWriter.Tensor {
  static func floats(_ name: String, _ dimensions: UInt64...) -> GGUFWriter.Tensor {
    GGUFWriter.Tensor(
      name: name, dimensions: dimensions, byteCount: 4 * Int(dimensions.reduce(1, *)))
  }
}

extension GGUFWriter {
  /// Changes one tensor of many.
  mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
    guard let index = tensors.firstIndex(where: { $0.name == name }) else { return }
    body(&tensors[index])
  }

  /// Everything the program asks of a file, one after the other.
  static func readAll(_ bytes: [UInt8]) throws {
    let file = try GGUFFile(bytes: bytes)
    _ = try ModelShape(file)
    let tokenizer = try Tokenizer(file)
    _ = tokenizer.encode("ab a<|im_end|>\n", parsesSpecials: true)
    for id in 0..<Int32(tokenizer.count) { _ = tokenizer.bytes(of: id, showsControl: true) }
    _ = try ChatTemplate.recognised(in: file)
  }
}
