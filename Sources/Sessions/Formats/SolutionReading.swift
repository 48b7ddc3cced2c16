import Foundation
import JSONReader

/// Formats whose chains are texts: their lines are the steps.
extension ChainReader {
  /// GSM8K: a solution of lines, the answer after `####`; what calculators wrote is left out.
  func gsm8k(_ record: JSON) throws -> AnnotatedChain {
    let solution = Self.withoutCalculator(try record.text("answer"))
    let answer = Answer.after("####", in: solution)
    guard let answer else {
      throw BadRecord("\"answer\" has no \"####\" before its final answer; add it")
    }
    return AnnotatedChain(
      problem: Self.problem(try record.text("question"), answer: answer),
      steps: AnnotatedChain.lines(solution), answer: answer, isCorrect: true, model: "reference",
      origin: origin(record, id: try record.scalar("id"), without: ["id", "question", "answer"]))
  }

  /// Chains of several models on one problem, each with whether its answer is right.
  func gsm8kSolutions(_ record: JSON) throws -> [AnnotatedChain] {
    let question = try record.text("question")
    let reference = Answer.after("A:", in: try record.text("ground_truth"))
    let problem = Self.problem(question, answer: reference)
    let models = record.members.filter { $0.value.isObject && $0.key != "erratum" }
    guard !models.isEmpty else {
      throw BadRecord("no model's solution is in it; add {\"solution\":…,\"is_correct\":…}")
    }
    return try models.map { model, value in
      let solution = Self.withoutCalculator(
        try JSON.text(value["solution"], model + ".solution"))
      return AnnotatedChain(
        problem: problem, steps: AnnotatedChain.lines(solution),
        answer: Answer.after("A:", in: solution),
        isCorrect: try JSON.bool(value["is_correct"], model + ".is_correct"), model: model,
        origin: ChainOrigin(format: format.rawValue))
    }
  }

  /// `<<16-3-4=9>>`: a calculator's marks, which no reader of the text is to see.
  static func withoutCalculator(_ text: String) -> String {
    guard text.contains("<<") else { return text }
    var out = ""
    var rest = text[...]
    while let open = rest.range(of: "<<") {
      guard let close = rest[open.upperBound...].range(of: ">>"),
        !rest[open.upperBound..<close.lowerBound].contains("\n")
      else { break }
      out += rest[..<open.lowerBound]
      rest = rest[close.upperBound...]
    }
    return out + rest
  }

  /// MATH: the answer is what the last box holds.
  func math(_ record: JSON) throws -> AnnotatedChain {
    let solution = try record.text("solution")
    let answer = try record.scalar("answer") ?? Answer.boxed(solution)
    let kind = try record.optionalText("type") ?? record.optionalText("subject")
    return AnnotatedChain(
      problem: Self.problem(try record.text("problem"), answer: answer, kind: kind),
      steps: AnnotatedChain.lines(solution), answer: answer,
      isCorrect: answer == nil ? nil : true, model: "reference",
      origin: origin(
        record, id: try record.scalar("unique_id"),
        without: ["problem", "solution", "answer", "type", "subject", "unique_id"]))
  }

  /// TRL's `prompt-completion` and `unpaired_preference`.
  func trlCompletion(_ record: JSON) throws -> AnnotatedChain {
    let label = try record.optionalBool("label")
    if format == .trlUnpaired, label == nil {
      throw BadRecord("\"label\" must be true or false; add it")
    }
    return AnnotatedChain(
      problem: Self.problem(try prompt(record)),
      steps: AnnotatedChain.lines(try Self.turns(record["completion"], "completion")),
      isCorrect: label,
      origin: origin(record, id: nil, without: ["prompt", "completion", "label"]))
  }

