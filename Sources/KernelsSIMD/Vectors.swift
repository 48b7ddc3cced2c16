import CKernels

extension Fast {
  @inline(never) package static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    var (a, b) = (f8_all(0), f8_all(0))
    var i = 0
    while i + 16 <= count {
      let (first, second) = (f8_load(x + i), f8_load(x + i + 8))
      a = f8_fma(first, first, a)
      b = f8_fma(second, second, b)
      i += 16
    }
    var squares = f8_sum(f8_add(a, b))
    while i < count {
      squares += x[i] * x[i]
      i += 1
    }
    let scale = 1 / (squares / Float(count) + epsilon).squareRoot()
    let all = f8_all(scale)
    i = 0
    while i + 8 <= count {
      f8_store(out + i, f8_multiply(f8_multiply(f8_load(x + i), all), f8_load(weight + i)))
      i += 8
    }
    while i < count {
      out[i] = x[i] * scale * weight[i]
      i += 1
    }
  }

  @inline(never) package static func add(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, f8_add(f8_load(out + i), f8_load(x + i)))
      i += 8
    }
    while i < count {
      out[i] += x[i]
      i += 1
    }
  }

  @inline(never) package static func swiGLU(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i + 8 <= count {
      f8_store(out + i, swiGLU(f8_load(gate + i), f8_load(up + i)))
      i += 8
    }
    while i < count {
      out[i] = f8_first(swiGLU(f8_all(gate[i]), f8_all(up[i])))
      i += 1
    }
  }

  @inline(__always) private static func swiGLU(
    _ gate: SIMD8<Float>, _ up: SIMD8<Float>
  ) -> SIMD8<Float> {
    let one = f8_all(1)
    return f8_multiply(
      f8_divide(gate, f8_add(one, f8_exp(f8_subtract(f8_all(0), gate)))), up)
  }

  @inline(never) package static func rotateAdjacent(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    for head in 0..<heads {
      let first = x + head * headWidth
      var i = 0
      while i + 4 <= rotated / 2 {
        let pairs = f8_load(first + 2 * i)
        let turned = f8_multiply(
          f8_even_negated(f8_pairs_swapped(pairs)), f8_load_twice(sines + i))
        f8_store(first + 2 * i, f8_fma(pairs, f8_load_twice(cosines + i), turned))
        i += 4
      }
      while i < rotated / 2 {
        rotate(first + 2 * i, first + 2 * i + 1, cosines[i], sines[i])
        i += 1
      }
    }
  }

  @inline(never) package static func rotateHalves(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    for head in 0..<heads {
      let first = x + head * headWidth
      let second = first + rotated / 2
      var i = 0
      while i + 8 <= rotated / 2 {
        let (a, b) = (f8_load(first + i), f8_load(second + i))
        let (cosine, sine) = (f8_load(cosines + i), f8_load(sines + i))
        f8_store(first + i, f8_less(b, sine, f8_multiply(a, cosine)))
        f8_store(second + i, f8_fma(a, sine, f8_multiply(b, cosine)))
        i += 8
      }
      while i < rotated / 2 {
        rotate(first + i, second + i, cosines[i], sines[i])
        i += 1
      }
    }
  }

  @inline(__always) private static func rotate(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ cosine: Float,
    _ sine: Float
  ) {
    let (x, y) = (a.pointee, b.pointee)
    a.pointee = x * cosine - y * sine
    b.pointee = x * sine + y * cosine
  }
}
