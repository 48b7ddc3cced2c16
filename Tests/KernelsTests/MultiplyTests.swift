import Testing

@testable import Kernels

/// What the products should be, summed in double precision, and what they are made of in size.
private func exact(_ w: Matrix, _ x: Activations, row: Int, vector: Int) -> (
  sum: Double, size: Double
) {
  var weights = [Float](repeating: 0, count: w.columns)
  Reference.dequantise(w, row: row, into: &weights)
  var (sum, size) = (0.0, 0.0)
  for c in 0..<w.columns {
    let at = vector * x.width + c
    let activation =
      w.type.blockLength == 1
      ? Double(x.floats[at]) : Double(x.levels[at]) * Double(x.scales[at / 32])
    sum += Double(weights[c]) * activation
    size += abs(Double(weights[c]) * activation)
  }
  return (sum, size)
}

private func products(_ w: Matrix, rows: Range<Int>, _ x: Activations, fast: Bool = true)
  -> [Float]
{
  var out = [Float](repeating: -7, count: x.count * w.rows)
  if fast {
    Kernel.multiply(w, rows: rows, by: x, into: &out, stride: w.rows)
  } else {
    Reference.multiply(w, rows: rows, by: x, into: &out, stride: w.rows)
  }
  return out
}

private func shape(_ type: TensorType, using random: inout Seeded) -> (rows: Int, columns: Int) {
  let columns =
    switch type.blockLength {
    case 1: Int.random(in: 1...600, using: &random)
    case 32: 32 * Int.random(in: 1...40, using: &random)
    default: 256 * Int.random(in: 1...5, using: &random)
    }
  return (Int.random(in: 1...21, using: &random), columns)
}

