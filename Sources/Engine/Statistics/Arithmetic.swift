import Sessions

/// Calculations in a text, worked out: `3 * 6 + 2 = 20` holds, `3 * 6 = 20` does not.
enum Arithmetic {
  /// Whether all sides of the text's last equation are equal; `nil` where it has none, or one that
  /// is not plain arithmetic.
  ///
  /// Sides given as decimals may be rounded to their last digit.
  static func holds(in text: String) -> Bool? {
    guard let equation = Equation.last(in: text) else { return nil }
    let sides = equation.split(separator: "=", omittingEmptySubsequences: false)
      .map { (text: $0, value: value(of: $0)) }
    guard let first = sides.first?.value else { return nil }
    var holds = true
    for side in sides.dropFirst() {
      guard let value = side.value else { return nil }
      if abs(value - first) > tolerance(of: side.text) { holds = false }
    }
    return holds
  }

  /// Half a unit of the last decimal written; next to nothing for whole numbers.
  private static func tolerance(of side: Substring) -> Double {
    guard let point = side.lastIndex(of: ".") else { return 1e-9 }
    let decimals = side[side.index(after: point)...].prefix(while: \.isNumber).count
    return (0..<min(decimals, 12)).reduce(0.5) { unit, _ in unit / 10 } + 1e-9
  }

  /// `nil` for what is no plain expression: a percentage, an unbalanced bracket, nothing.
  static func value(of text: Substring) -> Double? {
    var parser = Parser(rest: text.filter { !" ,$€£".contains($0) }[...])
    guard let value = parser.sum(), parser.rest.isEmpty, value.isFinite else { return nil }
    return value
  }

  private struct Parser {
    var rest: Substring
    /// Brackets and signs deep; a text of nothing else is no reason to fall over.
    var depth = 0

    mutating func sum() -> Double? {
      guard var value = product() else { return nil }
      while let sign = take("+-−") {
        guard let next = product() else { return nil }
        value += sign == "+" ? next : -next
      }
      return value
    }

    private mutating func product() -> Double? {
      guard var value = factor() else { return nil }
      while let sign = take("*×·/÷") {
        guard let next = factor() else { return nil }
        value = sign == "/" || sign == "÷" ? value / next : value * next
      }
      return value
    }

    private mutating func factor() -> Double? {
      depth += 1
      defer { depth -= 1 }
      guard depth < 64 else { return nil }
      if take("-−") != nil { return factor().map { -$0 } }
      if take("(") != nil {
        guard let value = sum(), take(")") != nil else { return nil }
        return value
      }
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      return Double(digits)
    }

    private mutating func take(_ characters: String) -> Character? {
      guard let first = rest.first, characters.contains(first) else { return nil }
      rest.removeFirst()
      return first
    }
  }
}

extension Attempt {
  /// Steps of the answer with an equation that does not hold, as attempt-wide indices.
  ///
  /// What is wrong otherwise is not found: a right sum of the wrong numbers holds.
  package var wrongSums: [Int] {
    steps.filter { step in
      step.channel == .answer
        && Arithmetic.holds(in: String(decoding: bytes(of: step), as: UTF8.self)) == false
    }.map(\.index)
  }
}
