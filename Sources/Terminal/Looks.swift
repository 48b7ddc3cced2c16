import Workbench

/// Attributes and colours of one style, before the terminal library numbers them.
package struct Look: Hashable, Sendable {
  package var foreground = -1
  package var background = -1
  package var isBold = false
  package var isDim = false
  package var isUnderlined = false
  package var isReversed = false
}

extension Theme {
  /// How a style looks at a depth: the role's face over the ground's backdrop.
  ///
  /// Where shades cannot be told apart a ground falls back to reverse video, and where colours
  /// are missing altogether a role without attributes of its own takes those of ``monochrome``.
  package func look(_ style: Style, depth: ColorDepth) -> Look {
    let face = face(of: style.role, depth: depth)
    let backdrop = backdrop(of: style.ground, depth: depth)
    var look = Look()
    look.foreground = depth.index(of: face.color)
    look.background = depth.index(of: backdrop.color)
    look.isBold = face.isBold || style.isBold
    look.isUnderlined = face.isUnderlined || style.isUnderlined
    // A cell reversed twice would look like its neighbours, so either is enough.
    look.isReversed = face.isReversed || backdrop.isReversed
    look.isDim = face.isDim && !look.isBold && !look.isReversed
    if look.isReversed, backdrop.isReversed { look.foreground = -1 }
    return look
  }

  private func face(of role: Role, depth: ColorDepth) -> Face {
    let face = faces[role] ?? Face()
    let isPlain = face == Face(color: face.color)
    let isLost = face.color != .standard && depth.index(of: face.color) == -1
    guard isPlain, isLost, !depth.hasShades else { return face }
    return Theme.monochrome.faces[role] ?? face
  }

  private func backdrop(of ground: Ground, depth: ColorDepth) -> Backdrop {
    let backdrop = backdrops[ground] ?? Backdrop()
    guard !depth.hasShades, backdrop.color != .standard else { return backdrop }
    return Theme.monochrome.backdrops[ground] ?? Backdrop()
  }
}
