import Kernels

/// Keys and values of every position fed so far, one block a layer.
///
/// Position p of layer l lies at number `(l * context + p) * width`. The memory is the system's
/// until it is written to, so that a long context costs what is used of it.
final class KVCache {
  /// How numbers are kept.
  enum Form: Sendable {
    case floats, halves

    var bytes: Int { self == .floats ? 4 : 2 }
  }

  /// Caches up to this size are kept in single precision.
  ///
  /// Rounding to halves moves activations over the rounding steps of quantised weights, which
  /// changes one greedy answer in twenty of a small model; a large cache is read too slowly
  /// otherwise.
  static let largestOfFloats = 256 << 20

  let layers: Int
  let context: Int
  /// Key-value heads times their width.
  let width: Int
  let form: Form
  private let keys: UnsafeMutableRawPointer
  private let values: UnsafeMutableRawPointer

  init(_ shape: ModelShape, context: Int, form: Form) {
    layers = shape.layers
    self.context = context
    width = shape.kvHeads * shape.headWidth
    self.form = form
    let bytes = layers * context * width * form.bytes
    keys = .allocate(byteCount: bytes, alignment: 64)
    values = .allocate(byteCount: bytes, alignment: 64)
  }

  deinit {
    keys.deallocate()
    values.deallocate()
  }

  /// Puts `count` positions from `position` on; `keys` and `values` hold `width` numbers each.
  func store(
    keys newKeys: UnsafePointer<Float>, values newValues: UnsafePointer<Float>, count: Int,
    at position: Int, layer: Int
  ) {
    switch form {
    case .floats:
      floats(keys, layer, position).update(from: newKeys, count: count * width)
      floats(values, layer, position).update(from: newValues, count: count * width)
    case .halves:
      Kernel.toHalf(newKeys, count: count * width, into: halves(keys, layer, position))
      Kernel.toHalf(newValues, count: count * width, into: halves(values, layer, position))
    }
  }

  /// Keys and values of a layer, from position 0 on, of a cache of floats.
  func floats(layer: Int) -> (keys: UnsafePointer<Float>, values: UnsafePointer<Float>) {
    (UnsafePointer(floats(keys, layer, 0)), UnsafePointer(floats(values, layer, 0)))
  }

  /// The same of a cache of halves.
  func halves(layer: Int) -> (keys: UnsafePointer<UInt16>, values: UnsafePointer<UInt16>) {
    (UnsafePointer(halves(keys, layer, 0)), UnsafePointer(halves(values, layer, 0)))
  }

  /// Takes over the first `count` positions of another cache of the same model.
  func copy(_ count: Int, from other: KVCache) {
    precondition(
      other.layers == layers && other.width == width && other.form == form && count <= context)
    let bytes = count * width * form.bytes
    for layer in 0..<layers {
      let (to, from) = (
        layer * context * width * form.bytes, layer * other.context * width * form.bytes
      )
      (keys + to).copyMemory(from: other.keys + from, byteCount: bytes)
      (values + to).copyMemory(from: other.values + from, byteCount: bytes)
    }
  }

  private func floats(
    _ base: UnsafeMutableRawPointer, _ layer: Int, _ position: Int
  ) -> UnsafeMutablePointer<Float> {
    base.assumingMemoryBound(to: Float.self) + (layer * context + position) * width
  }

  private func halves(
    _ base: UnsafeMutableRawPointer, _ layer: Int, _ position: Int
  ) -> UnsafeMutablePointer<UInt16> {
    base.assumingMemoryBound(to: UInt16.self) + (layer * context + position) * width
  }
}

extension ModelShape {
  /// How a cache for `context` positions is kept.
  func cacheForm(context: Int) -> KVCache.Form {
    cacheBytes(context: context, .floats) <= KVCache.largestOfFloats ? .floats : .halves
  }

  /// Bytes of keys and values; a number too large for any machine where they cannot be counted.
  func cacheBytes(context: Int, _ form: KVCache.Form) -> Int {
    let position = 2 * layers * kvHeads * headWidth * form.bytes
    let (bytes, overflow) = position.multipliedReportingOverflow(by: max(0, context))
    return overflow ? .max / 2 : bytes
  }
}
