import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A model server that plays a script, and misbehaves in whichever way is asked for.
///
/// `/v1/chat/completions` speaks like OpenAI, `/llama/...` like llama.cpp. The name of the model
/// chooses: `chat`, `wide` (CJK and emoji), `long` (steps without end), `plain` (no
/// log-probabilities), each with `@N` behind it for N tokens a second; or `fault-...`, see
/// `Faults.swift`. A path that begins with `/fault-...` puts that fault on every call below it.
/// `lock` is what makes the `@unchecked Sendable` true.
package final class FaultServer: @unchecked Sendable {
  package let port: UInt16
  private let listener: Int32
  private let lock = NSLock()
  private var received: [Request] = []
  private var hangUps: [Double] = []
  private var isStopped = false
  private let closed = DispatchSemaphore(value: 0)

  package init(port: UInt16 = 0) throws {
    (listener, self.port) = try listenOnLoopback(port)
    startThread { [self] in accept() }
  }

  package var endpoint: String { "http://127.0.0.1:\(port)" }

  /// Every request so far.
  package var requests: [Request] { lock.withLock { received } }

  /// When clients hung up in the middle of an answer, in seconds of system uptime.
  package var hangUpTimes: [Double] { lock.withLock { hangUps } }

  /// Takes no more connections once this returns.
  package func stop() {
    let wasStopped = lock.withLock {
      defer { isStopped = true }
      return isStopped
    }
    if !wasStopped { closed.wait() }
  }

  private func accept() {
    // Only this thread may close the listener: its number is given to the next socket at once.
    defer {
      close(listener)
      closed.signal()
    }
    while !lock.withLock({ isStopped }) {
      var watched = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      guard poll(&watched, 1, 20) > 0 else { continue }
      #if canImport(Darwin)
        let client = Darwin.accept(listener, nil, nil)
      #elseif canImport(Musl)
        let client = Musl.accept(listener, nil, nil)
      #else
        let client = Glibc.accept(listener, nil, nil)
      #endif
      guard client >= 0 else { return }
      startThread { [self] in serve(Connection(client)) }
    }
  }

  private func serve(_ connection: Connection) {
    guard let request = connection.readRequest() else { return }
    let number = lock.withLock {
      received.append(request)
      return received.count
    }
    let earlier = requests.prefix(number - 1).filter {
      $0.path == request.path && $0.body == request.body
    }.count
    answer(request, earlier: earlier, on: connection)
    if connection.isBroken {
      lock.withLock { hangUps.append(ProcessInfo.processInfo.systemUptime) }
    }
  }

  private func answer(_ request: Request, earlier: Int, on connection: Connection) {
    var path = request.path
    let json = request.json
    var model = json["model"] as? String ?? ""
    let first = path.split(separator: "/").first.map(String.init) ?? ""
    if first.hasPrefix("fault-") {
      path = String(path.dropFirst(first.count + 1))
      model = first
    }
    // A probe is to find a healthy server; only what a fault's path says is always ill.
    let isProbe = (json["max_tokens"] as? Int ?? json["n_predict"] as? Int ?? 99) <= 4
    if model.hasPrefix("fault-"), !isProbe || first.hasPrefix("fault-"),
      playFault(model, request, earlier: earlier, on: connection)
    {
      return
    }
    switch path {
    case "/v1/models": connection.respond(200, json: modelList)
    case "/v1/chat/completions": ChatPlayer(json, model, connection).play()
    case "/llama/v1/models":
      connection.respond(
        200, json: #"{"data":[{"id":"scripted","owned_by":"llamacpp","meta":{"n_vocab":320}}]}"#)
    case "/llama/props":
      connection.respond(200, json: #"{"default_generation_settings":{},"total_slots":2}"#)
    case "/llama/apply-template":
      connection.respond(200, json: #"{"prompt":\#(quoted(rendered(json)))}"#)
    case "/llama/completion": LlamaPlayer(json, connection).play()
    default: connection.respond(404, json: #"{"error":{"message":"no such call","code":404}}"#)
    }
  }

  private var modelList: String {
    let names = ["chat", "wide", "long", "plain", "scripted"] + faultNames
    let models = names.map { #"{"id":"\#($0)","object":"model","owned_by":"erratum-tests"}"# }
    return #"{"object":"list","data":[\#(models.joined(separator: ","))]}"#
  }
}

/// Runs `body` on a thread of its own.
///
/// Made here, outside `main.swift`, where closures would belong to the main actor.
private func startThread(_ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.stackSize = 512 * 1024
  thread.start()
}

extension Connection {
  func respond(
    _ status: Int, type: String = "application/json", headers: [String] = [], json: String
  ) {
    let body = Array(json.utf8)
    let head = ["HTTP/1.1 \(status) Status", "Content-Type: \(type)", "Connection: close"]
    let all = head + headers + ["Content-Length: \(body.count)", "", ""]
    write(Array(all.joined(separator: "\r\n").utf8) + body)
  }

  func beginStream() {
    write(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        + "Connection: close\r\n\r\n")
  }

  /// Sends raw bytes of a stream.
  func chunk(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    write(Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10])
  }

  func event(_ json: String) { chunk(Array("data: \(json)\n\n".utf8)) }

  func endStream() { write("0\r\n\r\n") }
}

/// `text` as a JSON string.
func quoted(_ text: String) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .withoutEscapingSlashes
  let data = (try? encoder.encode(text)) ?? Data("\"\"".utf8)
  return String(decoding: data, as: UTF8.self)
}
