import Sessions

/// Keys of the home screen.
extension State {
  mutating func performAtHome(_ action: Action) -> [Effect] {
    switch action {
    case .nextStep: return moveAtHome(by: 1)
    case .previousStep: return moveAtHome(by: -1)
    case .halfPageDown, .pageDown: return moveAtHome(by: max(size.rows / 2, 1))
    case .halfPageUp, .pageUp: return moveAtHome(by: -max(size.rows / 2, 1))
    case .first: return moveAtHome(by: -home.items.count)
    case .last: return moveAtHome(by: home.items.count)
    case .nextRegion: jumpSection(1)
    case .previousRegion: jumpSection(-1)
    case .newProblem: prompt = Prompt(.problem)
    case .filter: prompt = Prompt(.filter, text: home.filter)
    case .restrict: prompt = Prompt(.restriction)
    case .open: return openSelected()
    case .stop where isCalling:
      queue = []
      notice = Notice("stopping")
      return [.stop]
    case .back, .stop:
      if home.isNarrowed {
        keepChosenAtHome { $0.clearFilters() }
      } else if let set = home.openSet {
        home.openSet = nil
        home.selection = home.items.firstIndex(of: .set(set)) ?? 0
        keepHomeSelectionInside()
      } else if action == .back {
        isQuitting = true
        return [.quit]
      }
    default: notice = Notice("open a session or a problem first")
    }
    return []
  }

  private mutating func openSelected() -> [Effect] {
    guard home.items.indices.contains(home.selection) else { return [] }
    switch home.items[home.selection] {
    case .newProblem: prompt = Prompt(.problem)
    case .session(let summary):
      guard !isCalling else { return refuseWhileCalling() }
      return landOnHit(in: summary) + [.open(session: summary.id, replaying: false)]
    case .set(let index):
      home.openSet = index
      home.selection = home.items.firstIndex { if case .problem = $0 { true } else { false } } ?? 0
      keepHomeSelectionInside()
    case .problem(let set, let index):
      guard home.sets.indices.contains(set), home.sets[set].problems.indices.contains(index)
      else { return [] }
      return begin(home.sets[set].problems[index])
    case .server(let spec):
      settings.solver = spec
      settings.critic = settings.critic ?? spec
      notice = Notice("solver and critic: \(spec)")
      return [.connect(.solver, spec: spec)]
    }
    return []
  }

  /// A session on `problem`, at once; asks for a solver first when there is none.
  mutating func begin(_ problem: Problem) -> [Effect] {
    let text = problem.text.trimmedWhitespace
    guard !text.isEmpty else {
      notice = Notice("the problem is empty; type or paste one", .warning)
      return []
    }
    guard problem.text.utf8.count <= Problem.maximumBytes else {
      notice = Notice(
        "the problem is longer than \(Problem.maximumBytes / 1024) KB; shorten it", .error)
      return []
    }
    guard settings.solver != nil else {
      pendingProblem = problem
      prompt = Prompt(.solver, text: home.servers.first ?? "")
      notice = Notice(
        "no solver yet: name a profile, local:FILE.gguf or http://host:port/v1#model", .warning)
      return []
    }
    guard !isCalling else { return refuseWhileCalling() }
    pendingProblem = nil
    landing = nil
    return [.begin(problem, samples: settings.samples)]
  }

  private mutating func refuseWhileCalling() -> [Effect] {
    notice = Notice("a model is at work; Esc stops it", .warning)
    return []
  }

  private mutating func moveAtHome(by delta: Int) -> [Effect] {
    home.selection = min(max(home.selection + delta, 0), max(home.items.count - 1, 0))
    keepHomeSelectionInside()
    return locateInView()
  }

  /// To the first item of the next or previous kind.
  private mutating func jumpSection(_ delta: Int) {
    let items = home.items
    guard items.indices.contains(home.selection) else { return }
    let sections = items.map(\.section)
    let starts = items.indices.filter { $0 == 0 || sections[$0] != sections[$0 - 1] }
    let here = starts.lastIndex { $0 <= home.selection } ?? 0
    home.selection = starts[(here + delta + starts.count) % starts.count]
    keepHomeSelectionInside()
  }

  mutating func keepHomeSelectionInside() {
    home.selection = min(max(home.selection, 0), max(home.items.count - 1, 0))
    let rows = max(Home.listRows(size: size), 1)
    let line = home.line(of: home.selection)
    home.top = min(home.top, line)
    home.top = max(home.top, line - rows + 1)
    if home.selection == 0 { home.top = 0 }
  }
}

extension Problem {
  /// What a prompt may hold: more is surely a mistake.
  package static let maximumBytes = 200 * 1024
}

extension String {
  /// Without white space at either end.
  package var trimmedWhitespace: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
