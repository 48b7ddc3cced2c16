import Engine
import Sessions

/// Tells events as plain lines, for screen readers, logs and pipes.
///
/// The same events the screen shows, one line each; nothing moves and nothing is redrawn.
package struct LinearTeller {
  /// With every record told of so far.
  package private(set) var session: Session
  private let signal: Signal
  private let gate: Gate

  package init(header: Header, signal: Signal, gate: Gate = Gate()) {
    session = Session(header: header)
    self.signal = signal
    self.gate = gate
  }

  package var opening: [String] {
    var lines = ["problem: \(flat(session.problem.text))"]
    if let answer = session.problem.answer { lines.append("reference answer: \(flat(answer))") }
    return lines
  }

  package mutating func lines(for record: Record) -> [String] {
    session.apply(record)
    // Names are foreign too: those of attempts, critiques, settings and annotators.
    return told(record).map(flat)
  }

  private func told(_ record: Record) -> [String] {
    switch record.event {
    case .attemptStarted(let started): return [begin(started)]
    case .stepClosed(let closed): return step(closed)
    case .answerExtracted(let extracted):
      let verdict: String =
        switch extracted.isCorrect {
        case true?: ", correct"
        case false?: ", wrong"
        case nil: ""
        }
      return ["\(extracted.attempt): answer \(flat(extracted.answer))\(verdict)"]
    case .attemptFinished(let finished):
      // Why, if there is a sentence for it, comes as a failure of its own.
      return finished.reason == .stop
        ? [] : ["\(finished.attempt): ended by \(finished.reason.rawValue)"]
    case .critiqueStarted(let started):
      return [
        "critique \(started.critique) of \(started.attempt), critic \(flat(started.call.model.shortName))"
          + (started.call.model.profile?.critic.map { ", \($0.words)" } ?? "")
      ]
    case .verdict(let given): return [verdict(given)]
    case .critiqueFinished(let finished): return [end(finished)]
    case .roundStarted(let started): return [round(started)]
    case .rewound(let attempt, let serial): return ["\(attempt): rewound to token \(serial)"]
    case .reflectionTriggered(let triggered): return [told(triggered)]
    case .reflectionFinished(let finished): return [told(finished)]
    case .reflectionTuned(let tuned):
      return ["\(tuned.attempt): reflection tuned from token \(tuned.position + 1) on"]
    case .controlsCompared(let compared): return told(compared)
    case .noted(let noted): return ["note: \(flat(noted.text))"]
    case .retryScheduled(let retry):
      return [
        "waiting \(retry.delay.rounded(toPlaces: 1)) s, try \(retry.number + 1): \(flat(retry.reason))"
      ]
    case .failed(let failed): return ["failed: \(flat(failed.message))"]
    case .settingChanged(let change): return ["set \(change.name) \(flat(change.value))"]
    case .marked(let mark):
      return [
        "\(mark.annotator) marks step \(mark.step.index + 1): \(mark.verdict?.rawValue ?? "withdrawn")"
      ]
    case .modelConnected(let connected):
      let model = connected.description
      var words = [flat(model.model), model.badge]
      if connected.role == .solver, let standing = signal.standing(in: model.profile) {
        words.append("\(signal.name) \(standing)")
      }
      return ["\(connected.role.rawValue): \(words.joined(separator: ", "))"]
    case .chainImported(let imported):
      let file = imported.file.map { " from \(flat($0))" } ?? ""
      return ["\(imported.attempt): imported\(file), format \(flat(imported.format))"]
    case .alternativesWritten(let written):
      return written.texts.map {
        "another text for step \(written.step.index + 1) of \(written.step.attempt): \(flat($0))"
      }
    case .labelled(let labelled): return [told(labelled)]
    case .revealed(let revealed):
      let what = revealed.step.map { "step \($0 + 1) of " } ?? ""
      return ["\(flat(revealed.annotator)) had \(what)\(revealed.attempt) shown"]
    case .chainJudged(let judged):
      let said = [
        judged.answer.map { "answer \($0.rawValue)" }, judged.reach.map { "got \($0.rawValue)" },
        judged.exit?.rawValue, judged.reason.map(flat),
      ]
      return [
        "\(flat(judged.annotator)) on \(judged.attempt): "
          + said.compactMap { $0 }.joined(separator: ", ")
      ]
    case .opened, .prompted, .tokens, .critiqueText, .trialWritten, .trialChosen, .labelDetailed,
      .unknown:
      return []
    }
  }

  private func told(_ labelled: Labelled) -> String {
    let label = labelled.label
    let said = [
      label.verdict?.rawValue, label.isFirstError == true ? "the first error" : nil,
      label.errorType.map(flat), label.isFlagged == true ? "flagged" : nil,
      label.reason.map(flat), label.correction.map { "should be: \(flat($0))" },
    ].compactMap { $0 }
    return "\(flat(labelled.annotator)) on step \(labelled.step + 1) of \(labelled.attempt): "
      + (said.isEmpty ? "withdrawn" : said.joined(separator: ", "))
  }

  private func told(_ triggered: ReflectionTriggered) -> String {
    var line = "\(triggered.reflection) \(triggered.method.title)"
    line += " at token \(triggered.position + 1) of \(triggered.attempt)"
    if let value = triggered.value {
      let lower = Double(value.lower).formatted(places: 2)
      let upper = Double(value.upper).formatted(places: 2)
      line += value.isExact ? ": \(lower)" : ": \(lower) to \(upper)"
      if let threshold = triggered.threshold {
        line += " against \(threshold.formatted(places: 2))"
      }
    }
    return line
  }

  private func told(_ finished: ReflectionFinished) -> String {
    var words = ["\(finished.reflection) \(finished.outcome.rawValue)"]
    if let token = finished.chosen.all.first { words.append("wrote \(quoted(token))") }
    words.append("\(finished.milliseconds.formatted(places: 1)) ms")
    if finished.discardedTokens > 0 {
      words.append(
        "\(finished.discardedTokens) token\(finished.discardedTokens == 1 ? "" : "s") discarded")
    }
    if let message = finished.message { words.append(flat(message)) }
    return words.joined(separator: ", ")
  }

  private func told(_ compared: ControlsCompared) -> [String] {
    compared.choices.map { choice in
      let chosen = choice.chosen.all.first.map(quoted) ?? "nothing"
      return "\(compared.reflection) \(choice.method?.title ?? "without reflection"): \(chosen)"
    }
  }

  private func quoted(_ token: Alternative) -> String {
    "\u{201C}\(flat(String(decoding: token.bytes, as: UTF8.self)))\u{201D}"
  }

  private func begin(_ started: AttemptStarted) -> String {
    var line = "attempt \(started.attempt), solver \(flat(started.call.model.shortName))"
    if let parent = started.parent {
      let replacement = session.attempt(started.attempt).flatMap(session.replacement)
      let words = replacement.map { "takes another token than \(flat($0.words(arrow: " "))) of" }
      line += ", \(words ?? "revises") \(parent)"
    }
    if let sample = started.sample { line += ", sample \(sample + 1)" }
    if let reflection = started.reflection { line += ", reflects by \(reflection.method.title)" }
    return line
  }

  private func step(_ closed: StepClosed) -> [String] {
    guard let attempt = session.attempt(closed.attempt), let step = attempt.steps.last else {
      return []
    }
    let value =
      signal.confidence(in: closed.measures, by: attempt.profile)
      .map { Double($0).formatted(places: 2) } ?? "-"
    let text = flat(String(decoding: attempt.bytes(of: step), as: UTF8.self))
    let kind = closed.channel == .thinking ? "thinking" : "step"
    return ["\(closed.attempt) \(kind) \(step.number) [\(value)] \(text)"]
  }

  private func number(ofStep index: Int, in critique: CritiqueID) -> Int {
    let steps = session.critique(critique)?.started.steps ?? []
    return (steps.firstIndex(of: index) ?? index) + 1
  }

  private func verdict(_ given: VerdictGiven) -> String {
    var line = "\(given.critique) step \(number(ofStep: given.step, in: given.critique)): "
    line += given.verdict.rawValue
    if let type = given.errorType { line += ", \(flat(type))" }
    if let reason = given.reason { line += ": \(flat(reason))" }
    if let repair = given.repair { line += " (repair: \(flat(repair)))" }
    return line
  }

  private func end(_ finished: CritiqueFinished) -> String {
    let error: String =
      switch finished.firstError {
      case .step(let index):
        "first error in step \(number(ofStep: index, in: finished.critique))"
      case .none: "no error found"
      case .notSaid: "no first error named"
      }
    let how = finished.reason == .stop ? "" : ", ended by \(finished.reason.rawValue)"
    return "\(finished.critique): \(error)\(how)"
  }

  private func round(_ started: RoundStarted) -> String {
    var line = "round \(started.round) on \(started.parent), "
    switch started.strategy {
    case .fromScratch: line += "from scratch"
    case .fromStep: line += "from step \((started.fromStep ?? 0) + 1)"
    }
    if let hint = started.hint { line += ", hint: \(flat(hint))" }
    return line
  }

  /// One line, nothing in it that a terminal would act on.
  private func flat(_ text: String) -> String {
    gate.plain(text).split(whereSeparator: \.isNewline).joined(separator: " ").trimmedWhitespace
  }
}

extension Problem {
  /// What to call it: its id in a set, else its first words.
  package var title: String {
    ["typed", "stdin", "file"].contains(id) ? SessionSummary.title(of: text, length: 32) : id
  }
}

extension ModelDescription {
  /// How much of the model can be seen, in the words of the title line.
  package var badge: String {
    if capabilities.hiddenStates { return "full" }
    if capabilities.logProbabilities {
      return capabilities.alternatives > 0 ? "top-k (lower bound)" : "log-probabilities only"
    }
    return "text only"
  }
}

extension Double {
  package func rounded(toPlaces places: Int) -> Double {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return (self * scale).rounded() / scale
  }

  /// With exactly so many decimal places, whatever the locale.
  package func formatted(places: Int) -> String {
    guard isFinite, abs(self) < 1e15 else { return isNaN ? "-" : self < 0 ? "-inf" : "inf" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let units = Int((abs(self) * Double(scale)).rounded())
    let sign = self < 0 && units > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % scale)
    return
      "\(sign)\(units / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
  }
}
