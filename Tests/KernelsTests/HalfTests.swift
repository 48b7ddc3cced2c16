import Testing

@testable import Kernels

@Suite struct HalfTests {
  @Test func `every half goes to a float and back`() {
    var floats: [Float] = []
    for bits in UInt16.min...UInt16.max {
      let wide = Reference.float(half: bits)
      if !wide.isNaN { #expect(Reference.half(wide) == bits) }
      floats.append(wide)
    }
    var halves = [UInt16](repeating: 0, count: floats.count)
    Kernel.toHalf(floats, count: floats.count, into: &halves)
    let differing = floats.indices.filter { halves[$0] != Reference.half(floats[$0]) }
    #expect(differing.isEmpty)
  }

  @Test func `rounding is to nearest, and half way to even`() {
    #expect(Reference.half(1 + 0x1p-11) == 0x3C00)
    #expect(Reference.half(1 + 0x3p-11) == 0x3C02)
    #expect(Reference.half(1 + 0x1p-11 + 0x1p-20) == 0x3C01)
    #expect(Reference.half(0x1p-25) == 0 && Reference.half(0x1.8p-24) == 2)
    #expect(Reference.half(65519.99) == 0x7BFF && Reference.half(65520) == 0x7C00)
    #expect(Reference.half(-.infinity) == 0xFC00)
    #expect(Reference.float(half: Reference.half(.nan)).isNaN)
    #expect(Reference.roundedToBfloat(1 + 0x1p-8) == 1)
    #expect(Reference.roundedToBfloat(1 + 0x3p-8) == 1 + 0x1p-6)
    #expect(Reference.roundedToBfloat(.nan).isNaN)
  }

  @Test func `any bits round alike in both twins, at any length`() {
    for seed in UInt64(0)..<60 {
      var random = Seeded(seed)
      let count = Int.random(in: 0...40, using: &random)
      let x = (0..<count).map { _ in
        Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random))
      }
      var (fast, plain) = (
        [UInt16](repeating: 9, count: count + 1), [UInt16](repeating: 9, count: count + 1)
      )
      Kernel.toHalf(x, count: count, into: &fast)
      Reference.toHalf(x, count: count, into: &plain)
      #expect(fast == plain, "seed \(seed)")
    }
  }
}
