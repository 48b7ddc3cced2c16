import Sessions

/// Another text for one step: the model goes on from what stands before it, up to a step's end.
package struct OtherText: Sendable {
  private var segmenter = Segmenter(channel: .answer)
  private var bytes: [UInt8] = []
  private let kept: Int

  /// - Parameter prefix: the answer before the step.
  package init(after prefix: [UInt8]) {
    // The rules look back: what was written before tells where the step ends.
    _ = segmenter.append(prefix)
    kept = prefix.count
  }

  /// Whether the step is whole, and nothing more need come.
  package mutating func take(_ tokens: [Token]) -> Bool {
    for token in tokens where token.channel == .answer {
      bytes += token.bytes
      let ends = segmenter.append(token.bytes).filter { $0 > kept }
      if let end = ends.first(where: { !text(upTo: $0 - kept).isEmpty }) {
        bytes.removeSubrange(min(end - kept, bytes.count)...)
        return true
      }
    }
    return false
  }

  /// Without white space around it; empty where the model wrote nothing.
  package var text: String { text(upTo: bytes.count) }

  private func text(upTo end: Int) -> String {
    var scalars = String(decoding: bytes.prefix(end), as: UTF8.self).unicodeScalars[...]
    while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
    while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
    return String(scalars)
  }
}

/// Streams one other text; throws what the model throws.
package func otherText(
  _ plan: AttemptPlan, on model: any LanguageModel
) async throws -> String {
  var other = OtherText(after: plan.kept.bytes)
  for try await output in model.generate(plan.request(on: model.description)) {
    if case .tokens(let tokens) = output, other.take(tokens) { break }
  }
  return other.text
}
