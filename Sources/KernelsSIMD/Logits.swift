import CKernels

/// Sums over some logits, by their distances to the largest of these.
package struct LogitSums {
  package var largest: Float = -.infinity
  /// Of e^distance.
  package var sum: Float = 0
  /// Of distance * e^distance.
  package var weighted: Float = 0
  /// The same with distances divided by the temperature.
  package var sumAtTemperature: Float = 0
  package var weightedAtTemperature: Float = 0
  /// Whether none is NaN.
  package var areNumbers = true

  package init() {}
}

/// The likeliest few so far, likeliest first, in room of somebody else's.
package struct TopList {
  package var logits: UnsafeMutablePointer<Float>
  package var ids: UnsafeMutablePointer<Int32>
  package let capacity: Int
  package var count = 0

  package init(
    logits: UnsafeMutablePointer<Float>, ids: UnsafeMutablePointer<Int32>, capacity: Int
  ) {
    self.logits = logits
    self.ids = ids
    self.capacity = capacity
  }

  /// What a logit has to be above, once the list is full.
  @inline(__always) var threshold: Float { logits[capacity - 1] }

  /// Takes a logit that comes after all others: equals stay behind those of lower ids.
  @inline(__always) mutating func insert(_ logit: Float, _ id: Int32) {
    if count == capacity {
      guard logit > threshold else { return }
    } else {
      count += 1
    }
    var place = count - 1
    while place > 0, logits[place - 1] < logit {
      logits[place] = logits[place - 1]
      ids[place] = ids[place - 1]
      place -= 1
    }
    logits[place] = logit
    ids[place] = id
  }
}

extension Fast {
  /// Adds to `top` whatever of `count` logits belongs there; `first` is the id of the first.
  ///
  /// Few do: eight at a time are held against the least of the list.
  @inline(never) package static func gather(
    _ x: UnsafePointer<Float>, count: Int, first: Int32, into top: inout TopList
  ) {
    guard top.capacity > 0 else { return }
    var i = 0
    while i < count, top.count < top.capacity {
      top.insert(x[i], first + Int32(truncatingIfNeeded: i))
      i += 1
    }
    while i + 32 <= count {
      let (a, b) = (f8_load(x + i), f8_load(x + i + 8))
      let (c, d) = (f8_load(x + i + 16), f8_load(x + i + 24))
      let largest = f8_max(f8_max(a, b), f8_max(c, d))
      if f8_mask_larger(largest, f8_all(top.threshold)) != 0 {
        for lane in i..<i + 32 where x[lane] > top.threshold {
          top.insert(x[lane], first + Int32(truncatingIfNeeded: lane))
        }
      }
      i += 32
    }
    while i < count {
      if x[i] > top.threshold { top.insert(x[i], first + Int32(truncatingIfNeeded: i)) }
      i += 1
    }
  }

  /// `inverse` is one by the temperature; 1 spares the second exponential.
  @inline(never) package static func sums(
    _ x: UnsafePointer<Float>, count: Int, inverse: Float
  ) -> LogitSums {
    var out = LogitSums()
    out.largest = largest(x, count)
    // Distances end here: e to the rest is 0, and 0 times infinity must not come up.
    let floor = f8_all(-10_000)
    // Where all are negative infinity their distance to it is no number, that to 0 is as good.
    let (shift, factor) = (f8_all(out.largest == -.infinity ? 0 : out.largest), f8_all(inverse))
    var (sum, weighted) = (f8_all(0), f8_all(0))
    var (sumAt, weightedAt) = (f8_all(0), f8_all(0))
    func add(_ logits: SIMD8<Float>) {
      let distance = f8_max(floor, f8_subtract(logits, shift))
      let e = f8_exp(distance)
      sum = f8_add(sum, e)
      weighted = f8_fma(distance, e, weighted)
      if inverse != 1 {
        let distance = f8_max(floor, f8_multiply(f8_subtract(logits, shift), factor))
        let e = f8_exp(distance)
        sumAt = f8_add(sumAt, e)
        weightedAt = f8_fma(distance, e, weightedAt)
      }
    }
    var i = 0
    while i + 8 <= count {
      add(f8_load(x + i))
      i += 8
    }
    if i < count {
      // What is missing of the last eight is as unlikely as can be: e to it is 0.
      var last = f8_all(-.infinity)
      withUnsafeMutableBytes(of: &last) { lanes in
        for lane in 0..<count - i {
          lanes.storeBytes(of: x[i + lane], toByteOffset: 4 * lane, as: Float.self)
        }
      }
      add(last)
    }
    out.sum = f8_sum(sum)
    out.weighted = f8_sum(weighted)
    out.sumAtTemperature = inverse == 1 ? out.sum : f8_sum(sumAt)
    out.weightedAtTemperature = inverse == 1 ? out.weighted : f8_sum(weightedAt)
    out.areNumbers = !out.sum.isNaN
    return out
  }
}
