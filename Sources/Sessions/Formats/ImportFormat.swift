import Foundation
import JSONReader

/// A format that chains are read from.
package enum ImportFormat: String, CaseIterable, Sendable {
  case prm800k, processbench
  case mathShepherd = "math-shepherd"
  case prmbench
  case gsm8k
  case gsm8kSolutions = "gsm8k-solutions"
  case math
  case trlStepwise = "trl-stepwise"
  case trlPreference = "trl-preference"
  case trlUnpaired = "trl-unpaired"
  case trlPromptCompletion = "trl-prompt-completion"
  case lmEval = "lm-eval"
  case inspect
  /// Plain JSONL: the fields have to be named.
  case jsonl
  case text

  /// Whether a record looks like one of this format's.
  func matches(_ record: JSON) -> Bool {
    func has(_ keys: StaticString...) -> Bool { keys.allSatisfy { record[$0] != nil } }
    return switch self {
    case .prm800k: record["question"]?.isObject == true && record["label"]?.isObject == true
    case .processbench: has("problem", "steps", "label")
    case .mathShepherd:
      record["input"]?.string != nil && record["label"]?.string != nil
    case .prmbench: has("modified_process", "error_steps")
    case .gsm8k: has("question") && record["answer"]?.string?.contains("####") == true
    case .gsm8kSolutions: has("question", "ground_truth")
    case .math: has("problem", "solution")
    case .trlStepwise: has("prompt", "completions", "labels")
    case .trlPreference: has("chosen", "rejected")
    case .trlUnpaired: has("prompt", "completion", "label")
    case .trlPromptCompletion: has("prompt", "completion") && record["label"] == nil
    case .lmEval: has("doc") && (has("resps") || has("filtered_resps"))
    case .inspect: has("input", "output", "epoch")
    case .jsonl, .text: false
    }
  }

  /// The format of a file whose first good record this is.
  package static func recognise(_ record: JSON, path: String) throws -> ImportFormat {
    let found = allCases.filter { $0.matches(record) }
    if found.count > 1 {
      throw FormatError.ambiguous(path: path, formats: found.map(\.rawValue))
    }
    guard let only = found.first else {
      throw FormatError.unrecognised(path: path, keys: record.members.map(\.key))
    }
    return only
  }
}

/// Which member of a record is what: `problem=q,answer=a,steps=chain`.
package struct FieldMap: Equatable, Sendable {
  package enum Field: String, CaseIterable, Sendable {
    case problem, answer, steps, ratings, final, correct, id, kind, model
    case reasons, corrections
  }
  package var keys: [Field: String] = [:]

  package init(_ text: String) throws(FormatError) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, !sides[1].isEmpty else {
        throw .badFields(
          "--fields has \"\(part)\" where a pair belongs; write pairs such as problem=q,steps=chain."
        )
      }
      guard let field = Field(rawValue: sides[0]) else {
        throw .badFields(
          "--fields knows no \"\(sides[0])\"; use "
            + Field.allCases.map(\.rawValue).joined(separator: ", ") + ".")
      }
      guard keys.updateValue(sides[1], forKey: field) == nil else {
        throw .badFields("--fields names \(field.rawValue) twice; keep one of them.")
      }
    }
    guard keys[.problem] != nil else {
      throw .badFields("--fields names no problem; add problem=NAME, the member with its text.")
    }
    guard keys[.steps] != nil else {
      throw .badFields(
        "--fields names no steps; add steps=NAME, a list of steps or a text with one a line.")
    }
  }

  /// The member a field is in; dots lead into objects.
  func value(_ field: Field, of record: JSON) -> JSON? {
    guard let path = keys[field] else { return nil }
    if let direct = record.member(named: path) { return direct }
    var place: JSON? = record
    for part in path.split(separator: ".") { place = place?.member(named: String(part)) }
    return place
  }
}

