import Sessions

/// One selectable line of the home screen.
package enum HomeItem: Equatable, Sendable {
  case newProblem
  case session(SessionSummary)
  case set(Int)
  case problem(set: Int, index: Int)
  case server(String)

  package var section: Int {
    switch self {
    case .newProblem: 0
    case .session: 1
    case .set, .problem: 2
    case .server: 3
    }
  }
}
extension Home {
  package var items: [HomeItem] { [.newProblem] }
  package static func listRows(size: Size) -> Int { size.rows }
  package func line(of item: Int) -> Int { item }
}
