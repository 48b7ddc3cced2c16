/// A quotient of two integers in lowest terms, exact or not at all.
struct Fraction: Equatable {
  let numerator: Int
  let denominator: Int

  /// `nil` for a zero denominator.
  init?(_ numerator: Int, _ denominator: Int) {
    guard denominator != 0, numerator != .min, denominator != .min else { return nil }
    var (a, b) = (abs(numerator), abs(denominator))
    while b != 0 { (a, b) = (b, a % b) }
    let sign = denominator < 0 ? -1 : 1
    let divisor = max(a, 1) * sign
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  /// Digits with thousands separators and decimals; `nil` when it is something else, or has more
  /// digits than an exact comparison can hold.
  init?(decimal text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Self.digits(parts[0]) else { return nil }
    let decimals = parts.count == 2 ? parts[1] : ""
    guard decimals.allSatisfy(\.isASCIIDigit), !(whole + decimals).isEmpty, decimals.count < 18
    else { return nil }
    var scale = 1
    for _ in decimals { scale *= 10 }
    guard let numerator = Int(whole + decimals) else { return nil }
    self.init(numerator, scale)
  }

  private static func digits(_ text: Substring) -> String? {
    let groups = text.split(separator: ",", omittingEmptySubsequences: false)
    guard text.allSatisfy({ $0.isASCIIDigit || $0 == "," }) else { return nil }
    if groups.count > 1 {
      guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 })
      else { return nil }
    }
    return groups.joined()
  }

  var negated: Fraction? { Fraction(-numerator, denominator) }
  var hundredth: Fraction? { divided(by: Fraction(100, 1)) }

  func adding(_ other: Fraction) -> Fraction? {
    let (a, overA) = numerator.multipliedReportingOverflow(by: other.denominator)
    let (b, overB) = other.numerator.multipliedReportingOverflow(by: denominator)
    let (sum, overSum) = a.addingReportingOverflow(b)
    let (below, overBelow) = denominator.multipliedReportingOverflow(by: other.denominator)
    return overA || overB || overSum || overBelow ? nil : Fraction(sum, below)
  }

  func divided(by other: Fraction?) -> Fraction? {
    guard let other else { return nil }
    let (a, overA) = numerator.multipliedReportingOverflow(by: other.denominator)
    let (b, overB) = denominator.multipliedReportingOverflow(by: other.numerator)
    return overA || overB ? nil : Fraction(a, b)
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
