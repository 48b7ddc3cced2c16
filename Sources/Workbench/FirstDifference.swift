import Sessions

/// The first token at which two attempts part.
struct FirstDifference: Equatable {
  var channel: Channel
  /// Of its channel.
  var index: Int
  /// `nil` where that attempt had ended.
  var old: [UInt8]?
  var new: [UInt8]?

  /// `nil` where all tokens are the same.
  init?(_ old: Attempt, _ new: Attempt) {
    for channel in Channel.allCases {
      let (left, right) = (old.tokens(channel), new.tokens(channel))
      let common = min(left.count, right.count)
      let index = (0..<common).first { left.bytes(of: $0) != right.bytes(of: $0) } ?? common
      guard index < max(left.count, right.count) else { continue }
      self.channel = channel
      self.index = index
      self.old = index < left.count ? Array(left.bytes(of: index)) : nil
      self.new = index < right.count ? Array(right.bytes(of: index)) : nil
      return
    }
    return nil
  }
}

extension Attempt {
  /// The same call, seed and all, and one of the two reflects.
  func isTwin(of other: Attempt) -> Bool {
    let (mine, theirs) = (started.call, other.started.call)
    return id != other.id && mine.parameters.seed != nil && mine.parameters == theirs.parameters
      && mine.model.model == theirs.model.model && mine.messages == theirs.messages
      && mine.prefix == theirs.prefix
      && (started.reflection == nil) != (other.started.reflection == nil)
  }
}
