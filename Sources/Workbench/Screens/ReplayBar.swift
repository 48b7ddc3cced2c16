import Sessions

/// Position and duration, tenths, markers, speed.
func paintReplayBar(
  _ replay: Replay, markers: [Marker], _ area: Area, _ painter: inout Painter
) {
  let isASCII = painter.glyphs.isASCII
  let (sign, word) =
    replay.isPlaying ? (isASCII ? ">" : "▸", "playing") : (isASCII ? "=" : "‖", "paused ")
  let atEnd = replay.cursor >= replay.records.count && !replay.isPlaying
  let left = [
    Span(" \(sign) \(atEnd ? "at end " : word) ", .replay, bold: true),
    Span("\(clock(replay.position)) / \(clock(replay.duration)) ", .number),
  ]
  let right = [
    Span(" event \(replay.cursor)/\(replay.records.count)", .dim),
    Span("  \(speedWord(replay.speed)) ", .text),
  ]
  let start = painter.spans(left, row: area.row, column: area.column, limit: area.columns)
  let end = painter.right(right, row: area.row, from: start, limit: area.columns)
  let columns = end - start
  guard columns >= 10 else { return }
  paintTrack(replay, markers, row: area.row, from: start, columns: columns, &painter)
}

private func paintTrack(
  _ replay: Replay, _ markers: [Marker], row: Int, from start: Int, columns: Int,
  _ painter: inout Painter
) {
  let duration = max(replay.duration, 0.001)
  func column(_ time: Double) -> Int {
    min(columns - 1, max(0, Int(time / duration * Double(columns - 1))))
  }
  let played = column(replay.position)
  let isASCII = painter.glyphs.isASCII
  var signs = [(Character, Role)](
    repeating: (painter.glyphs.horizontal, .barTrack), count: columns)
  for index in 0...played { signs[index] = (isASCII ? "=" : "━", .replay) }
  for tenth in 1..<10 {
    let place = column(duration * Double(tenth) / 10)
    signs[place].0 = isASCII ? "+" : place <= played ? "┿" : "┼"
  }
  for marker in markers {
    guard replay.timeline.indices.contains(marker.n) else { continue }
    signs[column(replay.timeline[marker.n])] = (
      painter.glyphs.marker(marker.kind), marker.kind == .error ? .incorrect : .marker
    )
  }
  signs[played] = (isASCII ? "O" : "┃", .strong)
  for (offset, sign) in signs.enumerated() {
    painter.text(
      String(sign.0), sign.1, row: row, column: start + offset, limit: start + columns)
  }
}

extension Glyphs {
  /// One letter a kind, so that the bar reads without colour.
  func marker(_ kind: Marker.Kind) -> Character {
    switch kind {
    case .attempt: "a"
    case .critique: "c"
    case .round: "r"
    case .answer: "="
    case .error: "!"
    case .reflection: reflection
    }
  }
}
