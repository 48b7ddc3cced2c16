import Foundation
import Kernels

/// What a weights file holds, told without reading its weights.
package struct LocalModelSummary: Equatable, Sendable {
  package var name: String
  /// `llama`, `qwen2`, `qwen3`.
  package var architecture: String
  package var parameters: Int
  package var fileBytes: Int
  /// The type most of the weights have, `mixed` added when matrices differ: `Q4_K mixed`.
  package var quantisation: String
  package var layers: Int
  package var width: Int
  package var vocabulary: Int
  /// Positions the model was made for.
  package var contextLength: Int
  /// Positions its cache is given here.
  package var context: Int
  package var tokenizer: String
  /// The chat template's name; `nil` when it is not recognised.
  package var template: String?
  /// Bytes of weights, one cache and working memory.
  package var memoryNeeded: Int

  init(_ weights: Weights, context: Int) {
    let file = weights.file
    let shape = weights.shape
    let matrices = file.tensors.values.filter { $0.dimensions.count == 2 }
    var bytes: [String: Int] = [:]
    for tensor in matrices { bytes[tensor.type?.name ?? "?", default: 0] += tensor.bytes.count }
    let most = bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "F32"
    name = URL(filePath: weights.path).deletingPathExtension().lastPathComponent
    architecture = shape.architecture.rawValue
    parameters = file.tensors.values.reduce(0) { $0 + $1.dimensions.reduce(1, *) }
    fileBytes = file.dataRange.upperBound
    quantisation = bytes.count > 1 ? "\(most) mixed" : most
    layers = shape.layers
    width = shape.width
    vocabulary = shape.vocabulary
    contextLength = shape.contextLength
    self.context = context
    tokenizer = file.tokenizerName
    template = try? ChatTemplate.recognised(in: file).rawValue
    memoryNeeded = shape.memoryNeeded(context: context).total
  }
}

extension GGUFFile {
  /// How text becomes tokens, in two words: `gpt2 qwen2`.
  fileprivate var tokenizerName: String {
    ["tokenizer.ggml.model", "tokenizer.ggml.pre"].compactMap { metadata[$0]?.string }
      .map(shown).joined(separator: " ")
  }
}
