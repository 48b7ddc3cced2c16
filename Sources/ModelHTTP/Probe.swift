import Engine
import Foundation
import Sessions

/// A tiny call or two that show what a local server really sends.
struct Probe {
  let model: HTTPModel
  let identity: Identity

  func run() async throws -> Capabilities {
    var found = model.description.capabilities
    let question = "What is 2 + 2? Answer with one emoji."
    let first = try await ask(question, nil, found)
    found = model.description.capabilities
    if found.logProbabilities {
      found.alternatives = first.alternatives == 0 ? 0 : found.alternatives
      if first.isMismatched || first.hasReplacement { found.trueBytes = false }
    }
    guard found.continuation != .exact else { return found }
    guard found.continuation == .template else { return found }
    // Offer a beginning longer than what may be written now: a server that does not go on from
    // it will have nothing to write but the same beginning once more.
    let prefix = "one two three four five six seven"
    let second = try? await ask(
      "Count from one to twelve in words, without commas.", prefix, found)
    let startsOver = second.map { $0.startedOver || prefix.hasPrefix($0.text) } ?? true
    if startsOver { found.continuation = .quoted }
    if model.description.capabilities.continuation == .quoted { found.continuation = .quoted }
    return found
  }

  private struct Finding {
    var alternatives = 0
    var isMismatched = false
    var hasReplacement = false
    var startedOver = false
    var text = ""
  }

  private func ask(
    _ question: String, _ prefix: String?, _ known: Capabilities
  ) async throws -> Finding {
    var finding = Finding()
    let request = GenerationRequest(
      messages: [ChatMessage(.user, question)], prefix: prefix,
      parameters: SamplingParameters(
        temperature: 0, maxTokens: 4, alternatives: min(5, known.alternatives)))
    for try await output in model.generate(request) {
      switch output {
      case .tokens(let tokens):
        finding.text += String(
          decoding: tokens.filter { $0.channel == .answer }.flatMap(\.bytes), as: UTF8.self)
        for token in tokens {
          finding.alternatives = max(finding.alternatives, token.alternatives.count)
          if String(decoding: token.bytes, as: UTF8.self).contains("\u{FFFD}"),
            String(validating: token.bytes, as: UTF8.self) != nil
          {
            finding.hasReplacement = true
          }
        }
      case .note(.bytesMismatch, _, _): finding.isMismatched = true
      case .note(.prefixNotHonoured, _, _): finding.startedOver = true
      default: break
      }
    }
    return finding
  }
}
