import Sessions

/// Keys while a panel lies over the screen.
extension State {
  mutating func performInPanel(_ action: Action) -> [Effect] {
    switch action {
    case .back, .stop:
      let wasReach = panel == .judging(.reach)
      panel = nil
      // How far it got may be left open.
      return wasReach ? finishedChain() : []
    case .filter:
      if case .help(let help) = panel { prompt = Prompt(.filter, text: help.filter) }
      return []
    case .open: return openInPanel()
    case .nextToken: moveSideways(1)
    case .previousToken: moveSideways(-1)
    case .nextRegion: changeWhatIf(parameterBy: 1)
    case .allAttempts: toggleWhatIfScope()
    case .compareControls: return askControls()
    case .markIncorrect: return rateInPanel(.incorrect)
    case .markNeutral: return rateInPanel(.neutral)
    case .markCorrect: return rateInPanel(.correct)
    case .markUnsure: return rateInPanel(.unsure)
    case .alternatives:
      if case .rating(.candidates, _) = panel { return askAlternatives() }
    case .ownText:
      if case .rating = panel { prompt = Prompt(.ownText) }
    case .takeToken:
      guard panel == .tokenDetail else {
        notice = Notice("choose a token of a step first")
        return []
      }
      return performRunning(.takeToken)
    default: movePanel(action)
    }
    return []
  }

  private mutating func rateInPanel(_ verdict: Verdict) -> [Effect] {
    switch panel {
    case .judging(let question): return answer(question, verdict)
    case .rating: return rateText(verdict)
    default: return []
    }
  }

  private mutating func movePanel(_ action: Action) {
    let page = max(size.rows / 2, 1)
    let delta: Int =
      switch action {
      case .nextStep: 1
      case .previousStep: -1
      case .halfPageDown, .pageDown: page
      case .halfPageUp, .pageUp: -page
      case .first: -100_000
      case .last: 100_000
      default: 0
      }
    switch panel {
    case .help(var help):
      let count = helpItems(for: help).count
      help.selection = min(max(help.selection + delta, 0), max(count - 1, 0))
      panel = .help(help)
    case .rounds(let top): panel = .rounds(top: min(max(top + delta, 0), roundsRowCount))
    case .models(let selection):
      panel = .models(selection: min(max(selection + delta, 0), max(modelChoices.count - 1, 0)))
    case .tokenDetail: moveToken(delta.signum())
    case .otherTokens(let selection):
      let last = chosenToken?.alternatives.count ?? 0
      panel = .otherTokens(selection: min(max(selection + delta, 0), last))
    case .reflecting(let selection):
      let last = max(reflectingChoices.count - 1, 0)
      panel = .reflecting(selection: min(max(selection + delta, 0), last))
    case .reflection(let id, let top):
      panel = .reflection(id, top: min(max(top + delta, 0), reflectionBottom))
    case .whatIf(var whatIf):
      let last = max(whatIf.rows.count - 1, 0)
      whatIf.selection = min(max(whatIf.selection + delta, 0), last)
      panel = .whatIf(whatIf)
    case .exits(let selection):
      let last = ChainJudged.Exit.allCases.count - 1
      panel = .exits(selection: min(max(selection + delta, 0), last))
    case .rating(let kind, let selection):
      let last = max((reading?.labelling?.texts.count ?? 0) - 1, 0)
      panel = .rating(kind, selection: min(max(selection + delta, 0), last))
    case .guidelines(let top): panel = .guidelines(top: min(max(top + delta, 0), guidelinesBottom))
    case .votes, .judging, nil: break
    }
  }

  private mutating func moveSideways(_ delta: Int) {
    switch panel {
    case .reflection: stepReflection(delta)
    case .whatIf: changeWhatIf(parameterBy: delta)
    default: moveTokenInPanel(delta)
    }
  }

  /// Another token has other alternatives: the choice among them begins anew.
  private mutating func moveTokenInPanel(_ delta: Int) {
    moveToken(delta)
    revealItem()
    if case .otherTokens = panel { openOtherTokens() }
  }

  private mutating func openInPanel() -> [Effect] {
    switch panel {
    case .help(let help):
      let items = helpItems(for: help)
      guard items.indices.contains(help.selection) else { return [] }
      let item = items[help.selection]
      panel = nil
      guard item.modes.contains(mode) else {
        notice = Notice(
          "\(item.action.rawValue) works in \(item.modes.map(\.title).joined(separator: ", "))")
        return []
      }
      return perform(item.action)
    case .models(let selection):
      let choices = modelChoices
      guard choices.indices.contains(selection) else { return [] }
      switch choices[selection] {
      case .type(let role): prompt = Prompt(role == .solver ? .solver : .critic)
      case .use(let spec, let role): return choose(role, spec: spec)
      }
      return []
    case .otherTokens(let selection): return takeToken(selection)
    case .judging(.reach):
      panel = nil
      return finishedChain()
    case .judging(.answer):
      notice = Notice("right, wrong or unsure? Esc comes back to the steps")
      return []
    case .reflecting(let selection): return chooseReflecting(selection)
    case .whatIf: return takeWhatIf()
    case .exits(let selection): return takeExit(selection)
    case .rating(.candidates, _): return chooseText()
    default:
      panel = nil
      return []
    }
  }

  /// What the models panel offers, in its order.
  package enum ModelChoice: Equatable, Sendable {
    case use(String, ModelRole)
    /// Typed by hand.
    case type(ModelRole)
  }

  package var modelChoices: [ModelChoice] {
    let specs = settings.profiles + home.servers.filter { !settings.profiles.contains($0) }
    return ModelRole.allCases.flatMap { role in
      specs.map { ModelChoice.use($0, role) } + [.type(role)]
    }
  }

  /// Rows the rounds panel can be scrolled by.
  var roundsRowCount: Int { reading?.session.attempts.map(\.steps.count).max() ?? 0 }
}
