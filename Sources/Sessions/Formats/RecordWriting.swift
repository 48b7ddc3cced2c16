import JSONReader

/// The records themselves, format by format; `docs/formats.md` says what each keeps.
extension ChainWriter {
  private static func number(_ verdict: Verdict?) -> String {
    switch verdict {
    case .correct: "1"
    case .neutral: "0"
    case .incorrect: "-1"
    case .unsure, nil: "null"
    }
  }

  func prm800k(_ chain: AnnotatedChain) -> JSONLine {
    let isItsOwn = chain.origin.format == format.rawValue
    let metadata = isItsOwn ? chain.origin.metadata : [:]
    var line = JSONLine()
    if !isItsOwn {
      line.member("labeler", chain.annotator)
      line.member(json: "timestamp", "null")
      line.member(json: "generation", "null")
      line.member("is_quality_control_question", false)
      line.member("is_initial_screening_question", false)
    }
    var question = JSONLine()
    question.member("problem", chain.problem.text)
    question.member("ground_truth_answer", chain.problem.answer)
    var label = JSONLine()
    let hasRest = metadata["question.pre_generated_steps"] == "true"
    let end =
      hasRest
      ? (chain.steps.lastIndex { $0.rating != nil || !$0.candidates.isEmpty } ?? -1) + 1
      : chain.steps.count
    label.list("steps", Array(chain.steps[..<end])) { list, step in
      list.append(Self.prm800k(step))
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      if key == "question.pre_generated_steps", hasRest {
        question.member("pre_generated_steps", chain.steps.map(\.text))
      } else if key.hasPrefix("question.") {
        question.member(json: String(key.dropFirst(9)), value)
      } else if key.hasPrefix("label.") {
        label.member(json: String(key.dropFirst(6)), value)
      }
    }
    if !isItsOwn {
      label.member("total_time", Int?.none)
      label.member("finish_reason", chain.firstError == nil ? "solution" : "found_error")
    }
    line.member("question", question)
    line.member("label", label)
    return line
  }

  private static func prm800k(_ step: ChainStep) -> JSONLine {
    var out = JSONLine()
    func completion(_ candidate: StepCandidate) -> JSONLine {
      var line = JSONLine()
      line.member("text", candidate.text)
      line.member(json: "rating", number(candidate.verdict))
      line.member("flagged", candidate.isFlagged)
      return line
    }
    guard !step.candidates.isEmpty else {
      let only = StepCandidate(
        step.text, verdict: step.rating?.verdict, isFlagged: step.rating?.isFlagged)
      out.list("completions", [only]) { $0.append(completion($1)) }
      out.member(json: "human_completion", "null")
      out.member("chosen_completion", 0)
      return out
    }
    let made = step.candidates.filter { $0.isHuman != true }
    out.list("completions", made) { $0.append(completion($1)) }
    out.key("human_completion")
    let human = step.candidates.first { $0.isHuman == true }
    if let human {
      var line = completion(human)
      line.member("source", "human")
      out.append(line)
    } else {
      out.raw("null")
    }
    let chosen = step.chosen.flatMap { step.candidates[$0].isHuman == true ? nil : $0 }
    out.member("chosen_completion", chosen)
    return out
  }

  /// `nil` where nothing says which step is the first wrong one, or that none is.
  mutating func processBench(_ chain: AnnotatedChain) -> JSONLine? {
    let first = chain.firstError
    let rated = chain.steps[..<(first ?? chain.steps.count)]
    // The label claims that all before the error are right.
    guard rated.allSatisfy({ $0.rating?.verdict == .correct }) else { return nil }
    var line = JSONLine()
    line.member("id", chain.origin.id ?? SessionChains.attemptID(of: chain).description)
    line.member("generator", chain.model ?? "")
    line.member("problem", chain.problem.text)
    line.member("steps", chain.steps.map(\.text))
    line.member("final_answer_correct", chain.isCorrect)
    line.member("label", first ?? -1)
    return line
  }

  func trlStepwise(_ chain: AnnotatedChain) -> JSONLine {
    var line = JSONLine()
    line.member("prompt", chain.problem.text)
    line.member("completions", chain.steps.map(\.text))
    line.member("labels", chain.steps.map { $0.rating?.verdict == .correct })
    return line
  }

