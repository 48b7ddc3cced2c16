import CKernels

/// The fast twins of `Kernels`' `Reference`: pointers in, pointers out, never called directly.
///
/// This target is compiled for CPUs with AVX2, the rest of the program for any. Two things follow.
///
/// Its functions must not be inlined into their callers: `@inline(never)`.
///
/// And it may not share code with the rest. A generic of the standard library that is specialised
/// here and elsewhere is one weak symbol in both; the linker keeps either, and an old CPU meets an
/// instruction it does not know, or a new one the slow code. So there is no arithmetic on Swift's
/// own SIMD types, no generic function, no array and no closure that survives optimisation: only
/// integers, pointers and the inline functions of CKernels. To see that it holds:
/// `nm -C KernelsSIMD.build/*.o | grep ' [WV] '` names no function, only metadata and symbols that
/// force a library in.
package enum Fast {}

/// Activation vectors as the dot products read them; see `Activations` for what each is.
package struct Batch {
  package var count: Int
  package var width: Int
  package var floats: UnsafeMutablePointer<Float>
  package var levels: UnsafeMutablePointer<Int8>
  package var scales: UnsafeMutablePointer<Float>
  package var sums16: UnsafeMutablePointer<Float>
  package var sums32: UnsafeMutablePointer<Float>

  package init(
    count: Int, width: Int, floats: UnsafeMutablePointer<Float>,
    levels: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
    sums16: UnsafeMutablePointer<Float>, sums32: UnsafeMutablePointer<Float>
  ) {
    self.count = count
    self.width = width
    self.floats = floats
    self.levels = levels
    self.scales = scales
    self.sums16 = sums16
    self.sums32 = sums32
  }

  /// Every part of one vector.
  @inline(__always) func vector(_ t: Int) -> Batch {
    Batch(
      count: 1, width: width, floats: floats + t * width, levels: levels + t * width,
      scales: scales + t * width / 32, sums16: sums16 + t * width / 16,
      sums32: sums32 + t * width / 32)
  }
}

/// Rows of weights one under the other, and where their products go.
package struct Rows {
  package var base: UnsafeRawPointer
  package var rowBytes: Int
  package var count: Int
  /// The product of row `r` with vector `t` goes to `out[t * stride + r]`.
  package var out: UnsafeMutablePointer<Float>
  package var stride: Int

  package init(
    base: UnsafeRawPointer, rowBytes: Int, count: Int, out: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    self.base = base
    self.rowBytes = rowBytes
    self.count = count
    self.out = out
    self.stride = stride
  }
}
