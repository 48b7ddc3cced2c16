import Foundation

/// What an index keeps of a session, read from its files in one go.
struct SessionSurvey {
  var summary: SessionSummary
  var text = SessionText()

  /// Reads journal and labels; damage is told, not thrown.
  ///
  /// Of the journal only as much is read as `files` says it had: what is written meanwhile is for
  /// next time.
  init(_ files: SessionFiles) {
    let folder = files.folder
    let modified = Double(files.modified) / 1e9
    summary = SessionSummary(
      id: folder.id, path: files.path, title: folder.id, created: modified,
      lastActivity: modified, isExample: folder.isExample)
    do {
      let reader = try JournalReader(folder.url)
      summary.title = SessionSummary.title(of: reader.header.problem.text)
      summary.created = reader.header.created
      var session = Session(header: reader.header)
      let damage = try reader.records(
        from: reader.firstLine, upTo: files.size, decoder: JournalDecoder(isTextOnly: true)
      ) { batch, _ in
        for record in batch {
          count(record.event)
          session.apply(record)
        }
        return true
      }
      summary.damage = damage.sentence
      text = SessionText(session, named: folder.id)
      take(session)
      if files.annotations != 0 { takeLabels(in: folder, session) }
    } catch let error as JournalError {
      summary.damage = error.sentence
    } catch {
      summary.damage = JournalError.unreadable(path: folder.url.path, reason: "\(error)").sentence
    }
  }

  private mutating func count(_ event: Event) {
    switch event {
    case .tokens(let arrived): summary.tokens += arrived.table.count
    case .answerExtracted(let extracted):
      summary.answer = extracted.answer
      summary.isCorrect = extracted.isCorrect
    default: break
    }
  }

  private mutating func take(_ session: Session) {
    summary.attempts = session.attempts.count
    summary.rounds = session.rounds.count
    summary.ending = session.ending
    let calls =
      session.attempts.map(\.started.call.model) + session.critiques.map(\.started.call.model)
    summary.models = calls.map(\.shortName).withoutRepeats
    let imported = session.attempts.compactMap(\.imported)
    summary.isImported = !imported.isEmpty
    summary.sets =
      ([session.problem.source] + imported.map { $0.file.map(ChainImporter.stem) })
      .compactMap(\.self).filter { !$0.isEmpty }.withoutRepeats
  }

  /// Counts what stands: labels of other bytes than the steps have now are none of theirs.
  private mutating func takeLabels(in folder: SessionFolder, _ session: Session) {
    let books = LabelBook.all(in: folder).books
    summary.annotators = books.map(\.annotator)
    for attempt in session.attempts {
      let raters = books.filter { book in book.entries.keys.contains { $0.attempt == attempt.id } }
      guard !raters.isEmpty else { continue }
      let digests = attempt.stepDigests
      var verdicts: [Int: Set<Verdict>] = [:]
      for book in raters {
        for (step, entry) in book.standing(in: attempt, digests: digests) {
          let label = entry.current.label
          let words = [label.errorType, label.reason, label.correction].compactMap(\.self)
          text.add(
            words.joined(separator: "\n"),
            TextPlace(.label, attempt: attempt.id, annotator: book.annotator, step: step))
          guard let verdict = label.verdict else { continue }
          summary.labels += 1
          // A consensus settles a disagreement; it is no side in it.
          if book.annotator != Self.consensus { verdicts[step, default: []].insert(verdict) }
        }
      }
      summary.disagreements += verdicts.values.count { $0.count > 1 }
    }
  }

  /// Whose file holds what an adjudicator decided.
  private static let consensus = "consensus"
}

extension Session {
  fileprivate var ending: SessionSummary.Ending? {
    if isRunning { return .open }
    guard let last = attempts.last?.finished?.reason else {
      return failures.isEmpty ? nil : .failed
    }
    switch last {
    case .stop, .length, .tool, .filtered: return .finished
    case .error: return .failed
    case .truncated, .cancelled: return .interrupted
    }
  }
}

extension [String] {
  /// Each once, where it first stood.
  fileprivate var withoutRepeats: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
