import CCurl
import Foundation

/// One request on its way; touched by the driver's thread alone once it was handed over.
final class Transfer: @unchecked Sendable {
  // What makes the `@unchecked` true is the driver's `lock`: it passes a transfer on exactly once.
  let number: Int
  private(set) var handle: UnsafeMutableRawPointer?
  private(set) var deadline: Double
  /// What the deadline waits for, in seconds.
  private(set) var waits: Double
  private let request: HTTPRequest
  private let continuation: AsyncThrowingStream<HTTPPart, any Error>.Continuation
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var head = HTTPHead(status: 0)
  private var bodyStarted = false

  init(
    number: Int, _ request: HTTPRequest,
    _ continuation: AsyncThrowingStream<HTTPPart, any Error>.Continuation
  ) {
    self.number = number
    self.request = request
    self.continuation = continuation
    waits = request.timeouts.firstByte
    deadline = Self.now() + waits
    reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit { reason.deallocate() }

  static func now() -> Double { ProcessInfo.processInfo.systemUptime }

  func prepare() -> UnsafeMutableRawPointer? {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    deadline = Self.now() + waits
    ccurl_set_string(handle, CURLOPT_URL, request.url)
    ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_string(handle, CURLOPT_USERAGENT, "erratum")
    ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    ccurl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1)
    ccurl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2)
    ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
    ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_set_long(
      handle, CURLOPT_CONNECTTIMEOUT_MS, Int((request.timeouts.connect * 1000).rounded()))
    if let file = request.certificates { ccurl_set_string(handle, CURLOPT_CAINFO, file) }
    // Setting this replaces the environment's list, so only where we know better than it.
    if request.isLoopback { ccurl_set_string(handle, CURLOPT_NOPROXY, "*") }
    prepareBody(handle)
    prepareCallbacks(handle)
    return handle
  }

  private func prepareBody(_ handle: UnsafeMutableRawPointer) {
    // An empty `Expect:` spares bodies over 1 MB a second's wait at servers that ignore it.
    for line in request.headers + ["Expect:"] {
      headerList = curl_slist_append(headerList, line)
    }
    ccurl_set_list(handle, CURLOPT_HTTPHEADER, headerList)
    guard let body = request.body else { return }
    ccurl_set_long(handle, CURLOPT_POST, 1)
    ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    body.withUnsafeBytes { bytes in
      _ = ccurl_set_pointer(
        handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
  }

  private func prepareCallbacks(_ handle: UnsafeMutableRawPointer) {
    let me = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(handle, CURLOPT_PRIVATE, me)
    ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, reason)
    ccurl_set_pointer(handle, CURLOPT_WRITEDATA, me)
    ccurl_set_function(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
      guard let bytes, let owner else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
      transfer.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    ccurl_set_pointer(handle, CURLOPT_HEADERDATA, me)
    ccurl_set_function(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, owner in
      guard let bytes, let owner else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
      transfer.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
  }

  private func received(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    bodyStarted = true
    waits = request.timeouts.idle
    deadline = Self.now() + waits
    continuation.yield(.body(Array(bytes)))
  }

  /// Header lines come whole; a new status line begins again what a 1xx answer had begun.
  private func receivedHeader(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if line.hasPrefix("HTTP/") {
      let words = line.split(separator: " ")
      head = HTTPHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
    } else if line.isEmpty {
      if head.status >= 200 { continuation.yield(.head(head)) }
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      head.headers[line[..<colon].lowercased()] = value
    }
  }

  /// What a finished transfer's result means; `nil` when all went well.
  func failure(for result: CURLcode) -> TransferError? {
    guard result != CURLE_OK else { return nil }
    let said = String(cString: reason)
    let text = said.isEmpty ? String(cString: curl_easy_strerror(result)) : said
    switch result {
    case CURLE_COULDNT_CONNECT:
      return .unreachable(reason: text, refused: true)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_URL_MALFORMAT,
      CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CONNECT_ERROR:
      return .unreachable(reason: text, refused: true)
    case CURLE_OPERATION_TIMEDOUT where head.status == 0:
      return .unreachable(reason: text, refused: false)
    default: return .lost(reason: text, started: bodyStarted)
    }
  }

  func finish(_ failure: TransferError?) { continuation.finish(throwing: failure) }

  func release() {
    if let handle { curl_easy_cleanup(handle) }
    curl_slist_free_all(headerList)
    handle = nil
    headerList = nil
  }
}
