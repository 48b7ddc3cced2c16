/// Why no chat template is known for a file.
package enum TemplateError: Error, Equatable {
  case absent
  /// The template is not UTF-8.
  case unreadable
  case unrecognised
}

extension TemplateError {
  /// What is wrong with `file`, and what to do next.
  package func sentence(file: String) -> String {
    let names = ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")
    let advice =
      "set template = \"chatml\" in its profile or write local:\(file)#chatml (there are \(names))."
    return switch self {
    case .absent: "\(file) has no chat template: \(advice)"
    case .unreadable: "\(file) has a chat template that is not text: \(advice)"
    case .unrecognised: "\(file) has a chat template of no known kind: \(advice)"
    }
  }
}

extension ChatTemplate {
  /// The template that a file's own program stands for.
  package static func recognised(in file: GGUFFile) throws(TemplateError) -> ChatTemplate {
    guard let text = file.metadata["tokenizer.chat_template"]?.text, text.count > 0 else {
      throw .absent
    }
    guard let program = text.string else { throw .unreadable }
    guard let template = ChatTemplate(recognising: program) else { throw .unrecognised }
    return template
  }

  init?(recognising program: String) {
    guard program.contains("<|im_start|>") else { return nil }
    self = .chatml
  }
}
