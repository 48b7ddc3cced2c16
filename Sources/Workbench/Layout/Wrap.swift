/// One row of wrapped text, each cell with the byte it came from.
package struct WrappedLine: Equatable, Sendable {
  package var cells: [Cell]
  /// Offset of the first byte of each cell's scalar, within the wrapped bytes.
  package var offsets: [Int]
  /// Offset of the first byte of the line.
  package var start: Int

  package init(cells: [Cell] = [], offsets: [Int] = [], start: Int) {
    self.cells = cells
    self.offsets = offsets
    self.start = start
  }
}

/// Breaks text into rows of at most `width` columns, at spaces where it can.
///
/// Line feeds end rows; those at the end of the text draw nothing. There is always one row.
package func wrap(
  _ bytes: some BidirectionalCollection<UInt8>, width: Int, style: Style = Style(), gate: Gate
) -> [WrappedLine] {
  var lines: [WrappedLine] = []
  var trimmed = bytes[...]
  while let last = trimmed.last, last == 0x0A || last == 0x0D || last == 0x20 {
    trimmed = trimmed.dropLast()
  }
  var start = 0
  for paragraph in trimmed.split(separator: 0x0A, omittingEmptySubsequences: false) {
    let length = paragraph.count
    let text = paragraph.last == 0x0D ? paragraph.dropLast() : paragraph
    let (cells, offsets) = gate.cells(text, style)
    breakIntoRows(
      cells, offsets: offsets.map { $0 + start }, start: start, width: max(width, 1), into: &lines)
    start += length + 1
  }
  return lines.isEmpty ? [WrappedLine(start: 0)] : lines
}

private func breakIntoRows(
  _ cells: [Cell], offsets: [Int], start: Int, width: Int, into lines: inout [WrappedLine]
) {
  var first = 0
  if cells.isEmpty { lines.append(WrappedLine(start: start)) }
  while first < cells.count {
    var columns = 0
    var end = first
    var lastSpace: Int?
    while end < cells.count, columns + Int(cells[end].width) <= width {
      columns += Int(cells[end].width)
      if cells[end].base == " " { lastSpace = end }
      end += 1
    }
    var next = end
    if end < cells.count {
      if cells[end].base == " " {
        next = end + 1
      } else if let lastSpace, lastSpace > first {
        end = lastSpace
        next = lastSpace + 1
      } else if end == first {
        // One cell wider than the whole row: it cannot be shown.
        next = end + 1
      }
    }
    lines.append(
      WrappedLine(
        cells: Array(cells[first..<end]), offsets: Array(offsets[first..<end]),
        start: offsets[first]))
    first = next
  }
}
