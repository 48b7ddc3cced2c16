import Engine
import JSONReader
import Sessions

extension ServerFailure {
  /// Reads an error in any of the shapes servers use; `nil` when the object is no error.
  init?(_ json: JSON) {
    if let error = json["error"], !error.isNull {
      if error.isObject {
        let code = error["code"]
        self.init(
          status: code?.int ?? code?.string.flatMap { Int($0) },
          type: error["type"]?.string ?? code?.string ?? error["status"]?.string,
          message: error["message"]?.string ?? "no reason given")
      } else {
        self.init(
          type: json["error_type"]?.string, message: error.string ?? "no reason given")
      }
    } else if json["object"]?.string == "error" {
      self.init(
        status: json["code"]?.int, type: json["type"]?.string,
        message: json["message"]?.string ?? "no reason given")
    } else if let detail = json["detail"] {
      self.init(message: detail.string ?? detail[0]?["msg"]?.string ?? "a field was not accepted")
    } else {
      return nil
    }
    message = cleaned(message)
  }
}

/// Statuses worth another try before anything was streamed.
func isPassing(_ status: Int) -> Bool {
  [408, 409, 429, 500, 502, 503, 504, 529].contains(status)
}

/// One error for what a server answered instead of a stream.
func modelError(
  endpoint: String, model: String, status: Int, failure: ServerFailure?, contentType: String,
  body: [UInt8]
) -> ModelError {
  guard let failure else {
    if status == 404 { return .notFound(endpoint: endpoint, model: nil) }
    if status == 401 || status == 403 { return .unauthorized(endpoint: endpoint, status: status) }
    if status == 429 { return .rateLimited(endpoint: endpoint) }
    guard status >= 400 else {
      return .notAModelServer(endpoint: endpoint, received: described(contentType, body))
    }
    return .refused(
      endpoint: endpoint, status: status, message: described(contentType, body))
  }
  let type = failure.type ?? ""
  let lower = failure.message.lowercased()
  switch status {
  case 401, 403: return .unauthorized(endpoint: endpoint, status: status)
  case 404: return .notFound(endpoint: endpoint, model: lower.contains("model") ? model : nil)
  case 429: return .rateLimited(endpoint: endpoint)
  case 503 where lower.contains("loading"): return .loading(endpoint: endpoint)
  default: break
  }
  if type.contains("exceed_context_size") || type.contains("context_length")
    || lower.contains("maximum context length") || lower.contains("context size")
  {
    return .contextExceeded(endpoint: endpoint, message: failure.message)
  }
  return .refused(endpoint: endpoint, status: status, message: failure.message)
}

/// What came, in words: never the body itself.
func described(_ contentType: String, _ body: [UInt8]) -> String {
  let start = body.prefix(512).drop { $0 <= 0x20 }
  let opening = String(decoding: start.prefix(16), as: UTF8.self).lowercased()
  if contentType.contains("html") || opening.hasPrefix("<!doctype") || opening.hasPrefix("<html") {
    return "a web page"
  }
  if start.isEmpty { return "nothing" }
  return contentType.contains("json") || start.first == 0x7B ? "JSON of another kind" : "other text"
}

func stopReason(_ word: String) -> StopReason? {
  switch word {
  case "stop", "eos", "eos_token", "stop_sequence", "word", "end_turn", "STOP": .stop
  case "length", "limit", "max_tokens", "MAX_TOKENS", "model_length",
    "model_context_window_exceeded":
    .length
  case "tool_calls", "tool_use", "function_call": .tool
  case "content_filter", "refusal", "SAFETY", "RECITATION", "PROHIBITED_CONTENT": .filtered
  case "error", "abort", "insufficient_system_resource", "repetition": .error
  default: nil
  }
}
