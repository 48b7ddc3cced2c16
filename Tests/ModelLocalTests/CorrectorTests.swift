import Kernels
import Testing

@testable import ModelLocal

@Suite struct CorrectorTests {
  private let prompt: [Int32] = (0..<20).map { Int32($0 &* 37 % 60) }
  private let answer: [Int32] = (0..<12).map { Int32($0 &* 11 % 47) }

  private func decoder(
    _ name: String = "qwen2-f32.gguf", threads: Int = 1, keepsHidden: Bool = true
  ) throws -> Decoder {
    Decoder(
      try ModelFixtures.weights(name), context: 64, pool: WorkerPool(threads: threads),
      keepsHidden: keepsHidden)
  }

  /// Reads the prompt, and writes the answer as a loop does.
  private func write(
    _ decoder: Decoder, _ corrector: Corrector, noting positions: Range<Int> = 0..<64
  ) {
    decoder.feed(prompt)
    for id in answer {
      if positions.contains(decoder.tokens.count - 1) { corrector.note(decoder, drew: id) }
      decoder.feed([id])
    }
  }

  /// The twin, in double precision, over the last `window` positions of the prefix.
  private func plain(_ decoder: Decoder, window: Int = 64) -> PlainCorrection<Double> {
    let shape = decoder.weights.shape
    let output = decoder.weights.output
    var row = [Float](repeating: 0, count: shape.width)
    let weights = (0..<shape.vocabulary).flatMap { index in
      Kernel.dequantise(output, row: index, into: &row)
      return row.map { Double($0) }
    }
    let end = decoder.tokens.count - 1
    let prefix = (max(0, end - window)..<end).map { position in
      var logits = [Float](repeating: 0, count: shape.vocabulary)
      decoder.logits(at: position..<position + 1, into: &logits)
      return (logits.map { Double($0) }, Int(decoder.tokens[position + 1]))
    }
    return PlainCorrection(
      weights: weights, columns: shape.width, prefix: prefix,
      current: decoder.logits.map { Double($0) }, settings: CorrectionSettings())
  }

  private func expectClose(_ a: some Sequence<Float>, _ b: [Double], _ what: String) {
    let (difference, size) = zip(a, b).reduce((0.0, 0.0)) { sums, pair in
      let difference = Double(pair.0) - pair.1
      return (sums.0 + difference * difference, sums.1 + pair.1 * pair.1)
    }
    #expect(difference <= 1e-6 * size, "\(what): \((difference / size).squareRoot())")
  }

  @Test(arguments: ["qwen2-f32.gguf", "llama-f16.gguf", "llama-q8_0.gguf", "wide-q6_k.gguf"])
  func `the vector is the twin's, whoever noted what`(name: String) throws {
    for noted in [0..<64, 25..<64, 25..<28, 0..<0] {
      let decoder = try decoder(name)
      let corrector = Corrector(decoder, memory: 1 << 20)
      write(decoder, corrector, noting: noted)
      let trace = corrector.correct(decoder, CorrectionSettings())
      let plain = plain(decoder)
      let wanted = plain.fit()
      #expect(trace.ending == .finished && trace.rows == 31 && trace.dropped == 0)
      expectClose(corrector.vector, wanted.vector, "\(name), \(noted) noted")
      for (step, twin) in zip(trace.steps, wanted.steps) {
        #expect(abs(step.loss - twin.loss) < 1e-3, "\(name), \(noted) noted")
      }
      let moved = zip(plain.current, plain.bias(wanted.vector)).map { $0 + $1 }
      expectClose(corrector.corrected, moved, "\(name), \(noted) noted")
    }
  }

  @Test func `a sequence is corrected more than once, each time to all of it`() throws {
    let decoder = try decoder()
    let corrector = Corrector(decoder, memory: 1 << 20)
    write(decoder, corrector)
    _ = corrector.correct(decoder, CorrectionSettings())
    for id in [7, 9, 11] as [Int32] {
      corrector.note(decoder, drew: id)
      decoder.feed([id])
      let trace = corrector.correct(decoder, CorrectionSettings())
      #expect(trace.rows == decoder.tokens.count - 1)
      expectClose(corrector.vector, plain(decoder).fit().vector, "\(decoder.tokens.count) tokens")
    }
  }

