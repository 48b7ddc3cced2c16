import Workbench

/// How many colours a terminal shows, and which of them stands for a theme's colour.
package enum ColorDepth: Equatable, Sendable {
  /// The number is the colour (`*-direct` terminals).
  case direct
  case palette256
  case palette16
  case palette8
  case none

  /// From what the terminal library counts.
  package init(colors: Int) {
    switch colors {
    case 0x100_0000...: self = .direct
    case 256...: self = .palette256
    case 16...: self = .palette16
    case 8...: self = .palette8
    default: self = .none
    }
  }

  /// Whether a shade can be told from its neighbours; 16 colours or fewer know hues only.
  package var hasShades: Bool { self == .direct || self == .palette256 }

  /// The terminal's number for `color`; -1 is the terminal's own.
  package func index(of color: Color) -> Int {
    guard case .rgb(let red, let green, let blue) = color else { return -1 }
    switch self {
    case .none: return -1
    case .direct:
      let value = Int(red) << 16 | Int(green) << 8 | Int(blue)
      // 0 to 7 mean the eight named colours there, so the darkest blues are out of reach.
      return value > 0 && value < 8 ? 8 : value
    case .palette256: return Self.nearest256(red, green, blue)
    case .palette16, .palette8: return Self.hue(red, green, blue, isBright: self == .palette16)
    }
  }

  /// Red, green and blue of one entry of the fixed part of xterm's palette, 16 to 255.
  package static func components(_ index: Int) -> (red: Int, green: Int, blue: Int) {
    if index >= 232 {
      let level = 8 + 10 * (index - 232)
      return (level, level, level)
    }
    let cube = index - 16
    return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
  }

  private static let levels = [0, 95, 135, 175, 215, 255]

  /// The nearest entry of 16 to 255; 0 to 15 are the user's to change.
  private static func nearest256(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    func step(_ value: UInt8) -> Int {
      levels.indices.min { abs(levels[$0] - Int(value)) < abs(levels[$1] - Int(value)) } ?? 0
    }
    func distance(_ index: Int) -> Int {
      let entry = components(index)
      let (r, g, b) = (entry.red - Int(red), entry.green - Int(green), entry.blue - Int(blue))
      return r * r + g * g + b * b
    }
    let cube = 16 + 36 * step(red) + 6 * step(green) + step(blue)
    let mean = (Int(red) + Int(green) + Int(blue)) / 3
    let gray = 232 + min(max((mean - 8 + 5) / 10, 0), 23)
    return distance(gray) < distance(cube) ? gray : cube
  }

  /// The named colour of the same hue; greys keep the terminal's own colour.
  private static func hue(
    _ red: UInt8, _ green: UInt8, _ blue: UInt8, isBright: Bool
  ) -> Int {
    let (most, least) = (max(red, green, blue), min(red, green, blue))
    guard Int(most) - Int(least) >= 48 else {
      return isBright && most >= 64 && most < 176 ? 8 : -1
    }
    let middle = (Int(most) + Int(least)) / 2
    let bits =
      (Int(red) > middle ? 1 : 0) | (Int(green) > middle ? 2 : 0) | (Int(blue) > middle ? 4 : 0)
    return isBright && Int(most) + Int(least) > 320 ? bits + 8 : bits
  }
}
