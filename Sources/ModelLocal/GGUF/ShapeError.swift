/// Why a readable weights file holds no model that can be computed here.
package enum ShapeError: Error, Equatable {
  case unsupportedArchitecture(String)
  /// A mixture of experts.
  case experts(Int)
  /// One of several files of a model.
  case split(parts: Int)
  case missingKey(String)
  /// A value out of range, or one that does not go with the others.
  case badValue(key: String, String)
  case unsupportedScaling(String)
  case missingTensor(String)
  /// A tensor that these architectures do not have: leaving it out would compute something else.
  case unknownTensor(String)
  case wrongDimensions(tensor: String, found: [Int], expected: [Int])
  case unsupportedType(tensor: String, UInt32)
  case wrongVocabulary(tokens: Int, rows: Int)
}

extension ShapeError {
  /// What is wrong with `file`, and what to do next.
  package func sentence(file: String) -> String {
    switch self {
    case .unsupportedArchitecture(let name):
      "\(file) is of the architecture \(shown(name)); there are "
        + "\(ModelShape.Architecture.names): choose another model."
    case .experts(let count):
      "\(file) mixes \(count) experts, which this program does not compute: choose another model."
    case .split(let parts):
      "\(file) is one of \(parts) parts: merge them with `llama-gguf-split --merge` first."
    case .missingKey(let key):
      "\(file) does not say \(shown(key)): convert the model again."
    case .badValue(let key, let value):
      "\(file) sets \(shown(key)) to \(shown(value)), which cannot be: convert the model again."
    case .unsupportedScaling(let name):
      "\(file) scales positions by \(shown(name)); there are linear and llama3: "
        + "choose another model."
    case .missingTensor(let name):
      "\(file) lacks the tensor \(shown(name)): download it again, or convert the model again."
    case .unknownTensor(let name):
      "\(file) has a tensor \(shown(name)), which this program cannot use: choose another model."
    case .wrongDimensions(let tensor, let found, let expected):
      "\(file) has \(shown(tensor)) of \(Self.times(found)) numbers, not "
        + "\(Self.times(expected)): convert the model again."
    case .unsupportedType(let tensor, let number):
      "\(file) stores \(shown(tensor)) as \(TensorTypeNames.name(of: number)), which cannot be "
        + "computed with: choose a file in Q8_0, Q4_0, Q4_K_M, F16 or BF16."
    case .wrongVocabulary(let tokens, let rows):
      "\(file) has \(tokens) tokens but \(rows) embeddings: convert the model again."
    }
  }

  private static func times(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: "×")
  }
}

/// Names of the element types the format has, whether they can be computed with or not.
enum TensorTypeNames {
  static func name(of number: UInt32) -> String {
    table[number] ?? "type \(number)"
  }

  private static let table: [UInt32: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16",
    34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]
}
