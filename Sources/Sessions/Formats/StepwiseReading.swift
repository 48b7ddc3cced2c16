import JSONReader

/// Formats that say something of every step.
extension ChainReader {
  /// PRM800K, both phases (github.com/openai/prm800k).
  func prm800k(_ record: JSON) throws -> AnnotatedChain {
    guard let question = record["question"], question.isObject else {
      throw BadRecord("\"question\" must be an object; correct it")
    }
    guard let label = record["label"], label.isObject else {
      throw BadRecord("\"label\" must be an object; correct it")
    }
    guard let rows = label["steps"], rows.isArray else {
      throw BadRecord("\"label.steps\" must be a list; correct it")
    }
    let text = try JSON.text(question["problem"], "question.problem")
    var pre: [String] = []
    if let list = question["pre_generated_steps"], !list.isNull {
      pre = try JSON.texts(list, "question.pre_generated_steps")
    }
    var steps: [ChainStep] = []
    var isOver = false
    for (index, row) in rows.elements.enumerated() where !isOver {
      let step = try prm800kStep(row, index: index, generated: index < pre.count ? pre[index] : nil)
      guard let step else { break }
      steps.append(step)
      // Neither chosen nor written by a person: labelling ended here.
      isOver = step.chosen == nil && !step.candidates.isEmpty
    }
    var origin = origin(record, id: nil, without: ["question", "label"])
    for (key, value) in question.members
    where !["problem", "ground_truth_answer", "pre_generated_steps"].contains(key) {
      origin.metadata["question." + key] = value.source
    }
    for (key, value) in label.members where key != "steps" {
      origin.metadata["label." + key] = value.source
    }
    // What was generated and not labelled any more is the rest of the same chain.
    if !pre.isEmpty {
      let texts = steps.map(\.text)
      if texts.count <= pre.count, Array(pre[..<texts.count]) == texts {
        steps += pre[texts.count...].map { ChainStep(text: $0) }
        origin.metadata["question.pre_generated_steps"] = "true"
      } else if let list = question["pre_generated_steps"] {
        origin.metadata["question.pre_generated_steps"] = list.source
      }
    }
    for index in steps.indices { steps[index].gap = index == steps.count - 1 ? "" : "\n" }
    let reference = try JSON.scalar(question["ground_truth_answer"], "question.ground_truth_answer")
    let given = try JSON.scalar(question["pre_generated_answer"], "question.pre_generated_answer")
    let answer = Answer.afterHeading(steps.last?.text) ?? given
    return AnnotatedChain(
      problem: Self.problem(text, answer: reference), steps: steps, answer: answer,
      isCorrect: Answer.agree(answer, reference), annotator: format.rawValue, origin: origin)
  }

  private func prm800kStep(
    _ row: JSON, index: Int, generated: String?
  ) throws -> ChainStep? {
    let place = "label.steps[\(index)]"
    guard row.isObject else { throw BadRecord("\"\(place)\" must be an object; correct it") }
    var candidates: [StepCandidate] = []
    if let list = row["completions"], !list.isNull {
      guard list.isArray else {
        throw BadRecord("\"\(place).completions\" must be a list; correct it")
      }
      for entry in list.elements {
        candidates.append(
          StepCandidate(
            try JSON.text(entry["text"], "\(place).completions.text"),
            verdict: try JSON.rating(entry["rating"], "rating"),
            isFlagged: try entry.optionalBool("flagged")))
      }
    }
    var chosen: Int?
    if let choice = row["chosen_completion"], !choice.isNull {
      guard let number = choice.int, candidates.indices.contains(number) else {
        throw BadRecord(
          "\"\(place).chosen_completion\" is no place among its \(candidates.count) completions;"
            + " correct it")
      }
      chosen = number
    }
    if let human = row["human_completion"], !human.isNull {
      let text = human.string ?? human["text"]?.string
      guard let text else {
        throw BadRecord(
          "\"\(place).human_completion\" must be a string or an object with a text; correct it")
      }
      candidates.append(
        StepCandidate(
          text, verdict: human.isObject ? try JSON.rating(human["rating"], "rating") : nil,
          isFlagged: human.isObject ? try human.optionalBool("flagged") : nil, isHuman: true))
      chosen = chosen ?? candidates.count - 1
    }
    guard
      let place = chosen ?? candidates.firstIndex(where: { $0.text == generated })
        ?? candidates.indices.first
    else { return nil }
    let taken = candidates[place]
    let isOnly = candidates.count == 1 && chosen != nil && taken.isHuman == nil
    return ChainStep(
      text: taken.text,
      rating: taken.verdict == nil && taken.isFlagged == nil
        ? nil : StepRating(taken.verdict, isFlagged: taken.isFlagged),
      candidates: isOnly ? [] : candidates, chosen: isOnly ? nil : chosen)
  }

