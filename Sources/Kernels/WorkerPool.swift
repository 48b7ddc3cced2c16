import CKernels
import Foundation
import Synchronization

/// Threads that share one job at a time and give the cores back between jobs.
///
/// The caller works too, and does the chunks that the others do not come to: on a machine whose
/// other cores are busy a job takes about as long as on one thread. A worker with nothing to do
/// spins for some microseconds, since the next matrix is often as near, and then sleeps.
package final class WorkerPool: @unchecked Sendable {
  package let threads: Int
  private let shared = SharedJob()

  /// A pool of the calling thread and `threads - 1` more.
  package init(threads: Int) {
    self.threads = max(1, threads)
    for _ in 1..<self.threads { shared.startWorker() }
  }

  deinit { shared.stopWorkers() }

  /// Calls `body` once for each of `chunks`, on all threads, and returns when all are done.
  ///
  /// At most a million chunks. One job at a time: a call from within `body`, or from two threads at
  /// once, ends the program.
  package func run(chunks: Int, _ body: (Int) -> Void) {
    shared.enter()
    defer { shared.leave() }
    guard threads > 1, chunks > 1 else {
      for chunk in 0..<max(chunks, 0) { body(chunk) }
      return
    }
    withoutActuallyEscaping(body) { shared.run(chunks: chunks, $0) }
  }
}

/// What the threads of a pool have in common.
///
/// Work is handed out without a lock, by one number, the ticket: which job it is and which chunk is
/// next. Taking a chunk is a compare-and-swap of both, so a thread that slept through the end of a
/// job cannot take a chunk of the next for one of the last; once it has succeeded the job stays open
/// until the chunk is finished, and only then is `body` read. That is what makes this Sendable;
/// `condition` is for sleeping and waking alone.
private final class SharedJob: @unchecked Sendable {
  private static let chunkBits: UInt64 = 20
  /// As the next chunk: no job is open.
  private static let closed: UInt64 = (1 << chunkBits) - 1
  private static let mostChunks = 1_000_000
  /// Pauses before a thread sleeps: about 10 microseconds.
  private static let patience = 300

  /// `job << 20 | next chunk`
  private let ticket = Atomic<UInt64>(SharedJob.closed)
  private let chunks = Atomic<Int>(0)
  private let unfinished = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  /// Whether a worker sleeps, or is about to, that nobody has woken yet.
  private let workerSleeps = Atomic<Bool>(false)
  private let callerSleeps = Atomic<Bool>(false)
  private let condition = NSCondition()
  /// Guarded by `condition`.
  private var workers = 0
  /// Written by the caller while no job is open.
  private var body: (Int) -> Void = { _ in }
  private var job: UInt64 = 0

  func enter() {
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      fatalError("a worker pool does one job at a time")
    }
  }

  func leave() { isBusy.store(false, ordering: .releasing) }

  func run(chunks count: Int, _ body: @escaping (Int) -> Void) {
    guard count <= Self.mostChunks else { fatalError("\(count) chunks are too many for one job") }
    self.body = body
    chunks.store(count, ordering: .relaxed)
    unfinished.store(count, ordering: .relaxed)
    job += 1
    // Sequentially consistent, as the worker's turn of the same two: either it sees the job, or the
    // caller sees that it sleeps.
    ticket.store(job << Self.chunkBits, ordering: .sequentiallyConsistent)
    if workerSleeps.load(ordering: .sequentiallyConsistent) { wakeWorkers() }
    while let chunk = take() { perform(chunk) }
    waitForTheRest()
    ticket.store(job << Self.chunkBits | Self.closed, ordering: .sequentiallyConsistent)
    self.body = { _ in }
  }

  /// The next chunk of the open job, if there is one.
  private func take() -> Int? {
    var seen = ticket.load(ordering: .acquiring)
    while true {
      let next = Int(seen & Self.closed)
      // Should this be the count of a later job, then the ticket has changed, and the swap fails.
      guard next < chunks.load(ordering: .relaxed) else { return nil }
      let (taken, now) = ticket.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      if taken { return next }
      seen = now
    }
  }

  private func perform(_ chunk: Int) {
    call(chunk)
    let left = unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, callerSleeps.load(ordering: .sequentiallyConsistent) {
      condition.lock()
      condition.broadcast()
      condition.unlock()
    }
  }

  /// A function of its own, so that no reference to the closure is held once the chunk is done.
  @inline(never) private func call(_ chunk: Int) { body(chunk) }

  private func waitForTheRest() {
    for _ in 0..<Self.patience {
      if unfinished.load(ordering: .acquiring) == 0 { return }
      kernels_pause()
    }
    condition.lock()
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while unfinished.load(ordering: .sequentiallyConsistent) > 0 { condition.wait() }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    condition.unlock()
  }

  private func wakeWorkers() {
    condition.lock()
    // Once is enough: while the woken wait for a core there is no need for another call.
    workerSleeps.store(false, ordering: .sequentiallyConsistent)
    condition.broadcast()
    condition.unlock()
  }

  func startWorker() {
    condition.lock()
    workers += 1
    condition.unlock()
    let thread = Thread { [self] in work() }
    thread.name = "kernels"
    thread.qualityOfService = .userInitiated
    thread.start()
  }

  private func work() {
    var idle = 0
    while !isStopped.load(ordering: .acquiring) {
      if let chunk = take() {
        perform(chunk)
        idle = 0
      } else if idle < Self.patience {
        idle += 1
        kernels_pause()
      } else {
        sleep()
        idle = 0
      }
    }
    condition.lock()
    workers -= 1
    condition.broadcast()
    condition.unlock()
  }

  private func sleep() {
    condition.lock()
    while true {
      workerSleeps.store(true, ordering: .sequentiallyConsistent)
      let seen = ticket.load(ordering: .sequentiallyConsistent)
      let isOpen = Int(seen & Self.closed) < chunks.load(ordering: .relaxed)
      if isOpen || isStopped.load(ordering: .sequentiallyConsistent) { break }
      condition.wait()
    }
    condition.unlock()
  }

  func stopWorkers() {
    condition.lock()
    isStopped.store(true, ordering: .sequentiallyConsistent)
    condition.broadcast()
    while workers > 0 { condition.wait() }
    condition.unlock()
  }
}
