import CKernels

extension Fast {
  @inline(never) package static func attendHalves(
    query: UnsafePointer<Float>, keys: UnsafePointer<UInt16>, values: UnsafePointer<UInt16>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    attend(
      query, UnsafeRawPointer(keys), UnsafeRawPointer(values), positions, stride: 2 * stride,
      width, scale, scores, out, bytes: 2, load: { f8_load_halves($0) },
      one: { f1_load_half($0) })
  }

  @inline(never) package static func attendFloats(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    attend(
      query, UnsafeRawPointer(keys), UnsafeRawPointer(values), positions, stride: 4 * stride,
      width, scale, scores, out, bytes: 4, load: { f8_load($0) },
      one: { $0.loadUnaligned(as: Float.self) })
  }

  /// Keys and values are numbers of `bytes` bytes, of which `load` widens eight and `one` one.
  @inline(__always) private static func attend(
    _ query: UnsafePointer<Float>, _ keys: UnsafeRawPointer, _ values: UnsafeRawPointer,
    _ positions: Int, stride: Int, _ width: Int, _ scale: Float,
    _ scores: UnsafeMutablePointer<Float>, _ out: UnsafeMutablePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    var position = 0
    while position < positions {
      score4(
        query, keys + position * stride, stride: stride, width, left: positions - position, scale,
        scores + position, bytes: bytes, load: load, one: one)
      position += 4
    }
    softmax(scores, count: positions, temperature: 1)
    var column = 0
    while column + 64 <= width {
      weigh64(
        scores, values + bytes * column, positions, stride, out + column, bytes: bytes, load: load)
      column += 64
    }
    while column + 16 <= width {
      weigh16(
        scores, values + bytes * column, positions, stride, out + column, bytes: bytes, load: load)
      column += 16
    }
    while column < width {
      var sum: Float = 0
      for p in 0..<positions { sum += scores[p] * one(values + p * stride + bytes * column) }
      out[column] = sum
      column += 1
    }
  }

  /// Scores of up to four positions; where `left` are fewer, the last is worked on again, in vain.
  @inline(__always) private static func score4(
    _ query: UnsafePointer<Float>, _ keys: UnsafeRawPointer, stride: Int, _ width: Int,
    left: Int, _ scale: Float, _ scores: UnsafeMutablePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>, one: (UnsafeRawPointer) -> Float
  ) {
    let second = keys + (left > 1 ? stride : 0)
    let third = second + (left > 2 ? stride : 0)
    let fourth = third + (left > 3 ? stride : 0)
    var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var i = 0
    while i + 8 <= width {
      let q = f8_load(query + i)
      a = f8_fma(q, load(keys + bytes * i), a)
      b = f8_fma(q, load(second + bytes * i), b)
      c = f8_fma(q, load(third + bytes * i), c)
      d = f8_fma(q, load(fourth + bytes * i), d)
      i += 8
    }
    while i < width {
      a = f8_add_first(a, query[i] * one(keys + bytes * i))
      b = f8_add_first(b, query[i] * one(second + bytes * i))
      c = f8_add_first(c, query[i] * one(third + bytes * i))
      d = f8_add_first(d, query[i] * one(fourth + bytes * i))
      i += 1
    }
    f4_store_some(scores, f4_multiply(f8_sums4(a, b, c, d), scale), left)
  }

  /// Sums of 64 columns stay in eight registers, enough to keep both multipliers busy.
  @inline(__always) private static func weigh64(
    _ scores: UnsafePointer<Float>, _ values: UnsafeRawPointer, _ positions: Int,
    _ stride: Int, _ out: UnsafeMutablePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>
  ) {
    var (a, b, c, d) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var (e, f, g, h) = (f8_all(0), f8_all(0), f8_all(0), f8_all(0))
    var p = values
    for position in 0..<positions {
      let score = f8_all(scores[position])
      a = f8_fma(score, load(p), a)
      b = f8_fma(score, load(p + 8 * bytes), b)
      c = f8_fma(score, load(p + 16 * bytes), c)
      d = f8_fma(score, load(p + 24 * bytes), d)
      e = f8_fma(score, load(p + 32 * bytes), e)
      f = f8_fma(score, load(p + 40 * bytes), f)
      g = f8_fma(score, load(p + 48 * bytes), g)
      h = f8_fma(score, load(p + 56 * bytes), h)
      p += stride
    }
    f8_store(out, a)
    f8_store(out + 8, b)
    f8_store(out + 16, c)
    f8_store(out + 24, d)
    f8_store(out + 32, e)
    f8_store(out + 40, f)
    f8_store(out + 48, g)
    f8_store(out + 56, h)
  }

  @inline(__always) private static func weigh16(
    _ scores: UnsafePointer<Float>, _ values: UnsafeRawPointer, _ positions: Int,
    _ stride: Int, _ out: UnsafeMutablePointer<Float>, bytes: Int,
    load: (UnsafeRawPointer) -> SIMD8<Float>
  ) {
    var (a, b) = (f8_all(0), f8_all(0))
    for position in 0..<positions {
      let (score, p) = (f8_all(scores[position]), values + position * stride)
      a = f8_fma(score, load(p), a)
      b = f8_fma(score, load(p + 8 * bytes), b)
    }
    f8_store(out, a)
    f8_store(out + 8, b)
  }

  /// In place; NaN throughout where a number is NaN or positive infinity, or all are negative.
  @inline(never) package static func softmax(
    _ x: UnsafeMutablePointer<Float>, count: Int, temperature: Float
  ) {
    guard count > 0 else { return }
    let largest = self.largest(x, count)
    let (shift, divisor) = (f8_all(largest), f8_all(temperature))
    var sums = f8_all(0)
    var i = 0
    while i + 8 <= count {
      let e = f8_exp(f8_divide(f8_subtract(f8_load(x + i), shift), divisor))
      f8_store(x + i, e)
      sums = f8_add(sums, e)
      i += 8
    }
    var sum = f8_sum(sums)
    while i < count {
      x[i] = f8_first(f8_exp(f8_all((x[i] - largest) / temperature)))
      sum += x[i]
      i += 1
    }
    let inverse = 1 / sum
    i = 0
    while i + 8 <= count {
      f8_store(x + i, f8_multiply(f8_load(x + i), f8_all(inverse)))
      i += 8
    }
    while i < count {
      x[i] *= inverse
      i += 1
    }
  }

  /// Of `count` numbers, passing over NaNs.
  @inline(__always) static func largest(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var (a, b) = (f8_all(-.infinity), f8_all(-.infinity))
    var i = 0
    while i + 16 <= count {
      a = f8_max(f8_load(x + i), a)
      b = f8_max(f8_load(x + i + 8), b)
      i += 16
    }
    var largest = f8_largest(f8_max(a, b))
    while i < count {
      if x[i] > largest { largest = x[i] }
      i += 1
    }
    return largest
  }
}