  /// ProcessBench: the index of the first wrong step, or -1.
  func processBench(_ record: JSON) throws -> AnnotatedChain {
    var steps = AnnotatedChain.steps(try record.texts("steps"))
    guard let label = record["label"] else { throw BadRecord("\"label\" is missing; add it") }
    guard let first = label.int, (-1..<max(steps.count, 1)).contains(first) else {
      throw BadRecord(
        "\"label\" must be a step's index or -1, not "
          + (label.int.map { "\($0) of \(steps.count) steps" } ?? label.described) + "; correct it")
    }
    for index in steps.indices where first == -1 || index <= first {
      steps[index].rating = StepRating(index == first ? .incorrect : .correct)
    }
    return AnnotatedChain(
      problem: Self.problem(try record.text("problem")), steps: steps,
      isCorrect: try record.optionalBool("final_answer_correct"),
      model: try record.filledText("generator"), annotator: format.rawValue,
      origin: origin(
        record, id: try record.scalar("id"),
        without: ["id", "generator", "problem", "steps", "final_answer_correct", "label"]))
  }

  /// Math-Shepherd: two strings, the same but for the tag after each step (huggingface.co/datasets/
  /// peiyi9979/Math-Shepherd).
  func mathShepherd(_ record: JSON) throws -> AnnotatedChain {
    let input = Array(try record.text("input").unicodeScalars)
    let label = Array(try record.text("label").unicodeScalars)
    var pieces: [(text: String, rating: Verdict)] = []
    var piece = String.UnicodeScalarView()
    var place = 0
    var index = 0
    while index < input.count {
      let isTag =
        input[index] == "к" && index + 1 < input.count && input[index + 1] == "и"
        && place < label.count && (label[place] == "+" || label[place] == "-")
      if isTag {
        pieces.append((String(piece), label[place] == "+" ? .correct : .incorrect))
        piece = String.UnicodeScalarView()
        index += 2
      } else {
        guard place < label.count, label[place] == input[index] else {
          throw BadRecord(
            "\"label\" differs from \"input\" at character \(place + 1), where no step tag stands;"
              + " correct or leave out this record")
        }
        piece.append(input[index])
        index += 1
      }
      place += 1
    }
    guard !pieces.isEmpty else {
      throw BadRecord("no step ends with the tag \"ки\"; correct or leave out this record")
    }
    guard place == label.count else {
      throw BadRecord("\"label\" goes on after \"input\" has ended; correct it")
    }
    let rest = String(piece)
    guard let begin = pieces[0].text.range(of: "Step 1:") else {
      throw BadRecord("no \"Step 1:\" parts the problem from the chain; add it")
    }
    var problem = pieces[0].text[..<begin.lowerBound].unicodeScalars
    if problem.last == " " { problem.removeLast() }
    pieces[0].text = String(pieces[0].text[begin.lowerBound...])
    let isNumberedByUs = record["erratum"]?["numbering"]?.string == "added"
    var steps = pieces.enumerated().map { index, piece -> ChainStep in
      var text = piece.text.unicodeScalars[...]
      if index > 0, text.first == "\n" { text.removeFirst() }
      if text.last == " " { text.removeLast() }
      let number = "Step \(index + 1): "
      if isNumberedByUs, String(text).hasPrefix(number) { text.removeFirst(number.count) }
      return ChainStep(
        text: String(text), gap: index == pieces.count - 1 ? "" : "\n",
        rating: StepRating(piece.rating))
    }
    let last = steps.last?.text ?? ""
    if !rest.allSatisfy(\.isWhitespace) {
      // Text after the last tag: a step that nobody rated.
      steps[steps.count - 1].gap = "\n"
      let isOnItsOwnLine = rest.unicodeScalars.first == "\n"
      steps.append(
        ChainStep(text: isOnItsOwnLine ? String(rest.unicodeScalars.dropFirst()) : rest))
    }
    return AnnotatedChain(
      problem: Self.problem(
        String(problem), kind: try record.filledText("task")),
      steps: steps, answer: Answer.after("The answer is:", in: last), annotator: format.rawValue,
      origin: origin(record, id: nil, without: ["input", "label", "task"]))
  }

  /// PRMBench: a chain with known wrong steps, counted from 1.
  func prmBench(_ record: JSON) throws -> AnnotatedChain {
    var steps = AnnotatedChain.steps(try record.texts("modified_process"))
    guard let list = record["error_steps"], list.isArray else {
      throw BadRecord("\"error_steps\" must be a list of step numbers; correct it")
    }
    var wrong: Set<Int> = []
    for element in list.elements {
      guard let number = element.int, (1...max(steps.count, 1)).contains(number) else {
        throw BadRecord(
          "\"error_steps\" holds \(element.int.map(String.init) ?? element.described), which is none"
            + " of its \(steps.count) steps; correct it")
      }
      wrong.insert(number - 1)
    }
    let reason = try record.filledText("reason")
    let kind = try record.filledText("classification")
    let first = wrong.min()
    for index in steps.indices {
      steps[index].rating = StepRating(
        wrong.contains(index) ? .incorrect : .correct,
        errorType: wrong.contains(index) ? kind : nil, reason: index == first ? reason : nil)
    }
    let text = try record.optionalText("modified_question") ?? record.text("question")
    // One problem is broken in several ways, and its number is the same in all of them.
    let id = try record.scalar("idx").map { [$0, kind].compactMap(\.self).joined(separator: " ") }
    return AnnotatedChain(
      problem: Self.problem(text), steps: steps, annotator: format.rawValue,
      origin: origin(
        record, id: id,
        without: ["idx", "modified_process", "error_steps", "reason", "classification"]))
  }

