import Sessions

/// What the critic said of each step.
struct CriticPane {
  let screen: SessionScreen

  private var reading: Reading { screen.reading }

  func paint(_ area: Area, _ painter: inout Painter) {
    paintHeader(&painter)
    let left = area.column + 1
    guard let critique = reading.critique else {
      for (offset, line) in invitation.enumerated() where offset < area.rows {
        painter.spans(
          [line], row: area.row + offset, column: left, limit: area.column + area.columns)
      }
      return
    }
    let text = CriticText(
      critique: critique, reading: reading, width: area.columns - 2, gate: painter.gate,
      glyphs: painter.glyphs)
    let lines =
      reading.criticFollows
      ? text.lines(around: reading.item, height: area.rows)
      : text.lines(from: reading.criticTop, height: area.rows)
    for (offset, cells) in lines.enumerated() {
      painter.grid.write(
        cells, row: area.row + offset, column: left, limit: area.column + area.columns)
    }
  }

  private var invitation: [Span] {
    let bindings = screen.state.bindings
    let mode = screen.state.mode
    let critique = bindings.keys(for: .critique, in: mode).first?.name
    let annotate = bindings.keys(for: .annotate, in: mode).first?.name
    if mode == .replay { return [Span("No critique up to here.", .dim)] }
    var lines = [Span("No critique yet.", .dim)]
    if let critique { lines.append(Span("\(critique) asks a critic to judge every step.", .dim)) }
    if let annotate { lines.append(Span("\(annotate) marks the steps by hand.", .dim)) }
    return lines
  }

  private func paintHeader(_ painter: inout Painter) {
    guard let header = screen.layout.criticHeader else { return }
    let isFocused = screen.isFocused(.critic)
    var left = [Span("Critic", Style(isFocused ? .borderFocused : .title, bold: isFocused))]
    var right: [Span] = []
    if let critique = reading.critique {
      let model = oneLine(critique.started.call.model.shortName, scalars: 32)
      left.append(Span("  " + model, .text))
      let all = reading.session.critiques(of: critique.attempt)
      if all.count > 1 {
        let place = (all.firstIndex { $0.id == critique.id } ?? 0) + 1
        left.append(Span(painter.dot + "critique \(place)/\(all.count)", .dim))
      }
      right = [standing(critique, painter)]
      if let worth = critique.started.call.model.profile?.critic {
        // Beside the name, before all else: what it says is worth so much. Half a number is none.
        let room = header.columns - painter.columns(painter.cells(left + right)) - 7
        let forms = [painter.dot + worth.words, painter.dot + worth.briefly, " " + worth.briefly]
        if let words = forms.first(where: { $0.count <= room }) {
          left.insert(Span(words, .dim), at: 2)
        }
      }
    }
    painter.rule(header, left: left, right: right, isFocused: isFocused)
  }

  private func standing(_ critique: Critique, _ painter: Painter) -> Span {
    guard let finished = critique.finished else {
      let done = critique.verdicts.count
      return Span("judging \(done)/\(critique.started.steps.count)", .live)
    }
    switch finished.reason {
    case .stop, .tool: break
    case .length: return Span("cut at the length limit", .warning)
    case .truncated: return Span("cut off", .warning)
    case .cancelled: return Span("stopped by you", .stopped)
    case .filtered: return Span("cut by the server's filter", .warning)
    case .error: return Span("failed", .error)
    }
    switch finished.firstError {
    case .step(let index):
      let number = reading.attempt?.steps.first { $0.index == index }?.number ?? index + 1
      return Span("\(painter.glyphs.incorrect) first: step \(number)", .incorrect)
    case .none: return Span("\(painter.glyphs.correct) no error found", .correct)
    case .notSaid: return Span("none named", .unsure)
    }
  }
}

extension CriticStanding {
  /// `F1 0.61 on 40 chains`: what stands beside the critic's name.
  package var words: String {
    "\(briefly) on \(chains) chains"
  }

  /// Where there is no room for more.
  var briefly: String { "F1 \(min(max(f1, 0), 1).formatted(places: 2))" }
}
