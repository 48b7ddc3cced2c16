import Sessions

/// Why a model cannot reflect in the way asked for; each sentence offers the nearest it can do.
package enum ReflectionError: Error, Equatable {
  case hiddenStates(ReflectionMethod, model: String)
  case noLogProbabilities(ReflectionMethod, model: String)
  case quotesOnly(ReflectionMethod, model: String)
  /// The place of a reflection is no longer in the text, or in thinking, which cannot be gone on
  /// from.
  case notStanding
  case otherModel(String)

  package var sentence: String {
    switch self {
    case .hiddenStates(let method, let model):
      "\(method.title) changes hidden states, which \(model) does not show: use "
        + "\(method.isControl ? "argmax, cooler or restart" : "branch, its surrogate for servers"), "
        + "or a model in this program such as local."
    case .noLogProbabilities(let method, let model):
      "\(method.title) looks at log-probabilities, which \(model) does not send: use idsampling or "
        + "psr, which need none, or another model."
    case .quotesOnly(let method, let model):
      "\(method.title) goes on from a text exactly, and \(model) can only be shown it and asked: "
        + "use rounds, or a model that continues, such as local."
    case .notStanding:
      "That place is no longer in the answer: choose a reflection whose text still stands."
    case .otherModel(let model):
      "That was written by \(model): choose it as the solver, and ask again."
    }
  }
}

extension ReflectionMethod {
  /// What stands in the way of the method on such a model; `nil` where nothing is known to.
  package func obstacle(on model: ModelDescription) -> ReflectionError? {
    let capabilities = model.capabilities
    if needsHiddenStates, !capabilities.hiddenStates {
      return .hiddenStates(self, model: model.shortName)
    }
    if needsEntropies, !capabilities.logProbabilities {
      return .noLogProbabilities(self, model: model.shortName)
    }
    if capabilities.continuation == .quoted, !(isInPlace && capabilities.hiddenStates) {
      return .quotesOnly(self, model: model.shortName)
    }
    return nil
  }
}