  /// TRL's `stepwise_supervision`: a truth for every completion.
  func trlStepwise(_ record: JSON) throws -> AnnotatedChain {
    var steps = AnnotatedChain.steps(try record.texts("completions"))
    guard let list = record["labels"], list.isArray else {
      throw BadRecord("\"labels\" must be a list of true and false; correct it")
    }
    let labels = try list.elements.map { try JSON.bool($0, "labels") }
    guard labels.count == steps.count else {
      throw BadRecord(
        "there are \(steps.count) completions and \(labels.count) labels; give each its own")
    }
    for (index, isRight) in labels.enumerated() {
      guard let isRight else {
        throw BadRecord("\"labels\" holds null, where true or false belongs; correct it")
      }
      steps[index].rating = StepRating(isRight ? .correct : .incorrect)
    }
    return AnnotatedChain(
      problem: Self.problem(try prompt(record)), steps: steps, annotator: format.rawValue,
      origin: origin(record, id: nil, without: ["prompt", "completions", "labels"]))
  }

  /// Plain JSONL, by the person's own map.
  func mapped(_ record: JSON) throws -> AnnotatedChain {
    guard let fields else { throw BadRecord("no field is named; use --fields") }
    func scalar(_ field: FieldMap.Field) throws -> String? {
      try JSON.scalar(fields.value(field, of: record), fields.keys[field] ?? "")
    }
    let text = try JSON.text(fields.value(.problem, of: record), fields.keys[.problem] ?? "")
    let name = fields.keys[.steps] ?? ""
    let chain = fields.value(.steps, of: record)
    var steps =
      try chain?.string.map(AnnotatedChain.lines)
      ?? AnnotatedChain.steps(JSON.texts(chain, name))
    try rate(&steps, fields.value(.ratings, of: record), fields.keys[.ratings] ?? "")
    for (field, path) in [
      (FieldMap.Field.reasons, \StepRating.reason), (.corrections, \StepRating.correction),
    ] {
      guard let list = fields.value(field, of: record), list.isArray else { continue }
      for (index, entry) in list.elements.enumerated() where index < steps.count {
        guard let words = entry.string, !words.isEmpty else { continue }
        var rating = steps[index].rating ?? StepRating(nil)
        rating[keyPath: path] = words
        steps[index].rating = rating
      }
    }
    let reference = try scalar(.answer)
    let answer = try scalar(.final)
    let isCorrect = try JSON.bool(fields.value(.correct, of: record), fields.keys[.correct] ?? "")
    return AnnotatedChain(
      problem: Self.problem(text, answer: reference, kind: try scalar(.kind)), steps: steps,
      answer: answer, isCorrect: isCorrect ?? Answer.agree(answer, reference),
      model: try scalar(.model),
      annotator: steps.contains { $0.rating != nil } ? format.rawValue : nil,
      origin: origin(record, id: try scalar(.id), without: Set(fields.keys.values)))
  }

  private func rate(_ steps: inout [ChainStep], _ list: JSON?, _ name: String) throws {
    guard let list, !list.isNull else { return }
    guard list.isArray else {
      throw BadRecord(
        "\"\(name)\" must be a list, one rating a step, not \(list.described); correct it")
    }
    let all = Array(list.elements)
    guard all.count == steps.count else {
      throw BadRecord(
        "there are \(steps.count) steps and \(all.count) ratings; give each its own, or null")
    }
    for (index, entry) in all.enumerated() where !entry.isNull {
      let verdict: Verdict?
      if let isRight = entry.bool {
        verdict = isRight ? .correct : .incorrect
      } else if let word = entry.string {
        guard let known = Verdict(rawValue: word) ?? ["+": .correct, "-": .incorrect][word] else {
          throw BadRecord(
            "\"\(name)\" holds \"\(word.prefix(20))\"; use correct, incorrect, neutral or unsure")
        }
        verdict = known
      } else {
        verdict = try JSON.rating(entry, name)
      }
      steps[index].rating = StepRating(verdict)
    }
  }
}

extension JSON {
  /// A text as a JSON string.
  static func quoted(_ text: String) -> String {
    var out: [UInt8] = []
    out.appendJSON(text: Array(text.utf8)[...])
    return String(decoding: out, as: UTF8.self)
  }
}
