import Foundation

/// Between chains and a session's files: the one place that knows both.
///
/// A chain is an attempt whose tokens are its steps, one each; its ratings are marks in an
/// annotator's file, and what marks cannot say is a ``LabelDetailed`` beside them.
package enum SessionChains {
  /// Boundaries that came with the data, rather than from a segmenter of ours.
  static let importedSegmenter = 0
  private static let plainGap = "\n"

  // MARK: Names

  /// The same for the same problem everywhere: its first words and a hash of its text.
  package static func sessionID(of problem: Problem) -> String {
    var hash = SHA256()
    hash.update(problem.text)
    return "\(Library.slug(problem.text))-\(hash.shortName())"
  }

  /// The same for the same text with the same boundaries everywhere.
  package static func attemptID(of chain: AnnotatedChain) -> AttemptID {
    var hash = SHA256()
    for step in chain.steps {
      let size = step.text.utf8.count + step.gap.utf8.count
      hash.update("\(size):")
      hash.update(step.text)
      hash.update(step.gap)
    }
    return AttemptID("a" + hash.shortName())
  }

  // MARK: To a session

  /// The events of an imported chain's attempt, ratings left out.
  package static func events(
    of chain: AnnotatedChain, named id: AttemptID, firstSerial: Int
  ) -> [Event] {
    var table = TokenTable()
    var closed: [Event] = []
    for (index, step) in chain.steps.enumerated() {
      let start = table.bytes.count
      table.append(
        bytes: Array((step.text + step.gap).utf8), id: nil, logProbability: nil, entropy: nil)
      closed.append(
        .stepClosed(
          StepClosed(
            attempt: id, index: index, channel: .answer, start: start, end: table.bytes.count,
            segmenter: importedSegmenter, measures: StepMeasures())))
    }
    let model = ModelDescription(
      model: chain.model ?? chain.origin.format, dialect: "imported", capabilities: Capabilities())
    var out: [Event] = [
      .attemptStarted(
        AttemptStarted(
          attempt: id, segmenter: importedSegmenter,
          call: Call(
            model: model, messages: [ChatMessage(.user, chain.problem.text)],
            parameters: SamplingParameters()))),
      .chainImported(
        ChainImported(
          attempt: id, format: chain.origin.format, file: chain.origin.file, id: chain.origin.id,
          model: chain.model, isCorrect: chain.isCorrect,
          gap: chain.hasPlainGaps ? plainGap : nil, metadata: chain.origin.metadata)),
      .tokens(
        TokensArrived(attempt: id, channel: .answer, firstSerial: firstSerial, table: table)),
    ]
    out += closed
    if let answer = chain.answer {
      out.append(
        .answerExtracted(
          AnswerExtracted(
            attempt: id, answer: answer, method: .answerLine, isCorrect: chain.isCorrect)))
    }
    out.append(.attemptFinished(AttemptFinished(attempt: id, reason: .stop)))
    return out
  }

  /// The ratings of an imported chain, as lines of an annotator's file.
  package static func labels(
    of chain: AnnotatedChain, named id: AttemptID, annotator: String, wall: Double
  ) -> [Event] {
    var out: [Event] = []
    var start = 0
    for (index, step) in chain.steps.enumerated() {
      let end = start + step.text.utf8.count + step.gap.utf8.count
      defer { start = end }
      let place = StepID(attempt: id, index: index)
      if let verdict = step.rating?.verdict {
        out.append(
          .marked(
            Marked(
              step: place, verdict: verdict, annotator: annotator, wall: wall, channel: .answer,
              start: start, end: end)))
      }
      guard step.rating?.hasDetail == true || !step.candidates.isEmpty else { continue }
      out.append(
        .labelDetailed(
          LabelDetailed(
            step: place, annotator: annotator, wall: wall, errorType: step.rating?.errorType,
            reason: step.rating?.reason, correction: step.rating?.correction,
            isFlagged: step.rating?.isFlagged,
            candidates: step.candidates.isEmpty ? nil : step.candidates, chosen: step.chosen)))
    }
    return out
  }

  // MARK: From a session

  /// What one annotator's file says.
  package struct Labels: Equatable, Sendable {
    package var name: String
    package var marks: [StepID: Marked] = [:]
    package var details: [StepID: LabelDetailed] = [:]

    /// Whose they are where not everything is one annotator's.
    var owners: [AttemptID: String] = [:]

    package init(name: String) { self.name = name }

    /// Several annotators' labels as one, if no attempt has labels of two of them.
    package init?(joining all: [Labels]) {
      self.init(name: all.map(\.name).joined(separator: ", "))
      for labels in all {
        for attempt in Set(labels.marks.keys.map(\.attempt) + labels.details.keys.map(\.attempt)) {
          guard owners.updateValue(labels.name, forKey: attempt) == nil else { return nil }
        }
        marks.merge(labels.marks) { first, _ in first }
        details.merge(labels.details) { first, _ in first }
      }
    }

    fileprivate func owner(of attempt: AttemptID) -> String { owners[attempt] ?? name }
  }

  /// Everybody's labels on a session, by name.
  package static func labels(in folder: SessionFolder) -> [Labels] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.annotations.path))
    return (names ?? []).sorted().filter { $0.hasSuffix(".jsonl") }.compactMap { file in
      labels(
        atPath: folder.annotations.path + "/" + file, name: String(file.dropLast(6)))
    }
  }

  static func labels(atPath path: String, name: String) -> Labels? {
    guard let file = try? JournalReader.open(path) else { return nil }
    let decoder = JournalDecoder()
    var out = Labels(name: name)
    _ = try? LineReader(file).lines { line, _ in
      switch line.flatMap({ decoder.line($0) })?.record?.event {
      case .marked(let mark):
        out.marks[mark.step] = mark
      case .labelDetailed(let detail): out.details[detail.step] = detail
      default: break
      }
      return true
    }
    return out
  }

  /// The chains of a session, oldest attempt first; answers only, for thoughts have no place in a
  /// training record.
  ///
  /// - Parameter labels: whose ratings to take; the last critic's where that is `nil`.
  package static func chains(
    of session: Session, labels: Labels?
  ) -> [AnnotatedChain] {
    session.attempts.compactMap { attempt in
      let steps = attempt.steps.filter { $0.channel == .answer }
      guard !steps.isEmpty else { return nil }
      let imported = attempt.imported
      var out: [ChainStep] = []
      for (place, step) in steps.enumerated() {
        let text = String(decoding: attempt.bytes(of: step), as: UTF8.self)
        let isLast = place == steps.count - 1
        var made = Self.step(text, gap: imported?.gap, isLast: isLast)
        made.rating = labels.flatMap { rating($0, attempt, step) }
        let detail = labels?.details[StepID(attempt: attempt.id, index: step.index)]
        made.candidates = detail?.candidates ?? []
        made.chosen = detail?.candidates == nil ? nil : detail?.chosen
        out.append(made)
      }
      var annotator = labels.flatMap { labels in
        out.contains { $0.rating != nil || !$0.candidates.isEmpty }
          ? labels.owner(of: attempt.id) : nil
      }
      if labels == nil, let critique = session.critiques(of: attempt.id).last {
        for (place, step) in steps.enumerated() {
          guard let given = critique.verdicts[step.index] else { continue }
          out[place].rating = StepRating(
            given.verdict, source: .critic, errorType: given.errorType, reason: given.reason,
            correction: given.repair)
        }
        annotator = critique.started.call.model.shortName
      }
      return AnnotatedChain(
        problem: session.problem, steps: out, answer: attempt.answer?.answer,
        isCorrect: attempt.answer?.isCorrect ?? imported?.isCorrect,
        model: imported == nil ? attempt.started.call.model.shortName : imported?.model,
        annotator: annotator,
        origin: ChainOrigin(
          format: imported?.format ?? "session", file: imported?.file, id: imported?.id,
          metadata: imported?.metadata ?? [:]))
    }
  }

  private static func step(_ text: String, gap: String?, isLast: Bool) -> ChainStep {
    if let gap {
      // By scalars: a line feed after a carriage return is no character of its own.
      let scalars = text.unicodeScalars
      guard !isLast, scalars.suffix(gap.unicodeScalars.count).elementsEqual(gap.unicodeScalars)
      else { return ChainStep(text: text) }
      return ChainStep(text: String(scalars.dropLast(gap.unicodeScalars.count)), gap: gap)
    }
    return ChainStep(whole: text)
  }

  private static func rating(
    _ labels: Labels, _ attempt: Attempt, _ step: Step
  ) -> StepRating? {
    let place = StepID(attempt: attempt.id, index: step.index)
    // A mark whose step has other bytes now says nothing of the step there.
    let mark = labels.marks[place].flatMap { mark in
      mark.channel == step.channel && mark.start == step.range.lowerBound
        && mark.end == step.range.upperBound ? mark : nil
    }
    let detail = labels.details[place]
    let isImported = attempt.imported.map { $0.format == labels.owner(of: attempt.id) } ?? false
    let rating = StepRating(
      mark?.verdict, source: isImported ? .imported : .person, errorType: detail?.errorType,
      reason: detail?.reason, correction: detail?.correction, isFlagged: detail?.isFlagged)
    return rating.verdict == nil && !rating.hasDetail ? nil : rating
  }
}
