import Sessions

/// What is said of a step beyond its verdict: type, span, words, other texts; and of the chain.
extension State {
  // MARK: Words

  mutating func ask(_ kind: Prompt.Kind, filledWith text: (Label) -> String) -> [Effect] {
    guard selectedStep != nil else {
      notice = Notice("only a finished step can be labelled")
      return []
    }
    prompt = Prompt(kind, text: text(selectedLabel ?? Label()))
    return []
  }

  mutating func askErrorType() -> [Effect] {
    let effects = ask(.errorType) { _ in "" }
    narrowErrorTypes()
    return effects
  }

  /// The kinds that hold what was typed, in the taxonomy's order; what begins so stands first.
  mutating func narrowErrorTypes() {
    guard prompt?.kind == .errorType, let text = prompt?.editor.text.lowercased() else { return }
    let titles = settings.labelling.taxonomy.kinds.map(\.title)
    let begins = titles.filter { $0.lowercased().hasPrefix(text) }
    let holds = settings.labelling.taxonomy.kinds.filter {
      !begins.contains($0.title)
        && ($0.title + " " + $0.help).lowercased().contains(text)
    }.map(\.title)
    prompt?.completions = begins + holds
    prompt?.choice = begins.isEmpty && holds.isEmpty ? nil : 0
  }

  mutating func moveChoice(_ delta: Int) {
    guard let prompt, let choice = prompt.choice else { return }
    self.prompt?.choice = min(max(choice + delta, 0), max(prompt.completions.count - 1, 0))
  }

  mutating func takeErrorType(_ prompt: Prompt) -> [Effect] {
    let title = prompt.choice.flatMap { choice in
      prompt.completions.indices.contains(choice) ? prompt.completions[choice] : nil
    }
    guard let kind = settings.labelling.taxonomy.kinds.first(where: { $0.title == title }) else {
      notice = Notice("no such type; t lists them", .warning)
      return []
    }
    return change { label in
      label.errorType = kind.id
      // A kind of error is an error.
      if label.verdict == nil || label.isFilled == true {
        label.verdict = .incorrect
        label.isFilled = nil
      }
    }
  }

  mutating func takeWords(_ prompt: Prompt) -> [Effect] {
    let text = prompt.editor.text.trimmedWhitespace
    let said = text.isEmpty ? nil : text
    switch prompt.kind {
    case .reason: return change { $0.reason = said }
    case .soleReason:
      let effects = change { $0.reason = said }
      return effects + (selectedStep.map { advance(from: $0) } ?? [])
    case .correctedStep:
      let own = selectedText
      return change { $0.correction = said == own ? nil : said }
    case .exitReason: return leaveChain(reason: said)
    case .ownText: return addOwnText(said)
    default: return []
    }
  }

  // MARK: Span

  mutating func chooseSpan() -> [Effect] {
    guard selectedStep != nil else { return ask(.reason) { _ in "" } }
    if selectedLabel?.span != nil {
      notice = Notice("span taken away; v chooses another")
      return change { $0.span = nil }
    }
    guard !SpanChoice.words(stepBytes).isEmpty else {
      notice = Notice("there is no word in this step")
      return []
    }
    reading?.labelling?.span = SpanChoice()
    notice = Self.spanBegins
    return []
  }

  private static let spanBegins = Notice("h l to the first word, v takes it, Esc lets go")
  private static let spanEnds = Notice("h l to the last word, v takes the span, Esc lets go")

  private var stepBytes: ArraySlice<UInt8> {
    guard let step = selectedStep, let attempt = reading?.attempt else { return [] }
    return attempt.bytes(of: attempt.steps[step])
  }

  /// While a span is being chosen keys mean words.
  mutating func performChoosingSpan(_ action: Action) -> [Effect]? {
    guard var choice = reading?.labelling?.span else { return nil }
    let words = SpanChoice.words(stepBytes)
    switch action {
    case .nextToken, .previousToken:
      let delta = action == .nextToken ? 1 : -1
      if let last = choice.last {
        choice.last = min(max(last + delta, choice.first), words.count - 1)
      } else {
        choice.first = min(max(choice.first + delta, 0), words.count - 1)
      }
      reading?.labelling?.span = choice
      notice = choice.last == nil ? Self.spanBegins : Self.spanEnds
      return []
    case .first, .last:
      let word = action == .first ? 0 : words.count - 1
      if choice.last == nil { choice.first = word } else { choice.last = max(word, choice.first) }
      reading?.labelling?.span = choice
      notice = choice.last == nil ? Self.spanBegins : Self.spanEnds
    case .span, .inspect:
      guard choice.last != nil else {
        reading?.labelling?.span?.last = choice.first
        notice = Self.spanEnds
        return []
      }
      reading?.labelling?.span = nil
      let span = choice.span(in: words)
      return change { $0.span = span }
    case .stop, .back:
      reading?.labelling?.span = nil
      return []
    default: notice = choice.last == nil ? Self.spanBegins : Self.spanEnds
    }
    return []
  }

  // MARK: The whole chain

  mutating func answer(_ question: ChainQuestion, _ verdict: Verdict) -> [Effect] {
    guard let labelling = reading?.labelling else { return [] }
    func judge(_ answer: Verdict?, _ reach: ChainJudged.Reach?) -> [Effect] {
      [
        .annotate([
          .judge(
            labelling.attempt, answer: answer, reach: reach, exit: nil, reason: nil,
            pass: labelling.pass, seconds: labelling.chainSeconds)
        ])
      ]
    }
    switch question {
    case .answer:
      guard verdict != .neutral else { return [] }
      reading?.labelling?.answer = verdict
      panel = .judging(.reach)
      return judge(verdict, nil)
    case .reach:
      panel = nil
      let reach: ChainJudged.Reach =
        switch verdict {
        case .incorrect: .nowhere
        case .neutral: .partly
        case .correct: .finished
        case .unsure: .unsure
        }
      let effects = judge(labelling.answer ?? judgement?.answer, reach)
      return effects + finishedChain()
    }
  }

