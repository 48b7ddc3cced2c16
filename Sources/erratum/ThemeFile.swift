import Workbench

/// A theme as `themes/NAME.toml` writes it.
struct ThemeFile: Equatable, Sendable {
  /// The terminal a theme was drawn for: what `standard` was taken to be.
  struct Assumption: Equatable, Sendable {
    var background: Color
    var foreground: Color
  }

  var theme: Theme
  /// One line for the list of themes.
  var summary: String?
  var terminal: Assumption?

  /// Reads a theme, and throws ``FileError`` with all that is wrong in it.
  static func load(_ text: String, file: String) throws -> Theme {
    try read(text, file: file).theme
  }

  static func read(_ text: String, file: String) throws -> ThemeFile {
    let reading = TOMLReading(try TOMLDocument(text, file: file))
    let root = reading.root
    let name = root.string("name") ?? stem(of: file)
    let summary = root.string("summary")
    let palette = readPalette(root.table("colors"))
    let terminal = root.table("terminal").flatMap { readAssumption($0, palette) }
    let faces = readFaces(root.table("roles"), palette)
    let backdrops = readBackdrops(root.table("grounds"), palette)
    root.refuseOthers()
    try reading.finish()
    let theme = Theme(
      name: name.visible, faces: Inheritance.fill(faces), backdrops: Inheritance.fill(backdrops))
    return ThemeFile(theme: theme, summary: summary?.visible, terminal: terminal)
  }

  static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".toml") ? String(name.dropLast(5)) : name
  }

  private static func readPalette(_ section: TOMLSection?) -> [String: Color] {
    var palette: [String: Color] = [:]
    guard let section else { return palette }
    for name in section.names {
      guard let text = section.string(name) else { continue }
      if name == "standard" {
        section.complain(name, "\"standard\" means the terminal's own colour; choose another name.")
      } else if let color = Color(hexadecimal: text) {
        palette[name] = color
      } else {
        section.complain(
          name, "colour \"\(name.visible)\" is \"\(text.visible)\"; write it as \"#rrggbb\".")
      }
    }
    return palette
  }

  private static func readAssumption(
    _ section: TOMLSection, _ palette: [String: Color]
  ) -> Assumption? {
    let background = readColor(section, key: "background", palette)
    let foreground = readColor(section, key: "foreground", palette)
    section.refuseOthers()
    guard let background, let foreground else { return nil }
    return Assumption(background: background, foreground: foreground)
  }

  private static func readFaces(
    _ section: TOMLSection?, _ palette: [String: Color]
  ) -> [Role: Theme.Face] {
    var faces: [Role: Theme.Face] = [:]
    guard let section else { return faces }
    for role in Role.allCases {
      let name = "\(role)"
      guard case .table? = section.item(name) else {
        if let color = readColor(section, key: name, palette) {
          faces[role] = Theme.Face(color: color)
        }
        continue
      }
      guard let face = section.table(name) else { continue }
      faces[role] = Theme.Face(
        color: readColor(face, key: "color", palette) ?? .standard,
        bold: face.bool("bold") ?? false, dim: face.bool("dim") ?? false,
        underlined: face.bool("underlined") ?? false, reversed: face.bool("reversed") ?? false)
      face.refuseOthers()
    }
    section.refuseOthers()
    return faces
  }

  private static func readBackdrops(
    _ section: TOMLSection?, _ palette: [String: Color]
  ) -> [Ground: Theme.Backdrop] {
    var backdrops: [Ground: Theme.Backdrop] = [:]
    guard let section else { return backdrops }
    for ground in Ground.allCases {
      let name = "\(ground)"
      guard case .table? = section.item(name) else {
        if let color = readColor(section, key: name, palette) {
          backdrops[ground] = Theme.Backdrop(color: color)
        }
        continue
      }
      guard let backdrop = section.table(name) else { continue }
      backdrops[ground] = Theme.Backdrop(
        color: readColor(backdrop, key: "color", palette) ?? .standard,
        reversed: backdrop.bool("reversed") ?? false)
      backdrop.refuseOthers()
    }
    section.refuseOthers()
    return backdrops
  }

  /// A colour by its name in `[colors]`, as `#rrggbb`, or `standard`.
  private static func readColor(
    _ section: TOMLSection, key: String, _ palette: [String: Color]
  ) -> Color? {
    guard let text = section.string(key) else { return nil }
    if text == "standard" { return .standard }
    if let color = palette[text] ?? Color(hexadecimal: text) { return color }
    let help =
      text.hasPrefix("#")
      ? "write it as \"#rrggbb\"."
      : allowed(Array(palette.keys) + ["standard"], insteadOf: text)
    section.complain(key, "unknown colour \"\(text.visible)\" for \(key); \(help)")
    return nil
  }
}

extension Color {
  /// Reads `#rrggbb`.
  init?(hexadecimal text: String) {
    let digits = text.utf8.dropFirst()
    guard text.hasPrefix("#"), digits.count == 6, digits.allSatisfy({ $0 != 43 && $0 != 45 }),
      let value = UInt32(text.dropFirst(), radix: 16)
    else { return nil }
    self = .rgb(
      UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
      UInt8(truncatingIfNeeded: value))
  }
}

/// What a role or ground that a theme leaves out looks like: as its nearest relative.
///
/// The table stands in `docs/configuration.md` too.
enum Inheritance {
  static func parent(of role: Role) -> Role? {
    switch role {
    case .text: nil
    case .dim, .strong, .notice, .warning, .number, .neutral, .match, .kept: .text
    case .title, .mode, .key, .borderFocused: .strong
    case .border, .keyLabel, .barTrack, .thinking, .unsure, .stopped, .dropped: .dim
    case .error, .confidenceLow, .foreign: .warning
    case .confidenceMiddle, .marker, .threshold, .replay: .notice
    case .confidenceHigh, .correct, .reworded: .text
    case .incorrect: .error
    case .matchCurrent: .match
    case .added, .live: .correct
    case .doubt1: .confidenceMiddle
    case .doubt2: .doubt1
    case .doubt3: .confidenceLow
    case .doubt4: .doubt3
    case .entropy1: .doubt1
    case .entropy2: .doubt2
    case .entropy3: .doubt3
    case .entropy4: .doubt4
    }
  }

  static func parent(of ground: Ground) -> Ground? {
    switch ground {
    case .normal, .selected: nil
    case .token: .selected
    case .bar, .popup, .field: .normal
    }
  }

  static func fill(_ faces: [Role: Theme.Face]) -> [Role: Theme.Face] {
    var filled = faces
    for role in Role.allCases {
      var ancestor: Role? = role
      while let candidate = ancestor, faces[candidate] == nil { ancestor = parent(of: candidate) }
      filled[role] = ancestor.flatMap { faces[$0] } ?? Theme.Face()
    }
    return filled
  }

  /// A selection left out is drawn reversed: it must be seen.
  static func fill(_ backdrops: [Ground: Theme.Backdrop]) -> [Ground: Theme.Backdrop] {
    var filled = backdrops
    filled[.normal] = backdrops[.normal] ?? Theme.Backdrop()
    filled[.selected] = backdrops[.selected] ?? Theme.Backdrop(reversed: true)
    for ground in Ground.allCases where filled[ground] == nil {
      filled[ground] = parent(of: ground).flatMap { filled[$0] }
    }
    return filled
  }
}
