/// What goes on screen and to stderr when a model call fails.
///
/// One sentence each, ending with what to do next. The server's own words are in some of them,
/// cleaned and cut by who received them; keys, prompts and model text are in none.
extension ModelError {
  package var sentence: String {
    switch self {
    case .unreachable(let endpoint, let reason):
      "Cannot reach \(endpoint) (\(reason)): start the server or correct the address."
    case .notFound(let endpoint, let model?):
      "\(endpoint) does not have the model \(model): choose one that `erratum models` lists."
    case .notFound(let endpoint, nil):
      "\(endpoint) has no such path: check the address, which often ends in /v1."
    case .unauthorized(let endpoint, let status):
      "\(endpoint) refused the key (\(status)): set the key's environment variable and try again."
    case .rateLimited(let endpoint):
      "\(endpoint) still limits the rate after several tries: wait a minute and run it again."
    case .loading(let endpoint):
      "\(endpoint) is still loading its model: wait until it has loaded and run it again."
    case .refused(let endpoint, let status, let message):
      "\(endpoint) answered \(status)\(Self.quoted(message)): change the request or the model."
    case .notAModelServer(let endpoint, let received):
      "\(endpoint) sent \(received), not a model's answer: check the address and the port."
    case .badStream(let endpoint, let reason):
      "\(endpoint) sent a stream that cannot be read (\(reason)): run it again, or try another model."
    case .stalled(let endpoint, let seconds):
      "\(endpoint) sent nothing for \(seconds) s: run it again, or continue from what was kept."
    case .connectionLost(let endpoint):
      "The connection to \(endpoint) was lost: continue from what was kept, or run it again."
    case .contextExceeded(let endpoint, let message):
      "The text is longer than \(endpoint) can take\(Self.quoted(message)): shorten the problem or "
        + "choose a model with a longer context."
    case .badEndpoint(let address, let reason):
      "\(address) names no model (\(reason)): write local:FILE.gguf, "
        + "http://host:port/v1#name or a profile's name."
    case .badKey(let reason):
      "The key cannot be used (\(reason)): put it in an environment variable or a file of mode 0600."
    case .weights(_, let sentence): sentence
    case .unsupported(let what):
      "This server cannot do \(what): choose a model that can."
    case .scriptExhausted(let what):
      "Nothing was recorded for this call (\(what)): branch into a live session to go on."
    }
  }

  private static func quoted(_ message: String) -> String {
    var cleaned = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    while let last = cleaned.last, ".:;".contains(last) { cleaned.removeLast() }
    return cleaned.isEmpty ? "" : " (\(cleaned))"
  }
}
