import Foundation

/// One line of the table: what was asked for, and what many runs gave.
struct Result {
  var what: String
  var required: String
  var unit: String
  var values: [Double]
  /// Which of the values counts: 0.5 is the median, 0.99 the slowest of a hundred.
  var quantile = 0.5
  var note: String?

  var measured: Double { values.quantile(quantile) }

  var line: String {
    guard !values.isEmpty else { return "| \(what) | \(required) | not measured | 0 | |" }
    let spread = "\(short(values.min() ?? .nan)) to \(short(values.max() ?? .nan))"
    let name = note.map { "\(what) (\($0))" } ?? what
    return "| \(name) | \(required) | \(short(measured)) \(unit) | \(values.count) | \(spread) |"
  }

  static let heading = """
    | What | Required | Measured | n | Spread |
    | --- | --- | --- | --- | --- |
    """
}

/// Three digits say what a shared machine can say.
func short(_ value: Double) -> String {
  let digits = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2
  return String(format: "%.\(digits)f", value)
}

extension [Double] {
  /// The value below which this part of them lies, the nearest rank's.
  func quantile(_ part: Double) -> Double {
    guard !isEmpty else { return .nan }
    let rank = Int((part * Double(count)).rounded(.up)) - 1
    return sorted()[Swift.min(Swift.max(rank, 0), count - 1)]
  }
}
