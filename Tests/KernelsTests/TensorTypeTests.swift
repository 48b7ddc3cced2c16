import Testing

@testable import Kernels

@Suite struct TensorTypeTests {
  @Test func `sizes of blocks are ggml's`() {
    let sizes = TensorType.allCases.map { "\($0.name) \($0.blockLength) \($0.blockBytes)" }
    #expect(
      sizes == [
        "F32 1 4", "F16 1 2", "Q4_0 32 18", "Q5_0 32 22", "Q5_1 32 24",
        "Q8_0 32 34", "Q4_K 256 144", "Q5_K 256 176",
        "Q6_K 256 210", "BF16 1 2",
      ])
    #expect(TensorType.q8_0.byteCount(of: 896) == 952)
    #expect(TensorType(rawValue: 1000) == nil)
  }
}
