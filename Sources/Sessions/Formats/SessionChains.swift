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

  /// What one annotator's file says, or several that have no chain in common.
  package struct Labels: Equatable, Sendable {
    package var name: String
    private var books: [LabelBook]
    /// Which book speaks of an attempt.
    private var owners: [AttemptID: Int] = [:]

    package init(_ book: LabelBook) {
      name = book.annotator
      books = [book]
      for id in book.entries.keys { owners[id.attempt] = 0 }
    }

    /// Several annotators' labels as one, if no attempt has labels of two of them.
    package init?(joining all: [Labels]) {
      name = all.map(\.name).joined(separator: ", ")
      books = all.flatMap(\.books)
      for (place, book) in books.enumerated() {
        for id in book.entries.keys {
          guard owners.updateValue(place, forKey: id.attempt) ?? place == place else { return nil }
        }
      }
    }

    /// What stands of an attempt's steps, by attempt-wide index.
    fileprivate func labels(of attempt: Attempt) -> [Int: Label] {
      owners[attempt.id].map { books[$0].standing(in: attempt).mapValues(\.current.label) } ?? [:]
    }

    fileprivate func owner(of attempt: AttemptID) -> String {
      owners[attempt].map { books[$0].annotator } ?? name
    }

    /// Whether nothing else is said of an attempt than what these events do.
    func say(_ events: [Event], of id: AttemptID) -> Bool {
      var twin = LabelBook(annotator: name)
      events.forEach { twin.apply($0) }
      let ours = owners[id].map { books[$0].entries.filter { $0.key.attempt == id } } ?? [:]
      return ours.mapValues(\.current.label) == twin.entries.mapValues(\.current.label)
    }
  }

  /// Everybody's labels on a session, by name.
  package static func labels(in folder: SessionFolder) -> [Labels] {
    LabelBook.all(in: folder).books.map(Labels.init)
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
      let said = labels?.labels(of: attempt) ?? [:]
      let isImported = imported.map { $0.format == labels?.owner(of: attempt.id) } ?? false
      var out: [ChainStep] = []
      for (place, step) in steps.enumerated() {
        let text = String(decoding: attempt.bytes(of: step), as: UTF8.self)
        let isLast = place == steps.count - 1
        var made = Self.step(text, gap: imported?.gap, isLast: isLast)
        let label = said[step.index]
        made.rating = label.flatMap { StepRating($0, source: isImported ? .imported : .person) }
        made.candidates = label?.candidates ?? []
        made.chosen = label?.candidates == nil ? nil : label?.chosen
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
}

extension StepRating {
  /// `nil` where a label says nothing of the step's own text.
  fileprivate init?(_ label: Label, source: Source) {
    self.init(
      label.verdict, source: source, errorType: label.errorType, reason: label.reason,
      correction: label.correction, isFlagged: label.isFlagged)
    if verdict == nil, !hasDetail { return nil }
  }
}
