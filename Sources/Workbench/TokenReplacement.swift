import Sessions

/// Where an attempt left its parent for another token.
struct TokenReplacement: Equatable {
  var parent: AttemptID
  /// Number of the parent's step that the token stands in; `nil` past the last step.
  var step: Int?
  var old: [UInt8]
  /// `nil` until it is recorded.
  var new: [UInt8]?
  var taken: TokenBranch.Taken

  /// `" 36" -> " 35" in step 2`.
  func words(arrow: String) -> String {
    let change = ([quoted(old)] + [new.map(quoted)].compactMap(\.self)).joined(separator: arrow)
    return change + (step.map { " in step \($0)" } ?? "")
      + (taken == .typed ? ", typed" : "")
  }
}

extension Session {
  /// `nil` where no token was replaced, or the parent's is not at hand.
  func replacement(in attempt: Attempt) -> TokenReplacement? {
    guard let branch = attempt.started.branch, let id = attempt.started.parent,
      let parent = self.attempt(id),
      let index = parent.token(withSerial: branch.replaced, in: .answer)
    else { return nil }
    let range = parent.written.byteRange(of: index)
    let step = parent.steps.last { $0.channel == .answer && $0.range.contains(range.lowerBound) }
    let new = attempt.written.index(atByte: attempt.started.keptBytes)
    return TokenReplacement(
      parent: id, step: step?.number, old: Array(parent.written.bytes[range]),
      new: new.map { Array(attempt.written.bytes(of: $0)) }, taken: branch.taken)
  }
}
