import Engine
import Foundation
import Kernels
import Sessions

/// The thread that runs a model: one token of every call in turn, one prompt being read beside.
///
/// Swift's tasks stay out of it: a token of a small model takes less time than waking a task.
final class Driver: Sendable {
  private let loop: DriverLoop

  init(_ weights: Weights, context: Int, slots: Int, pool: WorkerPool) {
    loop = DriverLoop(Slots(weights, context: context, limit: slots, pool: pool))
  }

  deinit { loop.stop() }

  func add(_ call: LocalCall) { loop.add(.call(call)) }

  /// Runs `body` between two tokens, on a slot that already holds what it can of `prompt`.
  func run<Value: Sendable>(
    seating prompt: [Int32], _ body: @escaping @Sendable (Decoder) -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      loop.add(.visit(prompt: prompt) { continuation.resume(returning: body($0)) })
    }
  }
}

/// What the thread is asked to do.
private enum Work: Sendable {
  case call(LocalCall)
  case visit(prompt: [Int32], body: @Sendable (Decoder) -> Void)
}

private final class DriverLoop: @unchecked Sendable {
  private let condition = NSCondition()
  /// Guarded by `condition`.
  private var waiting: [Work] = []
  /// Guarded by `condition`.
  private var isStopped = false
  /// Guarded by `condition`.
  private var hasThread = false

  // The thread's own from here on.
  private let slots: Slots
  private var queue: [Work] = []
  private var reading: Prefill?
  private var writing: [(call: LocalCall, slot: Slot)] = []

  init(_ slots: Slots) { self.slots = slots }

  func add(_ work: Work) {
    condition.withLock {
      waiting.append(work)
      if !hasThread {
        hasThread = true
        let thread = Thread { self.run() }
        thread.name = "erratum model"
        thread.start()
      }
      condition.signal()
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  private func run() {
    while takeWork() {
      admit()
      if let prefill = reading { read(prefill) }
      writing.removeAll { call, slot in
        guard !call.step(slot.decoder) else { return false }
        slots.leave(slot)
        return true
      }
    }
    // Nobody holds the model any more: what is left has nobody to go to.
    writing.forEach { $0.call.abandon() }
    reading?.call.abandon()
  }

  /// Sleeps while there is nothing to do; false when the model is gone.
  private func takeWork() -> Bool {
    condition.withLock {
      while waiting.isEmpty, queue.isEmpty, reading == nil, writing.isEmpty, !isStopped {
        condition.wait()
      }
      queue += waiting
      waiting = []
      return !isStopped
    }
  }

  /// Seats the next in line; one prompt is read at a time, so that those after it find it read.
  private func admit() {
    while reading == nil, let next = queue.first {
      switch next {
      case .visit(let prompt, let body):
        guard let slot = slots.seat(prompt) else { return }
        queue.removeFirst()
        body(slot.decoder)
        slots.leave(slot)
      case .call(let call):
        if call.isCancelled {
          queue.removeFirst()
          call.abandon()
          continue
        }
        guard let slot = slots.seat(call.prompt) else { return }
        queue.removeFirst()
        reading = Prefill(call: call, slot: slot)
      }
    }
  }

  private func read(_ prefill: Prefill) {
    var prefill = prefill
    prefill.advance()
    if prefill.call.isCancelled {
      prefill.call.abandon()
      slots.leave(prefill.slot)
      reading = nil
    } else if prefill.isDone {
      writing.append((prefill.call, prefill.slot))
      reading = nil
    } else {
      reading = prefill
    }
  }
}

/// A prompt being read, in pieces short enough that the others and Esc need not wait for it.
private struct Prefill {
  let call: LocalCall
  let slot: Slot
  private var piece = 16

  init(call: LocalCall, slot: Slot) {
    self.call = call
    self.slot = slot
  }

  var isDone: Bool { slot.decoder.tokens.count == call.prompt.count }

  mutating func advance() {
    let start = ContinuousClock.now
    let rest = call.prompt[slot.decoder.tokens.count...]
    slot.decoder.feed(Array(rest.prefix(piece)))
    if ContinuousClock.now - start < .milliseconds(30) { piece = min(512, piece * 2) }
  }
}
