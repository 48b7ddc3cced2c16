import Engine
import Workbench

/// A reliability diagram in characters, its table beside it, within 80 columns.
struct ReliabilityPlot {
  let lines: [String]

  private static let columns = 41
  private static let rows = 11

  private struct Glyphs {
    var point = "●"
    var interval = "│"
    var diagonal = "·"
    var axis = "┤"
    var corner = "└"
    var line = "─"

    init(isASCII: Bool) {
      guard isASCII else { return }
      (point, interval, diagonal) = ("o", "|", ".")
      (axis, corner, line) = ("+", "+", "-")
    }
  }

  init(_ bins: [ReliabilityBin], isASCII: Bool = false) {
    let glyphs = Glyphs(isASCII: isASCII)
    var field = [[String]](
      repeating: [String](repeating: " ", count: Self.columns), count: Self.rows)
    for column in stride(from: 0, to: Self.columns, by: 2) {
      field[Self.row(Double(column) / Double(Self.columns - 1))][column] = glyphs.diagonal
    }
    for bin in bins {
      let column = Self.column(bin.confidence)
      if let interval = bin.interval {
        for row in Self.row(interval.upper)...Self.row(interval.lower) {
          field[row][column] = glyphs.interval
        }
      }
    }
    for bin in bins { field[Self.row(bin.share)][Self.column(bin.confidence)] = glyphs.point }

    let table = Self.table(bins)
    var lines = ["right" + String(repeating: " ", count: Self.columns + 2) + table[0]]
    for (row, cells) in field.enumerated() {
      let share = (Double(Self.rows - 1 - row) / Double(Self.rows - 1)).formatted(places: 1)
      let beside = row + 1 < table.count ? "  " + table[row + 1] : ""
      lines.append(share + " " + glyphs.axis + cells.joined() + beside)
    }
    lines.append(
      "    " + glyphs.corner + String(repeating: glyphs.line, count: Self.columns))
    lines.append("     0.0       0.25      0.5       0.75   1.0  confidence")
    self.lines = lines.map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  private static func row(_ share: Double) -> Int {
    let clamped = min(max(share, 0), 1)
    return rows - 1 - Int((clamped * Double(rows - 1)).rounded())
  }

  private static func column(_ confidence: Double) -> Int {
    Int((min(max(confidence, 0), 1) * Double(columns - 1)).rounded())
  }

  /// Bins as rows: mean confidence, steps, share right and its interval in percent.
  static func table(_ bins: [ReliabilityBin]) -> [String] {
    TextTable.lines(
      [["conf", "steps", "right", "95%"]]
        + bins.map { bin in
          let interval = bin.interval.map {
            "\(($0.lower * 100).formatted(places: 0))-\(($0.upper * 100).formatted(places: 0))"
          }
          return [
            bin.confidence.formatted(places: 2), "\(bin.count)",
            (bin.share * 100).formatted(places: 0) + "%", interval ?? "-",
          ]
        })
  }
}
