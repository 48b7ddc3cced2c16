import Foundation
import Kernels
import ModelLocal
import Testing

/// Tiny models of random weights in `Fixtures/Models`, and what llama.cpp says of them.
///
/// scripts/parity/make_fixtures.py wrote both; `make parity` compares larger ones, on the spot.
@Suite struct ParityTests {
  struct Expected: Decodable, CustomTestStringConvertible {
    var model: String
    var tokens: [Int32]
    var logProbabilities: [Double]

    var testDescription: String { "\(model), \(tokens.count) tokens" }
    /// In nats; quantised files have activations rounded, too, by each runtime in its own order.
    var limit: Double { model.contains("-f") ? 1e-5 : 1e-3 }
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/Models")

  static let expected: [Expected] = {
    let data = (try? Data(contentsOf: folder.appending(path: "expected.json"))) ?? Data()
    return (try? JSONDecoder().decode([Expected].self, from: data)) ?? []
  }()

  @Test func `there is a model of every family and every tensor type`() {
    let models = Set(Self.expected.map(\.model))
    #expect(models.count == 11, "\(models.sorted())")
  }

  @Test(arguments: expected)
  func `a prompt read at once gives llama.cpp's distribution`(_ expected: Expected) throws {
    let decoder = try decoder(of: expected)
    decoder.feed(expected.tokens)
    #expect(divergence(decoder, expected) < expected.limit)
  }

  @Test(arguments: expected)
  func `a prompt read token by token gives llama.cpp's distribution`(_ expected: Expected) throws {
    let decoder = try decoder(of: expected)
    for token in expected.tokens { decoder.feed([token]) }
    #expect(divergence(decoder, expected) < expected.limit)
  }

  private func decoder(of expected: Expected) throws -> Decoder {
    let weights = try Weights(path: Self.folder.appending(path: expected.model).path)
    return Decoder(weights, context: 64, pool: WorkerPool(threads: 1))
  }

  /// KL divergence in nats, of what the decoder says from what llama.cpp said.
  private func divergence(_ decoder: Decoder, _ expected: Expected) -> Double {
    let logits = decoder.logits.map(Double.init)
    let top = logits.max() ?? 0
    let logSum = top + log(logits.reduce(0) { $0 + exp($1 - top) })
    return zip(logits, expected.logProbabilities).reduce(0) { sum, pair in
      sum + exp(pair.1) * (pair.1 - (pair.0 - logSum))
    }
  }
}
