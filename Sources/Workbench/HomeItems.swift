import Sessions

/// One row of the home screen that can be chosen.
package enum HomeItem: Equatable, Sendable {
  /// Stands alone when there is nothing else to choose.
  case newProblem
  case session(SessionSummary)
  case set(Int)
  case problem(set: Int, Int)
  case server(String)
}

extension Home {
  /// What ``selection`` counts: sessions, then sets (or the open set's problems), then servers.
  package var items: [HomeItem] {
    var items: [HomeItem] = []
    for session in sessions where matches(session.title) || matches(session.id) {
      items.append(.session(session))
    }
    if let openSet, sets.indices.contains(openSet) {
      let problems = sets[openSet].problems
      for index in problems.indices
      where matches(problems[index].text) || matches(problems[index].id) {
        items.append(.problem(set: openSet, index))
      }
    } else {
      for index in sets.indices where matches(sets[index].name) { items.append(.set(index)) }
    }
    items += servers.filter(matches).map { .server($0) }
    return items.isEmpty && filter.isEmpty ? [.newProblem] : items
  }

  private func matches(_ text: String) -> Bool {
    filter.isEmpty || text.lowercased().contains(filter.lowercased())
  }

  /// Items that are certainly in view from ``top`` on a screen of `size`, however many headings
  /// stand between them.
  package static func listRows(for size: Size) -> Int {
    max(1, size.rows - HomeScreen.rowsAround - HomeScreen.headingRows)
  }
}
