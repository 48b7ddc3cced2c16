import Kernels

/// A cache, and whether a call sits at it.
final class Slot {
  let decoder: Decoder
  fileprivate(set) var isTaken = false
  fileprivate var lastUsed = 0

  init(_ decoder: Decoder) { self.decoder = decoder }
}

/// The caches of one model, kept after their calls for what comes next.
///
/// A new call most often begins as an earlier one did: the same problem once more, a round after
/// its draft, the same answer up to step k. What is shared is not computed again: the call gets
/// the cache that holds most of its prompt, or a copy of that part.
final class Slots {
  private let weights: Weights
  private let context: Int
  private let limit: Int
  private let pool: WorkerPool
  private let scratch: Scratch
  private var slots: [Slot] = []
  private var clock = 0

  init(_ weights: Weights, context: Int, limit: Int, pool: WorkerPool) {
    self.weights = weights
    self.context = context
    self.limit = limit
    self.pool = pool
    scratch = Scratch(weights.shape, context: context)
  }

  /// A free slot whose cache holds the longest possible beginning of `prompt` and no more than it.
  ///
  /// At least the last token of the prompt is left to feed, since its logits are wanted. `nil`
  /// when all are taken.
  func seat(_ prompt: [Int32]) -> Slot? {
    let source = slots.max { shared($0, prompt) < shared($1, prompt) }
    guard let slot = free(for: prompt, source: source) else { return nil }
    let held = shared(slot, prompt)
    if let source, source !== slot, shared(source, prompt) > held {
      slot.decoder.fork(source.decoder, count: shared(source, prompt))
    } else {
      slot.decoder.truncate(to: held)
    }
    clock += 1
    slot.lastUsed = clock
    slot.isTaken = true
    return slot
  }

  func leave(_ slot: Slot) {
    clock += 1
    slot.lastUsed = clock
    slot.isTaken = false
  }

  /// The source itself when it is free and most of it will be used; else a fresh or the stalest.
  private func free(for prompt: [Int32], source: Slot?) -> Slot? {
    if let source, !source.isTaken, shared(source, prompt) * 2 >= source.decoder.tokens.count {
      return source
    }
    if slots.count < limit {
      let slot = Slot(
        Decoder(weights, context: context, pool: pool, scratch: scratch, keepsHidden: true))
      slots.append(slot)
      return slot
    }
    return slots.filter { !$0.isTaken }.min { $0.lastUsed < $1.lastUsed }
  }

  private func shared(_ slot: Slot, _ prompt: [Int32]) -> Int {
    let tokens = slot.decoder.tokens
    let limit = min(tokens.count, prompt.count - 1)
    return (0..<max(0, limit)).first { tokens[$0] != prompt[$0] } ?? max(0, limit)
  }
}
