/// Keys and values of every position fed so far, as halves, one block a layer.
///
/// Position p of layer l lies at `(l * context + p) * width`. The memory is the system's until it
/// is written to, so that a long context costs what is used of it.
final class KVCache {
  let layers: Int
  let context: Int
  /// Key-value heads times their width.
  let width: Int
  private let keys: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<UInt16>

  init(layers: Int, context: Int, width: Int) {
    self.layers = layers
    self.context = context
    self.width = width
    keys = .allocate(capacity: layers * context * width)
    values = .allocate(capacity: layers * context * width)
  }

  deinit {
    keys.deallocate()
    values.deallocate()
  }

  func keys(layer: Int) -> UnsafeMutablePointer<UInt16> { keys + layer * context * width }
  func values(layer: Int) -> UnsafeMutablePointer<UInt16> { values + layer * context * width }

  /// Takes over the first `count` positions of another cache of the same model.
  func copy(_ count: Int, from other: KVCache) {
    precondition(other.layers == layers && other.width == width && count <= context)
    for layer in 0..<layers {
      keys(layer: layer).update(from: other.keys(layer: layer), count: count * width)
      values(layer: layer).update(from: other.values(layer: layer), count: count * width)
    }
  }
}