  mutating func takeExit(_ selection: Int) -> [Effect] {
    guard ChainJudged.Exit.allCases.indices.contains(selection) else { return [] }
    panel = nil
    reading?.labelling?.exit = ChainJudged.Exit.allCases[selection]
    prompt = Prompt(.exitReason)
    return []
  }

  private mutating func leaveChain(reason: String?) -> [Effect] {
    guard let labelling = reading?.labelling, let exit = labelling.exit else { return [] }
    guard let reason else {
      notice = Notice("say why, so that others can tell; nothing was recorded", .warning)
      return []
    }
    let effects: [Effect] = [
      .annotate([
        .judge(
          labelling.attempt, answer: nil, reach: nil, exit: exit, reason: reason,
          pass: labelling.pass, seconds: labelling.chainSeconds)
      ])
    ]
    return effects + finishedChain()
  }

  // MARK: Other texts

  mutating func openAlternatives() -> [Effect] {
    guard let step = selectedStep, let reading, let attempt = reading.attempt else { return [] }
    guard attempt.steps[step].channel == .answer else {
      notice = Notice("only a step of the answer can have other texts", .warning)
      return []
    }
    let id = StepID(attempt: attempt.id, index: step)
    let sampled = reading.session.alternatives[id] ?? []
    listCandidates(sampled)
    if sampled.isEmpty, (selectedLabel?.candidates ?? []).count < 2 {
      return askAlternatives()
    }
    panel = .rating(.candidates, selection: 0)
    return []
  }

  /// More of them, from the solver.
  mutating func askAlternatives() -> [Effect] {
    guard let step = selectedStep, let attempt = reading?.attempt else { return [] }
    guard settings.solver != nil else {
      // Without a model a person can still write one.
      panel = .rating(.candidates, selection: 0)
      notice = Notice("no solver to ask; m names one, w writes your own", .warning)
      return []
    }
    guard !isCalling else {
      notice = Notice("a model is at work; Esc stops it", .warning)
      return []
    }
    panel = .rating(.candidates, selection: 0)
    notice = Notice("asking for other texts of this step")
    return [
      .alternatives(StepID(attempt: attempt.id, index: step), count: Self.alternativesAtOnce)
    ]
  }

  private static let alternativesAtOnce = 4

  /// The step's own text, what was sampled, and what was written, each once.
  mutating func listCandidates(_ sampled: [String]) {
    let label = selectedLabel ?? Label()
    var texts = label.candidates ?? [StepCandidate(selectedText, verdict: label.verdict)]
    for text in sampled.map(\.trimmedWhitespace)
    where !text.isEmpty && !texts.contains(where: { $0.text == text }) {
      texts.append(StepCandidate(text))
    }
    reading?.labelling?.texts = texts
  }

  mutating func openExplanations() -> [Effect] {
    guard let step = selectedStep, let reading, let attempt = reading.attempt else { return [] }
    guard selectedLabel?.verdict == .incorrect else {
      notice = Notice("explanations are rated for a step that is marked incorrect")
      return []
    }
    var texts = selectedLabel?.explanations ?? []
    for critique in reading.session.critiques(of: attempt.id) {
      if let reason = critique.verdicts[step]?.reason?.trimmedWhitespace, !reason.isEmpty,
        !texts.contains(where: { $0.text == reason })
      {
        texts.append(StepCandidate(reason))
      }
    }
    self.reading?.labelling?.texts = texts
    panel = .rating(.explanations, selection: 0)
    if texts.isEmpty {
      notice = Notice("no critic has explained it; w writes your own, c asks one afterwards")
    }
    return []
  }

  /// A verdict on the chosen text.
  mutating func rateText(_ verdict: Verdict) -> [Effect] {
    guard case .rating(let kind, let selection) = panel,
      var texts = reading?.labelling?.texts, texts.indices.contains(selection)
    else { return [] }
    texts[selection].verdict = verdict
    panel = .rating(kind, selection: min(selection + 1, texts.count - 1))
    return keep(texts, of: kind)
  }

  /// The chosen text is the one to go on from; chosen again, it no longer is.
  mutating func chooseText() -> [Effect] {
    guard case .rating(.candidates, let selection) = panel,
      let texts = reading?.labelling?.texts, texts.indices.contains(selection)
    else { return [] }
    let isChosen = selectedLabel?.chosen == selection
    return change { label in
      label.candidates = texts
      label.chosen = isChosen ? nil : selection
    }
  }

  private mutating func keep(_ texts: [StepCandidate], of kind: RatedTexts) -> [Effect] {
    reading?.labelling?.texts = texts
    let own = selectedText
    return change { label in
      switch kind {
      case .candidates:
        label.candidates = texts
        // The step's own text stands among them, and is the step.
        if let verdict = texts.first(where: { $0.text == own })?.verdict,
          verdict != label.verdict || label.isFilled == true
        {
          label.rate(verdict)
        }
      case .explanations: label.explanations = texts
      }
    }
  }

  private mutating func addOwnText(_ text: String?) -> [Effect] {
    guard case .rating(let kind, _) = panel, let text, var texts = reading?.labelling?.texts else {
      return []
    }
    guard !texts.contains(where: { $0.text == text }) else {
      notice = Notice("that text is there already")
      return []
    }
    texts.append(StepCandidate(text, verdict: .correct, isHuman: true))
    panel = .rating(kind, selection: texts.count - 1)
    return keep(texts, of: kind)
  }
}
