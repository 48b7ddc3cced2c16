import Sessions

/// How one server's chat completions differ from another's.
struct Habits: Sendable {
  enum Server: String, Codable, Sendable {
    case openai, sglang, lmstudio, deepseek, openrouter, tgi, llamaCpp, llamaCppPython, ollama, vllm
    case other
  }

  var server: Server
  /// The name of the limit: the old one is understood by everyone but its inventor.
  var maxTokens = "max_tokens"
  /// What hands a partial answer over: nothing known means quoting it.
  var continuation = Capabilities.Continuation.template
  var prefixMessage: RequestBody = [:]
  var prefixBody: RequestBody = [:]
  var prefixRootIsBeta = false
  var logProbabilityBody: RequestBody = [:]
  var logProbabilities = true
  var mostAlternatives = 20
  /// 0 switches log-probabilities off at llama.cpp.
  var leastAlternatives = 0
  var mostStops = 16
  /// The word for it, where top-k, min-p and the penalty are known at all; elsewhere they are not
  /// sent, because strict servers refuse a request for a field they do not know.
  var repetitionPenalty: String? {
    switch server {
    case .llamaCpp, .llamaCppPython: "repeat_penalty"
    case .vllm, .sglang, .openrouter: "repetition_penalty"
    default: nil
    }
  }
  var always: RequestBody = [:]
  /// Entries state the model's own bytes.
  var trueBytes = false
  var tokenIDs = false
  var scoring = false

  init(_ server: Server) {
    self.server = server
    let open: RequestBody = ["continue_final_message": true, "add_generation_prompt": false]
    switch server {
    case .openai:
      maxTokens = "max_completion_tokens"
      continuation = .quoted
      mostStops = 4
      trueBytes = true
      always["stream_options"] = .object(["include_usage": true, "include_obfuscation": false])
    case .sglang:
      // Without the flag a last assistant message is silently made a user's.
      prefixBody = open
      always["separate_reasoning"] = true
      scoring = true
    case .vllm:
      prefixBody = open
      // Without it, chunks whose text a parser took out lose their numbers.
      always["return_token_ids"] = true
      tokenIDs = true
    case .lmstudio:
      continuation = .quoted
      logProbabilities = false
    case .deepseek:
      prefixMessage = ["prefix": true]
      prefixRootIsBeta = true
      // Log-probabilities are refused while it thinks.
      logProbabilityBody = ["thinking": .object(["type": "disabled"])]
      trueBytes = true
    case .openrouter:
      // Otherwise a provider that cannot do it is asked all the same, and drops the wish.
      logProbabilityBody = ["provider": .object(["require_parameters": true])]
    case .tgi: mostAlternatives = 5
    case .llamaCpp:
      prefixBody = open
      // Its parser of thinking and tools loses entries.
      always["reasoning_format"] = "none"
      leastAlternatives = 1
      trueBytes = true
      tokenIDs = true
    case .llamaCppPython:
      continuation = .quoted
    case .ollama: break
    case .other: continuation = .quoted
    }
  }

  func prefixRoot(_ endpoint: Endpoint) -> String {
    prefixRootIsBeta ? endpoint.base + "/beta" : endpoint.api
  }
}