/// Turns records of one format into chains.
package struct ChainReader {
  package let format: ImportFormat
  package let fields: FieldMap?

  package init(_ format: ImportFormat, fields: FieldMap? = nil) throws(FormatError) {
    if format == .jsonl && fields == nil { throw .fieldsNeeded }
    self.format = format
    self.fields = fields
  }

  /// The chains of one record; throws ``BadRecord`` for what cannot be used.
  package func chains(_ record: JSON) throws -> [AnnotatedChain] {
    guard record.isObject else {
      throw BadRecord("this is \(record.described), where an object belongs; correct it")
    }
    var chains: [AnnotatedChain] =
      switch format {
      case .prm800k: [try prm800k(record)]
      case .processbench: [try processBench(record)]
      case .mathShepherd: [try mathShepherd(record)]
      case .prmbench: [try prmBench(record)]
      case .gsm8k: [try gsm8k(record)]
      case .gsm8kSolutions: try gsm8kSolutions(record)
      case .math: [try math(record)]
      case .trlStepwise: [try trlStepwise(record)]
      case .trlPreference: try trlPreference(record)
      case .trlUnpaired, .trlPromptCompletion: [try trlCompletion(record)]
      case .lmEval: try lmEval(record)
      case .inspect: [try inspect(record)]
      case .jsonl: [try mapped(record)]
      case .text: []
      }
    let policy = record["erratum"]
    for index in chains.indices { chains[index].take(back: policy) }
    for chain in chains { try Self.check(chain) }
    return chains
  }

  /// The chain of a plain text: the problem, a blank line, then one step a line.
  package func chain(text bytes: UnsafeBufferPointer<UInt8>) throws -> AnnotatedChain {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw BadRecord("this is not UTF-8; convert it with `iconv -t UTF-8`")
    }
    let plain = text.replacingOccurrences(of: "\r\n", with: "\n")
    let trimmed = plain.drop { $0.isWhitespace }
    guard let blank = trimmed.range(of: "\n\n") else {
      throw BadRecord(
        "no blank line parts a problem from its steps; put one after the problem's text")
    }
    let chain = AnnotatedChain(
      problem: Self.problem(String(trimmed[..<blank.lowerBound])),
      steps: AnnotatedChain.lines(String(trimmed[blank.upperBound...])),
      origin: ChainOrigin(format: format.rawValue))
    try Self.check(chain)
    return chain
  }

  static let mostSteps = 100_000
  static let largestText = 32 << 20

  private static func check(_ chain: AnnotatedChain) throws {
    guard chain.problem.text.contains(where: { !$0.isWhitespace }) else {
      throw BadRecord("the problem is empty; write its text there")
    }
    guard !chain.steps.isEmpty else { throw BadRecord("there are no steps; give one at least") }
    guard chain.steps.count <= mostSteps else {
      throw BadRecord(
        "there are \(chain.steps.count) steps and \(mostSteps) are the most; split it")
    }
    let size = chain.problem.text.utf8.count + chain.steps.reduce(0) { $0 + $1.text.utf8.count }
    guard size <= largestText else { throw BadRecord("the chain is over 32 MB; split it") }
  }

  static func problem(_ text: String, answer: String? = nil, kind: String? = nil) -> Problem {
    var hash = SHA256()
    hash.update(text)
    return Problem(
      id: "p" + hash.shortName().prefix(8), text: text, answer: answer, source: nil, kind: kind)
  }

  func origin(_ record: JSON, id: String?, without used: Set<String>) -> ChainOrigin {
    var metadata: [String: String] = [:]
    for (key, value) in record.members where !used.contains(key) && key != "erratum" {
      metadata[key] = value.source
    }
    return ChainOrigin(format: format.rawValue, id: id, metadata: metadata)
  }
}

extension AnnotatedChain {
  /// Takes back what an export of ours wrote beside a format's own members.
  fileprivate mutating func take(back extras: JSON?) {
    guard let extras, extras["program"]?.string != nil else { return }
    func text(_ key: StaticString) -> String? {
      extras[key]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
    // Written by us: what is empty was not known, and a format's other members are its defaults.
    if text("format") != origin.format { origin.metadata = [:] }
    origin.id = text("id")
    problem.answer = text("reference")
    problem.kind = text("kind")
    answer = text("answer")
    isCorrect = text("correct").map { $0 == "true" }
    model = text("model")
    annotator = text("annotator")
  }
}
