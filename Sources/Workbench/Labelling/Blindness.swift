import Sessions

/// What labelling blind hides, of the chain on screen.
package struct Hidden: Equatable, Sendable {
  /// Steps of which nothing but the text is shown; `nil` for all of them.
  package var steps: Set<Int>?
  /// The strip of the whole chain, the answer check, the other attempts.
  package var isWholeHidden: Bool

  package static let nothing = Hidden(steps: [], isWholeHidden: false)

  package var isNothing: Bool { self == .nothing }

  package func hides(_ step: Int) -> Bool { steps?.contains(step) ?? true }
}

extension State {
  /// What is hidden now.
  package var hidden: Hidden {
    guard screen == .session, let reading, let labelling = reading.labelling else {
      return .nothing
    }
    let book = reading.book(of: settings.annotator)
    let isWholeShown = book?.isRevealed(labelling.attempt, pass: labelling.pass) ?? false
    if labelling.blindness == .open || isWholeShown { return .nothing }
    guard labelling.blindness == .step else { return Hidden(steps: nil, isWholeHidden: true) }
    let steps = (reading.attempt?.steps ?? []).map(\.index).filter { step in
      let id = StepID(attempt: labelling.attempt, index: step)
      return book?.isRevealed(id, pass: labelling.pass) != true
    }
    return Hidden(steps: Set(steps), isWholeHidden: true)
  }
}

extension State {
  /// The state as its screens may show it: what is hidden is not in it.
  var asShown: State {
    guard screen == .session, let labelling = reading?.labelling else { return self }
    var shown = self
    let hidden = hidden
    if !hidden.isNothing {
      shown.reading?.session.hide(of: labelling.attempt) { hidden.hides($0) }
      shown.reading?.agreement = [:]
      shown.reading?.overlay = .plain
      shown.reading?.isBlind = true
    }
    return shown
  }
}
