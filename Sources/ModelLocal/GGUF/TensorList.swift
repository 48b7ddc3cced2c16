/// The tensors a model of some shape is made of.
struct TensorList {
  private let shape: ModelShape

  init(_ shape: ModelShape) { self.shape = shape }

  /// Throws unless `tensors` are just these.
  func check(_ tensors: [String: GGUFTensor]) throws(ShapeError) {
    var known: Set<String> = []
    for (name, dimensions) in matrices + vectors {
      guard let tensor = tensors[name] else { throw .missingTensor(name) }
      guard tensor.dimensions == dimensions else {
        throw .wrongDimensions(tensor: name, found: tensor.dimensions, expected: dimensions)
      }
      let fits = dimensions.count == 2 ? tensor.type != nil : tensor.type == .f32
      guard fits else { throw .unsupportedType(tensor: name, tensor.typeNumber) }
      known.insert(name)
    }
    // Sorted, so that the same file always gets the same sentence.
    for name in tensors.keys.sorted() where !known.contains(name) && !Self.isIgnored(name) {
      throw .unknownTensor(name)
    }
  }

  /// Tables of angles that old converters stored; they are computed instead.
  private static func isIgnored(_ name: String) -> Bool {
    name.contains("attn_rot_embd") || name == "rope_freqs"
  }

  private var matrices: [(String, [Int])] {
    let queries = shape.heads * shape.headWidth
    let keys = shape.kvHeads * shape.headWidth
    var list = [("token_embd.weight", [shape.width, shape.vocabulary])]
    if !shape.tiedOutput { list.append(("output.weight", [shape.width, shape.vocabulary])) }
    for layer in 0..<shape.layers {
      list += [
        ("blk.\(layer).attn_q.weight", [shape.width, queries]),
        ("blk.\(layer).attn_k.weight", [shape.width, keys]),
        ("blk.\(layer).attn_v.weight", [shape.width, keys]),
        ("blk.\(layer).attn_output.weight", [queries, shape.width]),
        ("blk.\(layer).ffn_gate.weight", [shape.width, shape.feedForward]),
        ("blk.\(layer).ffn_up.weight", [shape.width, shape.feedForward]),
        ("blk.\(layer).ffn_down.weight", [shape.feedForward, shape.width]),
      ]
    }
    return list
  }

  /// Norms and biases, which are few and stored in single precision.
  private var vectors: [(String, [Int])] {
    let queries = shape.heads * shape.headWidth
    let keys = shape.kvHeads * shape.headWidth
    var list = [("output_norm.weight", [shape.width])]
    if shape.ropeScaling == .frequencies {
      list.append(("rope_freqs.weight", [shape.ropeRotated / 2]))
    }
    for layer in 0..<shape.layers {
      list.append(("blk.\(layer).attn_norm.weight", [shape.width]))
      list.append(("blk.\(layer).ffn_norm.weight", [shape.width]))
      if shape.hasQKVBias {
        list.append(("blk.\(layer).attn_q.bias", [queries]))
        list.append(("blk.\(layer).attn_k.bias", [keys]))
        list.append(("blk.\(layer).attn_v.bias", [keys]))
      }
      if shape.hasQKNorm {
        list.append(("blk.\(layer).attn_q_norm.weight", [shape.headWidth]))
        list.append(("blk.\(layer).attn_k_norm.weight", [shape.headWidth]))
      }
    }
    return list
  }
}
