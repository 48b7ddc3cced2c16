import CKernels

/// The fast twins of `Kernels`' `Reference`: pointers in, pointers out, never called directly.
///
/// This target is compiled for CPUs with AVX2, the rest of the program for any. Two things follow.
///
/// Its functions must not be inlined into their callers: `@inline(never)`.
///
/// And it may share no code with the rest. A generic of the standard library that is specialised
/// here and elsewhere, or the copying of a record of the same size, is one weak symbol in both; the
/// linker keeps either, and an old CPU meets an instruction it does not know, or a new one the slow
/// code. So there is no arithmetic on Swift's own SIMD types, no generic function, no array, no
/// record declared here that somebody could ask the metadata of, and no closure that survives
/// optimisation: integers, pointers and the inline functions of CKernels. To see that it holds:
/// `nm KernelsSIMD.build/*.o | grep ' [VWu] '` names no function but this module's own; in a debug
/// build also `__swift_noop_void_return` and `__swift_memcpy8_8`, which have one instruction or two.
package enum Fast {
  /// As many vectors are worth unpacking weights for.
  @inline(__always) package static var panelVectors: Int { 4 }
}

extension Batch {
  /// Every part of one vector.
  @inline(__always) func vector(_ t: Int) -> Batch {
    Batch(
      count: 1, width: width, floats: floats + t * width, levels: levels + t * width,
      scales: scales + t * width / 32, sums16: sums16 + t * width / 16,
      sums32: sums32 + t * width / 32, words: words + t * width)
  }
}

extension FewRows {
  /// Where fewer rows are left than are worked on together, the last stands in for the others.
  @inline(__always) subscript(_ row: Int) -> UnsafeRawPointer {
    base + (row < last ? row : last) * rowBytes
  }
}