  @Test func `where memory is short the most recent positions count`() throws {
    let decoder = try decoder()
    let rowBytes = (decoder.weights.shape.vocabulary + 31) / 32 * 64
    for (capacity, noted) in [(5, 0..<64), (20, 0..<64), (20, 0..<0), (5, 0..<0), (5, 19..<22)] {
      let decoder = try self.decoder()
      let corrector = Corrector(decoder, memory: capacity * rowBytes)
      write(decoder, corrector, noting: noted)
      let trace = corrector.correct(decoder, CorrectionSettings())
      #expect(trace.rows == capacity && trace.dropped == 31 - capacity, "\(capacity), \(noted)")
      expectClose(
        corrector.vector, plain(decoder, window: capacity).fit().vector, "\(capacity), \(noted)")
      #expect(corrector.correct(decoder, CorrectionSettings()) == trace)
    }
  }

  @Test func `without hidden states the prefix is what was noted`() throws {
    let decoder = try decoder(keepsHidden: false)
    let corrector = Corrector(decoder, memory: 1 << 20)
    write(decoder, corrector, noting: 22..<64)
    let trace = corrector.correct(decoder, CorrectionSettings())
    #expect(trace.rows == 9 && trace.dropped == 22)
    let whole = try self.decoder()
    whole.feed(prompt + answer)
    expectClose(corrector.vector, plain(whole, window: 9).fit().vector, "noted")
  }

  @Test func `before a second token there is no prefix`() throws {
    let decoder = try decoder()
    let corrector = Corrector(decoder, memory: 1 << 20)
    for tokens in [[], [3]] as [[Int32]] {
      decoder.feed(tokens)
      let trace = corrector.correct(decoder, CorrectionSettings())
      #expect(trace.isFinite && trace.rows == 0 && trace.steps.count == 3)
    }
  }

  @Test func `another sequence begins with nothing of the last`() throws {
    let decoder = try decoder()
    let corrector = Corrector(decoder, memory: 1 << 20)
    write(decoder, corrector)
    _ = corrector.correct(decoder, CorrectionSettings())
    let bytes = corrector.bytes
    // Cut back, which is noticed where the end comes before what was noted, and told here.
    decoder.truncate(to: 20)
    decoder.feed([1, 2, 3])
    corrector.reset()
    #expect(corrector.correct(decoder, CorrectionSettings()).rows == 22)
    expectClose(corrector.vector, plain(decoder).fit().vector, "cut")
    decoder.truncate(to: 10)
    decoder.feed([5])
    #expect(corrector.correct(decoder, CorrectionSettings()).rows == 10)
    expectClose(corrector.vector, plain(decoder).fit().vector, "cut again")
    #expect(corrector.bytes == bytes)
  }

  @Test func `a cancelled correction corrects nothing, and the next one does`() throws {
    let decoder = try decoder()
    let corrector = Corrector(decoder, memory: 1 << 20)
    write(decoder, corrector)
    for patience in 0..<4 {
      corrector.reset()
      var asked = 0
      let trace = corrector.correct(decoder, CorrectionSettings()) {
        asked += 1
        return asked > patience
      }
      #expect(trace.isCancelled)
      #expect(Array(corrector.corrected) == decoder.lastLogits)
      #expect(corrector.vector.allSatisfy { $0 == 0 })
      #expect(corrector.correct(decoder, CorrectionSettings()).rows == 31)
      expectClose(corrector.vector, plain(decoder).fit().vector, "after \(patience)")
    }
  }

  @Test func `a random vector is as long as asked, and its seed's`() throws {
    let decoder = try decoder()
    let corrector = Corrector(decoder, memory: 1 << 20)
    decoder.feed(prompt)
    func vector(_ seed: UInt64) -> [Float] {
      corrector.randomise(decoder, norm: 0.5, seed: seed)
      return Array(corrector.vector)
    }
    let first = vector(1)
    #expect(abs(first.reduce(0) { $0 + $1 * $1 } - 0.25) < 1e-5)
    #expect(Set(first.map { abs($0) }).count == 1 && Set(first).count == 2)
    #expect(vector(2) != first && vector(1) == first)
    let plain = plain(decoder)
    let bias = plain.bias(first.map { Double($0) })
    expectClose(corrector.corrected, zip(plain.current, bias).map { $0 + $1 }, "moved")
  }

  @Test func `the number of threads changes no bit of a correction`() throws {
    func vector(_ threads: Int) throws -> [Float] {
      let decoder = try decoder("wide-q4_k.gguf", threads: threads)
      let corrector = Corrector(decoder, memory: 1 << 20)
      write(decoder, corrector)
      _ = corrector.correct(decoder, CorrectionSettings())
      return Array(corrector.vector)
    }
    let alone = try vector(1)
    for threads in 2...3 { #expect(try vector(threads) == alone, "\(threads) threads") }
  }
}
