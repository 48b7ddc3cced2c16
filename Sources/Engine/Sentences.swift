extension ModelError {
  /// What happened and what to do next, in one sentence; no key, prompt or model text in it.
  package var sentence: String {
    switch self {
    case .unreachable(let endpoint, let reason):
      "No answer from \(endpoint) (\(reason)); start the server there, or name another model."
    case .notFound(let endpoint, let model):
      model.map { "\(endpoint) has no model \u{201C}\($0)\u{201D}; `erratum models` lists what it has." }
        ?? "\(endpoint) answers, but not at this path; check the URL, it often ends in /v1."
    case .unauthorized(let endpoint, let status):
      "\(endpoint) refused the key (\(status)); set the right one in the profile's variable or file."
    case .rateLimited(let endpoint):
      "\(endpoint) still asks to wait after every retry; try again later, or name another model."
    case .loading(let endpoint):
      "\(endpoint) is still loading its model; try again in a moment."
    case .refused(let endpoint, let status, let message):
      "\(endpoint) refused the call (\(status): \(message)); change what it names and try again."
    case .notAModelServer(let endpoint, let received):
      "\(endpoint) sent \(received) instead of a model's answer; check the URL and any proxy before it."
    case .badStream(let endpoint, let reason):
      "The stream from \(endpoint) could not be read (\(reason)); what came before is kept, try again."
    case .stalled(let endpoint, let seconds):
      "\(endpoint) sent nothing for \(seconds) s; what came before is kept, go on from it or try again."
    case .connectionLost(let endpoint):
      "The connection to \(endpoint) was lost; what came before is kept, go on from it or try again."
    case .contextExceeded(let endpoint, let message):
      "The text is too long for the model at \(endpoint) (\(message)); shorten it or raise its context."
    case .badEndpoint(let text, let reason):
      "\u{201C}\(text)\u{201D} is no endpoint (\(reason)); write http://host:port/v1#model."
    case .badKey(let reason): "The API key cannot be used: \(reason); correct it and try again."
    case .unsupported(let what):
      "This model's server cannot do that (\(what)); name a model whose server can."
    case .scriptExhausted(let what):
      "The recording holds no such call (\(what)); use a live model for it."
    }
  }
}
