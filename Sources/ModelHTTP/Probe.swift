import Engine
import Foundation
import Sessions

/// A tiny call or two that show what a local server really sends.
struct Probe {
  let model: HTTPModel
  let identity: Identity

  func run() async throws -> Capabilities {
    var found = model.description.capabilities
    let first = try await ask(nil, found)
    found = model.description.capabilities
    if found.logProbabilities {
      found.alternatives = first.alternatives == 0 ? 0 : found.alternatives
      if first.isMismatched || first.hasReplacement { found.trueBytes = false }
    }
    guard found.continuation != .exact else { return found }
    // Offer the beginning of an answer; one that comes back, or starts over, was not taken up.
    let second = try? await ask("The answer is", found)
    if second?.startedOver ?? true { found.continuation = .quoted }
    if model.description.capabilities.continuation == .quoted { found.continuation = .quoted }
    return found
  }

  private struct Finding {
    var alternatives = 0
    var isMismatched = false
    var hasReplacement = false
    var startedOver = false
  }

  private func ask(_ prefix: String?, _ known: Capabilities) async throws -> Finding {
    var finding = Finding()
    let request = GenerationRequest(
      messages: [ChatMessage(.user, "What is 2 + 2? Answer with one emoji.")], prefix: prefix,
      parameters: SamplingParameters(
        temperature: 0, maxTokens: 4, alternatives: min(5, known.alternatives)))
    for try await output in model.generate(request) {
      switch output {
      case .tokens(let tokens):
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
