import Sessions
import Testing

@testable import Workbench

private func text(_ grid: Grid) -> String {
  grid.rows.map { row in
    String(String.UnicodeScalarView(row.filter { $0.width > 0 }.map(\.base)))
  }.joined(separator: "\n")
}

@Test(arguments: [70, 80, 100, 120, 200])
func `the reference answer never covers the problem's words`(columns: Int) {
  let words =
    "Yusuf has 20 dollars and saves 9 dollars a week for 8 weeks. Yusuf spends 33 dollars on a "
    + "lamp. How many dollars does Yusuf have now?"
  let problem = Problem(id: "p", text: words, answer: "59")
  let header = Header(program: "test", session: "s", created: 0, problem: problem)
  var state = State(size: Size(columns: columns, rows: 40))
  state.screen = .session
  state.reading = Reading(session: Session(header: header))
  let screen = text(view(state))
  #expect(screen.contains("[59]"))
  for word in words.split(separator: " ") { #expect(screen.contains(word), "\(word): \(screen)") }
}