  func mathShepherd(_ chain: AnnotatedChain) -> JSONLine {
    var input = chain.problem.text + " "
    var label = input
    let isNumbered = Self.isNumbered(chain)
    for (index, step) in chain.steps.enumerated() {
      let text = (index == 0 ? "" : "\n") + (isNumbered ? "" : "Step \(index + 1): ") + step.text
      input += text + " ки"
      label += text + (step.rating?.verdict == .correct ? " +" : " -")
    }
    var line = JSONLine()
    line.member("input", input)
    line.member("label", label)
    line.member("task", chain.problem.kind ?? "")
    return line
  }

  /// Whether the steps say their numbers themselves, as this format wants it.
  static func isNumbered(_ chain: AnnotatedChain) -> Bool {
    chain.steps.enumerated().allSatisfy { $1.text.hasPrefix("Step \($0 + 1):") }
  }

  func promptCompletion(_ chain: AnnotatedChain) -> JSONLine {
    var line = JSONLine()
    line.member("prompt", chain.problem.text)
    line.member("completion", chain.text)
    return line
  }

  /// By its final answer, where that is known; else by its steps, when they settle it.
  mutating func unpaired(_ chain: AnnotatedChain) -> JSONLine? {
    var rated = chain
    if chain.isCorrect == nil, let neutral, neutral != .drop {
      for index in rated.steps.indices where rated.steps[index].rating?.verdict == .neutral {
        rated.steps[index].rating?.verdict = neutral == .good ? .correct : .incorrect
      }
    }
    let isRight = rated.steps.allSatisfy { step in
      step.rating?.verdict == .correct || neutral == .drop && step.rating?.verdict == .neutral
    }
    guard let label = chain.isCorrect ?? (rated.firstError != nil ? false : isRight ? true : nil)
    else { return nil }
    var line = promptCompletion(chain)
    line.member("label", label)
    return line
  }

  /// Pairs as they came, then every right chain with every wrong one, as far as both go round.
  mutating func preferences(_ context: Context, _ out: inout [UInt8]) {
    var used: Set<Int> = []
    func role(_ index: Int) -> String? { context.chains[index].origin.metadata["preference"] }
    var pairs: [(chosen: Int, rejected: Int)] = []
    for index in context.chains.indices.dropLast() {
      if role(index) == "\"chosen\"", role(index + 1) == "\"rejected\"" {
        pairs.append((index, index + 1))
      }
    }
    for pair in pairs { used.formUnion([pair.chosen, pair.rejected]) }
    let others = context.chains.indices.filter { !used.contains($0) }
    let right = others.filter { context.chains[$0].isCorrect == true }
    let wrong = others.filter { context.chains[$0].isCorrect == false }
    if !right.isEmpty, !wrong.isEmpty {
      for number in 0..<max(right.count, wrong.count) {
        pairs.append((right[number % right.count], wrong[number % wrong.count]))
      }
    }
    for pair in pairs {
      used.formUnion([pair.chosen, pair.rejected])
      let chosen = context.chains[pair.chosen]
      var line = JSONLine()
      line.member("prompt", chosen.problem.text)
      line.member("chosen", chosen.text)
      line.member("rejected", context.chains[pair.rejected].text)
      append(line, chosen, context.attempts[pair.chosen], context, &out)
    }
    counts.lose(.chains, context.chains.count - used.count)
    for index in used { lose(context.chains[index]) }
  }

  /// A round's draft, what was said of it, and what came of it.
  mutating func corrections(_ context: Context, _ out: inout [UInt8]) {
    var used: Set<Int> = []
    for round in context.session.rounds {
      guard let parent = context.attempts.firstIndex(of: round.started.parent),
        let child = context.session.attempts.last(where: { $0.started.round == round.id }),
        let revised = context.attempts.firstIndex(of: child.id)
      else { continue }
      used.formUnion([parent, revised])
      let draft = context.chains[parent]
      let critique = round.started.critique.flatMap { context.session.critique($0) }
      let feedback = Self.feedback(round.started, critique, draft)
      var line = JSONLine()
      line.member("prompt", draft.problem.text)
      line.member("attempt", draft.text)
      line.member("feedback", feedback)
      line.member("correction", context.chains[revised].text)
      line.member("attempt_correct", draft.isCorrect)
      line.member("correction_correct", context.chains[revised].isCorrect)
      let turns = [
        ("user", draft.problem.text), ("assistant", draft.text), ("user", feedback),
        ("assistant", context.chains[revised].text),
      ]
      line.list("messages", turns) { list, turn in
        var message = JSONLine()
        message.member("role", turn.0)
        message.member("content", turn.1)
        list.append(message)
      }
      append(line, draft, context.attempts[parent], context, &out)
    }
    counts.lose(.chains, context.chains.count - used.count)
    for index in used { lose(context.chains[index]) }
  }

