import Foundation
import Synchronization
import Testing

@testable import Kernels

/// A number for each chunk, written from any thread.
private final class Tally: Sendable {
  private let counts: [Counter]
  private final class Counter: Sendable { let value = Atomic<Int>(0) }
  init(_ count: Int) { counts = (0..<count).map { _ in Counter() } }
  func add(_ index: Int) { counts[index].value.add(1, ordering: .relaxed) }
  var values: [Int] { counts.map { $0.value.load(ordering: .relaxed) } }
}

@Suite struct WorkerPoolTests {
  @Test func `every chunk is done once, by any number of threads`() {
    for threads in 1...8 {
      let pool = WorkerPool(threads: threads)
      #expect(pool.threads == threads)
      for chunks in [0, 1, 2, 7, 100, 1000] {
        let tally = Tally(chunks)
        pool.run(chunks: chunks) { tally.add($0) }
        #expect(tally.values.allSatisfy { $0 == 1 }, "\(threads) threads, \(chunks) chunks")
      }
    }
  }

  @Test func `ten thousand tiny jobs lose nothing, while other threads want the cores`() {
    let load = Load()
    for threads in [2, 4] {
      let pool = WorkerPool(threads: threads)
      let tally = Tally(8)
      for _ in 0..<10_000 { pool.run(chunks: 8) { tally.add($0) } }
      #expect(tally.values == [Int](repeating: 10_000, count: 8))
    }
    load.stop()
  }

  @Test func `a job that comes after a pause finds its workers again`() {
    let pool = WorkerPool(threads: 3)
    for pause in [0, 1, 2, 5, 0, 10] {
      usleep(UInt32(pause) * 1000)
      let tally = Tally(64)
      pool.run(chunks: 64) { tally.add($0) }
      #expect(tally.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func `products are the same bits at any number of threads`() {
    var random = Seeded(5)
    let weights = Weights.random(.q8_0, rows: 100, columns: 256, using: &random)
    let x = Activations()
    x.load(numbers(256, using: &random), count: 1, width: 256, for: .q8_0)
    var alone = [Float](repeating: 0, count: 100)
    Kernel.multiply(weights.matrix, rows: 0..<100, by: x, into: &alone, stride: 100)
    for threads in 1...8 {
      let pool = WorkerPool(threads: threads)
      let out = UnsafeMutablePointer<Float>.allocate(capacity: 100)
      defer { out.deallocate() }
      for _ in 0..<50 {
        pool.run(chunks: 9) { chunk in
          let rows = 100 * chunk / 9..<100 * (chunk + 1) / 9
          Kernel.multiply(weights.matrix, rows: rows, by: x, into: out, stride: 100)
        }
        #expect((0..<100).allSatisfy { out[$0] == alone[$0] })
      }
    }
  }

  @Test func `pools come and go`() {
    for round in 0..<40 {
      let pool = WorkerPool(threads: 1 + round % 4)
      if round % 2 == 0 { pool.run(chunks: 3) { _ in } }
    }
  }

  @Test func `a job within a job ends the program`() async {
    await #expect(processExitsWith: .failure) {
      let pool = WorkerPool(threads: 2)
      pool.run(chunks: 2) { _ in pool.run(chunks: 2) { _ in } }
    }
  }
}

/// Two threads that compute for nothing until they are told to stop.
private final class Load: Sendable {
  private let isOver = Atomic<Bool>(false)
  init() {
    for _ in 0..<2 {
      Thread { [self] in while !isOver.load(ordering: .relaxed) {} }.start()
    }
  }
  func stop() { isOver.store(true, ordering: .relaxed) }
}
