import Engine
import Sessions

/// One call of a model, over as many tries as it takes.
struct Generation {
  private let model: HTTPModel
  private let request: GenerationRequest
  private let emit: @Sendable (ModelOutput) -> Void

  init(
    _ model: HTTPModel, _ request: GenerationRequest,
    emit: @escaping @Sendable (ModelOutput) -> Void
  ) {
    self.model = model
    self.request = request
    self.emit = emit
  }

  func run() async throws {
    if try model.mustWarnOfOpenLine() {
      emit(.note(.other, byte: nil, text: "the key goes over plain http to another machine"))
    }
    var ask = model.ask(for: request)
    var sent: String?
    var retries = 0
    var relaxations = 0
    var waited = 0.0
    while true {
      do {
        let wire = try await model.dialect.wire(ask, model.server)
        let body = try wire.body.encoded()
        if body != sent { emit(.sent(body)) }
        sent = body
        return try await read(wire, body, ask)
      } catch let refusal as Server.Refusal {
        try Task.checkCancellation()
        if relaxations < 4, let relaxed = relax(ask, refusal) {
          relaxations += 1
          ask = relaxed
          continue
        }
        guard refusal.isPassing, mayRetry(refusal, retries: retries, waited: waited) else {
          throw refusal
        }
        retries += 1
        waited += try await wait(number: retries, refusal)
      }
    }
  }

  /// A model being loaded is waited for as long as a first byte would be.
  private func mayRetry(_ refusal: Server.Refusal, retries: Int, waited: Double) -> Bool {
    let settings = model.server.settings
    if case .loading = refusal.error { return waited < settings.timeouts.firstByte }
    return retries + 1 < settings.maxTries
  }

  /// Waits before a retry, and says how many seconds it was.
  private func wait(number: Int, _ refusal: Server.Refusal) async throws -> Double {
    let settings = model.server.settings
    let seconds = retryDelay(
      number: number, asked: refusal.retryAfter, random: settings.random())
    let delay = Duration.milliseconds(Int64((seconds * 1000).rounded()))
    emit(.retrying(after: delay, number: number, reason: reason(refusal)))
    try await settings.sleep(delay)
    return seconds
  }

  private func reason(_ refusal: Server.Refusal) -> String {
    switch refusal.status {
    case 429?: "the server limits the rate of calls"
    case 503? where refusal.message.lowercased().contains("loading"): "the model is loading"
    case let status?: "the server answered \(status)"
    case nil: "the connection failed"
    }
  }

  /// The same call with less asked, when a refusal says that would help.
  private func relax(_ ask: Ask, _ refusal: Server.Refusal) -> Ask? {
    guard let status = refusal.status, [400, 404, 422, 501].contains(status) else { return nil }
    let message = refusal.message.lowercased()
    var less = ask
    if message.contains("logprob"), ask.wantsLogProbabilities {
      if ask.alternatives > 5 {
        less.alternatives = 5
      } else {
        less.wantsLogProbabilities = false
        less.alternatives = 0
      }
      let alternatives = less.alternatives
      let wanted = less.wantsLogProbabilities
      model.learn {
        $0.alternatives = alternatives
        $0.logProbabilities = wanted
      }
      emit(
        .note(
          .logProbabilitiesRefused, byte: nil,
          text: wanted
            ? "the server refused so many alternatives; asked for 5"
            : "the server refused log-probabilities; asked without"))
      return less
    }
    if ask.wantsTemperature, message.contains("temperature") || message.contains("top_p") {
      less.wantsTemperature = false
      emit(.note(.other, byte: nil, text: "the model takes no temperature; asked without"))
      return less
    }
    if ask.openPrefix != nil,
      message.contains("prefill") || message.contains("assistant")
        || message.contains("continue_final_message") || message.contains("final message")
    {
      less.continuation = .quoted
      model.learn { $0.continuation = .quoted }
      emit(
        .note(
          .prefixNotHonoured, byte: nil,
          text: "the server does not go on from a partial answer; it is quoted instead"))
      return less
    }
    return nil
  }
}

extension Generation {
  private var endpoint: String { model.server.endpoint.base }

  /// Streams one try to its end.
  private func read(_ wire: WireRequest, _ body: String, _ ask: Ask) async throws {
    let accept =
      model.dialect.framing == .events ? "text/event-stream" : "application/x-ndjson"
    let request = try model.server.request(wire.url, body: Array(body.utf8), accept: accept)
    var reading = StreamReading(model.dialect, ask, wire, endpoint: endpoint)
    var answer = AnswerBody()
    do {
      for try await part in HTTPDriver.shared.send(request) {
        switch part {
        case .head(let head): answer.head = head
        case .body(let bytes):
          try answer.take(bytes) { try reading.feed($0) }
          deliver(&reading)
        }
        if reading.ended { break }
        if isPastBounds(reading, ask) { return finishEarly(&reading, ask) }
      }
      try Task.checkCancellation()
      try answer.end(&reading, model.server, ask.model)
    } catch let error as TransferError where !answer.isStreaming {
      throw model.server.refusal(error)
    } catch {
      // What was held back stands, like all that came before the error.
      reading.settle()
      deliver(&reading)
      for note in reading.notes(stops: ask.parameters.stop.count) { emit(note) }
      throw error
    }
    reading.settle()
    finish(&reading, ask)
  }

  private func deliver(_ reading: inout StreamReading) {
    let tokens = reading.take()
    if !tokens.isEmpty { emit(.tokens(tokens)) }
  }

  private func finish(_ reading: inout StreamReading, _ ask: Ask) {
    deliver(&reading)
    for note in reading.notes(stops: ask.parameters.stop.count) { emit(note) }
    learn(from: reading, ask)
    let wasCut = reading.stop == nil && !reading.ended
    emit(.finished(wasCut ? .truncated : reading.stop ?? .stop, reading.usage))
  }

  /// A server that goes on and on: many times the tokens that were asked for.
  private func isPastBounds(_ reading: StreamReading, _ ask: Ask) -> Bool {
    let tokens = ask.parameters.maxTokens
    return reading.textEvents > 8 * tokens + 1024 || reading.textBytes > 256 * tokens + (4 << 20)
  }

  private func finishEarly(_ reading: inout StreamReading, _ ask: Ask) {
    reading.settle()
    deliver(&reading)
    emit(
      .note(
        .other, byte: nil,
        text: "the server went far past \(ask.parameters.maxTokens) tokens and was stopped"))
    emit(.finished(.length, reading.usage))
  }

  /// Hosted models are not probed: the first real call is the probe.
  private func learn(from reading: StreamReading, _ ask: Ask) {
    guard reading.textEvents > 0 else { return }
    model.learn {
      if ask.wantsLogProbabilities {
        $0.logProbabilities = reading.entryCount > 0
        if reading.entryCount == 0 { $0.alternatives = 0 }
      }
      if reading.hasThinking { $0.thinking = true }
      if reading.sawIDs { $0.tokenIDs = true }
      if reading.startedOver, $0.continuation == .template { $0.continuation = .quoted }
    }
  }
}
