import Kernels

/// Finds a model's tensors in its file, in the forms the forward pass wants.
///
/// ``ModelShape`` has checked names, dimensions and types by then.
struct TensorSource {
  let file: GGUFFile

  func matrix(_ name: String) throws -> Matrix {
    let tensor = try tensor(name)
    guard let type = tensor.type, let base = tensor.bytes.baseAddress,
      tensor.dimensions.count == 2
    else { throw ShapeError.missingTensor(name) }
    return Matrix(
      type: type, rows: tensor.dimensions[1], columns: tensor.dimensions[0], base: base)
  }

  /// A norm's weight or a bias, as floats whatever the file has.
  func vector(_ name: String) throws -> [Float] {
    let tensor = try tensor(name)
    guard let type = tensor.type, let base = tensor.bytes.baseAddress else {
      throw ShapeError.missingTensor(name)
    }
    let count = tensor.dimensions.reduce(1, *)
    let row = Matrix(type: type, rows: 1, columns: count, base: base)
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      Kernel.dequantise(row, row: 0, into: start)
      filled = count
    }
  }

  func optionalVector(_ name: String) throws -> [Float]? {
    file.tensors[name] == nil ? nil : try vector(name)
  }

  func layer(_ index: Int) throws -> Weights.Layer {
    let name = "blk.\(index)."
    return Weights.Layer(
      attentionNorm: try vector(name + "attn_norm.weight"),
      query: try matrix(name + "attn_q.weight"),
      key: try matrix(name + "attn_k.weight"),
      value: try matrix(name + "attn_v.weight"),
      queryBias: try optionalVector(name + "attn_q.bias"),
      keyBias: try optionalVector(name + "attn_k.bias"),
      valueBias: try optionalVector(name + "attn_v.bias"),
      queryNorm: try optionalVector(name + "attn_q_norm.weight"),
      keyNorm: try optionalVector(name + "attn_k_norm.weight"),
      attentionOutput: try matrix(name + "attn_output.weight"),
      feedForwardNorm: try vector(name + "ffn_norm.weight"),
      gate: try matrix(name + "ffn_gate.weight"),
      up: try matrix(name + "ffn_up.weight"),
      down: try matrix(name + "ffn_down.weight"))
  }

  private func tensor(_ name: String) throws -> GGUFTensor {
    guard let tensor = file.tensors[name] else { throw ShapeError.missingTensor(name) }
    return tensor
  }
}
