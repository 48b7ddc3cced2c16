import Engine

/// `1:5:0.5`: values of a number, both ends included; or `2` alone.
struct SweepRange: Equatable, Sendable {
  static let mostValues = 1000

  let values: [Double]

  /// Says in a sentence what is wrong with the text of an option.
  init(_ text: String, option: String, of parameter: ThresholdSweep.Parameter) throws {
    let allowed = Self.allowed(parameter)
    func refuse(_ why: String) -> InputError {
      .badSetting(name: option, value: text.visible, allowed: "\(allowed)\(why)")
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == parts.count, [1, 2, 3].contains(parts.count) else { throw refuse("") }
    let (first, last) = (numbers[0], numbers.count > 1 ? numbers[1] : numbers[0])
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step > 0 else { throw refuse(" (a step has to be above 0)") }
    guard first <= last else { throw refuse(" (the first value is above the last)") }
    // Half a thousandth of a step: 1:2:0.1 is to end at 2, whatever 0.1 is in binary.
    let count = ((last - first) / step + 0.0005).rounded(.down) + 1
    guard count <= Double(Self.mostValues) else {
      throw refuse(" (these are more than \(Self.mostValues) values)")
    }
    values = (0..<Int(count)).map { Self.tidy(first + Double($0) * step) }
    let range = parameter.range
    guard values.allSatisfy(range.contains) else {
      throw refuse(
        " (values from \(Self.short(range.lowerBound)) to \(Self.short(range.upperBound)))")
    }
    guard !parameter.isWhole || values.allSatisfy({ $0 == $0.rounded() }) else {
      throw refuse(" (whole numbers)")
    }
  }

  private static func allowed(_ parameter: ThresholdSweep.Parameter) -> String {
    parameter.isWhole ? "FIRST:LAST:STEP, such as 10:50:5" : "FIRST:LAST:STEP, such as 1:5:0.5"
  }

  /// Without what adding up tenths leaves behind.
  private static func tidy(_ value: Double) -> Double { (value * 1e9).rounded() / 1e9 }

  /// `2.5`, and `3` for 3.
  static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}

extension ThresholdSweep.Parameter {
  fileprivate var range: ClosedRange<Double> {
    switch self {
    case .k: 0...100
    case .window: 1...1000
    case .floor, .entropy: 0...20
    }
  }
}
