/// Reads a file's hyperparameters, each within the range that makes sense.
struct ShapeKeys {
  let architecture: ModelShape.Architecture
  private let metadata: [String: GGUFValue]

  init(_ metadata: [String: GGUFValue]) throws(ShapeError) {
    self.metadata = metadata
    if let parts = metadata["split.count"]?.int, parts > 1 { throw .split(parts: parts) }
    guard let name = metadata["general.architecture"]?.string else {
      throw .missingKey("general.architecture")
    }
    guard let architecture = ModelShape.Architecture(rawValue: name) else {
      throw .unsupportedArchitecture(name)
    }
    self.architecture = architecture
    if let experts = self["expert_count"]?.int, experts > 0 { throw .experts(experts) }
  }

  func full(_ key: String) -> String { "\(architecture.rawValue).\(key)" }

  private subscript(key: String) -> GGUFValue? { metadata[full(key)] }

  func int(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(ShapeError) -> Int {
    guard let value = self[key] else {
      guard let fallback else { throw .missingKey(full(key)) }
      return fallback
    }
    guard let number = value.int ?? sameForAllLayers(value) else {
      throw .badValue(key: full(key), "something else than a whole number")
    }
    guard range.contains(number) else { throw .badValue(key: full(key), "\(number)") }
    return number
  }

  /// Some converters write one number a layer; models whose layers differ are not computed.
  private func sameForAllLayers(_ value: GGUFValue) -> Int? {
    guard let numbers = value.numbers, numbers.count > 0, let first = numbers[0].int,
      (1..<numbers.count).allSatisfy({ numbers[$0].int == first })
    else { return nil }
    return first
  }

  func float(
    _ key: String, in range: ClosedRange<Float>, default fallback: Float? = nil
  ) throws(ShapeError) -> Float {
    guard let value = self[key] else {
      guard let fallback else { throw .missingKey(full(key)) }
      return fallback
    }
    guard let number = value.float.map(Float.init), range.contains(number) else {
      throw .badValue(key: full(key), value.float.map { "\($0)" } ?? "no number")
    }
    return number
  }

  func headWidth(width: Int, heads: Int) throws(ShapeError) -> Int {
    guard self["attention.key_length"] != nil || width % heads == 0 else {
      throw .badValue(key: full("attention.head_count"), "\(heads)")
    }
    let headWidth = try int("attention.key_length", in: 2...512, default: width / heads)
    guard headWidth % 2 == 0, (2...512).contains(headWidth) else {
      throw .badValue(key: full("attention.key_length"), "\(headWidth)")
    }
    let valueWidth = try int("attention.value_length", in: 1...512, default: headWidth)
    guard valueWidth == headWidth else {
      throw .badValue(key: full("attention.value_length"), "\(valueWidth)")
    }
    return headWidth
  }

  /// Within its sliding window such a model computes what one without computes.
  func contextLength() throws(ShapeError) -> Int {
    let context = try int("context_length", in: 1...(1 << 24))
    let window = try int("attention.sliding_window", in: 0...(1 << 24), default: 0)
    return window > 0 ? min(context, window) : context
  }

  func ropeScaling(hasFrequencies: Bool) throws(ShapeError) -> ModelShape.RopeScaling {
    let name = self["rope.scaling.type"]?.string ?? "linear"
    guard name == "none" || name == "linear" else { throw .unsupportedScaling(name) }
    let old = try float("rope.scale_linear", in: 0...1e6, default: 1)
    let factor = try float("rope.scaling.factor", in: 0...1e6, default: old)
    let isScaled = name == "linear" && factor != 0 && factor != 1
    guard hasFrequencies else { return isScaled ? .linear(factor: factor) : .none }
    guard !isScaled else { throw .badValue(key: full("rope.scaling.factor"), "\(factor)") }
    return .frequencies
  }
}
