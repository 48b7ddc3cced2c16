import Sessions

/// Another token wished for in the place of one that was written.
package struct TokenRequest: Equatable, Sendable {
  package enum Taken: Equatable, Sendable {
    /// One that the model considered there.
    case alternative(Alternative)
    /// A person's own text, as typed.
    case typed(String)
  }
  package var parent: AttemptID
  /// A byte of the token to be replaced, in the answer.
  package var byte: Int
  package var taken: Taken

  package init(parent: AttemptID, byte: Int, taken: Taken) {
    self.parent = parent
    self.byte = byte
    self.taken = taken
  }
}

extension RoundPlanner {
  /// An attempt that keeps all tokens before one, takes another in its place and goes on.
  ///
  /// The token taken has the numbers of the place it was considered at: the text before it is the
  /// same, so they are its own.
  package func take(
    _ request: TokenRequest, in session: Session, attempt: AttemptID
  ) throws(RoundError) -> AttemptPlan {
    let parent = try self.attempt(request.parent, in: session)
    guard let index = parent.written.index(atByte: request.byte) else { throw .noSuchToken }
    let replaced = parent.written.token(index, channel: .answer)
    var plan = AttemptPlan(
      attempt: attempt, parent: parent.id, problem: session.problem,
      messages: parent.started.call.messages, parameters: parameters)
    plan.keep(parent, upTo: parent.written.byteRange(of: index).lowerBound)
    plan.idsFrom = session.author(of: parent)
    let source: TokenBranch.Taken
    switch request.taken {
    case .alternative(let alternative):
      source = .alternative
      guard !alternative.bytes.isEmpty else { throw .endsHere }
      plan.added.append(
        Token(
          bytes: alternative.bytes, id: alternative.id,
          logProbability: alternative.logProbability, entropy: replaced.entropy,
          alternatives: replaced.alternatives))
    case .typed(let text):
      source = .typed
      guard !text.isEmpty else { throw .endsHere }
      plan.add(Array(text.utf8))
    }
    let open = plan.kept.bytes.suffix(plan.kept.bytes.unfinishedBytes)
    guard String(validating: open + plan.added.bytes, as: UTF8.self) != nil else {
      throw .partOfCharacter
    }
    plan.branch = parent.serial(of: index, in: .answer).map {
      TokenBranch(replaced: $0, taken: source)
    }
    return plan
  }
}

extension Session {
  /// The model whose ids an attempt's answer holds; `nil` when there are none, or of several.
  package func author(of attempt: Attempt) -> ModelDescription? {
    let model = attempt.started.call.model
    guard model.capabilities.tokenIDs else { return nil }
    var (child, seen) = (attempt, Set([attempt.id]))
    // A journal written by others may go round in circles.
    while child.started.keptBytes > 0 {
      guard let parent = child.started.parent.flatMap(self.attempt),
        seen.insert(parent.id).inserted,
        parent.started.call.model.isSameModel(as: model)
      else { return nil }
      child = parent
    }
    return model
  }
}

extension ModelDescription {
  /// Whether both have the same tokens by the same ids, as far as names can tell.
  package func isSameModel(as other: ModelDescription) -> Bool {
    model == other.model && dialect == other.dialect && endpoint == other.endpoint
  }
}
