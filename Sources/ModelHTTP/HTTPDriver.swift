import CCurl
import Foundation

/// Runs all transfers of the process on one thread, over libcurl's multi interface.
///
/// Requests and cancellations are handed over under `lock`, which is what makes the
/// `@unchecked Sendable` true; everything in ``DriverLoop`` belongs to the thread alone.
final class HTTPDriver: @unchecked Sendable {
  static let shared = HTTPDriver()

  enum Order {
    case start(Transfer)
    case cancel(Int)
  }

  private let lock = NSLock()
  private var orders: [Order] = []
  private var lastNumber = 0
  /// Only `curl_multi_wakeup` may be called on it outside the thread.
  private let multi: UnsafeMutableRawPointer?

  private init() {
    curl_global_init(Int(CURL_GLOBAL_ALL))
    // A peer that closes early must be an error of one transfer, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    multi = curl_multi_init()
    let thread = Thread { [self] in
      guard let multi else { return }
      DriverLoop(multi: multi, takeOrders: takeOrders).run()
    }
    thread.name = "http"
    thread.stackSize = 512 * 1024
    thread.start()
  }

  /// Streams the answer to `request`; dropping or cancelling the stream ends the transfer.
  func send(_ request: HTTPRequest) -> AsyncThrowingStream<HTTPPart, any Error> {
    AsyncThrowingStream { continuation in
      let number = lock.withLock {
        lastNumber += 1
        orders.append(.start(Transfer(number: lastNumber, request, continuation)))
        return lastNumber
      }
      continuation.onTermination = { [self] termination in
        guard case .cancelled = termination else { return }
        lock.withLock { orders.append(.cancel(number)) }
        wake()
      }
      wake()
    }
  }

  private func wake() {
    if let multi { curl_multi_wakeup(multi) }
  }

  private func takeOrders() -> [Order] {
    lock.withLock {
      defer { orders.removeAll(keepingCapacity: true) }
      return orders
    }
  }
}

/// The thread's side: hands transfers to libcurl and watches their deadlines.
private final class DriverLoop {
  private let multi: UnsafeMutableRawPointer
  private let takeOrders: () -> [HTTPDriver.Order]
  private var transfers: [Int: Transfer] = [:]

  init(multi: UnsafeMutableRawPointer, takeOrders: @escaping () -> [HTTPDriver.Order]) {
    self.multi = multi
    self.takeOrders = takeOrders
  }

  func run() {
    while true {
      obey(takeOrders())
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      collect()
      expire()
      curl_multi_poll(multi, nil, 0, waitMilliseconds(), nil)
      // libcurl goes over all its handles each time: with many streams, let a few come together.
      if transfers.count > Self.few { Thread.sleep(forTimeInterval: Self.gathering) }
    }
  }

  private static let few = 4
  /// Seconds; well under a frame, and a small part of the 100 ms a cancellation may take.
  private static let gathering = 0.004

  private func obey(_ orders: [HTTPDriver.Order]) {
    for order in orders {
      switch order {
      case .start(let transfer):
        guard let handle = transfer.prepare() else {
          transfer.finish(.unreachable(reason: "out of memory", refused: false))
          continue
        }
        transfers[transfer.number] = transfer
        curl_multi_add_handle(multi, handle)
      case .cancel(let number): remove(number)
      }
    }
  }

  /// Removing a handle in mid-transfer closes its connection, which tells the server to stop.
  private func remove(_ number: Int) {
    guard let transfer = transfers.removeValue(forKey: number) else { return }
    if let handle = transfer.handle { curl_multi_remove_handle(multi, handle) }
    transfer.release()
  }

  private func collect() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      // The message dies with its handle: copy first.
      let result = ccurl_result(message)
      var owner: UnsafeMutableRawPointer?
      ccurl_get_pointer(message.pointee.easy_handle, &owner)
      guard let owner else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
      let failure = transfer.failure(for: result)
      remove(transfer.number)
      transfer.finish(failure)
    }
  }

  private func expire() {
    let now = Transfer.now()
    for transfer in transfers.values where transfer.deadline <= now {
      remove(transfer.number)
      transfer.finish(.stalled(seconds: Int(transfer.waits.rounded())))
    }
  }

  private func waitMilliseconds() -> Int32 {
    let now = Transfer.now()
    let next = transfers.values.map(\.deadline).min() ?? now + 60
    return Int32(min(max((next - now) * 1000 + 1, 1), 60_000))
  }
}
