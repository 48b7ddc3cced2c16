import Engine
import Foundation

extension LocalModel {
  /// The chat templates that can be chosen by name.
  package static let templates = ChatTemplate.allCases.map(\.rawValue)

  /// What the head of a file says, told without reading its weights.
  package static func inspect(
    path: String, options: LocalModelOptions = LocalModelOptions()
  ) throws -> LocalModelSummary {
    try withLocalErrors(path) {
      let weights = try Weights(path: path)
      return LocalModelSummary(weights, context: context(options.context, weights.shape))
    }
  }
}

extension Tokenizer {
  /// The ids given, then the tokens of what text follows them; `nil` when they do not spell how
  /// `text` begins.
  func tokens(of text: String, beginningWith ids: [Int32]) -> [Int32]? {
    let spelled = ids.flatMap { bytes(of: $0) }
    let whole = Array(text.utf8)
    guard whole.starts(with: spelled) else { return nil }
    let rest = whole[spelled.count...]
    return rest.isEmpty ? ids : continuation(rest).map { ids + $0 }
  }

  /// The tokens of a text that goes on from another; `nil` when they cannot be told apart.
  private func continuation(_ text: ArraySlice<UInt8>) -> [Int32]? {
    guard addsSpacePrefix else {
      return text.withUnsafeBytes { encode(bytes: $0) }
    }
    // No space is put before what does not begin a text: a line end stands in for what was before.
    let lineEnd: [UInt8] = [0x0A]
    let tokens = (lineEnd + text).withUnsafeBytes { encode(bytes: $0) }
    guard let last = tokens.firstIndex(where: { self.bytes(of: $0) == lineEnd }) else { return nil }
    return Array(tokens[(last + 1)...])
  }
}
