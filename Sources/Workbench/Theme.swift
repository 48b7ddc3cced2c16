/// A colour as a theme writes it: the terminal's own, or red, green and blue.
package enum Color: Hashable, Sendable {
  case standard
  case rgb(UInt8, UInt8, UInt8)
}

/// How each role looks.
///
/// Read from `themes/*.toml` and handed over as a value.
package struct Theme: Equatable, Sendable {
  package struct Face: Equatable, Sendable {
    package var color: Color
    package var isBold: Bool
    package var isDim: Bool
    package var isUnderlined: Bool
    package var isReversed: Bool
    package init(
      color: Color = .standard, bold: Bool = false, dim: Bool = false, underlined: Bool = false,
      reversed: Bool = false
    ) {
      self.color = color
      isBold = bold
      isDim = dim
      isUnderlined = underlined
      isReversed = reversed
    }
  }
  /// What lies behind; `isReversed` serves terminals without colours.
  package struct Backdrop: Equatable, Sendable {
    package var color: Color
    package var isReversed: Bool
    package init(color: Color = .standard, reversed: Bool = false) {
      self.color = color
      isReversed = reversed
    }
  }

  package var name: String
  package var faces: [Role: Face]
  package var backdrops: [Ground: Backdrop]

  package init(name: String, faces: [Role: Face], backdrops: [Ground: Backdrop]) {
    self.name = name
    self.faces = faces
    self.backdrops = backdrops
  }

  /// No colour at all: attributes only.
  ///
  /// What `NO_COLOR` and mute terminals get.
  package static let monochrome: Theme = {
    var faces: [Role: Face] = [:]
    for role in Role.allCases { faces[role] = Face() }
    for role: Role in [.strong, .title, .mode, .warning, .error, .incorrect, .borderFocused] {
      faces[role] = Face(bold: true)
    }
    for role: Role in [.dim, .border, .barTrack, .keyLabel, .thinking, .kept, .dropped] {
      faces[role] = Face(dim: true)
    }
    for role: Role in [.doubt3, .doubt4, .entropy3, .entropy4, .matchCurrent, .foreign] {
      faces[role] = Face(reversed: true)
    }
    for role: Role in [.doubt1, .doubt2, .entropy1, .entropy2, .match, .key, .added, .reworded] {
      faces[role] = Face(underlined: true)
    }
    var backdrops: [Ground: Backdrop] = [:]
    for ground in Ground.allCases { backdrops[ground] = Backdrop() }
    for ground: Ground in [.selected, .token, .bar] {
      backdrops[ground] = Backdrop(reversed: true)
    }
    return Theme(name: "monochrome", faces: faces, backdrops: backdrops)
  }()
}