  /// What a model was told before it wrote again.
  private static func feedback(
    _ round: RoundStarted, _ critique: Critique?, _ draft: AnnotatedChain
  ) -> String {
    var parts: [String] = []
    if let critique {
      for (step, given) in critique.verdicts.sorted(by: { $0.key < $1.key })
      where given.verdict == .incorrect {
        parts.append("Step \(step + 1) is wrong" + (given.reason.map { ": \($0)" } ?? "."))
      }
      if parts.isEmpty { parts.append(String(decoding: critique.bytes, as: UTF8.self)) }
    } else if let first = draft.firstError {
      parts.append(
        "Step \(first + 1) is wrong"
          + (draft.steps[first].rating?.reason.map { ": \($0)" } ?? "."))
    }
    if let hint = round.hint { parts.append(hint) }
    return parts.isEmpty ? "Check your solution and write it again." : parts.joined(separator: "\n")
  }

  /// One pair for every wrong text at the first step where a right one is known too.
  mutating func stepPreferences(_ chain: AnnotatedChain) -> [JSONLine] {
    for (index, step) in chain.steps.enumerated() {
      var right: [String] = []
      var wrong: [String] = []
      if step.rating?.verdict == .correct { right.append(step.text) }
      if step.rating?.verdict == .incorrect { wrong.append(step.text) }
      if let correction = step.rating?.correction { right.insert(correction, at: 0) }
      for candidate in step.candidates where candidate.text != step.text {
        if candidate.verdict == .correct || candidate.isHuman == true {
          right.append(candidate.text)
        }
        if candidate.verdict == .incorrect { wrong.append(candidate.text) }
      }
      if !wrong.isEmpty, let chosen = right.first {
        let before = chain.steps[..<index].reduce(into: "") { $0 += $1.text + $1.gap }
        return wrong.filter { $0 != chosen }.map { rejected in
          var line = JSONLine()
          line.member("prompt", chain.problem.text + "\n\n" + before)
          line.member("chosen", chosen)
          line.member("rejected", rejected)
          line.member("step", index)
          return line
        }
      }
      // After the first error the chain's own steps are no ground to stand on.
      if step.rating?.verdict == .incorrect { return [] }
    }
    return []
  }

  func critique(_ chain: AnnotatedChain) -> JSONLine {
    var line = JSONLine()
    line.member("question", chain.problem.text)
    line.member("steps", chain.steps.map(\.text))
    line.list("verdicts", chain.steps) { list, step in
      list.raw(step.rating?.verdict.map { "\"\($0.rawValue)\"" } ?? "null")
    }
    line.list("reasons", chain.steps) { $0.raw(JSON.quoted($1.rating?.reason ?? "")) }
    line.list("corrections", chain.steps) { $0.raw(JSON.quoted($1.rating?.correction ?? "")) }
    line.member("first_error", chain.firstError ?? -1)
    let first = chain.firstError.flatMap { chain.steps[$0].rating }
    line.member("error_type", first?.errorType ?? "")
    let told = chain.steps.enumerated().compactMap { index, step in
      step.rating?.reason.map { "Step \(index + 1): \($0)" }
    }
    line.member("explanation", told.joined(separator: "\n"))
    line.member("correction", first?.correction ?? "")
    return line
  }

  /// DeltaBench's shape: numbered sections, those in error and those of no use by number.
  func deltaBench(_ chain: AnnotatedChain) -> JSONLine {
    func numbers(_ verdict: Verdict) -> [Int] {
      chain.steps.enumerated().filter { $1.rating?.verdict == verdict }.map { $0.offset + 1 }
    }
    var line = JSONLine()
    line.member("question", chain.problem.text)
    line.member(
      "sections_content",
      chain.steps.enumerated().map { "section\($0 + 1):\n\($1.text)" }.joined(separator: "\n\n"))
    line.member("reason_error_section_numbers", numbers(.incorrect))
    line.member("reason_unuseful_section_numbers", numbers(.neutral))
    line.member("task_l1", chain.problem.kind ?? "")
    return line
  }
}