  /// TRL's `preference`: two chains, the better one first.
  func trlPreference(_ record: JSON) throws -> [AnnotatedChain] {
    var problem: String
    var texts: [String]
    if record["prompt"] == nil {
      // Without a prompt both conversations begin with it.
      let chosen = try Self.messages(record["chosen"], "chosen")
      let rejected = try Self.messages(record["rejected"], "rejected")
      let shared = zip(chosen, rejected).prefix { $0 == $1 }.count
      guard shared > 0, shared < chosen.count, shared < rejected.count else {
        throw BadRecord("\"prompt\" is missing and the two share no beginning; add it")
      }
      problem = chosen[..<shared].joined(separator: "\n\n")
      texts = [chosen, rejected].map { $0[shared...].joined(separator: "\n\n") }
    } else {
      problem = try prompt(record)
      texts = [
        try Self.turns(record["chosen"], "chosen"), try Self.turns(record["rejected"], "rejected"),
      ]
    }
    let base = origin(record, id: nil, without: ["prompt", "chosen", "rejected"])
    return zip(texts, ["chosen", "rejected"]).map { text, role in
      var origin = base
      origin.metadata["preference"] = "\"\(role)\""
      return AnnotatedChain(
        problem: Self.problem(problem), steps: AnnotatedChain.lines(text), origin: origin)
    }
  }

  func prompt(_ record: JSON) throws -> String { try Self.turns(record["prompt"], "prompt") }

  /// A text, or the texts of a conversation.
  private static func turns(_ json: JSON?, _ key: String) throws -> String {
    if let text = json?.string { return text }
    return try messages(json, key).joined(separator: "\n\n")
  }

  private static func messages(_ json: JSON?, _ key: String) throws -> [String] {
    guard let json else { throw BadRecord("\"\(key)\" is missing; add it") }
    guard json.isArray else {
      throw BadRecord(
        "\"\(key)\" must be a string or a list of messages, not \(json.described); correct it")
    }
    return try json.elements.map { message in
      guard let content = message["content"], let text = content.plainContent else {
        throw BadRecord("\"\(key)\" holds a message without a text; correct it")
      }
      return text
    }
  }

  /// lm-eval's samples: the task's document, and what the model answered.
  func lmEval(_ record: JSON) throws -> [AnnotatedChain] {
    guard let doc = record["doc"], doc.isObject else {
      throw BadRecord("\"doc\" must be an object; correct it")
    }
    let keys: [StaticString] = ["question", "problem", "input", "query", "prompt", "text"]
    let named = keys.lazy.compactMap { doc[$0]?.string }.first
    guard let question = named ?? Self.firstString(record["arguments"]) else {
      throw BadRecord("neither \"doc\" nor \"arguments\" holds the problem's text; add it")
    }
    guard let answers = record["resps"] ?? record["filtered_resps"], answers.isArray else {
      throw BadRecord("\"resps\" must be a list; correct it")
    }
    var texts: [String] = []
    for answer in answers.elements {
      if let text = answer.string {
        texts.append(text)
      } else {
        texts += answer.elements.compactMap(\.string)
      }
    }
    // `[["-1.23","False"]]` is a log-probability and no text.
    let isScored = answers.elements.contains { row in
      let words = row.elements.compactMap(\.string)
      return words.count == 2 && Double(words[0]) != nil && ["True", "False"].contains(words[1])
    }
    guard !texts.isEmpty, !isScored else {
      throw BadRecord(
        "its answers are scores of given choices, not texts; import a task that generates")
    }
    let reference = try record.scalar("target").map { Answer.after("####", in: $0) ?? $0 }
    var isCorrect: Bool?
    let metrics = record["metrics"]?.elements.compactMap(\.string) ?? []
    for metric in metrics where isCorrect == nil {
      if let value = record.member(named: metric)?.double, value == 0 || value == 1 {
        isCorrect = value == 1
      }
    }
    let id = try record.scalar("doc_id")
    var base = origin(
      record, id: id,
      without: ["doc_id", "doc", "target", "arguments", "resps", "filtered_resps"])
    if let filtered = record["filtered_resps"] { base.metadata["filtered_resps"] = filtered.source }
    let answer = texts.count == 1 ? record["filtered_resps"]?[0]?.string : nil
    return texts.map { text in
      AnnotatedChain(
        problem: Self.problem(question, answer: reference),
        steps: AnnotatedChain.lines(text), answer: answer == text ? nil : answer,
        isCorrect: texts.count == 1 ? isCorrect : nil, origin: base)
    }
  }

  private static func firstString(_ json: JSON?) -> String? {
    guard let json else { return nil }
    if let text = json.string { return text }
    for element in json.elements {
      if let text = firstString(element) { return text }
    }
    for (_, value) in json.members {
      if let text = firstString(value) { return text }
    }
    return nil
  }

