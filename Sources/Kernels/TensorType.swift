/// How the numbers of a tensor are stored; raw values are GGUF's.
///
/// The block layouts are ggml's: `ggml-common.h` and `ggml-quants.c` in
/// <https://github.com/ggml-org/llama.cpp>, read there and written anew here.
package enum TensorType: UInt32, CaseIterable, Sendable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  case bf16 = 30

  /// As GGUF's tools write it.
  package var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .q4_0: "Q4_0"
    case .q5_0: "Q5_0"
    case .q5_1: "Q5_1"
    case .q8_0: "Q8_0"
    case .q4_K: "Q4_K"
    case .q5_K: "Q5_K"
    case .q6_K: "Q6_K"
    case .bf16: "BF16"
    }
  }

  /// How many numbers share one block; rows are whole blocks.
  package var blockLength: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4_0, .q5_0, .q5_1, .q8_0: 32
    case .q4_K, .q5_K, .q6_K: 256
    }
  }

  package var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// Bytes of `count` numbers, a multiple of ``blockLength``.
  package func byteCount(of count: Int) -> Int { count / blockLength * blockBytes }
}