@Suite struct MultiplyTests {
  @Test func `fast and plain products are right to rounding, for any shape`() {
    for seed in UInt64(0)..<240 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let (rows, columns) = shape(type, using: &random)
      let weights = Weights.random(type, rows: rows, columns: columns, using: &random)
      let count = Int.random(in: 1...9, using: &random)
      let x = Activations()
      x.load(
        numbers(count * columns, using: &random), count: count, width: columns, for: type)
      let fast = products(weights.matrix, rows: 0..<rows, x)
      let plain = products(weights.matrix, rows: 0..<rows, x, fast: false)
      for row in [0, rows / 2, rows - 1] {
        for t in [0, count - 1] {
          let (sum, size) = exact(weights.matrix, x, row: row, vector: t)
          let tolerance = size * 1e-5 + 1e-30
          #expect(
            abs(Double(fast[t * rows + row]) - sum) <= tolerance, "\(type.name), seed \(seed)")
          #expect(
            abs(Double(plain[t * rows + row]) - sum) <= tolerance, "\(type.name), seed \(seed)")
        }
      }
    }
  }

  @Test func `a product is the same bits however rows are shared out`() {
    for seed in UInt64(0)..<64 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let (rows, columns) = shape(type, using: &random)
      let weights = Weights.random(type, rows: rows, columns: columns, using: &random)
      let count = seed % 2 == 0 ? 2 : 70
      let x = Activations()
      x.load(numbers(count * columns, using: &random), count: count, width: columns, for: type)
      let whole = products(weights.matrix, rows: 0..<rows, x)
      var parts = [Float](repeating: -7, count: whole.count)
      var row = 0
      while row < rows {
        let end = min(rows, row + Int.random(in: 1...7, using: &random))
        Kernel.multiply(weights.matrix, rows: row..<end, by: x, into: &parts, stride: rows)
        row = end
      }
      #expect(parts == whole, "\(type.name), seed \(seed)")
    }
  }

  @Test func `rows that are not asked for are left alone`() {
    var random = Seeded(1)
    for type in TensorType.allCases {
      let weights = Weights.random(type, rows: 40, columns: 256, using: &random)
      for count in [1, 5] {
        let x = Activations()
        x.load(numbers(count * 256, using: &random), count: count, width: 256, for: type)
        let out = products(weights.matrix, rows: 3..<33, x)
        for t in 0..<count {
          for row in 0..<40 { #expect((out[40 * t + row] == -7) == !(3..<33).contains(row)) }
        }
        #expect(products(weights.matrix, rows: 5..<5, x).allSatisfy { $0 == -7 })
      }
    }
  }

  /// With a scale of 1 every product and every sum here is a whole number below 2^24.
  @Test func `levels at both ends multiply exactly`() {
    let one: [UInt8] = [0x00, 0x3C]
    for level in [Int8.min, -127, -1, 0, 127] {
      for sign in [Float(1), -1] {
        let weights = Weights(
          .q8_0, rows: 9, columns: 64,
          bytes: one + [UInt8](repeating: UInt8(bitPattern: level), count: 32))
        for count in [1, 6] {
          let x = Activations()
          x.load(
            [Float](repeating: sign * 127, count: 64 * count), count: count, width: 64, for: .q8_0)
          #expect(
            products(weights.matrix, rows: 0..<9, x)
              == [Float](repeating: Float(level) * sign * 127 * 64, count: 9 * count))
        }
      }
    }
  }

  /// All bits of a block but its scales': the largest levels under the largest scales, and none.
  @Test func `blocks of nothing but ones or zeros overflow nothing`() {
    for type in [TensorType.q4_0, .q5_0, .q5_1, .q4_K, .q5_K, .q6_K] {
      for fill in [UInt8(0), 0x7F, 0x80, 0xFF] {
        var block = [UInt8](repeating: fill, count: type.blockBytes)
        let scale = type == .q6_K ? 208 : 0
        block.replaceSubrange(scale..<scale + 2, with: [0, 0x3C])
        if [.q5_1, .q4_K, .q5_K].contains(type) { block.replaceSubrange(2..<4, with: [0, 0x3C]) }
        let weights = Weights(type, rows: 9, columns: 512, bytes: block)
        for value in [Float(127), -127] {
          for count in [1, 5] {
            let x = Activations()
            x.load(
              [Float](repeating: value, count: 512 * count), count: count, width: 512, for: type)
            let (sum, size) = exact(weights.matrix, x, row: 0, vector: 0)
            for product in products(weights.matrix, rows: 0..<9, x) {
              #expect(abs(Double(product) - sum) <= size * 1e-6, "\(type.name), \(fill), \(value)")
            }
          }
        }
      }
    }
  }

  @Test func `a NaN stays in its row and its vector`() {
    var random = Seeded(2)
    for type in TensorType.allCases {
      for count in [2, 6] {
        let weights = Weights.random(type, rows: 17, columns: 256, using: &random)
        var vectors = numbers(count * 256, using: &random)
        vectors[256 + 9] = .nan
        let x = Activations()
        x.load(vectors, count: count, width: 256, for: type)
        let out = products(weights.matrix, rows: 0..<17, x)
        for t in 0..<count {
          for row in 0..<17 { #expect(out[17 * t + row].isNaN == (t == 1), "\(type.name)") }
        }
      }
    }
  }

  @Test func `infinities and huge numbers end as in the twin`() {
    for seed in UInt64(0)..<48 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let weights = Weights.random(type, rows: 9, columns: 256, using: &random)
      let x = Activations()
      let count = 1 + Int(seed % 2) * 4
      x.load(
        numbers(256 * count, hostile: true, using: &random), count: count, width: 256, for: type)
      let fast = products(weights.matrix, rows: 0..<9, x)
      let plain = products(weights.matrix, rows: 0..<9, x, fast: false)
      // Infinities of both signs meet sooner or later in another order: then one may be NaN.
      for (a, b) in zip(fast, plain) { #expect(a.isFinite == b.isFinite, "seed \(seed)") }
    }
  }

  @Test func `transposed products add up to those of the dequantised rows`() {
    for seed in UInt64(0)..<80 {
      var random = Seeded(seed)
      let type = TensorType.allCases[Int(seed) % TensorType.allCases.count]
      let (rows, columns) = shape(type, using: &random)
      let weights = Weights.random(type, rows: rows, columns: columns, using: &random)
      let some = rows / 3..<rows
      let g = numbers(rows, using: &random)
      let before = numbers(columns, using: &random)
      var (fast, plain) = (before, before)
      Kernel.multiplyTransposed(weights.matrix, rows: some, by: g, addingTo: &fast)
      Reference.multiplyTransposed(weights.matrix, rows: some, by: g, addingTo: &plain)
      var size = before.map { abs($0) }
      for row in some {
        let numbers = weights.row(row) { Reference.dequantise($0, row: $1, into: $2) }
        for c in 0..<columns { size[c] += abs(numbers[c] * g[row]) }
      }
      for c in 0..<columns {
        #expect(abs(fast[c] - plain[c]) <= 4e-6 * size[c], "\(type.name), seed \(seed)")
      }
    }
  }
}
