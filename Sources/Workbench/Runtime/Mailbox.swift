import Synchronization

/// Messages on their way to the loop that owns the state.
///
/// Anyone may post from any thread; the loop alone takes them out.
package final class Mailbox: Sendable {
  private let waiting = Mutex<[Message]>([])
  private let wake: @Sendable () -> Void

  /// - Parameter wake: ends the loop's wait; called after every post.
  package init(wake: @escaping @Sendable () -> Void = {}) {
    self.wake = wake
  }

  package func post(_ message: Message) {
    waiting.withLock { waiting in
      // A frame's worth of records may be taken in as one message.
      if case .recorded(let new) = message, case .recorded(var old) = waiting.last {
        // Taken out first: the list must not be held twice while it grows.
        waiting.removeLast()
        old += new
        waiting.append(.recorded(old))
      } else {
        waiting.append(message)
      }
    }
    wake()
  }

  package func takeAll() -> [Message] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
