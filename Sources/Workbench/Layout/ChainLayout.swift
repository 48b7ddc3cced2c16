import Sessions

/// The first line of the chain on screen.
package struct ChainAnchor: Equatable, Sendable, Comparable {
  /// Item of the chain, from 0.
  package var item = 0
  /// Line within that item, from 0.
  package var line = 0
  package init(item: Int = 0, line: Int = 0) {
    self.item = item
    self.line = line
  }
  package static func < (left: Self, right: Self) -> Bool {
    (left.item, left.line) < (right.item, right.line)
  }
}

/// A byte of one channel: it stays the same text while steps close and rows are broken anew.
package struct ChainPlace: Equatable, Sendable {
  package var channel: Channel
  package var byte: Int
  package init(channel: Channel, byte: Int) {
    self.channel = channel
    self.byte = byte
  }
}

/// A step, or the piece after the last one that is still being written.
package struct ChainItem: Equatable, Sendable {
  package var channel: Channel
  /// Offsets into the channel's bytes.
  package var range: Range<Int>
  /// `nil` while it is being written.
  package var step: Step?
  /// From 1 within its channel.
  package var number: Int
}

/// The chain of one attempt as rows of text, laid out only where it is looked at.
///
/// A place in the chain is an item and a line within it, never a row count from the top: a
/// million tokens then cost no more than a screenful.
package struct ChainLayout {
  package let attempt: Attempt
  package let width: Int
  private let gate: Gate
  private let folded: Set<Int>
  private let isAllFolded: Bool
  private let open: [ChainItem]

  package init(reading: Reading, attempt: Attempt, width: Int, gate: Gate) {
    self.attempt = attempt
    self.width = max(width, 1)
    self.gate = gate
    folded = reading.folded
    isAllFolded = reading.isAllFolded
    open = Channel.allCases.compactMap { channel in
      let range = attempt.openRange(channel)
      guard !range.isEmpty else { return nil }
      let number = attempt.steps.last { $0.channel == channel }?.number ?? 0
      return ChainItem(channel: channel, range: range, step: nil, number: number + 1)
    }
  }

  package var itemCount: Int { attempt.steps.count + open.count }

  package func item(_ index: Int) -> ChainItem? {
    guard index >= 0 else { return nil }
    if index < attempt.steps.count {
      let step = attempt.steps[index]
      return ChainItem(
        channel: step.channel, range: step.range, step: step, number: step.number)
    }
    let rest = index - attempt.steps.count
    return rest < open.count ? open[rest] : nil
  }

  /// A folded step shows one line; unfolding all then folding one keeps the others as they are.
  package func isFolded(_ index: Int) -> Bool { isAllFolded != folded.contains(index) }

  package func bytes(of item: ChainItem) -> ArraySlice<UInt8> {
    let all = attempt.tokens(item.channel).bytes
    return all[item.range.clamped(to: 0..<all.count)]
  }

  /// The rows of one item; offsets count from the item's first byte.
  package func lines(of index: Int) -> [WrappedLine] {
    guard let item = item(index) else { return [] }
    let style = Style(item.channel == .thinking ? .thinking : .text)
    let lines = wrap(bytes(of: item), width: width, style: style, gate: gate)
    guard isFolded(index), lines.count > 1 else { return lines }
    return [lines[0]]
  }

  package func lineCount(of index: Int) -> Int { max(lines(of: index).count, 1) }

  /// The anchor `delta` lines away, stopping at both ends.
  package func move(_ anchor: ChainAnchor, by delta: Int) -> ChainAnchor {
    var anchor = clamp(anchor)
    var left = delta
    while left > 0 {
      let room = lineCount(of: anchor.item) - 1 - anchor.line
      if left <= room {
        anchor.line += left
        return anchor
      }
      guard anchor.item + 1 < itemCount else {
        anchor.line += room
        return anchor
      }
      left -= room + 1
      anchor = ChainAnchor(item: anchor.item + 1)
    }
    while left < 0 {
      if anchor.line >= -left {
        anchor.line += left
        return anchor
      }
      guard anchor.item > 0 else { return ChainAnchor() }
      left += anchor.line + 1
      anchor = ChainAnchor(item: anchor.item - 1, line: lineCount(of: anchor.item - 1) - 1)
    }
    return anchor
  }

  package func clamp(_ anchor: ChainAnchor) -> ChainAnchor {
    guard itemCount > 0 else { return ChainAnchor() }
    if anchor.item >= itemCount { return lastLine }
    return ChainAnchor(
      item: max(anchor.item, 0), line: min(max(anchor.line, 0), lineCount(of: anchor.item) - 1))
  }

  /// The first byte of an anchor's line.
  package func place(of anchor: ChainAnchor) -> ChainPlace? {
    let anchor = clamp(anchor)
    guard let item = item(anchor.item) else { return nil }
    let start = lines(of: anchor.item)[anchor.line].start
    return ChainPlace(channel: item.channel, byte: item.range.lowerBound + start)
  }

  /// The item that shows a byte; `nil` when its channel has no text.
  package func item(holding place: ChainPlace) -> Int? {
    let isOpen = open.firstIndex {
      $0.channel == place.channel && $0.range.lowerBound <= place.byte
    }
    return isOpen.map { attempt.steps.count + $0 }
      ?? attempt.steps.lastIndex {
        $0.channel == place.channel && $0.range.lowerBound <= place.byte
      }
  }

  /// The line that shows a byte; `nil` when its channel has no text.
  package func anchor(at place: ChainPlace) -> ChainAnchor? {
    guard let index = item(holding: place), let item = item(index) else { return nil }
    let offset = place.byte - item.range.lowerBound
    let line = lines(of: index).lastIndex { $0.start <= offset } ?? 0
    return ChainAnchor(item: index, line: line)
  }

  private var lastLine: ChainAnchor {
    guard itemCount > 0 else { return ChainAnchor() }
    return ChainAnchor(item: itemCount - 1, line: lineCount(of: itemCount - 1) - 1)
  }

  /// The anchor that puts the last line at the bottom of `height` rows.
  package func end(height: Int) -> ChainAnchor { move(lastLine, by: -(max(height, 1) - 1)) }

  /// The nearest anchor to `top` from which `item` is in view, whole if it fits.
  package func reveal(_ item: Int, from top: ChainAnchor, height: Int) -> ChainAnchor {
    let top = clamp(top)
    if item < top.item { return ChainAnchor(item: item) }
    let lines = lineCount(of: item)
    if item == top.item {
      return lines <= height || top.line == 0 ? ChainAnchor(item: item) : top
    }
    // The lowest anchor that still shows the item's last line (or its first, if it is tall).
    let last = ChainAnchor(item: item, line: min(lines, height) - 1)
    let lowest = move(last, by: -(height - 1))
    return max(top, lowest)
  }

  /// The nearest anchor to `top` from which one line is in view.
  package func reveal(line: ChainAnchor, from top: ChainAnchor, height: Int) -> ChainAnchor {
    let line = clamp(line)
    let top = clamp(top)
    if line < top { return line }
    return max(top, move(line, by: -(max(height, 1) - 1)))
  }
}
