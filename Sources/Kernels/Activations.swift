import CKernels

/// `count` activation vectors in the form in which the dot products of a weight type take them.
///
/// A buffer that is used again: it grows, never shrinks, so that a warm forward pass allocates
/// nothing. Written by one thread at a time, and then read by any number.
package final class Activations: @unchecked Sendable {
  /// What a weight type's dot product wants on its other side.
  ///
  /// The choice is llama.cpp's, so that greedy text agrees with it.
  enum Form: Equatable {
    /// Single precision as it came.
    case floats
    /// Single precision, rounded to half precision first.
    case halves
    /// Single precision, rounded to bfloat16 first.
    case bfloats
    /// Blocks of 32 bytes with one scale, itself rounded to half precision (ggml's Q8_0).
    case blocksOf32
    /// Blocks of 256 bytes with one scale, and the sums of each 16 (ggml's Q8_K).
    case blocksOf256
  }

  private(set) var form = Form.floats
  private(set) var count = 0
  private(set) var width = 0

  /// `[count][width]`, when the form is one of single precision.
  var floats: UnsafeMutablePointer<Float> { part(0) }
  /// `[count][width]`, each in -127...127.
  var levels: UnsafeMutablePointer<Int8> { part(0) }
  /// `[count][width / 32]`: what a level is worth; eight times the same in a block of 256.
  var scales: UnsafeMutablePointer<Float> { part(levelBytes) }
  /// `[count][width / 32]`: sums of 32 levels each, times their scale.
  var sums32: UnsafeMutablePointer<Float> { part(levelBytes + perRunBytes) }
  /// `[count][width / 16]`: sums of 16 levels each, times their scale.
  var sums16: UnsafeMutablePointer<Float> { part(levelBytes + 2 * perRunBytes) }

  /// The levels once more, in 16 bits, for products with many vectors (written only then).
  var words: UnsafeMutablePointer<Int16> { part(levelBytes + 4 * perRunBytes) }

  var batch: Batch {
    Batch(
      count: count, width: width, floats: floats, levels: levels, scales: scales, sums16: sums16,
      sums32: sums32, words: words)
  }

  private var storage: UnsafeMutableRawPointer
  private var capacity: Int

  package init() {
    capacity = 1 << 14
    storage = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { storage.deallocate() }

  /// Takes `count` vectors of `width` numbers, one after another, for weights of `type`.
  ///
  /// `width` is a multiple of the type's block length. A block with a NaN or an infinity in it is
  /// NaN throughout; in ggml what comes of one depends on the CPU.
  package func load(
    _ x: UnsafePointer<Float>, count: Int, width: Int, for type: TensorType
  ) {
    guard width % type.blockLength == 0 else {
      fatalError("\(width) activations are no whole number of \(type.name) blocks")
    }
    form = Self.form(for: type)
    self.count = count
    self.width = width
    reserve()
    Kernel.quantise(x, into: self)
  }

  /// Whether these are in the form that weights of `type` take.
  package func serve(_ type: TensorType) -> Bool { form == Self.form(for: type) }

  static func form(for type: TensorType) -> Form {
    switch type {
    case .f32: .floats
    case .f16: .halves
    case .bf16: .bfloats
    case .q4_0, .q5_0, .q5_1, .q8_0: .blocksOf32
    case .q4_K, .q5_K, .q6_K: .blocksOf256
    }
  }

  private var isQuantised: Bool { form == .blocksOf32 || form == .blocksOf256 }
  private var levelBytes: Int { rounded(count * width * (isQuantised ? 1 : 4)) }
  private var perRunBytes: Int { isQuantised ? rounded(count * width / 32 * 4) : 0 }

  private func rounded(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

  private func part<T>(_ offset: Int) -> UnsafeMutablePointer<T> {
    (storage + offset).assumingMemoryBound(to: T.self)
  }

  private func reserve() {
    let needed = levelBytes + 4 * perRunBytes + (isQuantised ? 2 * levelBytes : 0)
    guard needed > capacity else { return }
    storage.deallocate()
    capacity = max(needed, 2 * capacity)
    storage = .allocate(byteCount: capacity, alignment: 64)
  }
}
