import Sessions

/// One row of the home screen that can be chosen.
package enum HomeItem: Equatable, Sendable {
  /// Stands alone when there is nothing else to choose.
  case newProblem
  case session(SessionSummary)
  case set(Int)
  case problem(set: Int, index: Int)
  case server(String)

  /// Items of one section stand together under one heading.
  package var section: Int {
    switch self {
    case .newProblem: 0
    case .session: 1
    case .set, .problem: 2
    case .server: 3
    }
  }
}

/// A line of the home screen's list.
enum HomeLine: Equatable {
  case blank
  case heading(section: Int)
  case item(Int)
}

extension Home {
  /// Rows of the list on a screen of `size`; ``top`` counts such rows, headings included.
  package static func listRows(size: Size) -> Int {
    max(1, size.rows - HomeScreen.firstRow - 2)
  }

  /// The row of the list that item `index` stands on.
  package func line(of index: Int) -> Int {
    Self.lines(of: items).firstIndex(of: .item(index)) ?? 0
  }

  /// The list as it is drawn: a heading before each section, a blank between sections.
  static func lines(of items: [HomeItem]) -> [HomeLine] {
    var lines: [HomeLine] = []
    lines.reserveCapacity(items.count + 8)
    var section: Int?
    for index in items.indices {
      if items[index].section != section {
        if section != nil { lines.append(.blank) }
        lines.append(.heading(section: items[index].section))
        section = items[index].section
      }
      lines.append(.item(index))
    }
    return lines
  }
}
