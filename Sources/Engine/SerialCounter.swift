import Synchronization

/// Hands out token serials: each once in a session, whichever attempt asks.
package final class SerialCounter: Sendable {
  private let next: Mutex<Int>

  package init(next: Int = 0) { self.next = Mutex(next) }

  /// The first of `count` serials in a row.
  package func take(_ count: Int) -> Int {
    next.withLock { next in
      defer { next += count }
      return next
    }
  }
}
