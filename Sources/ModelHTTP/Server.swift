import CCurl
import Engine
import Foundation
import JSONReader

/// What a model over HTTP may be told from outside.
package struct HTTPSettings: Sendable {
  package var timeouts: Timeouts
  /// Tries of one call in all, the first one counted.
  package var maxTries: Int
  /// A file of certificates to trust instead of the system's.
  package var certificates: String?
  /// A JSON file that remembers what probing found; losing it costs one probe.
  package var cachePath: String?
  package var sleep: @Sendable (Duration) async throws -> Void
  /// A number from 0 to 1, for the jitter of waits.
  package var random: @Sendable () -> Double

  package init(
    timeouts: Timeouts = Timeouts(), maxTries: Int = 4, certificates: String? = nil,
    cachePath: String? = nil,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.timeouts = timeouts
    self.maxTries = maxTries
    self.certificates = certificates
    self.cachePath = cachePath
    self.sleep = sleep
    self.random = random
  }
}

/// A server to call: where it is, how to show the key, how long to wait.
struct Server: Sendable {
  var endpoint: Endpoint
  var key: APIKey
  var settings: HTTPSettings
  /// Anthropic takes its key under a name of its own.
  var usesKeyHeader = false

  /// A call that came to nothing before its first byte, with what a retry would need to know.
  struct Refusal: Error {
    var error: ModelError
    var status: Int?
    var message = ""
    var retryAfter: Double?
    /// Another try may go better.
    var isPassing = false
  }

  func request(_ url: String, body: [UInt8]?, accept: String) throws -> HTTPRequest {
    var headers = ["Accept: \(accept)"]
    if body != nil { headers.append("Content-Type: application/json") }
    if usesKeyHeader { headers.append("anthropic-version: 2023-06-01") }
    if let key = try key.resolve() {
      headers.append(usesKeyHeader ? "x-api-key: \(key)" : "Authorization: Bearer \(key)")
    }
    return HTTPRequest(
      url: url, body: body, headers: headers, timeouts: settings.timeouts,
      certificates: settings.certificates, isLoopback: endpoint.isLoopback)
  }

  /// Posts a small JSON body and reads the JSON that comes back.
  func post<Result>(
    _ url: String, _ body: RequestBody, _ read: (JSON) throws -> Result
  ) async throws -> Result {
    let bytes = Array(try body.encoded().utf8)
    return try await call(
      request(url, body: bytes, accept: "application/json"), model: "", read)
  }

  func call<Result>(
    _ request: HTTPRequest, model: String, _ read: (JSON) throws -> Result
  ) async throws -> Result {
    var head = HTTPHead(status: 0)
    var body: [UInt8] = []
    do {
      for try await part in HTTPDriver.shared.send(request) {
        switch part {
        case .head(let value): head = value
        case .body(let bytes):
          body.append(contentsOf: bytes)
          guard body.count <= ServerSentEvents.longestLine else {
            throw ModelError.badStream(
              endpoint: endpoint.base, reason: "its answer is longer than 16 MiB")
          }
        }
      }
    } catch let error as TransferError { throw refusal(error) }
    try Task.checkCancellation()
    guard head.status == 200 else { throw refusal(head, body, model: model) }
    do {
      return try JSONReader().read(trimmed(body)) { json in
        // Some answer 200 and put the error into the body.
        if let failure = ServerFailure(json) {
          throw ModelError.refused(
            endpoint: endpoint.base, status: failure.status ?? 200, message: failure.message)
        }
        return try read(json)
      }
    } catch is JSONError {
      throw ModelError.notAModelServer(
        endpoint: endpoint.base, received: described(head.contentType, body))
    } catch let error as StreamError {
      throw ModelError.badStream(endpoint: endpoint.base, reason: error.reason)
    }
  }

  /// What an answer other than 200 means.
  func refusal(_ head: HTTPHead, _ body: [UInt8], model: String) -> Refusal {
    let failure = try? JSONReader().read(repairedJSON(trimmed(body)[...])) { ServerFailure($0) }
    let error = modelError(
      endpoint: endpoint.base, model: model, status: head.status, failure: failure ?? nil,
      contentType: head.contentType, body: body)
    return Refusal(
      error: error, status: head.status, message: (failure ?? nil)?.message ?? "",
      retryAfter: retryAfter(head), isPassing: isPassing(head.status))
  }

  func refusal(_ error: TransferError) -> Refusal {
    switch error {
    case .unreachable(let reason, let refused):
      Refusal(
        error: .unreachable(endpoint: endpoint.base, reason: cleaned(reason)),
        isPassing: !refused)
    case .stalled(let seconds):
      Refusal(error: .stalled(endpoint: endpoint.base, seconds: seconds))
    case .lost(_, let started):
      Refusal(error: .connectionLost(endpoint: endpoint.base), isPassing: !started)
    }
  }
}

/// Seconds a server asks us to wait: milliseconds, seconds, or a date.
private func retryAfter(_ head: HTTPHead) -> Double? {
  if let text = head.headers["retry-after-ms"], let value = Double(text) { return value / 1000 }
  guard let text = head.headers["retry-after"] else { return nil }
  if let value = Double(text) { return value }
  let date = curl_getdate(text, nil)
  return date < 0 ? nil : Double(date) - Date().timeIntervalSince1970
}

/// Servers pad JSON with empty lines to keep a connection alive.
private func trimmed(_ body: [UInt8]) -> [UInt8] { Array(body.drop { $0 <= 0x20 }) }

/// The wait before try `number` (1 for the first retry), in seconds.
///
/// What the server asks for, when that is sensible; else 0.5 s doubled each time, up to 30 s,
/// less up to a quarter so that many clients do not come back as one.
func retryDelay(number: Int, asked: Double?, random: Double) -> Double {
  if let asked, asked > 0, asked <= 120 { return asked }
  let full = min(0.5 * Double(1 << min(number - 1, 10)), 30)
  return full * (1 - 0.25 * random)
}

/// The same JSON with invalid UTF-8 as U+FFFD and raw control characters in strings escaped.
func repairedJSON(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var out: [UInt8] = []
  var inString = false
  var escaped = false
  for byte in String(decoding: bytes, as: UTF8.self).utf8 {
    if inString, byte < 0x20 {
      let digits = Array("0123456789abcdef".utf8)
      out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      escaped = false
      continue
    }
    if byte == 0x22, !escaped { inString.toggle() }
    escaped = inString && byte == 0x5C && !escaped
    out.append(byte)
  }
  return out
}