  /// One sample of an Inspect log.
  func inspect(_ record: JSON) throws -> AnnotatedChain {
    let attachments = record["attachments"]
    func resolve(_ text: String) -> String {
      let mark = "attachment://"
      guard text.hasPrefix(mark) else { return text }
      return attachments?.member(named: String(text.dropFirst(mark.count)))?.string ?? text
    }
    guard let input = record["input"] else { throw BadRecord("\"input\" is missing; add it") }
    let question: String
    if let text = input.string {
      question = resolve(text)
    } else {
      let turns = input.elements.filter { $0["role"]?.string == "user" }
      question = turns.compactMap { $0["content"]?.plainContent.map(resolve) }
        .joined(separator: "\n\n")
    }
    guard let output = record["output"], let message = output["choices"]?[0]?["message"],
      let text = message["content"]?.plainContent
    else {
      throw BadRecord("the model's answer is not in it (\"output.choices\"); leave this sample out")
    }
    var isCorrect: Bool?
    var answer: String?
    for (_, score) in record["scores"]?.members.map({ $0 }) ?? [] where isCorrect == nil {
      answer = score["answer"]?.string
      let value = score["value"]
      switch (value?.string, value?.double) {
      case ("C", _), (_, 1): isCorrect = true
      case ("I", _), (_, 0): isCorrect = false
      default: isCorrect = value?.bool
      }
    }
    let target = record["target"]?.string ?? record["target"]?[0]?.string
    let epoch = record["epoch"]?.int ?? 1
    let id = try record.scalar("id").map { epoch == 1 ? $0 : "\($0) epoch \(epoch)" }
    return AnnotatedChain(
      problem: Self.problem(question, answer: target),
      steps: AnnotatedChain.lines(resolve(text)), answer: answer, isCorrect: isCorrect,
      model: output["model"]?.string,
      origin: origin(
        record, id: id,
        without: [
          "id", "epoch", "input", "target", "messages", "output", "events", "events_data",
          "attachments", "store", "model_usage",
        ]))
  }
}

extension JSON {
  /// A message's content: a text, or the parts of one; reasoning comes first, as it was thought.
  fileprivate var plainContent: String? {
    if let string { return string }
    guard isArray else { return nil }
    let parts = elements.compactMap { part -> String? in
      part.string ?? part["text"]?.string ?? part["reasoning"]?.string
    }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }
}

/// Final answers, as far as formats say where they stand; nothing is guessed.
enum Answer {
  /// What follows the last `mark` on its line; thousands without commas.
  static func after(_ mark: String, in text: String) -> String? {
    guard let found = text.range(of: mark, options: .backwards) else { return nil }
    let line = text[found.upperBound...].prefix { $0 != "\n" }
    return plain(String(line))
  }

  /// PRM800K's last step: `# Answer`, a blank line, the answer.
  static func afterHeading(_ text: String?) -> String? {
    guard let text, let found = text.range(of: "# Answer\n\n", options: .backwards) else {
      return nil
    }
    return plain(String(text[found.upperBound...]))
  }

  /// The last `\boxed{…}` or `\fbox{…}`, braces balanced.
  static func boxed(_ text: String) -> String? {
    let marks = ["\\boxed{", "\\fbox{"].compactMap { text.range(of: $0, options: .backwards) }
    guard let mark = marks.max(by: { $0.lowerBound < $1.lowerBound }) else { return nil }
    var depth = 1
    var answer = ""
    for character in text[mark.upperBound...] {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if depth == 0 { return plain(answer) }
      answer.append(character)
    }
    return nil
  }

  private static func plain(_ text: String) -> String? {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { return nil }
    let isNumber = trimmed.allSatisfy { $0.isNumber || ",.-".contains($0) }
    return isNumber ? trimmed.replacingOccurrences(of: ",", with: "") : trimmed
  }

  /// Whether two answers agree; `nil` where that takes more than looking.
  static func agree(_ answer: String?, _ reference: String?) -> Bool? {
    guard let answer = answer.flatMap(plain), let reference = reference.flatMap(plain) else {
      return nil
    }
    if answer == reference { return true }
    guard let left = Double(answer), let right = Double(reference) else { return nil }
    return left == right
  }
}
