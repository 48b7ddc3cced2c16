import Foundation
import Kernels

/// A model's weights, mapped from its file and laid out for the forward pass.
///
/// The matrices stay where the file has them; only norms and biases, a few kilobytes, are copied.
/// Shared by every ``Decoder`` of the model, and never written to.
package final class Weights: @unchecked Sendable {
  // Immutable after `init`, which is what makes the `@unchecked Sendable` true: the pointers lead
  // into `file`, which lives as long.
  package let path: String
  package let file: GGUFFile
  package let shape: ModelShape
  package let tokenizer: Tokenizer
  let embedding: Matrix
  let layers: [Layer]
  let outputNorm: [Float]
  /// Final-norm hidden state to logits: `shape.vocabulary` rows of `shape.width`.
  let output: Matrix
  /// Radians a position turns each pair of a head by: `shape.ropeRotated / 2` values.
  let turns: [Float]

  /// One transformer block.
  ///
  /// Matrices are rows x columns = outputs x inputs.
  struct Layer {
    var attentionNorm: [Float]
    var query: Matrix
    var key: Matrix
    var value: Matrix
    var queryBias: [Float]?
    var keyBias: [Float]?
    var valueBias: [Float]?
    /// Per head, `shape.headWidth` values (Qwen 3).
    var queryNorm: [Float]?
    var keyNorm: [Float]?
    var attentionOutput: Matrix
    var feedForwardNorm: [Float]
    var gate: Matrix
    var up: Matrix
    var down: Matrix
  }

  package convenience init(path: String) throws {
    try self.init(try GGUFFile(path: path), path: path)
  }

  /// `path` is what the file is called in sentences.
  package init(_ file: GGUFFile, path: String) throws {
    self.path = path
    self.file = file
    shape = try ModelShape(file)
    tokenizer = try Tokenizer(file)
    let source = TensorSource(file: file)
    embedding = try source.matrix("token_embd.weight")
    output = shape.tiedOutput ? embedding : try source.matrix("output.weight")
    outputNorm = try source.vector("output_norm.weight")
    layers = try (0..<shape.layers).map(source.layer)
    turns = Self.turns(shape, factors: try source.optionalVector("rope_freqs.weight"))
  }

  /// Angle a step of one position turns pair i by: base^(-2i/n), stretched for long contexts.
  ///
  /// A linear scale divides every angle; Llama 3's factors, computed by the converter, each their
  /// own.
  private static func turns(_ shape: ModelShape, factors: [Float]?) -> [Float] {
    (0..<shape.ropeRotated / 2).map { pair in
      let exponent = -2 * Float(pair) / Float(shape.ropeRotated)
      let turn = pow(shape.ropeBase, exponent)
      return switch shape.ropeScaling {
      case .none: turn
      case .linear(let factor): turn / factor
      case .frequencies: factors.map { turn / $0[pair] } ?? turn
      }
    }
  }
}
