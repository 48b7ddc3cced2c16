import Sessions

/// One chain that is to be labelled.
package struct LabelItem: Equatable, Sendable {
  /// Path of the session's folder.
  package var session: String
  package var attempt: AttemptID
  /// From 1 when its annotator labels it again.
  package var pass: Int
  /// Whether its annotator has nothing left to do there.
  package var isDone: Bool
  /// Steps that others differ on, and how many of them are settled, where that is what is done.
  package var disputes = 0
  package var settled = 0
  package init(session: String, attempt: AttemptID, pass: Int = 0, isDone: Bool = false) {
    self.session = session
    self.attempt = attempt
    self.pass = pass
    self.isDone = isDone
  }
}

/// The chains an annotator goes through, one after another.
package struct LabelQueue: Equatable, Sendable {
  package var items: [LabelItem]
  /// The item on screen.
  package var position: Int
  /// The item that was asked for and is not on screen yet: keys would land in the one before.
  var opening: Int?
  /// What the chains are called together, for the status line.
  package var title: String
  /// Items finished, steps rated, and seconds of work on them, since the program began.
  package var finished = 0
  package var steps = 0
  package var seconds = 0.0

  package init(items: [LabelItem], position: Int, title: String) {
    self.items = items
    self.position = position
    self.title = title
  }

  package var current: LabelItem? { items.indices.contains(position) ? items[position] : nil }
  package var doneCount: Int { items.count { $0.isDone } }

  /// The next one that is not done, from `position` on and then from the beginning.
  package var next: Int? {
    let order = Array(items.indices)
    let after = order.filter { $0 > position } + order.filter { $0 < position }
    return after.first { !items[$0].isDone }
  }

  /// Seconds that what is left will take at the pace so far; `nil` before anything is finished.
  package var timeLeft: Double? {
    guard finished > 0 else { return nil }
    return seconds / Double(finished) * Double(items.count - doneCount)
  }
}
