import CKernels

// What is done to every logit when a bias is fitted. Widths are multiples of 32.

extension Fast {
  @inline(never) package static func exponentials(
    _ x: UnsafePointer<Float>, width: Int, into out: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i < width {
      f8_store(out + i, f8_exp(f8_load(x + i)))
      i += 8
    }
  }

  @inline(never) package static func biasedSums(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, width: Int, inverse: Float,
    into out: UnsafeMutablePointer<Float>
  ) -> BiasedSums {
    var most = f8_all(-.infinity)
    var i = 0
    while i < width {
      most = f8_max(f8_add(f8_load(logits + i), f8_load(bias + i)), most)
      i += 8
    }
    let largest = f8_largest(most)
    // Where all are negative infinity their distance to it is no number, that to 0 is as good.
    let (shift, factor) = (f8_all(largest == -.infinity ? 0 : largest), f8_all(inverse))
    var (sum, weighted) = (f8_all(0), f8_all(0))
    i = 0
    while i < width {
      let x = f8_add(f8_load(logits + i), f8_load(bias + i))
      let distance = distance(x, shift, factor)
      let e = f8_exp(distance)
      f8_store(out + i, e)
      sum = f8_add(sum, e)
      weighted = f8_fma(distance, e, weighted)
      i += 8
    }
    return BiasedSums(largest: largest, sum: f8_sum(sum), weighted: f8_sum(weighted))
  }

  /// Ends at -10,000: e to the rest is 0, and 0 times infinity must not come up.
  @inline(__always) private static func distance(
    _ x: SIMD8<Float>, _ largest: SIMD8<Float>, _ inverse: SIMD8<Float>
  ) -> SIMD8<Float> {
    f8_max(f8_all(-10_000), f8_multiply(f8_subtract(x, largest), inverse))
  }

  @inline(never) package static func gradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    exponentials: UnsafePointer<Float>, width: Int, _ factors: GradientFactors,
    inPlaceOf sums: UnsafeMutablePointer<Float>
  ) {
    let rows = f8_all(factors.rows)
    var i = 0
    while i < width {
      let pull = pull(logits + i, bias + i, likeness + i, factors)
      let push = f8_multiply(f8_multiply(f8_load(sums + i), f8_load(exponentials + i)), rows)
      f8_store(sums + i, f8_subtract(push, pull))
      i += 8
    }
  }

  @inline(never) package static func firstGradient(
    _ logits: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    sums: UnsafePointer<Double>, width: Int, _ factors: GradientFactors,
    into out: UnsafeMutablePointer<Float>
  ) {
    let rows = f8_all(factors.rows)
    var i = 0
    while i < width {
      let pull = pull(logits + i, bias + i, likeness + i, factors)
      f8_store(out + i, f8_subtract(f8_multiply(f8_load_doubles(sums + i), rows), pull))
      i += 8
    }
  }

  /// The entropy's part: q (log q + H) times its factor, from e^distance and the distance.
  @inline(__always) private static func pull(
    _ logits: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ likeness: UnsafePointer<Float>,
    _ factors: GradientFactors
  ) -> SIMD8<Float> {
    let x = f8_add(f8_load(logits), f8_load(bias))
    let distance = distance(x, f8_all(factors.largest), f8_all(factors.inverse))
    let q = f8_multiply(f8_load(likeness), f8_all(factors.entropy))
    return f8_multiply(q, f8_subtract(distance, f8_all(factors.mean)))
  }

  /// As a bit pattern: larger than any number's where one is NaN.
  @inline(never) package static func largestMagnitude(
    _ x: UnsafePointer<Float>, width: Int
  ) -> UInt32 {
    var largest = b8_zero()
    var i = 0
    while i < width {
      largest = b8_max(f8_magnitude(f8_load(x + i)), largest)
      i += 8
    }
    return b8_largest(largest)
  }
}
